# shellcheck shell=bash
# Output that cannot be written ends the program with 74, at the first write that fails.
expect 'full output' 74 'cannot write' bash -c "'$smap' -e '1' >/dev/full"
expect 'closed output' 74 'cannot write' bash -c "'$smap' -e '1' >&-"
expect 'closed pipe' 141 '' bash -c "set -o pipefail; '$smap' -e 'for i in range(200000) { print(i) }' | head -1 >/dev/null; exit \${PIPESTATUS[0]}"
# Every command, writing to a full disk, to a closed descriptor and to a pipe without a reader while
# SIGPIPE is ignored. The endless ones only end if the first failure ends them.
echo 'print(1)' >one.smap
echo '1 + 1   #=> 2' >ok.smap
printf 'let x=1\nprint( x )\n' >loose.smap
echo 'foo(' >wrong.smap
echo 'while true { try { print(1) } catch e { } }' >endless.smap
echo 'while true { show([1, 2]) }' >shows.smap
writers=(--help --version 'help run' 'run --help' docs '-e 1' one.smap endless.smap shows.smap
  "-e 'while true { print(1) }'" '- <one.smap' '<one.smap' 'repl <one.smap' '- <endless.smap'
  '<endless.smap' 'check --rules' 'check wrong.smap' 'fmt --check loose.smap' 'fmt - <loose.smap'
  'dump one.smap' 'test ok.smap' 'test --json ok.smap' '--generate-completion-script bash')
for command in "${writers[@]}"; do
  expect "full disk: $command" 74 'No space left' timeout 60 bash -c "'$smap' $command >/dev/full"
  expect "no output: $command" 74 'Bad file' timeout 60 bash -c "'$smap' $command >&-"
  expect "gone reader: $command" 0 '74' timeout 60 bash -c \
    "trap '' PIPE; exec 3> >(true); wait \$!; { '$smap' $command; echo \$? >code; } >&3 2>errors; cat code errors"
  expect "gone reader is named: $command" 0 'Broken pipe' cat errors
done
expect 'the failed statement is shown' 74 'endless.smap:1:20' bash -c "'$smap' endless.smap >/dev/full"
# A file must not get the number of a closed descriptor and be written or read in its place.
expect 'closed input is empty' 0 '' bash -c "'$smap' <&-"
expect 'closed input of a script' 0 '' bash -c "'$smap' - <&-"
expect 'all closed' 74 '' bash -c "'$smap' -e 'data.save([1], \"kept.json\"); 1' <&- >&- 2>&-"
expect 'what was saved is whole' 0 '[1]' cat kept.json
expect 'closed errors' 1 '' bash -c "'$smap' -e 'nothing_is_so' 2>&-"
expect 'errors are not output' 0 '' bash -c "'$smap' -e 'nothing_is_so' 2>&- >text; cat text"
# Slow readers: a non-blocking pipe receives everything in the end.
expect 'output that does not block' 0 '588895' python3 -c "
import fcntl, os, subprocess, time
ours, theirs = os.pipe()
fcntl.fcntl(theirs, fcntl.F_SETFL, os.O_NONBLOCK)
child = subprocess.Popen(['$smap', '-e', 'for i in range(100_000) { print(i) }'], stdout=theirs)
os.close(theirs)
time.sleep(0.5)
print(sum(map(len, iter(lambda: os.read(ours, 1 << 16), b''))) + 5)
assert child.wait() == 0"
# Half-blocks cannot be read: the frames of a ladder are told in words as well.
expect 'a ladder in half-blocks says its PSNR' 0 'tokens = 4: PSNR ' "$smap" --images=blocks --color=always -e '
let tok = smap.tokenizer(image_size = 16, num_tokens = 4, width = 16, heads = 2, depth = 1, decoder_depth = 1, seed = 1)
show(live.ladder(tok, zeros(1, 3, 16, 16)))'
expect 'another control its values' 0 'n: 0, 0.5' "$smap" --images=blocks --color=always -e \
  'show(slider("n", [0, 0.5], fn(v) = v * ones(1, 3, 8, 8)))'
