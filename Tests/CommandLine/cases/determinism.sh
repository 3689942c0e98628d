# shellcheck shell=bash
# The same bits on one, two and four threads, and in every run: after training and when sampling.
sample='let t = card.sample(card.load("emoji-card"), "face", count = 12, steps = 2, seed = 3)
print(sum(t.latents ** 2).item())'
one=$("$smap" --threads 1 -e "$sample")
expect 'threads do not change results' 0 "$one" "$smap" --threads 2 -e "$sample"

cat >train.smap <<'SMAP'
# Trains a small tokenizer for fifty steps and its generator for twenty, samples eight pictures.
let set = data.shapes(64, size = 16)
for {name, kind, precision} in [{name: "kl", kind: "kl", precision: "f32"},
  {name: "vq", kind: "vq", precision: "f32"}, {name: "rounded", kind: "kl", precision: "bf16"}] {
  let tok = smap.tokenizer(image_size = 16, patch_size = 4, num_tokens = 8, token_dim = 5,
    width = 32, depth = 2, decoder_depth = 2, pixel_channels = 8, num_classes = set.classes |> len(),
    quantizer = kind, codebook_size = if kind == "vq" { 64 } else { 1024 }, seed = 1)
  smap.train(tok, set, steps = 50, batch_size = 32, precision = precision, seed = 2)
  smap.save(tok, "{name}.safetensors")
  data.save(smap.decode(tok, smap.encode(tok, set.images[:8])[:3]), "{name}.npy")
  if name == "kl" {
    let model = card.model(tok, width = 32, depth = 2, head_width = 32, head_depth = 2, seed = 3)
    card.train(model, set, steps = 20, batch_size = 16, seed = 4)
    card.save(model, "card.safetensors")
    data.save(smap.decode(tok, card.sample(model, 1, count = 8, guidance_scale = 2, seed = 5)),
      "drawn.npy")
  }
}
SMAP
# trained THREADS: trains in a folder of its own and prints the hash of all files written.
trained() {
  rm -rf run && mkdir run && cd run || return
  "$smap" run ../train.smap --threads "$1" >/dev/null && cat ./*.safetensors ./*.npy | sha256sum
  cd ..
}
first=$(trained 2)
expect 'training writes its files' 0 '8' bash -c 'ls run | wc -l'
for threads in 1 2 2 4; do
  expect "the same weights and pictures again, on $threads threads" 0 "$first" trained "$threads"
done
# Environment variables for other libraries change nothing either.
for setting in OPENBLAS_NUM_THREADS=0 OPENBLAS_NUM_THREADS=-1 OPENBLAS_NUM_THREADS=abc \
  OPENBLAS_NUM_THREADS=9999 OMP_NUM_THREADS=0 OMP_NUM_THREADS=9999 OMP_NUM_THREADS=abc; do
  expect "the same bits with $setting" 0 "$one" env "$setting" "$smap" --threads 2 -e "$sample"
done
for count in '' 2 256; do
  expect "the same bits with SMAP_NUM_THREADS=$count" 0 "$one" \
    env SMAP_NUM_THREADS="$count" "$smap" -e "$sample"
done
for count in 0 -1 abc 257 99999999999999999999 ' 2' 1.5; do
  expect "SMAP_NUM_THREADS=$count" 64 "from 1 to 256, not '$count'" \
    env SMAP_NUM_THREADS="$count" "$smap" -e 1
done
expect 'an option counts more than the environment' 0 '2' \
  env SMAP_NUM_THREADS=abc "$smap" --threads 2 -e 'sys.threads()'
for count in 0 -1 abc 257 9999 1.5 ''; do
  expect "--threads $count" 64 'threads' "$smap" --threads "$count" -e 1
done
expect 'the same bits with many threads' 0 "$one" "$smap" --threads 256 -e "$sample"
