# SPDX-License-Identifier: Apache-2.0
"""Pictures in terminals: every protocol decoded again, and chosen by what a terminal answers."""

import os
import subprocess

import pytest

pytest.importorskip("PIL")

import pictures  # noqa: E402
from PIL import ImageChops  # noqa: E402

SHOW = pictures.DRAW + "show(image.grid(x, padding = 0))"
KITTY = b"\x1b_Gi=4301;OK\x1b\\\x1b[?62;52;c"
SIXEL = b"\x1b[?63;1;2;4;6;22c"
NEITHER = b"\x1b[?64;1;2;6;22c"


def piped(style):
    """What smap writes into a pipe with a given style of pictures."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "COLORTERM": "truecolor", "TERM": "xterm"}
    environment.pop("TMUX", None)
    command = [pictures.SMAP, "--color=always", f"--images={style}", "-e", SHOW]
    return subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout


@pytest.mark.parametrize("style", ["sixel", "kitty", "iterm2", "blocks"])
def test_every_protocol_carries_the_picture(style):
    decoded = getattr(pictures, style)(piped(style))
    assert ImageChops.difference(decoded, pictures.original()).getbbox() is None


@pytest.mark.parametrize(
    "answer, term, style",
    [
        (KITTY, "xterm-256color", "kitty"),
        (SIXEL, "xterm-256color", "sixel"),
        (SIXEL, "tmux-256color", "sixel"),
    ],
)
def test_the_terminal_says_what_it_draws(answer, term, style):
    terminal = pictures.Terminal(["-e", SHOW], answer, TERM=term, COLORTERM="truecolor")
    text = terminal.read()
    assert terminal.end() == 0 and terminal.asked == 1
    assert ("_Gi=4301" in text) == (term == "xterm-256color")
    decoded = getattr(pictures, style)(text)
    assert ImageChops.difference(decoded, pictures.original()).getbbox() is None


def test_other_terminals_get_half_blocks():
    terminal = pictures.Terminal(["-e", SHOW], NEITHER)
    assert "\x1b[38;5;226;48;5;226m" in terminal.read() and terminal.end() == 0


def test_a_silent_terminal_gets_half_blocks():
    terminal = pictures.Terminal(["-e", SHOW], b"")
    assert "\x1b[38;5;226;48;5;226m" in terminal.read() and terminal.end() == 0


@pytest.mark.parametrize("term", ["linux", "dumb", "xterm-kitty"])
def test_terminals_that_need_no_question_get_none(term):
    terminal = pictures.Terminal(["-e", SHOW], NEITHER, TERM=term)
    terminal.read()
    assert terminal.end() == 0 and terminal.asked == 0


def test_nothing_is_asked_without_a_picture():
    terminal = pictures.Terminal(["-e", "show(5)"], NEITHER)
    terminal.read()
    assert terminal.end() == 0 and terminal.asked == 0


def test_keys_typed_while_a_terminal_is_asked_are_kept():
    """The answer comes with the next statement, typed ahead."""
    terminal = pictures.Terminal(["repl"], NEITHER + b"print(40 + 2)\r")
    terminal.read(until=b"> ")
    os.write(terminal.side, SHOW.replace("\n", "; ").strip("; ").encode() + b"\r")
    # The answer may come after keys that are typed before there is a prompt.
    assert "42" in terminal.read(until=b"42\r\n")
    os.write(terminal.side, b"\x04")
    terminal.read()
    assert terminal.end() == 0 and terminal.asked == 1


FIGURE = 'show(plot.line([1, 4, 9], title = "A title"))'


@pytest.mark.parametrize("answer, style", [(KITTY, "kitty"), (SIXEL, "sixel")])
def test_figures_are_pictures_where_bitmaps_are(answer, style):
    terminal = pictures.Terminal(["-e", FIGURE], answer)
    text = terminal.read()
    assert terminal.end() == 0 and terminal.asked == 1 and "A title" not in text
    decoded = getattr(pictures, style)(text)
    assert decoded.size == (480, 320)
    colors = {color for _, color in decoded.getcolors(1 << 20)}
    # Paper and ink: the curve is blue on white.
    assert (255, 255, 255) in colors and any(blue > red + 100 for red, _, blue in colors)


def test_figures_are_as_sharp_as_the_characters():
    """Characters of twenty pixels mean twice as many pixels for a figure, and no more than fit."""
    for columns, pixels, size in [(100, 2000, (960, 640)), (40, 400, (400, 267)), (40, 800, (800, 533))]:
        terminal = pictures.Terminal(["-e", "sleep(0.3); " + FIGURE], KITTY, size=(24, columns, pixels, 480))
        decoded = pictures.kitty(terminal.read())
        assert terminal.end() == 0 and decoded.size == size


def test_figures_are_text_elsewhere():
    terminal = pictures.Terminal(["-e", FIGURE], NEITHER)
    text = terminal.read()
    assert terminal.end() == 0 and "A title" in text and "└" in text


def test_doctor_says_how_figures_are_shown():
    for answer, words in [(KITTY, "pictures and figures as kitty"), (NEITHER, "figures as text")]:
        terminal = pictures.Terminal(["doctor"], answer)
        assert words in terminal.read()
        terminal.end()
