# shellcheck shell=bash
# Limits: each ends with 75 and names the limit, in loops, in calls and inside built-ins.

# limited NAME WORDS OPTIONS CODE
limited() { expect "limit: $1" 75 "$2" "$smap" "${@:3:$#-3}" -e "${*: -1}"; }

# Memory of lists, records, strings and closures counts like that of tensors.
for code in \
  'let xs = [1]; while true { xs = [...xs, ...xs] }' \
  'let xs = []; while true { xs.append(1) }' \
  'let xs = []; while true { xs.append([...range(1000)]) }' \
  'let s = "a"; while true { s = "{s}{s}" }' \
  'let xs = []; let s = "0123456789"; while true { s = "{s}0123456789"; xs.append(s) }' \
  'let xs = nil; while true { xs = {a: xs} }' \
  'let r = {}; let i = 0; while true { r["k{i}"] = i; i += 1 }' \
  'let xs = []; while true { xs.append(zeros(10)) }' \
  'let xs = nil; while true { let y = xs; xs = fn() = y }' \
  'let xs = [x for x in range(1e12)]' \
  '[...range(6e7)]' 'map(range(6e7), fn(x) = x)' 'zip(range(3e7), range(3e7))' \
  'let s = "ab"; while true { s = s.replace("a", "ab") ; s = ",".join([s, s]) }' \
  'let xs = [1]; while true { xs = map(xs, fn(x) = [x]); xs = [...xs, ...xs] }'; do
  limited "memory in $code" 'memory' --max-memory 100MB "$code"
done
limited 'memory of tensors' 'tensors' --max-memory 10MB 'zeros(10000, 1000)'
limited 'memory of tensors held together' '' --max-memory 10MB 'let xs = []; while true { xs.append(zeros(1000)) }'
limited 'many parts of a tensor without elements' 'memory' --max-memory 100MB 'chunk(zeros(5e7, 0), 5e7)'
limited 'many parts of one element' 'memory' --max-memory 100MB 'unbind(zeros(500000))'
limited 'a list too long for any memory' 'too long' '[...range(1e12)]'
head -c 20000000 /dev/zero >large.npy
limited 'a file larger than the memory' 'it holds 20.0 MB; --max-memory permits 10.0 MB' --max-memory 10MB 'data.load("large.npy")'
expect 'limit: a script larger than the memory' 75 'it holds 20.0 MB; --max-memory permits 10.0 MB' \
  "$smap" --max-memory 10MB large.npy
"$smap" -e 'data.save({a: zeros(1e7)}, "large.npz")'
limited 'an archive larger than the memory' 'that memory has room for' --max-memory 60MB 'data.load("large.npz")'
rm -f large.npz
# As floats the 3,068 letters would take 37.7 MB: training and validation convert a few at a time.
expect 'limit: a data set of bytes trains in little memory' 0 '1' "$smap" --max-memory 25MB -e '
let letters = data.letters32("val")
let tok = smap.tokenizer(image_size = 32, patch_size = 16, num_tokens = 2, token_dim = 2,
  width = 16, depth = 1, decoder_depth = 1, num_classes = 26, linear_path = false, seed = 1)
len(smap.train(tok, letters, steps = 1, batch_size = 8, seed = 1, validation = letters).loss)'
expect 'limit: memory is free again after an error' 0 'fine' "$smap" --max-memory 100MB -e '
for i in range(5) {
  try { let xs = [1]; while true { xs = [...xs, ...xs] } } catch e { assert(e.kind == "LimitError") }
}
"fine"'

# Steps and seconds
for code in 'while true { }' 'for i in range(1e15) { }' 'fn f(n) = if n > 0 { f(n - 1) } else { 0 }
while true { f(100) }' 'map(range(1e6), fn(x) = x)' 'filter(range(1e6), fn(x) = true)' \
  'fold(range(1e6), 0, fn(a, x) = a + x)' 'sorted(range(1e6), key = fn(x) = -x)' \
  '[x for x in range(1e15)]' 'while true { try { error("x") } catch e { } }' \
  '[...range(5e7)]' 'let s = "ab"; while true { s = s.replace("a", "aa") }'; do
  limited "steps in $code" 'steps' --max-steps 10000 "$code"
done
for code in 'while true { }' 'while true { try { while true { } } catch e { } }' \
  'while true { map([1], fn(x) = x) }' 'while true { sorted(range(1e5)) }' \
  'while true { zeros(100, 100) @ zeros(100, 100) }' 'sorted(range(3e7, 0, -1))'; do
  limited "seconds in $code" 'seconds' --max-seconds 0.2 "$code"
done

# Single built-in calls poll the clock too: numbers, pictures, training.
for code in 'let a = zeros(3000, 3000); a @ a @ a @ a @ a @ a' 'sort(random.normal(0, 1, [3e7], seed = 1))' \
  'linalg.svd(random.normal(0, 1, [900, 900], seed = 1))' 'data.shapes(20000, size = 64)' \
  'plot.save(plot.line([1, 4, 9]), "large.png", scale = 16)' \
  'smap.train(smap.tokenizer(image_size = 32, seed = 0), data.shapes(64), steps = 1e6)'; do
  limited "seconds in $code" '0.2 seconds' --max-seconds 0.2 "$code"
done
for code in 'data.shapes(5050, size = 88)' 'image.make(ones(100, 100), scale = 20)' \
  'plot.save(plot.line([1, 4, 9]), "large.png", scale = 11)'; do
  limited "memory of pictures in $code" 'may hold 8.0 MB of memory' --max-memory 8MB "$code"
done

# Output and depth
limited 'output' 'write 1.0 kB' --max-output 1KB 'while true { print("x") }'
limited 'output of the last line' 'write 10 bytes' --max-output 10B 'print("12345678901234567890")'
limited 'depth' 'nested more than 50 deep' --max-depth 50 'fn f(n) = f(n + 1) + 1
f(0)'
expect 'limit: as many calls as it says' 0 '5' "$smap" --max-depth 5 -e 'fn f(n) = if n == 1 { 1 } else { 1 + f(n - 1) }
f(5)'
limited 'one call more' 'nested more than 5 deep' --max-depth 5 'fn f(n) = if n == 1 { 1 } else { 1 + f(n - 1) }
f(6)'
expect 'limit: depth in range' 64 'max-depth' "$smap" --max-depth 20000 -e 1
expect 'limit: a size' 64 'max-output' "$smap" --max-output much -e 1

# Scripts read them, lower them, and cannot raise them.
expect 'limit: read' 0 '[5000, 10, 100000000, 1000]' "$smap" --max-steps 5000 --max-seconds 10 \
  --max-memory 100MB --max-output 1KB -e 'let l = sys.limits(); [l.steps, l.seconds, l.memory, l.output]'
limited 'steps lowered' 'take 1000 steps' 'sys.limits(steps = 1000); while true { }'
limited 'seconds lowered' '0.1 seconds' 'sys.limits(seconds = 0.1); while true { }'
limited 'memory lowered' '50.0 MB' 'sys.limits(memory = 5e7); let xs = [1]; while true { xs = [...xs, ...xs] }'
limited 'depth lowered' 'more than 20 deep' 'sys.limits(depth = 20); fn f(n) = f(n + 1) + 1
f(0)'
limited 'output lowered' 'write 10 bytes' 'sys.limits(output = 10); print("12345678901234567890")'
for limit in depth=10001 steps=5001 seconds=11 memory=1e9 output=2000; do
  expect "limit: $limit is not raised" 1 'can only be lowered' "$smap" --max-steps 5000 \
    --max-seconds 10 --max-memory 100MB --max-output 1KB -e "sys.limits($limit)"
done
expect 'limit: nothing below one' 1 'steps' "$smap" -e 'sys.limits(steps = 0)'
expect 'limit: not a number' 1 'TypeError' "$smap" -e 'sys.limits(seconds = "long")'

# Memory that the system refuses: allocating a Swift object cannot fail, so the error is raised
# before.
refused() { expect "limit: the system refuses memory to $1" 75 "$2" bash -c 'ulimit -v 600000; exec "$@"' - "$smap" -e "$1"; }
for code in 'let xs = []; while true { xs.append(1) }' 'let xs = []; while true { xs.append([1, 2]) }' \
  'let s = "a"; while true { s = "{s}{s}" }' 'let xs = nil; while true { xs = {a: xs} }' \
  'let r = {}; let i = 0; while true { r["k{i}"] = i; i += 1 }' \
  'let xs = [1]; while true { xs = [...xs, ...xs] }' '[x for x in range(1e12)]' \
  'let xs = nil; while true { let y = xs; xs = fn() = y }' \
  'let xs = []; let s = "0123456789"; while true { s = "{s}0123456789"; xs.append(s) }'; do
  refused "$code" 'LimitError: the system gives this process 614.4 MB'
done
refused 'let xs = []; while true { xs.append(zeros(1000, 1000)) }' 'LimitError'
