#!/usr/bin/env bash
# Counts the instructions of one operation of the codec and fails when a count is above its limit:
#
#   instructions.sh [PATH OF WireBench]       checks against instructions.txt
#   instructions.sh --measure [PATH]          only prints the counts, in the form of that file
#
# callgrind counts; time plays no part, so that a busy machine gives the same figures. Two runs with different numbers of
# repetitions cancel what starting the process costs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
measure=
if [ "${1:-}" = --measure ]; then measure=1; shift; fi
program=$(realpath "${1:-$here/../../.build/release/WireBench}")
[ -x "$program" ] || { echo "instructions: $program is missing; run: make build" >&2; exit 1; }
few=1000 many=3000

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

if ! command -v valgrind >/dev/null; then
  command -v apt-get >/dev/null || { echo "instructions: please install valgrind" >&2; exit 1; }
  echo "instructions: installing valgrind" >&2
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends valgrind >/dev/null
fi

count() { # count OPERATION TIMES: instructions of the whole process
  local said
  if ! said=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" 2>&1); then
    echo "$said" >&2
    return 1
  fi
  case $said in
    *"usage: WireBench"*) echo "instructions: WireBench knows no operation $1" >&2; return 1 ;;
  esac
  sed -n 's/.*Collected : \([0-9]*\).*/\1/p' <<<"$said"
}

failed=0
while read -r operation limit; do
  case $operation in '' | '#'*) continue ;; esac
  low=$(count "$operation" $few)
  high=$(count "$operation" $many)
  each=$(((high - low) / (many - few)))
  if [ -n "$measure" ]; then
    printf '%-16s %6d\n' "$operation" "$each"
  elif [ "$each" -gt "$limit" ]; then
    printf '%-16s %6d instructions, more than the limit of %d\n' "$operation" "$each" "$limit"
    failed=1
  else
    printf '%-16s %6d instructions (limit %d)\n' "$operation" "$each" "$limit"
  fi
done <"$here/instructions.txt"
exit $failed
