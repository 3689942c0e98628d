# SPDX-License-Identifier: Apache-2.0
"""What a terminal shows while long work reports its progress and a script prints."""

import os
import pty
import re

from ending import exit_code

SMAP = os.environ["SMAP"]
SCRIPT = """
let tok = smap.tokenizer(image_size = 16, num_tokens = 4, token_dim = 2, width = 16, depth = 1,
  decoder_depth = 1, heads = 2, pixel_channels = 4, seed = 1)
smap.train(tok, data.shapes(8, size = 16, seed = 3), steps = 6, batch_size = 4, seed = 0,
  on_step = fn(s) { sleep(0.4); print("printed {s.step:d}") });
"""


def shown(script):
    """What a script writes to a terminal of 100 columns."""
    process, terminal = pty.fork()
    if process == 0:
        os.environ.update(TERM="xterm", COLUMNS="100")
        os.execv(SMAP, [SMAP, "-e", script])
    output = b""
    try:
        while part := os.read(terminal, 1 << 16):
            output += part
    except OSError:
        pass
    assert exit_code(process) == 0
    return output.decode()


def test_printed_lines_stand_alone():
    text = shown(SCRIPT)
    assert "training" in text, "the bar was never shown"
    lines = [standing(line) for line in text.split("\n")]
    assert [line for line in lines if "printed" in line] == [f"printed {i}" for i in range(1, 7)]


LONG = """
let tok = smap.tokenizer(image_size = 16, num_tokens = 4, token_dim = 2, width = 16, depth = 1,
  decoder_depth = 1, heads = 2, pixel_channels = 4, seed = 1)
smap.train(tok, data.shapes(8, size = 16, seed = 3), steps = 100, batch_size = 4, seed = 0,
  on_step = fn(s) { sleep(0.02) });
"""


def test_the_bar_of_a_training():
    """Parameters and memory stand above a bar with loss, pictures per second and time left."""
    text = shown(LONG)
    assert re.search(r"training: [\d,]+ parameters, about [\d.]+ [kM]B of memory", text), text
    assert re.search(r"\d+/100  [\d.]+ pictures/s", text), text
    lines = [standing(line) for line in text.split("\n")]
    assert [line for line in lines if line.strip()] == [line for line in lines if "parameters" in line]


def standing(line):
    """What a terminal leaves of a line: a return goes to its start, an erasure ends it there."""
    shown, column = [], 0
    for part in re.findall(r"\r|\x1b\[K|[^\r\x1b]", line):
        if part == "\r":
            column = 0
        elif part == "\x1b[K":
            del shown[column:]
        else:
            shown[column:column + 1] = part
            column += 1
    return "".join(shown)


LIVE = """
for i in range(30) { show("frame {i}", live = true); sleep(0.02) }
print("end")
show("last", live = true)
"""


def test_frames_take_each_others_place():
    """Frames are redrawn in place, and the last one stays above what is printed next."""
    text = shown(LIVE)
    assert text.count("frame") > 5, text
    screen, row = [""], 0
    for part in re.findall(r"\n|\r|\x1b\[\d+A|\x1b\[J|[^\r\n\x1b]+", text):
        if part == "\n":
            row += 1
            screen += [""] * (row + 1 - len(screen))
        elif part.endswith("A") and part.startswith("\x1b"):
            row -= int(part[2:-1])
        elif part == "\x1b[J":
            screen[row:] = [""]
        elif part != "\r":
            screen[row] += part
    assert [line for line in screen if line] == ["frame 29", "end", "last"], text
