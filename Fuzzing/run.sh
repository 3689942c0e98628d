#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the fuzzer and runs it: Fuzzing/run.sh [RUNS [LIBFUZZER OPTIONS...]].
# New inputs gather in .build-fuzz/corpus, failures in Fuzzing/Crashers. MERGE=1 afterwards writes
# the smallest set of inputs with the same coverage to Fuzzing/Corpus.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
runs=${1:-100000}
shift || true
export SMAP_FUZZ=1
options=(-c release --scratch-path .build-fuzz --product FuzzPrograms
  --sanitize fuzzer --sanitize address -Xswiftc -use-ld=lld)
swift build "${options[@]}"
fuzzer=.build-fuzz/release/FuzzPrograms
export ASAN_OPTIONS=detect_leaks=${LEAKS:-1}:quarantine_size_mb=16:malloc_context_size=12
export LSAN_OPTIONS=report_objects=0:suppressions=Fuzzing/leaks.txt

# The seeds: whatever programs the repository has, as far as they are short.
mkdir -p .build-fuzz/corpus .build-fuzz/seeds
find Tests/Conformance Tests/SyntaxTests/Corpus Examples -name '*.smap' -size -4k |
  while read -r file; do cp "$file" ".build-fuzz/seeds/$(echo "$file" | tr / _)"; done

if [ "${MERGE:-0}" = 1 ]; then
  rm -rf .build-fuzz/merged
  mkdir -p .build-fuzz/merged
  "$fuzzer" -merge=1 -max_len=512 -timeout=20 .build-fuzz/merged .build-fuzz/corpus Fuzzing/Corpus
  rm -rf Fuzzing/Corpus
  mv .build-fuzz/merged Fuzzing/Corpus
  exit
fi
exec "$fuzzer" -runs="$runs" -max_len=512 -timeout=20 -report_slow_units=1 -rss_limit_mb=3000 \
  -artifact_prefix=Fuzzing/Crashers/ -print_final_stats=1 "$@" \
  .build-fuzz/corpus Fuzzing/Corpus .build-fuzz/seeds
