# shellcheck shell=bash
# Profiles: counts are exact, and the report is written however the run ends.
product='let x = ones(8, 16) @ ones(16, 4); sum(x * 2).item()'
expect 'profile: the run is as ever' 0 '1024' "$smap" --profile p.json -e "$product"
# field NAME...: a field of p.json below these keys, where an element of a list is named.
field() {
  python3 - "$@" <<'PYTHON'
import json, sys
value = json.load(open("p.json"))
for key in sys.argv[1:]:
    value = next(v for v in value if v["name"] == key) if isinstance(value, list) else value[key]
print(value)
PYTHON
}
if command -v python3 >/dev/null; then
  expect 'profile: operations of products' 0 '1024' field flops
  expect 'profile: calls of products' 0 '1' field kernels 'matrix product, OpenBLAS' calls
  expect 'profile: elements' 0 '32' field kernels 'elementwise' flops
  expect 'profile: calls of built-ins' 0 '2' field builtins 'ones' calls
  expect 'profile: blocks of memory' 0 '5' field blocks_taken
fi
expect 'profile: a table' 0 'matrix product, OpenBLAS' "$smap" --profile - -e "$product"
# A processor that OpenBLAS does not know must not be treated as an old one; the user's setting
# takes precedence.
if grep -qw avx2 /proc/cpuinfo; then
  expect 'profile: kernels of OpenBLAS that suit' 0 '1' \
    sh -c '"$0" --profile - -e "$1" 2>&1 | grep "^OpenBLAS: kernels for " | grep -vc "Prescott"' \
    "$smap" "$product"
  expect 'profile: kernels of OpenBLAS as asked for' 0 'OpenBLAS: kernels for Prescott' \
    env OPENBLAS_CORETYPE=Prescott "$smap" --profile - -e "$product"
fi
expect 'a crash names a setting that may be its cause' 70 'OPENBLAS_CORETYPE is set' \
  env OPENBLAS_CORETYPE=Haswell bash -c '"$0" -e "sleep(9)" & sleep 0.7; kill -ILL $!; wait $!' "$smap"
expect 'profile: without products' 0 'OpenBLAS: not used' "$smap" --profile - -e 1
expect 'profile: a table of products' 0 '8 x 16 x 4' "$smap" --profile - -e "$product"
expect 'profile: after an error' 1 'between the kernels' "$smap" --profile - -e 'error("no")'
expect 'profile: into a file' 0 '' "$smap" run --profile p.txt -e "$product"
expect 'profile: the file' 0 'peak of the machine' cat p.txt
expect 'profile: nowhere to write' 66 'cannot write the profile' \
  "$smap" --profile p.txt/p.json -e 1
echo 'print("ran")' >p.smap
expect 'profile: nothing runs where it cannot be written' 66 '' \
  sh -c '"$0" --profile p.txt/p.json p.smap 2>/dev/null' "$smap"
expect 'profile: a script is not overwritten' 64 "'p.smap' is a script" \
  "$smap" run --profile p.smap -e 1
expect 'profile: not at the prompt' 64 'profile' "$smap" --profile p.json
