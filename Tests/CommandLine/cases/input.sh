# shellcheck shell=bash
# Programs from standard input, and inputs that are none.
expect 'values of a pipe' 0 '2' bash -c "echo '1 + 1' | '$smap'"
expect 'values of standard input' 0 '2' bash -c "echo '1 + 1' | '$smap' -"
printf '1 + 1\nlet a = [1, 2]\na\n5;\nfn f(x) {\n  x * 2\n}\nf(21)\nprint("p")\nnil\n"s"\n' >lines.smap
expect 'both show the same' 0 'alike' bash -c \
  "cmp <('$smap' <lines.smap) <('$smap' - <lines.smap) && [ \$('$smap' <lines.smap | wc -l) = 5 ] && echo alike"
expect 'a file shows what it prints' 0 'p1' bash -c "'$smap' lines.smap | tr '\n' 1"
expect 'where standard input stands' 0 '5' bash -c "printf 'skipped\n2 + 3\n' >skip; { read -r line; '$smap' -; } <skip"
expect 'errors of standard input' 1 'stdin:2:1' bash -c "printf '1\nnothing_is_so\n2\n' | '$smap' -"
mkdir -p folder
for command in '' - repl 'check -' 'fmt -' 'dump -'; do
  expect "a folder as input: $command" 66 'Is a directory' bash -c "'$smap' $command <folder"
  expect "input that cannot be read: $command" 74 'cannot read' bash -c "'$smap' $command 0>other"
  : >empty
  expect "empty input: $command" 0 '' bash -c "'$smap' $command <empty"
  expect "closed input: $command" 0 '' bash -c "'$smap' $command <&-"
done
expect 'a folder for the language server' 66 '' bash -c "'$smap' lsp <folder"
printf '\377\376x\200 noise \240\n' >noise.smap
printf '\377\376x\0\200 noise \240\n' >binary.smap
for command in '' check fmt dump; do
  expect "a folder: $command" 66 'a folder, not a file' bash -c "'$smap' $command folder"
  expect "nothing there: $command" 66 'No such file' bash -c "'$smap' $command missing.smap"
  expect "noise: $command" 2 'UTF-8' bash -c "'$smap' $command noise.smap"
  expect "binary: $command" 65 'binary file, not a script' bash -c "'$smap' $command binary.smap"
done
# Names that are not UTF-8.
name=$'caf\xe9.smap'
echo 'print(sys.args())' >"$name"
expect 'run a name of bytes' 0 '["a"]' "$smap" "$name" a
echo 'print(  1)' >"$name"
expect 'check it' 0 '' "$smap" check "$name"
expect 'lay it out' 0 '' "$smap" fmt "$name"
expect 'laid out in place' 0 'print(1)' cat "$name"
expect 'look at it' 0 'print' "$smap" dump "$name"
echo '1 + 1   #=> 2' >"$name"
expect 'test it' 0 '1 passed' "$smap" test "$name"
echo 'foo(' >"$name"
expect 'its errors name it' 2 'caf\xE9.smap:1:5' "$smap" "$name"
expect 'so does check' 2 'caf\xE9.smap:1:5' "$smap" check "$name"
expect 'JSON stays JSON' 0 'caf\xE9.smap' bash -c \
  "'$smap' check --json '$name' | python3 -c 'import json, sys; print(json.load(sys.stdin)[\"file\"])'"
expect 'errors as JSON' 0 'caf\xE9.smap' bash -c \
  "'$smap' run --json '$name' 2>&1 | python3 -c 'import json, sys; print(json.load(sys.stdin)[\"file\"])'"
expect 'a missing one' 66 'nix\xE9.smap' "$smap" $'nix\xe9.smap'
cat >bytes.smap <<'END'
let folder = sys.args()[0]
print(folder)
data.save([1, 2], "{folder}/deep/values.json")
print(data.load("{folder}/deep/values.json"))
image.save(zeros(3, 4, 4), "{folder}/p.png")
print(image.load("{folder}/p.png").shape)
END
expect 'a script writes and reads there' 0 '[1, 3, 4, 4]' "$smap" bytes.smap $'d\xff'
expect 'and prints the bytes' 0 'same' bash -c "[ \"\$('$smap' bytes.smap \$'d\xff' | head -1)\" = \$'d\xff' ] && echo same"
expect 'the folder has those bytes' 0 '[1,2]' bash -c "tr -d ' ' <\$'d\xff/deep/values.json'"
echo 'let x = 3' >$'d\xff/part.smap'
echo 'print((import "part.smap").x)' >$'d\xff/user.smap'
expect 'imports beside it' 0 '3' "$smap" $'d\xff/user.smap'
expect 'a sandbox there' 0 '[1, 2]' "$smap" --sandbox $'d\xff' bytes.smap $'d\xff'
