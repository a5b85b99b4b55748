#!/usr/bin/env bash
# Serves from a built tree on an embedded database, with a demo project and token made once: run-demo.sh [tree]
set -euo pipefail
cd "$(dirname "$0")/.."
binary=$(realpath "${1:-build}")/bin/llm-proxy
port=${PORT:-8080}
data=${DATA:-data}
base=http://localhost:$port
umask 077
mkdir -p "$data"

if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
  echo "Port $port is in use by another program. Choose another one: make run PORT=8081" >&2
  exit 1
fi

[ -s "$data/management-token" ] || head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' > "$data/management-token"
export MANAGEMENT_TOKEN=${MANAGEMENT_TOKEN:-$(cat "$data/management-token")}
export LISTEN_ADDR=127.0.0.1:$port DATABASE_PATH=$data/llm-proxy.db AUDIT_LOG_FILE=$data/audit.log
export LLM_PROXY_EXCHANGE_LOG_FILE=$data/exchanges.log LOG_FILE=$data/llm-proxy.log
if [ -n "${OPENAI_API_KEY:-}" ]; then
  provider="OpenAI as its provider" token_file=$data/demo-token-openai
else
  export LLM_PROXY_MOCK=true
  provider="the mock provider; set OPENAI_API_KEY for the real one" token_file=$data/demo-token-mock
fi

# Secrets go to curl through files and pipes: arguments are visible to everybody on the machine.
bearer() { printf 'header = "Authorization: Bearer %s"\n' "$1"; }

create() { # create KIND, with the JSON body on standard input: prints the answer
  curl -sS --fail-with-body --max-time 10 --config <(bearer "$MANAGEMENT_TOKEN") \
    -H 'Content-Type: application/json' --data @- "$base/manage/$1"
}

member() { sed -n 's/.*"'"$1"'" *: *"\([^"]*\)".*/\1/p'; }

is_refused() { # whether our own gateway, and not the provider, refuses the demo token
  curl -s --max-time 10 --config <(bearer "$(cat "$token_file")") "$base/v1/models" \
    | grep -qE '"(invalid_token|token_[a-z_]+|project_inactive)"'
}

provision() { # waits for the server, which is this script's own process, and makes what the demo needs
  until curl -sf -o /dev/null "$base/live"; do
    kill -0 $$ 2>/dev/null || exit
    sleep 0.1
  done
  if [ ! -s "$token_file" ] || is_refused; then
    project=$(printf '{"name":"demo %s","api_key":"%s"}' "$(date +%F\ %T)" "${OPENAI_API_KEY:-mock}" | create projects)
    printf '{"project_id":"%s","duration_hours":720}' "$(member id <<<"$project")" | create tokens | member token > "$token_file"
  fi
  token=$(cat "$token_file")
  cat <<EOT

llm-proxy serves on $base with $provider.

  curl $base/v1/chat/completions -H "Authorization: Bearer $token" \\
    -H "Content-Type: application/json" \\
    -d '{"model":"gpt-4o","messages":[{"role":"user","content":"Hello"}]}'

  curl -N $base/v1/chat/completions -H "Authorization: Bearer $token" \\
    -H "Content-Type: application/json" \\
    -d '{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"Hello"}]}'

  health      $base/health        metrics     $base/metrics
  admin       $base/admin/        management  $base/manage/projects
              sign in with the management token: cat $data/management-token
  tokens      $token_file (for applications), $data/management-token (for you)
  logs        $data/llm-proxy.log, $data/exchanges.log

Ctrl-C stops it.
EOT
}

# The server takes this process over, so that signals reach it and nobody else.
provision &
exec "$binary" server
