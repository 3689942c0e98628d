# SPDX-License-Identifier: Apache-2.0
"""What goes wrong easily with libedit, signals and terminals: each is tried in a real terminal."""

import os
import pty
import re
import select
import signal
import subprocess
import time

import pytest
from ending import exit_code
from tmux import SMAP, needs_tmux, screen, started  # noqa: F401

pytestmark = needs_tmux


@pytest.fixture
def window(tmp_path):
    """A shell in tmux that runs a script around smap."""
    names = []

    def open_window(text, columns=80, rows=24, **settings):
        name = f"smap-pitfall-{os.getpid()}-{len(names)}"
        names.append(name)
        script = tmp_path / "script.sh"
        script.write_text(text)
        environment = {"XDG_STATE_HOME": str(tmp_path), "LANG": "C.UTF-8", "HOME": str(tmp_path), **settings}
        words = ["env"] + [f"{key}={value}" for key, value in environment.items()] + ["sh", str(script)]
        run = ["tmux", "-f", "/dev/null", "-L", name]
        started(run, "-x", str(columns), "-y", str(rows), "-c", str(tmp_path), *words)
        return Window(run)

    yield open_window
    for name in names:
        subprocess.run(["tmux", "-L", name, "kill-server"], capture_output=True)


class Window:
    def __init__(self, run):
        self.run = run

    def text(self):
        return subprocess.run([*self.run, "capture-pane", "-p"], capture_output=True, text=True).stdout.rstrip("\n")

    def type(self, *keys, literal=False):
        subprocess.run([*self.run, "send-keys", *(["-l", "--"] if literal else []), *keys], check=True)

    def wait(self, words, seconds=20):
        end = time.monotonic() + seconds
        while words not in (text := self.text()):
            assert time.monotonic() < end, f"waited for {words!r} in vain:\n{text}"
            time.sleep(0.05)
        return text


def test_signals_stay_with_the_prompt(window):
    """Ctrl-C while a line is edited reaches no other process of the group (pitfall 2)."""
    w = window(f"trap 'echo reached' INT\n'{SMAP}' repl\necho ended\nsleep 60\n")
    w.wait("smap>")
    for word in ["first", "second"]:
        w.type(word, literal=True)
        w.wait(word)
        w.type("C-c")
    w.type("C-d")
    assert "reached" not in w.wait("ended")


@pytest.mark.parametrize("ending", ["C-d", "kill"])
def test_the_terminal_gets_its_mode_back(window, tmp_path, ending):
    """After the prompt, however it ends, keys send signals and lines are echoed again (pitfall 4)."""
    run = f"sh -c 'echo $$ > pid; exec {SMAP} repl'"
    w = window(f"stty -a > before\n{run}\nstty -a > after\ncmp before after && echo same\nsleep 60\n")
    w.wait("smap>")
    w.type("let half = ", literal=True)
    w.wait("half")
    if ending == "kill":
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGTERM)
    else:
        w.type("C-c", "C-d")
    w.wait("same")


def test_a_program_gets_ctrl_c_as_a_signal(screen):
    """Keys send signals while code runs, and are keys again at the prompt after it (pitfall 4)."""
    s = screen()
    for _ in range(3):
        s.type("sleep(60)\n")
        time.sleep(0.4)
        s.key("C-c")
        s.wait(lambda text: text.endswith("\nsmap>"))
        s.type("let left = 1")
        s.key("C-c")
        s.wait(lambda text: text.endswith("\nsmap>"))
        s.key("C-l")
    s.type("left\n")
    s.wait("NameError")


def test_two_thousand_pasted_lines_are_one_statement(screen):
    """A bracketed paste is fast, and its last newline does not run it (pitfall 5)."""
    s = screen()
    start = time.monotonic()
    s.paste("let numbers = [\n" + "".join(f"  {i},\n" for i in range(2000)) + "]\n")
    s.wait(lambda text: text.rstrip().endswith("]"), 30)
    assert "2002 lines" in s.text()
    s.key("Enter")
    s.wait(lambda text: text.endswith("\nsmap>"), 30)
    assert time.monotonic() - start < 20
    s.type("len(numbers)\n")
    s.wait("\n2000")


def test_cancelled_statements_leave_nothing_below(screen):
    """Ctrl-C in the first row of many clears the rows under it (pitfall 6)."""
    s = screen(rows=12)
    s.paste("for i in range(3) {\n  let a = i\n  let b = a\n  print(b)\n}")
    s.wait("print(b)")
    s.key(*["Up"] * 4)
    s.key("C-c")
    s.type("40 + 2\n")
    text = s.wait("\n42")
    assert "print(b)" not in text.split("40 + 2")[1], text


def test_statements_are_edited_in_an_editor(screen, tmp_path):
    """Ctrl-X opens a statement of any height in $EDITOR and takes what was saved (pitfall 6)."""
    editor = tmp_path / "editor.sh"
    editor.write_text('#!/bin/sh\nsed -i "s/old/40 + 2/" "$1"\n')
    editor.chmod(0o755)
    for folder in [str(tmp_path), ""]:
        s = screen(EDITOR=str(editor), TMPDIR=folder)
        s.type("old")
        s.key("C-x")
        s.wait("40 + 2")
        s.key("Enter")
        s.wait("\n42")
    assert not [name for name in os.listdir("/") if name.startswith("smap-")]


def test_a_prefix_finds_statements_of_the_history(screen):
    """Up after a prefix goes through the statements that begin so, then back to what was typed (pitfall 7)."""
    s = screen()
    for line in ["let alpha = 1", "beta = 2", "let gamma = 3", "1 + 1"]:
        s.type(line + "\n")
        s.wait(lambda text: text.endswith("\nsmap>"))
    s.type("let ")
    s.key("Up")
    s.wait(lambda text: text.endswith("smap> let gamma = 3"))
    s.key("Up")
    s.wait(lambda text: text.endswith("smap> let alpha = 1"))
    s.key("Down", "Down")
    s.wait(lambda text: re.search(r"smap> let( gamma = 3)?$", text.split("\n")[-1]))


def test_nothing_of_a_longer_line_is_left(screen):
    """Text is taken by its length: the end of a longer statement before is no part of it (pitfall 8)."""
    s = screen()
    s.type('"' + "x" * 300 + '"\n')
    s.wait(lambda text: text.endswith("\nsmap>"))
    s.type("'äö😀'.len()")
    s.key(*["BSpace"] * 6)
    s.type("\n")
    s.wait(lambda text: '"äö😀"' in text and text.endswith("\nsmap>"))
    s.type("7\n")
    s.wait("smap> 7\n7\nsmap>")


def test_coloured_prompts_do_not_shift_the_cursor(screen):
    """Escape sequences of the prompt take no columns (pitfall 10)."""
    for settings in [{}, {"NO_COLOR": "1"}]:
        s = screen(columns=30, **settings)
        assert s.cursor()[0] == 6
        s.type("a" * 24)
        s.wait(lambda text: "a" * 24 in text)
        s.type("bc")
        s.wait(lambda text: text.endswith("\nbc"))
        s.key("Home")
        end = time.monotonic() + 5
        while s.cursor() != (6, s.cursor()[1]) and time.monotonic() < end:
            time.sleep(0.05)
        assert s.cursor()[0] == 6


def test_an_editrc_changes_no_keys(screen, tmp_path):
    """Somebody's settings for other programs wipe no bindings (pitfall 11)."""
    (tmp_path / ".editrc").write_text("bind -v\nbind -r ^A\n")
    s = screen(HOME=str(tmp_path))
    s.type("x = 2")
    s.key("C-a")
    s.type("let ")
    s.key("C-e")
    s.type("1\nx\n")
    s.wait("\n21")


def test_signals_do_not_end_the_prompt(screen):
    """A read that a signal interrupts is no end of input (pitfall 12)."""
    s = screen(rows=20)
    pane = int(s.tmux("display-message", "-p", "#{pane_pid}"))
    s.type("let kept = ")
    for number in [signal.SIGWINCH, signal.SIGCONT, signal.SIGCHLD] * 20:
        os.kill(pane, number)
        time.sleep(0.01)
    s.resize(70, 20)
    s.type("5\nkept + 1\n")
    s.wait("\n6")


def test_a_closed_terminal_ends_the_prompt():
    """A hang-up ends it at once; it does not spin on a terminal that is gone."""
    process, side = pty.fork()
    if process == 0:
        os.environ.update({"TERM": "xterm"})
        os.execv(SMAP, [SMAP, "repl"])
    output = b""
    while b"smap> " not in output:
        assert select.select([side], [], [], 20)[0]
        output += os.read(side, 4096)
    os.close(side)
    exit_code(process, seconds=10)


def test_ctrl_d_typed_during_a_statement_ends_the_prompt_after_it():
    """The terminal, which collects lines meanwhile, turns it into a null byte."""
    process, side = pty.fork()
    if process == 0:
        os.environ.update({"TERM": "xterm"})
        os.execv(SMAP, [SMAP, "repl"])
    output, typed = b"", [b"sleep(0.5)\r", b"1 + 1\r\x04"]
    while True:
        assert select.select([side], [], [], 20)[0]
        try:
            output += os.read(side, 4096)
        except OSError:
            break
        if typed and (b"smap> " if len(typed) == 2 else b"2004l") in output:
            os.write(side, typed.pop(0))
    assert exit_code(process) == 0 and b"2\r\n" in output


def test_a_page_that_is_read_slowly_keeps_its_question(window):
    w = window(f"'{SMAP}' repl\n")
    w.wait("smap>")
    w.type("help()", "Enter")
    w.wait("Space: next page")
    time.sleep(3)
    assert "Space: next page" in w.text() and "running for" not in w.text()
    w.type("q")
    w.wait("smap>")


def test_the_question_of_a_page_fits_a_narrow_window(window):
    w = window(f"'{SMAP}' repl\n", columns=40, rows=20)
    w.wait("smap>")
    w.type('help("tour")', "Enter")
    assert w.wait("q: end --").startswith("Type the lines one after another.")
