# SPDX-License-Identifier: Apache-2.0
"""What the prompt shows and completes, in a real terminal."""

import os
import time

from tmux import needs_tmux, screen  # noqa: F401

pytestmark = needs_tmux


def test_pictures_are_drawn(screen):
    s = screen(columns=100, rows=40, COLORTERM="truecolor")
    s.type("let x = cat([zeros(2, 3, 8, 8), ones(2, 3, 8, 8)])\nx\n")
    text = s.wait("[4, 3, 8, 8], from 0 to 1, mean 0.5")
    assert "tensor(" not in text
    s.wait("smap>")
    assert "\x1b[48;2;0;0;0m" in s.text(colors=True) or "\x1b[38;2;0;0;0m" in s.text(colors=True), s.text(colors=True)
    s.type("print(x[0, 0, 0, :3])\n")
    s.wait("tensor([0, 0, 0])")


def test_tensors_fit_the_window(screen):
    s = screen(columns=60)
    s.type("zeros(100, 100) + 0.123\n")
    text = s.wait(lambda text: text.replace("\n", "").endswith("shape = [100, 100])smap>"))
    rows = text[text.index("tensor("):].split("\n")
    assert len(rows) <= 12 and rows[1].endswith("0.123],"), text


def test_help_is_paged(screen):
    s = screen()
    s.type("help()\n")
    text = s.wait("-- Space: next page")
    assert text.startswith("a tensor"), text
    s.key("Enter")
    s.key("Space")
    s.key("Space")
    s.type("q")
    s.wait(lambda text: text.endswith("smap>"))
    s.type("?keys\n")
    s.wait("Ctrl-R searches")
    s.type("q")
    s.type('help("precision")\n')
    s.wait("precision is an argument")
    s.type("q")
    s.wait(lambda text: text.rstrip().endswith("smap>"))
    s.type("41 + 1\n")
    s.wait("\n42")


def test_short_help_is_not_paged(screen):
    s = screen()
    s.type("?pi\n")
    s.wait("pi = 3.14")
    assert "-- Space" not in s.text()


def complete(s, typed, expected):
    s.type(typed)
    s.key("Tab")
    s.wait(expected)
    s.key("C-c")


def test_strings_are_completed_by_what_they_mean(screen, tmp_path):
    s = screen(rows=40)
    (tmp_path / "pets").mkdir()
    (tmp_path / "pets" / "cat.png").touch()
    complete(s, 'smap.tokenizer(quantizer = "so', 'quantizer = "softvq"')
    complete(s, 'data.emoji32("v', 'data.emoji32("val"')
    complete(s, 'smap.load("emoji-k', 'smap.load("emoji-kl"')
    complete(s, 'card.load("em', 'card.load("emoji-card"')
    (tmp_path / "mine.safetensors").touch()
    (tmp_path / "mine.png").touch()
    complete(s, 'smap.load("min', 'smap.load("mine.safetensors"')
    complete(s, 'smap.load("pe', 'smap.load("pets/')
    complete(s, 'help("quantiz', 'help("quantize')
    complete(s, 'image.load("pe', 'image.load("pets/')
    complete(s, 'image.load("pets/c', 'image.load("pets/cat.png"')
    complete(s, ":load pe", ":load pets/")
    s.type('let d = data.shapes(20, size = 8)\n')
    complete(s, 'd.subset(["st', 'd.subset(["star"')
    s.type('print("smap.lo')
    s.key("Tab")
    time.sleep(0.3)
    assert s.text().endswith('print("smap.lo')


def test_long_statements_show_that_they_live(screen):
    s = screen()
    s.type("sleep(30)\n")
    s.wait("running for 0:02, Ctrl-C stops it")
    s.key("C-c")
    s.wait(lambda text: "running for" not in text and text.endswith("smap>"))
    s.type('print("open", end = ""); sleep(3); print(" end")\n')
    s.wait("open end")


def test_open_lines_end_before_the_prompt(screen):
    s = screen()
    s.type('print("open", end = "")\n')
    s.wait("\nopen\nsmap>")


def test_an_interrupt_leaves_the_live_picture(screen):
    s = screen(columns=100, rows=40, COLORTERM="truecolor")
    for _ in range(4):
        s.type("while true { show(rand(1, 3, 8, 8), live = true) }\n")
        s.wait("▀")
        s.key("C-c")
        text = s.wait(lambda text: "interrupted" in text and text.endswith("smap>"))
        assert "▀" in text and "tensor(" not in text, text
        s.key("C-l")


TRAINING = (
    "let tok = smap.tokenizer(image_size = 16, num_tokens = 4, token_dim = 2, width = 16, depth = 1, "
    "decoder_depth = 1, heads = 2, pixel_channels = 4, seed = 1)\n"
)


def test_interrupted_training_keeps_its_history(screen):
    s = screen(columns=120)
    s.type(TRAINING)
    s.type("let history = smap.train(tok, data.shapes(8, size = 16, seed = 3), steps = 100000, batch_size = 4, seed = 0)\n")
    s.wait("PSNR", 60)
    s.key("C-c")
    s.wait("interrupted after step")
    s.wait("`history` is the history up to there")
    # A script of the session trains to the end, since what follows uses the history.
    s.type('help("sum")\n')
    s.wait("Adds up all elements")
    s.type("len(history.loss) > 0\n")
    s.wait("true")
    s.type(":save stopped.txt\n")
    s.wait("stopped here, but run to their end by the script: `let history = smap.train")
    s.type('let text = data.load("stopped.txt"); [text.contains(word) for word in ["help", "len(", "here it runs to its end.\\nlet history"]]\n')
    s.wait("[false, true, true]")
    s.type('"{len(history.loss) > 0}, {history.stopped}"\n')
    s.wait('"true, true"')


def test_printed_lines_stay_above_the_bar(screen):
    s = screen(columns=120)
    s.type(TRAINING)
    s.type(
        "smap.train(tok, data.shapes(8, size = 16, seed = 3), steps = 12, batch_size = 4, seed = 0, "
        'on_step = fn(s) { sleep(0.2); if s.step % 4 == 0 { print("printed {s.step:d}") } });\n'
    )
    s.wait("PSNR", 60)
    text = s.wait(lambda text: "printed 12" in text and text.endswith("smap>"), 60)
    assert [line for line in text.split("\n") if line.startswith("printed")] == [f"printed {i}" for i in (4, 8, 12)]
    assert "PSNR" not in text.replace("metrics.psnr", "")


def test_twenty_sessions_share_a_history(screen, tmp_path):
    sessions = [screen() for _ in range(20)]
    for index, s in enumerate(sessions):
        s.type(f"let v{index} = {index}\n")
    for s in sessions:
        s.key("C-d")
    path = os.path.join(tmp_path, "smap", "history.jsonl")
    end = time.monotonic() + 30
    while len(open(path).readlines()) < 20:
        assert time.monotonic() < end
        time.sleep(0.1)
    text = open(path).read()
    assert all(f"let v{index} = {index}\"" in text for index in range(20)), text
