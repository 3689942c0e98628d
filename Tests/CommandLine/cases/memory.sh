# shellcheck shell=bash
# Memory exhaustion: shapes beyond any memory, a limited address space, failing allocations.

# Shapes
expect 'a product of sizes beyond 64 bits' 75 'larger than memory' \
  "$smap" -e 'zeros(3037000500, 3037000500)'
expect 'three sizes' 75 'larger than memory' "$smap" -e 'zeros(1e6, 1e6, 1e6)'
expect 'a negative size' 1 'cannot be negative' "$smap" -e 'zeros(2, -3)'
expect 'a negative size in reshape' 1 'ShapeError' "$smap" -e 'reshape(zeros(4), 2, -3)'
expect 'a size that is no whole number' 1 'whole numbers' "$smap" -e 'zeros(1e300)'
expect 'broadcasting beyond memory' 75 'larger than memory' "$smap" -e 'ones(1e5, 1) + ones(1, 1e7)'
expect 'expanding beyond memory' 75 'larger than memory' "$smap" -e 'zeros(2) |> expand(1e12, 2)'
expect 'a tensor beyond the budget' 75 '10.0 MB of tensors; 40.0 MB more' \
  "$smap" --max-memory 10MB -e 'zeros(1e7)'

# Address space: the result, or a message on what is missing. Never a signal, never a hang. Below 40
# MB the system cannot load the program.
work_under() { (ulimit -v "$1" && timeout 60 "$smap" --threads 2 -e "$2"); }
product='let x = ones(300, 300); sum(x @ x).item()'
for limit in 40000 60000 80000 90000 100000 110000 120000 130000; do
  output=$(work_under "$limit" "$product" 2>&1)
  code=$?
  case $code in
    0 | 75 | 127) ;;
    *) output="exit $code: $output" code=bad ;;
  esac
  expect "an address space of $limit kB" 0 'fine' \
    bash -c '[ "$0" != bad ] && echo fine || echo "$1"' "$code" "$output"
done
for limit in 160000 200000 300000 600000 1500000; do
  expect "a product in an address space of $limit kB" 0 '27000000' work_under "$limit" "$product"
done
expect 'a tensor beyond the address space' 75 'LimitError' work_under 300000 'zeros(2e8)'
expect 'and the session lives on' 0 'kept' work_under 300000 'try { zeros(2e8) } catch e { "kept" }'

# Each of the first allocations fails in turn: an error that can be caught, and everything works
# afterwards.
refusing() { env SMAP_TEST_FAIL_BLOCK="$1" "$smap" --threads 2 -e "$2"; }
script='
fn work() {
  let tok = smap.tokenizer(image_size = 16, width = 16, depth = 1, decoder_depth = 1, seed = 0)
  smap.train(tok, data.shapes(8, size = 16), steps = 1, batch_size = 8, seed = 1)
  let model = card.model(tok, width = 16, depth = 1, seed = 0)
  let tokens = card.sample(model, 3, count = 2, steps = 2, seed = 1)
  sum(smap.decode(tok, tokens)).item()
}
'
whole=$("$smap" --threads 2 -e "$script
work()")
for block in 1 2 3 5 8 13 21 34 55 89 144 233 377; do
  expect "block $block refused" 0 "$whole" refusing "$block" "$script
try { work() } catch e { assert(e.kind == \"LimitError\") }
work()"
done
expect 'a block refused, and nobody catches it' 75 'LimitError' refusing 3 "$script
work()"

# Reference cycles through library objects are found, and freed only once.
circles='
fn layer() { let r = {}; r.net = nn.sequential(fn(x) = [x, r]); r.net }
fn gradient() { let r = []; r.append(grad(fn(x) = r)); r }
fn table_of() { let r = []; r.append(table([{a: r, b: [r]}, {a: 1}])); r }
for i in range(60_000) { layer(); gradient(); table_of() }
"all"
'
expect 'circles through objects of the library' 0 'all' "$smap" --max-memory 200MB -e "$circles"
expect 'as many of them as are held' 75 'LimitError' "$smap" --max-memory 60MB -e "let kept = []
${circles/layer();/kept.append(layer());}"

# The same for functions with large intermediate arrays: a result, or a message and 75, at every
# limit.
printf 'let x = rand(2e6)\nprint(sort(x).values.shape)\n' >sorting.smap
printf 'data.save(rand(4e6), "a.npy")\nprint(data.load("a.npy").shape)\n' >array.smap
printf 'data.save([i for i in range(3e5)], "a.json")\nprint(len(data.load("a.json")))\n' >numbers.smap
printf 'image.save(rand(3, 600, 600), "a.png")\nprint(image.load("a.png").shape)\n' >picture.smap
printf 'let x = [i * 7919 %% 1000003 for i in range(3e5)]\nprint(len(sorted(x)))\n' >listing.smap
for program in sorting array numbers picture listing; do
  for limit in 100000 120000 150000 180000 220000 300000; do
    output=$( (ulimit -v "$limit" && timeout 60 "$smap" run "$program.smap") 2>&1 </dev/null)
    code=$?
    case $code in 0 | 75 | 127) code=fine ;; esac
    expect "$program.smap in an address space of $limit kB" 0 'fine' \
      bash -c '[ "$0" = fine ] && echo fine || echo "exit $0: $1"' "$code" "$output"
  done
done
