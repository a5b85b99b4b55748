"""The response cache: bodies on their way, bounds, and the stages around it."""

import threading

import pytest
from support import answers, settings
from support.caching import PUBLIC, chunked, counted, get, not_modified, post, word
from support.plugins import compile_stage, plugin_folder
from support.proxy import eventually


@pytest.fixture
def cached(start, provider):
    """A proxy of the test's own with the built-in chain."""
    return start()


@pytest.fixture
def token(cached):
    return cached.management.access_token()


# Bodies


EVENTS = b": a comment\r\n\r\nid: 7\nevent: x\ndata:  {\"a\":1}\ndata:second\n\nretry: 5\n\ndata: [DONE]\n\n"


@pytest.fixture
def streaming(start, provider):
    return start(environment={"HTTP_CACHE_STREAM_RESPONSES": "true"})


def test_event_streams_are_kept_when_the_operator_says_so_and_come_back_byte_for_byte(streaming, provider):
    token = streaming.management.access_token()
    pieces = [EVENTS[index:index + 7] for index in range(0, len(EVENTS), 7)]
    provider.answers(chunked(*pieces, headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}))
    first, second = post(streaming, token), post(streaming, token)
    assert first.body == second.body == EVENTS and word(second) == "hit"
    assert second.headers.get("content-type") == "text/event-stream"


def test_event_streams_go_by_otherwise(cached, provider, token):
    provider.answers(chunked(EVENTS, headers=PUBLIC | {"Content-Type": "text/event-stream"}))
    seen = [post(cached, token) for _ in range(2)]
    assert [answer.body for answer in seen] == [EVENTS] * 2 and len(provider.requests) == 2
    assert seen[0].headers.get("cache-status") is None and seen[0].headers.get("x-cache-debug") is None


def test_chunked_answers_are_kept(cached, provider, token):
    provider.answers(chunked(b"one", b"two"))
    first, second = get(cached, token), get(cached, token)
    assert first.body == second.body == b"onetwo" and word(second) == "hit"
    assert second.headers.get("content-length") == "6" and second.headers.get("transfer-encoding") is None


@pytest.mark.parametrize("script", [
    chunked(b"half", end=False),
    answers.raw(b"HTTP/1.1 200 OK\r\nCache-Control: public, max-age=60\r\nContent-Length: 10\r\n\r\nhalf", then="close"),
    answers.raw(b"HTTP/1.1 200 OK\r\nCache-Control: public, max-age=60\r\nContent-Length: 10\r\n\r\nhalf", then="reset"),
    answers.raw(b"HTTP/1.1 200 OK\r\nCache-Control: public, max-age=60\r\n\r\nwhole?", then="close"),
], ids=["chunked", "length", "reset", "until close"])
def test_what_may_not_be_whole_is_not_kept(cached, provider, token, script):
    provider.answers(script, counted())
    get(cached, token)
    assert word(get(cached, token)) == "stored" and len(provider.requests) == 2


def test_an_answer_whose_client_left_is_not_kept(cached, provider, token):
    gate, gone = threading.Event(), threading.Event()

    def slow(exchange):
        exchange.head(200, PUBLIC | {"Content-Length": 8})
        exchange.send(b"half")
        exchange.wait(gate)
        gone.set()
        exchange.send(b"half")

    provider.answers(slow, counted())
    with cached.client() as client:
        client.ask("GET", "/v1/models", token=token)
        client.head()
    eventually(lambda: cached.metric("llm_proxy_clients_gone_total") == 1, "the client to be gone")
    gate.set()
    assert gone.wait(20)
    assert word(get(cached, token)) == "stored" and get(cached, token).body == b'{"n":1}'


def test_answers_larger_than_the_limit_go_by(start, provider):
    proxy = start(environment={"HTTP_CACHE_MAX_OBJECT_BYTES": "1KB"})
    token = proxy.management.access_token()
    provider.answers(answers.whole(b"x" * 1001, headers=PUBLIC))
    first = get(proxy, token)
    assert first.headers.get("cache-status") == "llm-proxy; miss" and first.headers.get("x-cache-debug") == "too-large"
    provider.answers(chunked(b"x" * 600, b"x" * 600))
    assert [len(get(proxy, token).body) for _ in range(2)] == [1200, 1200] and len(provider.requests) == 3
    provider.answers(answers.whole(b"x" * 1000, headers=PUBLIC))
    assert [word(get(proxy, token)) for _ in range(2)] == ["stored", "hit"]


def test_what_was_used_longest_ago_makes_room(start, provider):
    chain = settings.pipeline(settings.stage("cache", config={"max_bytes": 65_536, "max_object_bytes": 20_000}))
    proxy = start(settings.configuration(provider.origin, chain))
    token = proxy.management.access_token()
    provider.answers(answers.whole(b"x" * 20_000, headers=PUBLIC))
    for name in "abc":
        get(proxy, token, f"/v1/models/{name}")
    assert word(get(proxy, token, "/v1/models/a")) == "hit"
    assert word(get(proxy, token, "/v1/models/d")) == "stored"
    assert [word(get(proxy, token, f"/v1/models/{name}")) for name in "adcb"] == ["hit", "hit", "hit", "stored"]


def test_answers_to_many_variants_stay_within_bounds(cached, provider, token):
    provider.answers(counted(PUBLIC | {"Vary": "X-Flavour"}))
    for flavour in range(20):
        get(cached, token, X_Flavour=str(flavour))
    assert word(get(cached, token, X_Flavour="19")) == "hit" and word(get(cached, token, X_Flavour="0")) == "stored"


def test_misses_at_the_same_time_are_harmless(cached, provider, token):
    provider.answers(counted())
    found = []
    threads = [threading.Thread(target=lambda: found.append(get(cached, token))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(answer.status == 200 and answer.is_whole for answer in found)
    assert word(get(cached, token)) == "hit"


# Time


def test_an_answer_is_good_for_as_long_as_it_says(cached, provider, token):
    provider.answers(counted(PUBLIC | {"Cache-Control": "public, max-age=1"}))
    assert word(get(cached, token)) == "stored"
    assert eventually(lambda: (answer := get(cached, token)).body == b'{"n":2}' and answer, "the answer to be over")


def test_a_default_time_applies_to_public_answers_without_one(start, provider):
    proxy = start(environment={"HTTP_CACHE_DEFAULT_TTL": "5m"})
    token = proxy.management.access_token()
    provider.answers(counted({"Cache-Control": "public"}))
    assert [word(get(proxy, token)) for _ in range(2)] == ["stored", "hit"]
    provider.answers(counted({}))
    assert [word(get(proxy, token, "/v1/models/x")) for _ in range(2)] == [None, None]


# Other stages


def test_stages_before_the_cache_see_kept_answers_as_they_see_others(start, provider, tmp_path):
    folder = plugin_folder(tmp_path / "plugins", compile_stage("shout.c"))
    chain = settings.pipeline(settings.stage("shout", "test.shout/shout"), settings.stage("cache"))
    proxy = start(settings.configuration(provider.origin, chain, plugins=folder))
    token = proxy.management.access_token()
    provider.answers(counted(PUBLIC, body=b'{"word":%d}'))
    assert [get(proxy, token).body for _ in range(2)] == [b'{"WORD":1}'] * 2 and len(provider.requests) == 1
    head = get(proxy, token, If_None_Match="*")
    assert head.status == 304 and head.headers.all("x-shout") == ["yes"]
    provider.answers(chunked(b'{"word"', b":2}"))
    assert [get(proxy, token, "/v1/models/c").body for _ in range(2)] == [b'{"WORD":2}'] * 2


def test_stages_behind_the_cache_do_not_change_a_kept_answer_twice(start, provider, tmp_path):
    folder = plugin_folder(tmp_path / "plugins", compile_stage("shout.c"))
    chain = settings.pipeline(settings.stage("cache"), settings.stage("shout", "test.shout/shout", config=None))
    proxy = start(settings.configuration(provider.origin, chain, plugins=folder))
    token = proxy.management.access_token()
    provider.answers(counted(PUBLIC | {"ETag": '"v1"'}, body=b'{"word":%d}'))
    seen = [get(proxy, token) for _ in range(2)]
    assert [answer.body for answer in seen] == [b'{"WORD":1}'] * 2
    assert [answer.headers.all("x-shout") for answer in seen] == [["yes"]] * 2
    provider.answers(not_modified())
    renewed = get(proxy, token, Cache_Control="no-cache")
    assert renewed.body == b'{"WORD":1}' and renewed.headers.all("x-shout") == ["yes"]


def test_a_chain_whose_cache_comes_too_early_gives_nothing_away(start, provider):
    chain = settings.pipeline()
    chain.insert(2, settings.stage("cache"))
    proxy = start(settings.configuration(provider.origin, chain))
    project = proxy.management.create_project()
    token = proxy.management.create_token(project, policy={"models": ["gpt-4o"]})["token"]
    assert word(post(proxy, token)) == "stored"
    assert post(proxy, token).code == "policy_not_applied"
