#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tests the binary as a user sees it: exit codes, messages, examples, documents, installation.
# Each file in cases/ contains the cases of one topic. Topics run side by side, as many at a time as
# there are processors (SMAP_TEST_JOBS), each in a shell and an empty folder of its own.
# usage: Tests/CommandLine/run.sh BINARY [TOPIC...]
set -u
smap=$(realpath "${1:?usage: run.sh BINARY}")
root=$(cd "$(dirname "$0")/../.." && pwd)
shift
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

# The shell of one topic, which the shell of all topics starts.
if [ -n "${SMAP_TEST_FOLDER:-}" ]; then
  work=$SMAP_TEST_FOLDER topic=$1
  unset SMAP_TEST_FOLDER
  mkdir "$work/$topic" && cd "$work/$topic" || exit 1
  {
    # shellcheck source=/dev/null
    . "$root/Tests/CommandLine/cases/$topic.sh"
    echo "$passed $failed" >"$work/$topic.counts"
  } >"$work/$topic.log" 2>&1
  cat "$work/$topic.log"
  echo "$topic: $passed passed, $failed failed, $SECONDS s"
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ $# -eq 0 ]; then
  # The topics that take longest come first, so that none of them is left alone at the end.
  set -- limits testing faults examples memory
  for file in "$root"/Tests/CommandLine/cases/*.sh; do
    topic=$(basename "$file" .sh)
    [[ " $* " == *" $topic "* ]] || set -- "$@" "$topic"
  done
fi
printf '%s\n' "$@" |
  SMAP_TEST_FOLDER=$work xargs -P "${SMAP_TEST_JOBS:-$(nproc)}" -n 1 "$0" "$smap"
for topic in "$@"; do
  if read -r good bad <"$work/$topic.counts"; then
    passed=$((passed + good)) failed=$((failed + bad))
  else
    failed=$((failed + 1))
    echo "FAILED $topic: it ended before its last case"
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
