"""What newcomers stumbled over in the admin UI, held by one test each."""

import re

import pytest
from support.admin_api import ACCOUNTS
from support.browser import Admin, expect
from support.proxy import eventually


@pytest.fixture
def admin(browser, admin_proxy):
    window = Admin(browser, admin_proxy).sign_in()
    yield window
    window.close()


def new_token(proxy, name, **fields):
    project = proxy.management.create_project(name=name)
    body = {"project_id": project["id"], "expires_in": "1d", "label": name} | fields
    return proxy.management.call("POST", "/manage/tokens", body, expect=201).json()


def refused(proxy):
    """The id of a request with a revoked token."""
    token = new_token(proxy, "withered")
    proxy.management.revoke(token["id"])
    assert proxy.chat(token["token"]).status == 401
    path = f"/manage/exchanges?token_id={token['id']}"
    return eventually(lambda: proxy.management.call("GET", path).json(), "the refusal to be listed")[0]["request_id"]


def test_a_refused_provider_key_is_told_at_its_field_in_its_words(admin):
    page = admin.page
    admin.open("/projects/new")
    page.get_by_label("Name", exact=True).fill("spaced")
    key = page.get_by_label("Provider key")
    key.fill("not a key")
    page.get_by_role("button", name="Create project").click()
    expect(key).to_have_attribute("aria-invalid", "true")
    expect(key).to_have_accessible_description(re.compile("Provider key must be at most 4096 visible ASCII characters"))
    expect(key).to_be_focused()


def test_chips_are_found_by_their_label_and_show_no_example_beside_a_choice(admin):
    page = admin.page
    admin.open("/projects/new")
    page.locator("summary", has_text="Policy").click()
    models = page.get_by_role("combobox", name="Models")
    page.locator("label", has_text="Models").click()
    expect(models).to_be_focused()
    expect(models).to_have_attribute("placeholder", re.compile("gpt-4o"))
    admin.type("gpt-4o*,")
    expect(models).to_have_attribute("placeholder", "")


def test_playground_keeps_the_conversation_and_marks_tokens_that_have_ended(admin, admin_proxy):
    page = admin.page
    admin_proxy.management.create_project(name="talked about")
    admin.open("/playground")
    page.get_by_role("button", name="Make one for this playground").click()
    page.get_by_label("Project", exact=True).fill("talked about")
    page.get_by_role("option", name="talked about").first.click()
    token = page.get_by_label("Token of this session")
    expect(token).to_be_visible()
    page.get_by_label("Message", exact=True).fill("Remember me")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("main")).to_contain_text("See its waterfall")
    admin_proxy.management.revoke(token.input_value())

    page.get_by_role("link", name="Overview").click()
    admin.heading("Overview")
    page.get_by_role("link", name="Playground").first.click()
    admin.heading("Playground")
    expect(page.get_by_role("log")).to_contain_text("Remember me")
    expect(token.locator("option").first).to_have_text(re.compile("– revoked$"))
    expect(page.locator("main .notice")).to_contain_text("This token is revoked")

    page.get_by_role("button", name="Sign out").click()
    admin.sign_in()
    page.get_by_role("link", name="Playground").first.click()
    admin.heading("Playground")
    expect(page.get_by_role("log")).to_contain_text("Nothing said yet")
    expect(token).to_have_count(0)


def test_a_refusal_marks_the_stage_that_refused(admin, admin_proxy):
    admin.open(f"/requests/{refused(admin_proxy)}")
    marked = admin.page.get_by_role("row").filter(has_text="refused here")
    expect(marked).to_have_count(1)
    expect(marked).to_contain_text("auth")
    expect(admin.page.get_by_text("slowest stage")).to_have_count(0)


def test_the_times_of_a_request_add_up(start, provider, browser):
    proxy = start(environment=ACCOUNTS)
    assert proxy.chat(proxy.management.access_token()).status == 200
    exchange = eventually(lambda: proxy.management.call("GET", "/manage/exchanges?status=2xx").json(), "the request")[0]
    admin = Admin(browser, proxy).sign_in()
    admin.open(f"/requests/{exchange['request_id']}")
    texts = admin.page.locator("dl.figures .figure").all_inner_texts()
    values = {name: microseconds(value) for name, value, *_ in (text.split("\n") for text in texts) if " " in name}
    parts = values["Of it: provider"] + values["Of it: proxy and client"]
    assert parts == pytest.approx(values["Total time"], rel=0.02)
    admin.close()


def microseconds(text):
    number, unit = text.split()
    return float(number) * {"µs": 1, "ms": 1000, "s": 1_000_000}[unit]


def test_one_is_not_many(admin, admin_proxy):
    token = new_token(admin_proxy, "used once")
    assert admin_proxy.chat(token["token"], stream=True).status == 200
    spent = f"/manage/usage?token_id={token['id']}"
    eventually(lambda: admin_proxy.management.call("GET", spent).json()["totals"]["requests"] == 1, "the ledger's entry")
    admin.open(f"/tokens/{token['id']}")
    usage = admin.page.locator("section", has=admin.page.get_by_role("heading", name="Usage, 30 days"))
    expect(usage).to_contain_text("1 request ·")
    expect(admin.page.locator("main")).to_contain_text("1, not limited")


def test_who_did_it_has_one_name_each(admin, admin_proxy):
    new_token(admin_proxy, "made by a script")
    admin.open("/audit?search=made by a script")
    row = admin.page.get_by_role("row").filter(has_text="Token created").first
    expect(row).to_contain_text("management token (API)")
    admin.open("/audit?action=admin.login&outcome=success")
    expect(admin.page.get_by_role("row").nth(1)).to_contain_text("alice")
    expect(admin.page.get_by_role("row").nth(1)).not_to_contain_text("admin:")


def test_the_chain_wraps_without_an_arrow_to_nowhere(admin):
    """An arrow belongs to the stage it leads to, so it is never the last thing in a line."""
    admin.open("/pipeline")
    ends = admin.page.evaluate("""() => [...document.querySelectorAll('.chain > li')].map(
        item => [getComputedStyle(item, '::before').content, getComputedStyle(item, '::after').content])""")
    assert ends[0][0] == "none" and {before for before, _ in ends[1:]} == {'""'} and {after for _, after in ends} == {"none"}
