#!/usr/bin/env python3
"""Takes the pictures of the admin UI in this folder, of a server with invented traffic: `make pictures`.

Needs `build/` and Chromium, and pngquant for small files; takes a minute. The provider is a script on loopback that answers at the pace of a model.
"""

import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1] / "Tests" / "EndToEnd"))

from support import answers, settings  # noqa: E402
from support.admin_api import ACCOUNTS  # noqa: E402
from support.browser import Admin, chromium, expect  # noqa: E402
from support.provider import Provider  # noqa: E402
from support.proxy import Proxy, eventually  # noqa: E402

MODELS = ["gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "o4-mini"]
PROJECTS = {"Support assistant": ["web chat", "mail drafts"], "Nightly summaries": ["batch"], "Mobile app": ["ios", "android"],
            "Shop backend": ["checkout", "staging"], "Data science": ["notebooks", "evaluation"]}
ANSWER = ("A withering access token ends by itself: after a time, after a number of requests, or when its budget is "
          "spent. An application that leaks it leaks little.")
POLICY = {"models": ["gpt-4*", "o4-mini"], "requests_per_minute": 600, "parameters": {"max_tokens": {"max": 4096}}}


def model(exchange):
    """Thinks a little, then answers, word by word when a stream was asked for."""
    request = exchange.request.json()
    time.sleep(random.uniform(0.02, 0.3))
    usage = {"prompt_tokens": random.randint(200, 1800), "completion_tokens": random.randint(40, 420)}
    usage["total_tokens"] = sum(usage.values())
    if not request.get("stream"):
        return answers.whole(answers.completion(ANSWER, request["model"]) | {"usage": usage})(exchange)
    exchange.head(200, answers.SSE)
    for word in re.findall(r"\S+\s*", ANSWER):
        time.sleep(0.01)
        exchange.chunk(answers.event(answers.delta(word, request["model"])))
    exchange.chunk(answers.event(answers.USAGE_CHUNK | {"usage": usage}))
    exchange.chunk(answers.event(b"[DONE]"))
    return exchange.end()


def populate(proxy):
    """Projects, tokens and their traffic; answers the projects and tokens by name."""
    management, tokens, projects = proxy.management, {}, {}
    for name, labels in PROJECTS.items():
        body = {"name": name, "api_key": "sk-" + "x" * 40, "budget": {"month_micros": random.randint(20, 200) * 1_000_000}}
        projects[name] = management.call("POST", "/manage/projects", body | {"policy": POLICY}, expect=201).json()
        for label in labels:
            body = {"project_id": projects[name]["id"], "label": label, "expires_in": random.choice(["7d", "30d", "90d"]),
                    "max_requests": random.choice([100, 500, 5000])}
            tokens[label] = management.call("POST", "/manage/tokens", body, expect=201).json()

    def traffic():
        for _ in range(30):
            token = random.choice(list(tokens.values()))
            proxy.chat(token["token"], model=random.choice(MODELS), stream=random.random() < 0.4)

    clients = [threading.Thread(target=traffic) for _ in range(8)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    management.revoke(tokens["staging"]["id"])
    assert proxy.chat(tokens["staging"]["token"]).status == 401
    assert proxy.chat(tokens["notebooks"]["token"], model="gpt-3.5-turbo").status == 403
    return projects, tokens


def newest(proxy, filters):
    """The id of the newest request that matches."""
    rows = eventually(lambda: proxy.management.call("GET", f"/manage/exchanges?{filters}").json(), "the request to be listed")
    return rows[0]["request_id"]


def take(browser, proxy, projects, tokens):
    admin = Admin(browser, proxy).sign_in()
    admin.page.set_viewport_size({"width": 1280, "height": 860})

    def picture(name, path=None):
        if path:
            admin.open(path)
            admin.page.wait_for_timeout(1500)  # charts are drawn after the figures, sparklines when they are seen
        file = FOLDER / f"admin-{name}.png"
        admin.page.screenshot(path=file)
        if shutil.which("pngquant"):  # a third of the size
            subprocess.run(["pngquant", "--force", "--skip-if-larger", "--ext", ".png", "--strip", file], check=True)

    picture("overview", "/?range=15m")
    picture("request", f"/requests/{newest(proxy, 'status=2xx&path=/v1/chat')}")
    picture("refusal", f"/requests/{newest(proxy, 'status=401')}")
    picture("pipeline", "/pipeline?stage=whitelist")
    picture("usage", "/usage?group_by=model&range=24h")
    admin.page.emulate_media(color_scheme="dark")
    picture("tokens-dark", "/tokens")
    admin.page.emulate_media(color_scheme="light")
    admin.open(f"/tokens/new?project_id={projects['Mobile app']['id']}")
    admin.page.get_by_label("Label").fill("tablet")
    admin.page.get_by_role("button", name="Create token").click()
    admin.heading("Your new token")
    picture("new-token")
    admin.page.get_by_role("link", name="Try it in the playground").click()
    admin.heading("Playground")
    admin.page.get_by_label("Message", exact=True).fill("What is a withering access token?")
    admin.page.get_by_role("button", name="Send").click()
    expect(admin.page.locator("main")).to_contain_text("See its waterfall")
    picture("playground")
    admin.close()


def main():
    random.seed(1)
    provider = Provider()
    provider.reset(model)
    with tempfile.TemporaryDirectory() as folder, Proxy(folder, settings.configuration(provider.origin), ACCOUNTS) as proxy:
        projects, tokens = populate(proxy)
        with chromium() as browser:
            take(browser, proxy, projects, tokens)
    provider.stop()


if __name__ == "__main__":
    main()
