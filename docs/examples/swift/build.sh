#!/bin/sh
# Builds deny-swift.so from a checkout of llm-proxy, with the compiler that built the proxy.
#   sh docs/examples/swift/build.sh [FOLDER FOR THE RESULT]
set -eu
cd "$(dirname "$0")/../../.."
out=${1:-build/plugins}
kit=$(mktemp -d)
trap 'rm -rf "$kit"' EXIT
mkdir -p "$out"
# The kit: once is enough for many plugins.
swiftc -O -wmo -parse-as-library -swift-version 6 -enable-upcoming-feature InternalImportsByDefault \
  -enable-experimental-feature Lifetimes -module-name LLMProxyPluginKit \
  -emit-module -emit-module-path "$kit/LLMProxyPluginKit.swiftmodule" \
  -c -o "$kit/LLMProxyPluginKit.o" \
  -I docs/examples/swift/include Sources/LLMProxyPluginKit/*.swift
# The plugin.
swiftc -O -wmo -parse-as-library -swift-version 6 -enable-upcoming-feature InternalImportsByDefault \
  -module-name Deny -emit-library -o "$out/deny-swift.so" \
  -I docs/examples/swift/include -I "$kit" \
  -Xlinker --version-script=Plugins/exports.map -Xlinker --gc-sections -Xlinker -z -Xlinker defs \
  docs/examples/swift/*.swift "$kit/LLMProxyPluginKit.o"
