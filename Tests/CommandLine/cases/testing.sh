# shellcheck shell=bash
# `smap test`: what it runs, what it says, what it rewrites.
expect 'all scripts and transcripts hold' 0 ' passed, 0 failed' "$smap" test "$root/Tests/Conformance"
expect 'all examples hold' 0 ' passed, 0 failed' "$smap" test --builtins
printf 'let x = 1\nx + 1   #=> 3   \n[1][5] #! IndexError\n' >wrong.smap
expect 'a failure names its line' 1 'wrong.smap:2:' "$smap" test wrong.smap
expect 'a failure shows both' 1 'found:    2' "$smap" test wrong.smap
expect 'the summary is last' 1 '1 passed, 1 failed' "$smap" test wrong.smap
expect 'as JSON' 1 '"failures":[{"path":"wrong.smap","line":2,"expected":["#=> 3"],"found":["2"]}]' \
  "$smap" test --json wrong.smap
expect 'rewriting' 0 'updated wrong.smap' "$smap" test --update wrong.smap
expect 'rewritten' 0 'x + 1   #=> 2' cat wrong.smap
expect 'nothing left to rewrite' 0 '2 passed, 0 failed' "$smap" test wrong.smap
printf '# T\n\n```smap\nlet y = 2\n```\n\n```smap\ny * y   #=> 4\n```\n' >doc.md
expect 'documents' 0 '1 passed, 0 failed' "$smap" test doc.md
mkdir -p folder/inner && echo '1   #=> 1' >folder/inner/a.smap
echo 'error("not a test")' >folder/plain.smap
expect 'folders' 0 '1 passed, 0 failed' "$smap" test folder
expect 'a named file is run whatever it holds' 1 'not a test' "$smap" test folder/plain.smap
mkdir -p tools && expect 'nothing to run' 66 'holds expectations' "$smap" test tools
expect 'a missing file' 66 'nosuch.smap' "$smap" test nosuch.smap
printf '#: --max-steps 100\nwhile true { }   #! LimitError: 100 steps\n' >limits.smap
expect 'options in the file' 0 '1 passed, 0 failed' "$smap" test limits.smap
printf '#: --nonsense\n1   #=> 1\n' >nonsense.smap
expect 'unknown options in the file' 1 '--nonsense' "$smap" test nonsense.smap
printf '#:\ndata.save([1], "made.npy")\ndata.load("made.npy")   #=> tensor([1])\n' >files.smap
expect 'files go to a scratch folder' 0 '1 passed, 0 failed' "$smap" test files.smap
expect 'and not here' 2 'made.npy' ls made.npy
printf 'smap> 1 + 1\n2\nsmap> [1,\nsmap> 2]\n[1, 2]\n' >prompt.txt
expect 'transcripts' 1 'the prompt   ... ' "$smap" test prompt.txt
expect 'transcripts are rewritten' 0 'updated' "$smap" test --update prompt.txt
expect 'rewritten transcripts hold' 0 '3 passed, 0 failed' "$smap" test prompt.txt
echo 'no prompt' >text.txt
expect 'a text that is no transcript' 65 'no transcript' "$smap" test text.txt
# Scratch folders and answers are where TMPDIR says.
printf 'smap> 1 + 1\n2\n' >two.txt
expect 'a TMPDIR that is not there' 66 'nowhere' env TMPDIR=/nowhere "$smap" test two.txt
mkdir -p scratch
expect 'a TMPDIR' 0 '1 passed, 0 failed' env TMPDIR="$PWD/scratch" "$smap" test two.txt
