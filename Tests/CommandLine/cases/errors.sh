# shellcheck shell=bash
# Bad input: a clear message, the right code.
expect 'missing script' 66 'nosuch.smap' "$smap" nosuch.smap
expect 'a folder as script' 66 'directory' "$smap" "$work"
printf 'let a = "\377\376"\n' >broken.smap
expect 'corrupt script' 2 'broken.smap:1' "$smap" broken.smap
expect 'syntax error' 2 '-e:1:' "$smap" -e 'let = 3'
expect 'unfinished script' 2 'not closed' "$smap" -e 'foo(1'
expect 'unknown name' 1 'did you mean `lerning`' "$smap" -e 'let lerning = 1
learning'
expect 'unknown argument' 1 'the dimension is called `dim`' "$smap" -e 'softmax([1, 2], axis = 0)'
expect 'shape mismatch' 1 'ShapeError' "$smap" -e 'zeros(2, 3) @ zeros(4, 5)'
expect 'usage' 64 'threads' "$smap" --threads 0 -e '1'
expect 'unknown option' 64 'Unknown option' "$smap" --nosuch
expect 'missing picture' 66 'nosuch.png' "$smap" -e 'image.load("nosuch.png")'
head -c 200 "$root/docs/images/ladder.png" >short.png 2>/dev/null || printf '\211PNG\r\n' >short.png
expect 'truncated picture' 65 'short.png' "$smap" -e 'image.load("short.png")'
echo 'not a checkpoint at all' >junk.safetensors
expect 'corrupt checkpoint' 65 'junk.safetensors' "$smap" -e 'smap.load("./junk.safetensors")'
head -c 1000 "$root/Examples/Models/emoji-kl.safetensors" >cut.safetensors
expect 'truncated checkpoint' 65 'cut.safetensors' "$smap" -e 'smap.load("./cut.safetensors")'
expect 'another kind of checkpoint' 65 'smap.load' "$smap" -e 'card.load("emoji-kl")'
expect 'missing module' 66 'nosuch.smap' "$smap" -e 'import "nosuch.smap"'
expect 'missing model' 66 'nosuch' "$smap" -e 'smap.load("nosuch")'
tokens='let tok = smap.load("emoji-kl")
let t = smap.encode(tok, zeros(1, 3, 32, 32))
'
expect 'no tokens' 1 'ValueError' "$smap" -e "${tokens}smap.decode(tok, t[:0])"
expect 'too many tokens' 1 'ValueError' "$smap" -e 'card.sample(card.load("emoji-card"), 0, keep = 17)'
expect 'zero tokens sampled' 1 'ValueError' "$smap" -e 'card.sample(card.load("emoji-card"), 0, keep = 0)'
expect 'unknown class' 1 'did you mean "face"' "$smap" -e "${tokens}smap.decode(tok, t, label = \"fase\")"
expect 'class out of range' 1 '0 to 21' "$smap" -e "${tokens}smap.decode(tok, t, label = 22)"
expect 'deep recursion' 75 'LimitError' "$smap" -e 'fn f(n) = f(n + 1) + 1
f(0)'
expect 'step limit' 75 'LimitError' "$smap" --max-steps 1000 -e 'while true { }'
expect 'time limit' 75 'LimitError' "$smap" --max-seconds 0.2 -e 'while true { }'
expect 'memory limit' 75 'LimitError' "$smap" --max-memory 10MB -e 'zeros(10000, 1000)'
expect 'impossible shape' 75 'LimitError' "$smap" -e 'zeros(1e9, 1e9)'
expect 'interrupt' 130 'interrupted' timeout --foreground --preserve-status -s INT 1 "$smap" -e 'while true { }'
expect 'strict randomness' 1 'seed' "$smap" --strict-random -e 'randn(2)'
