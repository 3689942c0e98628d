#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the fuzzer and runs it: Fuzzing/run.sh [RUNS [LIBFUZZER OPTIONS...]].
# New inputs are collected in .build-fuzz/corpus, failures in Fuzzing/Crashers. ASAN=0 disables
# AddressSanitizer and leak detection, see build.sh. MERGE=1 instead writes the smallest set of inputs with
# the same coverage to Fuzzing/Corpus, packed into a few large files.
set -eu
cd "$(dirname "$0")/.."
runs=${1:-100000}
shift || true
fuzzer=$(Fuzzing/build.sh FuzzPrograms)
# Traps must reach libFuzzer, which then writes the input to a file.
export SWIFT_BACKTRACE=enable=no
export ASAN_OPTIONS=detect_leaks=${LEAKS:-0}:quarantine_size_mb=16:malloc_context_size=12
export LSAN_OPTIONS=report_objects=0:suppressions=Fuzzing/leaks.txt

# The seeds: all short programs of the repository.
seeds=.build-fuzz/seeds
mkdir -p .build-fuzz/corpus "$seeds"
find Tests/Conformance Tests/SyntaxTests/Corpus Examples -name '*.smap' -size -2k |
  while read -r file; do cp "$file" "$seeds/$(echo "$file" | tr / _)"; done
Fuzzing/corpus.py unpack Fuzzing/Corpus "$seeds"

if [ "${MERGE:-0}" = 1 ]; then
  rm -rf .build-fuzz/merged
  mkdir -p .build-fuzz/merged
  "$fuzzer" -merge=1 -max_len=300 -timeout=20 .build-fuzz/merged .build-fuzz/corpus "$seeds"
  exec Fuzzing/corpus.py pack .build-fuzz/merged Fuzzing/Corpus
fi
# libFuzzer counts the initial inputs among its runs.
runs=$((runs + $(find .build-fuzz/corpus "$seeds" -type f | wc -l)))
# Uniform selection of inputs: libFuzzer's default weights cost more than a run.
exec "$fuzzer" -runs="$runs" -max_len=300 -entropic=0 -reload=0 -timeout=20 -report_slow_units=2 \
  -rss_limit_mb=3000 -artifact_prefix=Fuzzing/Crashers/ -print_final_stats=1 "$@" \
  .build-fuzz/corpus "$seeds"
