"""What may import what, and which shortcuts are not taken: the rules of the source tree, each with its reason."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# A module imports only modules of lower layers, so that each can be understood without those above it.
LAYERS = {
    "llm-proxy": 7,
    "ProxyServer": 6,
    "ProxyListener": 5, "ProxyManagement": 5,
    "ProxyPipeline": 4,
    "ProxyPluginHost": 3, "ProxyTransport": 3, "ProxyStore": 3, "ProxyTelemetry": 3,
    "ProxyConfig": 2, "ProxyClient": 2,
    "ProxyWire": 1,
    "ProxyCore": 0, "CLLMProxyPlugin": 0, "CCurl": 0,
}
# The kit belongs to plugin authors: it sees the public header only, and the host does not see it.
KIT = "LLMProxyPluginKit"
# Foundation costs start-up time, memory and a second set of types on the paths that carry traffic.
WITHOUT_FOUNDATION = {"ProxyCore", "ProxyWire", "ProxyPipeline", "ProxyTransport", "ProxyPluginHost", KIT}
FOUNDATION = re.compile(r"Foundation(Essentials|Networking|XML|Internationalization)?$")

IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?"
    r"import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)", re.MULTILINE)
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
STRING = re.compile(r'"""(?s:.*?)"""|"(?:\\.|[^"\\\n])*"')


def swift_files(*folders):
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.swift"))


def imports(file):
    return set(IMPORT.findall(COMMENT.sub("", file.read_text())))


def name(file):
    return str(file.relative_to(ROOT))


def test_every_module_has_a_layer():
    found = {folder.name for folder in (ROOT / "Sources").iterdir() if folder.is_dir()}
    assert found <= set(LAYERS) | {KIT}, found - set(LAYERS) - {KIT}


@pytest.mark.parametrize("module", sorted(LAYERS))
def test_a_module_imports_only_from_below(module):
    for file in swift_files(f"Sources/{module}"):
        for imported in imports(file) & (set(LAYERS) | {KIT}):
            assert imported != KIT, f"{name(file)} imports {KIT}, which is for plugins"
            assert imported == module or LAYERS[imported] < LAYERS[module], f"{name(file)} imports {imported}"


def test_plugins_see_the_kit_and_the_header_and_nothing_of_the_host():
    for file in swift_files(f"Sources/{KIT}", "Plugins", "adapters", "docs/examples"):
        for imported in imports(file) & set(LAYERS):
            assert imported == "CLLMProxyPlugin", f"{name(file)} imports {imported}"


def test_foundation_stays_off_the_paths_that_carry_traffic():
    for file in swift_files(*(f"Sources/{module}" for module in WITHOUT_FOUNDATION), "Plugins", "adapters"):
        found = [imported for imported in imports(file) if FOUNDATION.match(imported)]
        assert not found, f"{name(file)} imports {found}"


def test_nothing_traps_on_purpose():
    for file in swift_files("Sources", "Plugins", "adapters"):
        code = STRING.sub('""', COMMENT.sub("", file.read_text()))
        found = re.findall(r"\btry!|\bas!|\bfatalError\(|\bassertionFailure\(", code)
        assert not found, f"{name(file)}: {found}"


# 500 lines is where a file is split.
LONGEST = 500
# One file by its nature: it is published, vendored and frozen as a whole.
WHOLE = {"Sources/CLLMProxyPlugin/include/llm_proxy_plugin.h"}
KINDS = {".swift", ".c", ".h", ".py", ".sh", ".js", ".mjs", ".css"}


def test_no_file_is_longer_than_500_lines():
    files = [file for folder in ("Sources", "Plugins", "adapters", "Tests", "web", "deploy", "docs/examples")
             for file in (ROOT / folder).rglob("*") if file.suffix in KINDS and name(file) not in WHOLE]
    long = {name(file): count for file in files if (count := len(file.read_bytes().splitlines())) > LONGEST}
    assert not long, long
