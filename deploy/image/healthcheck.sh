#!/usr/bin/env bash
# Ends with 0 while the server in this container answers. Speaks HTTP itself: the image has no curl.
set -uo pipefail
address=${LISTEN_ADDR:-:8080}
port=${address##*:}
exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 1
# With TLS on, accepting the connection is all that is looked at.
[ -z "${TLS_CERT_FILE:-}" ] || exit 0
printf 'GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
read -r -t 2 _ status _ <&3
[ "$status" = 200 ]
