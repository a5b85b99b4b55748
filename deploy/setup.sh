#!/usr/bin/env bash
# Installs what building, running and testing need and this machine lacks. Does nothing when all is there.
set -euo pipefail
cd "$(dirname "$0")/.."

swift_needed=6.3
packages=(
  make git ca-certificates curl tzdata                      # tools and data that bare systems lack
  g++ binutils libc6-dev zlib1g-dev libxml2 libncurses6     # what the Swift toolchain builds and links with
  libsqlite3-dev libcurl4-openssl-dev libjansson-dev        # libraries of the program and its plugins
  patchelf                                                  # makes the built tree relocatable
  libjs-chart.js brotli                                     # charts of the admin UI, and its compression
  python3 python3-venv openssl wrk valgrind util-linux systemd chromium # tests
  zsh fish                                                  # shells that the completion scripts are tested in
)

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

install_packages() {
  if ! command -v apt-get >/dev/null; then
    echo "setup: no apt-get here; please install the equivalents of: ${packages[*]}"
    return
  fi
  local missing=()
  for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null)" = "install ok installed" ] || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return
  echo "setup: installing ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

check_swift() {
  local found
  found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p') || true
  if [ -z "$found" ] || [ "$(printf '%s\n' "$swift_needed" "$found" | sort -V | head -1)" != "$swift_needed" ]; then
    echo "setup: Swift $swift_needed or newer is needed, found ${found:-none}." >&2
    echo "       Get it from https://www.swift.org/install/linux/ and put its usr/bin folder on PATH." >&2
    exit 1
  fi
}

install_python_environment() {
  local wanted=Tests/EndToEnd/requirements.txt stamp=.build/venv/installed.txt
  cmp -s "$wanted" "$stamp" && return
  echo "setup: making the Python environment of the tests in .build/venv"
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
    || { echo "setup: Python 3.11 or newer is needed" >&2; exit 1; }
  rm -rf .build/venv
  mkdir -p .build
  python3 -m venv .build/venv
  .build/venv/bin/pip install --quiet --disable-pip-version-check -r "$wanted"
  cp "$wanted" "$stamp"
}

install_packages
check_swift
install_python_environment
