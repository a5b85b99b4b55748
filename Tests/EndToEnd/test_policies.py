"""Policies narrow what projects and tokens may do: every refusal, at once, in every process, counted exactly."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import answers, settings
from support.proxy import eventually

JSON = {"Content-Type": "application/json"}


@pytest.fixture(params=["project", "token"])
def governed(request, proxy):
    """Sets a policy on the project or on the token, and returns the token's secret."""
    project = proxy.management.create_project()
    token = proxy.management.create_token(project)

    def govern(policy=None, **more):
        change = {"policy": policy, **more} if policy is not None or not more else more
        if request.param == "project":
            proxy.management.change_project(project["id"], **change)
        else:
            proxy.management.change_token(token["id"], **change)
        return token["token"]

    return govern


def send(proxy, token, body=None, path="/v1/chat/completions", headers=None, method="POST"):
    return proxy.call(method, path, headers, {"model": "gpt-4o"} if body is None else body, token)


def refused(answer, status, code):
    assert (answer.status, answer.code, answer.source) == (status, code, "gateway"), answer
    return True


# Every member refuses what it says, and lets pass what it does not


def test_models(proxy, provider, governed):
    token = governed({"models": ["gpt-4o", "text-*"]})
    assert send(proxy, token).status == 200
    assert refused(send(proxy, token, {"model": "gpt-4.1-mini"}), 403, "model_not_allowed")
    assert refused(send(proxy, token, b'{"model":"gpt-4o","mode\\u006c":"gpt-4.1-mini"}', headers=JSON), 403, "model_not_allowed")
    assert refused(send(proxy, token, b'{"model":"gpt-4.1-mini","model":"gpt-4o"}', headers=JSON), 403, "model_not_allowed")
    assert refused(send(proxy, token, {"messages": []}), 403, "model_not_allowed")
    assert send(proxy, token, b"", path="/v1/models", method="GET").status == 200
    assert len(provider.requests) == 2


def multipart(*parts):
    body = b"".join(b"--edge\r\n" + head + b"\r\n\r\n" + value + b"\r\n" for head, value in parts) + b"--edge--\r\n"
    return {"Content-Type": "multipart/form-data; boundary=edge"}, body


@pytest.mark.parametrize("head, value, code", [
    (b'Content-Disposition: form-data; name="model"', b"whisper-1", None),
    (b'Content-Disposition: form-data; name="model"', b"whisper-2", "model_not_allowed"),
    (b"content-disposition: form-data; name=model", b"whisper-2", "model_not_allowed"),
    (b'Content-Disposition: form-data; name="mod\\el"', b"whisper-2", "model_not_allowed"),
    (b"Content-Disposition: form-data; name*=utf-8''model", b"whisper-2", "model_not_allowed"),
    (b'Content-Disposition: form-data; name="language"', b"en", "model_not_allowed"),
])
def test_models_in_forms(start, provider, head, value, code):
    proxy = start(settings.configuration(provider.origin, allowed_endpoints=["/v1/audio/transcriptions"]))
    token = proxy.management.access_token(policy={"models": ["whisper-1"]})
    headers, body = multipart((b'Content-Disposition: form-data; name="file"; filename="a.wav"', b"RIFF\x00\n"), (head, value))
    answer = proxy.call("POST", "/v1/audio/transcriptions", headers, body, token)
    assert answer.status == 200 if code is None else refused(answer, 403, code)


def test_endpoints(proxy, governed):
    token = governed({"endpoints": ["/v1/chat/completions", "/v1/mod*"]})
    assert send(proxy, token).status == 200
    assert proxy.call("GET", "/v1/models/gpt-4o", token=token).status == 200
    assert refused(send(proxy, token, path="/v1/embeddings"), 403, "endpoint_not_allowed")
    assert refused(send(proxy, token, path="/v1/chat/completionsx"), 403, "endpoint_not_allowed")
    assert refused(send(proxy, token, path="/v1/models/..%2ffiles"), 404, "endpoint_not_found")


def test_methods(proxy, governed):
    token = governed({"methods": ["POST"]})
    assert send(proxy, token).status == 200
    answer = proxy.call("GET", "/v1/models", token=token)
    assert refused(answer, 405, "method_not_allowed") and answer.headers.get("allow") == "POST"


def test_origins(proxy, governed):
    token = governed({"origins": ["https://app.example.org"]})
    assert send(proxy, token).status == 200
    good = send(proxy, token, headers={"Origin": "https://app.example.org"})
    assert good.status == 200 and good.headers.get("access-control-allow-origin") == "https://app.example.org"
    bad = send(proxy, token, headers={"Origin": "https://evil.example"})
    assert refused(bad, 403, "origin_not_allowed")
    assert bad.headers.get("access-control-allow-origin") == "https://evil.example", "the page may read why"
    preflight = proxy.call("OPTIONS", "/v1/chat/completions", {"Origin": "https://evil.example"})
    assert preflight.status == 204, "a preflight shows no token, so the configuration alone decides"


def test_addresses(proxy, governed):
    token = governed({"ip_allow": ["10.0.0.0/8", "2001:db8::/32"]})
    assert refused(send(proxy, token), 403, "ip_not_allowed")
    governed({"ip_allow": ["10.0.0.0/8", "127.0.0.0/30"]})
    assert send(proxy, token).status == 200
    governed({"ip_allow": ["::ffff:127.0.0.1"]})
    assert send(proxy, token).status == 200


@pytest.mark.parametrize("member", ["headers", "metadata"])
def test_required_headers(proxy, provider, governed, member):
    required = {"team_name": "blue"}
    token = governed({"headers": required}) if member == "headers" else governed(metadata=required)
    assert refused(send(proxy, token), 401, "header_required")
    assert refused(send(proxy, token, headers={"X-Proxy-Team-Name": "red"}), 403, "header_mismatch")
    assert send(proxy, token, headers={"X-PROXY-TEAM-NAME": "blue"}).status == 200
    assert provider.requests[-1].headers.get("x-proxy-team-name") is None, "it is for the gateway"
    with proxy.client() as client:
        client.send(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: p\r\nUser-Agent: t\r\nAuthorization: Bearer " + token.encode() +
            b"\r\nX-Proxy-Team-Name: blue\r\nX-Proxy-Team-Name: red\r\nContent-Length: 2\r\n\r\n{}")
        assert refused(client.answer(), 403, "header_mismatch")


@pytest.mark.parametrize("parameters, body", [
    ({"temperature": {"allow": ["0.*", "1"]}}, b'{"model":"gpt-4o","temperature":1.5}'),
    ({"temperature": {"allow": ["0.*", "1"]}}, b'{"model":"gpt-4o","temperature":1,"temperature":2}'),
    ({"max_tokens": {"max": 100}}, b'{"model":"gpt-4o","max_tokens":101}'),
    ({"max_tokens": {"max": 100}}, b'{"model":"gpt-4o","max_tokens":1e3}'),
    ({"max_tokens": {"max": 100}}, b'{"model":"gpt-4o","max_tokens":"5"}'),
    ({"max_tokens": {"min": 1}}, b'{"model":"gpt-4o","max_tok\\u0065ns":0}'),
    ({"max_tokens": {"max": 100}}, b'{"model":"gpt-4o","max_tokens":1,"max_tokens":999}'),
    ({"user": {"strip": True}}, b'{"model":"gpt-4o"' + b',"user":1' * 12 + b"}"),
    ({"max_tokens": {"max": 10}}, {"max_tokens": 5, "Max_Tokens": 5}),
    ({"max_tokens": {"max": 10}}, {"max_to\u212aens": 5}),
    ({"stop": {"strip": True}}, '{"\u017ftop":"x"}'.encode()),
    ({"user": {"force": "team"}}, {"USER": "me"}),
])
def test_parameters_refused(proxy, provider, governed, parameters, body):
    assert refused(send(proxy, governed({"parameters": parameters}), body, headers=JSON), 400, "param_not_allowed")
    assert provider.requests == []


def test_a_body_that_is_not_json_is_refused_when_parameters_are_governed(proxy, governed):
    token = governed({"parameters": {"user": {"force": "a"}}})
    assert refused(send(proxy, token, b"{", headers=JSON), 400, "invalid_request_body")


@pytest.mark.parametrize("parameters, sent, arrives", [
    ({"temperature": {"allow": ["0.*", "1"]}}, b'{"model":"gpt-4o", "temperature": 0.7 }', None),
    ({"max_tokens": {"min": 1, "max": 100}}, b'{"model":"gpt-4o","max_tokens":100}', None),
    ({"max_tokens": {"max": 100}}, b'{"model":"gpt-4o","max_tokens":null}', None),
    ({"user": {"force": "team-a"}}, b'{ "model" : "gpt-4o" , "user":"me", "x":"\\u00e9" }',
     b'{ "model" : "gpt-4o" , "user":"team-a", "x":"\\u00e9" }'),
    ({"user": {"force": "team-a"}}, b'{ "model" : "gpt-4o" }', b'{ "model" : "gpt-4o","user":"team-a" }'),
    ({"user": {"force": "team-a"}}, b'{"model":"gpt-4o","user":"team-a"}', None),
    ({"user": {"force": {"a": [1, None, "<&>"]}}}, b'{"model":"gpt-4o"}',
     b'{"model":"gpt-4o","user":{"a":[1,null,"<&>"]}}'),
    ({"logit_bias": {"strip": True}}, b'{"model":"gpt-4o","logit_bias":{"1":[2]},"n":1}', b'{"model":"gpt-4o","n":1}'),
    ({"logit_bias": {"strip": True}}, b'{"logit_bias":1,"model":"gpt-4o","logit\\u005fbias":2}', b'{"model":"gpt-4o"}'),
    ({"a/b~c": {"strip": True}}, b'{"model":"gpt-4o","a/b~c":1}', b'{"model":"gpt-4o"}'),
    ({"a/b~c": {"force": 2}}, b'{"model":"gpt-4o"}', b'{"model":"gpt-4o","a/b~c":2}'),
    ({"model": {"force": "gpt-4.1-mini"}}, b'{"model":"gpt-4o"}', b'{"model":"gpt-4.1-mini"}'),
])
def test_what_passes_arrives_byte_by_byte(proxy, provider, governed, parameters, sent, arrives):
    answer = send(proxy, governed({"parameters": parameters}), sent, headers=JSON)
    assert answer.status == 200, answer
    assert provider.requests[0].body == (arrives or sent)
    assert answer.headers.get("x-llm-proxy-changed-parameters") == (next(iter(parameters)) if arrives else None)


def test_a_repeated_parameter_is_forced_once(proxy, provider, governed):
    token = governed({"parameters": {"user": {"force": "a"}}})
    assert send(proxy, token, b'{"user":"x","model":"gpt-4o","user":"y"}', headers=JSON).status == 200
    assert provider.requests[0].body.count(b'"user"') == 1 and provider.requests[0].json()["user"] == "a"


def test_all_policies_must_be_content_and_the_outer_one_has_the_last_word(proxy, provider):
    project = proxy.management.create_project()
    outer = {"models": ["gpt-4*"], "parameters": {"user": {"force": "outer"}}}
    proxy.management.change_project(project["id"], policy=outer)
    token = proxy.management.create_token(
        project, policy={"models": ["gpt-4o", "text-*"], "parameters": {"user": {"force": "inner"}, "n": {"force": 3}}})["token"]
    assert refused(send(proxy, token, {"model": "text-embedding-3-small"}), 403, "model_not_allowed")
    assert refused(send(proxy, token, {"model": "gpt-4.1-mini"}), 403, "model_not_allowed")
    assert send(proxy, token).status == 200
    assert provider.requests[0].json() == {"model": "gpt-4o", "n": 3, "user": "outer"}
    outer["parameters"]["n"] = {"max": 2}
    proxy.management.change_project(project["id"], policy=outer)
    assert refused(send(proxy, token), 400, "param_not_allowed"), "what the token forces is more than the project allows"


def test_the_configuration_still_says_what_may_be_at_all(proxy, governed):
    token = governed({"models": ["*"], "endpoints": ["/v1"], "methods": ["PATCH", "POST"]})
    assert refused(send(proxy, token, {"model": "nobody"}), 400, "param_not_allowed")
    assert refused(send(proxy, token, path="/v1/assistants"), 404, "endpoint_not_found")
    assert refused(send(proxy, token, method="PATCH"), 405, "method_not_allowed")


def test_a_forced_model_is_the_one_in_the_ledger(start, provider):
    proxy = start()
    token = proxy.management.access_token(policy={"parameters": {"model": {"force": "gpt-4o-mini"}}})
    assert proxy.chat(token, model="gpt-4o").status == 200

    def models():
        with sqlite3.connect(f"file:{proxy.folder}/llm-proxy.db?mode=ro", uri=True) as database:
            return [row[0] for row in database.execute("SELECT model FROM usage_entries")]

    eventually(lambda: models() == ["gpt-4o-mini"], "the ledger's entry")


# At once, and everywhere


def test_a_change_is_in_force_for_the_next_request_on_an_open_connection(proxy):
    token = proxy.management.create_token()
    with proxy.client() as client:

        def status():
            client.ask("POST", "/v1/chat/completions", body={"model": "gpt-4o"}, token=token["token"])
            return client.answer().status

        for _ in range(20):
            assert status() == 200
            proxy.management.change_token(token["id"], policy={"models": ["o3"]})
            assert status() == 403
            proxy.management.change_token(token["id"], policy=None)


def test_a_change_by_another_process_on_the_same_database_is_in_force(start, provider):
    here = start()
    there = start(name="other", environment={"DATABASE_PATH": str(here.folder / "llm-proxy.db")})
    project = here.management.create_project()
    token = here.management.create_token(project)
    assert there.chat(token["token"]).status == 200
    here.management.change_token(token["id"], policy={"models": ["o3"]})
    eventually(lambda: there.chat(token["token"]).status == 403, "the other process to see the token's policy")
    here.management.change_token(token["id"], policy=None)
    here.management.change_project(project["id"], policy={"methods": ["GET"]})
    eventually(lambda: there.chat(token["token"]).status == 405, "the other process to see the project's policy")


def test_policies_are_there_after_a_restart(start):
    proxy = start()
    token = proxy.management.access_token(policy={"models": ["o3"]}, metadata={"team": "blue"})
    assert proxy.stop() == 0
    proxy.start()
    assert refused(proxy.chat(token), 401, "header_required")


def test_a_policy_that_cannot_be_read_lets_nothing_pass(start):
    proxy = start()
    token = proxy.management.create_token()
    assert proxy.chat(token["token"]).status == 200
    with sqlite3.connect(proxy.folder / "llm-proxy.db", timeout=10) as database:
        database.execute("UPDATE tokens SET policy = '{\"of_the_future\":1}'")
    eventually(lambda: proxy.chat(token["token"]).status == 503, "the change by a shell to be seen")
    assert refused(proxy.chat(token["token"]), 503, "policy_not_applied")
    assert proxy.management.token(token["id"])["policy"] == {"of_the_future": 1}
    proxy.management.change_token(token["id"], policy=None)
    assert proxy.chat(token["token"]).status == 200


@pytest.mark.parametrize("missing, policy", [
    ("whitelist", {"models": ["gpt-4o"]}), ("rate-limit", {"requests_per_minute": 1000}),
    ("rate-limit", {"concurrency": 1000}), ("whitelist", {"origins": ["https://app.example.org"]}),
])
def test_a_chain_that_cannot_apply_a_policy_lets_nothing_pass(start, provider, missing, policy):
    chain = [stage for stage in settings.pipeline() if stage["name"] != missing]
    proxy = start(settings.configuration(provider.origin, chain))
    token = proxy.management.create_token()
    assert proxy.chat(token["token"]).status == 200
    proxy.management.change_token(token["id"], policy=policy)
    assert refused(proxy.chat(token["token"]), 503, "policy_not_applied")
    assert len(provider.requests) == 1


# Limits


def windowed(start, provider, **config):
    """Fixed windows: what passes within one minute is the limit, however long the test takes."""
    chain = settings.pipeline(settings.stage("rate-limit", config={"algorithm": "fixed-window"} | config))
    return start(settings.configuration(provider.origin, chain))


def ask_together(proxy, tokens, each):
    """64 clients, each on one connection; returns the answers."""

    def client(index):
        with proxy.client() as one:
            found = []
            for _ in range(each):
                one.ask("POST", "/v1/chat/completions", body={"model": "gpt-4o"}, token=tokens[index % len(tokens)])
                found.append(one.answer())
            return found

    with ThreadPoolExecutor(64) as pool:
        return [answer for found in pool.map(client, range(64)) for answer in found]


def in_one_minute(attempt):
    """Windows begin with the machine's minutes: an attempt across such a border is made again."""
    for _ in range(5):
        if attempt():
            return
    raise AssertionError("no attempt stayed within a minute")


@pytest.mark.parametrize("scope", ["project", "token"])
def test_requests_per_minute_are_exact_for_64_clients(start, provider, scope):
    proxy = windowed(start, provider)

    def attempt():
        before = len(provider.requests)
        project = proxy.management.create_project()
        policy = {"requests_per_minute": 50}
        if scope == "project":
            proxy.management.change_project(project["id"], policy=policy)
        tokens = [proxy.management.create_token(project, policy=policy if scope == "token" else None)["token"]
                  for _ in range(3 if scope == "project" else 1)]
        found = ask_together(proxy, tokens, 4)
        passed = sum(answer.status == 200 for answer in found)
        assert passed == len(provider.requests) - before >= 50
        for answer in found:
            if answer.status != 200:
                assert refused(answer, 429, "rate_limit_exceeded")
                assert 0 < int(answer.headers.get("retry-after")) <= 60
        return passed == 50

    in_one_minute(attempt)


@pytest.mark.parametrize("scope", ["project", "token"])
def test_concurrency_is_exact_for_64_clients(proxy, provider, scope):
    project = proxy.management.create_project()
    policy = {"concurrency": 5}
    if scope == "project":
        proxy.management.change_project(project["id"], policy=policy)
    token = proxy.management.create_token(project, policy=policy if scope == "token" else None)["token"]
    gate, heads, lock = threading.Event(), [], threading.Lock()
    provider.answers(answers.stream_until(gate))

    def client(_):
        with proxy.client() as one:
            one.ask("POST", "/v1/chat/completions", body={"model": "gpt-4o", "stream": True}, token=token)
            head = one.head()
            with lock:
                heads.append(head.status)
            while head.status == 200 and one.chunk():
                pass

    with ThreadPoolExecutor(64) as pool:
        running = [pool.submit(client, index) for index in range(64)]
        eventually(lambda: len(heads) == 64, "64 answers to begin")
        assert sorted(heads) == [200] * 5 + [429] * 59
        assert refused(proxy.chat(token), 429, "too_many_concurrent_requests")
        proxy.management.change_project(project["id"], policy=None)
        proxy.management.change_token(
            proxy.management.call("GET", f"/manage/tokens?project_id={project['id']}").json()[0]["id"], policy=policy | {"concurrency": 6})
        gate.set()
        for one in running:
            one.result()
    provider.answers(answers.whole())
    eventually(lambda: proxy.chat(token).status == 200, "the places to be free again")


def completion_of(tokens):
    return answers.whole(answers.completion() | {
        "usage": {"prompt_tokens": tokens - 1, "completion_tokens": 1, "total_tokens": tokens}})


def test_tokens_per_minute_are_settled_with_what_was_used(start, provider):
    proxy = windowed(start, provider)
    provider.answers(completion_of(400))

    def attempt():
        token = proxy.management.access_token(policy={"tokens_per_minute": 1000})
        # About 20 are estimated, 400 used: two leave 200, the third takes the rest and more, a fourth finds nothing.
        found = [proxy.chat(token) for _ in range(4)]
        if [answer.status for answer in found] != [200, 200, 200, 429]:
            return False
        assert refused(found[3], 429, "token_rate_limit_exceeded")
        assert found[3].headers.get("x-ratelimit-limit-tokens") == "1000"
        return True

    in_one_minute(attempt)


def test_tokens_that_were_reserved_and_not_used_are_free_again(start, provider):
    proxy = windowed(start, provider)
    provider.answers(completion_of(10))

    def attempt():
        token = proxy.management.access_token(policy={"tokens_per_minute": 1000})
        # 900 are reserved each time, and 10 used.
        return [proxy.chat(token, max_tokens=900).status for _ in range(8)] == [200] * 8

    in_one_minute(attempt)


def test_tokens_of_an_answer_that_failed_are_free_again(start, provider):
    proxy = windowed(start, provider)
    provider.answers(answers.whole({"error": {"message": "no", "type": "x", "param": None, "code": "x"}}, status=500))

    def attempt():
        token = proxy.management.access_token(policy={"tokens_per_minute": 1000})
        return [proxy.chat(token, max_tokens=900).status for _ in range(4)] == [500] * 4

    in_one_minute(attempt)


def test_reserved_tokens_hold_for_clients_that_come_together(start, provider):
    proxy = windowed(start, provider)
    gate = threading.Event()

    def attempt():
        gate.clear()
        token = proxy.management.access_token(policy={"tokens_per_minute": 1000})
        provider.answers(answers.stream_until(gate))
        heads, lock = [], threading.Lock()

        def client(_):
            with proxy.client() as one:
                body = {"model": "gpt-4o", "stream": True, "max_tokens": 180}
                one.ask("POST", "/v1/chat/completions", body=body, token=token)
                head = one.head()
                with lock:
                    heads.append(head.status)
                while head.status == 200 and one.chunk():
                    pass

        with ThreadPoolExecutor(64) as pool:
            running = [pool.submit(client, index) for index in range(64)]
            eventually(lambda: len(heads) == 64, "64 answers to begin")
            gate.set()
            for one in running:
                one.result()
        return heads.count(200) == 5 and heads.count(429) == 59

    in_one_minute(attempt)


def test_a_used_up_bucket_owes_what_went_over(start, provider):
    proxy = start()
    token = proxy.management.access_token(policy={"tokens_per_minute": 60})
    provider.answers(completion_of(100_000))
    assert proxy.chat(token).status == 200
    answer = proxy.chat(token)
    assert refused(answer, 429, "token_rate_limit_exceeded") and answer.headers.get("retry-after") == "60"


def test_a_raised_limit_is_in_force_at_once(proxy):
    token = proxy.management.create_token(policy={"requests_per_minute": 1})
    assert [proxy.chat(token["token"]).status for _ in range(2)] == [200, 429]
    proxy.management.change_token(token["id"], policy={"requests_per_minute": 1000})
    assert [proxy.chat(token["token"]).status for _ in range(20)] == [200] * 20


def test_requests_refused_for_their_body_get_their_tokens_back(start, provider):
    chain = settings.pipeline()
    chain[2], chain[3] = chain[3], chain[2]
    proxy = start(settings.configuration(provider.origin, chain))
    token = proxy.management.access_token(policy={"tokens_per_minute": 1000, "models": ["gpt-4o"]})
    for _ in range(8):
        assert refused(proxy.chat(token, model="o3", max_tokens=900), 403, "model_not_allowed")
    assert proxy.chat(token, max_tokens=900).status == 200
