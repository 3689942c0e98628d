#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Concatenates the sections in results/ to RESULTS.md, so that each runner can be run on its own.
set -euo pipefail
cd "$(dirname "$0")"
{
  echo '# Results'
  for section in models models-intel models-avx2 language scaling growth parse folder exchange; do
    [ -f "results/$section.md" ] || continue
    echo
    cat "results/$section.md"
  done
} >RESULTS.md
