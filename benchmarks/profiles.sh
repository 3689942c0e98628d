#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Profiles a training step of the small tokenizer and the sampling of one picture, and writes both
# reports into docs/Performance.md, below its heading "Profiles".
# usage: benchmarks/profiles.sh BINARY [THREADS]
set -euo pipefail
smap=$(realpath "${1:?usage: profiles.sh BINARY [THREADS]}")
threads=${2:-2}
cd "$(dirname "$0")"
document=../docs/Performance.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# profile WORK OPTION...: the report of a workload at the sizes of the small configuration.
profile() {
  local small
  small=$(cd models && python3 -c 'from rows import SMALL; print(*(f"{k}={v}" for k, v in SMALL.items()))')
  # shellcheck disable=SC2086
  "$smap" run --threads "$threads" --profile "$work/$1.txt" "models/$1.smap" -- $small "${@:2}" \
    >/dev/null
}
profile train batch=64 steps=10
profile sample batch=1 steps=25
{
  sed '/^## Profiles$/q' "$document"
  printf '\nWritten by `benchmarks/profiles.sh` on %s: %s.\n' "$(date +%Y-%m-%d)" \
    "$(awk -F ': ' '/model name/ {print $2; exit}' /proc/cpuinfo)"
  printf '\n### Twelve training steps of the small tokenizer, batch 64\n\n```text\n'
  grep -v '^$' "$work/train.txt" | head -50
  printf '```\n\n### Sampling one picture repeatedly: width 192, 6 blocks, 32 tokens, 25 Euler steps\n\n```text\n'
  grep -v '^$' "$work/sample.txt" | head -50
  printf '```\n\n'
  sed -n '/^## How to measure$/,$p' "$document"
} >"$work/document.md"
cp "$work/document.md" "$document"
