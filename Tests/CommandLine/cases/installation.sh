# shellcheck shell=bash
# Installation: binary, data and models are found in any location.
prefix="$work/prefix"
install -d "$prefix/bin" "$prefix/share/smap"
install -m 755 "$smap" "$prefix/bin/smap"
cp -R "$root/Examples" "$prefix/share/smap/"
expect 'installed' 0 '308' "$prefix/bin/smap" -e 'len(data.emoji32("val").labels)'
expect 'installed model' 0 'tokenizer(' env -u SMAP_HOME "$prefix/bin/smap" -e 'smap.load("emoji-vq")'
# `make install` and `make uninstall`, with the existing binary: `-o build` skips the build.
install_smap() { make -s -C "$root" -o build BINARY="$smap" DESTDIR="$PWD/stage" PREFIX=/opt/smap "$@"; }
share=stage/opt/smap/share
expect 'make install' 0 'man7/smap-language.7' install_smap install
expect 'the installed binary runs' 0 '2' stage/opt/smap/bin/smap -e '1 + 1'
expect 'its page for man' 0 '.TH SMAP 1' cat "$share/man/man1/smap.1"
expect 'completions of bash are a script' 0 '' bash -n "$share/bash-completion/completions/smap"
expect 'completions of bash name commands' 0 'docs' cat "$share/bash-completion/completions/smap"
expect 'completions of zsh' 0 '#compdef smap' cat "$share/zsh/site-functions/_smap"
expect 'completions of fish' 0 'complete -c' cat "$share/fish/vendor_completions.d/smap.fish"
# The report on the environment names libraries, processor, models, and what Jupyter needs.
# Its exit code says whether this machine lacks something.
"$smap" doctor >doctor.txt || true
for words in OpenBLAS libpng libwebp libedit 'kernels for' 'emoji-card' 'letters32' Jupyter memory; do
  expect "doctor reports $words" 0 "$words" cat doctor.txt
done
expect 'the kernel for Jupyter' 0 'kernel.json' bash -c "'$smap' kernel install --prefix '$PWD/jupyter' >/dev/null 2>&1
  ls '$PWD/jupyter/share/jupyter/kernels/smap'"
expect 'a kernel needs a connection file that exists' 66 '' "$smap" kernel --connection-file none.json
# The completions of Tab, queried from the shells themselves where they are installed.
touch example.smap other.txt
mkdir -p examples
offered_bash() {
  bash -c '. "$1"; COMP_WORDS=("${@:2}"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    COMP_LINE="${COMP_WORDS[*]}"; COMP_POINT=${#COMP_LINE}
    _smap smap "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    printf "%s\n" "${COMPREPLY[@]}"' _ "$share/bash-completion/completions/smap" "$@"
}
expect 'bash offers scripts' 0 'example.smap' offered_bash smap ex
expect 'bash offers commands' 0 'check' offered_bash smap ''
expect 'bash offers scripts and commands' 0 'example.smap' offered_bash smap ''
expect 'bash offers options of run' 0 '--strict-random' offered_bash smap --st
expect 'bash offers files to scripts' 0 'other.txt' offered_bash smap example.smap oth
for command in run check fmt test dump; do
  expect "bash offers files to $command" 0 'example.smap' offered_bash smap "$command" ex
done
expect 'bash offers files behind options' 0 'example.smap' offered_bash smap run --seed 3 ex
expect 'bash offers words' 0 'never' offered_bash smap run --color ne
expect 'bash offers folders' 0 'examples' offered_bash smap run --sandbox ex
if command -v fish >/dev/null; then
  offered_fish() { fish -c "source '$share/fish/vendor_completions.d/smap.fish'; complete -C '$1'"; }
  expect 'fish offers scripts' 0 'example.smap' offered_fish 'smap ex'
  expect 'fish offers commands' 0 'check' offered_fish 'smap '
  expect 'fish offers files to scripts' 0 'other.txt' offered_fish 'smap example.smap oth'
  expect 'fish offers files to check' 0 'example.smap' offered_fish 'smap check ex'
  expect 'fish offers words' 0 'never' offered_fish 'smap run --color ne'
fi
if command -v zsh >/dev/null; then
  expect 'completions of zsh are a script' 0 '' zsh -n "$share/zsh/site-functions/_smap"
  offered_zsh() { python3 "$root/Tests/CommandLine/zsh_completions.py" "$share/zsh/site-functions" "$1"; }
  expect 'zsh offers scripts' 0 'example.smap' offered_zsh 'smap example.s'
  expect 'zsh offers files to check' 0 'example.smap' offered_zsh 'smap check example.s'
  expect 'zsh offers files to scripts' 0 'other.txt' offered_zsh 'smap example.smap oth'
fi
expect 'completions that offer files: zsh' 0 '_files' cat "$share/zsh/site-functions/_smap"
expect 'make uninstall' 0 '' install_smap uninstall
expect 'nothing is left' 0 'none' bash -c '[ -z "$(find stage -type f)" ] && echo none'
