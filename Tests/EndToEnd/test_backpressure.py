"""A slow side slows the other one down, and nothing piles up in between."""

import re
import threading

import pytest
from support import answers, settings
from support.paths import IS_INSTRUMENTED
from support.proxy import eventually

# Socket buffers of the kernel on both sides take some megabytes before anything stalls; the proxy itself little.
SPARE = (64 if IS_INSTRUMENTED else 16) << 20
FAR_TOO_MUCH = 200 << 20
PATIENT = {"gateway_timeouts": {"client_write_idle": "60s", "request_body_idle": "60s"},
           "timeouts": {"response_header": "60s", "idle": "60s"}}


def test_a_slow_client_stalls_the_provider(start, provider):
    proxy = start(settings.configuration(provider.origin, **PATIENT))
    stalled, taken = threading.Event(), []

    def flood(exchange):
        exchange.head(200, {"Content-Type": "application/octet-stream", "Content-Length": FAR_TOO_MUCH})
        taken.append(exchange.stuff(b"x" * 65_536, stalled))
        exchange.hold()

    provider.answers(flood)
    token = proxy.management.access_token()
    before = proxy.resident_bytes()
    with proxy.client(receive_buffer=4096) as client:
        client.ask("GET", "/v1/files", token=token)
        assert stalled.wait(30)
        assert proxy.resident_bytes() - before < SPARE
        eventually(lambda: taken, "the script to note what was taken")
        assert taken[0] < FAR_TOO_MUCH // 2
        assert proxy.call("GET", "/live").status == 200


def test_a_slow_client_of_an_event_stream_stalls_the_provider(start, provider):
    proxy = start(settings.configuration(provider.origin, **PATIENT))
    stalled = threading.Event()
    event = b"data: " + b"x" * 1_000 + b"\n\n"

    def flood(exchange):
        exchange.head(200, answers.SSE)
        # Whole chunks only, so that the stream stays well-formed wherever it stalls.
        exchange.stuff(b"%x\r\n%s\r\n" % (len(event), event) * 60, stalled)
        exchange.hold()

    provider.answers(flood)
    token = proxy.management.access_token()
    before = proxy.resident_bytes()
    with proxy.client(receive_buffer=4096) as client:
        client.ask("POST", "/v1/chat/completions", body={"model": "gpt-4o", "stream": True}, token=token)
        assert stalled.wait(30)
        assert proxy.resident_bytes() - before < SPARE
        client.head()
        assert all(client.event() + b"\n\n" == event for _ in range(5_000))


def test_a_slow_provider_stalls_the_client(start, provider):
    proxy = start(settings.configuration(provider.origin, limits={"request_body_bytes": 2 * FAR_TOO_MUCH}, **PATIENT))
    go_on = threading.Event()

    def lazy(exchange):
        exchange.wait(go_on)
        left = int(exchange.request.headers.get("content-length"))
        left -= len(exchange.reader.buffered)
        exchange.reader.buffered = b""
        while left:
            left -= len(exchange.sock.recv(min(left, 1 << 20)))
        answers.whole({"ok": True})(exchange)

    lazy.early = True
    provider.answers(lazy)
    token = proxy.management.access_token()
    before = proxy.resident_bytes()
    with proxy.client() as client:
        client.ask("POST", "/v1/files", {"Content-Type": "application/octet-stream", "Content-Length": FAR_TOO_MUCH}, b"", token)
        block = b"x" * 65_536
        sent = client.send_until_stuck(block, FAR_TOO_MUCH)
        assert sent < FAR_TOO_MUCH // 2
        assert proxy.resident_bytes() - before < SPARE
        go_on.set()
        while sent < FAR_TOO_MUCH:
            sent += client.sock.send(block[:FAR_TOO_MUCH - sent])
        assert client.answer().json() == {"ok": True}
    assert proxy.resident_bytes() - before < SPARE


def script_of_the_pages(proxy):
    """The largest file that anybody may ask for."""
    page = proxy.call("GET", "/admin/").body.decode()
    folder = re.search(r"/admin/assets/[0-9a-f]+/", page)[0]
    return f"{folder}vendor/chart.min.js"


@pytest.mark.parametrize("target, status, count", [("traffic", 401, 1_000), ("pages", 200, 10)])
def test_a_client_that_takes_no_answers_is_asked_for_no_more_requests(start, provider, target, status, count):
    """Nobody needs a token to send requests: their answers must not pile up."""
    proxy = start(settings.configuration(provider.origin, **PATIENT))
    path = "/v1/models" if target == "traffic" else script_of_the_pages(proxy)
    request = f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    proxy.call("GET", path)
    before = proxy.resident_bytes()
    with proxy.client(receive_buffer=4096) as client:
        sent = client.send_until_stuck(request * 1_000, FAR_TOO_MUCH)
        assert sent < FAR_TOO_MUCH // 2
        # Sockets take thousands of answers, and the journal remembers those exchanges.
        assert proxy.resident_bytes() - before < 3 * SPARE
        # Taking answers, it gets more of them.
        assert {client.answer().status for _ in range(count)} == {status}


def test_a_client_that_takes_no_answers_between_requests_is_given_up(start, provider):
    proxy = start(settings.configuration(provider.origin, gateway_timeouts={"client_write_idle": "500ms"}))
    request = b"GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n"
    with proxy.client(receive_buffer=4096) as client:
        client.send_until_stuck(request * 1_000, FAR_TOO_MUCH)
        eventually(lambda: proxy.metric("llm_proxy_connections_open") <= 1, "the connection to be cut")
