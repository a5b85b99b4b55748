"""`llm-proxy manage …` about a running server, and `llm-proxy self`: what they print, and how they end."""

import json
import re
import signal
import subprocess
import threading
import time

from support import answers
from support.cli import rows
from support.wire import SAFETY_NET_SECONDS

EXCHANGE = {"request_id": "r1", "started_at": "2026-11-27T18:40:00Z", "method": "POST", "path": "/v1/chat/completions", "status": 403,
            "duration_ms": 12.5, "project_name": "a", "model": "gpt-4o", "error_code": "model_not_allowed", "input_tokens": 1}


def test_exchanges_are_listed_and_shown_step_by_step(scripted):
    server, cli = scripted
    server.answers(answers.whole([EXCHANGE]))
    out = cli.ok("manage", "exchange", "list", "--status", "4xx", "--min-ms", "5", "--path", "/v1/chat/completions")
    assert "model_not_allowed" in out and "403" in out
    assert {"status=4xx", "min_ms=5", "path=%2Fv1%2Fchat%2Fcompletions"} <= set(server.requests[-1].target.split("?")[1].split("&"))
    step = {"kind": "stage", "stage": "whitelist", "hook": "request_body", "start_us": 3, "duration_us": 4, "verdict": "respond"}
    server.answers(answers.whole(EXCHANGE | {"waterfall": [step], "refused_by": "whitelist", "refusal": {"message": "no such model"}}))
    shown = cli.ok("manage", "exchange", "show", "r1")
    assert "Refused by:" in shown and "no such model" in shown and "request_body" in shown
    server.answers(answers.whole(EXCHANGE | {"waterfall": [step]}))
    assert json.loads(cli.ok("manage", "exchange", "show", "r1", "--json"))["waterfall"] == [step]


def test_providers_are_listed_and_tried(scripted):
    server, cli = scripted
    server.answers(answers.whole([{"name": "openai", "adapter": "openai", "base_url": "https://api.openai.com", "requests": 3,
                                   "errors": 1, "upstream_latency_ms": {"p50": 5, "p99": 9},
                                   "last_error": {"at": "2026-11-27T18:40:00Z", "message": "refused"}}]))
    out = cli.ok("manage", "provider", "list")
    assert "https://api.openai.com" in out and "refused" in out
    server.answers(answers.whole({"ok": True, "status": 200, "latency_ms": 7, "message": "answered"}))
    assert "yes" in cli.ok("manage", "provider", "test", "openai", "--model", "gpt-4o")
    assert server.requests[-1].json() == {"model": "gpt-4o"} and server.requests[-1].target == "/manage/providers/openai/test"
    server.answers(answers.whole({"ok": False, "status": 401, "latency_ms": 7, "message": "wrong key"}))
    failed = cli.run("manage", "provider", "test", "openai")
    assert failed.code == 1 and "wrong key" in failed.out


def test_overview_prices_and_entries(scripted):
    server, cli = scripted
    server.answers(answers.whole({"health": {"status": "ok"}, "totals": {"requests": 5, "cost_micros": 1_000_000, "currency": "USD"}}))
    out = cli.ok("manage", "overview", "--range", "24h")
    assert "Requests: 5" in re.sub(" +", " ", out) and "1.00" in out and server.requests[-1].target.endswith("range=24h")
    server.answers(answers.whole({"currency": "USD", "models": [{"match": "gpt-4o*", "input_per_million": 2.5}]}))
    assert "gpt-4o*" in cli.ok("manage", "prices")
    entry = {"id": 7, "started_at": "2026-11-27T18:40:00Z", "model": "gpt-4o", "status": 200, "outcome": "completed",
             "input_tokens": 9, "output_tokens": 3, "provenance": "reported", "cost_micros": 52}
    server.answers(answers.whole([entry]))
    (row,) = rows(cli.ok("manage", "entries", "--outcome", "completed", "-o", "csv"))
    assert row["cost_micros"] == "52" and row["id"] == "7" and "outcome=completed" in server.requests[-1].target


def test_settings_show_where_they_come_from_and_no_secret(cli, mock_proxy):
    listed = {row["key"]: row for row in rows(cli.ok("manage", "config", "-o", "csv"))}
    assert listed["MANAGEMENT_TOKEN"]["source"] == "environment" and len(listed) > 20
    assert mock_proxy.management_token not in cli.ok("manage", "config", "--json")


def test_events_are_told_until_ctrl_c(cli, mock_proxy, project):
    with cli.spawn("manage", "events", "--only", "change", "--json", stdout=subprocess.PIPE) as process:
        made = []

        def make():
            # Nothing tells when a listener has been taken in; what happened before is not told.
            while process.poll() is None and not made:
                mock_proxy.management.create_token(project)
                time.sleep(0.05)

        maker = threading.Thread(target=make)
        maker.start()
        event = json.loads(process.stdout.readline())
        made.append(event)
        maker.join()
        process.send_signal(signal.SIGINT)
        assert process.wait(SAFETY_NET_SECONDS) == 0
    assert event["event"] == "change" and event["data"]["action"] == "token.create"


def test_a_refusal_and_the_end_of_events_are_told(scripted):
    server, cli = scripted
    server.answers(answers.whole({"error": "no", "code": "unauthorized"}, status=401))
    refused = cli.run("manage", "events")
    assert refused.code == 3 and "MANAGEMENT_TOKEN" in refused.error

    def one(exchange):
        exchange.head(200, answers.SSE)
        exchange.chunk(b'event: change\ndata: {"action": "x"}\n\n')
        exchange.end()

    server.answers(one)
    ended = cli.run("manage", "events")
    assert ended.code == 2 and ended.out == "x\n" and "ended the stream" in ended.error


def test_the_holder_of_a_token_mints_narrower_ones(cli, mock_proxy, project):
    secret = mock_proxy.management.create_token(project)["token"]
    cli.environment |= {"PROXY_URL": mock_proxy.base_url + "/v1", "PROXY_TOKEN": secret}
    del cli.environment["MANAGEMENT_TOKEN"]
    assert project["name"] in cli.ok("self")
    child = json.loads(cli.ok("self", "mint", "--duration", "15m", "--max-requests", "2", "--label", "job", "--json"))
    assert [row["id"] for row in rows(cli.ok("self", "list", "-o", "csv"))] == [child["id"]]
    assert json.loads(cli.ok("self", "show", "--token", child["token"], "--json"))["remaining_requests"] == 2
    assert cli.run("self", "mint", "--never").code == 3
    assert cli.ok("self", "revoke", child["id"]) == "Token revoked\n"
    refused = cli.run("self", "--token", child["token"])
    assert refused.code == 3 and "token_inactive" in refused.error
    assert cli.run("self", variables={"PROXY_TOKEN": ""}).code in (3, 64)
