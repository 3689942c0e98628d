#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures start, tour, training, encoding and sampling, and the same in PyTorch where python3 (or
# $PYTHON) has it; the two take turns, three rounds, medians. Then the interpreter against Lua, CPython
# and Octave. Each writes its section into results/, and RESULTS.md is put together from them.
# usage: benchmarks/run.sh BINARY [ROUNDS]
set -euo pipefail
smap=$(realpath "${1:?usage: run.sh BINARY [ROUNDS]}")
rounds=${2:-3}
cd "$(dirname "$0")"
python=${PYTHON:-python3}
results=results/models.md
mkdir -p results
has_torch=no
"$python" -c 'import torch' 2>/dev/null && has_torch=yes

median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
seconds() { # of a command, as a whole process
  local start end
  start=$(date +%s.%N)
  "$@" >/dev/null 2>&1 </dev/null
  end=$(date +%s.%N)
  echo "$end $start" | awk '{printf "%.4f\n", $1 - $2}'
}

declare -A ours theirs
collect() { # name, smap script, twin's mode
  local name=$1 script=$2 mode=$3 a='' b=''
  for _ in $(seq "$rounds"); do
    a+="$("$smap" run "$script" --threads 2)"$'\n'
    [ $has_torch = yes ] && b+="$("$python" pytorch_twin.py "$mode" 2)"$'\n'
  done
  ours[$name]=$(echo -n "$a" | awk '{print $1}' | median)
  theirs[$name]=$(echo -n "$b" | awk 'NF {print $1}' | median)
  ours[$name-16]=$(echo -n "$a" | awk '{print $2}' | median)
  theirs[$name-16]=$(echo -n "$b" | awk 'NF {print $2}' | median)
}

start=$(for _ in 1 2 3 4 5 6 7; do seconds "$smap" -e 1; done | median)
prompt=$(for _ in 1 2 3 4 5 6 7; do seconds "$smap" repl; done | median)
tour=$(cd .. && for _ in $(seq "$rounds"); do seconds "$smap" Examples/tour.smap; done | median)
collect train training.smap train
collect encode encoding.smap encode
collect sample sampling.smap sample

more() { awk -v a="$1" -v b="$2" 'BEGIN {if (b + 0 == 0) print "-"; else printf "%.2fx", a / b}'; }
{
  echo '## Training, encoding, sampling'
  echo
  echo "Written by \`make bench\` on $(date +%Y-%m-%d): $(awk -F ': ' '/model name/ {print $2; exit}' /proc/cpuinfo),"
  echo "$(nproc) processors, 2 threads on both sides, medians of $rounds rounds in turns."
  [ $has_torch = yes ] && echo "PyTorch $("$python" -c 'import torch; print(torch.__version__)'), eager, float32." ||
    echo 'PyTorch is not installed here: its columns are empty. PYTHON=... names one that has it.'
  echo
  echo '| what | smap | PyTorch eager | ratio |'
  echo '|---|---|---|---|'
  echo "| \`smap -e 1\`, whole process | $start s | | |"
  echo "| the prompt, opened and closed | $prompt s | | |"
  echo "| the tour, with loading and writing | $tour s | | |"
  echo "| training the KL tokenizer, batch 32 | ${ours[train]} images/s | ${theirs[train]:-} | $(more "${ours[train]}" "${theirs[train]:-0}") |"
  echo "| encoding, batch 64 | ${ours[encode]} images/s | ${theirs[encode]:-} | $(more "${ours[encode]}" "${theirs[encode]:-0}") |"
  echo "| drawing and decoding one emoji | ${ours[sample]} ms | ${theirs[sample]:-} | $(more "${theirs[sample]:-0}" "${ours[sample]}") |"
  echo "| drawing and decoding sixteen, each | ${ours[sample-16]} ms | ${theirs[sample-16]:-} | $(more "${theirs[sample-16]:-0}" "${ours[sample-16]}") |"
  echo
  echo 'A ratio above 1 means that smap is faster. The work is the same on both sides: the shapes of'
  echo 'the shipped models, whole training steps, ten Heun steps a token with guidance. The script is'
  echo '`benchmarks/run.sh`, the other side `benchmarks/pytorch_twin.py` (its augmentation is none, and'
  echo 'its linear path is given, not fitted).'
} >"$results"
if command -v python3 >/dev/null; then
  python3 language/run.py "$smap" --rounds "$rounds" --output results/language.md
else
  echo 'python3 is not installed: the interpreter is not measured' >&2
fi
./assemble.sh
cat RESULTS.md
