#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures the throughput of the parser: lines per second on scripts of 10,000 to 1,000,000 lines,
# bytes per second on one long line, bytes of memory per line; and the throughput of `smap check`
# and `smap fmt`. The tables are also written to results/parse.md. With files as arguments, only
# these are parsed, and nothing is written.
# usage: benchmarks/parse.sh [FILE...]
set -euo pipefail
cd "$(dirname "$0")/.."
export SMAP_BENCHMARKS=1
swift build -c release --product parse-benchmark >&2
[ $# -eq 0 ] || exec .build/release/parse-benchmark "$@"
mkdir -p benchmarks/results
{
  echo '## Reading, checking and laying out scripts'
  echo
  echo 'Made by `benchmarks/parse.sh`: processor time on one core, the shortest of two to nine rounds. The scripts'
  echo 'are a mix of declarations, functions, loops, pipelines and tensors that repeats under other names.'
  echo
  .build/release/parse-benchmark
} | tee benchmarks/results/parse.md.new
mv benchmarks/results/parse.md.new benchmarks/results/parse.md
benchmarks/assemble.sh
