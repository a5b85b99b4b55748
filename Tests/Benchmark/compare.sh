#!/usr/bin/env bash
# Compares llm-proxy with nginx, haproxy and caddy on this machine: compare.sh [--quick] [--only unary,sse,…]
#
#   ROUNDS=5      interleaved rounds; the report shows medians
#   DURATION=5    seconds of each measurement
#   TREE=build    the built tree to measure
#
# A complete run writes docs/performance.md. The rounds themselves stay as JSON in the folder that is named at the end.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
tree=$(realpath "${TREE:-$root/build}")

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

install_missing() {
  local missing=() program policy=/usr/sbin/policy-rc.d made=
  for program in nginx haproxy caddy wrk; do
    command -v "$program" >/dev/null || missing+=("$program")
  done
  [ ${#missing[@]} = 0 ] && return
  command -v apt-get >/dev/null || { echo "compare: please install ${missing[*]}" >&2; exit 1; }
  echo "compare: installing ${missing[*]}" >&2
  # Debian starts what it installs, on ports 80 and 443. This keeps it from doing so.
  [ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null; as_root chmod 755 $policy; made=1; }
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  [ -z "$made" ] || as_root rm -f $policy
}

PATH=$PATH:/usr/sbin:/sbin
[ -x "$tree/bin/llm-proxy" ] || { echo "compare: $tree/bin/llm-proxy is missing; run: make build" >&2; exit 1; }
install_missing
ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"
[ "$(ulimit -n)" -ge 12000 ] || { echo "compare: 5,000 held streams need 12,000 open files (ulimit -n)" >&2; exit 1; }

scratch=$(mktemp -d "${TMPDIR:-/tmp}/llm-proxy-bench.XXXXXX")
rounds=$scratch.json
runner=
finish() {
  local status=$?
  trap - EXIT INT TERM HUP
  if [ -n "$runner" ] && kill -TERM "$runner" 2>/dev/null; then wait "$runner" || true; fi
  if [ -f "$scratch/rounds.json" ]; then
    mv "$scratch/rounds.json" "$rounds"
    echo "rounds: $rounds"
  fi
  rm -rf "$scratch"
  exit $status
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

compile() { "${CC:-cc}" -std=c11 -Wall -Wextra -O2 "$@"; }
compile -o "$scratch/sse_source" "$here/sse_source.c"
compile -o "$scratch/stream_client" "$here/stream_client.c"
cp -r "$tree/plugins" "$scratch/plugins"
compile -fPIC -shared -fvisibility=hidden -Wl,-z,defs -I "$root/Sources/CLLMProxyPlugin/include" \
  -o "$scratch/plugins/noop.so" "$here/noop.c"
chmod -R go-w "$scratch/plugins"

PYTHONDONTWRITEBYTECODE=1 python3 "$here/compare.py" --scratch "$scratch" --tree "$tree" "$@" &
runner=$!
wait "$runner"
