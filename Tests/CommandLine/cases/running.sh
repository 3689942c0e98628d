# shellcheck shell=bash
# The ordinary ways to run smap.
expect 'a line' 0 '3' "$smap" -e '1 + 2'
expect 'a muted line' 0 '' "$smap" -e '1 + 2;'
echo 'print(sys.args())' >args.smap
expect 'arguments' 0 '["a", "b"]' "$smap" args.smap -- a b
expect 'arguments without --' 0 '["a", "b"]' "$smap" args.smap a b
expect 'options are the script'"'"'s' 0 '["--seed", "-e", "--help", "--version", "x"]' "$smap" args.smap --seed -e --help --version x
expect 'only the first -- is smap'"'"'s' 0 '["a", "--", "b"]' "$smap" run args.smap a -- b
expect 'arguments of run' 0 '["--flag"]' "$smap" run --seed 3 args.smap --flag
expect 'arguments of a line' 0 '["a", "--flag"]' "$smap" -e 'sys.args()' a --flag
expect 'a line with options behind' 0 '[]' "$smap" -e 'sys.args()' --seed 3
expect 'arguments of standard input' 0 '["--flag"]' bash -c "echo 'sys.args()' | '$smap' - --flag"
expect 'a script called as a command is' 0 '["check"]' "$smap" ./args.smap check
# Every option without a value is recognised before the script, or the script would be parsed as its
# value; this list comes from the help itself.
"$smap" run --help | grep -oE '^  --[a-z-]+ +[A-Z]' | grep -oE '[a-z-]+-?[a-z]+' | while read -r flag; do
  echo "$flag"
done | grep -v version >flags
expect 'there are flags' 0 'strict-random' cat flags
while read -r flag; do
  expect "the script behind --${flag#--}" 0 '["--own"]' "$smap" "--${flag#--}" args.smap --own
done <flags
expect 'an unknown option' 64 'Unknown option' "$smap" --nope args.smap
mkdir -p tools && echo 'let x = 5' >tools/five.smap
echo 'print((import "five.smap").x)' >tools/user.smap
expect 'imports are relative to the file' 0 '5' "$smap" tools/user.smap
expect 'standard input' 0 '42' bash -c "echo 'print(6 * 7)' | '$smap' -"
expect 'prompt without terminal' 0 '42' bash -c "echo '6 * 7' | '$smap'"
expect 'version' 0 'smap' "$smap" --version
expect 'help' 0 'opens the prompt' "$smap" --help
expect 'help of a function' 0 'Turns pictures into their tokens' "$smap" -e 'help("smap.encode")'
