"""The response cache: what is kept, who gets it, and what clients may ask of it."""

import pytest
from support import answers, settings
from support.caching import CHAT, PUBLIC, WANTED, counted, get, not_modified, post, word
from support.proxy import eventually


@pytest.fixture
def cached(start, provider):
    """A proxy of the test's own with the built-in chain."""
    return start()


@pytest.fixture
def token(cached):
    return cached.management.access_token()


# Hits


def test_a_hit_is_the_provider_s_answer_with_an_age_and_an_id_of_its_own(cached, provider, token):
    provider.answers(counted(PUBLIC | {"ETag": '"v1"', "Set-Cookie": "s=1", "X-Request-ID": "upstream", "X-Kept": "yes"}))
    first, second = get(cached, token), get(cached, token)
    assert word(first) == "stored" and first.headers.get("cache-status") == "llm-proxy; stored"
    assert word(second) == "hit" and second.headers.get("cache-status") == "llm-proxy; hit"
    assert second.status == 200 and second.body == first.body == b'{"n":1}'
    assert second.headers.get("x-proxy-cache-key") == first.headers.get("x-proxy-cache-key")
    assert int(second.headers.get("age")) >= 0 and first.headers.get("age") is None
    assert second.headers.get("x-kept") == "yes" and second.headers.get("set-cookie") is None
    ids = {answer.headers.get("x-request-id") for answer in (first, second)}
    assert len(ids) == 2 and "upstream" not in ids
    for name in ("date", "x-proxy", "x-proxy-received-at", "x-proxy-first-response-at", "etag", "content-type"):
        assert len(second.headers.all(name)) == 1, name
    assert second.headers.get("x-upstream-request-start") is None
    assert len(provider.requests) == 1


def test_a_hit_does_not_count_against_the_limit_but_as_a_hit(cached, provider):
    token = cached.management.create_token(max_requests=2)
    provider.answers(counted())
    assert [word(get(cached, token["token"])) for _ in range(3)] == ["stored", "hit", "hit"]
    seen = eventually(lambda: (found := cached.management.token(token["id"]))["cache_hit_count"] == 2 and found, "the hits")
    assert seen["request_count"] == 1
    assert word(get(cached, token["token"], "/v1/models/other")) == "stored"
    # A token that is used up opens nothing any more.
    assert get(cached, token["token"]).code == "rate_limit_exceeded"


def test_hits_are_in_metrics_ledger_log_and_record(cached, provider, token):
    provider.answers(counted())
    hit = [get(cached, token) for _ in range(2)][1]
    eventually(lambda: cached.metric("llm_proxy_cache_hits_total") == 1, "the hit")
    assert cached.metric("llm_proxy_cache_misses_total") == cached.metric("llm_proxy_cache_stores_total") == 1
    figures = cached.call("GET", "/metrics", {"Accept": "application/json"}).json()
    assert (figures["cache_hits"], figures["cache_misses"], figures["cache_stores"], figures["cache_bypass"]) == (1, 1, 1, 0)
    record = cached.management.call("GET", f"/manage/exchanges/{hit.headers.get('x-request-id')}", expect=200).json()
    assert record["outcome"] == "cached" and record["cache_status"] == "hit" and record["attempts"] == 0
    assert record["usage"]["total_tokens"] == 0
    assert ("cache", "request_body", "replay") in [(span["stage"], span["hook"], span["verdict"]) for span in record["waterfall"]]
    eventually(lambda: '"cache":"hit"' in cached.log() and '"cache":"stored"' in cached.log(), "the log lines")


def test_a_hit_costs_no_model_tokens(cached, provider, token):
    provider.answers(answers.whole())
    assert [word(post(cached, token)) for _ in range(2)] == ["stored", "hit"]
    usage = lambda: cached.management.call("GET", "/manage/usage", expect=200).json()["totals"]
    seen = eventually(lambda: (found := usage())["requests"] == 2 and found, "both exchanges in the ledger")
    assert seen["total_tokens"] == 12


def test_a_hit_uses_nothing_of_a_limit_on_model_tokens(cached, provider):
    token = cached.management.create_token(policy={"tokens_per_minute": 60})["token"]
    provider.answers(answers.whole())
    assert [word(post(cached, token)) for _ in range(10)] == ["stored"] + ["hit"] * 9


def test_hits_are_limited_as_other_requests_are(cached, provider):
    token = cached.management.create_token(policy={"requests_per_minute": 2})["token"]
    provider.answers(counted())
    assert [get(cached, token).status for _ in range(3)] == [200, 200, 429]


# Keys


def test_projects_never_share_what_is_kept(cached, provider):
    one, other = cached.management.access_token(), cached.management.access_token()
    provider.answers(counted())
    assert get(cached, one).body == b'{"n":1}' and get(cached, other).body == b'{"n":2}'
    assert get(cached, one).body == b'{"n":1}' and get(cached, other).body == b'{"n":2}'
    assert len(provider.requests) == 2


def test_tokens_of_a_project_share_it_unless_their_policies_differ(cached, provider):
    project = cached.management.create_project()
    one, other = (cached.management.create_token(project)["token"] for _ in range(2))
    narrow = cached.management.create_token(project, policy={"requests_per_minute": 1000})["token"]
    provider.answers(counted())
    assert [get(cached, token).body for token in (one, other, narrow, narrow)] == [b'{"n":1}', b'{"n":1}', b'{"n":2}', b'{"n":2}']


def test_a_policy_that_came_after_the_answer_is_in_force_for_hits(cached, provider):
    project = cached.management.create_project()
    token = cached.management.create_token(project)["token"]
    provider.answers(answers.whole())
    assert [word(post(cached, token)) for _ in range(2)] == ["stored", "hit"]
    cached.management.change_project(project["id"], policy={"models": ["gpt-4.1-*"]})
    assert eventually(lambda: (answer := post(cached, token)).status == 403 and answer, "the policy").source == "gateway"
    cached.management.change_project(project["id"], is_active=False)
    assert eventually(lambda: (answer := post(cached, token)).json()["code"] == "project_inactive" and answer, "it").status == 403


@pytest.mark.parametrize("one, other, same", [
    ("/v1/models?a=1&b=2", "/v1/models?b=2&a=1", True),
    ("/v1/models?a=1&a=2", "/v1/models?a=2&a=1", False),
    ("/v1/models?a=1", "/v1/models?a=2", False),
    ("/v1/models", "/v1/models?", True),
    ("/v1/models/a", "/v1/models/b", False),
])
def test_path_and_parameters_make_the_key(cached, provider, token, one, other, same):
    provider.answers(counted())
    assert (get(cached, token, one).body == get(cached, token, other).body) is same


def test_the_body_makes_the_key_of_a_post(cached, provider, token):
    provider.answers(counted({"Content-Type": "application/json"}))
    other = CHAT | {"temperature": 1}
    assert [post(cached, token, body).body for body in (CHAT, other, CHAT, other)] == [
        b'{"n":1}', b'{"n":2}', b'{"n":1}', b'{"n":2}']
    # A digest that a client claims is not looked at.
    for claimed in ("00", "11"):
        assert post(cached, token, headers=WANTED | {"X-Body-Hash": claimed}).body == b'{"n":1}'


def test_what_chooses_how_a_provider_answers_is_in_the_key(cached, provider, token):
    provider.answers(counted())
    assert get(cached, token, OpenAI_Organization="a").body != get(cached, token, OpenAI_Organization="b").body


# Vary


def test_answers_differ_by_the_fields_that_vary_names(cached, provider, token):
    provider.answers(counted(PUBLIC | {"Vary": "Accept-Language, X-Flavour"}))
    german = get(cached, token, Accept_Language="de", X_Flavour="a").body
    assert get(cached, token, Accept_Language="en", X_Flavour="a").body != german
    assert get(cached, token, Accept_Language="de", X_Flavour="b").body != german
    assert get(cached, token, Accept_Language="de").body != german
    assert get(cached, token, Accept_Language="de", X_Flavour="a", Accept="text/plain").body == german
    assert len(provider.requests) == 4


def test_browsers_hit_and_get_the_headers_of_their_own_origin(cached, provider, token):
    provider.answers(counted(PUBLIC | {"Access-Control-Allow-Origin": "https://provider.example"}))
    first = get(cached, token, Origin="https://one.example")
    second = get(cached, token, Origin="https://two.example")
    third = get(cached, token)
    assert [word(answer) for answer in (first, second, third)] == ["stored", "hit", "hit"]
    assert second.headers.all("access-control-allow-origin") == ["https://two.example"]
    assert second.headers.get("vary") == "Origin" and third.headers.get("access-control-allow-origin") is None


@pytest.mark.parametrize("vary", ["*", "Accept, *", ", ".join(f"x-{index}" for index in range(10_000))], ids=["star", "list", "10000 names"])
def test_what_varies_by_everything_is_not_kept(cached, provider, token, vary):
    provider.answers(counted(PUBLIC | {"Vary": vary[:60_000]}))
    assert [word(get(cached, token)) for _ in range(2)] == [None, None]
    assert get(cached, token).headers.get("x-cache-debug") == "vary"


# What may be kept


@pytest.mark.parametrize("control, kept", [
    ("public, max-age=60", True), ("s-maxage=60", True), ("PUBLIC , Max-Age=\"60\"", True),
    ("public, max-age=60, must-revalidate", True), ("public, max-age=99999999999999999999999999", True),
    ("max-age=60", False), ("public", False), ("public, max-age=0", False), ("public, max-age=-1", False),
    ("public, max-age=1.5", False), ("public, max-age=60, max-age=0", False), ("public, s-maxage=0, max-age=60", False),
    ("private, max-age=60, public", False), ("no-store, public, max-age=60", False), ("public, no-cache, max-age=60", False),
    ("public, max-age=60, no-cache=\"x, max-age=1\"", False), ("public;max-age=60", False), ("", False),
])
def test_the_provider_says_what_may_be_kept(cached, provider, token, control, kept):
    provider.answers(counted({"Content-Type": "application/json", "Cache-Control": control}))
    assert [word(get(cached, token)) for _ in range(2)] == (["stored", "hit"] if kept else [None, None])


def test_lines_of_cache_control_count_together(cached, provider, token):
    def twice(exchange):
        exchange.head(200, [("Cache-Control", "public"), ("Cache-Control", "max-age=60"), ("Content-Length", 2)])
        exchange.send(b"{}")

    provider.answers(twice)
    assert [word(get(cached, token)) for _ in range(2)] == ["stored", "hit"]


@pytest.mark.parametrize("status", [201, 204, 206, 301, 404, 500])
def test_only_whole_good_answers_are_kept(cached, provider, token, status):
    provider.answers(counted(status=status) if status != 204 else answers.raw(
        b"HTTP/1.1 204 No Content\r\nCache-Control: public, max-age=60\r\n\r\n", then="keep"))
    seen = [get(cached, token) for _ in range(2)]
    assert [word(answer) for answer in seen] == [None, None] and len(provider.requests) == 2
    assert seen[0].headers.get("x-cache-debug") == "status-not-cacheable" and seen[0].headers.get("cache-status") is None


def test_an_answer_that_was_old_when_it_came_is_older_on_a_hit(cached, provider, token):
    provider.answers(counted(PUBLIC | {"Age": "50"}))
    get(cached, token)
    assert int(get(cached, token).headers.get("age")) >= 50
    provider.answers(counted(PUBLIC | {"Age": "60"}))
    assert word(get(cached, token, "/v1/models/old")) is None
    provider.answers(counted({"Cache-Control": "public", "Date": "Sun, 06 Nov 1994 08:49:37 GMT", "Expires": "Sun, 06 Nov 1994 09:49:37 GMT"}))
    assert get(cached, token, "/v1/models/past").headers.get("x-cache-debug") == "stale"


def test_a_post_is_kept_only_when_its_client_asks_for_it(cached, provider, token):
    provider.answers(counted())
    plain = [post(cached, token, headers={}) for _ in range(2)]
    assert [word(answer) for answer in plain] == [None, None] and plain[0].headers.get("cache-status") is None
    provider.answers(counted({"Content-Type": "application/json"}))
    seen = [post(cached, token) for _ in range(2)]
    assert [word(answer) for answer in seen] == ["stored", "hit"]
    assert seen[0].headers.get("cache-status") == "llm-proxy; stored (forced)"
    assert seen[1].headers.get("cache-control") == "public, max-age=60"


def test_an_answer_kept_at_a_wish_is_for_those_who_wish(cached, provider, token):
    """Otherwise one caller could have all others of the project look at an old state for as long as it likes."""
    provider.answers(counted({"Content-Type": "application/json"}))
    wish = {"Cache_Control": "public, max-age=2147483647"}
    assert [word(get(cached, token, **wish)) for _ in range(2)] == ["stored", "hit"]
    fresh = get(cached, token)
    assert word(fresh) != "hit" and fresh.json() == {"n": 2}


def test_every_line_of_what_chooses_an_answer_is_looked_at(cached, provider, token):
    provider.answers(counted({"Content-Type": "application/json"}))
    seen = []
    for lines in (["a"], ["a", "b"], ["a"]):
        with cached.client() as client:
            body = b'{"model":"gpt-4o","messages":[]}'
            betas = "".join(f"anthropic-beta: {line}\r\n" for line in lines)
            client.send((f"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n{betas}"
                         f"Cache-Control: public, max-age=60\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body)
            seen.append(word(client.answer()))
    assert seen == ["stored", "stored", "hit"]


def test_a_hit_is_sent_whole_before_its_connection_closes(start, provider):
    proxy = start(environment={"HTTP_CACHE_MAX_OBJECT_BYTES": str(16 << 20)})
    token, size = proxy.management.access_token(), 8 << 20
    provider.answers(answers.whole(b"x" * size, 200, PUBLIC))
    get(proxy, token)
    with proxy.client(receive_buffer=4096) as client:
        client.ask("GET", "/v1/models", {"Connection": "close"}, token=token)
        answer = client.answer()
        assert word(answer) == "hit" and len(answer.body) == size and client.is_closed_by_peer()


def test_what_says_nothing_of_time_is_named(cached, provider, token):
    provider.answers(counted({"Content-Type": "application/json"}))
    answer = get(cached, token)
    assert answer.headers.get("x-cache-debug") == "ttl-zero-ttl=0s-from-resp=false"
    assert answer.headers.get("cache-status") is None


def test_other_methods_are_not_kept_and_make_what_is_kept_of_the_path_worthless(cached, provider, token):
    provider.answers(counted())
    assert [word(get(cached, token, "/v1/files/f1")) for _ in range(2)] == ["stored", "hit"]
    assert get(cached, token, "/v1/files/f1", method="DELETE").headers.get("cache-status") == "llm-proxy; miss"
    eventually(lambda: len(provider.requests) == 2, "the deletion")
    assert word(get(cached, token, "/v1/files/f1")) == "stored"
    provider.answers(counted(status=409))
    get(cached, token, "/v1/files/f1", method="DELETE")
    assert word(get(cached, token, "/v1/files/f1")) == "hit"


def test_head_is_answered_from_what_get_was(cached, provider, token):
    cached.configure(settings.configuration(provider.origin, allowed_methods=["GET", "HEAD", "POST"]))
    cached.stop()
    cached.start()
    token = cached.management.access_token()
    provider.answers(counted())
    assert word(get(cached, token, method="HEAD")) is None
    get(cached, token)
    head = get(cached, token, method="HEAD")
    assert word(head) == "hit" and head.headers.get("content-length") == "7" and head.body == b""


# What clients ask


def test_a_client_that_has_it_is_told_so(cached, provider, token):
    provider.answers(counted(PUBLIC | {"ETag": 'W/"v1"', "Last-Modified": "Wed, 21 Oct 2015 07:28:00 GMT"}))
    get(cached, token)
    for headers in ({"If_None_Match": '"v1"'}, {"If_None_Match": '"x", W/"v1"'}, {"If_None_Match": "*"},
                    {"If_Modified_Since": "Wed, 21 Oct 2015 07:28:00 GMT"}):
        answer = get(cached, token, **headers)
        assert answer.status == 304 and answer.body == b"" and word(answer) == "conditional-hit", headers
        assert answer.headers.get("cache-status") == "llm-proxy; conditional-hit" and answer.headers.get("etag") == 'W/"v1"'
        assert answer.headers.get("content-length") is None
    for headers in ({"If_None_Match": '"v2"', "If_Modified_Since": "Wed, 21 Oct 2015 07:28:00 GMT"},
                    {"If_Modified_Since": "Wed, 21 Oct 2015 07:27:59 GMT"}, {"If_Modified_Since": "yesterday"}):
        answer = get(cached, token, **headers)
        assert answer.status == 200 and word(answer) == "hit", headers
    assert len(provider.requests) == 1


@pytest.mark.parametrize("headers", [{"Cache_Control": "no-cache"}, {"Cache_Control": "max-age=0"}, {"Pragma": "no-cache"}])
def test_a_client_that_doubts_it_has_the_provider_asked(cached, provider, token, headers):
    tagged = PUBLIC | {"ETag": '"v1"', "Last-Modified": "Wed, 21 Oct 2015 07:28:00 GMT", "X-Turn": "old"}
    provider.answers(counted(tagged))
    get(cached, token)
    provider.answers(not_modified("X-Turn: new", "Cache-Control: public, max-age=600"))
    with cached.client() as client:
        client.ask("GET", "/v1/models", {name.replace("_", "-"): value for name, value in headers.items()}, token=token)
        renewed = client.answer()
        # Both connections are as good as before.
        client.ask("GET", "/v1/models", token=token)
        assert word(client.answer()) == "hit"
        client.ask("GET", "/v1/models/other", token=token)
        assert client.answer().status == 304
    assert provider.requests[1].connection is provider.requests[2].connection
    assert provider.requests[1].headers.get("if-none-match") == '"v1"'
    assert provider.requests[1].headers.get("if-modified-since") == "Wed, 21 Oct 2015 07:28:00 GMT"
    assert renewed.status == 200 and renewed.body == b'{"n":1}' and word(renewed) == "revalidated"
    hit = get(cached, token)
    assert hit.headers.all("x-turn") == ["new"] and hit.headers.get("cache-control") == "public, max-age=600"
    assert word(hit) == "hit" and len(provider.requests) == 3


def test_what_the_provider_wants_to_be_asked_about_each_time_is(cached, provider, token):
    provider.answers(counted({"Cache-Control": "public, no-cache, max-age=60", "ETag": '"v1"'}))
    get(cached, token)
    provider.answers(not_modified())
    assert [get(cached, token).body for _ in range(2)] == [b'{"n":1}'] * 2
    assert len(provider.requests) == 3


def test_another_answer_takes_the_place_of_the_kept_one_and_an_outage_does_not(cached, provider, token):
    provider.answers(counted(PUBLIC | {"ETag": '"v1"'}))
    get(cached, token)
    provider.answers(counted(status=503))
    assert get(cached, token, Cache_Control="no-cache").status == 503
    assert get(cached, token).body == b'{"n":1}'
    provider.answers(counted(body=b'{"new":%d}'))
    assert get(cached, token, Cache_Control="no-cache").body == b'{"new":1}'
    assert get(cached, token).body == b'{"new":1}'
    provider.answers(counted(PUBLIC | {"ETag": '"v2"'}, body=b'{"newer":%d}'))
    assert get(cached, token, Cache_Control="no-cache").body == b'{"newer":1}'
    provider.answers(counted(status=404), counted(body=b'{"back":%d}'))
    assert get(cached, token, Cache_Control="no-cache").status == 404
    assert get(cached, token).body == b'{"back":1}'


def test_a_client_s_own_conditions_reach_the_provider(cached, provider, token):
    provider.answers(not_modified('ETag: "v9"'))
    answer = get(cached, token, If_None_Match='"v9"')
    assert answer.status == 304 and word(answer) is None
    assert provider.requests[0].headers.all("if-none-match") == ['"v9"']


def test_a_client_may_ask_that_nothing_is_kept_or_that_it_is_fresh(cached, provider, token):
    provider.answers(counted(PUBLIC | {"Age": "30"}))
    bypass = get(cached, token, Cache_Control="no-store")
    assert word(bypass) == "bypass" and bypass.headers.get("cache-status") == "llm-proxy; bypass"
    assert word(get(cached, token)) == "stored"
    assert word(get(cached, token, Cache_Control="max-age=10")) == "stored"
    assert word(get(cached, token, Cache_Control="max-age=50")) == "hit"
    eventually(lambda: cached.metric("llm_proxy_cache_bypass_total") == 1, "the bypass")


@pytest.mark.parametrize("headers", [{"Range": "bytes=0-1"}, {"If_Match": '"v1"'}, {"Content_Length": "0", "If_Range": '"v1"'}])
def test_requests_for_parts_go_to_the_provider(cached, provider, token, headers):
    provider.answers(counted())
    get(cached, token)
    assert word(get(cached, token, **headers)) is None and len(provider.requests) == 2
