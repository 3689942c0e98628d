# shellcheck shell=bash
# Installation: binary, data and models are found wherever they were put.
prefix="$work/prefix"
install -d "$prefix/bin" "$prefix/share/smap"
install -m 755 "$smap" "$prefix/bin/smap"
cp -R "$root/Examples" "$prefix/share/smap/"
expect 'installed' 0 '308' "$prefix/bin/smap" -e 'len(data.emoji32("val").labels)'
expect 'installed model' 0 'tokenizer(' env -u SMAP_HOME "$prefix/bin/smap" -e 'smap.load("emoji-vq")'
