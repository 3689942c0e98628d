# SPDX-License-Identifier: Apache-2.0
"""Decoders of what smap sends to terminals, written from the descriptions of the protocols."""

import base64
import fcntl
import io
import os
import pty
import re
import select
import struct
import termios
import time

from ending import exit_code
from PIL import Image

SMAP = os.environ["SMAP"]

# A picture in which every protocol can be told from a mirrored or a shifted one.
DRAW = """
let x = zeros(1, 3, 24, 36)
x[:, 0, :8] = 1
x[:, 1, :, :12] = 1
x[:, 2, 16:, 24:] = 1
"""


def original():
    """The picture of DRAW."""
    picture = Image.new("RGB", (36, 24))
    for y in range(24):
        for x in range(36):
            red, green, blue = y < 8, x < 12, y >= 16 and x >= 24
            picture.putpixel((x, y), (255 * red, 255 * green, 255 * blue))
    return picture


def sixel(text):
    """The picture of a sixel sequence."""
    body = re.search(r'\x1bPq"1;1;(\d+);(\d+)(.*?)\x1b\\', text, re.S)
    width, height = int(body[1]), int(body[2])
    picture = Image.new("RGB", (width, height), (1, 2, 3))
    palette, color, x, y = {}, 0, 0, 0
    for part in re.finditer(r"#(\d+);2;(\d+);(\d+);(\d+)|#(\d+)|!(\d+)(.)|([$-])|([?-~])", body[3]):
        if part[1]:
            palette[int(part[1])] = tuple(round(int(part[i]) * 2.55) for i in (2, 3, 4))
        elif part[5]:
            color = int(part[5])
        elif part[8] == "$":
            x = 0
        elif part[8] == "-":
            x, y = 0, y + 6
        else:
            count, pattern = (int(part[6]), part[7]) if part[6] else (1, part[9])
            for _ in range(count):
                for row in range(6):
                    if ord(pattern) - 63 >> row & 1:
                        picture.putpixel((x, y + row), palette[color])
                x += 1
    return picture


def kitty(text):
    """The picture of kitty's protocol."""
    chunks = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", text)
    chunks = [chunk for chunk in chunks if "a=q" not in chunk[0]]
    assert all(len(data) <= 4096 for _, data in chunks)
    assert [("m=1" in head) for head, _ in chunks] == [True] * (len(chunks) - 1) + [False]
    data = base64.b64decode("".join(data for _, data in chunks), validate=True)
    return Image.open(io.BytesIO(data)).convert("RGB")


def iterm2(text):
    """The picture of iTerm2's protocol."""
    found = re.search(r"\x1b\]1337;File=([^:]*):([^\x07]*)\x07", text)
    data = base64.b64decode(found[2], validate=True)
    assert f"size={len(data)};" in found[1]
    return Image.open(io.BytesIO(data)).convert("RGB")


def blocks(text):
    """The picture of half blocks in 24-bit colours."""
    rows = []
    for line in text.replace("\r", "").strip("\n").split("\n"):
        upper, lower, front, back = [], [], None, None
        for part in re.finditer(r"\x1b\[([0-9;]*)m|(.)", line):
            if part[2] is None:
                codes = [int(c or 0) for c in part[1].split(";")]
                while codes:
                    code = codes.pop(0)
                    if code == 0:
                        front = back = None
                    elif code in (38, 48):
                        assert codes.pop(0) == 2
                        color, codes = tuple(codes[:3]), codes[3:]
                        front, back = (color, back) if code == 38 else (front, color)
                    else:
                        assert code == 49
                        back = None
            elif part[2] == " ":
                upper.append(back)
                lower.append(back)
            else:
                upper.append(front if part[2] == "▀" else back)
                lower.append(front if part[2] == "▄" else back)
        rows += [upper, lower]
    picture = Image.new("RGB", (len(rows[0]), len(rows)))
    for y, row in enumerate(rows):
        for x, color in enumerate(row):
            picture.putpixel((x, y), color)
    return picture


class Terminal:
    """A terminal in which smap runs, and which answers questions about graphics."""

    def __init__(self, arguments, answer, size=None, **environment):
        self.output = b""
        self.answer = answer
        self.asked = 0
        self.process, self.side = pty.fork()
        if self.process == 0:
            for name in ("KITTY_WINDOW_ID", "TMUX", "TERM_PROGRAM", "NO_COLOR", "SMAP_IMAGES"):
                os.environ.pop(name, None)
            os.environ.update({"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **environment})
            os.execv(SMAP, [SMAP, *arguments])
        if size is not None:
            fcntl.ioctl(self.side, termios.TIOCSWINSZ, struct.pack("HHHH", *size))

    def read(self, until=None, seconds=60):
        """Reads until a text appears, or to the end."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            if not select.select([self.side], [], [], 1)[0]:
                continue
            try:
                part = os.read(self.side, 1 << 16)
            except OSError:
                break
            if not part:
                break
            self.output += part
            if self.output.count(b"\x1b[c") > self.asked:
                self.asked += 1
                os.write(self.side, self.answer)
            if until is not None and until in self.output:
                break
        return self.output.decode(errors="replace")

    def end(self):
        """The exit code."""
        return exit_code(self.process)
