# shellcheck shell=bash
# Errors by kind: adversarial texts, wrong values, interrupts. Never a signal, always a location.

# repeated TEXT COUNT
repeated() { head -c "$2" /dev/zero | tr '\0' x | sed "s/x/$1/g"; }

# Nesting
for part in '(' '[' '-' 'not ' 'if true {' 'f(' 'fn(x) = ' '2 ** ' '{a: ' 'try {' '"{'; do
  { printf 'let y = '; repeated "$part" 100000; } >deep.smap
  expect "nesting of 100000 times $part" 2 'nesting deeper than' "$smap" deep.smap
done
for part in ' + 1' '[0]' '.b' ' |> f()' ' and 1'; do
  { printf '1'; repeated "$part" 100000; } >deep.smap
  expect "a chain of 100000 times $part" 2 'nesting deeper than' "$smap" deep.smap
done

# Size
{ printf 'let x = "'; repeated a 10000000; printf '"\nprint(len(x))\n'; } >line.smap
expect 'a line of 10 MB' 0 '10000000' "$smap" line.smap
{ printf 'let x = 0\n'; repeated 'x = x + 1\n' 1000000; printf 'print(x)\n'; } >lines.smap
expect 'a million lines' 0 '1000000' "$smap" lines.smap
{ printf 'let x = ['; repeated '1, ' 100000; printf ']\nlen(x)\n'; } >paste.smap
expect 'a huge paste' 0 '100000' bash -c '"$0" <paste.smap' "$smap"

{ echo 'let x = ['; yes '1,' | head -n 40000; printf ']\nlen(x)\n'; } >paste.smap
expect 'a paste of 40000 lines' 0 '40000' timeout 60 bash -c '"$0" <paste.smap' "$smap"
{ echo 'fn f() {'; yes '  let x = [1, 2]' | head -n 100; printf '  x[0]]\n}\n40 + 2\n'; } >paste.smap
expect 'an error in a long paste' 1 '42' bash -c '"$0" <paste.smap' "$smap"

# Encoding
printf 'let a = 1\nlet b = "\377"\n' >text.smap
expect 'invalid UTF-8' 2 'invalid UTF-8 at byte 19' "$smap" text.smap
printf 'print(1) # \303' >text.smap
expect 'UTF-8 cut short' 2 'invalid UTF-8 at byte 11' "$smap" text.smap
printf '\355\240\200' >text.smap
expect 'half a surrogate pair' 2 'invalid UTF-8 at byte 0' "$smap" text.smap
printf 'print(1)\n\0print(2)' >text.smap
expect 'a NUL' 2 'NUL character at byte 9' "$smap" text.smap
printf '\357\273\277print(1)\r\nprint(2)\r\n' >text.smap
expect 'byte order mark and CRLF' 0 $'1\n2' "$smap" text.smap
printf 'print(1)\rprint(2)\r' >text.smap
expect 'a lone carriage return' 2 'carriage return without line feed at byte 8' "$smap" text.smap

# Recursion
expect 'runaway recursion' 75 'nested more than 10000 deep' "$smap" -e 'fn f(n) = f(n + 1) + 1
f(0)'
expect 'mutual recursion' 75 'more calls ...' "$smap" -e 'fn a(n) = b(n) + 1
fn b(n) = a(n) + 1
a(0)'
expect 'recursion through a built-in' 75 'LimitError' "$smap" -e 'fn f(n) = map([n], f)
f(0)'
expect 'the session lives on' 1 '42' bash -c "printf 'let kept = 42\nfn f() = f()\nf()\nkept\n' | '$smap'"

# Interrupts
expect 'interrupt' 130 'interrupted' timeout --foreground --preserve-status -s INT 1 "$smap" -e 'while true { }'
for code in 'map(range(5e7), fn(x) = x)' 'while true { try { while true { } } catch e { } }' \
  'while true { sorted(range(1e5)) }' 'while true { zeros(200, 200) @ zeros(200, 200) }'; do
  expect "interrupt in $code" 130 'interrupted' timeout --foreground --preserve-status -s INT 1 "$smap" -e "$code"
done
expect 'interrupted twice' 130 'interrupted' bash -c '
  "$0" -e "while true { try { while true { } } catch e { } }" & child=$!
  sleep 0.5; kill -INT $child; kill -INT $child; wait $child' "$smap"
if command -v script >/dev/null; then
  # A terminal: the loop is interrupted by the key, and the variables are kept.
  expect 'interrupt at the prompt' 0 'kept is 42' bash -c \
    '{ sleep 1; printf "let kept = 42\rwhile true { }\r"; sleep 1; printf "\003"; sleep 0.5
       printf "\"kept is {kept}\"\r:quit\r"; sleep 1; } |
     TERM=xterm script -qec "exec $0 repl" /dev/null' "$smap"
fi

# Shapes
for code in 'zeros(1e10, 1e10)' 'zeros(3e9, 3e9)' 'ones(1e18)' 'eye(1e6)' 'linspace(0, 1, 1e12)' \
  'tensor(range(1e15))' 'zeros(2, 3).reshape(1e18, -1)'; do
  expect "too large: $code" 75 'larger than memory can be' "$smap" -e "$code"
done
expect 'beyond the budget' 75 '10.0 MB of tensors' "$smap" --max-memory 10MB -e 'zeros(10000, 1000)'
expect 'negative dimension' 1 'cannot be negative' "$smap" -e 'zeros(-1)'
expect 'broadcasting' 1 '[2, 3] and [4]' "$smap" -e 'zeros(2, 3) + zeros(4)'
expect 'matrix product' 1 '[2, 3] by [4, 5]' "$smap" -e 'zeros(2, 3) @ zeros(4, 5)'
expect 'joining' 1 '[2, 3] and [3, 4]' "$smap" -e 'cat([zeros(2, 3), zeros(3, 4)])'
expect 'not a number' 1 'a string' "$smap" -e '"a" * 5'

# Arithmetic follows IEEE 754.
expect 'division by zero' 0 '[inf, -inf, nan, nan, inf]' "$smap" -e '[1 / 0, -1 / 0, 0 / 0, 5 % 0, 1 // 0]'
expect 'overflow' 0 '[inf, inf, -inf]' "$smap" -e '[2 ** 1024, 1e308 * 10, -1e308 * 10]'
expect 'no shifts' 2 'SyntaxError' "$smap" -e '1 << 3'

# Indices
for index in nan inf 1e300 -1e300 0.5; do
  for of in '[1, 2, 3]' 'zeros(3)' '"abc"' 'range(5)'; do
    expect "$of[$index]" 1 'IndexError' "$smap" -e "${of}[$index]"
  done
done
for of in '[1, 2, 3]' 'zeros(3)' '"abc"' 'range(5)'; do
  expect "$of[::0]" 1 'step of a slice cannot be 0' "$smap" -e "${of}[::0]"
done

# Lists stay lists.
expect 'a slice of a list after arithmetic' 0 '[2, 4, 3]' "$smap" -e 'let xs = [1, 2, 3]; xs[0:2] += [1, 2]; xs'
expect 'a slice of a list gets numbers' 0 'number' "$smap" -e 'let xs = [1, 2]; xs[:] = zeros(2); type(xs[0])'

# Names
expect 'unknown function' 1 'did you mean `len`' "$smap" -e 'lenn([1])'
expect 'unknown field' 1 'did you mean `alpha`' "$smap" -e '{alpha: 1}.alpa'
expect 'a string is no path' 1 'load' "$smap" -e '"picture.png".load()'
expect 'a number is no seed' 1 'split' "$smap" -e '(42).split(2)'
expect 'unknown name in a namespace' 1 'did you mean `load`' "$smap" -e 'image.laod("a.png")'

# What is printed parses back.
expect 'special numbers' 0 '[nan, inf, -inf, -0, 1e-320, 0.1, 1e+16]' "$smap" -e '[nan, inf, -inf, -0, 1e-320, 0.1, 1e16]'
expect 'special elements' 0 'tensor([nan, inf, -inf, -0])' "$smap" -e 'tensor([nan, inf, -inf, -0])'
expect 'they read back' 0 'true' "$smap" -e '1 / -0 == -inf and nan != nan and inf > 1e308'
expect 'a line that begins with a dash' 0 '-0' "$smap" -e '-0'

# Paths
expect 'no such folder' 66 'nosuch' "$smap" -e 'image.load("nosuch/a.png")'
expect 'a folder as picture' 66 'directory' "$smap" -e 'image.load(".")'
ln -s loop_b.png loop_a.png
ln -s loop_a.png loop_b.png
expect 'a loop of links' 66 'loop_a.png' "$smap" -e 'image.load("loop_a.png")'
expect 'a NUL in a path' 74 'Invalid argument' "$smap" -e 'image.load("a\u{0}b.png")'
expect 'a path of a megabyte' 74 'too long' "$smap" -e 'let s = "abcdefgh"
for i in range(17) { s = "{s}{s}" }
image.load(s)'
expect 'writing to a path of a megabyte' 74 'too long' "$smap" -e 'let s = "abcdefg/"
for i in range(17) { s = "{s}{s}" }
image.save(zeros(1, 3, 8, 8), "{s}.png")'
if [ "$(id -u)" -ne 0 ]; then
  touch locked.png && chmod 000 locked.png
  expect 'no permission' 77 'Permission denied' "$smap" -e 'image.load("locked.png")'
fi

# A crash of smap itself, simulated
for signal in ILL SEGV ABRT TRAP BUS FPE; do
  expect "internal error by $signal" 70 'fault of smap' bash -c \
    "'$smap' -e 'while true { }' & sleep 0.3; kill -$signal \$!; wait \$!"
done
