# SPDX-License-Identifier: Apache-2.0
"""Types input for a program at the prompt of a terminal, and prints the output.

usage: prompt_input.py SMAP
"""

import os
import pty
import select
import sys
import time

child, terminal = pty.fork()
if child == 0:
    os.environ.update(TERM="xterm", HOME=os.getcwd(), XDG_STATE_HOME=os.getcwd())
    os.execv(sys.argv[1], ["smap"])


def shown(mark: str) -> str:
    """The output up to a mark."""
    text, end = "", time.monotonic() + 60
    while mark not in text and time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            text = (text + os.read(terminal, 1 << 16).decode()).replace("\r", "")
    return text


PROMPT = "smap>"
shown(PROMPT)
for typed, mark in [
    ('let x = input("your name? ")\r', "\x1b[?2004hyour name? "),
    ("Adx\x7fa\r", PROMPT),  # edited with the backspace key
    ("x\r", '"Ada"'),
    ('let y = input("lost? ")\r', "\x1b[?2004hlost? "),
    ("\x03", "interrupted"),  # Ctrl-C
    ('let y = input("end? ")\r', "\x1b[?2004hend? "),
    ("\x04", PROMPT),  # Ctrl-D
    ("y == nil\r", "true"),
]:
    os.write(terminal, typed.encode())
    text = shown(mark)
    print(mark.strip("\x1b[?2004h") if mark in text else f"{typed!r} shows {text!r}, not {mark!r}")
os.write(terminal, b"exit(4)\r")
print("exit code", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
