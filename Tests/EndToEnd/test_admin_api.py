"""The server's side of the admin UI: its files and its sessions."""

import base64
import gzip
import json
import re

import pytest
from support import settings
from support.admin_api import (
    ACCOUNTS, HASH, PAGE, PASSWORD, SCRIPT, USER, VIEWER, VIEWER_PASSWORD, Session, lay_out, manage)
from support.proxy import Proxy, eventually


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    return lay_out(tmp_path_factory.mktemp("files"))


@pytest.fixture
def admin(start, web):
    return start(environment=ACCOUNTS | {"LLM_PROXY_WEB_DIR": str(web)})


# Files


def test_every_file_carries_the_strict_policy(admin):
    for path in ("/admin/", "/admin/tokens/abc?x=1", f"/admin/assets/{HASH}/js/main.js", "/admin/missing.js",
                 "/admin/session"):
        answer = admin.call("GET", path)
        policy = answer.headers.get("content-security-policy")
        directives = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
        assert directives["default-src"] == directives["base-uri"] == "'none'", policy
        assert directives["frame-ancestors"] == "'none'" and directives["script-src"] == "'self'"
        assert directives["require-trusted-types-for"] == "'script'" and directives["trusted-types"] == "'none'"
        assert "unsafe" not in policy and "data:" not in directives["script-src"]
        assert answer.headers.get("x-content-type-options") == "nosniff"
        assert answer.headers.get("referrer-policy") == "no-referrer"
        assert answer.headers.get("x-frame-options") == "DENY"


def test_the_page_answers_deep_links_and_is_asked_for_again(admin):
    for path in ("/admin/", "/admin/index.html", "/admin/projects", "/admin/requests/1234"):
        answer = admin.call("GET", path)
        assert (answer.status, answer.body.decode()) == (200, PAGE), path
        assert answer.headers.get("cache-control") == "no-cache"
        again = admin.call("GET", path, {"If-None-Match": answer.headers.get("etag")})
        assert (again.status, again.body) == (304, b"")
    assert admin.call("GET", "/admin").headers.get("location") == "/admin/"
    assert admin.call("HEAD", "/admin/").status == 200
    assert admin.call("POST", "/admin/").status == 405


def test_hashed_files_come_compressed_and_are_kept_for_ever(admin):
    path = f"/admin/assets/{HASH}/js/main.js"
    for accepted, coding, body in (("br, gzip", "br", b"brotli"), ("gzip", "gzip", None), ("", None, SCRIPT.encode())):
        answer = admin.call("GET", path, {"Accept-Encoding": accepted})
        assert answer.headers.get("content-encoding") == coding
        assert answer.body == body or gzip.decompress(answer.body) == SCRIPT.encode()
        assert "immutable" in answer.headers.get("cache-control")
        assert answer.headers.get("vary") == "Accept-Encoding"
        assert answer.headers.get("content-type") == "text/javascript; charset=utf-8"
    tags = {admin.call("GET", path, {"Accept-Encoding": one}).headers.get("etag") for one in ("br", "gzip", "")}
    assert len(tags) == 3, "each form has a tag of its own"


@pytest.mark.parametrize("path", [
    "/admin/../secret.txt", "/admin/%2e%2e/secret.txt", "/admin/..%2fsecret.txt", "/admin/..%5csecret.txt",
    "/admin/assets/../../secret.txt", "/admin/assets/0/..%2f..%2fsecret.txt", "/admin/link.txt",
    "/admin//secret.txt", "/admin/%2fetc%2fpasswd", "/admin/assets/0/%2e%2e%2fsecret.txt", "/admin/%00.txt",
    f"/admin/assets/{HASH}/js/main.js.br", "/admin/assets/ffffffffffffffffffff/js/main.js"])
def test_nothing_beside_the_files_is_served(admin, path):
    answer = admin.call("GET", path)
    assert b"secret" not in answer.body and b"root:" not in answer.body and b"brotli" not in answer.body
    assert answer.status in (301, 400, 404) or answer.body.decode() == PAGE, answer


def test_browsers_are_shown_the_way(admin):
    assert admin.call("GET", "/", {"Accept": "text/html"}).headers.get("location") == "/admin/"
    assert admin.call("GET", "/").status == 404


def test_the_built_ui_is_served_as_it_was_laid_out(start):
    proxy = start()
    page = proxy.call("GET", "/admin/")
    assert page.status == 200, "build/web is missing: deploy/stage.sh makes it"
    names = re.findall(r"/admin/assets/([0-9a-f]{32})/([^\"']+)", page.body.decode())
    assert names and "/assets/0/" not in page.body.decode()
    for folder, name in set(names):
        answer = proxy.call("GET", f"/admin/assets/{folder}/{name}", {"Accept-Encoding": "br"})
        assert answer.status == 200 and "immutable" in answer.headers.get("cache-control"), name
    chart = proxy.call("GET", f"/admin/assets/{names[0][0]}/vendor/chart.min.js", {"Accept-Encoding": "br, gzip"})
    assert chart.status == 200 and chart.headers.get("content-encoding") == "br"


def test_without_the_ui_nothing_is_there(start):
    proxy = start(environment={"ADMIN_UI_ENABLED": "false"})
    assert {proxy.call("GET", path).status for path in ("/admin/", "/admin/session")} == {404}


# Sessions


def test_a_session_begins_works_and_ends(admin):
    session = Session(admin)
    assert session.document["user"] == USER and session.document["role"] == "admin"
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(session.set_cookie.split("; "))
    assert "Secure" not in session.set_cookie
    assert session.call("GET", "/admin/session").json() | {"expires_at": 0} == session.document | {"expires_at": 0}
    made = session.call("POST", "/manage/projects", {"name": "made in a browser", "api_key": "sk-x"})
    assert made.status == 201
    gone = session.call("DELETE", "/admin/session")
    assert gone.status == 204 and "Max-Age=0" in gone.headers.get("set-cookie")
    for path in ("/admin/session", "/manage/projects", "/manage/events"):
        answer = session.call("GET", path)
        assert (answer.status, answer.json()["code"]) == (401, "no_session"), path
    events = manage(admin, f"/manage/audit?actor=admin:{USER}")["events"]
    assert [one["action"] for one in events] == ["admin.logout", "project.create", "admin.login"]


def test_the_management_token_signs_in_and_never_comes_back(admin):
    session = Session(admin, document={"management_token": admin.management_token})
    assert session.document["role"] == "admin"
    for path in ("/admin/session", "/manage/config", "/manage/overview", "/manage/pipeline"):
        assert admin.management_token.encode() not in session.call("GET", path).body, path
    assert admin.management_token not in session.set_cookie


def test_a_cookie_is_no_use_to_the_page_of_another_site(admin):
    session = Session(admin)
    body = {"name": "forged", "api_key": "sk-x"}
    assert session.call("POST", "/manage/projects", body, csrf=False).json()["code"] == "csrf_token_mismatch"
    forged = session.call("POST", "/manage/projects", body, **{"Sec-Fetch-Site": "cross-site"})
    assert (forged.status, forged.json()["code"]) == (403, "cross_site_request")
    assert session.call("DELETE", "/admin/session", csrf=False).status == 403
    form = admin.call("POST", "/admin/session", {"Content-Type": "text/plain"},
                      json.dumps({"username": USER, "password": PASSWORD}).encode())
    assert (form.status, form.json()["code"]) == (415, "unsupported_media_type")
    assert not manage(admin, "/manage/projects")


def test_a_viewer_cannot_write(admin):
    project = admin.management.create_project()
    session = Session(admin, VIEWER, VIEWER_PASSWORD)
    assert session.document["role"] == "viewer"
    for path in ("/manage/projects", "/manage/tokens", "/manage/audit", "/manage/overview", "/manage/exchanges",
                 "/manage/pipeline", "/manage/plugins", "/manage/providers", "/manage/config"):
        assert session.call("GET", path).status == 200, path
    for method, path in (("POST", "/manage/projects"), ("PATCH", f"/manage/projects/{project['id']}"),
                         ("DELETE", f"/manage/projects/{project['id']}"), ("POST", "/manage/tokens"),
                         ("POST", "/manage/providers/openai/test")):
        answer = session.call(method, path, {})
        assert (answer.status, answer.json()["code"]) == (403, "forbidden_role"), path
    assert len(manage(admin, "/manage/projects")) == 1


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_scripts_may_send_name_and_password(admin):
    assert admin.call("GET", "/manage/projects", basic(USER, PASSWORD)).status == 200
    assert admin.call("POST", "/manage/projects", basic(VIEWER, VIEWER_PASSWORD), {"name": "n"}).status == 403
    wrong = admin.call("GET", "/manage/projects", basic(USER, "wrong"))
    assert (wrong.status, wrong.json()["code"]) == (401, "invalid_credentials")


def test_guessing_is_slowed_down(admin):
    session = Session(admin)
    for _ in range(10):
        answer = admin.call("POST", "/admin/session", body={"username": USER, "password": "guess"})
        assert (answer.status, answer.json()["code"]) == (401, "invalid_credentials")
    refused = admin.call("POST", "/admin/session", body={"username": USER, "password": PASSWORD})
    assert (refused.status, refused.json()["code"]) == (429, "too_many_failed_logins")
    assert 0 < int(refused.headers.get("retry-after")) <= 60
    assert admin.call("GET", "/manage/projects", basic(USER, PASSWORD)).status == 429
    # Who is in stays in, and the management token is too long to be guessed.
    assert session.call("GET", "/manage/projects").status == 200
    assert admin.management.call("GET", "/manage/projects").status == 200
    denied = manage(admin, "/manage/audit?action=admin.login&outcome=denied")
    assert denied["pagination"]["total_count"] == 10


def test_a_session_ends_by_itself_and_with_the_process(start, web):
    proxy = start(environment=ACCOUNTS | {"ADMIN_SESSION_IDLE": "1s", "LLM_PROXY_WEB_DIR": str(web)})
    session = Session(proxy)
    eventually(lambda: session.call("GET", "/admin/session", **{"X-Background": "1"}).status == 401,
               "a session nobody uses to end")
    proxy.stop()
    proxy.environment["ADMIN_SESSION_IDLE"] = "1h"
    proxy.start()
    session = Session(proxy)
    proxy.stop()
    proxy.start()
    assert session.call("GET", "/manage/projects").json()["code"] == "no_session"


def test_the_cookie_is_secure_over_tls(provider, authority, tmp_path):
    certificate, key = authority.issue("localhost", "127.0.0.1")
    proxy = Proxy(tmp_path / "tls", settings.configuration(provider.origin),
                  ACCOUNTS | {"TLS_CERT_FILE": str(certificate), "TLS_KEY_FILE": str(key)})
    proxy.tls = authority.client_context()
    with proxy.start():
        assert "Secure" in Session(proxy).set_cookie.split("; ")


@pytest.mark.parametrize("environment, named", [
    ({"ADMIN_USER": "alice"}, "ADMIN_PASSWORD"), ({"ADMIN_VIEWER_PASSWORD": "long enough"}, "ADMIN_VIEWER_USER"),
    ({"ADMIN_USER": "a:b", "ADMIN_PASSWORD": "long enough"}, "ADMIN_USER"),
    (ACCOUNTS | {"ADMIN_VIEWER_USER": USER}, "ADMIN_VIEWER_USER"), ({"ADMIN_SESSION_IDLE": "soon"}, "ADMIN_SESSION_IDLE")])
def test_half_an_account_is_refused_at_start(start, environment, named):
    proxy = start()
    proxy.stop()
    proxy.environment |= environment
    code, said = proxy.refusal()
    assert code == 78 and named in said and "long enough" not in said
