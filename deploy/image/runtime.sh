#!/usr/bin/env bash
# The runtime stage of the image, also for any other bare Debian: libraries, the user, the folders.
set -euo pipefail

# What the tree does not bring: the Swift runtime is in its lib folder.
packages=(libsqlite3-0 libcurl4 libjansson4 zlib1g libstdc++6 ca-certificates tzdata)
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
rm -rf /var/lib/apt/lists/*

# A number that no user of the host is likely to have.
groupadd --gid 10001 llm-proxy
useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin llm-proxy
install -d -m 700 -o 10001 -g 10001 /data /run/llm-proxy
install -d -m 755 /plugins /config
ln -s /opt/llm-proxy/bin/llm-proxy /usr/local/bin/llm-proxy
