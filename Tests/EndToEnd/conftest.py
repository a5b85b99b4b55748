"""Fixtures. One proxy and one provider serve most tests; a test that needs its own starts it with `start`."""

import subprocess
import sys

import pytest
from support import answers, settings
from support.admin_api import ACCOUNTS
from support.certificates import Authority
from support.cli import CLI
from support.paths import BINARY, COMPATIBILITY
from support.provider import Provider
from support.proxy import Proxy

collect_ignore = [] if COMPATIBILITY.is_dir() else ["test_compatibility.py"]


@pytest.fixture(scope="session")
def session_provider():
    provider = Provider()
    yield provider
    provider.stop()


@pytest.fixture
def provider(session_provider):
    """The provider behind `proxy`; answers every request with a chat completion until a test scripts it."""
    session_provider.reset(answers.whole())
    yield session_provider
    failures = list(session_provider.failures)
    session_provider.reset(answers.whole())
    assert not failures, failures


@pytest.fixture(scope="session")
def session_proxy(session_provider, tmp_path_factory):
    configuration = settings.configuration(
        session_provider.origin,
        param_whitelist={"model": ["gpt-4o", "gpt-4.1-*", "text-embedding-3-small"]},
        timeouts={"response_header": "2s", "idle": "2s"},
        limits={"request_body_bytes": 1 << 20})
    with Proxy(tmp_path_factory.mktemp("proxy"), configuration).start() as proxy:
        yield proxy


@pytest.fixture
def proxy(session_proxy, provider):
    """The stock chain in front of `provider`, shared by all tests: nobody stops or kills it."""
    yield session_proxy
    assert session_proxy.process.poll() is None, session_proxy.log()[-4000:]


@pytest.fixture
def token(proxy):
    """An access token of a new project on `proxy`."""
    return proxy.management.access_token()


@pytest.fixture(scope="session")
def mock_proxy(tmp_path_factory):
    """The stock chain on the mock adapter: no provider at all."""
    configuration = settings.configuration("http://mock.invalid", adapter="mock")
    with Proxy(tmp_path_factory.mktemp("mock"), configuration).start() as proxy:
        yield proxy


@pytest.fixture(scope="session")
def browser():
    # Here and not above: tests without a browser run where there is none.
    from support.browser import chromium
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def admin_proxy(tmp_path_factory):
    """A proxy on the mock adapter whose admin UI the browser tests share: nobody stops or kills it."""
    configuration = settings.configuration("http://mock.invalid", adapter="mock")
    with Proxy(tmp_path_factory.mktemp("admin"), configuration, ACCOUNTS).start() as proxy:
        yield proxy


@pytest.fixture
def start_admin(tmp_path):
    """Starts such a proxy of the test's own."""
    running = []

    def start():
        proxy = Proxy(tmp_path / f"admin-{len(running)}", settings.configuration("http://mock.invalid", adapter="mock"), ACCOUNTS)
        running.append(proxy)
        return proxy.start()

    yield start
    for proxy in running:
        proxy.__exit__()


@pytest.fixture
def start(tmp_path, provider):
    """Starts a proxy of the test's own: `start(configuration)`; in front of `provider` when nothing else is said."""
    running = []

    def start(configuration=None, name=None, **options):
        folder = tmp_path / (name or f"proxy-{len(running)}")
        proxy = Proxy(folder, configuration or settings.configuration(provider.origin), **options)
        running.append(proxy)
        return proxy.start()

    yield start
    for proxy in running:
        proxy.__exit__()


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def compatibility_run(request, tmp_path_factory):
    """The compatibility cases, begun at the start of the session because one of them waits a minute."""
    return request.config.stash[COMPATIBILITY_RUN]


COMPATIBILITY_RUN = pytest.StashKey()
# `circuit-breaker` has cases that want a breaker.
COMPATIBILITY_AREAS = (
    "health|mgmt-auth|proxy-auth|proxy-forward|proxy-validation|param-whitelist|cors|streaming|metrics|"
    "projects|tokens|audit|encryption|cache|cache-purge|usage")


def pytest_collection_finish(session):
    if any(item.path.name == "test_compatibility.py" for item in session.items) and not session.config.option.collectonly:
        session.config.stash[COMPATIBILITY_RUN] = subprocess.Popen(
            [sys.executable, COMPATIBILITY / "run_cases.py", "--cases", COMPATIBILITY / "cases.json",
             "--start", f"exec {BINARY} {{args}}", "--area", COMPATIBILITY_AREAS, "--jobs", "2"],
            cwd=BINARY.parent.parent, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def pytest_unconfigure(config):
    run = config.stash.get(COMPATIBILITY_RUN, None)
    if run and run.poll() is None:
        run.terminate()
        run.wait()


def pytest_sessionfinish(session, exitstatus):
    """A skipped test is a failure: what cannot run here has not been tested."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus == 0 and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture
def cli(mock_proxy, tmp_path):
    return CLI(tmp_path, mock_proxy)


@pytest.fixture
def project(mock_proxy):
    return mock_proxy.management.create_project()


@pytest.fixture
def scripted(tmp_path):
    """A server that answers what the test says, and a command line for it."""
    server = Provider()
    cli = CLI(tmp_path, MANAGEMENT_API_BASE_URL=server.origin, MANAGEMENT_TOKEN="mgmt-canary")
    yield server, cli
    server.stop()
    assert not server.failures
