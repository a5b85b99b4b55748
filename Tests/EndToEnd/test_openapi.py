"""docs/openapi.yaml is what the server does: schemathesis calls every operation with every check on."""

import subprocess
import sys
from pathlib import Path

import yaml
from support import settings
from support.paths import REPOSITORY

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
# A stream ends when its reader leaves: it is looked at by test_admin_live.py.
ENDLESS = "streamEvents"
# Monitors made for the Go program may ask with any method, and its clients get 400 for other methods of an address
# below a project: all checks but the one that wants 405.
MANY_METHODS = {"getHealth", "getLive", "getReady", "getMetrics", "revokeProjectTokens"}


def test_the_document_is_served_as_it_is_written(proxy):
    headers = {"Authorization": f"Bearer {proxy.management_token}"}
    served = proxy.call("GET", "/manage/openapi.json", headers).json()
    assert served == yaml.safe_load((REPOSITORY / "docs/openapi.yaml").read_text())


def schemathesis(proxy, token, *arguments):
    report = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "--config-file", CONFIGURATION, "run", REPOSITORY / "docs/openapi.yaml",
         "--url", proxy.base_url, "--header", f"Authorization: Bearer {token}",
         "--checks", "all", "--phases", "examples,coverage,fuzzing", "--max-examples", "12", "--seed", "1",
         "--continue-on-failure", "--warnings", "off", "--suppress-health-check", "all", "--no-color",
         *arguments],
        cwd=proxy.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=280)
    assert report.returncode == 0, report.stdout[-20_000:] + report.stderr
    return report.stdout


def test_every_operation_does_what_it_says(start, provider):
    # Every operation is also called with wrong credentials, which is to be refused each time with the same status.
    proxy = start(settings.configuration(provider.origin), environment={"LOGIN_ATTEMPTS": "1000000"})
    proxy.management.access_token()
    excluded = [part for operation in sorted({ENDLESS, *MANY_METHODS})
                for part in ("--exclude-operation-id", operation)]
    schemathesis(proxy, proxy.management_token, "--exclude-tag", "self", *excluded)


def test_operations_that_answer_any_method_do_what_they_say(start, provider):
    proxy = start(settings.configuration(provider.origin), environment={"LOGIN_ATTEMPTS": "1000000"})
    included = [part for operation in sorted(MANY_METHODS) for part in ("--include-operation-id", operation)]
    schemathesis(proxy, proxy.management_token, "--exclude-checks", "unsupported_method", *included)


def test_what_an_access_token_may_ask_does_what_it_says(start, provider):
    proxy = start(settings.configuration(provider.origin), environment={"LOGIN_ATTEMPTS": "1000000"})
    schemathesis(proxy, proxy.management.access_token(), "--include-tag", "self")
