"""What docs/policies.md shows is what happens: its examples run in that order in one shell."""

import os
import re
import subprocess

from support import settings
from support.paths import REPOSITORY

PAGE = (REPOSITORY / "docs" / "policies.md").read_text()
BLOCKS = re.findall(r"^```(sh|text)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
MARK = "--- next ---"


def test_every_example_prints_what_the_page_says(start, provider, tmp_path):
    proxy = start(settings.configuration("http://mock.invalid", adapter="mock"))
    project = proxy.management.create_project()
    environment = {"PATH": os.environ["PATH"], "PROXY": proxy.base_url, "PROJECT": project["id"],
                   "MANAGEMENT_TOKEN": proxy.management_token}
    script = "".join(text if kind == "sh" else f"echo '{MARK}'\n" for kind, text in BLOCKS)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done
    printed = done.stdout.split(MARK + "\n")
    expected = [text for kind, text in BLOCKS if kind == "text"]
    assert len(expected) >= 5 and printed[:-1] == expected


def test_every_code_of_the_page_is_explained():
    codes = set(re.findall(r"\b[45]\d\d `(\w+)`", PAGE))
    explained = (REPOSITORY / "docs" / "errors.md").read_text()
    assert len(codes) >= 10 and all(f"`{code}`" in explained for code in codes)
