#!/usr/bin/env bash
# Runs the black-box tests on an instrumented build: sanitize.sh thread|address [pytest arguments]
set -euo pipefail
cd "$(dirname "$0")/../.."
sanitizer=$1
shift
scratch=.build-$sanitizer
reports=$PWD/$scratch/reports
rm -rf "$reports"
mkdir -p "$reports"

# Package.swift reads this too: instrumented plugins find the sanitizer's symbols in the program, not at link time.
export LLM_PROXY_SANITIZER=$sanitizer
nice swift build -c release --scratch-path "$scratch" --sanitize "$sanitizer"
deploy/stage.sh "$scratch/release" "$scratch/tree"

export LLM_PROXY_BINARY=$PWD/$scratch/tree/bin/llm-proxy
# What was freed stays allocated for a while; little enough for the tests that watch memory.
export TSAN_OPTIONS="log_path=$reports/thread:halt_on_error=0:second_deadlock_stack=1"
export ASAN_OPTIONS="log_path=$reports/address:detect_leaks=0:detect_stack_use_after_return=0:quarantine_size_mb=8"
failed=0
.build/venv/bin/pytest -c Tests/EndToEnd/pytest.ini --rootdir Tests Tests/EndToEnd "$@" || failed=1
if compgen -G "$reports/*" >/dev/null; then
  head -n 60 "$reports"/*
  echo "sanitize: $(compgen -G "$reports/*" | wc -l) report(s) in $scratch/reports"
  failed=1
fi
exit $failed
