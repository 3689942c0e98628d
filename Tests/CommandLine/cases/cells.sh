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
cat >unfinished.smap <<'END'
let a = 1
# %% Unfinished [skip]
let b = (
} "open
nobody_defines_this + a
##   a   #=> 2
# %% Last
a   #=> 1
END
expect 'a skipped cell may hold anything: run' 0 '1' "$smap" unfinished.smap
expect 'a skipped cell may hold anything: check' 0 '' "$smap" check unfinished.smap
expect 'a skipped cell may hold anything: test' 0 '1 passed' "$smap" test unfinished.smap
expect 'a skipped cell may hold anything: import' 0 '1' "$smap" -e '(import "unfinished.smap").a'
expect 'errors after a skipped cell have their lines' 2 'bad.smap:4:5' bash -c \
  "printf '# %%%% [skip]\n((\n# %%%%\n1 + )\n' >bad.smap; '$smap' bad.smap"
expect 'a skipped cell may hold anything: fmt' 0 '' "$smap" fmt unfinished.smap
expect 'the last statement decides what is muted' 0 '5' bash -c \
  "printf '5\n# %%%% [skip]\n6;\n' >muted.smap; '$smap' -e \"\$(cat muted.smap)\""
