#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fuzzes the readers of files: Fuzzing/formats.sh [RUNS [FORMAT...]]. Each format of FileTrial, or each one
# named, is read so many times. New inputs are collected in .build-fuzz/files, failures in
# Fuzzing/CrashingFiles. ASAN=0 disables AddressSanitizer, see build.sh. MERGE=1 instead writes a small
# set of inputs that reach what all of them reach to Fuzzing/FileCorpus.
set -eu
cd "$(dirname "$0")/.."
runs=${1:-100000}
shift || true
[ $# -gt 0 ] || set -- safetensors npy npz idx gzip tar cifar png jpeg webp
fuzzer=$(Fuzzing/build.sh FuzzFiles)
# Traps must reach libFuzzer, which then writes the input to a file.
export SWIFT_BACKTRACE=enable=no
export ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=16:malloc_context_size=12
seeds=.build-fuzz/file-seeds
rm -rf "$seeds"
Fuzzing/seeds.py "$seeds"
failures() { find Fuzzing/CrashingFiles -type f 2>/dev/null | wc -l; }
before=$(failures)
for format in "$@"; do
  export SMAP_FUZZ_FORMAT=$format
  found=.build-fuzz/files/$format
  mkdir -p "$found" "Fuzzing/CrashingFiles/$format"
  Fuzzing/seeds.py --unpack "Fuzzing/FileCorpus/$format.txt" "$seeds/$format"
  # Inputs may be as long as the longest seed and half of it more.
  longest=$(find "$seeds/$format" -type f -printf '%s\n' | sort -n | tail -1)
  options=(-max_len=$((longest * 3 / 2)) -timeout=20 -rss_limit_mb=3000)
  if [ "${MERGE:-0}" = 1 ]; then
    rm -rf .build-fuzz/merged
    mkdir -p .build-fuzz/merged Fuzzing/FileCorpus
    "$fuzzer" -set_cover_merge=1 "${options[@]}" .build-fuzz/merged "$seeds/$format" "$found" \
      >/dev/null 2>&1
    Fuzzing/seeds.py --pack .build-fuzz/merged "Fuzzing/FileCorpus/$format.txt"
  else
    # libFuzzer counts the initial inputs among its runs.
    count=$(find "$found" "$seeds/$format" -type f | wc -l)
    echo "$format: $runs runs from $count inputs"
    # Uniform selection of inputs: libFuzzer's default weights cost more than a run.
    "$fuzzer" -runs=$((runs + count)) "${options[@]}" -entropic=0 -reload=0 -print_final_stats=1 \
      -verbosity=0 -artifact_prefix="Fuzzing/CrashingFiles/$format/" "$found" "$seeds/$format" 2>&1 |
      grep -E 'ERROR|SUMMARY|Fatal|number_of_executed_units|new_units|slowest_unit|peak_rss' || true
  fi
  rmdir --ignore-fail-on-non-empty "Fuzzing/CrashingFiles/$format" Fuzzing/CrashingFiles
done
[ "$(failures)" = "$before" ]
