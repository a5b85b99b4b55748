#!/usr/bin/env bash
# Lays out the relocatable tree: stage.sh <folder with the products of swift build> <tree>
set -euo pipefail
cd "$(dirname "$0")/.."
products=$1 tree=$2

# Built beside and moved into place, so that a running program never sees a half-written file.
new=$tree.new
rm -rf "$new"
install -d -m 755 "$new"/{bin,lib,plugins,web,include}
install -m 755 "$products/llm-proxy" "$new/bin/"
install -m 644 Sources/CLLMProxyPlugin/include/llm_proxy_plugin.h "$new/include/"
[ ! -d web ] || cp -a web/. "$new/web/"

# A library is a plugin when it exports the entry function; its file loses the `lib` that the linker wants.
for library in "$products"/lib*.so; do
  if nm -D --defined-only "$library" | grep -q ' T llm_proxy_plugin_entry_v'; then
    name=$(basename "$library")
    install -m 755 "$library" "$new/plugins/${name#lib}"
  fi
done

# The Swift runtime travels with the tree: the toolchain need not be where it is run.
files=("$new"/bin/* "$new"/plugins/*.so)
runtime=$(dirname "$(ldd "$new/bin/llm-proxy" | awk '$1 == "libswiftCore.so" { print $3 }')")
ldd "${files[@]}" | awk -v folder="$runtime/" 'index($3, folder) == 1 { print $3 }' | sort -u \
  | xargs -r install -m 755 -t "$new/lib"
# Plugins find the runtime in the process that loads them; only the program needs to be told where it is.
patchelf --set-rpath '$ORIGIN/../lib' "$new/bin/llm-proxy"

if ldd "$new"/bin/* | grep -E 'not found|'"$runtime/"; then
  echo "stage: the libraries above would not be found in the tree" >&2
  exit 1
fi
rm -rf "$tree"
mv "$new" "$tree"
echo "built $tree: $(basename -s .so -a "$tree"/plugins/*.so | xargs | sed 's/ /, /g')"
