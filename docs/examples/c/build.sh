#!/bin/sh
# Builds deny.so from a checkout of llm-proxy.   sh docs/examples/c/build.sh [FOLDER FOR THE RESULT]
set -eu
cd "$(dirname "$0")/../../.."
out=${1:-build/plugins}
mkdir -p "$out"
${CC:-cc} -std=c11 -Wall -Wextra -Werror -O2 -fPIC -shared -fvisibility=hidden \
  -Wl,-z,defs -Wl,--exclude-libs,ALL -I Sources/CLLMProxyPlugin/include \
  -o "$out/deny.so" docs/examples/c/deny.c
