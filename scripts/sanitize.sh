#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs tests under AddressSanitizer, and those of targets that use several threads under
# ThreadSanitizer. Builds apart from the usual ones, in .build-address and .build-thread.
# usage: scripts/sanitize.sh [address|thread]...
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- address thread
export ASAN_OPTIONS=detect_leaks=${LEAKS:-0}
export TSAN_OPTIONS=halt_on_error=0:suppressions=$PWD/scripts/threads.txt
for sanitizer in "$@"; do
  # Tests of whole scripts are left out: with the larger frames of AddressSanitizer, parser and
  # resolver overflow the half megabyte of stack that tests have, long before their own limits.
  tests='FuzzTests|TensorTests|PlotTests|ConsoleTests|ImageTests|LibraryTests|ModelTests|MetricTests'
  [ "$sanitizer" = address ] || tests='TensorTests|ModelTests|ImageTests|MetricTests'
  swift test --scratch-path ".build-$sanitizer" --sanitize="$sanitizer" --filter "$tests"
done
