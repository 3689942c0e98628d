#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs all tests under AddressSanitizer, and those of targets that use several threads under
# ThreadSanitizer. Builds apart from the usual ones, in .build-address and .build-thread.
# usage: scripts/sanitize.sh [address|thread]...
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- address thread
address=detect_leaks=${LEAKS:-0}
export TSAN_OPTIONS=halt_on_error=0:suppressions=$PWD/scripts/threads.txt
# Frames are several times as large under a sanitizer (one level of the resolver takes 7 KB), so
# that a tree of the height that is allowed overflows 8 MB; threads get the stack that is set here.
ulimit -s 131072 || { echo "sanitize: the tests need stacks of 128 MB (ulimit -s)" >&2; exit 1; }
for sanitizer in "$@"; do
  run=(swift test --scratch-path ".build-$sanitizer" --sanitize="$sanitizer")
  if [ "$sanitizer" = address ]; then
    # Freed memory is kept for a while, which looks like growth to the test of flat memory: it runs
    # by itself, with little of that.
    ASAN_OPTIONS=$address "${run[@]}" --skip RobustnessTests/memoryStaysFlat
    ASAN_OPTIONS=$address:quarantine_size_mb=4 \
      "${run[@]}" --skip-build --filter RobustnessTests/memoryStaysFlat
  else
    "${run[@]}" --filter 'TensorTests|ModelTests|ImageTests|MetricTests'
  fi
done
