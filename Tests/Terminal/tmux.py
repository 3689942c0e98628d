# SPDX-License-Identifier: Apache-2.0
"""A terminal with a person at it: keys are typed into tmux, and its screen is read."""

import os
import shutil
import subprocess
import time
import uuid

import pytest

SMAP = os.environ["SMAP"]
needs_tmux = pytest.mark.skipif(not shutil.which("tmux"), reason="there is no tmux here")


def started(run, *words, tries=5):
    """Starts a tmux server with one session. On a busy machine a server may give up before its client
    has connected; then nothing has run yet."""
    for left in reversed(range(tries)):
        done = subprocess.run([*run, "new-session", "-d", *words], capture_output=True, text=True)
        if done.returncode == 0:
            return
        assert left and "server exited unexpectedly" in done.stderr, done.stderr
        time.sleep(0.2)


class Screen:
    """A tmux server of its own with one window, in which smap runs."""

    def __init__(self, folder, *arguments, columns=80, rows=24, **environment):
        self.name = f"smap-{uuid.uuid4().hex[:8]}"
        settings = {"XDG_STATE_HOME": str(folder), "LANG": "C.UTF-8", "NO_COLOR": "", "TMPDIR": str(folder)}
        settings.update(environment)
        words = ["env"] + [f"{name}={value}" for name, value in settings.items()] + [SMAP, *arguments]
        run = ["tmux", "-f", "/dev/null", "-L", self.name]
        started(run, "-x", str(columns), "-y", str(rows), "-c", str(folder), *words)
        self.tmux("set-option", "-g", "status", "off")
        self.tmux("set-option", "-g", "assume-paste-time", "0")
        self.tmux("set-option", "-g", "window-size", "manual")
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def tmux(self, *words, **options):
        return subprocess.run(
            ["tmux", "-f", "/dev/null", "-L", self.name, *words], check=True, capture_output=True, text=True, **options
        ).stdout

    def type(self, text):
        """Types a text; a newline is Enter."""
        for index, part in enumerate(text.split("\n")):
            if index:
                self.key("Enter")
            if part:
                self.tmux("send-keys", "-l", "--", part)

    def key(self, *names):
        """Presses keys by their tmux names: Up, C-r, BSpace."""
        self.tmux("send-keys", *names)

    def paste(self, text, bracketed=True):
        self.tmux("load-buffer", "-", input=text)
        self.tmux("paste-buffer", *(["-p"] if bracketed else []), "-r")

    def resize(self, columns, rows):
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def text(self, colors=False, history=False):
        """The lines of the screen without the empty ones at the end."""
        words = ["capture-pane", "-p"] + (["-e"] if colors else []) + (["-S", "-"] if history else [])
        return self.tmux(*words).rstrip("\n")

    def cursor(self):
        """The column and the row of the cursor."""
        x, y = self.tmux("display-message", "-p", "#{cursor_x} #{cursor_y}").split()
        return int(x), int(y)

    def wait(self, condition, seconds=20):
        """The screen once a text is in it, or a condition holds for it."""
        holds = condition if callable(condition) else lambda text: condition in text
        end = time.monotonic() + seconds
        while not holds(text := self.text()):
            assert time.monotonic() < end, f"waited for {condition} in vain:\n{text}"
            time.sleep(0.03)
        return text

    def close(self):
        subprocess.run(["tmux", "-L", self.name, "kill-server"], capture_output=True)


@pytest.fixture
def screen(tmp_path):
    """Opens prompts in tmux; all are closed at the end."""
    opened = []

    def open_screen(*arguments, **settings):
        opened.append(Screen(tmp_path, *arguments, **settings))
        opened[-1].wait("smap>")
        return opened[-1]

    yield open_screen
    for one in opened:
        one.close()
