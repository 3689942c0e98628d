# shellcheck shell=bash
# The same bits on one thread and on two.
draw='let t = card.sample(card.load("emoji-card"), "face", count = 12, steps = 2, seed = 3)
print(sum(t.latents ** 2).item())'
one=$("$smap" --threads 1 -e "$draw")
expect 'threads do not change results' 0 "$one" "$smap" --threads 2 -e "$draw"
