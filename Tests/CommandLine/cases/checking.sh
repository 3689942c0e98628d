# shellcheck shell=bash
# `smap check`: findings, levels, codes.
printf 'let x = zeros(2, 3)\nprint(x @ zeros(4, 5))\n' >shapes.smap
printf 'fn f() {\n  let x = 1\n  2\n}\nf()\n' >unused.smap
printf 'let x = 1\nprint(x)\n' >clean.smap
printf 'print(naem)\nsoftmax([1], axis = 0)\nlet name = 3\n' >several.smap
expect 'nothing to find' 0 '' "$smap" check clean.smap
expect 'a shape that does not fit' 2 'cannot multiply [2, 3] by [4, 5]' "$smap" check shapes.smap
expect 'nothing is run' 2 'shapes.smap:2:7' "$smap" check shapes.smap
expect 'warnings are no failure' 0 'the name `x` is never used' "$smap" check unused.smap
expect 'unless they are to be' 2 'never used' "$smap" check --strict unused.smap
expect 'a rule can be left out' 0 '' "$smap" check --strict --skip unused-name unused.smap
expect 'a rule that is not there' 64 'did you mean shapes' "$smap" check --skip shape unused.smap
expect 'several findings' 2 'the dimension is called `dim`' "$smap" check several.smap
expect 'several files' 2 'several.smap:1' "$smap" check clean.smap several.smap
expect 'the list of rules' 0 'unreachable-code     warning' "$smap" check --rules
expect 'nothing to check' 64 'name the scripts' "$smap" check
expect 'a script that is not there' 66 'nosuch.smap' "$smap" check nosuch.smap
check_examples() {
  local failed=0
  "$smap" check --strict "$root"/Examples/*.smap || failed=1
  return $failed
}
expect 'examples have no findings' 0 '' check_examples
deep=$(printf '(%.0s' {1..5000})
printf '%s\n' "$deep" >deep.smap
expect 'deep nesting' 2 'SyntaxError' "$smap" check deep.smap
expect 'findings as JSON' 2 '"file":"shapes.smap","line":2,"column":7' "$smap" check --json shapes.smap
expect 'with rule and level' 0 '"rule":"unused-name","level":"warning"' "$smap" check --json unused.smap
expect 'a missing file as JSON' 66 '"kind":"' "$smap" check --json nosuch.smap
expect 'JSON that a reader takes' 0 'arguments error 2' bash -c "'$smap' check --json several.smap |
  python3 -c 'import json, sys
for line in sys.stdin: f = json.loads(line); print(f[\"rule\"], f[\"level\"], f[\"line\"])'"
