"""When the database cannot be written, traffic goes on, the operator is told, and nothing is silently lost."""

import os
import sqlite3
from pathlib import Path

import pytest
from support.proxy import eventually


@pytest.fixture
def small_disk(start, tmp_path):
    """A proxy whose database lies on a file system of 2 MiB that only it sees, and a way to fill and free it."""
    mount = tmp_path / "disk"
    mount.mkdir()
    namespace = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
    script = 'mount -t tmpfs -o size=2m,mode=0700 tmpfs "$0" && exec "$@"'
    proxy = start(prefix=[*namespace, "sh", "-c", script, str(mount)],
                  environment={"DATABASE_PATH": str(mount / "llm-proxy.db")})
    return proxy, Path(f"/proc/{proxy.process.pid}/root{mount}")


def fill(disk):
    with open(disk / "ballast", "wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(b"x" * 4096)
        except OSError:
            pass


def readiness(proxy):
    answer = proxy.call("GET", "/ready")
    return answer.status, answer.body.strip()


def test_a_full_disk_stops_no_traffic_and_shows_in_ready(small_disk, provider):
    proxy, disk = small_disk
    token = proxy.management.create_token()
    assert readiness(proxy) == (200, b"ready")
    fill(disk)
    sent = 0
    while readiness(proxy) == (200, b"ready"):
        assert proxy.chat(token["token"]).status == 200
        sent += 1
        assert sent < 20_000, "the full disk was never noticed"
    for _ in range(20):
        assert proxy.chat(token["token"]).status == 200
        sent += 1
    assert b"database" in readiness(proxy)[1]
    (disk / "ballast").unlink()
    eventually(lambda: readiness(proxy) == (200, b"ready"), "the database to be written again")
    eventually(lambda: proxy.management.token(token["id"])["request_count"] == sent, f"all {sent} requests to be counted")


def test_management_says_that_it_could_not_write(small_disk):
    proxy, disk = small_disk
    fill(disk)
    refused = None
    for _ in range(200):
        answer = proxy.management.call("POST", "/manage/projects", {"name": os.urandom(8).hex(), "api_key": "k" * 4000})
        if answer.status != 201:
            refused = answer
            break
    assert refused is not None and refused.status in (500, 503, 507), refused
    assert refused.headers.get("content-type").startswith("application/json") and refused.json()["error"]
    assert "/" not in refused.json()["error"] and "SQL" not in refused.json()["error"].upper()


def test_a_locked_database_holds_up_no_traffic(start, provider):
    proxy = start()
    token = proxy.management.access_token()
    with sqlite3.connect(proxy.folder / "llm-proxy.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(100):
            assert proxy.chat(token).status == 200
        other.execute("ROLLBACK")
    assert len(provider.requests) == 100


def test_a_database_that_cannot_be_opened_is_refused_with_its_path(tmp_path, provider):
    from support import settings
    from support.proxy import Proxy
    (tmp_path / "noise.db").write_bytes(b"this is no database, and never was one, nor will it ever be" * 50)
    proxy = Proxy(tmp_path / "proxy", settings.configuration(provider.origin),
                  {"DATABASE_PATH": str(tmp_path / "noise.db")})
    code, said = proxy.refusal()
    assert code > 0 and "noise.db" in said, said


def test_a_database_that_is_replaced_under_a_server_takes_no_write(start, provider):
    proxy = start()
    token = proxy.management.access_token()
    database = proxy.folder / "llm-proxy.db"
    database.rename(proxy.folder / "away.db")
    sqlite3.connect(database).close()
    eventually(lambda: readiness(proxy)[0] == 503, "the replaced file to be noticed")
    assert b"replaced" in readiness(proxy)[1]
    refused = proxy.management.call("POST", "/manage/projects", {"name": "lost", "api_key": "k"})
    assert refused.status == 503 and refused.json()["error"], refused
    assert proxy.chat(token).status == 200, "traffic goes on from memory"
    database.unlink()
    (proxy.folder / "away.db").rename(database)
    eventually(lambda: readiness(proxy)[0] == 200, "the right file to be written again")
    assert proxy.management.call("POST", "/manage/projects", {"name": "kept", "api_key": "k"}).status == 201


def test_management_waits_for_a_lock_and_then_says_so(start, provider):
    proxy = start()
    with sqlite3.connect(proxy.folder / "llm-proxy.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        refused = proxy.management.call("POST", "/manage/projects", {"name": "waiting", "api_key": "k"})
        assert refused.status == 503 and "unavailable" in refused.json()["error"], refused
        other.execute("ROLLBACK")
    names = [project["name"] for project in proxy.management.call("GET", "/manage/projects", expect=200).json()]
    assert "waiting" not in names, "what was refused must not happen afterwards"
    assert proxy.management.call("POST", "/manage/projects", {"name": "waiting", "api_key": "k"}).status == 201


@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_files_of_ours_are_for_their_owner_whatever_the_umask(start, umask, tmp_path):
    before = os.umask(umask)
    try:
        proxy = start()
    finally:
        os.umask(before)
    proxy.management.create_project()
    for name in ("llm-proxy.db", "llm-proxy.db-wal", "llm-proxy.db-shm", "audit.log"):
        assert (proxy.folder / name).stat().st_mode & 0o777 == 0o600, name
