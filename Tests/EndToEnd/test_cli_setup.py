"""`llm-proxy setup` and `doctor`: a first server, and what is wrong with one."""

import base64
import json
import os
import re
import sqlite3
import subprocess

import pytest
from support import settings
from support.cli import CLI
from support.client import call
from support.management import PROVIDER_KEY
from support.proxy import eventually
from support.terminal import ended, on_terminal
from support.wire import Closed, free_port


@pytest.fixture
def cli(tmp_path):
    return CLI(tmp_path)


@pytest.fixture
def sound(tmp_path, provider):
    """Settings of a server that would start, and the command line for them."""
    configuration = settings.configuration(provider.origin)
    (tmp_path / "llm-proxy.yaml").write_text(json.dumps(configuration))
    environment = settings.environment(tmp_path, free_port(), "m" * 32)
    return CLI(tmp_path, **environment)


def variables(path):
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if line and not line.startswith("#"))


def is_alive(port):
    try:
        return call(port, "GET", "/live").status == 200
    except (OSError, Closed):
        return False


# Setup


def test_setup_makes_what_a_server_needs_and_shows_secrets_once(cli, tmp_path):
    port = free_port()
    (tmp_path / "key").write_text(PROVIDER_KEY)
    out = cli.ok("setup", "--openai-key", "@key", "--addr", f"127.0.0.1:{port}", "--project", "first", "--duration", "2h",
                 "--db", "data/p.db")
    file = tmp_path / ".env"
    assert file.stat().st_mode & 0o777 == 0o600
    written = variables(file)
    assert written["LISTEN_ADDR"] == f"127.0.0.1:{port}" and written["OPENAI_API_KEY"] == PROVIDER_KEY
    management = re.search(r"^Generated Management Token: (\S+)$", out, re.MULTILINE)[1]
    secret = re.search(r"^Access Token: (\S+)$", out, re.MULTILINE)[1]
    assert written["MANAGEMENT_TOKEN"] == management and secret not in file.read_text()
    assert PROVIDER_KEY not in out
    for name in os.listdir(tmp_path / "data"):
        content = (tmp_path / "data" / name).read_bytes()
        assert PROVIDER_KEY.encode() not in content and secret.encode() not in content, name
    environment = cli.environment | {"LLM_PROXY_MOCK": "true", "AUDIT_LOG_FILE": str(tmp_path / "audit.log")}
    with subprocess.Popen(cli.arguments("server"), cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as server:
        try:
            eventually(lambda: is_alive(port), "the server")
            assert json.loads(cli.ok("manage", "project", "list", "--json"))[0]["name"] == "first"
            actions = [row["action"] for row in json.loads(cli.ok("manage", "audit", "list", "--json")) if row["actor"] == "setup"]
            assert set(actions) == {"project.create", "token.create"}
            said = cli.ok("openai", "chat", input="Hello", variables={"PROXY_TOKEN": secret})
            assert said.strip()
        finally:
            server.terminate()
    assert server.returncode == 0


def test_setup_replaces_no_file_without_force_and_keeps_what_else_it_had(cli, tmp_path):
    file = tmp_path / ".env"
    file.write_text("OTHER=kept\nLISTEN_ADDR=:1\n")
    words = ["setup", "--openai-key", PROVIDER_KEY, "--json"]
    refused = cli.run(*words)
    assert refused.code == 5 and "--force" in refused.error and not (tmp_path / "data").exists()
    assert file.read_text() == "OTHER=kept\nLISTEN_ADDR=:1\n"
    first = json.loads(cli.ok(*words, "--force"))
    assert variables(file)["OTHER"] == "kept" and variables(file)["LISTEN_ADDR"] == "localhost:8080"
    key = variables(file)["ENCRYPTION_KEY"]
    again = json.loads(cli.ok(*words, "--force"))
    # The key that sealed the database survives, the project is used again, the token is a new one.
    assert variables(file)["ENCRYPTION_KEY"] == key
    assert again["project"]["id"] == first["project"]["id"] and again["project"]["existed"]
    assert again["token"]["token"] != first["token"]["token"]
    assert file.stat().st_mode & 0o777 == 0o600 and list(tmp_path.glob(".env.*")) == []


def test_setup_without_a_project_needs_no_key_and_makes_no_database(cli, tmp_path):
    out = json.loads(cli.ok("setup", "--skip-project", "--management-token", "-", "--json", input="m" * 32 + "\n"))
    assert set(out) == {"config", "url"} and variables(tmp_path / ".env")["MANAGEMENT_TOKEN"] == "m" * 32
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("words, code", [
    ([], 64), (["--openai-key", "sk with space"], 64), (["--openai-key", "k", "--addr", "nowhere"], 78),
    (["--openai-key", "k", "--duration", "soon"], 64), (["--openai-key", "k", "--config", "missing/.env"], 1)])
def test_setup_refuses_what_cannot_work_and_writes_nothing(cli, tmp_path, words, code):
    result = cli.run("setup", *words)
    assert result.code == code, result
    assert not (tmp_path / ".env").exists() and not (tmp_path / "data").exists()


def test_setup_asks_for_each_value_and_does_not_show_secrets(cli, tmp_path):
    terminal = on_terminal(cli, "setup", "--interactive")
    for question, answer in [("File to write", ""), ("Make a first project", "y"), ("Provider key", PROVIDER_KEY),
                             ("Management token", ""), ("SQLite file", ""), ("Address", "localhost:9999"),
                             ("Name of the project", "typed"), ("Lifetime", "never ever"), ("Lifetime", "48")]:
        terminal.expect_exact(question)
        terminal.expect_exact(": ")
        terminal.sendline(answer)
    terminal.expect_exact("Access Token: sk-")
    assert ended(terminal) == 0
    assert variables(tmp_path / ".env")["LISTEN_ADDR"] == "localhost:9999"
    again = on_terminal(cli, "setup", "--interactive")
    again.expect_exact("File to write")
    again.sendline("")
    again.expect_exact("exists. Replace it?")
    again.sendline("n")
    assert ended(again) == 5


def test_a_typed_key_is_not_echoed_and_ctrl_c_writes_nothing(cli, tmp_path):
    terminal = on_terminal(cli, "setup", "--interactive")
    for question, answer in [("File to write", ""), ("Make a first project", ""), ("Provider key", PROVIDER_KEY)]:
        terminal.expect_exact(question)
        terminal.expect_exact(": ")
        terminal.sendline(answer)
    terminal.expect_exact("Management token")
    assert PROVIDER_KEY not in terminal.before
    terminal.sendintr()
    assert ended(terminal) == 130
    assert os.listdir(tmp_path) == []


# Doctor


def findings(result):
    return json.loads(result.out)["findings"]


def found(result, subject):
    return [one for one in findings(result) if one["subject"] == subject]


def test_a_sound_set_up_has_no_problem(sound, provider):
    result = sound.run("doctor", "--json")
    assert result.code == 0 and json.loads(result.out)["ok"], result
    assert {"settings", "secrets", "database", "plugins", "port", "provider", "clock"} <= {one["subject"] for one in findings(result)}
    text = sound.ok("doctor")
    assert "ok" in text and "m" * 32 not in text and "\x1b" not in text
    # Nothing was made.
    assert not (sound.folder / "llm-proxy.db").exists()


def spoil_settings(cli, provider):
    (cli.folder / "llm-proxy.yaml").write_text("apis: {openai: {base_ulr: x}}")
    return "settings", "base_url"


def spoil_database(cli, provider):
    (cli.folder / "llm-proxy.db").write_text("this is no database")
    return "database", "DATABASE_PATH"


def spoil_plugins(cli, provider):
    cli.environment["LLM_PROXY_PLUGINS_DIR"] = str(cli.folder)
    return "plugins", "LLM_PROXY_PLUGINS_DIR"


def spoil_port(cli, provider):
    cli.environment["LISTEN_ADDR"] = "192.0.2.1:80"
    return "port", "LISTEN_ADDR"


def spoil_server(cli, provider):
    cli.environment["LISTEN_ADDR"] = f"127.0.0.1:{provider.port}"
    return "server", "LISTEN_ADDR"


def spoil_provider(cli, provider):
    document = json.loads((cli.folder / "llm-proxy.yaml").read_text())
    document["apis"]["openai"]["base_url"] = f"http://127.0.0.1:{free_port()}"
    (cli.folder / "llm-proxy.yaml").write_text(json.dumps(document))
    return "provider", "base_url"


@pytest.mark.parametrize("spoil", [spoil_settings, spoil_database, spoil_plugins, spoil_port, spoil_server, spoil_provider])
def test_each_problem_is_found_with_its_remedy(sound, provider, spoil):
    subject, remedy = spoil(sound, provider)
    result = sound.run("doctor", "--json")
    problems = [one for one in found(result, subject) if one["grade"] == "problem"]
    assert result.code == 1 and problems and remedy in problems[0]["remedy"], result
    assert "problem" in result.error


def test_what_is_only_worth_a_look_is_a_warning(sound):
    (sound.folder / ".env").write_text("LOG_LEVEL=info\n")
    (sound.folder / ".env").chmod(0o644)
    result = sound.run("doctor", "--json", "--offline", variables={"MANAGEMENT_TOKEN": "short"})
    assert result.code == 0
    graded = {one["subject"]: one["grade"] for one in findings(result) if one["grade"] != "ok"}
    assert graded["variables"] == graded["secrets"] == graded["encryption"] == "warning"
    assert found(result, "provider") == []


def test_a_server_that_runs_is_recognised(start, tmp_path):
    proxy = start()
    cli = CLI(proxy.folder, **proxy.environment)
    result = cli.run("doctor", "--json")
    assert result.code == 0 and any("knows this MANAGEMENT_TOKEN" in one["detail"] for one in found(result, "server")), result
    other = cli.run("doctor", "--json", variables={"MANAGEMENT_TOKEN": "w" * 32})
    assert other.code == 0 and any(one["grade"] == "warning" for one in found(other, "server"))


def test_the_inside_of_the_database_is_looked_at_too(sound, provider):
    sound.ok("setup", "--openai-key", PROVIDER_KEY, "--db", sound.environment["DATABASE_PATH"], "--addr",
             sound.environment["LISTEN_ADDR"])
    fitting = sound.run("doctor", "--json")
    assert fitting.code == 0 and "newest" in found(fitting, "schema")[0]["detail"], fitting
    assert "1 provider keys are sealed" in found(fitting, "sealed keys")[0]["detail"]
    other = sound.run("doctor", "--json", variables={"ENCRYPTION_KEY": base64.b64encode(b"x" * 32).decode()})
    assert other.code == 1 and "ENCRYPTION_KEY" in found(other, "sealed keys")[0]["remedy"]
    with sqlite3.connect(sound.environment["DATABASE_PATH"]) as database:
        database.execute("INSERT INTO llmp_migrations VALUES (999, 'x', 'later', '2026-01-01')")
    newer = sound.run("doctor", "--json")
    assert newer.code == 1 and "newer" in found(newer, "schema")[0]["detail"], newer
