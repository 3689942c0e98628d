# shellcheck shell=bash
# Cells: each shows its last value, and those marked [skip] are left out however a script is run.
cat >cells.smap <<'END'
let a = 1
a + 10
# %% Slow [skip]
a = 2
error("this is not run")
# %% Muted
a;
# %% Last
a
END
expect 'each cell shows its last value' 0 $'11\n1' "$smap" cells.smap
expect 'a skipped cell of standard input' 0 $'11\n1' bash -c "'$smap' - <cells.smap"
expect 'a skipped cell of a module' 0 '1' "$smap" -e '(import "cells.smap").a'
expect 'a skipped cell at the prompt' 0 '1' bash -c "printf ':load cells.smap\na\n' | '$smap' repl"
expect 'a skipped cell of a test' 0 'passed' bash -c \
  "printf '# %%%% [skip]\n1 #=> 2\n# %%%%\n1 #=> 1\n' >t.smap; '$smap' test t.smap"
expect 'the last statement decides what is muted' 0 '5' bash -c \
  "printf '5\n# %%%% [skip]\n6;\n' >muted.smap; '$smap' -e \"\$(cat muted.smap)\""
