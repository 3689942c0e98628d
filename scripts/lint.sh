#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Checks the format of all Swift sources, and that no comment of Swift or C goes beyond 100 columns:
# the formatter breaks code, but leaves comments alone.
# usage: scripts/lint.sh [SWIFT]
set -euo pipefail
cd "$(dirname "$0")/.."
"${1:-swift}" format lint --strict -r Sources Tests Package.swift
long=$(LC_ALL=C.UTF-8 grep -rnP --include='*.swift' --include='*.c' --include='*.h' \
  '^(?=\s*(//|\* )).{101,}$' Sources Tests Package.swift || true)
if [[ -n "$long" ]]; then
  printf '%s\n' "$long" | cut -c1-160
  echo "comments beyond 100 columns: $(printf '%s\n' "$long" | wc -l)" >&2
  exit 1
fi
