#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes packages of an installed smap that need no Swift:
#
#   dist  a tarball with the shared libraries beside the binary, which runs from any folder
#   deb   a Debian package, whose dependencies apt installs
#
# usage: scripts/package.sh dist|deb STAGE BINARY OUTPUT_FOLDER
# STAGE is a folder that `make install` has filled, with DESTDIR=STAGE and PREFIX=/usr.
set -euo pipefail
kind=${1:?usage: package.sh dist|deb STAGE BINARY OUTPUT_FOLDER}
stage=$(realpath "${2:?}")
binary=$(realpath "${3:?}")
mkdir -p "${4:?}"
output=$(realpath "$4")
version=$("$binary" --version | awk '{ print $2 }')
architecture=$(uname -m)
root=$stage/usr

# What every Debian and Ubuntu has; all other libraries come along in the tarball.
base='^(libc|libm|libdl|libpthread|librt|ld-linux.*|libstdc\+\+|libgcc_s|libtinfo)\.so'
# Libraries that are loaded on first use, so that no linker names them. Those of Jupyter and of PDF are
# left to the system: smap runs without them.
loaded=(libopenblas.so.0)

# The newest symbol version of glibc in Ubuntu 22.04.
newest_glibc=2.35

# The path of a library by its name.
library() { ldconfig -p | awk -v name="$1" '$1 == name && /x86-64|AArch64/ { print $NF; exit }'; }

# The libraries that files need, by name, with what those need in turn.
closure() {
  local queue=("$@") seen=" " file name path
  while [ ${#queue[@]} -gt 0 ]; do
    file=${queue[0]}
    queue=("${queue[@]:1}")
    while read -r name; do
      [[ $name =~ $base || $seen == *" $name "* ]] && continue
      path=$(library "$name")
      [ -n "$path" ] || { echo "package.sh: $name is not installed" >&2; return 1; }
      seen+="$name "
      echo "$path"
      queue+=("$path")
    done < <(readelf -d "$file" | awk '/NEEDED/ { gsub(/[][]/, "", $NF); print $NF }')
  done
}

# Ends if a file needs a newer glibc than Ubuntu 22.04 has.
check_glibc() {
  local file newest
  for file in "$@"; do
    newest=$(objdump -T "$file" | grep -o 'GLIBC_2\.[0-9.]*' | cut -d_ -f2 | sort -V | tail -1)
    [ "$(printf '%s\n%s\n' "${newest:-2.0}" "$newest_glibc" | sort -V | tail -1)" = "$newest_glibc" ] ||
      { echo "package.sh: $file needs glibc $newest; Ubuntu 22.04 has $newest_glibc" >&2; exit 1; }
  done
}

make_dist() {
  local name=smap-$version-linux-$architecture folder libraries=$root/lib/smap path
  mkdir -p "$libraries"
  local extra=()
  for path in "${loaded[@]}"; do extra+=("$(library "$path")"); done
  while read -r path; do
    install -m 644 "$(realpath "$path")" "$libraries/$(basename "$path")"
  done < <(printf '%s\n' "${extra[@]}"; closure "$root/bin/smap" "${extra[@]}")
  # Each file looks beside itself; the binary's path also serves what it loads later.
  patchelf --force-rpath --set-rpath '$ORIGIN/../lib/smap' "$root/bin/smap"
  for path in "$libraries"/*; do patchelf --set-rpath '$ORIGIN' "$path"; done
  check_glibc "$root/bin/smap" "$libraries"/*
  licences "$root/share/doc/smap/libraries" "$libraries"/*
  cat >"$root/README" <<TEXT
smap $version. Run bin/smap from here, or make it known:
  sudo cp -R bin lib share /usr/local/        (or any other folder, such as ~/.local)
  smap doctor
share/man has the manual, share/bash-completion and others the completions of shells, share/smap/Examples models,
data and scripts. For Jupyter: sudo apt-get install libzmq5; smap kernel install
TEXT
  tar -C "$root" --transform "s,^\.,$name," --owner=0 --group=0 -czf "$output/$name.tar.gz" .
  echo "$output/$name.tar.gz"
}

# Copies the copyright files of the packages that libraries come from.
licences() {
  local target=$1 path package
  shift
  mkdir -p "$target"
  for path in "$@"; do
    # A file may be registered under /lib or /usr/lib, which are one folder.
    path=$(realpath "$(library "$(basename "$path")")")
    package=$(dpkg -S "*/$(basename "$path")" 2>/dev/null | head -1 | cut -d: -f1) || package=
    if [ -n "$package" ]; then cp "/usr/share/doc/$package/copyright" "$target/$package"; fi
  done
}

make_deb() {
  local architecture package shared
  architecture=$(dpkg --print-architecture)
  package=$output/smap_${version}_$architecture.deb
  # Jupyter finds the kernel once the package is there.
  "$binary" kernel install --prefix "$root" --program /usr/bin/smap >/dev/null 2>&1
  # Links of the installed tree hold only names; dpkg-shlibdeps wants a source package.
  local scratch
  scratch=$(mktemp -d)
  mkdir "$scratch/debian"
  echo "Source: smap" >"$scratch/debian/control"
  shared=$(cd "$scratch" && dpkg-shlibdeps -O --ignore-missing-info "$root/bin/smap" 2>/dev/null |
    sed -n 's/^shlibs:Depends=//p')
  rm -rf "$scratch"
  [ -n "$shared" ] || { echo "package.sh: dpkg-shlibdeps names no libraries" >&2; exit 1; }
  install -d "$stage/DEBIAN" "$root/share/doc/smap"
  mv "$root/share/smap/LICENSE" "$root/share/doc/smap/copyright"
  # Where zsh of Debian looks for the completions of packages.
  if [ -d "$root/share/zsh/site-functions" ]; then mv "$root/share/zsh/site-functions" "$root/share/zsh/vendor-completions"; fi
  find "$root/share/man" -type f -name '*.[17]' -exec gzip -9n {} +
  cat >"$stage/DEBIAN/control" <<TEXT
Package: smap
Version: $version
Architecture: $architecture
Maintainer: smap maintainers <smap@localhost>
Installed-Size: $(du -sk --exclude=DEBIAN "$stage" | cut -f1)
Depends: $shared, libopenblas0
Recommends: libzmq5, libssl3, libcairo2
Section: interpreters
Priority: optional
Description: language for pictures as tokens whose order carries meaning
 A small scripting language with tensors, an image tokenizer whose tokens are
 ordered by importance, and a generator that samples them. The package holds
 models, data, examples, the manual and the kernel for Jupyter.
TEXT
  dpkg-deb --root-owner-group -Zxz -z3 --build "$stage" "$package" >/dev/null
  echo "$package"
}

case $kind in
  dist) make_dist ;;
  deb) make_deb ;;
  *) echo "package.sh: dist or deb, not $kind" >&2; exit 64 ;;
esac
