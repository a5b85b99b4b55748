"""`kill -9` at random points under load: no limit is exceeded, nothing acknowledged is lost, the books balance."""

import json
import random
import sqlite3
import subprocess
import threading
import time

import pytest
from support import settings
from support.paths import BINARY
from support.proxy import Proxy
from support.wire import Closed

CRASHES = 50
SEED = 20_251_127
# Of a token's remaining counts 1 in 32 is held in memory, at least 1, at most 1,000 (docs/operations.md).
LEASE_FRACTION, LEASE_CAP = 32, 1000
LIMITS = (2500, 1200, 300, 40)
WORKERS = 3
PRICES = {"currency": "USD", "models": [{"match": "*", "input_per_million": 1000, "output_per_million": 1000}]}
BUDGETS = (600_000, 50_000_000)
CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 16}


class Traffic:
    """Clients of limited tokens: what they were answered, and how many questions a crash left open."""

    def __init__(self, tokens):
        self.tokens = tokens
        self.lock = threading.Lock()
        self.served = {token: 0 for token in tokens}
        self.open = {token: 0 for token in tokens}

    def ask(self, token, client, body=None):
        with self.lock:
            self.open[token] += 1
        client.ask("POST" if body else "GET", "/v1/chat/completions" if body else "/v1/models", body=body, token=token)
        answer = client.answer()
        if not answer.is_whole:
            raise Closed()
        with self.lock:
            self.open[token] -= 1
            self.served[token] += answer.status == 200
        assert answer.status in (200, 429), answer
        return answer.status

    def run(self, proxy, seed, stop, body=None):
        choice = random.Random(seed)
        try:
            with proxy.client() as client:
                while not stop.is_set():
                    self.ask(choice.choice(self.tokens), client, body)
        except (OSError, Closed):
            pass  # the crash


class Changes:
    """An operator's script: everything it was told is done, to be found again afterwards."""

    def __init__(self, project):
        self.project = project
        self.created, self.revoked, self.limits, self.projects = {}, set(), {}, set()
        self.failures = []

    def run(self, proxy, seed, stop):
        choice, number = random.Random(seed), 0
        try:
            while not stop.is_set():
                number += 1
                label = f"{seed}-{number}"
                token = proxy.management.create_token(self.project, label=label)
                self.created[token["id"]] = label
                what = choice.randrange(4)
                if what == 0:
                    proxy.management.revoke(token["id"])
                    self.revoked.add(token["id"])
                elif what == 1:
                    proxy.management.change_token(token["id"], max_requests=number)
                    self.limits[token["id"]] = number
                elif what == 2:
                    self.projects.add(proxy.management.create_project()["id"])
        except (OSError, Closed, AssertionError, json.JSONDecodeError) as failure:
            if not self.died.wait(30):
                self.failures.append(failure)

    def check(self, database):
        rows = {row[0]: row[1:] for row in database.execute("SELECT id, label, is_active, max_requests FROM tokens")}
        for identifier, label in self.created.items():
            assert identifier in rows, f"token {label} was acknowledged and is lost"
            assert rows[identifier][0] == label
        for identifier in self.revoked:
            assert rows[identifier][1] == 0, f"revocation of {identifier} was acknowledged and is lost"
        for identifier, limit in self.limits.items():
            assert rows[identifier][2] == limit
        held = {identifier for (identifier,) in database.execute("SELECT id FROM projects")}
        assert self.projects <= held
        audited = {identifier for (identifier,) in database.execute(
            "SELECT token_id FROM audit_events WHERE action = 'token.create' AND outcome = 'success'")}
        assert set(self.created) <= audited, "an acknowledged change is not in the audit trail"


def check_file(proxy, *command):
    done = subprocess.run([BINARY, *command, "--db", str(proxy.folder / "llm-proxy.db"), "--json"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def check_ledger(database, tokens):
    """The sum of the entries is the balance, for every token and project, and in the roll-ups."""
    sums = {}
    for scope, column in ((1, "project_id"), (2, "token_id")):
        sums |= {(scope, identifier): micros for identifier, micros in database.execute(
            f"SELECT {column}, sum(charged_micros) FROM usage_entries WHERE charged_micros > 0 GROUP BY {column}")}
    balances = {(scope, identifier): total for scope, identifier, total in database.execute(
        "SELECT scope, id, total_micros FROM usage_balances WHERE total_micros > 0")}
    assert balances == sums
    assert all((2, token["id"]) in balances for token in tokens), "both were charged"
    for table in ("usage_hours", "usage_days"):
        entries = database.execute("SELECT count(*), sum(total_tokens), sum(charged_micros) FROM usage_entries").fetchone()
        assert database.execute(f"SELECT sum(requests), sum(total_tokens), sum(charged_micros) FROM {table}").fetchone() == entries
    # Used up to within one request's reservation: what a process held when it was killed was not lost.
    left = BUDGETS[0] - balances[(2, tokens[0]["id"])]
    assert 0 <= left <= BUDGETS[0] // 5, left


@pytest.mark.timeout(600)
def test_fifty_crashes_exceed_no_limit_and_lose_nothing_acknowledged(tmp_path):
    configuration = settings.configuration("http://mock.invalid", adapter="mock") | {"prices": PRICES}
    environment = {"LOG_LEVEL": "warn"}
    proxy = Proxy(tmp_path / "proxy", configuration, environment).start()
    project = proxy.management.create_project()
    tokens = [proxy.management.create_token(project, max_requests=limit) for limit in LIMITS]
    limits = {token["token"]: limit for token, limit in zip(tokens, LIMITS)}
    budgeted = [proxy.management.create_token(project, budget={"total_micros": budget}) for budget in BUDGETS]
    traffic, changes = Traffic(list(limits)), Changes(project)
    paid = Traffic([token["token"] for token in budgeted])
    choice = random.Random(SEED)
    forfeitable = dict.fromkeys(limits, 0)
    for crash in range(CRASHES):
        stop, changes.died = threading.Event(), threading.Event()
        threads = [threading.Thread(target=traffic.run, args=(proxy, crash * 100 + n, stop)) for n in range(WORKERS)]
        threads.append(threading.Thread(target=changes.run, args=(proxy, crash, stop)))
        threads += [threading.Thread(target=paid.run, args=(proxy, crash * 10 + n, stop, CHAT)) for n in range(2)]
        for thread in threads:
            thread.start()
        # The moment is random on purpose: what is tested must hold at every one.
        time.sleep(choice.uniform(0.0, 0.4))
        for token, limit in limits.items():
            remaining = limit - traffic.served[token]
            forfeitable[token] += max(WORKERS, min(LEASE_CAP, remaining // LEASE_FRACTION + 1)) if remaining > 0 else 0
        proxy.kill()
        stop.set()
        changes.died.set()
        for thread in threads:
            thread.join()
        if crash % 10 == 0:
            check_file(proxy, "audit", "verify")
        proxy.start()
    drain(proxy, traffic)
    with proxy.client() as client:
        # A budget that is used up stays used up, whatever crashed.
        while paid.ask(paid.tokens[0], client, CHAT) == 200:
            pass
    assert proxy.stop() == 0
    for token, limit in limits.items():
        served, unknown = traffic.served[token], traffic.open[token]
        assert served <= limit, f"{served} requests passed with limit {limit}"
        lost = limit - served - unknown
        assert lost <= forfeitable[token], f"{lost} of {limit} forfeited, {forfeitable[token]} documented"
    assert not changes.failures, changes.failures
    assert changes.created and changes.revoked and changes.limits and changes.projects
    assert check_file(proxy, "database", "check")["ok"]
    assert check_file(proxy, "audit", "verify")["ok"]
    with sqlite3.connect(proxy.folder / "llm-proxy.db") as database:
        changes.check(database)
        check_ledger(database, budgeted)
        for token, limit in limits.items():
            assert database.execute("SELECT count(*) FROM tokens WHERE request_count > max_requests").fetchone() == (0,)


def drain(proxy, traffic):
    """Uses up what is left of every token."""
    with proxy.client() as client:
        for token in traffic.tokens:
            while traffic.ask(token, client) == 200:
                pass
