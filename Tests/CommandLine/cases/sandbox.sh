# shellcheck shell=bash
# --sandbox DIR: fifty attempts to leave a folder, none of which works, and the accesses that do.
# The layout: box/ is the sandbox, secret/ is next to it.
mkdir -p box/inner secret
"$smap" -e 'image.save(zeros(1, 3, 8, 8), "secret/picture.png")
image.save(zeros(1, 3, 8, 8), "box/picture.png")
data.save([1, 2], "secret/numbers.npy")
data.save([1, 2], "box/numbers.npy")' >/dev/null 2>&1
echo 'let word = "leaked"' >secret/module.smap
echo 'let word = "fine"' >box/module.smap
secret=$(realpath secret)
box=$(realpath box)
ln -s "$secret" box/absolute_folder
ln -s ../secret box/relative_folder
ln -s "$secret/picture.png" box/absolute.png
ln -s ../secret/picture.png box/relative.png
ln -s ../../secret box/inner/deep
ln -s relative_folder box/chain
ln -s "$secret/new.png" box/dangling.png
ln -s ../secret/new.png box/dangling_relative.png
ln -s /proc/self/root box/root
ln -s / box/top
ln -s loop box/loop
ln -s picture.png box/inside.png
ln -s "$box/picture.png" box/inside_absolute.png

# refused NAME CODE: from the folder above the sandbox, with exit 77 and the sandbox named.
refused() { expect "sandbox: $1" 77 'outside the sandbox' "$smap" --sandbox box -e "$2"; }
# refused_within NAME CODE: the same from within it.
refused_within() {
  expect "sandbox: $1, from within" 77 'outside the sandbox' \
    bash -c 'cd box && "$0" --sandbox . -e "$1"' "$smap" "$2"
}

# Reading
for path in secret/picture.png box/../secret/picture.png "$secret/picture.png" \
  "$box/../secret/picture.png" ./box/./../secret/picture.png box//..//secret/picture.png \
  box/inner/../../secret/picture.png box/absolute.png box/relative.png \
  box/absolute_folder/picture.png box/relative_folder/picture.png box/inner/deep/picture.png \
  box/chain/picture.png "box/top$secret/picture.png" "/proc/self/cwd/secret/picture.png" \
  "/proc/self/root$secret/picture.png" /etc/hostname /dev/zero /proc/self/environ /proc/self/mem \
  box/../box/../secret/picture.png ../../../../../../etc/hostname box/inside_absolute.png; do
  refused "reading $path" "image.load(\"$path\")"
done
refused_within 'reading through ..' 'image.load("../secret/picture.png")'
refused_within 'reading a link' 'image.load("relative.png")'
refused_within 'reading the parent' 'data.folder("..", size = 8)'
refused 'reading through a link of /proc' "image.load(\"box/root$secret/picture.png\")"
expect 'sandbox: a loop of links' 66 'cannot' "$smap" --sandbox box -e 'image.load("box/loop")'
refused 'listing a folder' 'data.folder("secret", size = 8)'
refused 'listing through a link' 'data.folder("box/absolute_folder", size = 8)'
refused 'numbers' 'data.load("secret/numbers.npy")'
refused 'a checkpoint' "smap.load(\"$root/Examples/../README.md\")"
refused 'a generator' 'card.load("./secret/picture.png")'
refused 'a module' 'import "secret/module.smap"'
refused 'a module through ..' 'import "box/../secret/module.smap"'
refused 'a module through a link' 'import "box/relative_folder/module.smap"'
echo 'import "../secret/module.smap"' >box/importer.smap
refused 'a module of a module' 'import "box/importer.smap"'

# Writing
for path in out.png secret/new.png box/../secret/new.png "$secret/new.png" /tmp/smap-escape.png \
  box/absolute.png box/relative.png box/dangling.png box/dangling_relative.png \
  box/relative_folder/new.png box/absolute_folder/fresh/new.png box/../fresh/new.png \
  secret/picture.png /dev/shm/new.png /proc/self/new.png; do
  refused "writing $path" "image.save(zeros(1, 3, 8, 8), \"$path\")"
done
refused 'writing numbers' 'data.save([1], "secret/new.npy")'
refused 'writing a figure' 'plot.save(plot.line([1, 2]), "secret/new.svg")'
refused 'writing a checkpoint' 'smap.save(smap.load("emoji-kl"), "secret/new.safetensors")'
refused 'writing into shipped data' \
  "image.save(zeros(1, 3, 8, 8), \"$root/Examples/Data/emoji32/new.png\")"
expect 'sandbox: an error can be caught but opens nothing' 0 'IOError' "$smap" --sandbox box -e \
  'try { image.load("secret/picture.png") } catch e { e.kind }'

# A folder that is replaced by a link while it is read: never the secret, whatever the timing.
"$smap" -e 'image.save(zeros(1, 3, 16, 16), "secret/swap.png")' >/dev/null
mkdir box/swap_a
"$smap" -e 'image.save(zeros(1, 3, 8, 8), "box/swap_a/swap.png")' >/dev/null
(
  while [ ! -e stop_swapping ]; do
    ln -sfn swap_a box/swap
    ln -sfn ../secret box/swap
  done
) &
swapper=$!
expect 'sandbox: renames while reading' 0 'kept in' "$smap" --sandbox box -e '
let seen = 0
for i in range(20000) {
  let width = try { image.load("box/swap/swap.png").shape[3] } catch e { 8 }
  if width != 8 { seen += 1 }
}
if seen == 0 { "kept in" } else { "escaped {seen} times" }'
touch stop_swapping
wait "$swapper"

expect 'sandbox: nothing was written outside' 0 'module.smap numbers.npy picture.png swap.png' \
  bash -c 'echo $(ls -A secret)'
expect 'sandbox: no stray file' 1 '' test -e out.png -o -e fresh -o -e /tmp/smap-escape.png

# What works
expect 'sandbox: reading inside' 0 '8' "$smap" --sandbox box -e 'image.load("box/picture.png").shape[3]'
expect 'sandbox: an absolute path' 0 '8' "$smap" --sandbox box -e "image.load(\"$box/picture.png\").shape[3]"
expect 'sandbox: a link inside' 0 '8' "$smap" --sandbox box -e 'image.load("box/inside.png").shape[3]'
expect 'sandbox: .. inside' 0 '8' "$smap" --sandbox box -e 'image.load("box/inner/../picture.png").shape[3]'
expect 'sandbox: writing inside' 0 '8' "$smap" --sandbox box -e \
  'image.save(zeros(1, 3, 8, 8), "box/a/b/new.png"); image.load("box/a/b/new.png").shape[3]'
expect 'sandbox: writing through a link inside' 0 'inside.png' bash -c \
  '"$0" --sandbox box -e "image.save(zeros(1, 3, 8, 8), \"box/inside.png\")" && ls -l box/inside.png' "$smap"
expect 'sandbox: a module inside' 0 'fine' "$smap" --sandbox box -e '(import "box/module.smap").word'
expect 'sandbox: shipped data' 0 '308' "$smap" --sandbox box -e 'len(data.emoji32("val").labels)'
expect 'sandbox: shipped models' 0 'tokenizer(' "$smap" --sandbox box -e 'smap.load("emoji-vq")'
echo 'print("from outside")' >script.smap
expect 'sandbox: the script may lie outside' 0 'from outside' "$smap" --sandbox box script.smap
expect 'sandbox: standard input' 0 '42' bash -c "echo 'print(6 * 7)' | '$smap' --sandbox box -"
expect 'sandbox: :load is kept in' 1 'outside the sandbox' bash -c \
  "echo ':load secret/module.smap' | '$smap' --sandbox box"
expect 'sandbox: :edit starts no program' 0 'cannot start' bash -c \
  "echo ':edit' | EDITOR=cat '$smap' --sandbox box"
expect 'sandbox: no such folder' 66 'nosuch' "$smap" --sandbox nosuch -e 1
expect 'sandbox: a file' 66 'script.smap' "$smap" --sandbox script.smap -e 1
