"""The admin UI in a real headless Chromium: signing in, waiting for a page, and what every page must hold."""

import os
import shutil
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from .admin_api import PASSWORD, USER
from .paths import REPOSITORY
from .wire import SAFETY_NET_SECONDS

# Kept for people to look at; not part of the repository.
SCREENSHOTS = REPOSITORY / "tmp" / "screenshots"
# Targets of at least 24 px (WCAG 2.2) are looked at too, which axe does not do by itself.
AXE = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
SETTLED = "() => document.querySelector('main h1') && !document.querySelector('main [aria-busy=true], main .skeleton')"
expect.set_options(timeout=SAFETY_NET_SECONDS * 1000)


@contextmanager
def chromium():
    """A browser for the session."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert program, "chromium is missing: run `make setup`"
    # The sandbox of Chromium refuses to run as root.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


class Admin:
    """One window of the UI of `proxy`."""

    def __init__(self, browser, proxy, theme="light", width=1280, **options):
        self.proxy = proxy
        height = 900 if width > 600 else 740
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, reduced_motion="reduce", locale="en-GB",
            timezone_id="Europe/Berlin", base_url=proxy.base_url, **options)
        self.context.set_default_timeout(SAFETY_NET_SECONDS * 1000)
        self.messages = []
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.messages.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.messages.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: self.messages.append(f"dialog: {dialog.message}"))

    def close(self):
        self.context.close()

    def open(self, path="/"):
        """Opens an address of the UI and waits until it shows what it has to show."""
        answer = self.page.goto(f"/admin{path}")
        self.settle()
        return answer

    def settle(self):
        self.page.wait_for_function(SETTLED)

    def sign_in(self, user=USER, password=PASSWORD):
        """By the form that is on the screen, or on the login page."""
        if self.page.url == "about:blank":
            self.open()
        self.page.get_by_label("User").fill(user)
        self.page.locator("input[type=password]").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_selector(".page-head")
        self.settle()
        return self

    def heading(self, text):
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(text)
        self.settle()

    # What every page must hold

    def assert_sound(self, name):
        """axe finds nothing, the page does not scroll sideways, the console is silent."""
        self.keep(name)
        sideways = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert sideways <= 0, f"{name} scrolls sideways by {sideways} px"
        found = Axe().run(self.page, options=AXE).response["violations"]
        assert not found, [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in found]
        self.assert_silent()

    def assert_silent(self):
        messages, self.messages[:] = list(self.messages), []
        assert not messages, messages

    def keep(self, name):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")

    # By keyboard alone

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text):
        self.page.keyboard.type(text)

    def tab_to(self, name, role=None, limit=150):
        """Presses Tab until what has the focus is called `name`, as assistive technology would read it."""
        for _ in range(limit):
            self.press("Tab")
            here = self.page.evaluate("""() => {
                const e = document.activeElement;
                const label = e.getAttribute('aria-label') ?? (e.labels?.[0] ?? e).innerText ?? '';
                return [label.trim(), e.getAttribute('role') ?? e.tagName.toLowerCase()];
            }""")
            if name in here[0] and role in (None, here[1]):
                return
        raise AssertionError(f"Tab never came to {name!r}")
