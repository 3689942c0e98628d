# shellcheck shell=bash
# A script as a process: exit codes, lines of input, sleeping.
expect 'exit' 0 'before' "$smap" -e 'print("before"); exit(); print("after")'
expect 'exit with a code' 3 '' "$smap" -e 'exit(3)'
expect 'no catch takes it' 4 '' "$smap" -e 'try { exit(4) } catch e { print(e) }'
expect 'not by its name either' 4 '' "$smap" -e 'try { exit(4) } catch e: Exit { print(e) }'
expect 'from a callback' 5 '' "$smap" -e 'map([1, 2], fn(x) { exit(5) })'
echo 'exit(6)' >ends.smap
printf 'import "ends.smap"\nprint("after")\n' >imports.smap
expect 'from a module' 6 '' "$smap" imports.smap
expect 'nothing behind it runs' 0 '' bash -c "[ -z \"\$('$smap' imports.smap)\" ]"
expect 'success is failure if output is lost' 74 'No space' bash -c "'$smap' -e 'print(1); exit(0)' >/dev/full"
expect 'a failure stays' 9 '' bash -c "'$smap' -e 'print(1); exit(9)' >/dev/full"
expect 'it leaves the prompt' 7 '' bash -c "printf 'exit(7)\nprint(1)\n' | '$smap'"
expect 'and standard input' 7 '' bash -c "printf 'exit(7)\nprint(1)\n' | '$smap' -"
expect 'in a sandbox' 6 '' "$smap" --sandbox . ends.smap
printf 'while true {\n  let line = input("> ")\n  if line == nil { exit(2) }\n  print("[{line}]")\n}\n' >reads.smap
expect 'lines' 2 $'> [a]\n> []\n> [b]\n> ' bash -c "printf 'a\n\nb' | '$smap' reads.smap"
expect 'lines of DOS' 2 '[a]' bash -c "printf 'a\r\n' | '$smap' reads.smap"
expect 'no lines' 2 '> ' "$smap" reads.smap
expect 'closed' 2 '> ' bash -c "'$smap' reads.smap <&-"
mkdir -p folder
expect 'a folder has no lines' 66 'Is a directory' bash -c "'$smap' reads.smap <folder"
expect 'the program was the input' 0 'nil' bash -c "echo 'print(input())' | '$smap' -"
expect 'lines between statements' 0 '"Ada"' bash -c "printf 'let x = input(\"name \")\nAda\nx\n' | '$smap'"
expect 'the prompt is there before the wait' 0 'name? ' timeout 60 bash -c \
  "mkfifo pipe; ('$smap' -e 'input(\"name? \")' <pipe >asked &) ; exec 3>pipe; until [ -s asked ]; do sleep 0.05; done; cat asked; echo >&3"
# Opened for reading and writing, a pipe without writers neither gives a line nor ends.
mkfifo never
expect 'interrupted while reading' 130 'interrupted' timeout --preserve-status -s INT 1 bash -c "exec '$smap' -e 'input()' <>never"
expect 'interrupted while waiting' 130 'interrupted' timeout --preserve-status -s INT 1 "$smap" -e 'sleep(30)'
expect 'reading counts as time' 75 'seconds at a time' bash -c "'$smap' --max-seconds 0.2 -e 'input()' <>never"
expect 'output comes before a wait' 0 'waiting' timeout 60 bash -c \
  "('$smap' -e 'print(\"waiting\"); sleep(30)' >waits & echo \$! >id); until [ -s waits ]; do sleep 0.05; done; cat waits; kill \$(cat id)"
expect 'lines at the prompt of a terminal' 0 $'"Ada"\nlost? \ninterrupted\nend? \nsmap>\ntrue\nexit code 4' \
  python3 "$root/Tests/CommandLine/prompt_input.py" "$smap"
