"""`llm-proxy manage …` against a running server: what it prints, and how it ends."""

import json
import os
import signal
import subprocess
import unicodedata
from datetime import UTC, datetime

import pytest
from support import answers
from support.cli import CLI, rows
from support.management import PROVIDER_KEY
from support.provider import Provider
from support.proxy import eventually
from support.wire import free_port


# Projects


def test_a_project_from_its_creation_to_its_end(cli, mock_proxy):
    made = json.loads(cli.ok("manage", "project", "create", "--name", "billing ünit", "--openai-key", PROVIDER_KEY, "--json"))
    assert made["name"] == "billing ünit" and PROVIDER_KEY not in json.dumps(made)
    identifier = made["id"]
    shown = cli.ok("manage", "project", "get", identifier)
    assert shown.startswith("ID:") and identifier in shown and "billing ünit" in shown
    assert PROVIDER_KEY not in shown and "ETag:" in shown
    assert identifier in cli.ok("manage", "project", "list")
    renamed = json.loads(cli.ok("manage", "project", "update", identifier, "--name", "ops", "-o", "json"))
    assert renamed["name"] == "ops"
    cli.ok("manage", "project", "update", identifier, "--is-active", "false")
    assert not mock_proxy.management.call("GET", f"/manage/projects/{identifier}").json()["is_active"]
    refused = cli.run("manage", "token", "generate", "--project-id", identifier)
    assert refused.code == 3 and "project_inactive" in refused.error
    assert cli.ok("manage", "project", "delete", identifier) == "Project deleted\n"
    gone = cli.run("manage", "project", "get", identifier)
    assert gone.code == 4 and "project not found (project_not_found)" in gone.error


def test_a_change_can_be_guarded_by_the_etag_that_get_shows(cli, project):
    shown = cli.ok("manage", "project", "get", project["id"])
    tag = next(line.split(maxsplit=1)[1] for line in shown.splitlines() if line.startswith("ETag:"))
    cli.ok("manage", "project", "update", project["id"], "--name", project["name"] + "-a", "--if-match", tag)
    late = cli.run("manage", "project", "update", project["id"], "--name", "never", "--if-match", tag)
    assert late.code == 5 and "precondition_failed" in late.error


def test_all_tokens_of_a_project_can_be_revoked(cli, mock_proxy, project):
    for _ in range(3):
        mock_proxy.management.create_token(project)
    counts = json.loads(cli.ok("manage", "project", "revoke-tokens", project["id"], "--json"))
    assert counts["revoked_count"] == 3
    assert rows(cli.ok("manage", "token", "list", "--project-id", project["id"], "--active", "-o", "csv")) == []


def test_a_provider_key_comes_from_where_others_cannot_read_it(cli, mock_proxy, tmp_path):
    (tmp_path / "key").write_text(PROVIDER_KEY + "\n")
    ways = [(["--openai-key", "@key"], {}, ""), (["--openai-key", "-"], {}, PROVIDER_KEY + "\n"),
            ([], {"OPENAI_API_KEY": PROVIDER_KEY}, "")]
    for index, (words, variables, typed) in enumerate(ways):
        made = cli.ok("manage", "project", "create", "--name", f"{tmp_path.name}-{index}", "--json", *words,
                      variables=variables, input=typed)
        assert json.loads(made)["api_key"].endswith(PROVIDER_KEY[-4:])
    missing = cli.run("manage", "project", "create", "--name", "x")
    assert missing.code == 64 and "--openai-key" in missing.error and "OPENAI_API_KEY" in missing.error


def test_deleting_asks_on_a_terminal_only(cli, project):
    assert cli.run("manage", "project", "delete", project["id"], input="").code == 0


# Access tokens


def test_a_generated_token_works_at_once_and_is_shown_once(cli, mock_proxy, project):
    out = cli.ok("manage", "token", "generate", "--project-id", project["id"], "--duration", "24", "--label", "app",
                 "--max-requests", "2")
    fields = dict(line.split(":", 1) for line in out.splitlines())
    secret, identifier = fields["Token"].strip(), fields["ID"].strip()
    assert fields["Obfuscated"].strip() == f"{secret[:7]}...{secret[-4:]}" and fields["Label"].strip() == "app"
    assert mock_proxy.chat(secret).status == 200
    listed = cli.ok("manage", "token", "list", "--project-id", project["id"])
    assert identifier in listed and "app" in listed and secret not in listed
    shown = cli.ok("manage", "token", "get", identifier, "--json")
    assert json.loads(shown)["max_requests"] == 2 and secret not in shown
    assert json.loads(cli.ok("manage", "token", "get", "-", "--json", input=secret + "\n"))["id"] == identifier


@pytest.mark.parametrize("words, hours", [
    ([], 24), (["--duration", "24"], 24), (["--duration", "90m"], 1.5), (["--duration", "7d"], 168), (["--never"], None),
    (["--duration", "never"], None), (["--expires-at", "never"], None), (["--expires-at", "2090-01-01T00:00:00Z"], "2090-01-01")])
def test_lifetimes_are_hours_unless_they_have_a_unit(cli, project, words, hours):
    before = datetime.now(UTC)
    made = json.loads(cli.ok("manage", "token", "generate", "--project-id", project["id"], "--json", *words))
    if hours is None:
        assert made["expires_at"] is None
    elif isinstance(hours, str):
        assert made["expires_at"].startswith(hours)
    else:
        expires = datetime.fromisoformat(made["expires_at"][:19] + "+00:00")
        assert abs((expires - before).total_seconds() - hours * 3600) < 120


@pytest.mark.parametrize("words", [
    ["--duration", "0"], ["--duration", "soon"], ["--duration", "1h", "--never"], ["--max-requests", "-1"],
    ["--policy", "not json"], ["--policy", "@missing.json"], ["--metadata", "novalue"], ["--idle-timeout", "30"]])
def test_wrong_usage_is_64_and_sends_nothing(scripted, words):
    server, cli = scripted
    result = cli.run("manage", "token", "generate", "--project-id", "p", *words)
    assert result.code == 64, result
    assert any(word.lstrip("@") in result.error for word in words) and not server.requests


def test_a_token_is_changed_and_revoked(cli, mock_proxy, project):
    token = mock_proxy.management.create_token(project)
    cli.ok("manage", "token", "update", token["id"], "--max-requests", "9", "--label", "x", "--expires-at", "never")
    now = mock_proxy.management.token(token["id"])
    assert (now["max_requests"], now["label"], now["expires_at"]) == (9, "x", None)
    assert cli.ok("manage", "token", "revoke", token["id"]) == "Token revoked\n"
    assert not mock_proxy.management.token(token["id"])["is_active"]
    nothing = cli.run("manage", "token", "update", token["id"])
    assert nothing.code == 64 and "--max-requests" in nothing.error


def test_every_field_of_rest_has_a_flag(scripted, tmp_path):
    server, cli = scripted
    server.answers(answers.whole({"id": "t", "token": "sk-secret"}))
    (tmp_path / "policy.json").write_text('{"models": ["gpt-4o*"]}')
    cli.ok("manage", "token", "generate", "--project-id", "p", "--duration", "2h", "--max-requests", "5", "--label", "l",
           "--idle-timeout", "30m", "--renew-on-use", "1h", "--renew-until", "2090-01-01T00:00:00Z", "--one-shot",
           "--policy", "@policy.json", "--budget", '{"day_micros": 5}', "--metadata", "team=blue", "--metadata", "env=prod")
    assert server.requests[-1].json() == {
        "project_id": "p", "expires_in": "7200s", "max_requests": 5, "label": "l", "idle_timeout": 1800, "renew_on_use": 3600,
        "renew_until": "2090-01-01T00:00:00Z", "one_shot": True, "policy": {"models": ["gpt-4o*"]},
        "budget": {"day_micros": 5}, "metadata": {"team": "blue", "env": "prod"}}
    server.answers(answers.whole({"id": "t"}))
    cli.ok("manage", "token", "update", "t", "--idle-timeout", "none", "--renew-on-use", "none", "--renew-until", "none",
           "--policy", "none", "--budget", "none", "--metadata", "none")
    assert server.requests[-1].json() == {
        "idle_timeout": None, "renew_on_use": None, "renew_until": None, "policy": None, "budget": None, "metadata": None}
    assert server.requests[-1].headers.get("authorization") == "Bearer mgmt-canary"


def test_filters_of_lists_are_sent(scripted):
    server, cli = scripted
    server.answers(answers.whole([]))
    cli.ok("manage", "token", "list", "--project-id", "p", "--search", "a b&c", "--status", "used_up", "--sort",
           "request_count", "--order", "asc", "--parent-id", "q", "--active")
    target = server.requests[-1].target
    for part in ("project_id=p", "search=a%20b%26c", "status=used_up", "sort=request_count", "order=asc", "parent_id=q",
                 "active_only=true", "limit=500"):
        assert part in target.split("?")[1].split("&"), target


# Lists


def test_a_list_is_walked_page_by_page(cli, mock_proxy, project):
    for index in range(520):
        mock_proxy.management.create_token(project, label=f"n{index}")
    everything = rows(cli.ok("manage", "token", "list", "--project-id", project["id"], "-o", "csv"))
    assert {row["label"] for row in everything} == {f"n{index}" for index in range(520)}
    assert len(json.loads(cli.ok("manage", "token", "list", "--project-id", project["id"], "--json"))) == 520
    assert len(rows(cli.ok("manage", "token", "list", "--project-id", project["id"], "-o", "csv", "--limit", "7"))) == 7


def test_a_page_is_printed_before_the_next_is_asked_for(scripted):
    server, cli = scripted

    def first(exchange):
        body = json.dumps([{"id": "a"}]).encode()
        exchange.head(200, {"Content-Type": "application/json", "Content-Length": len(body), "X-Next-After": "k 1"})
        exchange.send(body)

    server.answers(first, lambda exchange: exchange.hold())
    with cli.spawn("manage", "token", "list", "--json", stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"[\n" and b"{" in process.stdout.readline()
        eventually(lambda: len(server.requests) == 2, "the second page to be asked for")
        assert "after=k%201" in server.requests[-1].target
        process.kill()


def test_a_long_list_takes_no_more_memory_than_a_short_one(scripted):
    server, cli = scripted
    page = json.dumps([{"id": f"{index:036}", "label": "x" * 200} for index in range(500)]).encode()

    def more(exchange):
        exchange.head(200, {"Content-Type": "application/json", "Content-Length": len(page), "X-Next-After": "k"})
        exchange.send(page)

    def peak(pages):
        server.answers(*[more] * (pages - 1), answers.whole(page))
        process = cli.spawn("manage", "token", "list", "-o", "csv", stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        return usage.ru_maxrss

    assert peak(40) < peak(2) + 16 * 1024


def test_numbered_pages_of_other_servers_are_walked_too(scripted):
    server, cli = scripted
    pages = [{"events": [{"id": str(number)}], "pagination": {"has_next": number < 3}} for number in (1, 2, 3)]
    server.answers(*(answers.whole(page) for page in pages))
    assert [row["id"] for row in json.loads(cli.ok("manage", "audit", "list", "--json"))] == ["1", "2", "3"]


def test_the_audit_trail_is_listed_and_shown(cli, mock_proxy, project):
    mock_proxy.management.create_token(project)
    found = rows(cli.ok("manage", "audit", "list", "--action", "token.create", "--project-id", project["id"], "-o", "csv"))
    assert len(found) == 1 and found[0]["outcome"] == "success"
    shown = cli.ok("manage", "audit", "show", found[0]["id"])
    assert "token.create" in shown and found[0]["id"] in shown
    assert rows(cli.ok("manage", "audit", "list", "--from", "2090-01-01", "-o", "csv")) == []


def test_tables_fit_the_terminal_and_pipes_lose_nothing(cli, mock_proxy, project):
    label = "日本語" * 20
    mock_proxy.management.create_token(project, label=label)
    words = ["manage", "token", "list", "--project-id", project["id"]]
    for columns in (60, 80, 120):
        for line in cli.ok(*words, variables={"COLUMNS": str(columns)}).splitlines():
            assert sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in line) <= columns
    out = cli.ok(*words)
    assert label in out and "\x1b" not in out


def test_labels_cannot_harm_a_spreadsheet_or_a_terminal(scripted):
    server, cli = scripted
    server.answers(answers.whole([{"id": "1", "label": "=HYPERLINK(\"x\")"}]))
    assert rows(cli.ok("manage", "token", "list", "-o", "csv"))[0]["label"].startswith("'=")
    server.answers(answers.whole([{"id": "1", "label": "a\u001b[31mb\nc"}]))
    out = cli.ok("manage", "token", "list")
    assert "\x1b" not in out and len(out.splitlines()) == 2


# What else a server keeps


USAGE = {"usage": [{"project_id": "1", "project_name": "a", "requests": 3, "errors": 1, "input_tokens": 30, "output_tokens": 20,
                    "total_tokens": 50, "cost_micros": 1_500_000, "latency_ms_avg": 12}],
         "totals": {"requests": 3, "errors": 1, "input_tokens": 30, "output_tokens": 20, "total_tokens": 50,
                    "cost_micros": 1_500_000, "latency_ms_avg": 12}, "currency": "USD", "next": None}


def test_usage_is_a_table_with_totals_csv_or_json(scripted):
    server, cli = scripted
    server.answers(answers.whole(USAGE))
    first, row, total = cli.ok("manage", "usage", "--group-by", "project,model", "--from", "2026-01-01").splitlines()
    assert first.split()[:4] == ["Project", "Model", "Requests", "Errors"] and "1.50" in row and total.startswith("total")
    assert "group_by=project%2Cmodel" in server.requests[-1].target and "from=2026-01-01T00%3A00%3A00Z" in server.requests[-1].target
    server.answers(answers.whole(USAGE))
    assert rows(cli.ok("manage", "usage", "-o", "csv"))[0]["cost_micros"] == "1500000"
    server.answers(answers.whole(USAGE | {"next": "k"}), answers.whole(USAGE))
    document = json.loads(cli.ok("manage", "usage", "--json"))
    assert len(document["usage"]) == 2 and document["totals"]["requests"] == 3 and document["currency"] == "USD"
    assert cli.run("manage", "usage", "--group-by", "colour").code == 64


def test_usage_can_be_watched_until_ctrl_c(scripted):
    server, cli = scripted
    server.answers(*[answers.whole(USAGE)] * 200)
    process = cli.spawn("manage", "usage", "--watch", "--interval", "1s", "--json", stdout=subprocess.PIPE)
    with process:
        for _ in range(2):
            assert json.loads(process.stdout.readline())["totals"]["requests"] == 3
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def test_plugins_and_pipeline_are_tables(scripted):
    server, cli = scripted
    hooks = [{"hook": "request_headers", "calls": 4, "failures": 1, "total_us": 40, "avg_us": 10},
             {"hook": "log", "calls": 4, "failures": 0, "total_us": 0, "avg_us": 0}]
    image = {"file": "auth.so", "sha256": "ab", "id": "org.llm-proxy.auth", "version": "0.2.0", "runtime": "c", "vendor": "v",
             "components": ["auth"], "generation": 1, "in_flight": 0, "hooks": hooks}
    server.answers(answers.whole([image]))
    line = cli.ok("manage", "plugins").splitlines()[1].split()
    assert line[:3] == ["auth.so", "org.llm-proxy.auth", "0.2.0"] and line[-2:] == ["8", "1"]
    stage = {"name": "auth", "use": "core.auth", "plugin": image, "on_error": "closed", "hooks": hooks}
    server.answers(answers.whole({"generation": 1, "stages": [stage], "adapters": [{"api": "openai"} | stage]}))
    lines = cli.ok("manage", "pipeline").splitlines()
    assert lines[1].split()[:2] == ["auth", "core.auth"] and lines[2].startswith("adapter of openai")


def test_purging_the_cache_says_what_happened(scripted, cli):
    server, command = scripted
    for answer, said in [({"deleted": True}, "Cache entry deleted successfully"), ({"deleted": False}, "Cache entry was not found"),
                         ({"deleted": 3}, "Cache prefix purge completed: 3 entries deleted")]:
        server.answers(answers.whole(answer))
        assert command.ok("manage", "cache", "purge", "--url", "/v1/models", "--prefix", "/v1").strip() == said
    assert server.requests[-1].json() == {"method": "GET", "url": "/v1/models", "prefix": "/v1"}


# How it ends


@pytest.mark.parametrize("status, code", [
    (400, 6), (401, 3), (403, 3), (404, 4), (409, 5), (412, 5), (413, 6), (429, 7), (500, 1), (503, 7), (302, 1)])
def test_each_refusal_has_its_exit_code_and_the_servers_sentence(scripted, status, code):
    server, cli = scripted
    server.answers(answers.whole({"error": "the server's sentence", "code": "some_code"}, status=status, reason="No"))
    result = cli.run("manage", "project", "list")
    assert result.code == code and "the server's sentence (some_code)" in result.error and not result.out, result
    assert "mgmt-canary" not in result.error


def test_an_answer_that_is_not_of_llm_proxy_is_told(scripted):
    server, cli = scripted
    for script in (answers.whole(b"<html>", status=404, reason="No"), answers.whole(b"<html>"), answers.whole({"a": 1})):
        server.answers(script)
        result = cli.run("manage", "project", "list")
        assert result.code != 0 and "is this the address of llm-proxy?" in result.error, result


def test_an_unreachable_server_is_named_with_the_remedy(tmp_path):
    port = free_port()
    cli = CLI(tmp_path, MANAGEMENT_API_BASE_URL=f"http://127.0.0.1:{port}", MANAGEMENT_TOKEN="mgmt-canary")
    result = cli.run("manage", "project", "list")
    assert result.code == 2
    for part in (f"http://127.0.0.1:{port}", "connection refused", "llm-proxy server", "--manage-api-base-url"):
        assert part in result.error, result
    unresolved = cli.run("manage", "project", "list", "--manage-api-base-url", "http://no.such.host.invalid")
    assert unresolved.code == 2 and "does not resolve" in unresolved.error
    for wrong in ("localhost:8080", "http://user:secret@localhost", "ftp://x"):
        assert cli.run("manage", "project", "list", "--manage-api-base-url", wrong).code == 64


def test_a_server_that_says_nothing_is_given_up(scripted):
    server, cli = scripted
    server.answers(lambda exchange: exchange.hold())
    result = cli.run("manage", "project", "list", "--timeout", "1s")
    assert result.code == 2 and "no answer" in result.error and "--timeout" in result.error
    server.answers(lambda exchange: exchange.close())
    assert cli.run("manage", "project", "list").code == 2


def test_the_management_token_is_needed_and_comes_from_env_files_too(mock_proxy, tmp_path):
    cli = CLI(tmp_path, MANAGEMENT_API_BASE_URL=mock_proxy.base_url)
    missing = cli.run("manage", "project", "list")
    assert missing.code == 3 and "MANAGEMENT_TOKEN" in missing.error
    (tmp_path / ".env").write_text(f"MANAGEMENT_TOKEN={mock_proxy.management_token}\n")
    cli.ok("manage", "project", "list")
    (tmp_path / "other.env").write_text("MANAGEMENT_TOKEN=wrong\n")
    assert cli.run("manage", "project", "list", "--env", "other.env").code == 3
    assert cli.run("manage", "project", "list", "--management-token", mock_proxy.management_token, "--env", "other.env").code == 0
    (tmp_path / "broken.env").write_text("this is no variable\n")
    assert cli.run("manage", "project", "list", "--env", "broken.env").code == 78


def test_the_server_follows_from_the_listen_address(mock_proxy, tmp_path):
    cli = CLI(tmp_path, LISTEN_ADDR=f":{mock_proxy.port}", MANAGEMENT_TOKEN=mock_proxy.management_token)
    cli.ok("manage", "project", "list")
    cli.ok("--manage-api-base-url", mock_proxy.base_url, "manage", "project", "list", variables={"LISTEN_ADDR": ":1"})


def test_a_token_that_cannot_be_sent_is_not_sent(scripted):
    server, cli = scripted
    result = cli.run("manage", "project", "list", variables={"MANAGEMENT_TOKEN": "top secret\ttoken"})
    assert result.code != 0 and "top secret" not in result.error and not server.requests


def test_certificates_are_verified(authority, tmp_path):
    server = Provider(tls=authority.server("localhost"))
    server.reset(answers.whole([]))
    cli = CLI(tmp_path, MANAGEMENT_API_BASE_URL=f"https://localhost:{server.port}", MANAGEMENT_TOKEN="mgmt-canary")
    try:
        refused = cli.run("manage", "project", "list")
        assert refused.code == 2 and "not trusted" in refused.error and "--ca-file" in refused.error and not server.requests
        cli.ok("manage", "project", "list", "--ca-file", authority.file)
        other = cli.run("manage", "project", "list", "--ca-file", authority.file, "--manage-api-base-url",
                        f"https://127.0.0.1:{server.port}")
        assert other.code == 2 and "not trusted" in other.error
        assert cli.run("manage", "project", "list", "--ca-file", "missing.pem").code == 1
    finally:
        server.stop()


def test_ctrl_c_ends_a_command_at_once(scripted):
    server, cli = scripted
    server.answers(lambda exchange: exchange.hold())
    with cli.spawn("manage", "project", "list") as process:
        eventually(lambda: server.requests, "the request")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == -signal.SIGINT


def test_a_reader_that_leaves_ends_the_command_quietly(cli, mock_proxy, project):
    for _ in range(20):
        mock_proxy.management.create_token(project)
    with cli.spawn("manage", "token", "list", "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.wait(20) == 141
        assert process.stderr.read() == b""
