"""What people do in the admin UI, by mouse and by keyboard alone, against the real server."""

import re
import subprocess

import pytest
from support.admin_api import PASSWORD, USER, VIEWER, VIEWER_PASSWORD
from support.browser import Admin, expect
from support.client import call
from support.proxy import eventually


@pytest.fixture
def admin(browser, admin_proxy):
    window = Admin(browser, admin_proxy)
    yield window
    window.close()


def first_project(admin_proxy, name):
    return admin_proxy.management.create_project(name=name)


def revoked_request(proxy, token):
    answer = proxy.chat(token)
    assert answer.status == 401 and answer.json()["code"] == "token_inactive", answer


def test_journey_by_mouse(admin, admin_proxy):
    """From the login page to a first answer, its slowest stage, a refusal and its reason, and the audit of it all."""
    page = admin.page
    admin.open("/tokens")
    admin.sign_in()
    admin.heading("Tokens")  # the page that was asked for

    page.get_by_role("link", name="Projects").click()
    page.get_by_role("link", name="New project").first.click()
    page.get_by_label("Name", exact=True).fill("Mouse & sons")
    page.get_by_label("Provider key").fill("sk-anything")
    page.locator("summary", has_text="Policy").click()
    page.get_by_role("textbox", name="Models").or_(page.get_by_role("combobox", name="Models")).fill("gpt-4o*")
    page.get_by_role("button", name="Create project").click()
    admin.heading("Mouse & sons")
    expect(page.locator("main")).to_contain_text("gpt-4o*")

    page.get_by_role("link", name="New token").first.click()
    page.get_by_label("Label").fill("the mouse's token")
    page.get_by_role("button", name="Create token").click()
    admin.heading("Your new token")
    secret = page.get_by_label("Access token").inner_text()
    page.get_by_role("tab", name="Python").click()
    snippet = page.get_by_role("region", name="First call with Python").inner_text()
    assert f'base_url="{admin_proxy.base_url}/v1"' in snippet and secret in snippet

    page.get_by_role("link", name="Watch its requests").click()
    admin.heading("Requests")
    expect(page.locator(".live")).to_contain_text("Live")
    assert admin_proxy.chat(secret).status == 200
    row = page.get_by_role("row").filter(has_text="/v1/chat/completions")
    row.get_by_role("link").first.click()
    expect(page.get_by_role("table", name="Steps of this request")).to_be_visible()
    slowest = page.locator("[data-slowest]").inner_text()
    marked = page.get_by_role("row").filter(has_text="slowest stage")
    expect(marked).to_have_count(1)
    expect(marked).to_contain_text(slowest)

    page.get_by_role("link", name="the mouse's token").click()
    admin.heading("the mouse's token")
    page.get_by_role("button", name="Revoke").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("the mouse's token")
    expect(dialog).to_contain_text("token_inactive")
    dialog.get_by_role("button", name="Revoke token").click()
    expect(page.get_by_role("status").filter(has_text="is revoked")).to_be_visible()
    revoked_request(admin_proxy, secret)

    page.get_by_role("link", name="Its requests, live").click()
    page.get_by_role("row").filter(has_text="token_inactive").get_by_role("link").first.click()
    refusal = page.locator("main .notice").filter(has_text="Refused by the stage")
    expect(refusal).to_contain_text("token_inactive")
    expect(refusal).to_contain_text("What to do")

    page.get_by_role("link", name="Audit", exact=True).click()
    admin.heading("Audit")
    page.get_by_role("searchbox").fill("token.revoke")
    expect(page.get_by_role("row").filter(has_text="Token revoked").first).to_be_visible()
    expect(page).to_have_url(re.compile("search=token.revoke"))
    page.get_by_role("row").filter(has_text="Token revoked").get_by_role("link").first.click()
    admin.heading("Token revoked")
    admin.assert_silent()


def test_journey_by_keyboard_alone(admin, admin_proxy):
    """The same without a mouse: Tab, Enter, single keys and the palette."""
    page = admin.page
    admin.open()
    admin.type(USER)
    admin.press("Tab")
    admin.type(PASSWORD)
    admin.press("Enter")
    admin.heading("Overview")

    admin.press("g", "p")
    admin.heading("Projects")
    admin.press("n")
    admin.heading("New project")
    admin.type("Keyboard works")
    admin.press("Tab")
    admin.type("sk-anything")
    admin.press("Control+Enter")
    admin.heading("Keyboard works")

    admin.press("n")
    admin.heading("New token")
    admin.tab_to("Label")
    admin.type("typed token")
    admin.press("Enter")
    admin.heading("Your new token")
    secret = page.get_by_label("Access token").inner_text()
    admin.tab_to("Watch its requests")
    admin.press("Enter")
    admin.heading("Requests")
    assert admin_proxy.chat(secret).status == 200
    expect(page.get_by_role("row").filter(has_text="/v1/chat/completions")).to_be_visible()
    admin.press("j", "Enter")
    expect(page.get_by_role("table", name="Steps of this request")).to_be_visible()
    assert page.locator("[data-slowest]").inner_text()

    admin.press("Control+k")
    admin.type("typed token")
    expect(page.get_by_role("option").filter(has_text="typed token").filter(has_text="token").first).to_be_visible()
    eventually(lambda: choose(admin, "typed token"), "the token in the palette")
    admin.press("Enter")
    admin.heading("typed token")
    admin.tab_to("Revoke")
    admin.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("typed token")
    admin.press("Enter")
    expect(page.get_by_role("status").filter(has_text="is revoked")).to_be_visible()
    revoked_request(admin_proxy, secret)

    admin.press("g", "r")
    admin.heading("Requests")
    admin.press("/")
    admin.type("token_inactive")
    expect(page).to_have_url(re.compile("search=token_inactive"))
    expect(page.get_by_role("row").filter(has_text="token_inactive").first).to_be_visible()
    admin.press("Escape", "j", "Enter")
    expect(page.locator("main .notice").filter(has_text="Refused by the stage")).to_contain_text("What to do")
    admin.press("g", "a")
    admin.heading("Audit")
    admin.press("/")
    admin.type("typed token")
    expect(page.get_by_role("row").filter(has_text="Token created").first).to_be_visible()
    admin.assert_silent()


def choose(admin, text):
    """Moves to the option of the palette that is called `text`; true when it is chosen."""
    if text in admin.page.locator("[role=option][aria-selected=true]").inner_text() and "token" == admin.page.locator(
            "[role=option][aria-selected=true] .where").inner_text():
        return True
    admin.press("ArrowDown")
    return False


def test_revoking_can_be_taken_back(admin, admin_proxy):
    project = first_project(admin_proxy, "undo")
    body = {"project_id": project["id"], "expires_in": "1d", "label": "comes back"}
    token = admin_proxy.management.call("POST", "/manage/tokens", body, expect=201).json()
    admin.sign_in()
    admin.open(f"/tokens/{token['id']}")
    admin.page.get_by_role("button", name="Revoke").click()
    admin.page.get_by_role("button", name="Revoke token").click()
    expect(admin.page.get_by_role("button", name="Set active again")).to_be_visible()
    revoked_request(admin_proxy, token["token"])
    admin.page.get_by_role("button", name="Undo").click()
    expect(admin.page.get_by_role("button", name="Revoke")).to_be_visible()
    assert admin_proxy.chat(token["token"]).status == 200


def test_many_tokens_are_paged_and_revoked_together(admin, admin_proxy):
    project = first_project(admin_proxy, "many")
    body = {"project_id": project["id"], "expires_in": "1d"}
    for number in range(60):
        admin_proxy.management.call("POST", "/manage/tokens", body | {"label": f"many {number:03}"}, expect=201)
    admin.sign_in()
    page = admin.page
    admin.open(f"/tokens?project_id={project['id']}")
    rows = page.get_by_role("row").filter(has_text="many ")
    expect(rows).to_have_count(50)
    page.get_by_role("button", name="Next").click()
    expect(rows).to_have_count(10)
    page.reload()
    expect(rows).to_have_count(10)  # a page of a list has an address
    page.get_by_role("button", name="Previous").click()
    expect(rows).to_have_count(50)
    page.get_by_role("searchbox").fill("many 00")
    expect(rows).to_have_count(10)
    page.get_by_label("Select all rows on this page").check()
    page.get_by_role("region", name="Selected tokens").get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke 10 tokens").click()
    expect(rows.filter(has_text="Revoked")).to_have_count(10)
    page.get_by_label("State").select_option("active")
    expect(rows).to_have_count(0)
    admin.assert_silent()


def test_a_refusal_stands_at_the_field_it_is_about(admin, admin_proxy):
    first_project(admin_proxy, "taken")
    admin.sign_in()
    admin.open("/projects/new")
    admin.page.get_by_label("Provider key").fill("sk-x")
    admin.page.get_by_role("button", name="Create project").click()
    expect(admin.page.get_by_label("Name", exact=True)).to_have_attribute("aria-invalid", "true")
    admin.page.get_by_label("Name", exact=True).fill("taken")
    admin.page.get_by_role("button", name="Create project").click()
    expect(admin.page.locator("main")).to_contain_text("a project of this name exists", ignore_case=True)
    admin.page.get_by_role("link", name="Audit", exact=True).click()
    expect(admin.page.get_by_role("dialog")).to_contain_text("not saved")
    admin.page.get_by_role("button", name="Stay").click()
    expect(admin.page.get_by_label("Name", exact=True)).to_have_value("taken")


def test_playground_answers_and_explains_a_refusal(admin, admin_proxy):
    project = first_project(admin_proxy, "playground")
    admin.sign_in()
    page = admin.page
    admin.open("/playground")
    page.get_by_role("button", name="Make one for this playground").click()
    page.get_by_label("Project", exact=True).fill("playground")
    page.get_by_role("option", name="playground").first.click()
    expect(page.get_by_label("Token of this session")).to_be_visible()
    page.get_by_label("Message", exact=True).fill("Hello")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("main")).to_contain_text("See its waterfall")
    expect(page.locator(".message.assistant .said")).not_to_be_empty()
    page.get_by_role("tab", name="Raw").click()
    expect(page.get_by_role("region", name="Raw exchange")).to_contain_text("data: ")
    admin_proxy.management.call("PATCH", f"/manage/projects/{project['id']}", {"is_active": False}, expect=200)
    admin.messages.clear()
    page.get_by_label("Message", exact=True).fill("Hello again")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("main .notice").filter(has_text="project_inactive")).to_contain_text("What to do")


def test_hostile_names_are_text_everywhere(admin, admin_proxy):
    hostile = '"><script>window.broken = 1</script><img src=x onerror="window.broken = 1">\u202egpj.exe'
    project = first_project(admin_proxy, hostile)
    body = {"project_id": project["id"], "expires_in": "1d", "label": hostile + "א" * 30}
    token = admin_proxy.management.call("POST", "/manage/tokens", body, expect=201).json()
    assert admin_proxy.chat(token["token"], model=hostile + "m" * 10_000).status in (200, 400, 403)
    admin.sign_in()
    for path in ("/", "/projects", f"/projects/{project['id']}", "/tokens", f"/tokens/{token['id']}", "/requests",
                 f"/tokens/{token['id']}/edit", "/usage?group_by=token", "/usage?group_by=model", "/audit", f"/tokens?search={'q' * 150}"):
        admin.open(path)
        assert admin.page.evaluate("window.broken === undefined && !document.querySelector('main script, main img')")
        assert "\u202e" not in admin.page.locator("main").inner_text(), path
    expect(admin.page.locator("main")).to_contain_text("No token matches")
    admin.open(f"/projects/{project['id']}")
    expect(admin.page.get_by_role("heading", level=1)).to_contain_text("<script>window.broken = 1</script>")
    expect(admin.page.get_by_role("heading", level=1)).to_contain_text("⟨U+202E⟩")
    admin.assert_silent()


def test_viewer_sees_everything_and_can_change_nothing(admin, admin_proxy):
    project = first_project(admin_proxy, "looked at")
    admin.sign_in(VIEWER, VIEWER_PASSWORD)
    admin.open(f"/projects/{project['id']}")
    expect(admin.page.get_by_text("viewer: may look only").first).to_be_visible()
    for word in ("New token", "Edit", "Deactivate", "Delete project", "Revoke all tokens"):
        expect(admin.page.get_by_text(word, exact=True)).to_have_count(0)


def test_signing_out_ends_the_session(admin, admin_proxy):
    admin.sign_in()
    admin.page.get_by_role("link", name="Tokens", exact=True).click()
    admin.heading("Tokens")
    cookies = "; ".join(f"{one['name']}={one['value']}" for one in admin.context.cookies())
    status = lambda: call(admin_proxy.port, "GET", "/manage/projects?limit=1", {"Cookie": cookies}).status  # noqa: E731
    assert status() == 200
    admin.page.get_by_role("button", name="Sign out").click()
    expect(admin.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert status() == 401
    admin.page.go_back()
    expect(admin.page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_page_recovers_by_itself_when_the_server_restarts(browser, start_admin):
    proxy = start_admin()
    project = first_project(proxy, "survivor")
    admin = Admin(browser, proxy).sign_in()
    page = admin.page
    admin.open("/projects?search=surv")
    expect(page.locator(".live")).to_contain_text("Live")
    page.wait_for_function("""() => ['palette', 'help', 'dialog', 'toast'].every(name =>
        performance.getEntriesByType('resource').some(one => one.name.endsWith(`/ui/${name}.js`)))""")
    proxy.stop()
    expect(page.locator("#banners")).to_contain_text("Reconnecting")
    admin.press("Control+k")  # what comes after the first view is there although the server is gone
    expect(page.get_by_role("dialog", name="Command palette")).to_be_visible()
    admin.press("Escape")
    proxy.start()
    # Sessions live in the server's memory: it asks for the password once and goes on where one was.
    state = "document.querySelector('.login') ? 'login' : document.querySelector('.live')?.dataset.state"
    eventually(lambda: page.evaluate(state) in ("login", "live"), "the page to recover")
    if page.get_by_label("User").count():
        admin.sign_in()
    expect(page).to_have_url(re.compile(r"/admin/projects\?search=surv"))
    expect(page.get_by_role("link", name="survivor")).to_be_visible()
    assert project
    admin.close()


def test_live_updates_can_be_paused(admin, admin_proxy):
    token = admin_proxy.management.access_token()
    admin.sign_in()
    admin.open("/requests?search=pausing")
    page = admin.page
    expect(page.locator(".live")).to_contain_text("Live")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.locator(".live")).to_contain_text("Paused")
    assert admin_proxy.chat(token, model="gpt-4o-pausing").status == 200
    expect(page.locator("main")).to_contain_text("No request matches")
    page.get_by_role("button", name="Resume", exact=True).click()
    expect(page.get_by_role("row").filter(has_text="gpt-4o-pausing")).to_be_visible()


def test_live_tail_shows_a_sample_under_load_and_says_so(admin, admin_proxy):
    token = admin_proxy.management.access_token()
    admin.sign_in()
    admin.open("/requests")
    page = admin.page
    expect(page.locator(".live")).to_contain_text("Live")
    load = subprocess.Popen(
        ["wrk", "-t", "1", "-c", "8", "-d", "60s", "-H", f"Authorization: Bearer {token}", f"{admin_proxy.base_url}/v1/models"],
        stdout=subprocess.DEVNULL)
    try:
        expect(page.get_by_text(re.compile(r"Showing \d+ of [\d,]+ requests in the last second"))).to_be_visible()
        expect(page.get_by_role("row").filter(has_text="/v1/models").first).to_be_visible()
        assert page.get_by_role("row").count() <= 102  # the head, 100 rows, and one that may be on its way
    finally:
        load.kill()
        load.wait()
    admin.assert_silent()
