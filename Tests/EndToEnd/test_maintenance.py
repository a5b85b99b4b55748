"""The commands that work on the database file: backup, restore, check, rotation of keys, the audit trail."""

import base64
import json
import os
import sqlite3
import subprocess
import threading

import pytest
from support import settings
from support.environment import inherited
from support.paths import BINARY
from support.proxy import eventually

KEYS = [base64.b64encode(bytes([letter]) * 32).decode() for letter in b"abc"]


@pytest.fixture
def llm_proxy(tmp_path):
    """Runs a command with nothing in its environment but what is given."""
    def run(*arguments, expect=0, stdin=None, **variables):
        done = subprocess.run(
            [BINARY, *map(str, arguments)], cwd=tmp_path, env=inherited("PATH", **variables),
            capture_output=True, text=True, input=stdin, timeout=120)
        assert done.returncode == expect, (done.returncode, done.stdout, done.stderr)
        return done.stdout if expect == 0 or done.stdout else done.stderr
    return run


def database(proxy):
    return proxy.folder / "llm-proxy.db"


def mode(file):
    return file.stat().st_mode & 0o777


# Backup and restore

def test_a_backup_under_load_is_consistent_and_private(start, llm_proxy, tmp_path, provider):
    proxy = start()
    project = proxy.management.create_project()
    stop, made = threading.Event(), []

    def create():
        while not stop.is_set():
            made.append(proxy.management.create_token(project, max_requests=50))
            proxy.chat(made[-1]["token"])

    writers = [threading.Thread(target=create) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        for number in range(5):
            acknowledged = [token["id"] for token in list(made)]
            report = json.loads(llm_proxy("backup", tmp_path / f"{number}.db", "--db", database(proxy), "--json"))
            copy = tmp_path / f"{number}.db"
            assert mode(copy) == 0o600 and not list(tmp_path.glob(f"{number}.db?*"))
            with sqlite3.connect(f"file:{copy}?mode=ro", uri=True) as reader:
                assert reader.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                held = {identifier for (identifier,) in reader.execute("SELECT id FROM tokens")}
            # Whatever was acknowledged before the backup began is in it.
            assert set(acknowledged) <= held and report["tokens"] == len(held)
            assert "verified" in llm_proxy("audit", "verify", "--db", copy)
    finally:
        stop.set()
        for writer in writers:
            writer.join()


def test_a_backup_overwrites_nothing_unless_told(start, llm_proxy, tmp_path):
    proxy = start()
    (tmp_path / "kept.db").write_text("mine")
    assert "exists" in llm_proxy("backup", "kept.db", "--db", database(proxy), expect=1)
    assert (tmp_path / "kept.db").read_text() == "mine"
    llm_proxy("backup", "kept.db", "--db", database(proxy), "--force")
    assert "sound" in llm_proxy("database", "check", "--db", "kept.db")


def test_a_restore_waits_for_no_server_and_keeps_the_old_file(start, llm_proxy, tmp_path, provider):
    proxy = start()
    token = proxy.management.access_token()
    llm_proxy("backup", "copy.db", "--db", database(proxy))
    later = proxy.management.access_token()
    said = llm_proxy("restore", "copy.db", "--db", database(proxy), expect=1)
    assert str(proxy.process.pid) in said and "stop it" in said
    assert proxy.chat(later).status == 200
    assert proxy.stop() == 0
    report = json.loads(llm_proxy("restore", "copy.db", "--db", database(proxy), "--json"))
    with sqlite3.connect(report["kept_as"]) as old:
        assert old.execute("SELECT count(*) FROM tokens").fetchone() == (2,)
    proxy.start()
    assert proxy.chat(token).status == 200
    assert proxy.chat(later).code == "token_not_found"
    assert mode(database(proxy)) == 0o600


@pytest.mark.parametrize("content", [b"", b"not a database" * 1000])
def test_what_is_no_backup_is_not_restored(start, llm_proxy, tmp_path, content):
    proxy = start()
    proxy.stop()
    (tmp_path / "noise.db").write_bytes(content)
    before = database(proxy).read_bytes()
    llm_proxy("restore", "noise.db", "--db", database(proxy), expect=1)
    assert database(proxy).read_bytes() == before
    assert not list(proxy.folder.glob("*.restoring*"))


def test_a_full_disk_leaves_no_half_backup(start, llm_proxy, tmp_path):
    proxy = start()
    script = 'mount -t tmpfs -o size=64k tmpfs "$0" && "$@"; code=$?; ls "$0"; exit $code'
    (tmp_path / "small").mkdir()
    namespace = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
    done = subprocess.run(
        [*namespace, "sh", "-c", script, str(tmp_path / "small"), str(BINARY), "backup", str(tmp_path / "small" / "copy.db"),
         "--db", str(database(proxy))], capture_output=True, text=True)
    assert done.returncode == 1 and "full" in done.stderr and done.stdout == "", done


# Check

def test_damage_is_found(start, llm_proxy, tmp_path):
    proxy = start()
    proxy.management.create_token()
    llm_proxy("backup", "copy.db", "--db", database(proxy))
    assert json.loads(llm_proxy("database", "check", "--db", "copy.db", "--json"))["ok"]
    content = bytearray((tmp_path / "copy.db").read_bytes())
    for at in range(8192, len(content), 4096):
        content[at:at + 8] = b"\xff" * 8
    (tmp_path / "copy.db").write_bytes(content)
    llm_proxy("database", "check", "--db", "copy.db", expect=1)


# Keys

def test_a_rotation_of_the_sealing_key(start, llm_proxy, tmp_path, provider):
    proxy = start(environment={"ENCRYPTION_KEY": KEYS[0]})
    project = proxy.management.create_project("sk-the-provider-key-1234567890")
    token = proxy.management.create_token(project)["token"]
    rotate = ("migrate", "rotate-key", "--db", database(proxy))
    said = llm_proxy(*rotate, expect=1, ENCRYPTION_KEY=KEYS[0], NEW_ENCRYPTION_KEY=KEYS[1])
    assert "open" in said and str(proxy.process.pid) in said
    proxy.stop()
    assert "neither" not in llm_proxy(*rotate, expect=1, ENCRYPTION_KEY=KEYS[2], NEW_ENCRYPTION_KEY=KEYS[1])
    (tmp_path / "new.key").write_text(KEYS[1] + "\n")
    report = json.loads(llm_proxy(*rotate, "--json", "--new-key-file", "new.key", ENCRYPTION_KEY=KEYS[0]))
    assert report["resealed_keys"] == 1
    again = json.loads(llm_proxy(*rotate, "--json", "--new-key-file", "-", ENCRYPTION_KEY=KEYS[0], stdin=KEYS[1]))
    assert (again["resealed_keys"], again["unchanged_keys"]) == (0, 1)
    status = json.loads(llm_proxy("migrate", "encrypt-status", "--db", database(proxy), "--json", ENCRYPTION_KEY=KEYS[1]))
    assert (status["sealed_keys"], status["unreadable_keys"], status["plain_keys"]) == (1, 0, 0)
    proxy.environment["ENCRYPTION_KEY"] = KEYS[1]
    proxy.start()
    assert proxy.chat(token).status == 200
    assert provider.requests[-1].headers.get("authorization") == "Bearer sk-the-provider-key-1234567890"


@pytest.mark.parametrize("key", ["", "short", base64.b64encode(b"x" * 31).decode()])
def test_a_key_that_is_none_is_refused_by_name(start, llm_proxy, key):
    proxy = start(environment={"ENCRYPTION_KEY": KEYS[0]})
    proxy.stop()
    said = llm_proxy("migrate", "rotate-key", "--db", database(proxy), expect=1, ENCRYPTION_KEY=KEYS[0], NEW_ENCRYPTION_KEY=key)
    assert "NEW_ENCRYPTION_KEY" in said and (not key or key not in said)


# Migrations

def test_migrations_go_down_to_the_go_program_and_up_again(start, llm_proxy, provider):
    proxy = start()
    token = proxy.management.access_token()
    down = ("migrate", "down", "--db", database(proxy))
    assert "open" in llm_proxy(*down, expect=1)
    proxy.stop()
    newest = json.loads(llm_proxy("migrate", "version", "--db", database(proxy), "--json"))
    assert newest["version"] == newest["newest"]
    while json.loads(llm_proxy("migrate", "version", "--db", database(proxy), "--json"))["version"] > 1:
        report = json.loads(llm_proxy(*down, "--json"))
        assert mode(proxy.folder / report["backup"]) == 0o600
    assert "Go program" in llm_proxy(*down, expect=1)
    assert "pending" in llm_proxy("migrate", "status", "--db", database(proxy))
    assert "Migrations applied successfully" in llm_proxy("migrate", "up", "--db", database(proxy))
    proxy.start()
    assert proxy.chat(token).status == 200


# Audit

def test_the_audit_trail_proves_itself_in_both_places(start, llm_proxy, provider):
    proxy = start()
    project = proxy.management.create_project()
    for _ in range(5):
        proxy.management.revoke(proxy.management.create_token(project)["id"])
    online = proxy.management.call("GET", "/manage/audit/verify", expect=200).json()
    assert online["ok"] and online["problem"] is None
    assert proxy.stop() == 0
    log = proxy.folder / "audit.log"
    verify = ("audit", "verify", "--db", database(proxy), "--file", log, "--compare", "--json")
    report = json.loads(llm_proxy(*verify))
    assert report["ok"] and report["file"]["verified"] == report["verified"] >= 12
    assert mode(log) == 0o600
    lines = log.read_text().splitlines(keepends=True)
    for damaged in (lines[:3] + lines[4:], lines[:3] + [lines[3].replace("success", "failure")] + lines[4:]):
        log.write_text("".join(damaged))
        assert "audit.log:4" in json.loads(llm_proxy(*verify, expect=1))["file"]["problem"]
    log.write_text("".join(lines[:-2]))
    assert json.loads(llm_proxy(*verify, expect=1))["file"]["missing"] == 2
    log.write_text("".join(lines))
    with sqlite3.connect(database(proxy)) as shell:
        shell.execute("DELETE FROM audit_events WHERE chain_index = 4")
    assert "event 4 is missing" in json.loads(llm_proxy(*verify, expect=1))["problem"]


def test_events_that_are_too_old_go_and_the_rest_verifies(start, llm_proxy, tmp_path):
    proxy = start(environment={"AUDIT_RETENTION": "24h"})
    proxy.management.create_project()
    proxy.stop()
    with sqlite3.connect(database(proxy)) as shell:
        shell.execute("INSERT INTO audit_events (id, timestamp, action, actor, outcome) VALUES "
                      "('ancient', '2001-01-01 00:00:00+00:00', 'token.create', 'go', 'success')")
    proxy.start()
    eventually(lambda: proxy.management.call("GET", "/manage/audit/ancient").status == 404, "the old event to go")
    assert proxy.management.call("GET", "/manage/audit/verify", expect=200).json()["ok"]


def test_an_age_that_looks_like_a_mistake_is_refused(start, tmp_path, provider):
    from support.proxy import Proxy
    proxy = Proxy(tmp_path / "p", settings.configuration(provider.origin), {"AUDIT_RETENTION": "30s"})
    code, said = proxy.refusal()
    assert code == 78 and "AUDIT_RETENTION" in said


def test_the_audit_trail_is_read_on_from_a_place(start):
    proxy = start()
    for _ in range(6):
        proxy.management.create_project()
    path, seen = "/manage/audit?limit=2&action=project.create", []
    while path:
        answer = proxy.management.call("GET", path, expect=200)
        seen += [one["id"] for one in answer.json()]
        after = answer.headers.get("x-next-after")
        path = after and f"/manage/audit?limit=2&action=project.create&after={after}"
    assert len(seen) == len(set(seen)) == 6
    assert proxy.management.call("GET", "/manage/audit?limit=0").status == 400
    assert proxy.management.call("GET", "/manage/audit?limit=2&after=nonsense").status == 400


def test_refused_traffic_is_audited_once_a_minute_for_each_kind(start, provider):
    proxy = start()
    token = proxy.management.create_token()
    proxy.management.revoke(token["id"])
    for _ in range(30):
        assert proxy.chat(token["token"]).status == 401
        assert proxy.call("GET", "/v1/models").status == 401
    path = "/manage/audit?action=proxy_request&limit=100"
    events = eventually(
        lambda: (found := proxy.management.call("GET", path, expect=200).json()) and len(found) >= 2 and found,
        "the refusals to be in the audit trail")
    assert sorted((one["reason"], one["outcome"], one.get("token_id")) for one in events) == [
        ("invalid_token", "denied", None), ("token_inactive", "denied", token["id"])]
    assert token["token"] not in (proxy.folder / "audit.log").read_text()
    assert proxy.management.call("GET", "/manage/audit/verify", expect=200).json()["ok"]
