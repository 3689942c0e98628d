# shellcheck shell=bash
# Files that are not what they should be: exit 65, with the file named.
"$smap" -e 'smap.save(smap.tokenizer(image_size = 8, patch_size = 4, width = 8, heads = 2, depth = 1, decoder_depth = 1, num_classes = 2, pixel_channels = 24, seed = 1), "sound.safetensors")'
forge() { sed "s/\"$2\":\"[^\"]*\"/\"$2\":\"$3\"/" sound.safetensors >"$1.safetensors"; }
forge channels pixel_channels 99
forge heads heads 3
forge keep min_keep 0
forge version format_version 9
for name in channels heads keep version; do
  expect "forged metadata: $name" 65 "$name.safetensors" "$smap" -e "smap.load(\"$name.safetensors\")"
done
expect 'a newer format says who wrote it' 65 'reads formats up to' "$smap" -e 'smap.load("version.safetensors")'
expect 'a sound file' 0 'tokenizer' "$smap" -e 'smap.load("sound.safetensors")'
