"""Every page of the admin UI in light and dark, wide and narrow: accessible, silent, never sideways."""

import re

import pytest
from support.browser import Admin, expect
from support.paths import REPOSITORY
from support.proxy import eventually

HOSTILE = '<img src=x onerror="alert(1)">\u202eexe.txt\u202c '
NAMES = [HOSTILE + "project", "مشروع الذكاء الاصطناعي", "L" * 250, "Shop backend"]
POLICY = {
    "models": ["gpt-4o*", "gpt-4.1-mini"], "endpoints": ["/v1/chat/completions"], "methods": ["POST"],
    "parameters": {"max_tokens": {"max": 4096}}, "requests_per_minute": 600, "ip_allow": ["127.0.0.0/8"],
}
PAGES = {
    "overview": "/", "projects": "/projects", "project": "/projects/{project}", "project-new": "/projects/new",
    "project-edit": "/projects/{project}/edit", "tokens": "/tokens", "token": "/tokens/{token}",
    "token-new": "/tokens/new", "token-edit": "/tokens/{token}/edit", "requests": "/requests",
    "request": "/requests/{answered}", "request-refused": "/requests/{refused}", "pipeline": "/pipeline?stage=auth",
    "providers": "/providers", "usage": "/usage?compare=1", "audit": "/audit", "audit-event": "/audit/{event}",
    "playground": "/playground", "settings": "/settings", "nowhere": "/nowhere",
}


@pytest.fixture(scope="module")
def things(admin_proxy):
    """Projects, tokens and requests of all kinds, some with names that mean harm; ids by name."""
    management, ids = admin_proxy.management, {}
    for name in NAMES:
        body = {"name": name, "api_key": "sk-provider", "policy": POLICY, "budget": {"month_micros": 50_000_000}}
        project = management.call("POST", "/manage/projects", body, expect=201).json()
        for label in (HOSTILE + "token", "x" * 255, "checkout"):
            body = {"project_id": project["id"], "expires_in": "30d", "max_requests": 500, "label": label}
            token = management.call("POST", "/manage/tokens", body, expect=201).json()
            for stream in (False, True):
                assert admin_proxy.chat(token["token"], stream=stream).status == 200
        ids |= {"project": project["id"], "token": token["id"]}
    assert admin_proxy.chat(token["token"], model=HOSTILE * 300).status in (200, 403)
    management.call("DELETE", f"/manage/tokens/{token['id']}", expect=204)
    assert admin_proxy.chat(token["token"]).status == 401

    def exchanges():
        rows = management.call("GET", "/manage/exchanges?limit=100", expect=200).json()
        refused = [row for row in rows if row["status"] == 401]
        answered = [row for row in rows if row["status"] == 200]
        return refused and answered and {"refused": refused[0]["request_id"], "answered": answered[0]["request_id"]}

    ids |= eventually(exchanges, "the requests to be listed")
    ids["event"] = management.call("GET", "/manage/audit?search=token.revoke", expect=200).json()["events"][0]["id"]
    return ids


@pytest.fixture(scope="module", params=[("light", 1280), ("light", 360), ("dark", 1280), ("dark", 360)],
                ids=lambda kind: f"{kind[0]}-{kind[1]}")
def window(request, browser, admin_proxy, things):
    theme, width = request.param
    admin = Admin(browser, admin_proxy, theme, width).sign_in()
    admin.suffix = f"{theme}-{width}"
    yield admin
    admin.close()


@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible_silent_and_fits(window, things, name):
    answer = window.open(PAGES[name].format(**things))
    policy = answer.headers["content-security-policy"]
    assert "require-trusted-types-for 'script'" in policy and "unsafe" not in policy, policy
    window.assert_sound(f"{name}-{window.suffix}")


@pytest.mark.parametrize("theme,width", [("light", 1280), ("dark", 360)])
def test_login_page_is_accessible_silent_and_fits(browser, admin_proxy, theme, width):
    admin = Admin(browser, admin_proxy, theme, width)
    admin.open("/tokens?status=revoked")
    admin.assert_sound(f"login-{theme}-{width}")
    admin.page.get_by_text("Management token", exact=True).click()
    admin.assert_sound(f"login-token-{theme}-{width}")
    admin.close()


@pytest.mark.parametrize("keys,title", [("?", "Keyboard"), ("Control+k", None)])
def test_dialogs_are_accessible(window, keys, title):
    window.open("/")
    window.page.keyboard.press(keys)
    dialog = window.page.locator("dialog[open]")
    expect(dialog).to_be_visible()
    if title:
        expect(dialog).to_contain_text(title)
    window.assert_sound(f"dialog-{title or 'palette'}-{window.suffix}".lower())
    window.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


# What reaches beyond the right edge, by its path in the page.
TOO_WIDE = """() => [...document.querySelectorAll('main *')]
    .filter(element => element.getBoundingClientRect().right > innerWidth)
    .map(element => element.tagName + '.' + element.className + ': ' + element.textContent.slice(0, 40)).slice(0, 12)"""


def test_page_works_at_320_pixels_and_when_printed(browser, admin_proxy, things):
    admin = Admin(browser, admin_proxy, width=320).sign_in()
    for path in ("/", "/tokens", "/pipeline", "/usage", f"/requests/{things['answered']}"):
        admin.open(path)
        assert admin.page.evaluate("document.documentElement.scrollWidth") <= 320, (path, admin.page.evaluate(TOO_WIDE))
    admin.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    admin.page.emulate_media(media="print")
    assert admin.page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light", "paper is white"
    expect(admin.page.locator(".topbar")).to_be_hidden()
    expect(admin.page.get_by_role("heading", level=1)).to_be_visible()
    admin.close()


def test_page_keeps_meaning_in_forced_colours(browser, admin_proxy, things):
    admin = Admin(browser, admin_proxy, forced_colors="active").sign_in()
    admin.open("/tokens")
    expect(admin.page.locator(".badge").first).not_to_be_empty()
    admin.assert_sound("tokens-forced-colours")
    admin.close()


FETCHED = """() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .filter(one => one.transferSize > 0).map(one => [new URL(one.name).pathname, one.transferSize])"""


def fetched(admin):
    """What crossed the wire for the overview and its charts: addresses and bytes."""
    admin.open()
    admin.page.wait_for_function("() => globalThis.Chart")
    return admin.page.evaluate(FETCHED)


def test_first_view_is_small_and_the_second_fetches_no_file_again(browser, admin_proxy):
    signed_in = Admin(browser, admin_proxy).sign_in()
    admin = Admin(browser, admin_proxy, storage_state=signed_in.context.storage_state())
    first, second = fetched(admin), fetched(admin)
    assert 20_000 < sum(size for _, size in first) <= 250_000, sorted(first, key=lambda one: -one[1])[:8]
    addresses = [address for address, _ in first]
    assert len(addresses) == len(set(addresses)), "what is asked for early is not asked for again"
    again = {address for address, _ in second} & set(addresses)
    assert again <= {"/admin/", "/admin/session", "/manage/overview"}, again
    signed_in.close()
    admin.close()


IMPORT = re.compile(r"""^(?:import|export)\b[^;]*?["'](\.[^"']+)["'];""", re.MULTILINE)


def needed(module, known):
    """Adds `module` and all that it imports before it can run to `known`."""
    if module not in known:
        known.add(module)
        for name in IMPORT.findall(module.read_text()):
            needed((module.parent / name).resolve(), known)
    return known


def test_first_view_is_told_all_its_modules_at_once():
    """A module that is not announced costs a turn to the server; one that is not needed delays the others."""
    web = REPOSITORY / "web"
    announced = re.findall(r'modulepreload" href="/admin/assets/0/([^"]+)"', (web / "index.html").read_text())
    modules = set()
    for first in ("app.js", "pages/login.js", "pages/overview.js"):
        needed(web / "js" / first, modules)
    assert sorted(announced) == sorted(str(one.relative_to(web)) for one in modules)
