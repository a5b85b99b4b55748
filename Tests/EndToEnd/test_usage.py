"""Every exchange leaves one entry in the ledger, and what is asked of the ledger is answered from its sums."""

import csv
import io
import os
import re
import sqlite3
import subprocess
import threading
import time
from contextlib import closing

import pytest
import yaml
from support import answers, settings
from support.ledger import check_balances, entries, rows
from support.paths import REPOSITORY
from support.proxy import eventually

PRICES = {"models": [
    {"match": "gpt-4o", "input_per_million": 2, "cached_input_per_million": 1, "output_per_million": 8}]}


@pytest.fixture
def metered(start, provider):
    document = settings.configuration(provider.origin, timeouts={"response_header": "2s"})
    document["prices"] = PRICES
    return start(document)


def usage(proxy, query=""):
    return proxy.management.call("GET", f"/manage/usage{query}", expect=200).json()


def test_every_way_an_exchange_can_end_leaves_exactly_one_entry(metered, provider):
    token = metered.management.create_token(max_requests=5)
    secret = token["token"]
    assert metered.chat(secret).status == 200
    provider.reset(answers.stream(answers.delta("a"), answers.USAGE_CHUNK))
    assert metered.chat(secret, stream=True).status == 200
    provider.reset(answers.whole({"error": {"message": "no"}}, 500))
    assert metered.chat(secret).status == 500
    provider.reset(answers.close)
    assert metered.chat(secret).status == 502
    provider.reset(answers.silent)
    assert metered.chat(secret).status == 504
    assert metered.chat(secret).status == 429
    assert metered.chat("sk-" + "x" * 22).status == 401
    eventually(lambda: len(entries(metered)) == 6, "six entries")
    found = entries(metered, token_id=token["id"])
    assert [(entry["status"], entry["outcome"], entry["provenance"]) for entry in found] == [
        (200, "completed", "reported"), (200, "completed", "reported"), (500, "completed", "none"),
        (502, "upstream_failed", "none"), (504, "upstream_failed", "none"), (429, "refused", "none")]
    assert [entry["charged_micros"] for entry in found] == [42, 34, 0, 0, 0, None]
    assert all(entry["model"] == "gpt-4o" and entry["api"] == "openai" for entry in found[:5])
    check_balances(metered)


def test_a_client_that_leaves_a_stream_pays_for_the_events_it_was_sent(metered, provider):
    token = metered.management.create_token()
    gate = threading.Event()
    provider.reset(answers.stream_until(gate, *[answers.delta(word) for word in "abcdefg"]))
    with metered.client() as client:
        client.ask("POST", "/v1/chat/completions", token=token["token"], body={
            "model": "gpt-4o", "stream": True, "messages": [{"role": "user", "content": "x" * 400}]})
        client.head()
        for _ in range(7):
            client.event()
        client.reset()
    (entry,) = eventually(lambda: entries(metered, token_id=token["id"]), "the entry")
    gate.set()
    assert (entry["outcome"], entry["provenance"], entry["output_tokens"]) == ("client_gone", "counted", 7)
    assert 100 < entry["input_tokens"] < 140  # one token for four bytes of the body
    assert entry["charged_micros"] == entry["input_tokens"] * 2 + 7 * 8


def test_an_answer_without_usage_is_estimated_from_its_bytes(metered, provider):
    token = metered.management.create_token()
    document = answers.completion("word " * 200)
    del document["usage"]
    provider.reset(answers.whole(document))
    answer = metered.chat(token["token"])
    (entry,) = eventually(lambda: entries(metered, token_id=token["id"]), "the entry")
    assert (entry["provenance"], entry["output_tokens"]) == ("estimated", -(-len(answer.body) // 4))
    picture = "data:image/png;base64," + "A" * 100_000
    metered.chat(token["token"], messages=[{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": picture}}]}])
    second = eventually(lambda: entries(metered, token_id=token["id"])[1:], "the second entry")[0]
    assert 1100 < second["input_tokens"] < 1200  # a picture is not its base64


def test_sums_agree_with_the_entries_and_are_priced_when_they_are_read(metered, provider):
    first = metered.management.create_token(label="first")
    second = metered.management.create_token(label="second")
    for token, count in ((first, 3), (second, 2)):
        for _ in range(count):
            assert metered.chat(token["token"]).status == 200
    assert metered.chat(first["token"], model="unheard-of").status == 200
    eventually(lambda: usage(metered)["totals"]["requests"] == 6, "six requests")
    report = usage(metered, "?group_by=token,model")
    by_key = {(row["token_label"], row["model"]): row for row in report["usage"]}
    assert by_key["first", "gpt-4o"]["cost_micros"] == 3 * 42
    assert by_key["second", "gpt-4o"]["total_tokens"] == 24
    assert by_key["first", "unheard-of"]["cost_micros"] is None
    assert report["totals"]["cost_micros"] == 5 * 42 and report["totals"]["unpriced_requests"] == 1
    day = time.strftime("%Y-%m-%d", time.gmtime())
    assert {row["day"] for row in usage(metered, "?group_by=day")["usage"]} <= {day, usage(metered)["usage"][0]["day"]}
    listed = metered.management.call("GET", f"/manage/usage/entries?token_id={first['id']}&limit=2", expect=200)
    assert len(listed.json()) == 2 and listed.headers.get("x-next-after")
    check_balances(metered)
    # A higher price, and the same usage costs more; what was charged stays.
    metered.stop()
    document = settings.configuration(provider.origin)
    document["prices"] = {"models": [{"match": "gpt-4o", "input_per_million": 4, "output_per_million": 16}]}
    metered.configure(document)
    metered.start()
    totals = usage(metered)["totals"]
    assert totals["cost_micros"] == 5 * (9 * 4 + 3 * 16) and totals["charged_micros"] == 5 * 42


def test_a_table_opens_right_whatever_things_are_called(metered):
    name = '=HYPERLINK("http://evil.example","x")'
    project = metered.management.create_project(name=name)
    token = metered.management.create_token(project, label="+1,\"2\"; @SUM(A1)")
    metered.chat(token["token"], model="-2+3\r\nnext \u2028 \U0001f4b0")
    eventually(lambda: usage(metered)["totals"]["requests"] == 1, "the request")
    answer = metered.management.call("GET", "/manage/usage?group_by=project,token,model&format=csv", expect=200)
    assert answer.headers.get("content-type") == "text/csv; charset=utf-8"
    table = list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))
    assert len(table) == 1
    assert table[0]["project_name"] == "'" + name and table[0]["token_label"] == "'+1,\"2\"; @SUM(A1)"
    assert table[0]["model"].startswith("'-2+3\r\nnext") and table[0]["requests"] == "1"
    for row in csv.reader(io.StringIO(answer.body.decode(), newline="")):
        assert all(not cell or cell[0] not in "=+-@\t\r" for cell in row), row


def test_the_commands_of_the_documentation_work(metered):
    page = (REPOSITORY / "docs" / "usage-and-cost.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    project = metered.management.create_project()
    token = metered.management.create_token(project)
    environment = {"PATH": os.environ["PATH"], "URL": metered.base_url, "MANAGEMENT_TOKEN": metered.management_token,
                   "PROJECT": project["id"], "TOKEN_ID": token["id"]}
    commands = [line for block in blocks for line in block.splitlines()]
    assert len(commands) == 6
    for command in commands:
        done = subprocess.run(["bash", "-c", command.replace("curl -s", "curl -sS --fail-with-body")], env=environment,
                              capture_output=True, text=True)
        assert done.returncode == 0 and done.stdout, (command, done.stdout, done.stderr)
    assert metered.management.token(token["id"])["budget"]["total_micros"] == 1_000_000
    (shown,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    document = yaml.safe_load(metered.configuration_file.read_text()) | yaml.safe_load(shown)
    document["apis"]["local"] = document["apis"]["openai"]
    metered.stop()
    metered.configure(document)
    metered.start()


def test_the_price_table_in_force_is_shown(metered):
    table = metered.management.call("GET", "/manage/prices", expect=200).json()
    assert table["currency"] == "USD" and table["models"][0] == {
        "match": "gpt-4o", "provider": None, "input_per_million": 2, "cached_input_per_million": 1,
        "output_per_million": 8, "built_in": False}
    assert any(row["built_in"] for row in table["models"])


@pytest.mark.parametrize("prices, said", [
    ({"models": [{"match": "a", "input_per_million": "cheap", "output_per_million": 1}]}, "is not a price"),
    ({"models": [{"match": "a", "input_per_million": "0.0000001", "output_per_million": 1}]}, "finer than a micro-unit"),
    ({"models": [{"match": "a", "input_per_million": 1}]}, "prices.models[0].output_per_million: this is required"),
    ({"models": [{"match": "a[b]", "input_per_million": 1, "output_per_million": 1}]}, "brackets"),
    ({"models": [{"match": "a", "provider": "opnai", "input_per_million": 1, "output_per_million": 1}]},
     'did you mean "openai"?'),
    ({"models": [{"match": "a", "input_per_millions": 1, "output_per_million": 1}]}, "unknown key"),
    ({"currency": "dollars"}, "is not a currency"),
    ({"currency": "EUR", "built_in": True}, "the built-in prices are in USD"),
])
def test_a_wrong_price_is_refused_with_its_line(tmp_path, provider, prices, said):
    from support.proxy import Proxy
    document = settings.configuration(provider.origin)
    document["prices"] = prices
    proxy = Proxy(tmp_path / "proxy", document)
    code, output = proxy.refusal()
    assert code > 0 and said in output and "llm-proxy.yaml:" in output, output


@pytest.mark.timeout(300)
def test_a_million_entries_are_summed_listed_and_aged_in_bounded_time(start, provider):
    """Entries of two years are made beside the running program; the sums stand for them."""
    proxy = start()
    project = proxy.management.create_project()
    token = proxy.management.create_token(project)
    proxy.stop()
    now = int(time.time() * 1000)
    with closing(sqlite3.connect(proxy.folder / "llm-proxy.db")) as database:
        database.execute("DELETE FROM llmp_migrations WHERE version = 5")
        for table in ("usage_hours", "usage_days", "usage_balances", "usage_holds"):
            database.execute(f"DROP TABLE {table}")
        database.execute("""
            WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < 999999)
            INSERT INTO usage_entries (started_ms, duration_us, request_id, project_id, token_id, api, provider, model,
              operation, status, is_stream, outcome, input_tokens, output_tokens, cached_input_tokens,
              reasoning_tokens, total_tokens, provenance, request_bytes, response_bytes)
            SELECT ? - n * 5000, 1000, 'r' || n, ?, CASE n % 2 WHEN 0 THEN ? ELSE 't' || (n % 500) END, 'openai',
              'openai', 'gpt-4o', 'chat.completions', 200, 0, 'completed', 10, 1, 0, 0, 11, 'reported', 1, 1
            FROM number""", (now, project["id"], token["id"]))
        database.commit()
    proxy.environment["USAGE_RETENTION"] = "3650d"
    proxy.start()
    for query in ("?group_by=day", "?group_by=token", "?group_by=project,model,status", "?group_by=hour&limit=1000",
                  f"?group_by=day&token_id={token['id']}"):
        report = usage(proxy, query)
        assert report["totals"]["requests"] == (500_000 if "token_id" in query else 1_000_000)
    (last,) = proxy.management.call("GET", "/manage/usage/entries?token_id=t499&limit=1", expect=200).json()
    assert last["token_id"] == "t499"
    proxy.stop()
    proxy.environment["USAGE_RETENTION"] = "56d"
    proxy.start()
    kept = 56 * 86_400 // 5
    eventually(lambda: rows(proxy, "SELECT count(*) AS n FROM usage_entries")[0]["n"] <= kept + 1, "old entries to go", 100)
    assert proxy.chat(token["token"]).status == 200
    assert usage(proxy)["totals"]["requests"] >= 1_000_000
    assert (proxy.folder / "llm-proxy.db-wal").stat().st_size <= 64 << 20
