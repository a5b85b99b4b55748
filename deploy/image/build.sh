#!/usr/bin/env bash
# The build stage of the image: builds the program from this source tree and puts it at FOLDER: build.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")/../.."

deploy/setup.sh
make build
mkdir -p "$(dirname "$1")"
cp -a build "$1"
