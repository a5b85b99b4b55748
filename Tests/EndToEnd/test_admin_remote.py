"""`llm-proxy admin`: the same UI on a port of its own, in front of a server elsewhere."""

import subprocess

import pytest
from support import answers
from support.admin_api import ACCOUNTS, PAGE, PASSWORD, USER, VIEWER, VIEWER_PASSWORD, Session, lay_out, manage
from support.client import Client, call
from support.environment import inherited
from support.paths import BINARY
from support.proxy import eventually
from support.wire import Closed, free_port


class AdminServer:
    """One process of the command; speaks to `proxy`."""

    def __init__(self, proxy, web, folder, **environment):
        self.port = free_port()
        self.log_file = folder / "admin.log"
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", str(BINARY), "admin", "--listen", f"127.0.0.1:{self.port}",
             "--api-base-url", proxy.base_url],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=open(self.log_file, "ab"), stderr=subprocess.STDOUT,
            env=proxy.environment | ACCOUNTS | {"LLM_PROXY_WEB_DIR": str(web)} | environment)
        eventually(self._is_serving, "the admin server to serve")

    def _is_serving(self):
        assert self.process.poll() is None, self.log_file.read_text()
        try:
            return self.call("GET", "/admin/").status == 200
        except (OSError, Closed):
            return False

    def call(self, method, path, headers=None, body=None, token=None):
        return call(self.port, method, path, headers, body, token)

    def stop(self):
        self.process.terminate()
        return self.process.wait(20)


@pytest.fixture
def remote(proxy, tmp_path):
    server = AdminServer(proxy, lay_out(tmp_path), tmp_path)
    yield server
    if server.process.poll() is None:
        server.process.kill()
        server.process.wait()


def test_the_ui_and_its_sessions_are_here(remote, proxy):
    page = remote.call("GET", "/admin/tokens")
    assert page.body.decode() == PAGE and "frame-ancestors 'none'" in page.headers.get("content-security-policy")
    assert remote.call("GET", "/manage/projects").json()["code"] == "missing_credentials"
    session = Session(remote)
    assert session.call("GET", "/admin/session").json()["api_base_url"] == proxy.base_url
    made = session.call("POST", "/manage/projects", {"name": "made from afar", "api_key": "sk-x"})
    assert made.status == 201 and made.headers.get("x-request-id")
    assert any(one["name"] == "made from afar" for one in manage(proxy, "/manage/projects"))
    [event] = manage(proxy, f"/manage/audit?action=project.create&request_id={made.headers.get('x-request-id')}")["events"]
    assert event["client_ip"] == "127.0.0.1" and f'"user":"{USER}"' in event["metadata"]
    assert session.call("POST", "/manage/projects", {"name": "forged"}, csrf=False).status == 403
    assert session.call("DELETE", "/admin/session").status == 204
    assert session.call("GET", "/manage/projects").json()["code"] == "no_session"


def test_the_management_token_stays_behind(remote, proxy):
    session = Session(remote)
    for path in ("/manage/config", "/manage/overview", "/admin/session"):
        assert proxy.management_token.encode() not in session.call("GET", path).body
    assert proxy.management_token not in remote.log_file.read_text()


def test_a_viewer_cannot_write_from_here_either(remote):
    session = Session(remote, VIEWER, VIEWER_PASSWORD)
    assert session.call("GET", "/manage/tokens").status == 200
    assert session.call("POST", "/manage/projects", {"name": "x"}).json()["code"] == "forbidden_role"


def test_guessing_is_slowed_down_here(remote):
    for _ in range(10):
        assert remote.call("POST", "/admin/session", body={"username": USER, "password": "no"}).status == 401
    assert remote.call("POST", "/admin/session", body={"username": USER, "password": PASSWORD}).status == 429


def test_events_and_playground_pass(remote, proxy, provider):
    session = Session(remote)
    client = Client(remote.port)
    client.ask("GET", "/manage/events", {"Cookie": session.cookie})
    head = client.head()
    assert head.status == 200 and head.headers.get("content-type") == "text/event-stream"
    assert client.event().startswith(b"event: overview")
    token = proxy.management.access_token()
    provider.answers(answers.stream(answers.delta("one"), answers.delta("two")))
    body = {"model": "gpt-4o", "stream": True, "messages": []}
    played = session.call("POST", "/v1/chat/completions", body, Authorization=f"Bearer {token}")
    assert played.status == 200 and b"one" in played.body and b"[DONE]" in played.body
    assert remote.call("POST", "/v1/chat/completions", body=body, token=token).json()["code"] == "no_session"
    while not (event := client.event()).startswith(b"event: exchange"):
        assert event
    assert b"/v1/chat/completions" in event


def test_a_server_that_is_gone_is_said_to_be(start, tmp_path):
    proxy = start()
    server = AdminServer(proxy, lay_out(tmp_path), tmp_path)
    session = Session(server)
    assert server.call("GET", "/health").json()["status"] == "ok"
    proxy.kill()
    refused = session.call("GET", "/manage/projects")
    assert (refused.status, refused.json()["code"]) == (502, "api_unreachable")
    proxy.start()
    assert session.call("GET", "/manage/projects").status == 200
    assert server.stop() == 0


def test_without_a_token_it_does_not_start(tmp_path):
    run = subprocess.run([BINARY, "admin"], cwd=tmp_path, env=inherited(PATH="/usr/bin"), capture_output=True, text=True)
    assert run.returncode == 1 and "MANAGEMENT_TOKEN" in run.stderr
