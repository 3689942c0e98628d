# SPDX-License-Identifier: Apache-2.0
"""The Pygments lexer, run by pygmentize as its users do."""

import subprocess
import sys

import pytest
from pygments.lexers import load_lexer_from_file
from pygments.token import Token

from conftest import ROOT, SAMPLE

LEXER = ROOT / "Grammar/pygments/smap_lexer.py"


def tokens(text):
    lexer = load_lexer_from_file(str(LEXER), "SmapLexer")
    return [(str(kind).removeprefix("Token."), value) for kind, value in lexer.get_tokens(text)]


def kind_of(word, text):
    """The kind of the first token that is `word`."""
    return next(kind for kind, value in tokens(text) if value == word)


def test_pygmentize_colours_the_sample(golden):
    command = [sys.executable, "-m", "pygments", "-x", "-l", f"{LEXER}:SmapLexer", "-f", "raw"]
    result = subprocess.run(command + [str(SAMPLE)], capture_output=True, text=True, check=True)
    golden("sample.pygments", result.stdout)


def test_no_script_has_an_error_token_and_all_text_comes_back(scripts):
    lexer = load_lexer_from_file(str(LEXER), "SmapLexer", stripnl=False, ensurenl=False)
    for script in scripts:
        text = script.read_text()
        found = list(lexer.get_tokens(text))
        assert not [value for kind, value in found if kind in Token.Error], script
        assert "".join(value for _, value in found) == text, script


@pytest.mark.parametrize(
    "text, word, kind",
    [
        ("sum(x)", "sum", "Name.Builtin"),
        ("x.sum()", "sum", "Name.Function"),
        ("let sum = 1", "sum", "Name"),
        ("smap.encode(t)", "smap.encode", "Name.Builtin"),
        ("x.smap", "smap", "Name.Attribute"),
        ("smap.other", "smap", "Name.Namespace"),
        ("f(label = 3)", "label", "Name.Variable"),
        ("label = 3", "label", "Name"),
        ("f(a == b)", "a", "Name"),
        ("{a: 1}", "a", "Name.Attribute"),
        ("x[a:b]", "a", "Name"),
        ("format", "format", "Name"),
        ("pi * 2", "pi", "Name.Constant"),
        ("fn f(x: tensor) = x", "tensor", "Keyword.Type"),
        ("tensor(x)", "tensor", "Name.Builtin"),
        ("\"{d:d}\"", "d", "Name"),
        ("1_0.5e-3", "1_0.5e-3", "Literal.Number"),
        ("'a \\n {b}'", "'a \\n {b}'", "Literal.String.Single"),
        ("### three", "### three", "Comment.Single"),
        ("x ## beside", "## beside", "Comment.Single"),
        ("## above", "## above", "Literal.String.Doc"),
        ("x ? y", "?", "Error"),
    ],
)
def test_kinds(text, word, kind):
    assert kind_of(word, text) == kind


def test_a_string_left_open_ends_with_its_line():
    assert kind_of("if", '"open {x\nif a { b }\n') == "Keyword"
    assert kind_of("if", '"open\nif a { b }\n') == "Keyword"


def test_the_package_registers_the_lexer(tmp_path):
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    command += ["--no-build-isolation", "--target", str(tmp_path), str(copy_of_package(tmp_path))]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    code = "import pygments.lexers as p; print(p.get_lexer_by_name('smap').name)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True,
        env={"PYTHONPATH": str(tmp_path)},
    )
    assert result.stdout.strip() == "SMAP script", result.stderr


def copy_of_package(folder):
    """Building writes beside the sources, so it works on a copy."""
    copy = folder / "source"
    copy.mkdir()
    for name in ["smap_lexer.py", "pyproject.toml"]:
        (copy / name).write_text((LEXER.parent / name).read_text())
    return copy
