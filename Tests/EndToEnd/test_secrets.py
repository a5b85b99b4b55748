"""No provider key, access token or management token appears anywhere but where it belongs."""

import re
import signal
import sqlite3
import subprocess

import pytest
from support import answers, settings
from support.environment import inherited
from support.paths import BINARY

CANARY = "sk-canary-provider-key-8f1d2c3b4a5968778695a4b3c2d1e0ff"
SEAL = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


@pytest.fixture(params=["debug", "info", "warn", "error"])
def level(request):
    return request.param


@pytest.fixture
def talked(start, provider, tmp_path, level):
    """A proxy at the most talkative level that has gone through everything that could make it say a secret.

    Returns it with the secrets and with everything that clients were told.
    """
    proxy = start(settings.configuration(provider.origin, timeouts={"response_header": "300ms"}),
                  environment={"LOG_LEVEL": level, "ENCRYPTION_KEY": SEAL})
    management = proxy.management
    project = management.create_project(CANARY)
    token = management.create_token(project)
    secret, told = token["token"], []
    scripts = [answers.whole(), answers.stream(), answers.reset, answers.silent, answers.raw(b"SSH-2.0\r\n\r\n"),
               answers.whole({"error": {"message": "nope"}}, status=401), answers.whole({"error": {}}, status=500)]
    for script in scripts:
        provider.answers(script)
        told.append(proxy.chat(secret))
    provider.refuse()
    told.append(proxy.chat(secret))
    provider.listen()
    told.append(proxy.call("GET", f"/v1/models?token={secret}"))
    told.append(proxy.call("GET", "/v1/nothing", token=secret))
    told.append(proxy.call("GET", "/v1/models", {"Authorization": f"Basic {secret}"}))
    with proxy.client() as client:
        client.send(f"GET /v1/models HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {secret}\r\nBad Field: x\r\n\r\n".encode())
        told.append(client.answer())
    told.append(management.call("GET", "/manage/projects"))
    told.append(management.call("GET", "/manage/tokens"))
    told.append(management.call("POST", "/manage/projects", {"name": project["name"], "api_key": CANARY}))
    told.append(management.call("POST", "/manage/projects", {"name": "", "api_key": CANARY}))
    told.append(proxy.call("GET", "/manage/projects", {"Authorization": f"Bearer {proxy.management_token}x"}))
    management.revoke(token["id"])
    told.append(proxy.chat(secret))
    told += [proxy.call("GET", path) for path in ("/metrics", "/health", "/ready", "/nothing")]
    told.append(proxy.call("GET", "/metrics", {"Accept": "application/json"}))
    told += [management.call("GET", path) for path in (
        "/manage/audit?page_size=100", "/manage/audit?limit=1000", "/manage/audit/verify", f"/manage/tokens/{token['id']}",
        f"/manage/tokens/{secret}", f"/manage/projects/{project['id']}")]
    return proxy, {"provider key": CANARY, "access token": secret, "management token": proxy.management_token,
                   "sealing key": SEAL}, told


def test_no_secret_is_logged_at_any_level_or_told_to_a_client(talked):
    proxy, secrets, told = talked
    assert proxy.stop() == 0
    places = {f"answer {n}": repr(answer) + answer.body.decode("latin-1") for n, answer in enumerate(told)}
    places |= {file.name: file.read_text(errors="replace") for file in proxy.folder.rglob("*.log")}
    assert "output.log" in places and "audit.log" in places
    for kind, secret in secrets.items():
        for place, text in places.items():
            # A part is as good as the whole to someone who has the rest.
            assert secret not in text and secret[3:19] not in text, f"{kind} in {place}"


@pytest.mark.parametrize("level", ["debug"], indirect=True)
def test_the_database_holds_no_access_token_and_a_sealed_key(talked):
    proxy, secrets, _ = talked
    proxy.stop()
    stored = b"".join(file.read_bytes() for file in proxy.folder.glob("llm-proxy.db*"))
    for secret in secrets.values():
        assert secret.encode() not in stored
    with sqlite3.connect(proxy.folder / "llm-proxy.db") as database:
        assert [key.startswith("enc:v1:") for (key,) in database.execute("SELECT api_key FROM projects")] == [True]
        assert all(re.fullmatch("[0-9a-f]{64}", token) for (token,) in database.execute("SELECT token FROM tokens"))


def test_access_tokens_are_hashed_without_an_encryption_key_too(start):
    proxy = start()
    secret = proxy.management.access_token()
    proxy.stop()
    stored = b"".join(file.read_bytes() for file in proxy.folder.glob("llm-proxy.db*"))
    assert secret.encode() not in stored


def test_the_command_line_and_environment_of_the_process_hold_no_more_than_was_given(start):
    proxy = start()
    proxy.management.create_project(CANARY)
    with open(f"/proc/{proxy.process.pid}/cmdline", "rb") as arguments:
        assert proxy.management_token.encode() not in arguments.read()


@pytest.mark.parametrize("level", ["debug"], indirect=True)
def test_what_the_commands_on_the_database_say_holds_no_secret(talked, tmp_path):
    proxy, secrets, _ = talked
    proxy.stop()
    environment = inherited("PATH", ENCRYPTION_KEY=SEAL, DATABASE_PATH=str(proxy.folder / "llm-proxy.db"))
    copy = str(tmp_path / "copy.db")
    said = ""
    for arguments in (["backup", copy], ["backup", copy], ["backup", copy, "--force", "--json"], ["database", "check"],
                      ["audit", "verify", "--file", str(proxy.folder / "audit.log")], ["migrate", "encrypt-status"],
                      ["migrate", "status", "--json"], ["migrate", "rotate-key"], ["migrate", "encrypt"],
                      ["migrate", "down"], ["restore", copy], ["restore", "/dev/null"]):
        done = subprocess.run([BINARY, *arguments], env=environment, cwd=tmp_path, capture_output=True, text=True)
        said += done.stdout + done.stderr
    assert "wrote" in said and "restored" in said
    names = " ".join(str(file) for file in proxy.folder.parent.rglob("*"))
    content = b"".join(file.read_bytes() for file in tmp_path.rglob("*.db*") if file.is_file())
    for kind, secret in secrets.items():
        assert secret not in said and secret[3:19] not in said and secret not in names, kind
        # A backup holds hashes and sealed keys; the sealing key itself is never in it.
        assert secret.encode() not in content, kind


@pytest.mark.parametrize("level", ["debug"], indirect=True)
def test_a_crash_tells_no_secret(talked):
    proxy, secrets, _ = talked
    proxy.signal(signal.SIGILL)  # as a failed check of Swift ends a process
    assert proxy.wait() != 0
    # Whatever was printed on the way down: a backtrace shows frames, and may show what they hold.
    for kind, secret in secrets.items():
        assert secret not in proxy.log(), kind
