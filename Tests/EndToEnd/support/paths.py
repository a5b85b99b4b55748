"""Where things are, relative to this file."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
TREE = REPOSITORY / "build"
BINARY = Path(os.environ.get("LLM_PROXY_BINARY") or TREE / "bin" / "llm-proxy")
PLUGINS = BINARY.parent.parent / "plugins"
HEADER_FOLDER = REPOSITORY / "Sources" / "CLLMProxyPlugin" / "include"
STAGES = Path(__file__).resolve().parents[1] / "stages"
BROKEN_PLUGINS = REPOSITORY / "Tests" / "BrokenPlugins"
EXAMPLES = REPOSITORY / "docs" / "examples"
COMPATIBILITY = Path(os.environ.get("LLM_PROXY_COMPAT") or REPOSITORY.parent / "shared" / "compat")
# A sanitizer makes everything slower and keeps freed memory: tests of size and load scale by this.
IS_INSTRUMENTED = bool(os.environ.get("LLM_PROXY_SANITIZER"))
