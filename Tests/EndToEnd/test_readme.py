"""What the README shows is what there is, and what it tells people to type works."""

import re
import shutil
import signal
import socket
import subprocess

import pytest
import yaml
from support.client import call
from support.environment import inherited
from support.paths import BINARY, EXAMPLES, REPOSITORY
from support.proxy import Proxy, eventually
from support.wire import Closed, free_port

README = (REPOSITORY / "README.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_plugins_shown_are_the_examples_that_are_built():
    assert blocks("c") == [(EXAMPLES / "c" / "deny.c").read_text()]
    assert blocks("swift") == [(EXAMPLES / "swift" / "Deny.swift").read_text()]


def test_the_configuration_shown_is_accepted(tmp_path):
    (shown,) = blocks("yaml")
    assert yaml.safe_load(shown)["pipeline"]
    with Proxy(tmp_path / "proxy", shown, {"LLM_PROXY_MOCK": "true"}) as proxy:
        assert proxy.chat(proxy.management.access_token()).status == 200


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((docs/[^)]+)\)", README))))
def test_links_lead_somewhere(link):
    assert (REPOSITORY / link).is_file()


@pytest.fixture
def demo(tmp_path):
    """`make run` without the building: starts the script and waits for what it prints."""
    processes = []

    def demo(port):
        output = tmp_path / f"output-{len(processes)}"
        environment = inherited("PATH", "HOME")
        with open(output, "w") as file:
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", REPOSITORY / "deploy" / "run-demo.sh", BINARY.parent.parent],
                env=environment | {"PORT": str(port), "DATA": str(tmp_path / "data")}, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT)
        processes.append(process)
        eventually(lambda: "Ctrl-C" in output.read_text() or process.poll() is not None, "the demo to be ready")
        return process, output.read_text()

    yield demo
    for process in processes:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_the_commands_that_make_run_prints_work(demo):
    process, printed = demo(free_port())
    commands = re.findall(r"^  (curl .*?(?:\\\n.*?)*)$", printed, re.MULTILINE)
    assert len(commands) == 2, printed
    unary, streaming = (subprocess.run(["bash", "-c", one], capture_output=True, text=True).stdout for one in commands)
    assert '"object":"chat.completion"' in unary.replace(" ", "")
    assert streaming.count("data: ") > 2 and streaming.rstrip().endswith("data: [DONE]")
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0


def test_make_run_keeps_its_tokens_private_and_uses_them_again(demo, tmp_path):
    tokens = []
    for _ in range(2):
        process, _ = demo(free_port())
        tokens.append((tmp_path / "data" / "demo-token-mock").read_text())
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert tokens[0] == tokens[1] != ""
    assert all(file.stat().st_mode & 0o077 == 0 for file in (tmp_path / "data").iterdir() if "token" in file.name)


def test_make_run_says_so_when_its_port_is_taken(demo):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        process, printed = demo(port)
    assert process.wait(20) != 0
    assert f"Port {port} is in use" in printed and "PORT=" in printed


def test_the_built_tree_can_be_moved_and_linked_to(tmp_path):
    moved = tmp_path / "elsewhere" / "llm-proxy"
    shutil.copytree(BINARY.parent.parent, moved, symlinks=True)
    link = tmp_path / "llm-proxy"
    link.symlink_to(moved / "bin" / "llm-proxy")
    port = free_port()
    environment = inherited(PATH="/usr/bin:/bin", HOME=str(tmp_path), MANAGEMENT_TOKEN="m", LLM_PROXY_MOCK="true",
                            LISTEN_ADDR=f"127.0.0.1:{port}")
    libraries = subprocess.run(["ldd", moved / "bin" / "llm-proxy"], capture_output=True, text=True, env=environment).stdout
    assert re.findall(r"libswiftCore\.so => (\S+)/lib/", libraries) == [str(moved / "bin" / "..")], libraries
    with subprocess.Popen([link, "server"], env=environment, cwd=tmp_path, stdout=subprocess.DEVNULL) as process:
        try:
            eventually(lambda: is_alive(port), "the moved program to serve")
        finally:
            process.terminate()
    assert process.returncode == 0


def is_alive(port):
    try:
        return call(port, "GET", "/live").status == 200
    except (OSError, Closed):
        return False
