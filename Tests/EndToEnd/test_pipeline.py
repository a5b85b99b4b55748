"""The chain is what the configuration says, and a stage that misbehaves harms only its own exchanges."""

import json
import subprocess

import pytest
from support import answers, settings
from support.paths import BINARY, EXAMPLES, PLUGINS
from support.plugins import compile_stage, plugin_folder


def chain_of(*stages):
    return [settings.stage("cors"), settings.stage("auth"), settings.stage("whitelist"), *stages,
            settings.stage("forward"), settings.stage("log", on_error="open")]


def with_stage(start, provider, tmp_path, built, *stages, **options):
    """A proxy whose chain has the stock stages and `stages`, with `built` beside the stock plugins."""
    folder = plugin_folder(tmp_path / "plugins", *built)
    return start(settings.configuration(provider.origin, chain_of(*stages), plugins=folder), **options)


# Arranging


def test_another_rate_limiter_takes_the_place_of_the_stock_one(start, provider, tmp_path):
    proxy = with_stage(start, provider, tmp_path, [compile_stage("every_third.c")],
                       settings.stage("rate-limit", "test.every-third/every-third"))
    token = proxy.management.access_token()
    replies = [proxy.chat(token) for _ in range(6)]
    assert [reply.status for reply in replies] == [200, 429, 429, 200, 429, 429]
    assert replies[1].code == "not_the_third" and replies[1].source == "gateway"
    assert len(provider.requests) == 2


@pytest.mark.parametrize("order", [["a", "b"], ["b", "a"]])
def test_requests_meet_the_stages_in_order_and_answers_in_reverse(start, provider, tmp_path, order):
    built = [compile_stage("mark.c", f'-DMARK="{mark}"') for mark in ("a", "b")]
    named = []
    for mark, file in zip(("a", "b"), built):
        copy = tmp_path / f"mark-{mark}.so"
        copy.write_bytes(file.read_bytes())
        named.append(copy)
    proxy = with_stage(start, provider, tmp_path, named,
                       *(settings.stage(mark, f"test.mark-{mark}/mark-{mark}") for mark in order))
    answer = proxy.chat(proxy.management.access_token())
    assert provider.requests[0].headers.all("x-mark") == order
    assert answer.headers.all("x-mark") == order[::-1]


def test_one_component_may_stand_in_the_chain_twice(start, provider, tmp_path):
    built = compile_stage("mark.c", '-DMARK="a"')
    proxy = with_stage(start, provider, tmp_path, [built], settings.stage("one", "test.mark-a/mark-a"),
                       settings.stage("two", "test.mark-a/mark-a"))
    proxy.chat(proxy.management.access_token())
    assert provider.requests[0].headers.all("x-mark") == ["a", "a"]


def test_a_stage_runs_only_when_its_condition_holds(start, provider, tmp_path):
    built = compile_stage("mark.c", '-DMARK="a"')
    proxy = with_stage(start, provider, tmp_path, [built],
                       settings.stage("mark", "test.mark-a/mark-a", when={"operation": ["chat.completions"]}))
    token = proxy.management.access_token()
    proxy.chat(token)
    proxy.call("GET", "/v1/models", token=token)
    assert [request.headers.all("x-mark") for request in provider.requests] == [["a"], []]


@pytest.mark.parametrize("language, file, use", [
    ("c", "deny.so", "org.example.deny/deny"), ("swift", "deny-swift.so", "org.example.deny-swift/deny")])
def test_the_examples_of_the_documentation_serve(start, provider, tmp_path, language, file, use):
    subprocess.run(["sh", EXAMPLES / language / "build.sh", tmp_path], check=True, stdout=subprocess.DEVNULL)
    proxy = with_stage(start, provider, tmp_path, [tmp_path / file], settings.stage("deny", use))
    token = proxy.management.access_token()
    assert proxy.chat(token, model="gpt-4o").status == 200
    answer = proxy.chat(token, model="gpt-3.5-turbo")
    assert (answer.status, answer.code) == (403, "model_not_allowed")
    assert len(provider.requests) == 1


def test_without_log_there_are_no_exchange_lines(start, provider):
    chain = settings.pipeline()
    with_log, without_log = start(settings.configuration(provider.origin, chain)), start(
        settings.configuration(provider.origin, [stage for stage in chain if stage["name"] != "log"]))
    for proxy in (with_log, without_log):
        assert proxy.call("GET", "/v1/models?needle", token=proxy.management.access_token()).status == 200
        proxy.stop()
    assert exchange_lines(with_log) and not exchange_lines(without_log)


def exchange_lines(proxy):
    lines = [json.loads(line) for line in proxy.log().splitlines() if line.startswith("{")]
    return [line for line in lines if "/v1/models" in json.dumps(line)]


def test_a_chain_without_forward_answers_404(start, provider):
    chain = [stage for stage in settings.pipeline() if stage["name"] != "forward"]
    proxy = start(settings.configuration(provider.origin, chain))
    answer = proxy.chat(proxy.management.access_token())
    assert (answer.status, answer.code) == (404, "not_forwarded")
    assert provider.requests == []


def test_an_open_proxy_must_be_asked_for(start, provider):
    chain = [settings.stage("forward")]
    document = settings.configuration(provider.origin, chain, api_key="sk-of-the-gateway") | {"allow_unauthenticated": True}
    proxy = start(document)
    assert proxy.call("GET", "/v1/models").status == 200
    assert provider.requests[0].headers.get("authorization") == "Bearer sk-of-the-gateway"


# Misbehaving


def misbehaving(start, provider, tmp_path, defect, **stage):
    return with_stage(start, provider, tmp_path, [compile_stage("misbehave.c", f"-D{defect}")],
                      settings.stage("misbehave", "test.misbehave/misbehave", **stage))


@pytest.mark.parametrize("policy, status", [("closed", 502), ("open", 200)])
def test_a_verdict_that_has_no_meaning_there_is_a_failure(start, provider, tmp_path, policy, status):
    proxy = misbehaving(start, provider, tmp_path, "STREAM_VERDICT_IN_A_HEAD_HOOK", on_error=policy)
    answer = proxy.chat(proxy.management.access_token())
    assert answer.status == status
    assert status == 200 or (answer.code, answer.source) == ("stage_failed", "gateway")
    assert proxy.metric("llm_proxy_stage_failures_total") == 1


def test_the_last_of_two_replies_or_the_first_is_sent_but_never_both(start, provider, tmp_path):
    proxy = misbehaving(start, provider, tmp_path, "REPLY_TWICE")
    answer = proxy.chat(proxy.management.access_token())
    assert (answer.status, answer.body) in [(201, b"one"), (202, b"two"), (502, answer.body)]
    assert answer.is_whole


@pytest.mark.parametrize("policy", ["closed", "open"])
def test_a_stage_that_fails_in_a_stream_ends_it_or_is_passed_by(start, provider, tmp_path, policy):
    proxy = misbehaving(start, provider, tmp_path, "FAIL_IN_THE_STREAM", on_error=policy)

    def script(exchange):
        exchange.head(200, answers.SSE)
        for data in (b"aaaaa", b"bbbbb", b"ccccc"):
            exchange.chunk(b"data: " + data + b"\n\n")
        exchange.end()

    provider.answers(script)
    answer = proxy.chat(proxy.management.access_token(), stream=True)
    if policy == "open":
        assert answer.body == b"data: aaaaa\n\ndata: bbbbb\n\ndata: ccccc\n\n"
    else:
        assert answer.body.startswith(b"data: aaaaa\n\n")
        assert b'"stage_failed"' in answer.body and b"ccccc" not in answer.body


def test_the_shipped_tree_is_whole():
    tree = BINARY.parent.parent
    assert sorted(file.name for file in PLUGINS.glob("*.so")) == sorted(
        f"{name}.so" for name in
        ("auth", "whitelist", "cors", "rate-limit", "cache", "forward", "log", "adapter-openai", "adapter-mock"))
    assert (tree / "include" / "llm_proxy_plugin.h").is_file()
    assert (tree / "web").is_dir()
