# shellcheck shell=bash
# Installation: binary, data and models are found wherever they were put.
prefix="$work/prefix"
install -d "$prefix/bin" "$prefix/share/smap"
install -m 755 "$smap" "$prefix/bin/smap"
cp -R "$root/Examples" "$prefix/share/smap/"
expect 'installed' 0 '308' "$prefix/bin/smap" -e 'len(data.emoji32("val").labels)'
expect 'installed model' 0 'tokenizer(' env -u SMAP_HOME "$prefix/bin/smap" -e 'smap.load("emoji-vq")'
# `make install` and `make uninstall`, with the binary as it is: `-o build` leaves building out.
install_smap() { make -s -C "$root" -o build BINARY="$smap" DESTDIR="$PWD/stage" PREFIX=/opt/smap "$@"; }
share=stage/opt/smap/share
expect 'make install' 0 'man7/smap-language.7' install_smap install
expect 'the installed binary runs' 0 '2' stage/opt/smap/bin/smap -e '1 + 1'
expect 'its page for man' 0 '.TH SMAP 1' cat "$share/man/man1/smap.1"
expect 'completions of bash are a script' 0 '' bash -n "$share/bash-completion/completions/smap"
expect 'completions of bash name commands' 0 'docs' cat "$share/bash-completion/completions/smap"
expect 'completions of zsh' 0 '#compdef smap' cat "$share/zsh/site-functions/_smap"
expect 'completions of fish' 0 'complete -c' cat "$share/fish/vendor_completions.d/smap.fish"
expect 'make uninstall' 0 '' install_smap uninstall
expect 'nothing is left' 0 'none' bash -c '[ -z "$(find stage -type f)" ] && echo none'
