#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Shows a picture in real terminals and with other decoders: sixel2png (libsixel-bin), and xterm under
# Xvfb, which is asked for its graphics and photographed. Look at out/terminals/*.png.
# usage: scripts/check-terminals.sh BINARY
set -euo pipefail
binary=$(realpath "${1:?usage: check-terminals.sh BINARY}")
cd "$(dirname "$0")/.."
scripts/install-libraries.sh libsixel-bin xvfb xterm x11-apps netpbm
mkdir -p out/terminals
show='show(image.grid(data.emoji32("val").images[:8], cols = 4, scale = 3)); sleep(2)'

"$binary" --images=sixel -e "$show" >out/terminals/sheet.six
sixel2png -i out/terminals/sheet.six -o out/terminals/sixel2png.png

photograph() { # name, terminal and its arguments
  local name=$1
  shift
  xvfb-run -a -s '-screen 0 800x500x24' bash -c '
    "${@:3}" & terminal=$!
    sleep 4
    xwd -root -silent | xwdtopnm 2>/dev/null | pnmtopng >"$2" 2>/dev/null
    kill $terminal 2>/dev/null; wait $terminal 2>/dev/null || true
  ' bash "$name" "out/terminals/$name.png" "$@"
}
unset TMUX KITTY_WINDOW_ID TERM_PROGRAM SMAP_IMAGES
run=("$binary" -e "$show; sleep(5)")
photograph xterm-sixel xterm -ti vt340 -geometry 80x30 -e "${run[@]}"
photograph xterm-blocks xterm -ti vt100 -geometry 80x30 -e "${run[@]}"
photograph xterm-tmux xterm -ti vt340 -geometry 80x30 -e tmux -L check -f /dev/null new "${run[*]@Q}"
ls -l out/terminals
