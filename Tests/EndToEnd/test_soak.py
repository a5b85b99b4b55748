"""Nothing grows: not with requests, not with streams that are cut off."""

import re
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import answers, settings
from support.client import Client
from support.paths import IS_INSTRUMENTED
from support.proxy import eventually

REQUESTS = 20_000 if IS_INSTRUMENTED else 200_000
STREAMS = 500 if IS_INSTRUMENTED else 2_000
GROWTH = (200 if IS_INSTRUMENTED else 4) << 20
CONNECTIONS = 32

LOAD = """
wrk.method = "POST"
wrk.body = '{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer %s"
"""


def load(proxy, token, requests, tmp_path):
    """Sends at least that many requests over 32 connections; every one is answered with 200."""
    script = tmp_path / "load.lua"
    script.write_text(LOAD % token)
    while requests > 0:
        report = subprocess.run(
            ["wrk", "--threads", "1", "--connections", str(CONNECTIONS), "--duration", "2", "--script", str(script),
             f"{proxy.base_url}/v1/chat/completions"], capture_output=True, text=True, check=True).stdout
        assert "Non-2xx" not in report and "Socket errors" not in report, report
        requests -= int(re.search(r"(\d+) requests in", report)[1])


@pytest.fixture
def chained(start, tmp_path):
    """Two proxies in a row: the first one forwards to the second one, which answers from the mock adapter."""
    last = start(settings.configuration("http://mock.invalid", adapter="mock"), name="last")
    first = start(settings.configuration(last.base_url), name="first")
    project = first.management.create_project(provider_key=last.management.access_token())
    return first, last, first.management.create_token(project)["token"]


def test_memory_and_descriptors_stay_flat_over_many_requests(chained, tmp_path):
    first, last, token = chained
    load(first, token, REQUESTS // 10, tmp_path)
    before = [(proxy.resident_bytes(), proxy.descriptors()) for proxy in (first, last)]
    load(first, token, REQUESTS, tmp_path)
    for proxy, (memory, descriptors) in zip((first, last), before):
        # How many connections a pool keeps depends on how the clients fell on the loops.
        eventually(lambda: proxy.descriptors() <= descriptors + CONNECTIONS, "descriptors to be given back")
        assert proxy.resident_bytes() - memory < GROWTH


def test_memory_and_descriptors_stay_flat_over_streams_that_are_cut_off(start, provider):
    proxy = start()
    token = proxy.management.access_token()

    def endless(exchange):
        exchange.head(200, answers.SSE)
        exchange.chunk(answers.event(answers.delta("one")))
        exchange.hold()

    provider.answers(endless)

    def cut_off(n):
        client = Client(proxy.port)
        client.ask("POST", "/v1/chat/completions", body={"model": "gpt-4o", "stream": True}, token=token)
        client.head()
        client.event()
        client.reset() if n % 2 else client.sock.close()

    with ThreadPoolExecutor(8) as pool:
        idle = proxy.descriptors()
        list(pool.map(cut_off, range(STREAMS // 4)))
        eventually(lambda: proxy.descriptors() <= idle + 8, "descriptors to be given back")
        before = proxy.resident_bytes()
        list(pool.map(cut_off, range(STREAMS)))
        eventually(lambda: proxy.descriptors() <= idle + 8, "descriptors to be given back")
    assert proxy.resident_bytes() - before < GROWTH
    assert all(connection.closed.wait(10) for connection in provider.connections)
    eventually(lambda: proxy.metric("llm_proxy_streams_in_flight") == 0, "no stream to be left")


def test_many_streams_at_once_are_all_served(start, provider):
    proxy, gate = start(), threading.Event()
    token = proxy.management.access_token()
    provider.answers(answers.stream_until(gate))
    clients = [proxy.client() for _ in range(300)]
    for client in clients:
        client.ask("POST", "/v1/chat/completions", body={"model": "gpt-4o", "stream": True}, token=token)
    for client in clients:
        client.head()
        assert b"Hel" in client.event()
    gate.set()
    assert all(client.event() == b"data: [DONE]" for client in clients)
