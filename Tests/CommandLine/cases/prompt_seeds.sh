# shellcheck shell=bash
# A script written by :save gives the same random numbers when it is loaded: the state of the
# session's random stream is part of it, also where a failed input in between has used the stream.
expect 'a session is saved with its seed' 0 'all the same' bash -c '
  printf "let a = rand(3)\n:save first.smap\n" | "$0" --seed 5 >/dev/null || exit 9
  printf ":load first.smap\nseed(5)\nlet b = rand(3)\n%s\n" \
    "if allclose(a, b, rtol = 0, atol = 0) { \"all the same\" }" | "$0"' "$smap"
expect 'the script says where the stream was' 0 'seed(0, draws = 2)' bash -c '
  printf "let a = rand(3)\nrand(2).foo\nlet b = rand(3)\nlet c = 1\nlet d = rand(3)\n%s\n:save later.smap\n" \
    "data.save({b, d}, \"drawn.npz\")" | "$0" >/dev/null
  cat later.smap' "$smap"
expect 'and goes on from there' 0 'all the same' "$smap" -e '
let kept = data.load("drawn.npz")
let again = import "later.smap"
let alike = fn(x, y) = allclose(x, y, rtol = 0, atol = 0)
if alike(kept.b, again.b) and alike(kept.d, again.d) { "all the same" }'
expect 'nothing drawn, no seed' 0 '0' bash -c '
  printf "let a = 1\n:save plain.smap\n" | "$0" >/dev/null; grep -c seed plain.smap; true' "$smap"
expect 'a stream that goes on' 0 'true' "$smap" -e '
seed(7); rand(2); rand(2); let a = rand(2); seed(7, draws = 2); allclose(a, rand(2))'
