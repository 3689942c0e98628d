#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Cross-compiles the C sources for aarch64 Linux and runs their tests under qemu: correctness only, no
# speed. The kernels and what else is plain C are compiled by Debian's cross compiler and by the clang that
# comes with Swift, which is what builds smap; the interpreter, whose tail calls only clang guarantees, by
# the latter alone. Swift's sources are not compiled here: that takes an SDK.
# usage: scripts/check-arm.sh [gcc | clang]    only with one of them
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-libraries.sh gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user \
  libpng-dev libjpeg-dev libwebp-dev libedit-dev libcmark-gfm-dev libcmark-gfm-extensions-dev zlib1g-dev

out=.build/arm
strict=(-Wall -Wextra -Werror -std=gnu11)
# Those of Package.swift.
fast=(-ffp-contract=fast -fno-math-errno -Wno-psabi)
exact=(-O3 -ffp-contract=off)
plain=(CFiles CBLAS CCairo CZeroMQ CCrypto CMPI)
# What includes headers of libraries, and these headers, which Debian ships alike for every processor of 64
# bits. They are linked into a folder of their own, so that no other header of this machine is found.
bound=(CPNG CJPEG CWebP CEdit CMarkdown)
borrowed=(png pngconf pnglibconf jpeglib jmorecfg jerror jconfig webp histedit cmark-gfm cmark-gfm_export
  cmark-gfm_version cmark-gfm-core-extensions cmark-gfm-extension_api cmark-gfm-extensions_export zlib zconf)
# The words of clang that Debian's compiler does not know, and a warning of its own: it names every local
# variable that lives across setjmp, changed or not.
foreign=(-D_Nullable= -D_Nonnull= -Wno-unknown-pragmas -Wno-attributes -Wno-clobbered)

# compile FOLDER FLAGS... -- FILES...: objects of the files into the folder, as many at a time as there are
# processors.
compile() {
  local folder=$1 flags=()
  shift
  while [ "$1" != -- ]; do
    flags+=("$1")
    shift
  done
  shift
  mkdir -p "$folder"
  printf '%s\n' "$@" | xargs -P "$(nproc)" -I '{}' bash -c '
    file=$1 folder=$2
    shift 2
    "$@" -c "$file" -o "$folder/$(basename "$file" .c).o"
  ' bash '{}' "$folder" "${compiler[@]}" "${flags[@]}"
}

# try NAME ARGUMENTS...: runs a test under qemu.
try() {
  echo "$1 under qemu-aarch64:"
  qemu-aarch64 -L /usr/aarch64-linux-gnu "$@"
}

# kernels FOLDER FLAGS...: the kernels, and the driver of their tests, which is compiled as exact C.
kernels() {
  local folder=$1
  shift
  compile "$folder/kernels" "${strict[@]}" "${fast[@]}" "$@" -ISources/CKernels/include -- Sources/CKernels/*.c
  compile "$folder/driver" "${strict[@]}" -O1 "$@" -ISources/CKernels/include -- Tests/Kernels/driver/*.c
  "${linker[@]}" "$folder"/kernels/*.o "$folder"/driver/*.o -lm -lpthread -o "$folder/kernels-test"
  try "$folder/kernels-test"
}

# headers: the headers of libraries, in a folder of their own.
headers() {
  local name found
  rm -rf "$out/headers"
  mkdir -p "$out/headers"
  for name in "${borrowed[@]}"; do
    for found in "/usr/include/$name" "/usr/include/$name.h" /usr/include/*-linux-gnu/"$name.h"; do
      [ ! -e "$found" ] || ln -sf "$found" "$out/headers/"
    done
  done
}

# shims FOLDER FLAGS...: what declares and loads libraries, and calls Linux. SHA-256 is tried.
shims() {
  local folder=$1 target
  shift
  for target in "${plain[@]}"; do
    compile "$folder/$target" "${strict[@]}" -O2 "$@" "-ISources/$target/include" -- Sources/"$target"/*.c
  done
  compile "$folder/files" "${strict[@]}" -O1 "$@" -ISources/CFiles/include -- Tests/Kernels/platform/files.c
  for target in "${bound[@]}"; do
    compile "$folder/$target" "${strict[@]}" -O2 "$@" -isystem "$out/headers" "-ISources/$target/include" -- \
      Sources/"$target"/*.c
  done
  echo '#include "shim.h"' >"$out/zlib.c"
  compile "$folder/CZlib" "${strict[@]}" "$@" -isystem "$out/headers" -ISources/CZlib -- "$out/zlib.c"
  "${linker[@]}" "$folder"/CFiles/*.o "$folder"/files/*.o -o "$folder/files-test"
  try "$folder/files-test"
}

headers
linker=(aarch64-linux-gnu-gcc)
if [ "${1:-gcc}" = gcc ]; then
  echo "Debian's compiler: $(aarch64-linux-gnu-gcc --version | head -1)"
  compiler=(aarch64-linux-gnu-gcc)
  # It needs minutes for the products with more.
  kernels "$out/gcc" -O1 "${foreign[@]}"
  shims "$out/gcc" "${foreign[@]}"
fi
[ "${1:-clang}" = clang ] || exit 0

clang=$(command -v clang || true)
swift=$(command -v swift || true)
[ -z "$swift" ] || [ ! -x "$(dirname "$(realpath "$swift")")/clang" ] || clang=$(dirname "$(realpath "$swift")")/clang
if [ -z "$clang" ]; then
  echo "there is no clang: the interpreter was not compiled" >&2
  exit 1
fi
echo "Swift's compiler: $("$clang" --version | head -1)"
compiler=("$clang" --target=aarch64-linux-gnu)
kernels "$out/clang" -O3
# As on a processor without kernels of its own.
kernels "$out/portable" -O3 -DSMAP_KERNEL_LEVEL=1
shims "$out/clang"
compile "$out/machine" "${strict[@]}" -Wno-unused-parameter "${exact[@]}" -ISources/CMachine/include -- \
  Sources/CMachine/*.c
compile "$out/machine-test" "${strict[@]}" -O1 -ISources/CMachine/include -ISources/CMachine -- \
  Tests/Kernels/platform/machine.c
"${linker[@]}" "$out"/machine/*.o "$out"/machine-test/*.o -lm -o "$out/machine-test/run"
try "$out/machine-test/run"
echo "aarch64: every test passed"
