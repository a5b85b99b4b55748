"""What cannot work refuses to start, and says where it stands, what is wrong and what to do."""

import re
import subprocess

import pytest
from support.paths import BINARY, PLUGINS
from support.plugins import plugin_folder
from support.proxy import Proxy

YAML = """\
plugins: {{ dir: {plugins} }}
pipeline:
  - {{ name: cors, use: core.cors }}
  - {{ name: auth, use: core.auth }}
  - {{ name: whitelist, use: core.whitelist }}
  - {{ name: rate-limit, use: core.rate-limit }}
  - {{ name: forward, use: core.forward }}
  - {{ name: log, use: core.log, on_error: open }}
default_api: openai
apis:
  openai:
    adapter: openai
    base_url: http://127.0.0.1:9
    allowed_endpoints: [/v1/models]
    allowed_methods: [GET]
"""


def refused(tmp_path, text, environment=None):
    """What the operator reads when the configuration is refused; the same before a start."""
    proxy = Proxy(tmp_path / "proxy", text, environment)
    code, said = proxy.refusal()
    assert code > 0, f"exit code {code}; {said}"
    assert "Fatal error" not in said and "Trace" not in said, said
    checked = subprocess.run([BINARY, "config", "check"], env=proxy.environment, cwd=tmp_path, capture_output=True, text=True)
    assert checked.returncode == 78 and not checked.stdout, checked
    return said


def changed(line, replacement, plugins=None):
    """The stock text with one of its lines (counted from 1) replaced."""
    lines = YAML.format(plugins=plugins or PLUGINS).splitlines()
    lines[line - 1] = replacement
    return "\n".join(lines) + "\n"


def test_the_text_that_the_other_tests_change_is_good(tmp_path):
    with Proxy(tmp_path / "proxy", YAML.format(plugins=PLUGINS)) as proxy:
        assert proxy.call("GET", "/ready").status == 200
        checked = subprocess.run([BINARY, "config", "check"], env=proxy.environment, cwd=tmp_path, capture_output=True, text=True)
        assert checked.returncode == 0 and "core.rate-limit" in checked.stdout, checked


REFUSED = {
    "an unknown key at the top": (9, "defualt_api: openai", ["defualt_api", "default_api"]),
    "an unknown key of a stage": (8, "  - { name: log, use: core.log, on_eror: open }", ["on_eror", "on_error"]),
    "an unknown key of an API": (13, "    base_ulr: http://127.0.0.1:9", ["base_ulr", "base_url"]),
    "an unknown setting of a stage": (6, "  - { name: rate-limit, use: core.rate-limit, config: { requests_per_minit: 5 } }",
                                      ["requests_per_minit"]),
    "a setting of the wrong type": (6, "  - { name: rate-limit, use: core.rate-limit, config: { requests_per_minute: many } }",
                                    ["requests_per_minute"]),
    "a policy that does not exist": (8, "  - { name: log, use: core.log, on_error: maybe }", ["on_error", "open", "closed"]),
    "a plugin that is missing": (6, "  - { name: rate-limit, use: core.rate-limiter }", ["core.rate-limiter", "rate-limit"]),
    "a component that is missing": (6, "  - { name: x, use: org.llm-proxy.auth/nothing }", ["nothing"]),
    "two stages of one name": (6, "  - { name: auth, use: core.rate-limit }", ["auth"]),
    "an adapter that is missing": (12, "    adapter: opnai", ["opnai", "openai"]),
    "an address that is none": (13, "    base_url: not a url", ["base_url"]),
    "a file that is no YAML": (11, "  openai: [", []),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_configuration_is_refused_with_its_line_for(tmp_path, name):
    line, replacement, words = REFUSED[name]
    said = refused(tmp_path, changed(line, replacement))
    places = {int(place) for place in re.findall(r"llm-proxy\.yaml:(\d+)", said)}
    # What concerns an entry of `apis` as a whole stands at its first line.
    assert places & {line, 11 if line > 11 else line} if words else places, said
    assert all(word in said for word in words), said


def test_an_order_that_breaks_a_dependency_is_refused(tmp_path):
    text = YAML.format(plugins=PLUGINS).splitlines()
    text[3], text[5] = text[5], text[3]
    said = refused(tmp_path, "\n".join(text))
    assert "rate-limit" in said and "auth" in said, said
    assert re.search(r"llm-proxy\.yaml:\d+", said), said


def test_a_chain_without_authentication_is_refused(tmp_path):
    text = [line for line in YAML.format(plugins=PLUGINS).splitlines() if "core.auth" not in line]
    text = [line for line in text if "core.rate-limit" not in line]
    said = refused(tmp_path, "\n".join(text))
    assert "allow_unauthenticated" in said or "llmp.project_id" in said, said


def test_a_missing_file_is_refused(tmp_path):
    said = refused(tmp_path, "", environment={"API_CONFIG_PATH": str(tmp_path / "absent.yaml")})
    assert "absent.yaml" in said


def test_a_missing_plugin_folder_is_refused(tmp_path):
    said = refused(tmp_path, YAML.format(plugins=tmp_path / "absent"))
    assert "absent" in said


def test_a_file_that_is_no_plugin_and_that_nobody_uses_is_only_reported(tmp_path):
    folder = plugin_folder(tmp_path / "plugins")
    (folder / "noise.so").write_bytes(b"not a library")
    (folder / "noise.so").chmod(0o755)
    with Proxy(tmp_path / "proxy", YAML.format(plugins=folder)) as proxy:
        assert "noise.so" in proxy.log()


def test_a_plugin_folder_that_anyone_may_write_is_refused(tmp_path):
    folder = plugin_folder(tmp_path / "plugins")
    folder.chmod(0o777)
    said = refused(tmp_path, YAML.format(plugins=folder))
    assert str(folder) in said


@pytest.mark.parametrize("variable, value", [
    ("MANAGEMENT_TOKEN", ""), ("LISTEN_ADDR", "nonsense"), ("LOG_LEVEL", "loud"), ("ENCRYPTION_KEY", "dG9vIHNob3J0"),
    ("REQUIRE_ENCRYPTION_KEY", "true"), ("TLS_CERT_FILE", "/nonexistent.pem"), ("MAX_REQUEST_SIZE", "lots")])
def test_a_variable_is_refused_with_its_name(tmp_path, variable, value):
    said = refused(tmp_path, YAML.format(plugins=PLUGINS), {variable: value})
    assert variable in said or variable.removeprefix("REQUIRE_") in said, said
    assert value not in said or variable != "ENCRYPTION_KEY"
