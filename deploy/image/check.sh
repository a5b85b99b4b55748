#!/usr/bin/env bash
# Does in a bare Debian root what Dockerfile and docker-compose.yml ask for, with the same scripts, where no container
# engine is at hand: check.sh [TREE]. Needs root, debootstrap and the network.
set -euo pipefail
cd "$(dirname "$0")/../.."
tree=$(realpath "${1:-build}")
suite=${DEBIAN:-bookworm}
work=$(mktemp -d)
root=$work/root
port=${PORT:-18080}
server=""

# Everything is mounted in a namespace of its own, so nothing is left behind.
if [ -z "${IN_NAMESPACE:-}" ]; then exec env IN_NAMESPACE=1 unshare --mount --propagation private "$0" "$@"; fi
finish() {
  [ -z "$server" ] || kill -KILL "$server" 2>/dev/null || true
  umount -R "$root" 2>/dev/null || true
  umount "$root/proc" 2>/dev/null || true
  rm -rf --one-file-system "$work"
}
trap finish EXIT
say() { echo "image check: $*"; }
fail() { say "FAILED: $*" >&2; exit 1; }

say "a bare $suite root"
debootstrap --variant=minbase "$suite" "$root" >"$work/debootstrap.log" 2>&1 || { tail "$work/debootstrap.log"; exit 1; }
cp /etc/resolv.conf "$root/etc/" 2>/dev/null || true
for file in /etc/apt/apt.conf.d/*proxy*; do [ ! -f "$file" ] || cp "$file" "$root/etc/apt/apt.conf.d/"; done

say "the runtime stage"
install -m 755 deploy/image/runtime.sh "$root/tmp/"
mount -t proc proc "$root/proc"
chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" \
  /tmp/runtime.sh
umount "$root/proc"
cp -a "$tree" "$root/opt/llm-proxy"
install -d "$root/opt/llm-proxy/image"
install -m 755 deploy/image/entrypoint.sh deploy/image/healthcheck.sh "$root/opt/llm-proxy/image/"

say "volumes, and a root that cannot be written"
install -d -m 700 -o 10001 -g 10001 "$work/data"
install -d "$work/plugins" "$work/config"
cc -shared -fPIC -o "$work/plugins/deny.so" -I Sources/CLLMProxyPlugin/include docs/examples/c/deny.c
cat >"$work/config/llm-proxy.yaml" <<'YAML'
pipeline:
  - { use: core.cors }
  - { use: core.auth }
  - { use: org.example.deny/deny }
  - { use: core.forward }
apis:
  openai: { adapter: mock, base_url: "http://mock.invalid", allowed_endpoints: [/v1/chat/completions, /v1/models], allowed_methods: [GET, POST] }
YAML
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --bind "$work/data" "$root/data"
mount --bind "$work/plugins" "$root/plugins" && mount -o remount,bind,ro "$root/plugins"
mount --bind "$work/config" "$root/config" && mount -o remount,bind,ro "$root/config"
mount -t tmpfs -o exec,nosuid,nodev,mode=0700,uid=10001,gid=10001,size=256m tmpfs "$root/run/llm-proxy"
mount -o remount,bind,ro "$root"

token=$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')
# As the image's user, with the image's environment and nothing else.
inside=(
  chroot "$root" setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs --bounding-set=-all
  env -i -C /data PATH=/usr/local/bin:/usr/bin:/bin LISTEN_ADDR=":$port" DATABASE_PATH=/data/llm-proxy.db
  AUDIT_LOG_FILE=/data/audit.log XDG_RUNTIME_DIR=/run/llm-proxy MANAGEMENT_TOKEN="$token"
)

say "the server as user 10001"
"${inside[@]}" /opt/llm-proxy/image/entrypoint.sh server >"$work/server.log" 2>&1 &
server=$!
for _ in $(seq 300); do
  "${inside[@]}" /opt/llm-proxy/image/healthcheck.sh 2>/dev/null && break
  kill -0 "$server" 2>/dev/null || { cat "$work/server.log"; fail "the server ended"; }
  sleep 0.1
done
"${inside[@]}" /opt/llm-proxy/image/healthcheck.sh || { cat "$work/server.log"; fail "the health check does not pass"; }

call() { # call STATUS METHOD PATH TOKEN BODY: prints the answer
  local code
  code=$(curl -s -o "$work/answer" -w '%{http_code}' -X "$2" "http://127.0.0.1:$port$3" \
    -H "Authorization: Bearer $4" -H 'Content-Type: application/json' -d "$5")
  [ "$code" = "$1" ] || fail "$2 $3 answered $code: $(cat "$work/answer")"
  cat "$work/answer"
}
member() { sed -n 's/.*"'"$1"'" *: *"\([^"]*\)".*/\1/p'; }
project=$(call 201 POST /manage/projects "$token" '{"name":"p","api_key":"k"}' | member id)
access=$(call 201 POST /manage/tokens "$token" "{\"project_id\":\"$project\",\"duration_hours\":1}" | member token)
call 200 POST /v1/chat/completions "$access" '{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}' >/dev/null
# The plugin of the volume, built against the header alone, is in the chain.
call 403 POST /v1/chat/completions "$access" '{"model":"gpt-3.5-turbo","messages":[]}' | grep -q model_not_allowed

say "backup inside, stop by SIGTERM"
"${inside[@]}" /usr/local/bin/llm-proxy backup /data/copy.db | grep -q 'wrote /data/copy.db'
[ "$(stat -c %a "$work/data/copy.db")" = 600 ] || fail "the backup is readable by others"
kill -TERM "$server"
wait "$server" || fail "the server did not stop in good order"
server=""
if "${inside[@]}" touch /opt/llm-proxy/written 2>/dev/null; then fail "the root can be written"; fi
say "done: $(du -sh --exclude=proc "$root" | cut -f1) with the base system"
