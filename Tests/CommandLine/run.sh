#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tests the binary as a user meets it: exit codes, messages, examples, documents, installation.
# usage: Tests/CommandLine/run.sh BINARY
set -u
smap=$(realpath "${1:?usage: run.sh BINARY}")
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
passed=0
failed=0

# expect NAME CODE WORDS COMMAND...: the exit code, and words in what the command writes.
expect() {
  local name=$1 code=$2 words=$3 output got
  shift 3
  output=$("$@" 2>&1 </dev/null)
  got=$?
  if [ "$got" -eq "$code" ] && [[ "$output" == *"$words"* ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED %s: exit %s (wanted %s), wanted the words "%s" in:\n%s\n' \
      "$name" "$got" "$code" "$words" "$output" | head -20
  fi
}

# The happy ways in.
expect 'a line' 0 '3' "$smap" -e '1 + 2'
expect 'a muted line' 0 '' "$smap" -e '1 + 2;'
echo 'print(sys.args())' >args.smap
expect 'arguments' 0 '["a", "b"]' "$smap" args.smap -- a b
expect 'standard input' 0 '42' bash -c "echo 'print(6 * 7)' | '$smap' -"
expect 'prompt without terminal' 0 '42' bash -c "echo '6 * 7' | '$smap'"
expect 'version' 0 'smap' "$smap" --version
expect 'help' 0 'opens the prompt' "$smap" --help
expect 'help of a function' 0 'Turns pictures into their tokens' "$smap" -e 'help("smap.encode")'

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
expect 'zero tokens drawn' 1 'ValueError' "$smap" -e 'card.sample(card.load("emoji-card"), 0, keep = 0)'
expect 'unknown class' 1 'did you mean "face"' "$smap" -e "${tokens}smap.decode(tok, t, label = \"fase\")"
expect 'class out of range' 1 '0 to 21' "$smap" -e "${tokens}smap.decode(tok, t, label = 22)"
expect 'deep recursion' 75 'LimitError' "$smap" -e 'fn f(n) = f(n + 1) + 1
f(0)'
expect 'step limit' 75 'LimitError' "$smap" --max-steps 1000 -e 'while true { }'
expect 'time limit' 75 'LimitError' "$smap" --max-seconds 0.2 -e 'while true { }'
expect 'memory limit' 75 'LimitError' "$smap" --max-memory 10MB -e 'zeros(10000, 1000)'
expect 'impossible shape' 75 'LimitError' "$smap" -e 'zeros(1e9, 1e9)'
expect 'interrupt' 130 'interrupted' timeout --preserve-status -s INT 1 "$smap" -e 'while true { }'
expect 'strict randomness' 1 'seed' "$smap" --strict-random -e 'randn(2)'

# Output that cannot be written.
expect 'full output' 74 'cannot write' bash -c "'$smap' -e '1' >/dev/full"
expect 'closed output' 74 '' bash -c "'$smap' -e '1' >&-"
expect 'closed pipe' 141 '' bash -c "set -o pipefail; '$smap' -e 'for i in range(200000) { print(i) }' | head -1 >/dev/null; exit \${PIPESTATUS[0]}"

# Saving on a full disk: the old file stays, and nothing else is left behind.
mkdir disk
"$smap" -e 'smap.save(smap.load("emoji-kl"), "disk/tok.safetensors", precision = "f16")'
before=$(sha256sum <disk/tok.safetensors)
expect 'full disk while saving' 74 'tok.safetensors' bash -c \
  "ulimit -f 1000; '$smap' -e 'smap.save(smap.load(\"emoji-kl\"), \"disk/tok.safetensors\")'"
expect 'the old file stays' 0 "$before" bash -c 'sha256sum <disk/tok.safetensors'
expect 'no temporary is left' 0 'tok.safetensors' bash -c '[ "$(ls -A disk)" = tok.safetensors ] && ls disk'

# The same bits on one thread and on two.
draw='let t = card.sample(card.load("emoji-card"), "face", count = 12, steps = 2, seed = 3)
print(sum(t.latents ** 2).item())'
one=$("$smap" --threads 1 -e "$draw")
expect 'threads do not change results' 0 "$one" "$smap" --threads 2 -e "$draw"

# Examples, from another folder; what they write stays here.
for example in quickstart regression tail_drop prefix_ladder card_guidance tour; do
  expect "example $example" 0 '' "$smap" "$root/Examples/$example.smap"
done
for picture in ladder classes new_emoji; do
  expect "the tour's $picture.png" 0 'image(' "$smap" -e "image.show(image.load(\"out/tour/$picture.png\"))"
done
expect 'training a tokenizer' 0 'written to' "$smap" "$root/Examples/train_tokenizer.smap" -- kl 3
expect 'training a vq tokenizer' 0 'of the codes' "$smap" "$root/Examples/train_tokenizer.smap" -- vq 3
expect 'training a generator' 0 'written to' "$smap" "$root/Examples/train_card.smap" -- 3

# Every smap snippet of the documents runs, each document as one session.
for document in README.md docs/Guide.md; do
  [ -f "$root/$document" ] || continue
  awk '/^```smap/ {on = 1; next} /^```/ {on = 0} on' "$root/$document" >snippets.smap
  expect "snippets of $document" 0 '' "$smap" snippets.smap
done

# Installation: binary, data and models are found wherever they were put.
prefix="$work/prefix"
install -d "$prefix/bin" "$prefix/share/smap"
install -m 755 "$smap" "$prefix/bin/smap"
cp -R "$root/Examples" "$prefix/share/smap/"
expect 'installed' 0 '308' "$prefix/bin/smap" -e 'len(data.emoji32("val").labels)'
expect 'installed model' 0 'tokenizer(' env -u SMAP_HOME "$prefix/bin/smap" -e 'smap.load("emoji-vq")'

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
