#!/usr/bin/env python3
"""Measures the admin UI in a real headless Chromium, against the figures it must keep; prints a table in Markdown.

    .build/venv/bin/python Tests/Benchmark/admin.py [first-view] [million] [tail] [idle]

`first-view`  a browser that was never here, and one that was: requests, bytes, time until the page can be used
`million`     1,000,000 tokens browsed: the slowest request of paging, searching, filtering and sorting
`tail`        frames dropped by the Requests page in 20 s at 2,000 exchanges/s
`idle`        CPU the server spends for a page that is only open, over 30 s each
"""

import argparse
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "EndToEnd"))

import state  # noqa: E402
from support import settings  # noqa: E402
from support.admin_api import ACCOUNTS  # noqa: E402
from support.browser import Admin, chromium  # noqa: E402
from support.paths import REPOSITORY  # noqa: E402
from support.proxy import Proxy  # noqa: E402

ROUNDS = 9
TREE = REPOSITORY / "build"

# When the heading stands, when the page answers to what is done, when its figures stand. A frame has been painted then.
WATCH = """(() => {
  const seen = (globalThis.seen = {});
  const painted = (name) => requestAnimationFrame(() => setTimeout(() => (seen[name] ??= performance.now())));
  const look = () => {
    if (document.querySelector('main h1')) painted('usable');
    if (document.querySelector('.figures .value:not(:empty)')) painted('figures');
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
})()"""
LOADED = """() => {
  const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
  const fetched = all.filter((one) => one.transferSize > 0);
  return { ...seen, requests: fetched.length, bytes: fetched.reduce((sum, one) => sum + one.transferSize, 0) };
}"""


def proxy_in(folder, **environment):
    """A server with the mock provider and accounts for the UI."""
    return Proxy(folder, settings.configuration("http://mock.invalid", adapter="mock"), ACCOUNTS | environment)


def cpu_seconds(proxy):
    fields = Path(f"/proc/{proxy.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / state.TICKS


def row(figure, measured, must=""):
    print(f"| {figure} | {measured} | {must} |", flush=True)


# First view


def first_view(browser, folder):
    with proxy_in(folder) as proxy:
        for _ in range(5):
            assert proxy.chat(proxy.management.access_token()).status == 200
        signed_in = Admin(browser, proxy).sign_in()
        kept = signed_in.context.storage_state()
        signed_in.close()
        cases = {"sign-in page, nothing cached": (None, False), "overview, nothing cached": (kept, False),
                 "overview, second view": (kept, True)}
        measured = {name: [] for name in cases}
        for _ in range(ROUNDS):
            for name, (storage, again) in cases.items():
                measured[name].append(view_of(browser, proxy, storage, again))
    for name, views in measured.items():
        usable = [one["usable"] for one in views]
        figures = [one["figures"] for one in views if "figures" in one]
        then = f"; figures at {statistics.median(figures):.0f} ms" if figures else ""
        row(name, f"usable at {statistics.median(usable):.0f} ms ({min(usable):.0f}–{max(usable):.0f}){then}; "
            f"{views[0]['requests']} requests, {max(one['bytes'] for one in views) / 1000:.0f} KB", "≤ 300 ms, ≤ 250 KB")


def view_of(browser, proxy, storage, again):
    admin = Admin(browser, proxy, storage_state=storage)
    admin.page.add_init_script(WATCH)
    for _ in range(2 if again else 1):
        admin.open()
        wanted = "figures" if storage else "usable"
        admin.page.wait_for_function(f"() => seen.{wanted}")
        admin.page.wait_for_load_state("networkidle" if not storage else "load")
        if storage:
            admin.page.wait_for_function("() => globalThis.Chart")
    seen = admin.page.evaluate(LOADED)
    admin.close()
    return seen


# A million tokens

# Labels, states, times and counts that differ and have nothing to do with each other.
VARIED = """
UPDATE tokens SET label = 'service ' || (abs(random()) % 5000) || ' of team ' || (abs(random()) % 37),
  request_count = abs(random()) % 997, is_active = abs(random()) % 10 <> 0,
  created_at = datetime('2026-01-01', '+' || (abs(random()) % 20000000) || ' seconds') || '+00:00',
  last_used_at = CASE WHEN abs(random()) % 3
    THEN datetime('2026-06-01', '+' || (abs(random()) % 9000000) || ' seconds') || '+00:00' END,
  expires_at = CASE WHEN abs(random()) % 5
    THEN datetime('2026-09-01', '+' || (abs(random()) % 60000000) || ' seconds') || '+00:00' END"""
TOOK = """() => performance.getEntriesByType('resource').filter((one) => one.name.includes('/manage/') && one.responseEnd)
  .map((one) => [one.responseEnd - one.requestStart, decodeURIComponent(one.name.split('/manage/')[1])])"""


def million(browser, folder):
    state.million(folder, TREE, change=VARIED)
    database = sqlite3.connect(folder / "llm-proxy.db")
    ((token, mask),) = database.execute("SELECT id, token_mask FROM tokens WHERE rowid = 654321")
    database.close()
    with proxy_in(folder) as proxy:
        admin = Admin(browser, proxy).sign_in()
        page = admin.page
        turn = lambda name: page.get_by_role("button", name=name, exact=True).click()  # noqa: E731
        search = lambda text: page.get_by_role("searchbox").fill(text)  # noqa: E731
        state_of = lambda value: page.get_by_label("State").select_option(value)  # noqa: E731
        opened = lambda path: lambda: admin.open(path)  # noqa: E731
        journeys = {
            "list opened": [opened("/tokens")],
            "next and previous page": [opened("/tokens"), *[lambda: turn("Next")] * 10, *[lambda: turn("Previous")] * 5],
            "sorted by each column": [lambda name=name: turn(name) for name in ("Ends", "Requests", "Last used", "Created") * 2],
            "next pages of a sorted list": [opened("/tokens?sort=request_count"), *[lambda: turn("Next")] * 5],
            "searched by label": [opened("/tokens"), *[lambda text=text: search(text) for text in (
                "service 4711", "team 36", "of team", "s", "no such label")]],
            "searched by id and first characters": [lambda text=text: search(text) for text in (token, token[:8], mask[:7])],
            "filtered by state": [opened("/tokens"), *[lambda value=value: state_of(value) for value in (
                "active", "expired", "revoked", "used_up")]],
            "filtered, searched and sorted": [opened("/tokens?status=expired&search=team+7&sort=last_used_at&order=asc"), lambda: turn("Next")],
            "one token": [opened(f"/tokens/{token}")],
            "overview": [opened("/")],
        }
        for name, steps in journeys.items():
            took = []
            for step in steps:
                page.evaluate("performance.clearResourceTimings()")
                step()
                page.wait_for_timeout(400)  # a search box waits until typing pauses
                admin.settle()
                took += page.evaluate(TOOK)
            slowest, address = max(took)
            row(f"1,000,000 tokens: {name}", f"{len(took)} requests, the slowest {slowest:.0f} ms (`{address[:60]}`)", "≤ 100 ms")
        admin.close()


# Live tail

FRAMES = """(seconds) => new Promise((done) => {
  const gaps = [];
  let [last, end] = [performance.now(), performance.now() + seconds * 1000];
  const frame = (now) => {
    gaps.push(now - last);
    last = now;
    now < end ? requestAnimationFrame(frame) : done(gaps);
  };
  requestAnimationFrame(frame);
})"""
FRAME_MS = 1000 / 60
SECONDS = 20


def work(devtools):
    """Seconds the page has spent in its own work: script, style and layout."""
    metrics = {one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]}
    return sum(metrics[name] for name in ("ScriptDuration", "RecalcStyleDuration", "LayoutDuration"))


def tail(browser, folder):
    with proxy_in(folder) as proxy:
        token = proxy.management.access_token()
        admin = Admin(browser, proxy).sign_in()
        admin.page.emulate_media(reduced_motion="no-preference")
        admin.open("/requests")
        quiet = admin.page.evaluate(FRAMES, 5)
        devtools = admin.context.new_cdp_session(admin.page)
        devtools.send("Performance.enable")
        script = folder / "rate.lua"
        script.write_text("function delay() return math.random(0, 2 * 15) end\n")
        load = subprocess.Popen(
            ["taskset", "-c", "1", "wrk", "-t1", "-c32", "-d40s", "-s", script, "-H", f"Authorization: Bearer {token}",
             f"{proxy.base_url}/v1/models"], stdout=subprocess.DEVNULL)
        notice = admin.page.get_by_text("requests in the last second")
        notice.wait_for()
        before = work(devtools)
        busy = admin.page.evaluate(FRAMES, SECONDS)
        worked = work(devtools) - before
        said = notice.inner_text()
        load.terminate()
        load.wait()
        admin.close()
    for name, gaps in (("quiet", quiet), ("under load", busy)):
        dropped = [gap for gap in gaps if gap > 2 * FRAME_MS + 1]
        row(f"Requests page, {name}: frames dropped", f"{len(dropped)} gaps over two frames of {len(gaps)} (longest {max(gaps):.0f} ms)", "none")
    row("its script, style and layout under load", f"{worked / SECONDS * 1000:.0f} ms a second")
    row("what the page said", f"“{said.split(':')[0]}”")


# Idle pages


def idle(browser, folder):
    with proxy_in(folder) as proxy:
        for _ in range(20):
            assert proxy.chat(proxy.management.access_token()).status == 200
        admin = Admin(browser, proxy).sign_in()
        for name, path in (("Overview", "/"), ("Requests", "/requests"), ("Pipeline", "/pipeline"), ("Tokens", "/tokens")):
            admin.open(path)
            admin.page.wait_for_timeout(2000)
            before, began = cpu_seconds(proxy), time.monotonic()
            admin.page.wait_for_timeout(30_000)
            share = (cpu_seconds(proxy) - before) / (time.monotonic() - began)
            row(f"{name} left open: CPU of the server", f"{share * 100:.2f} %", "< 1 %")
        admin.close()


MEASUREMENTS = {"first-view": first_view, "million": million, "tail": tail, "idle": idle}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", choices=[*MEASUREMENTS, []], default=[])
    chosen = parser.parse_args().what or MEASUREMENTS
    print("| figure | measured | must |\n|---|---|---|", flush=True)
    with chromium() as running:
        for measurement in chosen:
            with tempfile.TemporaryDirectory(prefix="admin-") as top:
                MEASUREMENTS[measurement](running, Path(top))
