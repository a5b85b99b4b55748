"""What the admin API shows of real traffic: exchanges stage by stage, the overview, the chain, live events."""

import json
import time

import pytest
from support import answers, settings
from support.admin_api import ACCOUNTS, PASSWORD, Session, manage
from support.client import Client
from support.proxy import eventually


@pytest.fixture
def admin(start):
    return start(environment=ACCOUNTS)



def exchange(proxy, **query):
    """The newest exchange that matches, once it is there."""
    text = "&".join(f"{name}={value}" for name, value in query.items())
    return eventually(lambda: manage(proxy, f"/manage/exchanges?{text}"), "the exchange to be listed")[0]


SUMMARY = {
    "request_id", "started_at", "method", "path", "status", "duration_ms", "first_byte_ms", "project_id", "project_name",
    "token_id", "token_label", "model", "api", "provider", "is_stream", "outcome", "error_code", "input_tokens",
    "output_tokens", "cost_micros", "request_bytes", "response_bytes", "client_ip", "sequence",
}


def test_one_request_is_explained_stage_by_stage(admin, provider):
    project = admin.management.create_project(name="<b>hostile</b> \u202eproject")
    token = admin.management.create_token(project, label="a label")
    assert admin.chat(token["token"]).status == 200
    seen = exchange(admin, path="/v1/chat")
    assert set(seen) == SUMMARY
    assert seen | {"status": 200, "method": "POST", "model": "gpt-4o", "api": "openai", "is_stream": False,
                   "outcome": "completed", "error_code": None, "input_tokens": 9, "output_tokens": 3,
                   "project_id": project["id"], "project_name": project["name"], "token_label": "a label",
                   "client_ip": "127.0.0.1"} == seen
    detail = manage(admin, f"/manage/exchanges/{seen['request_id']}")
    assert SUMMARY | {"attempts", "cache_status", "waterfall", "usage", "refused_by", "refusal"} == set(detail)
    spans = detail["waterfall"]
    for span in spans:
        assert set(span) == {"kind", "stage", "plugin", "hook", "start_us", "duration_us", "verdict", "detail"}
        assert span["duration_us"] >= 0 and 0 <= span["start_us"] <= detail["duration_ms"] * 1000 + 1e6
    assert [span["start_us"] for span in spans] == sorted(span["start_us"] for span in spans)
    chain = [span["stage"] for span in spans if span["kind"] == "stage" and span["hook"] == "request_headers"]
    assert chain == ["cors", "auth", "whitelist", "limits", "cache", "forward"]
    assert {"connect", "head", "body"} <= {span["stage"] for span in spans if span["kind"] == "upstream"}
    assert {"request", "first_byte", "answer"} <= {span["stage"] for span in spans if span["kind"] == "client"}
    assert {"prepare"} <= {span["hook"] for span in spans if span["kind"] == "adapter"}
    assert detail["usage"]["total_tokens"] == 12 and detail["usage"]["provenance"] == "reported"
    assert detail["refusal"] is None and detail["refused_by"] is None


def test_a_refusal_says_who_and_why(admin):
    token = admin.management.create_token(label="revoked one")
    admin.management.revoke(token["id"])
    assert admin.chat(token["token"]).status == 401
    seen = exchange(admin, status="4xx")
    assert seen["error_code"] == "token_inactive" and seen["outcome"] == "refused"
    assert seen["token_id"] == token["id"], "a token that is known is named, although it was not let through"
    detail = manage(admin, f"/manage/exchanges/{seen['request_id']}")
    assert detail["refused_by"] == "auth" and detail["refusal"]["code"] == "token_inactive"
    assert detail["refusal"]["status"] == 401 and detail["refusal"]["message"]
    stage = [span for span in detail["waterfall"] if span["verdict"] == "respond"]
    assert [(span["stage"], span["detail"]) for span in stage] == [("auth", "token_inactive")]


def test_a_provider_that_fails_is_seen(start, provider):
    proxy = start(settings.configuration("http://127.0.0.1:1"))
    assert proxy.chat(proxy.management.access_token()).status == 502
    seen = exchange(proxy, status="5xx")
    assert seen["outcome"] == "upstream_failed" and seen["error_code"] == "upstream_error"
    [one] = manage(proxy, "/manage/providers")
    assert one["requests"] == one["errors"] == 1 and one["last_error"]["message"] == "connect"


def test_streams_and_their_stage_hooks_are_one_line_each(admin, provider):
    provider.reset(answers.stream(*[answers.delta(str(n)) for n in range(100)], answers.USAGE_CHUNK))
    token = admin.management.access_token()
    assert admin.chat(token, stream=True).status == 200
    seen = exchange(admin, path="/v1/chat")
    assert seen["is_stream"] and seen["output_tokens"] == 2 and seen["first_byte_ms"] is not None
    spans = manage(admin, f"/manage/exchanges/{seen['request_id']}")["waterfall"]
    assert len([span for span in spans if span["hook"] == "upstream_sse"]) == 1
    assert len(spans) < 40


def test_lists_are_paged_and_filtered(admin):
    token = admin.management.access_token()
    for _ in range(5):
        admin.chat(token)
    admin.call("GET", "/v1/models", token="sk-" + "x" * 22)
    eventually(lambda: len(manage(admin, "/manage/exchanges")) == 6, "all to be listed")
    first = admin.management.call("GET", "/manage/exchanges?limit=4", expect=200)
    rest = admin.management.call("GET", f"/manage/exchanges?limit=4&after={first.headers.get('x-next-after')}")
    assert 'rel="next"' in first.headers.get("link") and rest.headers.get("x-next-after") is None
    ids = [one["request_id"] for one in first.json() + rest.json()]
    assert len(ids) == len(set(ids)) == 6
    assert len(manage(admin, "/manage/exchanges?status=401")) == 1
    assert len(manage(admin, "/manage/exchanges?model=gpt-4o")) == 5
    assert manage(admin, "/manage/exchanges?min_ms=100000") == []
    unknown = admin.management.call("GET", "/manage/exchanges/none")
    assert (unknown.status, unknown.json()["code"]) == (404, "exchange_not_found")
    assert admin.management.call("GET", "/manage/exchanges?status=many").status == 400


def test_the_overview_adds_up(admin):
    token = admin.management.access_token()
    for _ in range(3):
        admin.chat(token)
    admin.call("GET", "/v1/models", token="sk-wrong")
    seen = eventually(
        lambda: (one := manage(admin, "/manage/overview?range=15m"))["totals"]["requests"] == 4 and one, "the counters")
    assert seen["step_seconds"] == 10 and len(seen["series"]) == 90
    assert sum(point["requests"] for point in seen["series"]) == 4
    assert seen["totals"]["errors"] == 1 and seen["totals"]["input_tokens"] == 27
    assert seen["latency_ms"]["p50"] > 0 and seen["health"] == {
        "status": "ok", "database": "ok", "writable": True, "problems": []}
    assert seen["counts"] == {"projects": 1, "active_projects": 1, "tokens": 1, "active_tokens": 1}
    assert [one["action"] for one in seen["recent_changes"]] == ["token.create", "project.create"]
    assert seen["process"]["memory_bytes"] > 1e6 and seen["process"]["version"]
    for name in ("1h", "24h", "7d", "30d"):
        assert manage(admin, f"/manage/overview?range={name}")["range"] == name
    assert admin.management.call("GET", "/manage/overview?range=2y").status == 400


def test_the_pipeline_is_shown_as_it_runs(start, provider):
    configuration = settings.configuration(
        provider.origin, api_key="sk-key-of-the-api-0123456789",
        chain=settings.pipeline(settings.stage("rate-limit", config={"requests_per_minute": 600})))
    proxy = start(configuration)
    assert proxy.chat(proxy.management.access_token()).status == 200
    seen = manage(proxy, "/manage/pipeline")
    assert [stage["name"] for stage in seen["stages"]] == ["cors", "auth", "whitelist", "rate-limit", "forward", "log"]
    limits = seen["stages"][3]
    assert limits["config"] == {"requests_per_minute": 600} and limits["config_schema"]["type"] == "object"
    assert limits["plugin"]["file"] == "rate-limit.so" and len(limits["plugin"]["sha256"]) == 64
    hook = next(hook for hook in limits["hooks"] if hook["hook"] == "request_headers")
    assert hook["calls"] == 1 and hook["failures"] == 0 and hook["total_us"] > 0
    assert limits["origin"].endswith(".yaml:" + limits["origin"].split(":")[-1])
    assert [one["api"] for one in seen["adapters"]] == ["openai"]
    plugins = manage(proxy, "/manage/plugins")
    assert {one["file"] for one in plugins} >= {"auth.so", "forward.so", "adapter-openai.so"}
    [api] = manage(proxy, "/manage/providers")
    assert api["has_api_key"] and "0123456789" not in json.dumps(api) and api["base_url"] == provider.origin
    assert api["requests"] == 1 and api["connections"]["open"] >= 1 and api["upstream_latency_ms"]["p50"] > 0


def test_settings_say_where_they_come_from(admin):
    answer = admin.management.call("GET", "/manage/config", expect=200)
    settings_by_key = {one["key"]: one for one in answer.json()["settings"]}
    assert settings_by_key["MANAGEMENT_TOKEN"]["value"] == settings_by_key["ADMIN_PASSWORD"]["value"] == "••••"
    assert settings_by_key["ADMIN_USER"]["source"] == "environment"
    assert settings_by_key["default_api"]["source"] == "file"
    assert settings_by_key["default_api"]["location"].endswith("llm-proxy.yaml:1")
    assert settings_by_key["LOG_FORMAT"]["source"] == "default"
    assert PASSWORD not in answer.body.decode() and answer.json()["file"].endswith("llm-proxy.yaml")


def test_a_provider_can_be_tested(admin, provider):
    project = admin.management.create_project()
    path = "/manage/providers/openai/test"
    good = admin.management.call("POST", path, {"project_id": project["id"], "model": "gpt-4o"}, expect=200).json()
    assert good["ok"] and good["status"] == 200 and good["latency_ms"] > 0
    request = provider.requests[-1]
    assert request.headers.get("authorization") == "Bearer sk-provider-key-0123456789abcdef"
    assert request.json()["model"] == "gpt-4o" and request.target == "/v1/chat/completions"
    provider.reset(answers.whole({"error": {"message": "Incorrect API key provided: sk-provider-key-0123456789abcdef"}}, 401))
    bad = admin.management.call("POST", path, {"project_id": project["id"]}, expect=200).json()
    assert not bad["ok"] and bad["status"] == 401 and "Incorrect API key" in bad["message"]
    assert "0123456789" not in bad["message"]
    assert admin.management.call("POST", "/manage/providers/none/test").status == 404


# Live


class Events:
    """A page that listens."""

    def __init__(self, proxy, headers):
        self.client = Client(proxy.port)
        self.client.ask("GET", "/manage/events", headers)
        self.answer = self.client.head()

    def next(self, name):
        """The data of the next event of this name; None when the stream ends."""
        while (event := self.client.event()) is not None:
            lines = event.decode().split("\n")
            if lines[0] == f"event: {name}":
                return json.loads(lines[1].removeprefix("data: "))
        return None


def listen(proxy):
    return Events(proxy, {"Authorization": f"Bearer {proxy.management_token}"})


def test_what_happens_is_told_at_once(admin):
    events = listen(admin)
    assert events.answer.status == 200 and events.answer.headers.get("content-type") == "text/event-stream"
    assert events.answer.headers.get("cache-control") == "no-store"
    assert events.next("overview")["in_flight"] == 0
    assert events.next("health")["status"] == "ok"
    project = admin.management.create_project()
    assert events.next("change") | {"action": "project.create", "project_id": project["id"]}
    token = admin.management.create_token(project)
    assert admin.chat(token["token"]).status == 200
    seen = events.next("exchange")
    assert set(seen) == SUMMARY and seen["path"] == "/v1/chat/completions"
    assert set(events.next("sample")) == {"sampled", "seen", "shown"}


def test_a_stream_of_events_ends_with_its_session(admin):
    session = Session(admin)
    events = Events(admin, {"Cookie": session.cookie, "Last-Event-ID": "17"})
    assert events.next("overview")
    assert session.call("DELETE", "/admin/session").status == 204
    assert events.next("never") is None


def test_listeners_are_bounded_and_do_not_hold_up_the_end(admin):
    pages = [listen(admin) for _ in range(50)]
    assert {page.answer.status for page in pages} == {200}
    refused = admin.management.call("GET", "/manage/events")
    assert (refused.status, refused.json()["code"]) == (503, "too_many_listeners")
    began = time.monotonic()
    assert admin.stop() == 0
    assert time.monotonic() - began < 20, "open pages must not use up the drain time"


def test_a_reader_that_stands_still_is_dropped_and_memory_stays(admin):
    client = Client(admin.port, receive_buffer=4096)
    client.ask("GET", "/manage/events", {"Authorization": f"Bearer {admin.management_token}"})
    assert client.head().status == 200
    other = listen(admin)
    token = admin.management.access_token()
    for _ in range(50):
        admin.chat(token)
    assert other.next("exchange"), "one reader that stands still holds nobody up"


def test_hostile_names_stay_text(admin):
    name = "</script><img src=x onerror=alert(1)>\u202e" + "x" * 100
    project = admin.management.create_project(name=name)
    token = admin.management.create_token(project, label="'\"><svg onload=alert(1)>")
    admin.chat(token["token"], model="<script>alert(1)</script>")
    body = admin.management.call("GET", "/manage/exchanges").body
    assert b"<script" not in body and b"<img" not in body, "JSON escapes what a browser could take for markup"
    assert manage(admin, "/manage/exchanges")[0]["project_name"] == name


@pytest.mark.parametrize("path", ["/manage/overview", "/manage/exchanges", "/manage/exchanges/x", "/manage/events",
                                  "/manage/pipeline", "/manage/plugins", "/manage/providers", "/manage/config"])
def test_nothing_is_shown_without_credentials(admin, path):
    answer = admin.call("GET", path)
    assert (answer.status, answer.json()["code"]) == (401, "missing_credentials")
    assert admin.management.call("PUT", path).status == 405


def test_cost_and_the_most_used_are_shown(admin):
    project = admin.management.create_project(name="Payer")
    token = admin.management.create_token(project)["token"]
    for _ in range(2):
        assert admin.chat(token).status == 200
    assert exchange(admin, path="/v1/chat")["cost_micros"] > 0
    for name in ("1h", "24h"):
        seen = eventually(
            lambda: (one := manage(admin, f"/manage/overview?range={name}"))["totals"]["cost_micros"] and
            one["top_projects"] and one["top_projects"][0]["requests"] == 2 and one, "the ledger")
        [project_row], [model_row] = seen["top_projects"], seen["top_models"]
        cost = project_row.pop("cost_micros")
        assert project_row == {"id": project["id"], "name": "Payer", "requests": 2, "total_tokens": 24}
        assert model_row == {"model": "gpt-4o", "requests": 2, "total_tokens": 24, "cost_micros": cost}
        assert seen["totals"]["requests"] == 2 and seen["totals"]["currency"] == "USD"
        # What is charged is rounded up for each request, what is shown of the ledger once.
        assert 0 <= seen["totals"]["cost_micros"] - cost <= 2
        assert sum(point["cost_micros"] for point in seen["series"]) == seen["totals"]["cost_micros"]
