"""What docs/cli.md tells people to type works, in that order, in one shell."""

import os
import re
import signal
import subprocess

import pytest
from support import settings
from support.management import PROVIDER_KEY
from support.paths import BINARY, REPOSITORY
from support.wire import free_port

PAGE = (REPOSITORY / "docs" / "cli.md").read_text()
EXAMPLES = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path):
    """A folder with the program on the path, where the mock answers; a server that was started is stopped."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "llm-proxy").symlink_to(BINARY)
    yield tmp_path
    file = tmp_path / "tmp" / "server.pid"
    if file.exists():
        os.kill(int(file.read_text()), signal.SIGKILL)


def test_every_example_works(folder):
    environment = settings.environment(folder, free_port(), "x")
    environment = {name: environment[name] for name in ("HOME", "LANG", "LD_LIBRARY_PATH", "LISTEN_ADDR") if name in environment}
    environment |= {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "LLM_PROXY_MOCK": "true"}
    assert len(EXAMPLES) >= 6
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "".join(EXAMPLES)], cwd=folder, env=environment, capture_output=True, text=True,
        timeout=100, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done
    assert "demo" in done.stdout and "Token:" in done.stdout and "token.create" in done.stdout
    assert {"llm-proxy.bash", "_llm-proxy", "llm-proxy.fish", ".env"} <= set(os.listdir(folder))
    assert "sk-your-providers-key" not in done.stdout + done.stderr


def test_the_exit_codes_are_those_of_the_program():
    shown = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
    source = (REPOSITORY / "Sources" / "llm-proxy" / "CommandStatus.swift").read_text()
    assert shown == {int(code) for code in re.findall(r"^  case \w+ = (\d+)$", source, re.MULTILINE)}


@pytest.mark.parametrize("command", sorted(set(re.findall(r"llm-proxy ((?:manage |openai |config )?[a-z-]+)", "".join(EXAMPLES)))))
def test_every_command_shown_exists(command):
    done = subprocess.run([BINARY, "help", *command.split()], capture_output=True, text=True)
    assert done.returncode == 0 and "OVERVIEW" in done.stdout, done


def test_the_commands_of_the_readme_work(mock_proxy, tmp_path):
    readme = (REPOSITORY / "README.md").read_text()
    (shown,) = [block for block in re.findall(r"^```sh\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL) if "llm-proxy manage" in block]
    login, create, generate = shown.splitlines()
    (tmp_path / "provider-key").write_text(PROVIDER_KEY)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "management-token").write_text(mock_proxy.management_token)
    environment = {"MANAGEMENT_API_BASE_URL": mock_proxy.base_url}
    (tmp_path / "llm-proxy").symlink_to(BINARY)

    def run(command):
        path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
        done = subprocess.run(["bash", "-c", f"{login}\n{command}"], cwd=tmp_path, env=environment | path, capture_output=True, text=True)
        assert done.returncode == 0, done
        return dict(line.split(":", 1) for line in done.stdout.splitlines())

    identifier = run(create)["ID"].strip()
    assert run(generate.replace("<id from above>", identifier))["Max requests"].strip() == "1000"
