# SPDX-License-Identifier: Apache-2.0
"""What the prompt shows fits the window: the terminal breaks no line of it."""

import re

import pytest
from tmux import needs_tmux, screen  # noqa: F401

pytestmark = needs_tmux

STATEMENTS = {
    "curve": 'plot.line([[sin(i / 9) for i in range(90)], [cos(i / 9) for i in range(90)]], labels = ["a first curve with a long name", "another curve with a long name"], '
             'title = "A title that is longer than a narrow window is wide", xlabel = "an axis with a name", ylabel = "decibels, the higher the better")',
    "bars": 'plot.bar([12345.678, 3], labels = ["a class with quite a long name", "dog"], title = "How many pictures each class has in this set")',
    "histogram": "plot.hist([i * i for i in range(100)])",
    "heatmap": "plot.heatmap(arange(36).reshape(6, 6), xlabel = \"columns\")",
    "sheet": "plot.figures([plot.line([1, 2]), plot.scatter([1, 2], [2, 1])])",
    "table": 'table([{name: "a text of many words that is much longer than the window", psnr: 21.25, ssim: 0.9125, tokens: 16, bits: 224, numbers: 12, class: "flower"}, '
             '{name: "short", psnr: 18.5, ssim: 0.5, tokens: 1, bits: 14, numbers: 6, class: "clock"}])',
    "tensor": "arange(3000).reshape(30, 100) + 0.125",
    "vector": "arange(60) * 1000.125",
    "argument": "smap.encode(3)",
    "type": 'data.shapes("many")',
    "unknown": "nothing_of_this_name_is_defined_here + another_one",
    "option": "smap.train(1, 2, stepz = 4)",
    "trace": "[1, 2, 3].map(fn(number_of_the_element) = number_of_the_element.no_such_method())",
    "text": 'plot.line([1, 2], xscale = "logarithmic")',
    "variables": ":vars",
}


def answer(s, statement):
    """What a statement shows, in the lines in which it was written."""

    def written(_=None):
        return s.tmux("capture-pane", "-p", "-J", "-S", "-").rstrip()

    s.key("C-l")
    s.wait(lambda text: text == "smap>")
    s.tmux("clear-history")
    s.paste(statement)
    end = statement[-12:]
    s.wait(lambda _: written().endswith(end))
    s.key("Enter")
    s.wait(lambda _: written().endswith("\nsmap>"))
    return [line.rstrip() for line in written().split(end, 1)[1].split("\n")[1:-1]]


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_nothing_is_broken_by_the_terminal(screen, columns):
    s = screen(columns=columns, rows=50)
    broken = {}
    for name, statement in STATEMENTS.items():
        lines = answer(s, statement)
        assert lines, name
        longest = max(lines, key=len)
        if len(longest) > columns:
            broken[name] = longest
    assert not broken, broken


def test_wide_windows_get_wide_plots(screen):
    widths = {}
    for columns in (40, 80, 200):
        s = screen(columns=columns, rows=40)
        s.type("plot.line([1, 4, 9])\n")
        text = s.wait(lambda text: text.endswith("\nsmap>"))
        widths[columns] = max(len(re.sub("[^└─]", "", line)) for line in text.split("\n"))
    assert widths[40] < 40 and widths[80] == 61 and widths[200] == 121, widths


def test_hints_are_broken_between_words(screen):
    s = screen(columns=40)
    s.type("data.shapes()\n")
    text = s.wait(lambda text: text.endswith("\nsmap>"))
    answer = text.split("data.shapes()\n", 1)[1].split("\n")[:-1]
    assert answer[0].startswith("ArgumentError: data.shapes needs"), text
    joined = " ".join(" ".join(answer).split())
    assert "data.shapes(count: number," in joined, text
    assert all(len(line) <= 40 for line in text.split("\n")), text
    assert "order carries meaning" in " ".join(text.split("smap>")[0].split()), text
