"""Well-formed HTTP in all the shapes that clients send it."""

import threading

import pytest
from support import answers, settings
from support.wire import as_chunk

CHAT = "/v1/chat/completions"


def test_pipelined_requests_are_answered_in_order(proxy, provider, token):
    provider.answers(*(answers.whole({"n": n}) for n in range(5)))
    request = f"GET /v1/models HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    with proxy.client() as client:
        client.send(request * 5)
        assert [client.answer().json() for _ in range(5)] == [{"n": n} for n in range(5)]


def test_pipelined_requests_with_bodies_are_kept_apart(proxy, provider, token):
    provider.answers(answers.echo)
    with proxy.client() as client:
        for n in range(5):
            client.ask("POST", "/v1/files", {"Content-Type": "text/plain"}, b"body %d" % n, token)
        assert [client.answer().json()["body"] for _ in range(5)] == [f"body {n}" for n in range(5)]


def test_a_request_that_is_refused_does_not_disturb_the_one_behind_it(proxy, provider, token):
    with proxy.client() as client:
        client.ask("GET", "/v1/models")
        client.ask("GET", "/v1/models", token=token)
        assert [client.answer().status, client.answer().status] == [401, 200]


def test_a_request_cut_into_single_bytes_is_understood(proxy, provider, token):
    body = b'{"model":"gpt-4o"}'
    request = (f"POST {CHAT} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n"
               f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body
    with proxy.client() as client:
        for byte in request:
            client.send(bytes([byte]))
        assert client.answer().status == 200
    assert provider.requests[0].body == body


@pytest.mark.parametrize("kind, path", [("application/json", CHAT), ("application/octet-stream", "/v1/files")])
def test_a_chunked_body_arrives_whole(proxy, provider, token, kind, path):
    body = b'{"model":"gpt-4o","filler":"' + b"x" * 100_000 + b'"}'
    chunks = b"".join(as_chunk(body[n:n + 9_999]) for n in range(0, len(body), 9_999)) + b"0\r\n\r\n"
    with proxy.client() as client:
        client.ask("POST", path, {"Transfer-Encoding": "chunked", "Content-Type": kind}, chunks, token)
        assert client.answer().status == 200
    assert provider.requests[0].body == body


def test_bodies_reach_the_provider_byte_for_byte(proxy, provider, token):
    body = '{ "model":"gpt-4o",\n  "x": 1.50, "é": "\\u00e9", "messages":[] }\t\n'.encode()
    proxy.call("POST", CHAT, {"Content-Type": "application/json"}, body, token)
    assert provider.requests[0].body == body


def test_a_body_that_nobody_holds_is_passed_on_while_it_arrives(proxy, provider, token):
    first = threading.Event()

    def script(exchange):
        assert exchange.reader.exactly(5) == b"begin"
        first.set()
        assert exchange.reader.exactly(3) == b"end"
        answers.whole({"ok": True})(exchange)

    script.early = True
    provider.answers(script)
    with proxy.client() as client:
        client.ask("POST", "/v1/files", {"Content-Type": "application/octet-stream", "Content-Length": 8}, b"begin", token)
        assert first.wait(10)
        client.send(b"end")
        assert client.answer().json() == {"ok": True}


def test_expect_100_continue_is_answered_before_the_body(proxy, provider, token):
    headers = {"Content-Type": "application/json", "Content-Length": 18, "Expect": "100-continue"}
    with proxy.client() as client:
        client.ask("POST", CHAT, headers, b"", token)
        assert client.head().status == 100
        client.send(b'{"model":"gpt-4o"}')
        assert client.answer().status == 200
    assert provider.requests[0].body == b'{"model":"gpt-4o"}'


def test_expect_100_continue_gets_the_refusal_instead_when_there_is_one(proxy, provider):
    headers = {"Content-Type": "application/json", "Content-Length": 18, "Expect": "100-continue"}
    with proxy.client() as client:
        client.ask("POST", CHAT, headers, b"")
        assert client.head().status == 401
    assert provider.requests == []


def test_an_http_1_0_client_gets_no_chunks_and_the_end_of_the_connection(proxy, provider, token):
    provider.answers(answers.stream(answers.delta("one")))
    with proxy.client() as client:
        client.ask("POST", CHAT, body={"model": "gpt-4o", "stream": True}, token=token, version="HTTP/1.0")
        answer = client.answer()
    assert answer.status == 200
    assert answer.headers.get("transfer-encoding") is None
    assert answer.body == answers.event(answers.delta("one")) + answers.event(b"[DONE]")


def test_an_http_1_0_client_needs_no_host(proxy):
    with proxy.client() as client:
        client.send(b"GET /live HTTP/1.0\r\n\r\n")
        assert client.answer().status == 200
        assert client.is_closed_by_peer()


def test_connection_close_is_honoured(proxy, provider, token):
    with proxy.client() as client:
        client.ask("GET", "/v1/models", {"Connection": "close"}, token=token)
        answer = client.answer()
        assert answer.headers.get("connection") == "close" and answer.is_whole
        assert client.is_closed_by_peer()


def test_a_connection_serves_many_requests(proxy, token):
    with proxy.client() as client:
        for _ in range(50):
            client.ask("GET", "/v1/models", token=token)
            assert client.answer().status == 200


@pytest.mark.parametrize("path", ["/live", "/health", "/ready", "/metrics"])
def test_head_has_no_body(proxy, path):
    with proxy.client() as client:
        client.ask("HEAD", path)
        assert client.answer(to="HEAD").status == 200
        client.ask("GET", "/live")
        assert client.answer().body.strip() == b"alive"


def test_head_to_a_provider_is_framed_right(start, provider):
    proxy = start(settings.configuration(provider.origin, allowed_methods=["HEAD", "GET"]))
    token = proxy.management.access_token()
    with proxy.client() as client:
        client.ask("HEAD", "/v1/models", token=token)
        head = client.answer(to="HEAD")
        client.ask("GET", "/v1/models", token=token)
        assert (head.status, client.answer().status) == (200, 200)
    assert [request.method for request in provider.requests] == ["HEAD", "GET"]


@pytest.mark.parametrize("status", [204, 304])
def test_answers_without_a_body_pass(proxy, provider, token, status):
    provider.answers(answers.raw(f"HTTP/1.1 {status} Fine\r\nETag: x\r\n\r\n".encode(), "keep"), answers.whole({"n": 2}))
    with proxy.client() as client:
        client.ask("GET", "/v1/models", token=token)
        assert client.answer().status == status
        client.ask("GET", "/v1/models", token=token)
        assert client.answer().json() == {"n": 2}


def test_hop_by_hop_fields_and_credentials_stay_here(proxy, provider, token):
    provider.answers(answers.raw(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: keep-alive, x-internal\r\n"
        b"Keep-Alive: timeout=5\r\nX-Internal: 1\r\nProxy-Authenticate: Basic\r\nX-Public: 2\r\n\r\n{}", "keep"))
    answer = proxy.call("GET", "/v1/models", {
        "Connection": "keep-alive, X-Mine", "X-Mine": "1", "Keep-Alive": "timeout=1", "Proxy-Authorization": "Basic x",
        "TE": "trailers", "Upgrade": "h2c", "api-key": "k1", "X-API-Key": "k2", "X-Kept": "yes"}, token=token)
    sent, back = provider.requests[0].headers, answer.headers
    for name in ("x-mine", "keep-alive", "proxy-authorization", "te", "upgrade", "api-key", "x-api-key"):
        assert sent.all(name) == [], name
    assert sent.all("x-kept") == ["yes"] and len(sent.all("authorization")) == 1
    assert token not in provider.requests[0].head.decode()
    for name in ("x-internal", "keep-alive", "proxy-authenticate"):
        assert back.all(name) == [], name
    assert back.all("x-public") == ["2"]


def test_the_client_does_not_choose_the_forwarded_address(proxy, provider, token):
    proxy.call("GET", "/v1/models", {"X-Forwarded-For": "203.0.113.9", "X-Real-IP": "203.0.113.9"}, token=token)
    assert "203.0.113.9" not in provider.requests[0].head.decode()


def test_a_sane_request_id_is_kept_and_another_is_replaced(proxy, provider, token):
    kept = proxy.call("GET", "/v1/models", {"X-Request-ID": "abc-123"}, token=token)
    made = proxy.call("GET", "/v1/models", {"X-Request-ID": "a b\"<" + "x" * 500}, token=token)
    assert kept.headers.get("x-request-id") == "abc-123"
    assert made.headers.get("x-request-id") and len(made.headers.get("x-request-id")) <= 128
    assert [r.headers.get("x-request-id") for r in provider.requests] == [
        kept.headers.get("x-request-id"), made.headers.get("x-request-id")]


def test_a_chunked_answer_passes_with_its_events_undamaged(proxy, provider, token):
    events = [b"data: 1\n\n", b": a comment\n\n", b"event: x\r\ndata: 2\r\n\r\n", b"data: a\ndata: b\n\n", b"data: [DONE]\n\n"]

    def script(exchange):
        exchange.head(200, answers.SSE)
        for byte in b"".join(events):
            exchange.chunk(bytes([byte]))
        exchange.end()

    provider.answers(script)
    assert proxy.call("POST", CHAT, body={"model": "gpt-4o", "stream": True}, token=token).body == b"".join(events)


def test_an_answer_that_ends_with_its_connection_passes(proxy, provider, token):
    provider.answers(answers.raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nall of it", "close"))
    answer = proxy.call("GET", "/v1/models", token=token)
    assert answer.is_whole and answer.body == b"all of it"
    assert answer.headers.get("transfer-encoding") == "chunked"


def test_a_stream_that_the_provider_answers_with_plain_json_stays_json(proxy, provider, token):
    answer = proxy.chat(token, stream=True)
    assert answer.headers.get("content-type") == "application/json"
    assert answer.json()["object"] == "chat.completion"


def test_a_client_that_names_neither_itself_nor_what_it_accepts_gets_the_shape_of_the_go_program(proxy):
    answer = proxy.call("GET", "/v1/models", {"User-Agent": None})
    assert answer.status == 401
    assert answer.json()["error"] == "Invalid token" and answer.json()["code"] == "invalid_token"
