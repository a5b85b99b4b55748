"""The commands that the operators' pages show are commands that work, in the order in which they are shown."""

import os
import re
import shlex
import subprocess

import pytest
from support.go_database import ENCRYPTION_KEY, GoDatabase
from support.paths import BINARY, REPOSITORY

DOCS = REPOSITORY / "docs"
PAGES = ["migration-from-go", "operations", "security"]


def shown(page):
    """The lines of a page's `sh` blocks that call the program, and the variables they set."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", (DOCS / f"{page}.md").read_text(), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith(("llm-proxy ", "export "))]


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_work_one_after_the_other(page, tmp_path, start):
    database = tmp_path / "data" / "llm-proxy.db"
    made = GoDatabase(database, is_encrypted=page == "migration-from-go")
    made.token()
    made.close()
    environment = {"DATABASE_PATH": str(database), "AUDIT_LOG_FILE": str(tmp_path / "data" / "audit.log")}
    if made.is_encrypted:
        environment["ENCRYPTION_KEY"] = ENCRYPTION_KEY
    if page != "migration-from-go":
        proxy = start(environment=environment)  # so that there is an audit trail
        proxy.management.create_project()
        proxy.stop()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "llm-proxy").symlink_to(BINARY)
    environment |= {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "MANAGEMENT_TOKEN": "m"}
    lines = shown(page)
    assert len([line for line in lines if line.startswith("llm-proxy ")]) >= 3
    for line in lines:
        if line.startswith("export "):
            name = line.split()[1].split("=")[0]
            environment[name] = subprocess.run(["bash", "-c", f"{line}; printf %s \"${name}\""], env=environment,
                                               capture_output=True, text=True, check=True).stdout
            continue
        done = subprocess.run(shlex.split(line), env=environment, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, (line, done.stdout, done.stderr)


@pytest.mark.parametrize("page", ["deployment", "logging", *PAGES])
def test_links_of_a_page_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)#]+)\)", (DOCS / f"{page}.md").read_text()):
        assert link.startswith("https://") or (DOCS / link).exists(), link
