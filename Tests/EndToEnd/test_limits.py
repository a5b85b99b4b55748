"""Limits hold exactly, for everybody at once, across a crash, and from the next request on."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import answers, settings
from support.proxy import eventually
from support.wire import Closed

CLIENTS = 32


def spend(proxy, token, is_refusal):
    """One client on one connection: asks until it is refused; returns how often it was served."""
    with proxy.client() as client:
        for served in range(2_000):
            client.ask("GET", "/v1/models", token=token)
            answer = client.answer()
            if is_refusal(answer):
                return served
            assert answer.status == 200, answer
    raise AssertionError("no limit is in force")


def spend_together(proxy, token):
    refused = lambda answer: answer.status == 429 and answer.code == "rate_limit_exceeded"  # noqa: E731
    with ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(lambda _: spend(proxy, token, refused), range(CLIENTS)))


def test_max_requests_is_exact_under_many_clients(proxy, provider):
    token = proxy.management.create_token(max_requests=500)
    assert spend_together(proxy, token["token"]) == 500
    assert len(provider.requests) == 500
    eventually(lambda: proxy.management.token(token["id"])["request_count"] == 500, "the count to be written")


@pytest.mark.parametrize("limit", [1, 2, 33])
def test_a_small_max_requests_is_exact_too(proxy, provider, limit):
    assert spend_together(proxy, proxy.management.access_token(max_requests=limit)) == limit
    assert len(provider.requests) == limit


def test_requests_that_are_refused_here_are_not_counted(proxy, provider):
    token = proxy.management.access_token(max_requests=1)
    for _ in range(3):
        assert proxy.call("GET", "/v1/assistants", token=token).status == 404
        assert proxy.chat(token, model="nobody").status == 400
    assert proxy.call("GET", "/v1/models", token=token).status == 200
    assert proxy.call("GET", "/v1/models", token=token).status == 429


def test_a_provider_that_fails_has_been_asked_all_the_same(proxy, provider):
    token = proxy.management.access_token(max_requests=1)
    provider.answers(answers.reset)
    assert proxy.call("GET", "/v1/models", token=token).status == 502
    assert proxy.call("GET", "/v1/models", token=token).status == 429


def test_max_requests_is_never_exceeded_by_killing_the_process(start, provider):
    proxy = start()
    limit, kills = 600, 4
    token = proxy.management.access_token(max_requests=limit)
    for round in range(kills):
        served = len(provider.requests)
        with ThreadPoolExecutor(8) as pool:
            runs = [pool.submit(spend_until_it_dies, proxy, token) for _ in range(8)]
            eventually(lambda: len(provider.requests) >= served + 40, "traffic before the kill")
            proxy.kill()
            for run in runs:
                run.result()
        proxy.start()
    spend_together(proxy, token)
    assert len(provider.requests) <= limit
    # A crash forfeits at most the rest of a lease, so most of the limit has been of use.
    assert len(provider.requests) >= limit // 2


def spend_until_it_dies(proxy, token):
    try:
        spend(proxy, token, lambda answer: answer.status == 429)
    except (OSError, Closed):
        pass


def test_counts_survive_an_orderly_restart_exactly(start, provider):
    proxy = start()
    token = proxy.management.access_token(max_requests=10)
    for _ in range(4):
        assert proxy.call("GET", "/v1/models", token=token).status == 200
    assert proxy.stop() == 0
    proxy.start()
    assert spend_together(proxy, token) == 6


def test_a_revocation_is_in_force_at_once(proxy):
    token = proxy.management.create_token()
    with proxy.client() as client:
        client.ask("GET", "/v1/models", token=token["token"])
        assert client.answer().status == 200
        proxy.management.revoke(token["id"])
        client.ask("GET", "/v1/models", token=token["token"])
        assert client.answer().code == "token_inactive"


def test_a_deactivated_project_is_refused_at_once_and_served_again_when_it_is_back(proxy):
    project = proxy.management.create_project()
    token = proxy.management.create_token(project)["token"]
    assert proxy.chat(token).status == 200
    proxy.management.change_project(project["id"], is_active=False)
    answer = proxy.chat(token)
    assert (answer.status, answer.code) == (403, "project_inactive")
    proxy.management.change_project(project["id"], is_active=True)
    assert proxy.chat(token).status == 200


def test_a_raised_limit_is_in_force_at_once(proxy):
    token = proxy.management.create_token(max_requests=1)
    assert [proxy.chat(token["token"]).status for _ in range(2)] == [200, 429]
    proxy.management.change_token(token["id"], max_requests=3)
    assert [proxy.chat(token["token"]).status for _ in range(3)] == [200, 200, 429]


def test_a_lowered_limit_is_in_force_at_once(proxy):
    token = proxy.management.create_token(max_requests=100)
    assert [proxy.chat(token["token"]).status for _ in range(2)] == [200, 200]
    proxy.management.change_token(token["id"], max_requests=2)
    assert proxy.chat(token["token"]).status == 429


def test_a_rotated_provider_key_is_in_force_at_once(proxy, provider):
    project = proxy.management.create_project("sk-first-key-0123456789abcdef")
    token = proxy.management.create_token(project)["token"]
    proxy.chat(token)
    proxy.management.change_project(project["id"], api_key="sk-second-key-0123456789abcdef")
    proxy.chat(token)
    assert [request.headers.get("authorization") for request in provider.requests] == [
        "Bearer sk-first-key-0123456789abcdef", "Bearer sk-second-key-0123456789abcdef"]


# The rate-limit stage


def limited(start, provider, environment=None, **config):
    chain = settings.pipeline(settings.stage("rate-limit", config=config or None))
    return start(settings.configuration(provider.origin, chain), environment=environment)


def is_told_when_to_retry(answer):
    seconds, milliseconds = int(answer.headers.get("retry-after")), int(answer.headers.get("retry-after-ms"))
    return 0 < seconds <= 60 and 0 < milliseconds <= 60_000


def test_requests_per_minute_hold_for_each_token(start, provider):
    proxy = limited(start, provider, requests_per_minute=5)
    first, second = proxy.management.access_token(), proxy.management.access_token()
    statuses = [proxy.chat(first).status for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    answer = proxy.chat(first)
    assert answer.code == "rate_limit_exceeded" and is_told_when_to_retry(answer)
    assert proxy.chat(second).status == 200
    assert len(provider.requests) == 6


def test_requests_per_minute_hold_under_many_clients(start, provider):
    proxy = limited(start, provider, requests_per_minute=100)
    token = proxy.management.access_token()
    # A bucket may refill by one or two while the clients run.
    assert 100 <= spend_together(proxy, token) <= 103


@pytest.mark.parametrize("variable", ["GLOBAL_RATE_LIMIT", "IP_RATE_LIMIT"])
def test_the_global_and_the_address_limit_hold_across_tokens(start, provider, variable):
    proxy = start(environment={variable: "4"})
    statuses = [proxy.chat(proxy.management.access_token()).status for _ in range(5)]
    assert statuses == [200] * 4 + [429]


def test_concurrent_requests_are_limited_and_free_again_when_they_end(start, provider):
    proxy = start(environment={"MAX_CONCURRENT_REQUESTS": "2"})
    token, gate = proxy.management.access_token(), threading.Event()
    provider.answers(answers.stream_until(gate))
    held = [proxy.client() for _ in range(2)]
    for client in held:
        client.ask("POST", "/v1/chat/completions", body={"model": "gpt-4o", "stream": True}, token=token)
        client.head()
    refused = proxy.chat(token)
    assert (refused.status, refused.code) == (503, "too_many_concurrent_requests")
    assert is_told_when_to_retry(refused)
    gate.set()
    for client in held:
        while client.chunk():
            pass
    provider.answers(answers.whole())
    eventually(lambda: proxy.chat(token).status == 200, "room for another request")


def test_a_client_that_leaves_gives_its_place_back(start, provider):
    proxy = start(environment={"MAX_CONCURRENT_REQUESTS": "1"})
    token = proxy.management.access_token()
    provider.answers(answers.silent)
    with proxy.client() as client:
        client.ask("GET", "/v1/models", token=token)
        provider.wait_for_requests(1)
    provider.answers(answers.whole())
    eventually(lambda: proxy.chat(token).status == 200, "the place of the client that left")


def test_bodies_held_beyond_the_bound_are_refused_until_others_are_gone(start, provider):
    proxy = start(settings.configuration(provider.origin, limits={"request_body_bytes": 100_000, "held_body_bytes": 100_000}))
    token = proxy.management.access_token()
    fields = {"Content-Type": "application/json", "Content-Length": 80_000}
    with proxy.client() as first:
        first.ask("POST", "/v1/chat/completions", fields, b'{"model":"gpt-4o","x":"' + b"y" * 60_000, token)
        # Were the second body on its way meanwhile, the first one could be the one that finds no room.
        eventually(lambda: proxy.metric("llm_proxy_held_body_bytes") >= 60_000, "the first body to be counted")
        assert proxy.chat(token, filler="z" * 60_000).code == "overloaded"
    eventually(lambda: proxy.chat(token, filler="z" * 60_000).status == 200, "the first body to be forgotten")


def test_bodies_of_management_requests_count_as_held(start, provider):
    proxy = start(settings.configuration(provider.origin, limits={"request_body_bytes": 100_000, "held_body_bytes": 100_000}))
    large = b'{"name":"' + b"y" * 60_000
    with proxy.client() as first:
        first.ask("POST", "/manage/projects", {"Content-Length": 80_000}, large, proxy.management_token)
        eventually(lambda: proxy.metric("llm_proxy_held_body_bytes") >= 60_000, "the first body to be counted")
        answer = proxy.call("POST", "/manage/projects", body=large, token=proxy.management_token)
        assert (answer.status, answer.json()["code"]) == (503, "overloaded")
        assert answer.headers.get("retry-after") == "1"
    eventually(lambda: proxy.metric("llm_proxy_held_body_bytes") == 0, "the bodies to be forgotten")
    proxy.management.create_project()


def test_client_connections_beyond_the_limit_are_closed(start, provider):
    proxy = start(settings.configuration(provider.origin, limits={"client_connections": 3}))

    def is_served(client):
        client.ask("GET", "/live")
        try:
            return client.answer().status == 200
        except (Closed, ConnectionError):
            return False

    with proxy.client() as a, proxy.client() as b, proxy.client() as c:
        eventually(lambda: is_served(a) and is_served(b) and is_served(c), "three connections")
        with proxy.client() as d:
            assert not is_served(d)

    def one_more():
        with proxy.client() as client:
            return is_served(client)

    eventually(one_more, "room for another")
