# shellcheck shell=bash
# `smap fmt` and errors as JSON.
printf 'let   x=[1,2 ,3]   # three\n\n\n\nprint( x )\n' >loose.smap
printf 'let x = [1, 2, 3]  # three\n\nprint(x)\n' >tidy.smap
expect 'check names what would change' 1 'loose.smap' "$smap" fmt --check tidy.smap loose.smap
expect 'check is silent about a tidy file' 0 '' "$smap" fmt --check tidy.smap
expect 'a file is rewritten' 0 '' "$smap" fmt loose.smap
expect 'into the tidy form' 0 '' cmp loose.smap tidy.smap
expect 'standard input to standard output' 0 'let y = 1' bash -c "echo 'let y=1' | '$smap' fmt -"
printf 'let x = (1\nlet y=2\n' >wrong.smap
cp wrong.smap before.smap
expect 'errors are reported' 2 'wrong.smap:1:9' "$smap" fmt wrong.smap
expect 'a file with errors is left alone' 0 '' cmp wrong.smap before.smap
expect 'a missing file' 66 'nosuch.smap' "$smap" fmt nosuch.smap
expect 'no file' 64 'Missing' "$smap" fmt
for file in "$root"/Examples/*.smap; do
  expect "$(basename "$file") is formatted" 0 '' "$smap" fmt --check "$file"
done
expect 'syntax errors as JSON' 2 '"kind":"SyntaxError","message":"`(` is not closed","file":"wrong.smap","line":1,"column":9,"endLine":1,"endColumn":10' "$smap" run --json wrong.smap
expect 'runtime errors as JSON' 1 '"kind":"NameError"' "$smap" run --json -e 'nothing_here'
printf 'fn f(x) {\n  x + "a"\n}\nf(1)\n' >deep.smap
expect 'a trace as JSON' 1 '"trace":["f at deep.smap:2:3"' "$smap" run --json deep.smap
expect 'JSON that a reader takes' 0 'SyntaxError 1' bash -c "'$smap' fmt --json wrong.smap 2>&1 |
  python3 -c 'import json, sys
for line in sys.stdin: e = json.loads(line); print(e[\"kind\"], e[\"line\"])'"
# A skipped cell holds anything; what is no program stays as it is.
printf '# %%%% One\nlet   x=1\n\n\n# %%%% Draft [skip]\n  not ( a program "\n\n# %%%% Two\nprint( x )\n# %%%% Three [skip]\nlet  y=2\n' >skipped.smap
expect 'a skipped cell that is no program' 0 '' "$smap" fmt skipped.smap
printf '# %%%% One\nlet x = 1\n\n# %%%% Draft [skip]\n  not ( a program "\n\n# %%%% Two\nprint(x)\n# %%%% Three [skip]\nlet y = 2\n' >wanted.smap
expect 'is left as it is' 0 '' diff skipped.smap wanted.smap
expect 'and nothing more changes' 0 '' "$smap" fmt --check skipped.smap
printf '# %%%% Draft [skip]\nnot ( a program\n# %%%% Two\nprint( x\n' >skipped.smap
expect 'errors elsewhere are errors' 2 'skipped.smap:4:6' "$smap" fmt skipped.smap
