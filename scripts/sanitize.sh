#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs all tests under AddressSanitizer, and those of multithreaded targets under ThreadSanitizer.
# The builds are separate from the usual ones, in .build-address and .build-thread.
# usage: scripts/sanitize.sh [address|thread]...
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- address thread
address=detect_leaks=${LEAKS:-0}
export TSAN_OPTIONS=halt_on_error=0:suppressions=$PWD/scripts/threads.txt
# Stack frames are several times as large under a sanitizer (one level of the resolver takes 7 KB),
# so that a tree of the maximum height overflows 8 MB; threads get the stack size set here.
ulimit -s 131072 || { echo "sanitize: the tests need stacks of 128 MB (ulimit -s)" >&2; exit 1; }
for sanitizer in "$@"; do
  run=(swift test --scratch-path ".build-$sanitizer" --sanitize="$sanitizer")
  if [ "$sanitizer" = address ]; then
    # The sanitizer delays reuse of freed memory, which looks like growth to the test of constant
    # memory: that test runs separately, with a small quarantine.
    ASAN_OPTIONS=$address "${run[@]}" --skip RobustnessTests/memoryStaysFlat
    ASAN_OPTIONS=$address:quarantine_size_mb=4 \
      "${run[@]}" --skip-build --filter RobustnessTests/memoryStaysFlat
  else
    "${run[@]}" --filter 'TensorTests|ModelTests|ImageTests|MetricTests'
  fi
done
