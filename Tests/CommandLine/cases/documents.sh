# shellcheck shell=bash
# Every smap snippet of the documents runs, each document as one session, and gives the output
# shown.
for document in README.md docs/Guide.md docs/Notebooks.md; do
  [ -f "$root/$document" ] || continue
  expect "snippets of $document" 0 ' passed, 0 failed' "$smap" test "$root/$document"
done
