"""Compiles C stages, and lays out plugin folders for a test."""

import functools
import os
import subprocess
import tempfile
from pathlib import Path

from .paths import HEADER_FOLDER, PLUGINS, STAGES

COMPILER = os.environ.get("CC", "cc")


@functools.cache
def compile_stage(source, *flags):
    """The .so made from a C file (a name in `stages/`, or a path), as an author would build it."""
    source = source if isinstance(source, Path) else STAGES / source
    target = Path(tempfile.mkdtemp(prefix="stage-")) / (source.stem + ".so")
    subprocess.run(
        [COMPILER, "-std=gnu11", "-fPIC", "-shared", "-fvisibility=hidden", f"-I{HEADER_FOLDER}", str(source), "-o", str(target), *flags],
        check=True)
    target.chmod(0o755)
    return target


def plugin_folder(folder, *added, without=()):
    """A folder with the stock plugins except `without`, and the `added` files."""
    folder.mkdir(parents=True, mode=0o755)
    for file in [*PLUGINS.glob("*.so"), *added]:
        if file.stem not in without:
            copy = folder / file.name
            copy.write_bytes(file.read_bytes())
            copy.chmod(0o755)
    return folder
