"""The plugins that are written in C, compiled and driven by a host in C (fakehost.c).

Each is built by the compilers that are here, plainly and with the address and undefined-behaviour
sanitizers, with warnings as errors; the test programs speak TAP.
"""

import pathlib
import re
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
INCLUDES = ["-I", str(ROOT / "Sources/CLLMProxyPlugin/include"), "-I", str(ROOT / "Plugins/common")]
WARNINGS = ["-std=c11", "-Wall", "-Wextra", "-Werror"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer"]
EXPORTS = f"-Wl,--version-script={ROOT / 'Plugins/exports.map'}"

# Shared library: its sources and the id it must claim.
PLUGINS = {
    "auth": ("Plugins/auth", "org.llm-proxy.auth"),
    "whitelist": ("Plugins/whitelist", "org.llm-proxy.whitelist"),
    "forward": ("Plugins/forward", "org.llm-proxy.forward"),
    "adapter-openai": ("adapters/openai", "org.llm-proxy.adapter.openai"),
    "adapter-mock": ("adapters/mock", "org.llm-proxy.adapter.mock"),
}
# Test program: the plugin it loads, or the sources it links.
PROGRAMS = {
    "patterns": None,
    "auth": "auth",
    "auth_policies": "auth",
    "whitelist": "whitelist",
    "whitelist_policies": "whitelist",
    "forward": "forward",
    "openai": "adapter-openai",
    "mock": "adapter-mock",
    "mock_streams": "adapter-mock",
}
COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)]


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout


class Build:
    """Lazily built artefacts of one compiler and mode."""

    def __init__(self, compiler, sanitized, folder):
        self.compiler, self.sanitized, self.folder = compiler, sanitized, folder
        self.flags = ["-O1", "-g", *SANITIZERS] if sanitized else ["-O2"]

    def plugin(self, name):
        target = self.folder / f"{name}.so"
        if not target.exists():
            sources = sorted(str(path) for path in (ROOT / PLUGINS[name][0]).glob("*.c"))
            # A sanitizer's runtime is found in the program, not in the library: undefined symbols are fine then.
            strict = [] if self.sanitized else ["-Wl,-z,defs", "-Wl,--exclude-libs,ALL"]
            run(self.compiler, *WARNINGS, *self.flags, "-fPIC", "-shared", "-fvisibility=hidden", *INCLUDES,
                *sources, EXPORTS, *strict, "-ljansson", "-o", str(target))
        return target

    def program(self, name):
        target = self.folder / f"test_{name}"
        if not target.exists():
            sources = [str(HERE / f"test_{name}.c")]
            if PROGRAMS[name] is None:
                stage = ROOT / "Plugins/whitelist"
                sources += [str(stage / part) for part in ("glob.c", "number.c", "text.c")]
                sources = ["-I", str(stage), *sources]
            else:
                sources += sorted(str(path) for path in HERE.glob("fakehost*.c"))
            run(self.compiler, *WARNINGS, *self.flags, "-g", *INCLUDES, *sources, "-ljansson", "-ldl", "-lpthread",
                "-o", str(target))
        return target


@pytest.fixture(scope="session", params=[(c, s) for c in COMPILERS for s in (False, True)],
                ids=lambda p: p[0] + ("-sanitized" if p[1] else ""))
def build(request, tmp_path_factory):
    compiler, sanitized = request.param
    return Build(compiler, sanitized, tmp_path_factory.mktemp(f"{compiler}-{int(sanitized)}"))


def test_a_compiler_is_here():
    assert COMPILERS


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(build, name):
    plugin = PROGRAMS[name]
    command = [str(build.program(name))] + ([str(build.plugin(plugin))] if plugin else [])
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    plan = re.match(r"1\.\.(\d+)\n", done.stdout)
    assert plan, done.stdout + done.stderr
    passed = re.findall(r"^ok \d+", done.stdout, re.M)
    assert done.returncode == 0 and len(passed) == int(plan.group(1)), done.stdout + done.stderr


@pytest.mark.parametrize("name", PLUGINS)
def test_one_symbol_is_exported(build, name):
    lines = run("nm", "-D", "--defined-only", str(build.plugin(name))).splitlines()
    assert [line.split()[-1] for line in lines] == ["llm_proxy_plugin_entry_v0"]


@pytest.mark.parametrize("name", PLUGINS)
def test_the_stamp_says_who_it_is(build, name):
    text = run("readelf", "-p", ".llmp.stamp", str(build.plugin(name)))
    assert f"abi=0.0;min=0;id={PLUGINS[name][1]};version=0.2.0;runtime=c" in text


@pytest.mark.parametrize("name", PLUGINS)
def test_there_is_no_mutable_global_state(build, name):
    if build.sanitized:
        return  # the sanitizers add their own; the plain build of the same sources tells
    table = run("objdump", "-t", str(build.plugin(name)))
    objects = re.findall(r"^[0-9a-f]+ .{7} (\.data|\.bss|\.tdata|\.tbss)\t([0-9a-f]+) +(\S+)$", table, re.M)
    known = {"completed.0", "__dso_handle", "__TMC_END__", ".data", ".bss"}
    assert {name for _, _, name in objects} <= known


@pytest.mark.parametrize("name", PLUGINS)
def test_only_jansson_and_libc_are_needed(build, name):
    if build.sanitized:
        return  # the sanitizers' own runtime comes along
    needed = re.findall(r"NEEDED.*\[(.+)\]", run("readelf", "-d", str(build.plugin(name))))
    assert set(needed) <= {"libjansson.so.4", "libc.so.6"}
