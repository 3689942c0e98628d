#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs a million statements in one session and compares its peak memory after the first ten thousand
# with that at the end: at most 1 MiB more.
# usage: scripts/soak.sh BINARY [STATEMENTS]
set -euo pipefail
binary=$(realpath "${1:?usage: soak.sh BINARY [STATEMENTS]}")
total=${2:-1000000}
first=10000
limit=1024 # KiB

# Statements of all kinds, which leave nothing behind except the values of a few names.
statements() {
  awk -v from="$1" -v to="$2" 'BEGIN {
    for (i = from; i < to; i++) {
      k = int(i / 12) % 7
      if (i % 12 == 0) print "let x" k " = " i
      else if (i % 12 == 1) print "x" k " = x" k " + 1"
      else if (i % 12 == 2) print "let f = fn(a) = a + " i
      else if (i % 12 == 3) print "f(2)"
      else if (i % 12 == 4) print "[x" k ", " i ", \"t" i "\"]"
      else if (i % 12 == 5) print "let r = {a: " i ", b: [1, 2]}"
      else if (i % 12 == 6) print "r.a + len(\"" i "\")"
      else if (i % 12 == 7) print "(zeros(3) + " i ").sum();"
      else if (i % 12 == 8) print "for j in range(2) { x" k " = [x" k "]; r.self = [r]; r.f = fn() = f }"
      else if (i % 12 == 9) print "try { error(\"" i "\") } catch e { e.message }"
      else if (i % 12 == 10) print "fn g(n) = if n == 0 { " i " } else { g(n - 1) }; g(5)"
      else print "undefined + " i
      # The prompt records what ran, for `:save`, until it is reset.
      if (i % 1000 == 999) print ":reset"
    }
  }'
}

largest() { awk '/^VmHWM:/ { print $2 }' "/proc/$1/status"; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkfifo "$work/in"
# Its output and errors are discarded; only the marks are read.
"$binary" <"$work/in" >"$work/out" 2>/dev/null &
session=$!
exec 3>"$work/in"

reach() {
  echo "print(\"mark $1\")" >&3
  until grep -q "^mark $1\$" "$work/out"; do
    kill -0 "$session" 2>/dev/null || { echo "soak: the session ended early" >&2; exit 1; }
    sleep 0.1
  done
  : >"$work/out"
}

statements 0 "$first" >&3
reach first
before=$(largest "$session")
statements "$first" "$total" >&3
reach last
after=$(largest "$session")
exec 3>&-
wait "$session" || true
echo "soak: $total statements, $before KiB after $first of them, $((after - before)) KiB more at the end"
[ $((after - before)) -le "$limit" ]
