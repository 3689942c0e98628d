#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the packages in a fresh Debian without Swift and tries them there: first the tarball, on what
# every Debian has, then the Debian package. Needs root, debootstrap and the network. SMAP_CHROOT names
# a system made before, which is kept.
# usage: scripts/check-packages.sh TARBALL DEB [SUITE]
set -euo pipefail
tarball=$(realpath "${1:?usage: check-packages.sh TARBALL DEB [SUITE]}")
deb=$(realpath "${2:?}")
suite=${3:-bookworm}
[ "$(id -u)" -eq 0 ] || { echo "check-packages.sh: root is needed for a chroot" >&2; exit 77; }
command -v debootstrap >/dev/null || "$(dirname "$0")/install-libraries.sh" debootstrap
system=${SMAP_CHROOT:-$(mktemp -d)/system}
if [ ! -x "$system/bin/sh" ]; then debootstrap --variant=minbase "$suite" "$system" >/dev/null; fi
# The linker finds libraries beside a program by /proc/self/exe.
mountpoint -q "$system/proc" || mount --bind /proc "$system/proc"
finish() {
  umount "$system/proc"
  [ -n "${SMAP_CHROOT:-}" ] || rm -rf --one-file-system "$(dirname "$system")"
}
trap finish EXIT

inside() { chroot "$system" /usr/bin/env -i PATH=/usr/local/bin:/usr/bin:/bin HOME=/root TERM=dumb "$@"; }
expect() {
  local wanted=$1 found
  shift
  found=$(inside "$@" 2>&1) || { echo "failed: $* : $found" >&2; exit 1; }
  [[ $found == *"$wanted"* ]] || { echo "failed: $* : $found, without $wanted" >&2; exit 1; }
}

# Language, linear algebra, models, data, pictures, checks, help: what a user does first.
try() {
  local smap=$1
  expect 3 "$smap" -e '1 + 2'
  expect '[4, 4]' "$smap" -e 'linalg.inv(randn(4, 4, seed = 1)).shape'
  expect '[1, 16]' "$smap" -e 'smap.encode(smap.load("emoji-kl"), data.emoji32("val").images[[20]], label = "hand").shape'
  expect '[1, 3, 32, 32]' "$smap" -e 'smap.decode(smap.load("letters-vq"), smap.encode(smap.load("letters-vq"), data.letters32("val").images[[0]], label = 0)).shape'
  expect '[1, 3, 8, 8]' "$smap" -e 'image.save(zeros(3, 8, 8), "/tmp/x.png"); image.load("/tmp/x.png").shape'
  expect 'emoji-card' "$smap" doctor /tmp
  expect 'install libzmq5' "$smap" doctor /tmp
  expect 'Swift' sh -c 'command -v swift || echo "no Swift"'
}

rm -rf "$system/opt/smap" && mkdir -p "$system/opt/smap"
tar -xzf "$tarball" -C "$system/opt/smap" --strip-components=1
try /opt/smap/bin/smap
[ -s "$system/opt/smap/share/man/man1/smap.1" ]
[ -s "$system/opt/smap/share/bash-completion/completions/smap" ]
# A copy elsewhere finds its libraries and models, too.
inside cp -R /opt/smap/bin /opt/smap/lib /opt/smap/share /usr/local/
inside rm -rf /opt/smap
try /usr/local/bin/smap
inside rm -rf /usr/local/bin/smap /usr/local/lib/smap /usr/local/share/smap
echo "tarball: passed"

cp "$deb" "$system/tmp/smap.deb"
inside apt-get update -qq >/dev/null
inside env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends /tmp/smap.deb >/dev/null 2>&1
try /usr/bin/smap
inside test -s /usr/share/man/man1/smap.1.gz
inside test -s /usr/share/jupyter/kernels/smap/kernel.json
inside apt-get install -y -qq libzmq5 >/dev/null 2>&1
expect 'ZeroMQ 4' smap doctor /tmp
inside apt-get remove -y -qq smap >/dev/null 2>&1
inside sh -c '! command -v smap'
echo "package: passed"
