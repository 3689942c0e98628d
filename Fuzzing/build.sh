#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds a fuzzer and prints its path: Fuzzing/build.sh FuzzPrograms|FuzzFiles. ASAN=0 disables
# AddressSanitizer, which is several times faster: most faults of a Swift program are traps, which are
# detected without it.
set -eu
cd "$(dirname "$0")/.."
export SMAP_FUZZ=1
scratch=.build-fuzz/asan
# Of several options of SwiftPM only the last reaches the Swift compiler; more would disable
# coverage.
options=(--sanitize fuzzer --sanitize address -Xswiftc -sanitize=fuzzer,address)
if [ "${ASAN:-1}" = 0 ]; then
  scratch=.build-fuzz/plain
  options=(--sanitize fuzzer)
fi
swift build -c release --scratch-path "$scratch" --product "$1" -Xswiftc -use-ld=lld \
  "${options[@]}" >&2
echo "$scratch/release/$1"
