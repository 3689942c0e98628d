#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the Swift tests under AddressSanitizer, and those of targets that use several threads under
# ThreadSanitizer. Builds apart from the usual ones, in .build-address and .build-thread.
# usage: scripts/sanitize.sh [address|thread]...
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- address thread
export ASAN_OPTIONS=detect_leaks=${LEAKS:-0}
export TSAN_OPTIONS=halt_on_error=0:suppressions=$PWD/scripts/threads.txt
for sanitizer in "$@"; do
  # The grammar test parses every prefix of every script; it has no memory of its own to watch.
  tests=(--skip GrammarTests)
  if [ "$sanitizer" = thread ]; then
    tests=(--filter 'TensorTests|ModelTests|ImageTests|MetricTests|RuntimeTests')
  fi
  swift test --scratch-path ".build-$sanitizer" --sanitize="$sanitizer" "${tests[@]}"
done
