#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures how fast scripts become trees: lines a second on scripts of 10,000 to 1,000,000 lines,
# bytes a second on one long line, bytes of memory a line. With files, the same for those.
# usage: benchmarks/parse.sh [FILE...]
set -euo pipefail
cd "$(dirname "$0")/.."
export SMAP_BENCHMARKS=1
swift build -c release --product parse-benchmark >&2
exec .build/release/parse-benchmark "$@"
