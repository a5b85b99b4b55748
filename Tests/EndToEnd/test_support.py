"""The tests' own tools do what the tests rely on."""

import threading

import pytest
from support import answers
from support.client import Client, call
from support.provider import Provider
from support.wire import Closed


@pytest.fixture
def scripted():
    provider = Provider()
    provider.reset(answers.whole())
    yield provider
    provider.stop()
    assert not provider.failures


def test_the_provider_answers_what_it_is_told_and_keeps_the_connection(scripted):
    scripted.answers(answers.whole({"n": 1}), answers.whole({"n": 2}, status=500))
    with Client(scripted.port) as client:
        client.ask("POST", "/v1/a?b", body={"x": 1}, token="t")
        first = client.answer()
        client.ask("GET", "/v1/b")
        second = client.answer()
    assert (first.status, first.json(), first.is_whole) == (200, {"n": 1}, True)
    assert (second.status, second.json()) == (500, {"n": 2})
    assert [(r.method, r.target, r.connection.index) for r in scripted.requests] == [
        ("POST", "/v1/a?b", 0), ("GET", "/v1/b", 0)]
    assert scripted.requests[0].json() == {"x": 1}
    assert scripted.requests[0].headers.get("AUTHORIZATION") == "Bearer t"


def test_the_provider_reads_chunked_requests(scripted):
    scripted.answers(answers.echo)
    with Client(scripted.port) as client:
        client.ask("POST", "/", {"Transfer-Encoding": "chunked"}, b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: v\r\n\r\n")
        assert client.answer().json()["body"] == "abcde"


def test_a_stream_advances_when_the_test_says_so(scripted):
    gate = threading.Event()
    scripted.answers(answers.stream_until(gate, answers.delta("one")))
    with Client(scripted.port) as client:
        client.ask("POST", "/", body={})
        client.head()
        assert b"one" in client.event()
        gate.set()
        assert client.event() == b"data: [DONE]"
        assert client.event() is None


@pytest.mark.parametrize("how", ["close", "reset"])
def test_the_provider_ends_a_connection_in_the_middle_of_an_answer(scripted, how):
    scripted.answers(answers.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", how))
    answer = call(scripted.port, "GET", "/")
    assert answer.body == b"abc" and not answer.is_whole


def test_the_provider_can_refuse_connections_and_listen_again(scripted):
    scripted.refuse()
    with pytest.raises(ConnectionRefusedError):
        call(scripted.port, "GET", "/")
    scripted.listen()
    assert call(scripted.port, "GET", "/").status == 200


def test_the_provider_sees_its_peer_close_while_it_holds(scripted):
    scripted.answers(answers.silent)
    with Client(scripted.port) as client:
        client.ask("GET", "/")
        connection = scripted.wait_for_requests(1).connection
        assert not connection.closed.is_set()
    assert connection.closed.wait(5)


def test_a_reset_of_the_test_ends_what_the_provider_still_does(scripted):
    scripted.answers(answers.silent)
    with Client(scripted.port) as client:
        client.ask("GET", "/")
        connection = scripted.wait_for_requests(1).connection
        scripted.reset(answers.whole())
        with pytest.raises(Closed):
            client.head()
    assert connection.closed.wait(5)
    assert scripted.requests == []


def test_the_provider_speaks_tls_and_notes_the_name(authority):
    provider = Provider(tls=authority.server("127.0.0.1", "localhost"))
    provider.reset(answers.whole({"n": 1}))
    answer = call(provider.port, "GET", "/", tls=authority.client_context())
    provider.stop()
    assert answer.json() == {"n": 1}
    assert provider.connections[0].server_name == "localhost"
