# SPDX-License-Identifier: Apache-2.0
"""Editing at the prompt, in a real terminal."""

import random
import time

from tmux import needs_tmux, screen  # noqa: F401

pytestmark = needs_tmux
LOOP = "for i in range(2) {\n  print(i)\n}"


def settled(screen, seconds=0.3):
    """The screen after it has stopped changing."""
    before = None
    while before != (before := screen.text()) or time.sleep(seconds):
        time.sleep(seconds)
    return screen.text()


def test_a_line_is_edited_and_run(screen):
    s = screen()
    s.type("let abc = 12")
    s.key("Home", "Right", "Right", "Right", "Right", "x", "End", "BSpace", "3")
    s.wait("smap> let xabc = 13")
    s.type("\nxabc * 2\n")
    s.wait("26")


def test_long_lines_wrap_and_lose_nothing(screen):
    s = screen(columns=40)
    s.type("len([" + ", ".join(str(i) for i in range(40)))
    s.type("])")
    s.wait(lambda text: text.replace("\n", "").endswith("39])"))
    s.key("Home")
    s.type("1 + ")
    s.wait("smap> 1 + len([0, 1, 2")
    s.key("Enter")
    assert s.wait("\n41")


def test_words_are_killed_and_yanked(screen):
    s = screen()
    s.type("alpha beta")
    s.key("C-w", "C-a", "C-k")
    s.wait(lambda text: text.endswith("smap>"))
    s.key("C-y", "C-y")
    s.wait("alpha alpha")
    s.key("C-c")
    s.type("1 + 1\n")
    s.wait("\n2")


def test_recalled_statements_are_edited_inside(screen):
    """Up moves within a recalled statement first, then to the one before it."""
    s = screen()
    s.type("40 + 2\n")
    s.wait("\n42")
    s.paste(LOOP)
    s.key("Enter")
    s.wait("\n0\n1\n")
    s.key("Up")
    s.wait(lambda text: text.count("for i in") == 2)
    row = s.cursor()[1]
    s.key("Up")
    s.wait(lambda _: s.cursor()[1] == row - 1)
    s.key("End", "BSpace")
    s.type(" * 10)\n")
    s.wait("0\n10")
    s.key(*["Up"] * 7)
    s.wait(lambda text: text.endswith("smap> 40 + 2"))


def test_bracketed_pastes_and_transcripts(screen):
    s = screen()
    s.paste("smap> fn twice(n) {\n  ...   n * 2\n  ... }\nsmap> twice(4)\n8\nsmap> for i in [3] {\n        print(twice(i))\n      }\n6\n")
    s.wait("print(twice(i))")
    s.key("Enter")
    s.wait("\n6\n")
    s.type("twice(10)\n")
    s.wait("\n20")


def test_an_indented_transcript_runs_as_a_whole(screen):
    s = screen()
    s.paste("    smap> let a = 20\n    smap> let b = [1,\n      ...   2]\n    smap> a + b[1]\n    22\n    smap> a * 2\n")
    s.wait("a * 2")
    s.key("Enter")
    s.wait("\n40")
    s.type("a + b[0]\n")
    s.wait("\n21")


def test_unbracketed_pastes_keep_their_indentation(screen):
    """Indented lines that arrive as if typed are not indented twice."""
    s = screen()
    program = "fn deep(n) {\n    if n > 0 {\n        for i in [1] {\n            print(n)\n        }\n    }\n}\n"
    s.paste(program, bracketed=False)
    s.wait("      }")
    s.type("deep(7)\n")
    s.wait("\n7\n")
    s.key("Up", "Up")
    text = s.wait(lambda text: text.count("print(n)") == 2)
    assert "\n" + " " * 18 + "print(n)" in text.split("deep(7)")[1], text


def test_unbracketed_transcripts_lose_their_prompts(screen):
    s = screen()
    s.paste("smap> for i in range(2) {\n  ...   print(i + 40)\n  ... }\n", bracketed=False)
    s.wait("\n40\n41")


def test_what_failed_is_not_suggested(screen):
    s = screen()
    s.type("let number = 40\n")
    s.type("let number = missing_name\n")
    s.wait("NameError")
    s.type("let nu")
    s.key("Right")
    s.wait(lambda text: text.endswith("smap> let number = 40"))


def test_colors_brackets_and_hint(screen):
    s = screen()
    s.type('print("a", [12])\n')
    s.wait("a [12]")
    s.type("pri")
    s.wait('smap> print("a", [12])')
    assert '\x1b[90mnt("a", [12])' in s.text(colors=True), s.text(colors=True)
    assert s.cursor()[0] == 9
    s.key("Right")
    s.wait(lambda _: s.cursor()[0] == 22)
    colored = s.text(colors=True).split("\n")[-1]
    assert "\x1b[32m" in colored and "\x1b[36m" in colored, colored
    assert colored.count("\x1b[1m\x1b[4m") + colored.count("\x1b[1;4m") == 2, colored


def test_no_color_means_none(screen):
    s = screen(NO_COLOR="1")
    s.type('let text = "a"\n')
    s.type("let t")
    s.wait("smap> let t")
    assert "\x1b[" not in s.text(colors=True), s.text(colors=True)
    assert not s.text().endswith('"a"')


def test_tall_statements_scroll(screen):
    """Of a statement that is higher than the window the rows around the cursor are shown."""
    s = screen(rows=10)
    s.type("len([")
    for i in range(20):
        s.key("Enter")
        s.type(f"{i},")
        s.wait(lambda text: text.endswith(f" {i},"))
    s.key("Enter")
    s.key(*["Up"] * 21)
    s.wait(lambda text: text.startswith("smap> len(["))
    s.key(*["Down"] * 21)
    s.type("99])")
    s.wait("99])")
    s.key("Enter")
    s.wait("\n21")


def test_a_storm_of_resizes_leaves_no_remains(screen):
    s = screen(columns=100, rows=30)
    s.type('print("above")\n')
    s.wait("\nabove")
    statement = "let numbers = [" + ", ".join(str(i * i) for i in range(60)) + "]"
    s.type(statement)
    s.wait("3481]")
    chance = random.Random(3)
    for _ in range(200):
        s.resize(chance.randint(30, 140), chance.randint(20, 40))
    s.resize(90, 30)
    text = settled(s)
    joined = text.replace("\n", "")
    assert joined.count("let numbers") == 1 and joined.endswith(statement[-20:]), text
    assert "above" in text
    s.type("\nlen(numbers)\n")
    s.wait("\n60")


def test_search_and_leading_spaces(screen):
    s = screen()
    for line in ["let first = 1", "let second = 2", " let secret = 3", "first + second"]:
        s.type(line + "\n")
    s.wait("\n3")
    s.key("C-r")
    s.type("let ")
    s.wait("search `let `: let second = 2")
    s.key("C-r")
    s.wait("search `let `: let first = 1")
    s.key("C-g")
    s.type("secret\n")
    s.wait("\n3\nsmap> secret\n3")


def test_candidates_are_listed_below(screen):
    s = screen()
    s.type("image.")
    s.key("Tab")
    s.wait(lambda text: "resize" in text and text.endswith("smap> image."))


def test_clear_screen_and_suspended_lines(screen):
    s = screen()
    s.type("1 + 1\n")
    s.wait("\n2")
    s.type("let kept = 5")
    s.key("C-l")
    s.wait(lambda text: text == "smap> let kept = 5")
    s.key("C-c")
    s.type("kept\n")
    s.wait("NameError")
