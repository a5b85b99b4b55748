"""What a client should not send is refused, closes the connection, and reaches no provider."""

import socket

import pytest
from support import answers, settings
from support.proxy import eventually
from support.wire import Closed

HOST = b"Host: proxy.test\r\n"


def get(fields=b"", line=b"GET /v1/models HTTP/1.1"):
    return line + b"\r\n" + HOST + fields + b"\r\n"


def post(fields, body=b""):
    return b"POST /v1/files HTTP/1.1\r\n" + HOST + fields + b"\r\n" + body


MALFORMED = {
    # The request line
    "no version": (b"GET /v1/models\r\n" + HOST + b"\r\n", 400),
    "two spaces before the target": (get(line=b"GET  /v1/models HTTP/1.1"), 400),
    "a tab instead of a space": (get(line=b"GET\t/v1/models HTTP/1.1"), 400),
    "a space inside the target": (get(line=b"GET /v1/mo dels HTTP/1.1"), 400),
    "a control byte in the target": (get(line=b"GET /v1/mo\x01dels HTTP/1.1"), 400),
    "a raw byte above 127 in the target": (get(line=b"GET /v1/mod\xffels HTTP/1.1"), 400),
    "a relative target": (get(line=b"GET v1/models HTTP/1.1"), 400),
    "a version we do not speak": (get(line=b"GET /v1/models HTTP/2.0"), 505),
    "a version in lower case": (get(line=b"GET /v1/models http/1.1"), 400),
    "a method nobody knows": (get(line=b"BREW /v1/models HTTP/1.1"), 501),
    "a method in lower case": (get(line=b"get /v1/models HTTP/1.1"), 501),
    "a method that shows credentials": (get(line=b"TRACE /v1/models HTTP/1.1"), 405),
    "a method that is not served": (get(line=b"QUERY /v1/models HTTP/1.1"), 405),
    "a tunnel": (b"CONNECT proxy.test:443 HTTP/1.1\r\n" + HOST + b"\r\n", 501),
    "a white space before the request line": (b" " + get(), 400),
    "a TLS hello on a plain port": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64, 400),
    "noise": (b"\x00\xff\xfe\r\n\r\n\x80", 400),
    # Lines and fields
    "line feeds without carriage returns": (b"GET /v1/models HTTP/1.1\nHost: proxy.test\n\n", 400),
    "one bare line feed between fields": (get(b"A: 1\nB: 2\r\n"), 400),
    "a bare carriage return in a value": (get(b"A: 1\rB: 2\r\n"), 400),
    "a NUL in a value": (get(b"A: 1\x002\r\n"), 400),
    "a control byte in a value": (get(b"A: 1\x012\r\n"), 400),
    "a folded line": (get(b"A: 1\r\n folded\r\n"), 400),
    "a space before the colon": (get(b"A : 1\r\n"), 400),
    "a line without a colon": (get(b"nonsense\r\n"), 400),
    "an empty field name": (get(b": 1\r\n"), 400),
    "a byte no name may hold": (get(b"A(b): 1\r\n"), 400),
    "a space before the first field": (b"GET /v1/models HTTP/1.1\r\n " + HOST + b"\r\n", 400),
    # Host
    "no host": (b"GET /v1/models HTTP/1.1\r\n\r\n", 400),
    "two hosts": (get(b"Host: other.test\r\n"), 400),
    "a host with a space": (b"GET /v1/models HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    # The body's length
    "length and coding together": (post(b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"), 400),
    "two different lengths": (post(b"Content-Length: 3\r\nContent-Length: 4\r\n", b"abcd"), 400),
    "two equal lengths": (post(b"Content-Length: 3\r\nContent-Length: 3\r\n", b"abc"), 400),
    "a list of lengths": (post(b"Content-Length: 3, 3\r\n", b"abc"), 400),
    "a length with a sign": (post(b"Content-Length: +3\r\n", b"abc"), 400),
    "a negative length": (post(b"Content-Length: -3\r\n", b"abc"), 400),
    "a length in hexadecimal": (post(b"Content-Length: 0x3\r\n", b"abc"), 400),
    "a length with a fraction": (post(b"Content-Length: 3.0\r\n", b"abc"), 400),
    "an empty length": (post(b"Content-Length: \r\n", b"abc"), 400),
    "a length beyond 64 bits": (post(b"Content-Length: 99999999999999999999999\r\n", b"abc"), 400),
    "a coding before chunked": (post(b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n"), 400),
    "chunked twice": (post(b"Transfer-Encoding: chunked, chunked\r\n", b"0\r\n\r\n"), 400),
    "two coding fields": (post(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"), 400),
    "a coding that only looks like chunked": (post(b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n"), 400),
    "the identity coding": (post(b"Transfer-Encoding: identity\r\n", b"abc"), 400),
    "an empty coding": (post(b"Transfer-Encoding: \r\n", b"abc"), 400),
    "a coding from HTTP/1.0": (
        b"POST /v1/files HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "an expectation nobody can meet": (post(b"Content-Length: 3\r\nExpect: a miracle\r\n"), 417),
    # Sizes
    "a head over 64 KiB": (get(b"A: " + b"x" * 70_000 + b"\r\n"), 431),
    "a head over 64 KiB in many fields": (get(b"".join(b"F%d: %s\r\n" % (n, b"x" * 800) for n in range(90))), 431),
    "more than a hundred fields": (get(b"".join(b"F%d: 1\r\n" % n for n in range(101))), 431),
    "a target over 64 KiB": (get(line=b"GET /v1/models?" + b"x" * 70_000 + b" HTTP/1.1"), 414),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_head_is_refused_and_the_connection_closed(proxy, provider, name):
    data, status = MALFORMED[name]
    with proxy.client() as client:
        client.send(data)
        answer = client.answer()
        assert answer.status == status, answer
        assert answer.is_whole
        assert client.is_closed_by_peer()
    assert provider.requests == []


def test_a_malformed_head_is_refused_whatever_the_cuts(proxy, provider):
    data, status = MALFORMED["length and coding together"]
    for cut in range(1, len(data), 7):
        with proxy.client() as client:
            client.send(data[:cut])
            client.send(data[cut:])
            assert client.answer().status == status
    assert provider.requests == []


def test_what_follows_a_refused_request_is_not_read(proxy, provider, token):
    with proxy.client() as client:
        smuggled = get(b"Authorization: Bearer %s\r\n" % token.encode())
        client.send(post(b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n") + smuggled)
        assert client.answer().status == 400
        assert client.is_closed_by_peer()
    assert provider.requests == []


BAD_CHUNKS = {
    "no digits": b"\r\nabc\r\n",
    "a letter that is no digit": b"g\r\nabc\r\n",
    "a sign": b"+3\r\nabc\r\n",
    "a prefix": b"0x3\r\nabc\r\n",
    "a space before the size": b" 3\r\nabc\r\n",
    "a space after the size": b"3 \r\nabc\r\n",
    "a size beyond 64 bits": b"10000000000000000\r\nabc\r\n",
    "a bare line feed after the size": b"3\nabc\r\n",
    "data longer than its size": b"3\r\nabcd\r\n",
    "no line end after the data": b"3\r\nabc4\r\nabcd\r\n",
    "an endless extension": b"3;" + b"x" * 5_000 + b"\r\nabc\r\n",
    "a control byte in an extension": b"3;a=\x01\r\nabc\r\n",
    "a length in the trailers": b"3\r\nabc\r\n0\r\nContent-Length: 5\r\n\r\n",
    "a malformed trailer": b"3\r\nabc\r\n0\r\nno colon\r\n\r\n",
    "endless trailers": b"0\r\n" + b"A: %s\r\n" % (b"x" * 20_000) + b"\r\n",
}


@pytest.mark.parametrize("kind", ["application/json", "application/octet-stream"])
@pytest.mark.parametrize("name", BAD_CHUNKS)
def test_a_malformed_chunk_is_refused_and_never_reaches_the_provider_as_a_whole_request(proxy, provider, token, name, kind):
    path = "/v1/chat/completions" if kind == "application/json" else "/v1/files"
    with proxy.client() as client:
        client.ask("POST", path, {"Transfer-Encoding": "chunked", "Content-Type": kind}, BAD_CHUNKS[name], token)
        answer = client.answer()
        assert answer.status in (400, 431), answer
        assert client.is_closed_by_peer()
    assert provider.requests == []


def test_a_client_that_leaves_in_the_middle_of_its_body_leaves_no_whole_request_behind(start, provider):
    proxy = start()
    token = proxy.management.access_token()
    with proxy.client() as client:
        client.ask("POST", "/v1/files", {"Content-Length": 100, "Content-Type": "application/octet-stream"}, b"abc", token)
        # A connection that another test's client did not wait for has carried nothing, and may rightly stay open.
        connection = eventually(
            lambda: next((one for one in provider.connections if one.bytes_received > 0), None), "the request to be on its way")
        client.reset()
    assert connection.closed.wait(10)
    assert provider.requests == []


def test_a_client_that_leaves_before_its_head_is_whole_harms_nobody(proxy, token):
    for cut in (0, 1, 20, 60):
        with proxy.client() as client:
            client.send(get()[:cut])
            client.reset()
    assert proxy.chat(token).status == 200


# Who may do what


@pytest.mark.parametrize("path", ["/", "/nothing", "/v2/chat/completions", "/manage/nothing", "/live/x"])
def test_an_unknown_path_is_404(proxy, path):
    headers = {"Authorization": f"Bearer {proxy.management_token}"}
    assert proxy.call("GET", path, headers).status == 404


def test_an_endpoint_that_is_not_listed_is_404(proxy, provider, token):
    answer = proxy.call("GET", "/v1/assistants", token=token)
    assert (answer.status, answer.code, answer.source) == (404, "endpoint_not_found", "gateway")
    assert provider.requests == []


def test_a_method_that_is_not_listed_is_405(proxy, provider, token):
    answer = proxy.call("PUT", "/v1/models", token=token, body={})
    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert provider.requests == []


@pytest.mark.parametrize("authorization, code", [
    (None, "invalid_token"), ("", "invalid_token"), ("Bearer", "invalid_token"), ("Bearer ", "invalid_token"),
    ("Basic abc", "invalid_token"), ("Bearer sk-short", "invalid_token"), ("Bearer " + "x" * 25, "invalid_token"),
    ("Bearer sk-!!!!!!!!!!!!!!!!!!!!!!", "invalid_token"), ("Bearer sk-AAAAAAAAAAAAAAAAAAAAAA", "token_not_found"),
    ("Bearer " + "x" * 60_000, "invalid_token")])
def test_no_or_a_bad_token_is_401(proxy, provider, authorization, code):
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = proxy.call("GET", "/v1/models", headers)
    assert (answer.status, answer.code) == (401, code), answer
    assert provider.requests == []


def test_two_authorization_fields_are_refused(proxy, provider, token):
    with proxy.client() as client:
        client.send(get(b"Authorization: Bearer %s\r\nAuthorization: Bearer x\r\n" % token.encode()))
        assert client.answer().status in (400, 401)
    assert provider.requests == []


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b'{"model":}', b"\xff\xfe", b"{" * 10_000,
                                  b'{"model":"gpt-4o"} trailing'])
def test_a_body_that_is_not_an_object_is_refused_while_a_whitelist_is_in_force(proxy, provider, token, body):
    answer = proxy.call("POST", "/v1/chat/completions", {"Content-Type": "application/json"}, body, token)
    assert answer.status == 400 and answer.code, answer
    assert provider.requests == []


@pytest.mark.parametrize("body", [
    b'{"model":"gpt-4o","model":"gpt-3.5"}', b'{"model":"gpt-3.5","model":"gpt-4o"}',
    b'{"model":"gpt-4o","\\u006dodel":"gpt-3.5"}', b'{"model":["gpt-4o"]}', b'{"model":{"a":1}}'])
def test_every_occurrence_of_a_governed_parameter_is_checked(proxy, provider, token, body):
    answer = proxy.call("POST", "/v1/chat/completions", {"Content-Type": "application/json"}, body, token)
    assert (answer.status, answer.code) == (400, "param_not_allowed")
    assert provider.requests == []


@pytest.mark.parametrize("kind", [
    None, "text/plain", "application/octet-stream", "audio/wav", "image/png", "multipart/form-data; boundary=x"])
def test_no_content_type_is_a_way_around_a_whitelist(proxy, provider, kind):
    token = proxy.management.access_token(policy={"parameters": {"max_tokens": {"max": 50}}})
    headers = {"Content-Type": kind} if kind else {}

    def ask(body, path="/v1/chat/completions"):
        return proxy.call("POST", path, headers, body, token)

    assert ask(b'{"model":"gpt-3.5"}').code == "param_not_allowed"
    assert ask(b'{"model":"gpt-4o","max_tokens":51}').code == "param_not_allowed"
    assert ask(b"RIFF").code == "invalid_request_body"
    assert ask(b'{"model":"gpt-3.5"}', "/v1/audio/speech").code == "param_not_allowed"
    assert provider.requests == []
    assert ask(b'{"model":"gpt-4o","max_tokens":50}').status == 200
    assert ask(b"RIFF", "/v1/files").status == 200


# Sizes and slowness


@pytest.mark.parametrize("body", [
    b'{"model":"gpt-4o","Model":"gpt-4o"}', b'{"MODEL":"gpt-4o"}', b'{"mod\\u0045l":"gpt-4o"}',
    b'{"model\\u0000x":"gpt-4o","model":"gpt-4o"}'])
def test_a_name_that_may_be_taken_for_a_governed_one_is_refused(proxy, provider, token, body):
    answer = proxy.call("POST", "/v1/chat/completions", {"Content-Type": "application/json"}, body, token)
    assert (answer.status, answer.code) == (400, "param_not_allowed")
    assert "spell it as the API does" in answer.json()["error"]["message"]
    assert provider.requests == []


@pytest.mark.parametrize("body", [
    b"\xef\xbb\xbf" + b'{"model":"gpt-5"}', '{"model":"gpt-5"}'.encode("utf-16"), '{"model":"gpt-5"}'.encode("utf-32-be"),
    b'{"model":"gpt-4o"}\0', b'{"model":"gpt-4o"}{"model":"gpt-5"}', b'\0{"model":"gpt-5"}', b'\x0b{"model":"gpt-5"}',
    b'{"model":"gpt-4o\0"}', b'{"model":"gpt-4o","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b"[" * 500_000, b'{"x":' * 100_000])
def test_what_parsers_read_differently_is_refused_while_a_whitelist_is_in_force(proxy, provider, token, body):
    answer = proxy.call("POST", "/v1/chat/completions", {"Content-Type": "application/json"}, body, token)
    assert (answer.status, answer.code) == (400, "invalid_request_body")
    assert provider.requests == []


def test_a_held_body_that_announces_too_much_is_413_before_it_is_sent(proxy, provider, token):
    with proxy.client() as client:
        client.ask("POST", "/v1/chat/completions", {"Content-Type": "application/json", "Content-Length": 2 << 20},
                   b"{", token)
        answer = client.answer()
    assert (answer.status, answer.code) == (413, "request_too_large")
    assert provider.requests == []


def test_a_held_body_that_grows_too_large_is_413(proxy, provider, token):
    with proxy.client() as client:
        client.ask("POST", "/v1/chat/completions", {"Content-Type": "application/json", "Transfer-Encoding": "chunked"},
                   b"", token)
        for _ in range(40):
            client.send(b"10000\r\n" + b" " * 65536 + b"\r\n")
        answer = client.answer()
    assert (answer.status, answer.code) == (413, "request_too_large")
    assert provider.requests == []


def test_max_request_size_sets_the_same_limit(start, provider):
    proxy = start(environment={"MAX_REQUEST_SIZE": "1024"})
    token = proxy.management.access_token()
    assert proxy.chat(token, filler="x" * 2000).status == 413
    assert proxy.chat(token).status == 200


def test_nothing_of_a_body_is_awaited_without_a_token(proxy):
    with proxy.client() as client:
        client.ask("POST", "/v1/chat/completions", {"Content-Type": "application/json", "Content-Length": 1000}, b"")
        assert client.answer().status == 401


def test_a_head_that_never_ends_is_given_up(start, provider):
    proxy = start(settings.configuration(provider.origin, gateway_timeouts={"request_head": "300ms"}))
    with proxy.client() as client:
        client.send(b"GET /v1/models HTTP/1.1\r\nHost: a\r\nX-Slow: ")
        assert ends(client)


def test_dripping_bytes_does_not_extend_the_time_for_a_head(start, provider):
    proxy = start(settings.configuration(provider.origin, gateway_timeouts={"request_head": "300ms"}))
    with proxy.client() as client:
        client.sock.settimeout(0.05)
        client.send(b"GET /v1/models HTTP/1.1\r\nHost: a\r\nX-Slow: ")
        for _ in range(200):
            client.send(b"x")
            try:
                client.reader.fill()
            except Closed:
                break
            except socket.timeout:
                continue
        else:
            pytest.fail("the head was awaited for ten seconds")


def test_a_body_that_stops_coming_is_given_up(start, provider):
    proxy = start(settings.configuration(provider.origin, gateway_timeouts={"request_body_idle": "300ms"}))
    with proxy.client() as client:
        client.ask("POST", "/v1/chat/completions", {"Content-Type": "application/json", "Content-Length": 100}, b"{",
                   proxy.management.access_token())
        assert client.answer().status == 408
        assert client.is_closed_by_peer()
    assert provider.requests == []


@pytest.mark.parametrize("method, path, status", [
    ("POST", "/nothing", 404), ("POST", "/manage/nothing", 404), ("POST", "/manage/projects", 401),
    ("POST", "/self/tokens", 401), ("POST", "/admin/session", 415), ("PUT", "/live", 200)])
def test_nothing_of_a_body_is_awaited_from_whoever_may_not_ask(proxy, method, path, status):
    with proxy.client() as client:
        client.ask(method, path, {"Content-Length": 2_000_000}, b"x")
        answer = client.answer()
        assert answer.status == status and answer.is_whole
        assert client.is_closed_by_peer()


def test_a_refused_management_request_with_a_small_body_keeps_its_connection(proxy):
    with proxy.client() as client:
        client.ask("POST", "/manage/projects", body={"name": "a"})
        assert client.answer().status == 401
        client.ask("POST", "/manage/projects", {"Expect": "100-continue", "Content-Length": 2}, b"", token=proxy.management_token)
        assert client.head().status == 100
        client.send(b"{}")
        assert client.answer().status == 400


def test_a_management_body_that_stops_coming_is_given_up(start, provider):
    proxy = start(settings.configuration(provider.origin, gateway_timeouts={"request_body_idle": "300ms"}))
    with proxy.client() as client:
        client.ask("POST", "/manage/projects", {"Content-Length": 100}, b"{", token=proxy.management_token)
        answer = client.answer()
        assert (answer.status, answer.json()["code"]) == (408, "request_timeout")
        assert client.is_closed_by_peer()


@pytest.mark.parametrize("path, size", [("/manage/projects", (1 << 20) + 1), ("/admin/session", 16_385)])
def test_a_management_body_is_bounded(proxy, path, size):
    headers = {"Content-Type": "application/json"}
    answer = proxy.call("POST", path, headers, b" " * size, proxy.management_token)
    assert (answer.status, answer.json()["code"]) == (413, "request_too_large")


def test_an_idle_connection_is_closed(start, provider):
    proxy = start(settings.configuration(provider.origin, gateway_timeouts={"keep_alive_idle": "300ms"}))
    with proxy.client() as client:
        client.ask("GET", "/live")
        assert client.answer().status == 200
        assert client.is_closed_by_peer()


def ends(client):
    """The peer closes, with or without a 408 first."""
    try:
        assert client.answer().status == 408
        return client.is_closed_by_peer()
    except Closed:
        return True


def test_a_client_that_takes_nothing_is_given_up(start, provider):
    proxy = start(settings.configuration(provider.origin, gateway_timeouts={"client_write_idle": "500ms"}))

    def endless(exchange):
        exchange.head(200, answers.SSE)
        while True:
            exchange.chunk(b": " + b"x" * 65_536 + b"\n\n")

    provider.answers(endless)
    with proxy.client(receive_buffer=4096) as client:
        client.ask("POST", "/v1/chat/completions", body={"model": "gpt-4o", "stream": True},
                   token=proxy.management.access_token())
        assert provider.wait_for_requests(1).connection.closed.wait(15)
