#!/usr/bin/env python3
"""Measures what the state of the proxy costs, against the figures it must keep; prints a table in Markdown.

    python3 Tests/Benchmark/state.py [--tree build] [creations] [start] [lookup] [management]

`creations`   10,000 access tokens through the REST API, durable, on two cores
`start`       a start with 1,000,000 tokens in the database: time and memory
`lookup`      CPU of one exchange with 1,000,000 tokens beside its CPU with one
`management`  the proxy's p99 while management writes as fast as it can, beside its p99 without
"""

import argparse
import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import statistics
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

TOKEN = "management-token-of-the-benchmark"
TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """The program on a database of its own, with the mock provider; two cores."""

    def __init__(self, tree, folder, loops=2):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder = Path(folder)
        self.environment = {
            "PATH": os.environ["PATH"], "MANAGEMENT_TOKEN": TOKEN, "LISTEN_ADDR": f"127.0.0.1:{self.port}",
            "DATABASE_PATH": str(self.folder / "llm-proxy.db"), "AUDIT_LOG_FILE": str(self.folder / "audit.log"),
            "LLM_PROXY_MOCK": "true", "LOG_LEVEL": "warn", "LLM_PROXY_EVENT_LOOPS": str(loops),
            "LLM_PROXY_EXCHANGE_LOG_FILE": "/dev/null"}
        self.binary = Path(tree).resolve() / "bin" / "llm-proxy"

    def __enter__(self):
        began = time.monotonic()
        self.process = subprocess.Popen([self.binary, "server"], env=self.environment, cwd=self.folder,
                                        stdout=open(self.folder / "log", "ab"), stderr=subprocess.STDOUT)
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port)):
                    break
            except OSError:
                assert self.process.poll() is None, (self.folder / "log").read_text()
                time.sleep(0.002)
        self.started_seconds = time.monotonic() - began
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)

    def status(self, name):
        return int(re.search(rf"{name}:\s+(\d+)", Path(f"/proc/{self.process.pid}/status").read_text())[1]) / 1024

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def connection(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def call(self, connection, path, body):
        connection.request("POST", path, json.dumps(body), {
            "Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"})
        answer = connection.getresponse()
        document = json.loads(answer.read())
        assert answer.status == 201, document
        return document

    def token(self):
        connection = self.connection()
        project = self.call(connection, "/manage/projects", {"name": uuid.uuid4().hex, "api_key": "k"})
        return project["id"], self.call(
            connection, "/manage/tokens", {"project_id": project["id"], "duration_hours": 24})["token"]


def million(folder, tree, count=1_000_000, change=""):
    """A database with `count` tokens of one project, made by the program and filled by hand; then `change` is executed."""
    with Server(tree, folder) as server:
        server.token()
    database = sqlite3.connect(Path(folder) / "llm-proxy.db", isolation_level=None)
    (project,) = database.execute("SELECT id FROM projects").fetchone()
    # Indexes are built faster at once than row by row, and a mass import is no change that a server has to be told.
    parts = database.execute("SELECT type, name, sql FROM sqlite_master WHERE tbl_name = 'tokens' AND sql IS NOT NULL"
                             " AND type IN ('index', 'trigger')").fetchall()
    database.executescript("PRAGMA cache_size = -1000000; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY; BEGIN;"
                           + "".join(f"DROP {kind} {name};" for kind, name, _ in parts))
    database.execute(f"""
        WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers LIMIT {count}),
          random(n, id, hash) AS (SELECT n, lower(hex(randomblob(16))), lower(hex(randomblob(32))) FROM numbers)
        INSERT INTO tokens (id, token, token_mask, project_id, expires_at, is_active, request_count, max_requests, created_at)
        SELECT substr(id, 1, 8) || '-' || substr(id, 9, 4) || '-' || substr(id, 13, 4) || '-' || substr(id, 17, 4) || '-'
          || substr(id, 21), hash, 'sk-AAAA**************AAAA', ?, '2099-01-01 00:00:00+00:00', 1, 0,
          CASE WHEN n % 2 THEN 1000 END, '2026-01-01 00:00:00+00:00' FROM random""", (project,))
    database.execute(change)
    for _, _, sql in parts:
        database.execute(sql)
    database.execute("COMMIT")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def creations(folder, seconds=10):
    """The time of 10,000 creations, from what is made in some seconds by one client and by eight."""
    rows = []
    with Server(ARGUMENTS.tree, folder) as server:
        project, _ = server.token()
        for clients in (1, 8):
            before = server.cpu_seconds()
            made, p99 = outcome(creating(server, project, seconds, clients))
            cpu = (server.cpu_seconds() - before) / made
            rows.append((f"10,000 creations, {clients} client{'s' if clients > 1 else ''}",
                         f"{seconds / made * 10_000:.1f} s (p99 {p99 / 1000:.1f} ms, {cpu * 1e6:.0f} µs of CPU each)", "≤ 30 s"))
    return rows


def start(folder):
    million(folder, ARGUMENTS.tree)
    seconds, cpu, memory, peak = [], [], [], []
    for _ in range(3):
        with Server(ARGUMENTS.tree, folder) as server:
            seconds.append(server.started_seconds)
            cpu.append(server.cpu_seconds())
            memory.append(server.status("VmRSS"))
            peak.append(server.status("VmHWM"))
    return [("start with 1,000,000 tokens", f"{statistics.median(seconds):.2f} s ({statistics.median(cpu):.2f} s of CPU)", "≤ 3 s"),
            ("resident memory then", f"{statistics.median(memory):.0f} MiB (peak {max(peak):.0f} MiB)", "≤ 300 MiB")]


DONE = """
done = function(summary, latency)
  io.write(string.format("%d %f %d\\n", summary.requests, latency:percentile(99), summary.errors.status))
end
"""


def load(server, script, seconds, connections):
    """Starts `wrk`; its last line is requests, p99 in microseconds, answers that were errors."""
    file = server.folder / f"{uuid.uuid4().hex}.lua"
    file.write_text(script + DONE)
    return subprocess.Popen(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", file, f"http://127.0.0.1:{server.port}/v1/models"],
        stdout=subprocess.PIPE, text=True)


def outcome(process):
    requests, p99, errors = process.communicate()[0].strip().splitlines()[-1].split()
    assert process.returncode == 0 and errors == "0", (requests, errors)
    return int(requests), float(p99)


def traffic(server, token, seconds, connections=16, pause_ms=0):
    """Exchanges, one after the other on each connection, or with pauses of `pause_ms` on average."""
    script = f'wrk.method = "GET"\nwrk.headers["Authorization"] = "Bearer {token}"\n'
    if pause_ms:
        script += f"function delay() return math.random(0, {2 * pause_ms}) end\n"
    return outcome(load(server, script, seconds, connections))


def creating(server, project, seconds, connections=4):
    """Management at full speed: creations of tokens, one after the other on each connection."""
    body = json.dumps({"project_id": project, "duration_hours": 24})
    return load(server, f'wrk.method, wrk.path = "POST", "/manage/tokens"\nwrk.body = \'{body}\'\n'
                f'wrk.headers["Authorization"] = "Bearer {TOKEN}"\n', seconds, connections)


def lookup(folder):
    """Rounds in turn on two servers, one with a million tokens: medians of CPU per exchange."""
    small = tempfile.mkdtemp(dir=folder)
    large = tempfile.mkdtemp(dir=folder)
    million(large, ARGUMENTS.tree)
    costs = {"one token": [], "a million": []}
    with Server(ARGUMENTS.tree, small, 1) as one, Server(ARGUMENTS.tree, large, 1) as many:
        tokens = [(name, server, server.token()[1]) for name, server in (("one token", one), ("a million", many))]
        for _, server, token in tokens:
            traffic(server, token, 1)
        for _ in range(7):
            for name, server, token in tokens:
                before = server.cpu_seconds()
                requests, _ = traffic(server, token, 2)
                costs[name].append((server.cpu_seconds() - before) / requests * 1e6)
    medians = {name: statistics.median(values) for name, values in costs.items()}
    difference = medians["a million"] - medians["one token"]
    return [("CPU of an exchange with one token", f"{medians['one token']:.2f} µs", ""),
            ("with one in 1,000,000", f"{medians['a million']:.2f} µs ({difference:+.2f} µs)", "≤ +1 µs")]


def management(folder):
    """p99 of traffic at a fixed rate (about 1,500 a second), in rounds with and without management at full speed."""
    with Server(ARGUMENTS.tree, folder) as server:
        project, token = server.token()
        quiet, loaded, made = [], [], []
        paced = {"connections": 16, "pause_ms": 10}
        traffic(server, token, 2, **paced)
        for _ in range(7):
            quiet.append(traffic(server, token, 4, **paced)[1])
            writer = creating(server, project, 5)
            loaded.append(traffic(server, token, 4, **paced)[1])
            made.append(outcome(writer)[0] / 5)
    before, during = statistics.median(quiet), statistics.median(loaded)
    return [("p99 of traffic at about 1,500 exchanges/s, quiet", f"{before / 1000:.2f} ms", ""),
            (f"with {statistics.median(made):.0f} creations/s beside it",
             f"{during / 1000:.2f} ms ({(during / before - 1) * 100:+.0f} %)", "≤ +20 %")]


MEASUREMENTS = {"creations": creations, "start": start, "lookup": lookup, "management": management}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tree", default="build")
    parser.add_argument("what", nargs="*", choices=[*MEASUREMENTS, []], default=[])
    ARGUMENTS = parser.parse_args()
    print("| figure | measured | must |\n|---|---|---|", flush=True)
    for name in ARGUMENTS.what or MEASUREMENTS:
        with tempfile.TemporaryDirectory(prefix="state-") as folder:
            for row in MEASUREMENTS[name](folder):
                print("| " + " | ".join(row) + " |", flush=True)
