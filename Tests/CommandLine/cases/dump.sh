# shellcheck shell=bash
# `smap dump`: the stages of a script.
printf 'let x = 1\nfn f(y) = x + y\nprint("{f(2)}")\n' >stages.smap
printf 'let x = = 1\n' >wrong.smap
printf 'let x = 1\nbreak\n' >outside.smap
expect 'tokens have places' 0 '1:5     <name> x' "$smap" dump --tokens stages.smap
expect 'holes of strings are tokens' 0 '<string head> "{' "$smap" dump --tokens stages.smap
expect 'a tree' 0 '(fn f (y) (+ x y))' "$smap" dump --tree stages.smap
expect 'names and what they mean' 0 '2:15 y local' "$smap" dump --slots stages.smap
expect 'code has constants' 0 'f(y)  [' "$smap" dump --code stages.smap
expect 'several stages have headings' 0 '# slots' "$smap" dump --tree --slots stages.smap
expect 'all stages unless asked' 0 '# code' "$smap" dump stages.smap
expect 'one stage has no heading' 0 $'(let x 1)\n(fn' "$smap" dump --tree stages.smap
printf 'data.save("loud", "loud.txt")\n' >loud.smap
nothing_runs() { "$smap" dump loud.smap && [ ! -e loud.txt ]; }
expect 'nothing is run' 0 'data' nothing_runs
expect 'a long script' 0 'defineGlobal' "$smap" dump --code "$root/Examples/tour.smap"
from_input() { printf 'let y = 2\n' | "$smap" dump --tree -; }
expect 'standard input' 0 '(let y 2)' from_input
expect 'a syntax error' 2 'wrong.smap:1:9' "$smap" dump --tree wrong.smap
expect 'tokens of a wrong script' 0 '1:9     =' "$smap" dump --tokens wrong.smap
expect 'a break outside a loop' 2 'outside.smap:2' "$smap" dump --code outside.smap
expect 'a script that is not there' 66 'nosuch.smap' "$smap" dump nosuch.smap
expect 'no script' 64 'file' "$smap" dump --code
