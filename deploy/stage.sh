#!/usr/bin/env bash
# Lays out the relocatable tree: stage.sh <folder with the products of swift build> <tree>
set -euo pipefail
cd "$(dirname "$0")/.."
products=$1 tree=$2

# The admin UI: its page, and everything the page loads in a folder named by the hash of what is in it, so that
# browsers may keep it for ever. Compressed here once instead of with every answer.
stage_web() { # stage_web FOLDER
  local out=$1 assets=$1/assets/new hash
  install -d "$assets/vendor"
  cp -a web/. "$assets/"
  install -m 644 /usr/share/javascript/chart.js/chart.min.js "$assets/vendor/"
  find "$assets" -name '.*' -o -name '*.md' | xargs -r rm -rf
  mv "$assets/index.html" "$out/index.html"
  hash=$(cd "$assets" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-32)
  mv "$assets" "$out/assets/$hash"
  sed -i "s|/admin/assets/0/|/admin/assets/$hash/|g" "$out/index.html"
  find "$out" -type f -regex '.*\.\(html\|js\|mjs\|css\|svg\|json\|webmanifest\|txt\)' -size +200c -print0 \
    | xargs -0 sh -c 'brotli -q 11 -k "$@" && gzip -9 -n -k "$@"' sh
}

# Built beside and moved into place, so that a running program never sees a half-written file.
new=$tree.new
rm -rf "$new"
install -d -m 755 "$new"/{bin,lib,plugins,web,include,share}
install -m 755 "$products/llm-proxy" "$new/bin/"
install -m 644 Sources/CLLMProxyPlugin/include/llm_proxy_plugin.h "$new/include/"
install -m 644 docs/openapi.yaml "$new/share/"
[ ! -f web/index.html ] || stage_web "$new/web"

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
# Plugins that somebody put beside ours stay there.
for plugin in "$tree"/plugins/*.so; do
  [ ! -e "$plugin" ] || cp -an "$plugin" "$new/plugins/"
done
rm -rf "$tree"
mv "$new" "$tree"
echo "built $tree: $(basename -s .so -a "$tree"/plugins/*.so | xargs | sed 's/ /, /g')"
