"""`llm-proxy server` in the background, completions, and what all commands share."""

import json
import os
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest
from support import settings
from support.cli import CLI
from support.client import call
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


def is_alive(port):
    try:
        return call(port, "GET", "/live").status == 200
    except (OSError, Closed):
        return False


# Completions and the rest


@pytest.mark.parametrize("shell, check", [("bash", ["bash", "-n"]), ("zsh", ["zsh", "-n"]), ("fish", ["fish", "--no-execute"])])
def test_each_completion_script_parses_in_its_shell(cli, tmp_path, shell, check):
    script = tmp_path / "script"
    script.write_text(cli.ok("completions", shell))
    subprocess.run([*check, script], check=True, timeout=60)
    assert "revoke-tokens" in script.read_text()


def test_bash_completes_commands_with_the_script(cli, tmp_path):
    (tmp_path / "script").write_text(cli.ok("completions", "bash"))
    program = ('source ./script; COMP_WORDS=(llm-proxy manage pro); COMP_CWORD=2; COMP_LINE="llm-proxy manage pro"; '
               'COMP_POINT=${#COMP_LINE}; _llm-proxy; printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert "project" in done.stdout.split(), done


def test_version_help_and_unknown_words(cli):
    assert re.match(r"llm-proxy \d+\.\d+\.\d+\n$", cli.ok("--version"))
    assert "SUBCOMMANDS" in cli.ok()
    wrong = cli.run("manage", "projct")
    assert wrong.code == 64 and "projct" in wrong.error
    assert cli.run("completions", "tcsh").code == 64


def test_deleting_asks_on_a_terminal(mock_proxy, tmp_path):
    cli = CLI(tmp_path, mock_proxy)
    project = mock_proxy.management.create_project()
    for answer, code, status in [("n", 1, 200), ("y", 0, 404)]:
        terminal = on_terminal(cli, "manage", "project", "delete", project["id"])
        terminal.expect_exact("[y/N] ")
        terminal.sendline(answer)
        assert ended(terminal) == code
        assert mock_proxy.management.call("GET", f"/manage/projects/{project['id']}").status == status


def test_colour_is_for_terminals_that_want_it(mock_proxy, tmp_path):
    cli = CLI(tmp_path, mock_proxy)
    mock_proxy.management.create_project()
    for variables, has_colour in [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]:
        terminal = on_terminal(cli, "manage", "project", "list", variables=variables)
        terminal.expect_exact("Created")
        assert ("\x1b[1m" in terminal.before) == has_colour
        assert ended(terminal) == 0


def test_commands_do_not_touch_what_belongs_to_a_server(cli, tmp_path):
    for words in (["--version"], ["completions", "bash"], ["manage", "project", "list"]):
        cli.run(*words, variables={"MANAGEMENT_TOKEN": "m", "MANAGEMENT_API_BASE_URL": f"http://127.0.0.1:{free_port()}"})
    assert os.listdir(tmp_path) == []


def test_a_server_does_not_load_the_client_of_the_commands(start):
    proxy = start()
    assert "libcurl" not in Path(f"/proc/{proxy.process.pid}/maps").read_text()


# The server in the background


@pytest.fixture
def daemon(sound):
    """Starts a server in the background; every one that a pid file names is stopped at the end."""
    words = ["server", "--daemon", "--log-file", "server.log", "--pid-file", "run/server.pid"]
    yield sound, words
    file = sound.folder / "run" / "server.pid"
    if file.exists() and file.read_text().strip().isdigit():
        try:
            os.kill(int(file.read_text()), signal.SIGKILL)
        except ProcessLookupError:
            pass


def test_the_background_server_writes_its_pid_and_refuses_a_second_start(daemon):
    cli, words = daemon
    file = cli.folder / "run" / "server.pid"
    out = cli.ok(*words)
    process = int(file.read_text())
    port = int(cli.environment["LISTEN_ADDR"].rsplit(":", 1)[1])
    assert f"PID {process}" in out and "kill $(cat run/server.pid)" in out and is_alive(port)
    again = cli.run(*words)
    assert again.code == 5 and str(process) in again.error and "--pid-file" in again.error
    foreground = cli.run("server", "--pid-file", "run/server.pid", variables={"LISTEN_ADDR": f"127.0.0.1:{free_port()}"})
    assert foreground.code == 5 and int(file.read_text()) == process and is_alive(port)
    os.kill(process, signal.SIGTERM)
    eventually(lambda: not file.exists(), "the server to remove its pid file")


@pytest.mark.parametrize("left", ["999999999\n", "1\n", "", "not a number\n"])
def test_a_pid_file_that_was_left_behind_is_no_obstacle(daemon, left):
    cli, words = daemon
    file = cli.folder / "run" / "server.pid"
    file.parent.mkdir()
    # The id of a process that is gone, of one that is somebody else's, and rubbish.
    file.write_text(left)
    cli.ok(*words)
    assert file.read_text() != left and int(file.read_text()) > 1
    os.kill(int(file.read_text()), signal.SIGTERM)
    eventually(lambda: not file.exists(), "the server to remove its pid file")


def test_a_background_server_that_cannot_start_says_where_to_look(daemon):
    cli, words = daemon
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        result = cli.run(*words, variables={"LISTEN_ADDR": address})
    assert result.code == 1 and "server.log" in result.error
    assert "another program uses this port" in (cli.folder / "server.log").read_text()
    assert not (cli.folder / "run" / "server.pid").exists()
