# shellcheck shell=bash
# Saving on a full disk: the old file is unchanged, and nothing else is left behind.
mkdir disk
"$smap" -e 'smap.save(smap.load("emoji-kl"), "disk/tok.safetensors", precision = "f16")'
before=$(sha256sum <disk/tok.safetensors)
expect 'full disk while saving' 74 'tok.safetensors' bash -c \
  "ulimit -f 1000; '$smap' -e 'smap.save(smap.load(\"emoji-kl\"), \"disk/tok.safetensors\")'"
expect 'the old file stays' 0 "$before" bash -c 'sha256sum <disk/tok.safetensors'
expect 'no temporary is left' 0 'tok.safetensors' bash -c '[ "$(ls -A disk)" = tok.safetensors ] && ls disk'
