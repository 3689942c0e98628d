# shellcheck shell=bash
# Files with invalid content: exit 65, with the file named.
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

# Files of another kind instead of a script: one message with its label, not a syntax error at each
# byte.
"$smap" -e 'image.save(zeros(3, 2, 2), "p.png")'
mkdir -p mixed && cp p.png mixed/picture.smap && printf '1 + 1   #=> 2\n' >mixed/good.smap
for file in p.png sound.safetensors; do
  for command in run check fmt test; do
    expect "smap $command $file" 65 "'$file' is a binary file, not a script" "$smap" "$command" "$file"
    expect "one message of smap $command $file" 0 "errors: 1, lines: 2" bash -c \
      '"$0" "$1" "$2" >said.txt 2>&1 </dev/null; echo "errors: $(grep -c binary said.txt), lines: $(grep -c . said.txt)"' "$smap" "$command" "$file"
  done
done
cp p.png module.smap
expect 'a binary module' 65 'is a binary file, not a script' "$smap" -e 'import "module.smap"'
expect 'a binary file among tests' 0 '1' "$smap" test mixed
printf 'print("\303\244")\n\0print(2)' >hole.smap
expect 'a text with a NUL is a text' 2 'NUL character' "$smap" hole.smap

# Models that are none
expect 'a picture is no model' 65 'it is not a .safetensors file' "$smap" -e 'smap.load("p.png")'
: >empty.png; : >empty.safetensors
expect 'an empty picture' 65 "the file 'empty.png' is empty" "$smap" -e 'image.load("empty.png")'
expect 'no hint to convert it' 0 'none' bash -c '"$0" -e "image.load(\"empty.png\")" 2>&1 | grep -q convert || echo none' "$smap"
expect 'an empty model' 65 'the file is empty' "$smap" -e 'smap.load("empty.safetensors")'
expect 'a near name' 66 'did you mean "emoji-kl"?' "$smap" -e 'smap.load("emojikl")'
expect 'a generator is no tokenizer' 65 'this holds a generator, not a tokenizer' "$smap" -e 'smap.load("emoji-card")'
expect 'how to open a generator' 65 'card.load' "$smap" -e 'smap.load("emoji-card")'
expect 'a folder that is a file' 65 'data.load_images reads' "$smap" -e 'data.folder("p.png")'
expect 'a training is no model' 65 'train it with resume = "run.safetensors"' "$smap" -e 'let d = data.shapes(8, size = 16)
let t = smap.tokenizer(image_size = 16, width = 16, num_tokens = 2, depth = 1, decoder_depth = 1, heads = 2,
  num_classes = len(d.classes), linear_path = false)
smap.train(t, d, steps = 1, checkpoint = "run.safetensors", seed = 1)
smap.load("run.safetensors")'
expect 'how to open a tokenizer' 65 'smap.load' "$smap" -e 'card.load("sound.safetensors")'

# Empty paths
for code in 'smap.save(smap.load("sound.safetensors"), "")' 'data.save([1], "")' 'image.save(zeros(3, 2, 2), "")' \
  'data.load("")' 'image.load("")' 'smap.load("")' 'data.folder("")'; do
  expect "an empty path in $code" 0 'the path is empty' bash -c '"$0" -e "$1" 2>&1; true' "$smap" "$code"
done
