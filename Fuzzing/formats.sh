#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fuzzes the readers of files: Fuzzing/formats.sh [RUNS [FORMAT...]]. Each format of FileTrial, or each one
# named, is read so many times. New inputs are collected in .build-fuzz/files, failures in
# Fuzzing/CrashingFiles. ASAN=0 disables AddressSanitizer, which is several times faster.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
runs=${1:-100000}
shift || true
[ $# -gt 0 ] || set -- safetensors npy npz idx gzip tar cifar png jpeg webp
export SMAP_FUZZ=1
scratch=.build-fuzz/asan
options=(--sanitize fuzzer --sanitize address -Xswiftc -sanitize=fuzzer,address)
if [ "${ASAN:-1}" = 0 ]; then
  scratch=.build-fuzz/plain
  options=(--sanitize fuzzer)
fi
swift build -c release --scratch-path "$scratch" --product FuzzFiles -Xswiftc -use-ld=lld \
  "${options[@]}"
export SWIFT_BACKTRACE=enable=no
export ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=16:malloc_context_size=12
Fuzzing/seeds.py .build-fuzz/file-seeds
for format in "$@"; do
  mkdir -p ".build-fuzz/files/$format" "Fuzzing/CrashingFiles/$format"
  # Inputs may be as long as the longest seed and half of it more.
  longest=$(find ".build-fuzz/file-seeds/$format" -type f -printf '%s\n' | sort -n | tail -1)
  # libFuzzer counts the initial inputs among its runs.
  count=$(find ".build-fuzz/files/$format" ".build-fuzz/file-seeds/$format" -type f | wc -l)
  echo "$format: $runs runs"
  SMAP_FUZZ_FORMAT=$format "$scratch/release/FuzzFiles" -runs=$((runs + count)) \
    -max_len=$((longest * 3 / 2)) -entropic=0 -reload=0 -timeout=20 -rss_limit_mb=3000 \
    -artifact_prefix="Fuzzing/CrashingFiles/$format/" -print_final_stats=1 -verbosity=0 \
    ".build-fuzz/files/$format" ".build-fuzz/file-seeds/$format" 2>&1 |
    grep -E 'ERROR|SUMMARY|Fatal|number_of_executed_units|average_exec_per_sec|peak_rss' || true
  rmdir --ignore-fail-on-non-empty "Fuzzing/CrashingFiles/$format" Fuzzing/CrashingFiles
done
[ ! -d Fuzzing/CrashingFiles ]
