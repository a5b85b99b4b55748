"""Start and stop: nothing that is under way is lost, and a second process does no harm."""

import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import answers, settings
from support.client import Client
from support.proxy import Proxy, eventually
from support.wire import Closed

STREAM = {"model": "gpt-4o", "stream": True}


def begin_stream(proxy, provider, gate):
    provider.answers(answers.stream_until(gate, answers.delta("one")))
    client = proxy.client()
    client.ask("POST", "/v1/chat/completions", body=STREAM, token=proxy.management.access_token())
    client.head()
    assert b"one" in client.event()
    return client


def is_refused(port):
    try:
        with Client(port) as client:
            client.ask("GET", "/live")
            # A connection that was accepted in the last moment is answered or closed, never left hanging.
            return client.answer().status == 503
    except (ConnectionRefusedError, Closed):
        return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stream_is_finished_before_the_process_ends(start, provider, number):
    proxy, gate = start(), threading.Event()
    client = begin_stream(proxy, provider, gate)
    proxy.signal(number)
    eventually(lambda: is_refused(proxy.port), "new connections to be refused")
    assert proxy.process.poll() is None
    gate.set()
    assert client.event() == b"data: [DONE]"
    assert client.event() is None
    assert client.is_closed_by_peer()
    assert proxy.wait() == 0


def test_idle_connections_do_not_hold_up_the_end(start):
    proxy = start()
    clients = [proxy.client() for _ in range(10)]
    for client in clients[:5]:
        client.ask("GET", "/live")
        client.answer()
    assert proxy.stop() == 0
    assert all(client.is_closed_by_peer() for client in clients)


def test_a_keep_alive_client_is_told_to_go_while_draining(start, provider):
    proxy, gate = start(), threading.Event()
    provider.answers(answers.stream_until(gate, answers.delta("one")))
    token = proxy.management.access_token()
    with proxy.client() as client:
        client.ask("POST", "/v1/chat/completions", body=STREAM, token=token)
        client.head()
        client.event()
        proxy.signal(signal.SIGTERM)
        eventually(lambda: is_refused(proxy.port), "new connections to be refused")
        gate.set()
        while client.chunk():
            pass
        assert client.is_closed_by_peer()
    assert proxy.wait() == 0


def test_a_second_signal_ends_the_process_at_once(start, provider):
    proxy, gate = start(), threading.Event()
    begin_stream(proxy, provider, gate)
    proxy.signal(signal.SIGTERM)
    eventually(lambda: is_refused(proxy.port), "new connections to be refused")
    proxy.signal(signal.SIGTERM)
    proxy.wait()
    assert not gate.is_set()


def test_draining_ends_when_its_time_is_over(start, provider):
    proxy = start(settings.configuration(provider.origin, gateway_timeouts={"drain": "500ms"}))
    client = begin_stream(proxy, provider, threading.Event())
    proxy.signal(signal.SIGTERM)
    proxy.wait()
    # The client can tell that the answer is not whole: an error event, or no end of the chunks.
    try:
        assert b'"error"' in client.event()
    except Closed:
        pass


def test_a_test_of_a_provider_does_not_hold_up_the_end(start, provider):
    proxy = start(settings.configuration(provider.origin, gateway_timeouts={"drain": "200ms"}))
    project = proxy.management.create_project()
    provider.answers(answers.silent)
    with proxy.client() as client:
        client.ask("POST", "/manage/providers/openai/test", body={"project_id": project["id"], "model": "gpt-4o"},
                   token=proxy.management_token)
        provider.wait_for_requests()
        assert proxy.stop() == 0


def test_what_was_used_is_written_before_the_process_ends(start, provider):
    proxy = start()
    token = proxy.management.create_token()
    for _ in range(20):
        assert proxy.chat(token["token"]).status == 200
    assert proxy.stop() == 0
    proxy.start()
    assert proxy.management.token(token["id"])["request_count"] == 20


def test_a_taken_port_is_named(tmp_path, provider):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        proxy = Proxy(tmp_path / "proxy", settings.configuration(provider.origin),
                      {"LISTEN_ADDR": f"127.0.0.1:{port}"})
        code, said = proxy.refusal()
    assert code > 0
    assert f"127.0.0.1:{port}" in said and "another program uses this port" in said and "LISTEN_ADDR" in said, said


def test_a_second_process_on_the_port_of_the_first_is_refused_and_the_first_goes_on(start, tmp_path, provider):
    first = start()
    second = Proxy(tmp_path / "second", settings.configuration(provider.origin),
                   {"LISTEN_ADDR": f"127.0.0.1:{first.port}"})
    code, said = second.refusal()
    assert code > 0 and str(first.port) in said
    assert first.chat(first.management.access_token()).status == 200


def test_two_processes_on_one_database_keep_one_limit(start, provider):
    first = start()
    second = start(environment={"DATABASE_PATH": first.environment["DATABASE_PATH"],
                                "MANAGEMENT_TOKEN": first.management_token})
    token = first.management.access_token(max_requests=200)

    def spend(proxy):
        with proxy.client() as client:
            for served in range(1_000):
                client.ask("GET", "/v1/models", token=token)
                if client.answer().status == 429:
                    return served
        raise AssertionError("no limit is in force")

    with ThreadPoolExecutor(8) as pool:
        served = sum(pool.map(spend, [first, second] * 4))
    assert served == len(provider.requests)
    # Each process may hold the unused rest of a block of counts; together they never give more than the limit.
    assert 100 <= served <= 200


def test_what_one_process_changes_is_soon_in_force_in_the_other(start, provider):
    first = start()
    second = start(environment={"DATABASE_PATH": first.environment["DATABASE_PATH"]})
    token = first.management.create_token()
    assert first.chat(token["token"]).status == 200
    assert second.chat(token["token"]).status == 200
    first.management.revoke(token["id"])
    refused = eventually(lambda: (answer := second.chat(token["token"])).status == 401 and answer, "the other", seconds=2)
    assert refused.code == "token_inactive"


def test_the_process_writes_nothing_where_it_was_not_told_to(start, provider):
    proxy = start()
    proxy.chat(proxy.management.access_token())
    proxy.stop()
    names = {file.name for file in proxy.folder.iterdir()}
    assert {name for name in names if not name.startswith("llm-proxy.db")} <= {
        "llm-proxy.yaml", "audit.log", "output.log", "data"}, names


def test_files_with_secrets_are_private(start, provider):
    proxy = start()
    proxy.management.access_token()
    assert (proxy.folder / "llm-proxy.db").stat().st_mode & 0o077 == 0
