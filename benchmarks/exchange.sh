#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures the exchange of gradients between 2, 3 and 4 processes of this machine, and calculates from it
# what several machines would gain; writes results/exchange.md. Needs mpirun of Open MPI.
# usage: benchmarks/exchange.sh
set -euo pipefail
cd "$(dirname "$0")/.."
export SMAP_BENCHMARKS=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
swift build -c release --static-swift-stdlib --product exchange-benchmark >&2
rows=$(mktemp --suffix .txt)
trap 'rm -f "$rows"' EXIT
for processes in 2 3 4; do
  mpirun --oversubscribe --mca btl self,tcp --mca btl_tcp_if_include lo -np "$processes" \
    .build/release/exchange-benchmark | tee -a "$rows" >&2
done
.build/release/smap run benchmarks/exchange.smap -- "$rows" > benchmarks/results/exchange.md.new
mv benchmarks/results/exchange.md.new benchmarks/results/exchange.md
benchmarks/assemble.sh
