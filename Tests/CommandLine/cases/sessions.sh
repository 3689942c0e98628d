# shellcheck shell=bash
# Sessions are saved as scripts, as notebooks, and as values; what is read back runs nothing.
cat >work.txt <<'END'
let n = 0.1
let words = ["a", {k: nil, z: true}]
let loop = [1]
loop.append(loop)
let pair = [words, words]
let x = param(randn(2, 3, seed = 1))
let mask = zeros(3) < 1
let set_of_two = arange(2)
fn twice(v) = v * n * 20
let half = fn(v) = v / 2
let tok = smap.tokenizer(image_size = 16, num_tokens = 4, width = 16, heads = 2, depth = 1, decoder_depth = 1, seed = 3)
let t = smap.encode(tok, zeros(2, 3, 16, 16), label = [1, nil])
let set = data.shapes(4, size = 8)
:save work.session
let y = rand(2)
data.save({y}, "y.npz")
END
expect 'a session is saved' 0 'saved 11 variables as work.session' bash -c '"$0" --seed 9 <work.txt' "$smap"
expect 'and says what it cannot keep' 0 '`set`, a dataset' bash -c '"$0" <work.txt' "$smap"
"$smap" --seed 9 <work.txt >/dev/null
cat >check.txt <<'END'
"{n}, {words[0]}, {words[1].z}, {twice(3):.1f}, {half(3)}"
set_of_two[mask[:2]].shape
pair[0].append(1); len(pair[1])
loop[1][1][0]
x.grad == nil and allclose(x, randn(2, 3, seed = 1), rtol = 0, atol = 0)
smap.encode(tok, zeros(2, 3, 16, 16), label = [1, nil]) == t
allclose(rand(2), data.load("y.npz").y, rtol = 0, atol = 0)
END
expect 'and restored' 0 '"0.1, a, true, 6.0, 1.5"
[2]
3
1
true
true
true' bash -c '"$0" repl --restore work.session <check.txt' "$smap"
expect 'also at the prompt' 0 'restored 11 variables from work.session' \
  bash -c 'printf ":load work.session\n" | "$0"' "$smap"
echo hello >no.session
expect 'what is no session is refused' 0 'no.session' bash -c '! "$0" repl --restore no.session </dev/null' "$smap"
expect 'a missing session ends the prompt' 66 'no.such.session' "$smap" repl --restore no.such.session
python3 - <<'END'
import json, zipfile
old = zipfile.ZipFile("work.session")
files = {name: old.read(name) for name in old.namelist()}
def write(path, change):
    content = json.loads(files["session.json"])
    change(content)
    with zipfile.ZipFile(path, "w") as new:
        for name, data in files.items():
            new.writestr(name, json.dumps(content) if name == "session.json" else data)
write("newer.session", lambda c: c.update(version=99))
write("evil.session", lambda c: c["variables"].append(["f", ["function", "print(\"it ran\")"]]))
write("default.session", lambda c: c["variables"].append(["f", ["function", "let f = fn(x = print(\"it ran\")) = x"]]))
write("cut.session", lambda c: c["variables"].append(["z", ["tensor", 999, False, False]]))
END
for bad in newer evil cut; do
  expect "the $bad session is refused" 1 "$bad.session" "$smap" repl --restore "$bad.session"
done
expect 'nothing runs in reading' 0 '0' bash -c '"$0" repl --restore default.session </dev/null | grep -c "it ran"; true' "$smap"
expect 'nor in a text that is no function' 0 '0' bash -c '"$0" repl --restore evil.session </dev/null 2>&1 | grep -c "^it ran"; true' "$smap"
expect 'a session becomes a notebook' 0 '# %%
let a = rand(2)

# %%
a.shape' bash -c 'printf "let a = rand(2)\na.shape\n:export book.smap\n" | "$0" >/dev/null; grep -v ^seed book.smap' "$smap"
expect 'which runs' 0 '[2]' "$smap" run book.smap
# What failed or was stopped is named, since what it did before stays.
cat >early.txt <<'END'
let a = 1
let a = 2; error("so far")
let b = misspelled
while true { a = a + 1; if a > 5 { sys.exit_is_no_name() } }
a
:save early.smap
:export early_book.smap
END
expect 'inputs that failed are named' 0 'saved 2 inputs as early.smap
as comments only: 2 that failed (`let a = 2; error("so far")`, `while true { a = a + 1; if a > 5 { sys.exit_is ...`); their effects stay in this session' \
  bash -c '"$0" <early.txt 2>/dev/null; true' "$smap"
expect 'and stand in the script as comments' 0 'let a = 1
# This failed, and is not run again:
#   let a = 2; error("so far")' cat early.smap
expect 'also in the notebook' 0 '#   let a = 2; error("so far")' cat early_book.smap
expect 'which run' 0 '' "$smap" run early_book.smap
expect 'as does the script' 0 '' "$smap" run early.smap
# A script that is loaded finds its modules beside it.
mkdir -p parts && echo 'let k = 40' >parts/tools.smap
echo 'let tools = import "tools.smap"
let sum = tools.k + 2' >parts/main.smap
expect 'imports of a loaded script' 0 '42' bash -c 'printf ":load parts/main.smap\nsum\n" | "$0"' "$smap"
expect 'imports at the prompt' 0 '40' \
  bash -c 'printf ":load parts/main.smap\nlet t = import \"parts/tools.smap\"\nt.k\n" | "$0"' "$smap"
