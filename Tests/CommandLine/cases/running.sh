# shellcheck shell=bash
# The happy ways in.
expect 'a line' 0 '3' "$smap" -e '1 + 2'
expect 'a muted line' 0 '' "$smap" -e '1 + 2;'
echo 'print(sys.args())' >args.smap
expect 'arguments' 0 '["a", "b"]' "$smap" args.smap -- a b
mkdir -p tools && echo 'let x = 5' >tools/five.smap
echo 'print((import "five.smap").x)' >tools/user.smap
expect 'imports are relative to the file' 0 '5' "$smap" tools/user.smap
expect 'standard input' 0 '42' bash -c "echo 'print(6 * 7)' | '$smap' -"
expect 'prompt without terminal' 0 '42' bash -c "echo '6 * 7' | '$smap'"
expect 'version' 0 'smap' "$smap" --version
expect 'help' 0 'opens the prompt' "$smap" --help
expect 'help of a function' 0 'Turns pictures into their tokens' "$smap" -e 'help("smap.encode")'
