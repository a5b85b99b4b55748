#!/bin/sh
# Compiles the C plugins with every compiler that is here, plainly and with sanitizers, and tests them.
# Arguments go to pytest.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
pytest="$here/../../.build/venv/bin/pytest"
[ -x "$pytest" ] || pytest="python3 -m pytest"
exec nice $pytest -q -p no:cacheprovider --rootdir "$here" "$here" "$@"
