# shellcheck shell=bash
# Every smap snippet of the documents runs, each document as one session.
for document in README.md docs/Guide.md; do
  [ -f "$root/$document" ] || continue
  awk '/^```smap/ {on = 1; next} /^```/ {on = 0} on' "$root/$document" >snippets.smap
  expect "snippets of $document" 0 '' "$smap" snippets.smap
done
