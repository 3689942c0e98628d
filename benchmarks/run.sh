#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compares models and tensors with PyTorch, JAX and NumPy, then the interpreter with Lua, CPython
# and Octave. Each runner writes its section into results/, and RESULTS.md is assembled from them.
# usage: benchmarks/run.sh BINARY [ROUNDS]
set -euo pipefail
smap=$(realpath "${1:?usage: run.sh BINARY [ROUNDS]}")
rounds=${2:-3}
cd "$(dirname "$0")"
if ! command -v python3 >/dev/null; then
  echo 'python3 is not installed: nothing is measured' >&2
  exit 1
fi
mkdir -p results
python3 models/run.py "$smap" --rounds "$rounds" --output results/models.md
python3 language/run.py "$smap" --rounds "$rounds" --output results/language.md
python3 scaling.py "$smap" --output results/scaling.md
./assemble.sh
cat RESULTS.md
