#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tests the binary as a user sees it: exit codes, messages, examples, documents, installation.
# Each file in cases/ contains the cases of one topic and is sourced into this shell.
# usage: Tests/CommandLine/run.sh BINARY [TOPIC...]
set -u
smap=$(realpath "${1:?usage: run.sh BINARY}")
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
passed=0
failed=0

# expect NAME CODE WORDS COMMAND...: the exit code, and words in the command's output.
expect() {
  local name=$1 code=$2 words=$3 output got
  shift 3
  output=$("$@" 2>&1 </dev/null)
  got=$?
  if [ "$got" -eq "$code" ] && [[ "$output" == *"$words"* ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED %s: exit %s (wanted %s), wanted the words "%s" in:\n%s\n' \
      "$name" "$got" "$code" "$words" "$output" | head -20
  fi
}

shift
if [ $# -eq 0 ]; then
  for file in "$root"/Tests/CommandLine/cases/*.sh; do set -- "$@" "$(basename "$file" .sh)"; done
fi
for topic in "$@"; do
  # Every topic starts in an empty folder of its own.
  mkdir -p "$work/$topic" && cd "$work/$topic" || exit 1
  # shellcheck source=/dev/null
  . "$root/Tests/CommandLine/cases/$topic.sh"
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
