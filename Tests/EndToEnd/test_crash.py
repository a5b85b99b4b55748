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


class Traffic:
    """Clients of limited tokens: what they were answered, and how many questions a crash left open."""

    def __init__(self, tokens):
        self.tokens = tokens
        self.lock = threading.Lock()
        self.served = {token: 0 for token in tokens}
        self.open = {token: 0 for token in tokens}

    def ask(self, proxy, token, client):
        with self.lock:
            self.open[token] += 1
        client.ask("GET", "/v1/models", token=token)
        answer = client.answer()
        if not answer.is_whole:
            raise Closed()
        with self.lock:
            self.open[token] -= 1
            self.served[token] += answer.status == 200
        assert answer.status in (200, 429), answer
        return answer.status

    def run(self, proxy, seed, stop):
        choice = random.Random(seed)
        try:
            with proxy.client() as client:
                while not stop.is_set():
                    self.ask(proxy, choice.choice(self.tokens), client)
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


@pytest.mark.timeout(600)
def test_fifty_crashes_exceed_no_limit_and_lose_nothing_acknowledged(tmp_path):
    configuration = settings.configuration("http://mock.invalid", adapter="mock")
    environment = {"LOG_LEVEL": "warn"}
    proxy = Proxy(tmp_path / "proxy", configuration, environment).start()
    project = proxy.management.create_project()
    tokens = [proxy.management.create_token(project, max_requests=limit) for limit in LIMITS]
    limits = {token["token"]: limit for token, limit in zip(tokens, LIMITS)}
    traffic, changes = Traffic(list(limits)), Changes(project)
    choice = random.Random(SEED)
    forfeitable = dict.fromkeys(limits, 0)
    for crash in range(CRASHES):
        stop, changes.died = threading.Event(), threading.Event()
        threads = [threading.Thread(target=traffic.run, args=(proxy, crash * 100 + n, stop)) for n in range(WORKERS)]
        threads.append(threading.Thread(target=changes.run, args=(proxy, crash, stop)))
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
        for token, limit in limits.items():
            assert database.execute("SELECT count(*) FROM tokens WHERE request_count > max_requests").fetchone() == (0,)


def drain(proxy, traffic):
    """Uses up what is left of every token."""
    with proxy.client() as client:
        for token in traffic.tokens:
            while traffic.ask(proxy, token, client) == 200:
                pass
