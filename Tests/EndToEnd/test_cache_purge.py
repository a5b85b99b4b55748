"""The response cache: forgetting on order, switching off, settings."""

import subprocess
import threading

import pytest
from support import answers, settings
from support.caching import PUBLIC, counted, get, post, word
from support.paths import BINARY
from support.proxy import Proxy


@pytest.fixture
def cached(start, provider):
    """A proxy of the test's own with the built-in chain."""
    return start()


@pytest.fixture
def token(cached):
    return cached.management.access_token()


# Purging


def purge(proxy, **body):
    return proxy.management.call("POST", "/manage/cache/purge", {"method": "GET", "url": "/v1/models"} | body)


def test_an_answer_is_forgotten_by_method_and_url_whoever_asked(cached, provider, token):
    other = cached.management.access_token()
    provider.answers(counted(PUBLIC | {"Vary": "Accept"}))
    for each in (token, other):
        for accept in ("a/a", "b/b"):
            get(cached, each, "/v1/models?b=2&a=1", Accept=accept)
    get(cached, token)
    assert purge(cached, url="http://proxy.test/v1/models?a=1&b=2#x").json() == {"deleted": True}
    assert purge(cached, url="/v1/models?a=1&b=2").json() == {"deleted": False}
    assert purge(cached, method="POST").json() == {"deleted": False}
    assert word(get(cached, token)) == "hit"
    assert word(get(cached, token, "/v1/models?b=2&a=1", Accept="a/a")) == "stored"


def test_answers_are_forgotten_by_the_beginning_of_path_or_key(cached, provider, token):
    provider.answers(counted())
    keys = [get(cached, token, f"/v1/models/{name}").headers.get("x-proxy-cache-key") for name in "abc"]
    get(cached, token, "/v1/files")
    assert purge(cached, prefix=keys[0]).json() == {"deleted": 1}
    assert purge(cached, prefix="/v1/models").json() == {"deleted": 2}
    assert purge(cached, prefix="/v1/models").json() == {"deleted": 0}
    assert word(get(cached, token, "/v1/files")) == "hit"
    post(cached, token)
    assert purge(cached, method="post", url="/v1/chat/completions").json() == {"deleted": True}


@pytest.mark.parametrize("body, said", [
    ("", "invalid JSON"), ("{", "invalid JSON"), ("[]", "invalid JSON"), ({}, "method and url are required"),
    ({"method": "GET"}, "method and url are required"), ({"prefix": "/v1"}, "method and url are required"),
    ({"method": "GET", "url": "http://[::1"}, "invalid URL"), ({"method": "GET", "url": "/v1/%zz"}, "invalid URL"),
    ({"method": "GET", "url": "/a b"}, "invalid URL"), ({"method": "GET", "url": "a:b"}, "invalid URL"),
])
def test_a_purge_says_what_is_wrong_with_it(cached, body, said):
    headers = {"Authorization": f"Bearer {cached.management_token}", "Content-Type": "application/json"}
    answer = cached.call("POST", "/manage/cache/purge", headers, body.encode() if isinstance(body, str) else body)
    assert answer.status == 400 and answer.json()["error"] == said, answer


def test_a_purge_is_audited_and_the_command_does_it(cached, provider, token):
    provider.answers(counted())
    get(cached, token)
    command = [BINARY, "manage", "cache", "purge", "--url", "/v1/models", "--manage-api-base-url", cached.base_url,
               "--management-token", cached.management_token]
    said = [subprocess.run(command + extra, capture_output=True, text=True, cwd=cached.folder).stdout.strip()
            for extra in ([], [], ["--prefix", "/v1"])]
    assert said == ["Cache entry deleted successfully", "Cache entry was not found",
                    "Cache prefix purge completed: 0 entries deleted"]
    events = cached.management.call("GET", "/manage/audit?action=cache.purge", expect=200).json()["events"]
    assert [event["outcome"] for event in events] == ["success"] * 3 and '"purge_type":"prefix"' in events[0]["metadata"]


@pytest.mark.parametrize("off", [{"HTTP_CACHE_ENABLED": "false"}, {"HTTP_CACHE_ENABLED": "0"}])
def test_a_cache_that_is_off_keeps_nothing_and_says_so(start, provider, off):
    proxy = start(environment=off)
    token = proxy.management.access_token()
    provider.answers(counted())
    assert [word(get(proxy, token)) for _ in range(2)] == [None, None]
    assert purge(proxy).json()["error"] == "caching is disabled"


# Settings


@pytest.mark.parametrize("config, said", [
    ({"max_bytes": 1}, "max_bytes: must be a whole number from 65536"),
    ({"max_bytes": 70_000, "max_object_bytes": 80_000}, "max_object_bytes: 80000 is more than max_bytes (70000); raise max_bytes"),
    ({"backend": "disk"}, 'backend: "disk" is unknown; use in-memory'),
    ({"default_ttl": "soon"}, "default_ttl: must be a whole number"),
    ({"ttl": 5}, "ttl"),
])
def test_settings_that_make_no_sense_are_refused(start, provider, tmp_path, config, said):
    proxy = Proxy(tmp_path / "refused", settings.configuration(provider.origin, settings.pipeline(settings.stage("cache", config=config))))
    code, log = proxy.refusal()
    assert code != 0 and "llm-proxy.yaml:" in log and said in log, log


def test_redis_is_not_there_yet_and_the_start_says_so(start, provider):
    proxy = start(environment={"HTTP_CACHE_BACKEND": "redis"})
    assert "backend redis is not served yet" in proxy.log()


def test_what_was_asked_before_a_purge_is_not_kept_after_it(start, provider):
    proxy, gate = start(), threading.Event()
    token = proxy.management.access_token()

    def late(exchange):
        exchange.wait(gate)
        answers.whole({"n": 1}, 200, PUBLIC)(exchange)

    provider.answers(late)
    with proxy.client() as client:
        client.ask("GET", "/v1/models", token=token)
        provider.wait_for_requests()
        proxy.management.call("POST", "/manage/cache/purge", {"method": "GET", "url": "/v1/models"}, expect=200)
        gate.set()
        assert client.answer().status == 200
    provider.answers(answers.whole({"n": 2}, 200, PUBLIC))
    assert get(proxy, token).json() == {"n": 2}
