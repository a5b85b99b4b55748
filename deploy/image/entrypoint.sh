#!/usr/bin/env bash
# Starts the program in a container: entrypoint.sh COMMAND…
#
# The plugins that ship and those of the volume /plugins are laid out in one folder, since the program loads from one.
# A file of the volume replaces a shipped one of its name.
set -euo pipefail
tree=$(cd "$(dirname "$0")/.." && pwd)
runtime=${XDG_RUNTIME_DIR:-/run/llm-proxy}
user_plugins=${LLM_PROXY_USER_PLUGINS:-/plugins}
config=${LLM_PROXY_CONFIG_FOLDER:-/config}

if [ "${1:-server}" = server ]; then
  if [ -z "${LLM_PROXY_PLUGINS_DIR:-}" ]; then
    export LLM_PROXY_PLUGINS_DIR=$runtime/plugins
    rm -rf "$LLM_PROXY_PLUGINS_DIR"
    install -d -m 700 "$LLM_PROXY_PLUGINS_DIR"
    for file in "$tree"/plugins/*.so "$user_plugins"/*.so; do
      [ ! -f "$file" ] || install -m 500 "$file" "$LLM_PROXY_PLUGINS_DIR/"
    done
  fi
  # The one file of the configuration volume, when it is there.
  if [ -z "${API_CONFIG_PATH:-}" ] && [ -f "$config/llm-proxy.yaml" ]; then
    export API_CONFIG_PATH=$config/llm-proxy.yaml
  fi
fi
exec "$tree/bin/llm-proxy" "$@"
