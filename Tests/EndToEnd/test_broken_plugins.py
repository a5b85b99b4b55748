"""Every plugin of Tests/BrokenPlugins is refused before it can do harm, or contained while it tries."""

import json
import re

import pytest
from support import settings
from support.paths import BROKEN_PLUGINS
from support.plugins import compile_stage, plugin_folder
from support.proxy import Proxy

FIXTURES = {one["file"]: one for one in json.loads((BROKEN_PLUGINS / "fixtures.json").read_text())}
REFUSED = [name for name, one in FIXTURES.items() if one["phase"] in ("load", "build", "start")]
CONTAINED = [name for name, one in FIXTURES.items() if one["phase"] == "runtime"]
COUNTERS = {"failures": "llm_proxy_hook_failures_total", "over_budget": "llm_proxy_hook_over_budget_total"}


def chain_with(name, tmp_path, **stage):
    """The default chain with the fixture before `forward`, and a plugin folder that has it."""
    flags = FIXTURES[name].get("flags", [])
    built = compile_stage(BROKEN_PLUGINS / f"{name}.c", *(flags.split() if isinstance(flags, str) else flags))
    # One fixture lies about its id: it is found under what its stamp says.
    identifier = re.search(rb"abi=[^;]*;min=\d+;id=([\w.-]+);", built.read_bytes())
    use = f"{identifier[1].decode() if identifier else 'org.example.broken'}/stage"
    chain = settings.pipeline(settings.stage("broken", use, **stage))
    return {"chain": chain, "plugins": plugin_folder(tmp_path / "plugins", built)}


@pytest.mark.parametrize("name", REFUSED)
def test_a_broken_plugin_stops_the_start_with_its_name_and_a_remedy(tmp_path, provider, name):
    proxy = Proxy(tmp_path / "proxy", settings.configuration(provider.origin, **chain_with(name, tmp_path)))
    code, said = proxy.refusal()
    assert code > 0, f"{FIXTURES[name]['defect']}: exit code {code}; {said}"
    assert f"{name}.so" in said or "broken" in said, said
    assert all(word in said for word in FIXTURES[name]["words"]), said


@pytest.mark.parametrize("policy", ["closed", "open"])
@pytest.mark.parametrize("name", CONTAINED)
def test_a_broken_stage_harms_only_its_own_exchanges(start, provider, tmp_path, name, policy):
    fixture = FIXTURES[name]
    proxy = start(settings.configuration(
        provider.origin, **chain_with(name, tmp_path, on_error=policy, timeout_ms=200)))
    token = proxy.management.access_token()
    answer = [proxy.chat(token) for _ in range(fixture["requests"])][-1]
    if policy == "open" or fixture["status"] == 200:
        assert answer.status == 200, f"{fixture['defect']}: {answer}"
        assert len(provider.requests) == fixture["requests"]
    else:
        assert (answer.status, answer.code, answer.source) == (fixture["status"], fixture["code"], "gateway")
        assert provider.requests == []
    if counter := COUNTERS.get(fixture.get("counted")):
        assert sum(value for key, value in proxy.metrics().items()
                   if key.startswith(counter) and 'stage="broken"' in key) == fixture["requests"]
    assert all(word in proxy.log() for word in fixture["words"])
    # What does not pass the stage is served as ever.
    assert proxy.call("GET", "/live").status == 200
    assert proxy.stop() == 0


def test_a_paused_exchange_holds_up_nobody_else(start, provider, tmp_path):
    chain = chain_with("run_never_resumes", tmp_path, timeout_ms=60_000, when={"path": ["/v1/files"]})
    proxy = start(settings.configuration(provider.origin, **chain))
    token = proxy.management.access_token()
    clients = [proxy.client() for _ in range(20)]
    for client in clients:
        client.ask("GET", "/v1/files", token=token)
    assert proxy.chat(token).status == 200
    for client in clients:
        client.sock.close()
    assert proxy.stop() == 0
