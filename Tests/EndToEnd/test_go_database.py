"""An installation of the Go program is taken over by pointing at its database, plain or encrypted."""

import json
import sqlite3
import subprocess

import pytest
from support.environment import inherited
from support.go_database import ENCRYPTION_KEY, PROVIDER_KEYS, GoDatabase
from support.paths import BINARY
from support.proxy import eventually


@pytest.fixture(params=["plain", "encrypted"])
def installation(request, start, tmp_path):
    """Starts a proxy on a Go database: `installation(fill, zone)` with what `fill` put into the database."""
    is_encrypted = request.param == "encrypted"

    def begin(fill, zone=0.0):
        database = GoDatabase(tmp_path / "go" / "llm-proxy.db", is_encrypted, zone)
        made = fill(database)
        database.close()
        environment = {"DATABASE_PATH": str(tmp_path / "go" / "llm-proxy.db")}
        if is_encrypted:
            environment["ENCRYPTION_KEY"] = ENCRYPTION_KEY
        return start(environment=environment), made

    return begin


def test_every_token_works_with_its_own_provider_key_and_counts_go_on(installation, provider):
    def fill(database):
        return [(index % 2, database.token(database.projects[index % 2], count=3, limit=100 if index % 3 else None))
                for index in range(20)]
    proxy, tokens = installation(fill)
    for project, token in tokens:
        assert proxy.chat(token).status == 200
        assert provider.requests[-1].headers.get("authorization") == f"Bearer {PROVIDER_KEYS[project]}"
    for _, token in tokens:
        assert proxy.management.token(token)["request_count"] == 4
    assert proxy.stop() == 0
    with sqlite3.connect(proxy.folder.parent / "go" / "llm-proxy.db") as database:
        assert database.execute("SELECT DISTINCT request_count FROM tokens").fetchall() == [(4,)]


@pytest.mark.parametrize("zone", [-8.0, 0.0, 5.5])
def test_times_in_the_zone_of_the_go_host_mean_what_they_say(installation, provider, zone):
    def fill(database):
        return database.token(expires_in=120), database.token(expires_in=-120), database.token(expires_in=None)
    proxy, (living, expired, forever) = installation(fill, zone)
    assert proxy.chat(living).status == 200 and proxy.chat(forever).status == 200
    refused = proxy.chat(expired)
    assert (refused.status, refused.code) == (401, "token_expired")


def test_limits_and_revocations_of_the_go_program_hold(installation, provider):
    def fill(database):
        off = database.project(7, is_active=False)
        return (database.token(count=8, limit=10), database.token(count=10, limit=10), database.token(is_active=False),
                database.token(off))
    proxy, (two_left, used_up, revoked, of_inactive) = installation(fill)
    assert [proxy.chat(two_left).status for _ in range(3)] == [200, 200, 429]
    assert proxy.chat(used_up).status == 429
    assert proxy.chat(revoked).code == "token_inactive"
    assert proxy.chat(of_inactive).code == "project_inactive"


def test_its_audit_events_are_listed_beside_ours(installation):
    proxy, _ = installation(lambda database: [database.event("token.revoke") for _ in range(3)])
    proxy.management.create_project()
    events = proxy.management.call("GET", "/manage/audit?page_size=100", expect=200).json()["events"]
    assert [one["action"] for one in events].count("token.revoke") == 3
    verified = proxy.management.call("GET", "/manage/audit/verify", expect=200).json()
    assert verified["ok"] and verified["unchained"] == 3 and verified["verified"] >= 1


def test_no_token_stays_in_clear(installation):
    proxy, tokens = installation(lambda database: [database.token() for _ in range(50)])
    proxy.stop()
    for file in (proxy.folder.parent / "go").glob("llm-proxy.db*"):
        content = file.read_bytes()
        assert not any(token.encode() in content for token in tokens), file
        assert file.stat().st_mode & 0o077 == 0


def test_a_file_of_a_newer_program_is_refused_with_a_sentence_and_left_alone(start, tmp_path, provider):
    proxy = start(name="first")
    assert proxy.stop() == 0
    file = proxy.folder / "llm-proxy.db"
    with sqlite3.connect(file) as database:
        database.execute("INSERT INTO llmp_migrations VALUES (999, 'future', 'llm-proxy 9.9.9', '2030-01-01 00:00:00+00:00')")
    database.close()
    before = file.read_bytes()
    code, said = proxy.refusal()
    assert code > 0 and "999" in said and "llm-proxy 9.9.9" in said and "restore" in said, said
    assert file.read_bytes() == before


def test_sealing_an_existing_installation_keeps_its_tokens_working(start, tmp_path, provider):
    path = tmp_path / "go" / "llm-proxy.db"
    database = GoDatabase(path)
    token = database.token()
    database.close()
    environment = inherited(PATH="/usr/bin:/bin", ENCRYPTION_KEY=ENCRYPTION_KEY)
    run = subprocess.run([BINARY, "migrate", "encrypt", "--db", path, "--json"], env=environment, cwd=tmp_path,
                         capture_output=True, text=True, check=True)
    assert json.loads(run.stdout) == {
        "newly_sealed_keys": 2, "resealed_keys": 0, "unchanged_keys": 0, "hashed_tokens": 1}
    content = path.read_bytes()
    assert not any(key.encode() in content for key in [*PROVIDER_KEYS, token])
    proxy = start(environment={"DATABASE_PATH": str(path), "ENCRYPTION_KEY": ENCRYPTION_KEY})
    assert proxy.chat(token).status == 200
    eventually(lambda: provider.requests, "the request to arrive")
    assert provider.requests[-1].headers.get("authorization") == f"Bearer {PROVIDER_KEYS[0]}"
