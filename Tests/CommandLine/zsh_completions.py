# SPDX-License-Identifier: Apache-2.0
"""The completions of zsh for a line when Tab is pressed, in a pseudo-terminal.

usage: zsh_completions.py FOLDER_OF_COMPLETIONS LINE
"""

import os
import pty
import select
import sys
import time

folder, line = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.environ.update(TERM="dumb", PS1="$ ")
    os.execvp("zsh", ["zsh", "-f"])


def read_until(mark: str, seconds: float) -> str:
    """The output of the shell up to a mark, or until a timeout."""
    text, end = "", time.monotonic() + seconds
    while mark not in text and time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            text += os.read(terminal, 1 << 16).decode(errors="replace")
    return text


os.write(
    terminal,
    f"fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -D; echo rea''dy\n".encode(),
)
read_until("ready", 20)
os.write(terminal, line.encode() + b"\t")
text = read_until("\0", 3)
os.write(terminal, b"\x15exit\n")
print(text)
