#!/bin/sh
# Prints the Swift declaration of a plugin's stamp: what the file claims to be, in a section that the
# proxy reads before it runs any code of the plugin. Swift 6.3 takes only numbers there.
#   ./stamp.sh ID VERSION [RUNTIME] > Stamp.swift
set -eu
compiler=$(swiftc --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p')
text="abi=0.0;min=0;id=$1;version=$2;runtime=${3:-swift-shared $compiler}"
printf '/// %s\n' "$text"
printf '@section(".llmp.stamp") @used private let stamp: [_ of UInt8] = [\n'
printf '%s\0' "$text" | od -An -v -tu1 -w20 | sed 's/  */ /g; s/ \([0-9]*\)/ \1,/g; s/^ /  /'
printf ']\n'
