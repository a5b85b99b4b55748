"""Whatever a provider does, the client gets a true answer, and no connection is used again in a wrong state."""

import threading
import time

import pytest
from support import answers, settings
from support.client import Client
from support.plugins import compile_stage, plugin_folder

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def works(proxy, provider, token):
    """The next exchange is right, and is not mixed up with what went before."""
    provider.answers(answers.whole({"n": "next"}))
    answer = proxy.call("GET", "/v1/models", token=token)
    return answer.status == 200 and answer.json() == {"n": "next"}


def test_a_provider_that_refuses_connections_is_502(proxy, provider, token):
    provider.reset(answers.whole())
    provider.refuse()
    try:
        answer = proxy.call("GET", "/v1/models", token=token)
    finally:
        provider.listen()
    assert (answer.status, answer.code, answer.source) == (502, "upstream_error", "gateway")
    assert works(proxy, provider, token)


def test_a_provider_whose_name_does_not_resolve_is_502(start):
    proxy = start(settings.configuration("http://provider.invalid"))
    answer = proxy.chat(proxy.management.access_token())
    assert (answer.status, answer.code) == (502, "upstream_error")


GARBAGE = {
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "a status line without a version": b"200 OK\r\n\r\n",
    "a version we do not speak": b"HTTP/2.0 200 OK\r\n\r\n",
    "a status that is no number": b"HTTP/1.1 2x0 OK\r\n\r\n",
    "a status of two digits": b"HTTP/1.1 20 OK\r\n\r\n",
    "a status of four digits": b"HTTP/1.1 2000 OK\r\n\r\n",
    "line feeds without carriage returns": b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    "a folded field": b"HTTP/1.1 200 OK\r\nA: 1\r\n b\r\nContent-Length: 0\r\n\r\n",
    "a field without a colon": b"HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 0\r\n\r\n",
    "a NUL in a field": b"HTTP/1.1 200 OK\r\nA: \x00\r\nContent-Length: 0\r\n\r\n",
    "length and coding together": OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "two lengths": OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
    "a negative length": OK + b"Content-Length: -2\r\n\r\n{}",
    "an unknown coding": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "a head over 64 KiB": OK + b"A: " + b"x" * 70_000 + b"\r\n\r\n",
    "two hundred fields": OK + b"".join(b"F%d: 1\r\n" % n for n in range(200)) + b"\r\n",
    "a switch of protocols nobody asked for": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "noise": bytes(range(256)) * 8,
    "zeros": b"\x00" * 4096,
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_instead_of_an_answer_is_502_and_ends_the_connection(proxy, provider, token, name):
    provider.answers(answers.raw(GARBAGE[name]))
    answer = proxy.call("GET", "/v1/models", token=token)
    assert (answer.status, answer.code, answer.source) == (502, "upstream_error", "gateway")
    assert len(provider.requests) == 1
    assert provider.connections[0].closed.wait(10)
    assert works(proxy, provider, token)


def test_interim_answers_do_not_stand_for_an_answer(proxy, provider, token):
    provider.answers(answers.raw(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 2_000))
    assert proxy.call("GET", "/v1/models", token=token).status in (502, 504)
    assert provider.connections[0].closed.wait(10)
    provider.answers(answers.raw(
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 3 + OK + b"Content-Length: 2\r\n\r\n{}", "keep"))
    answer = proxy.call("GET", "/v1/models", token=token)
    assert (answer.status, answer.body) == (200, b"{}")


@pytest.mark.parametrize("end", ["reset", "close"])
@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 2", OK, OK + b"Content-Len"])
def test_an_end_before_the_head_is_whole_is_502(proxy, provider, token, sent, end):
    provider.answers(answers.raw(sent, end))
    answer = proxy.chat(token)
    assert (answer.status, answer.code, answer.source) == (502, "upstream_error", "gateway")
    assert works(proxy, provider, token)


@pytest.mark.parametrize("end", ["reset", "close"])
@pytest.mark.parametrize("head, body", [
    (OK + b"Content-Length: 10\r\n\r\n", b"abc"), (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"3\r\nabc\r\n"),
    (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"a\r\nabc"), (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"3\r\nabc\r\n0\r\n")])
def test_an_end_in_the_middle_of_a_body_cannot_be_taken_for_a_whole_answer(proxy, provider, token, head, body, end):
    provider.answers(answers.raw(head + body, end))
    answer = proxy.call("GET", "/v1/models", token=token)
    assert (answer.status == 200 and not answer.is_whole) or answer.status == 502, answer
    assert works(proxy, provider, token)


@pytest.mark.parametrize("end", ["reset", "close"])
@pytest.mark.parametrize("broken", [b"", b"a\r\ndata: two", b"a\r\ndata", b"zz\r\n"])
def test_an_end_in_the_middle_of_a_stream_is_an_error_event_and_the_end(proxy, provider, token, broken, end):
    provider.answers(answers.raw(STREAM + b"b\r\ndata: one\n\n\r\n" + broken, end))
    with proxy.client() as client:
        client.ask("POST", "/v1/chat/completions", body={"model": "gpt-4o", "stream": True}, token=token)
        answer = client.answer()
        assert client.is_closed_by_peer()
    events = answer.body.split(b"\n\n")
    assert events[0] == b"data: one"
    # What was cut off is closed by an empty line, so that it cannot swallow our event.
    last = [one for one in events if one.strip()][-1]
    assert last.startswith(b'data: {"error":') and b'"upstream_error"' in last, answer
    assert b"[DONE]" not in answer.body
    assert works(proxy, provider, token)


BAD_CHUNKS = [b"zz\r\nabc\r\n", b"-1\r\n", b"3\r\nabcd\r\n", b"3\nabc\r\n", b"10000000000000000\r\n"]


@pytest.mark.parametrize("chunk", BAD_CHUNKS)
def test_a_malformed_chunk_cuts_the_answer_and_ends_the_connection(proxy, provider, token, chunk):
    provider.answers(answers.raw(OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n" + chunk))
    answer = proxy.call("GET", "/v1/models", token=token)
    assert (answer.status == 200 and not answer.is_whole) or answer.status == 502, answer
    assert provider.connections[0].closed.wait(10)
    assert works(proxy, provider, token)


def test_silence_before_the_head_is_504_and_ends_the_connection(proxy, provider, token):
    provider.answers(answers.silent)
    answer = proxy.call("GET", "/v1/models", token=token)
    assert (answer.status, answer.code, answer.source) == (504, "timeout", "gateway")
    assert len(provider.requests) == 1
    assert provider.connections[0].closed.wait(10)
    assert works(proxy, provider, token)


def test_silence_in_the_middle_of_a_body_cuts_the_answer(proxy, provider, token):
    provider.answers(answers.raw(OK + b"Content-Length: 10\r\n\r\nabc"))
    answer = proxy.call("GET", "/v1/models", token=token)
    assert answer.status == 200 and answer.body == b"abc" and not answer.is_whole
    assert provider.connections[0].closed.wait(10)
    assert works(proxy, provider, token)


def test_silence_in_the_middle_of_a_stream_is_an_error_event(proxy, provider, token):
    provider.answers(answers.raw(STREAM + b"b\r\ndata: one\n\n\r\n"))
    answer = proxy.chat(token, stream=True)
    assert b'"timeout"' in answer.body, answer
    assert provider.connections[0].closed.wait(10)
    assert works(proxy, provider, token)


def test_a_provider_that_stops_taking_an_upload_is_504(proxy, provider, token):
    go_on = threading.Event()

    def deaf(exchange):
        exchange.wait(go_on)
        exchange.hold()

    deaf.early = True
    provider.answers(deaf)
    upload = {"Content-Type": "application/octet-stream", "Content-Length": 200 << 20}
    with proxy.client() as client:
        client.ask("POST", "/v1/files", upload, b"", token)
        client.send_until_stuck(b"x" * 65_536, 200 << 20)
        answer = client.answer()
    assert (answer.status, answer.code, answer.source) == (504, "timeout", "gateway")
    go_on.set()
    assert provider.connections[-1].closed.wait(10)


def test_an_upload_may_last_as_long_as_the_provider_takes_it(start, provider):
    proxy = start(settings.configuration(provider.origin, timeouts={"response_header": "300ms", "idle": "300ms"}))
    with proxy.client() as client:
        client.ask("POST", "/v1/files", {"Content-Type": "application/octet-stream", "Content-Length": 8}, b"",
                   proxy.management.access_token())
        for _ in range(8):
            client.send(b"x")
            # The pauses together are longer than any limit there is for the provider.
            time.sleep(0.1)
        assert client.answer().status == 200


def test_a_stream_outlives_the_time_allowed_for_a_head(start, provider):
    import threading
    proxy = start(settings.configuration(provider.origin, timeouts={"response_header": "300ms", "request": "300ms"}))
    gate = threading.Event()
    provider.answers(answers.stream_until(gate, answers.delta("one")))
    with proxy.client() as client:
        client.ask("POST", "/v1/chat/completions", body={"model": "gpt-4o", "stream": True},
                   token=proxy.management.access_token())
        client.head()
        assert b"one" in client.event()
        assert not gate.wait(1.0), "this waits out both limits"
        gate.set()
        assert client.event() == b"data: [DONE]"


def test_a_connection_that_times_out_is_504(start, provider):
    """A listening socket whose queue is full swallows connects: the honest local stand-in for a dead address."""
    import socket
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    port = listener.getsockname()[1]
    fillers = [socket.socket() for _ in range(4)]
    for filler in fillers:
        filler.setblocking(False)
        filler.connect_ex(("127.0.0.1", port))
    proxy = start(settings.configuration(f"http://127.0.0.1:{port}", timeouts={"connect": "300ms"}))
    answer = proxy.chat(proxy.management.access_token())
    assert (answer.status, answer.code) == (504, "timeout")


# Connections


def test_requests_share_a_connection_while_it_is_good(proxy, provider, token):
    with proxy.client() as client:
        for _ in range(10):
            client.ask("GET", "/v1/models", token=token)
            assert client.answer().status == 200
    assert {request.connection.index for request in provider.requests} == {0}


NOT_REUSABLE = {
    "it said so": OK + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}",
    "it is of HTTP/1.0": b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "bytes follow the answer": OK + b"Content-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
    "a bodyless answer has a body": b"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
}


@pytest.mark.parametrize("name", NOT_REUSABLE)
def test_a_connection_is_not_used_again_when(proxy, provider, token, name):
    provider.answers(answers.raw(NOT_REUSABLE[name], "keep"), answers.whole({"n": 2}))
    with proxy.client() as client:
        client.ask("GET", "/v1/models", token=token)
        assert client.answer().status in (200, 204)
        assert provider.connections[0].closed.wait(10)
        client.ask("GET", "/v1/models", token=token)
        assert client.answer().json() == {"n": 2}
    assert provider.requests[1].connection.index == 1


def test_an_answer_before_the_request_was_sent_whole_ends_the_connection(proxy, provider, token):
    def early(exchange):
        answers.whole({"n": "early"}, status=400)(exchange)
        exchange.hold()

    early.early = True
    provider.answers(early)
    with proxy.client() as client:
        client.ask("POST", "/v1/files", {"Content-Type": "application/octet-stream", "Content-Length": 1_000_000}, b"x", token)
        answer = client.answer()
    assert (answer.status, answer.json()) == (400, {"n": "early"})
    assert works(proxy, provider, token)


def test_an_answer_nobody_asked_for_ends_the_idle_connection(proxy, provider, token):
    def unasked(exchange):
        answers.whole({"n": 1})(exchange)
        exchange.send(OK + b"Content-Length: 4\r\n\r\nevil")
        exchange.hold()

    provider.answers(unasked, answers.whole({"n": 2}))
    with proxy.client() as client:
        client.ask("GET", "/v1/models", token=token)
        assert client.answer().json() == {"n": 1}
        assert provider.connections[0].closed.wait(10)
        client.ask("GET", "/v1/models", token=token)
        assert client.answer().json() == {"n": 2}


@pytest.mark.parametrize("how", [answers.close, answers.reset])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_connection_that_went_stale_is_replaced_once(proxy, provider, token, method, how):
    provider.answers(answers.whole({"n": 1}), how, answers.whole({"n": 3}))
    body = {"model": "gpt-4o"} if method == "POST" else None
    path = "/v1/chat/completions" if method == "POST" else "/v1/models"
    with proxy.client() as client:
        client.ask(method, path, body=body, token=token)
        assert client.answer().json() == {"n": 1}
        client.ask(method, path, body=body, token=token)
        assert client.answer().json() == {"n": 3}
    assert [request.connection.index for request in provider.requests] == [0, 0, 1]


@pytest.mark.parametrize(("method", "headers", "again"), [
    ("POST", {}, False), ("POST", {"Idempotency-Key": "order-1"}, True), ("GET", {}, True)])
def test_what_a_provider_may_have_worked_on_is_sent_again_only_where_that_does_no_harm(
        proxy, provider, token, method, headers, again):
    """Closing a second after the request came is not a race with it: the model may have answered, and costs."""
    def work_and_hang_up(exchange):
        exchange.over.wait(1)
        exchange.close()

    provider.answers(answers.whole({"n": 1}), work_and_hang_up, answers.whole({"n": 3}))
    path, body = ("/v1/chat/completions", {"model": "gpt-4o"}) if method == "POST" else ("/v1/models", None)
    with proxy.client() as client:
        client.ask(method, path, body=body, token=token)
        client.answer()
        client.ask(method, path, headers, body, token)
        answer = client.answer()
    assert (answer.json() == {"n": 3}) if again else (answer.status, answer.code) == (502, "upstream_error")
    assert len(provider.requests) == (3 if again else 2)


def test_a_second_failure_in_a_row_is_not_retried(proxy, provider, token):
    provider.answers(answers.whole({"n": 1}), answers.close, answers.close)
    with proxy.client() as client:
        client.ask("GET", "/v1/models", token=token)
        client.answer()
        client.ask("GET", "/v1/models", token=token)
        assert client.answer().status == 502
    assert len(provider.requests) == 3


def test_a_fresh_connection_that_breaks_is_not_retried(proxy, provider, token):
    provider.answers(answers.reset)
    assert proxy.chat(token).status == 502
    assert len(provider.requests) == 1


def test_a_body_that_was_not_kept_is_not_sent_again(proxy, provider, token):
    """The connection is stale and the body was streamed: half of it may have been read, so the client is told."""
    def half(exchange):
        exchange.reader.exactly(5)
        exchange.reset()

    half.early = True
    provider.answers(answers.whole({"n": 1}), half, answers.whole({"n": "again"}))
    with proxy.client() as client:
        client.ask("GET", "/v1/models", token=token)
        client.answer()
        client.ask("POST", "/v1/files", {"Content-Type": "application/octet-stream", "Content-Length": 8}, b"begin", token)
        assert client.answer().status == 502


def test_the_client_is_told_who_failed(proxy, provider, token):
    provider.answers(answers.whole({"error": {"message": "theirs"}}, status=500))
    assert proxy.call("GET", "/v1/models", token=token).source == "upstream"
    provider.answers(answers.reset)
    assert proxy.call("GET", "/v1/models", token=token).source == "gateway"


# Clients that leave


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_client_that_leaves_a_stream_stops_the_provider(proxy, provider, token, how):
    import threading
    left = threading.Event()

    def endless(exchange):
        exchange.head(200, answers.SSE)
        exchange.chunk(answers.event(answers.delta("one")))
        exchange.wait(left)
        # The proxy has seen the client go by itself: nothing more needs to be sent for it to close.
        exchange.hold()

    provider.answers(endless)
    client = Client(proxy.port)
    client.ask("POST", "/v1/chat/completions", body={"model": "gpt-4o", "stream": True}, token=token)
    client.head()
    client.event()
    client.reset() if how == "reset" else client.sock.close()
    left.set()
    assert provider.requests[0].connection.closed.wait(10)


def test_a_client_that_leaves_before_the_answer_stops_the_provider(proxy, provider, token):
    provider.answers(answers.silent)
    with proxy.client() as client:
        client.ask("POST", "/v1/chat/completions", body={"model": "gpt-4o"}, token=token)
        connection = provider.wait_for_requests(1).connection
    # Well before response_header (2 s) would have ended it.
    assert connection.closed.wait(1.5)


def test_a_client_that_leaves_while_a_provider_floods_stops_it(proxy, provider, token):
    def flood(exchange):
        exchange.head(200, answers.SSE)
        while True:
            exchange.chunk(b": " + b"x" * 65_536 + b"\n\n")

    provider.answers(flood)
    with proxy.client() as client:
        client.ask("POST", "/v1/chat/completions", body={"model": "gpt-4o", "stream": True}, token=token)
        client.head()
        client.chunk()
        connection = provider.requests[0].connection
    assert connection.closed.wait(10)


@pytest.mark.parametrize("asked, sent", [("HEAD", "GET"), ("GET", "HEAD"), ("GET", "PURGE")])
@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_an_answer_ends_where_that_to_the_adapters_method_ends(start, provider, tmp_path, asked, sent, framing):
    head = {"length": b"Content-Length: 5\r\n\r\n", "chunked": b"Transfer-Encoding: chunked\r\n\r\n",
            "close": b"Connection: close\r\n\r\n"}[framing]
    body = b"" if sent == "HEAD" else b"5\r\nhello\r\n0\r\n\r\n" if framing == "chunked" else b"hello"
    provider.answers(answers.raw(OK + head + body, "close" if framing == "close" else "keep"))
    folder = plugin_folder(tmp_path / "plugins", compile_stage("ask_with.c", f'-DMETHOD="{sent}"'))
    proxy = start(settings.configuration(
        provider.origin, adapter="test.ask-with/ask-with", plugins=folder, allowed_methods=["HEAD", "GET"]))
    token = proxy.management.access_token()
    with proxy.client() as client:
        for _ in range(3):
            client.ask(asked, "/v1/models", token=token)
            answer = client.answer(to=asked)
            assert (answer.status, answer.is_whole) == (200, True)
            assert answer.body == (b"hello" if asked == "GET" and sent != "HEAD" else b"")
            assert asked == "HEAD" or sent != "HEAD" or answer.headers.get("content-length") == "0"
    assert [request.method for request in provider.requests] == [sent] * 3
    assert framing == "close" or provider.requests[-1].connection.index == 0
