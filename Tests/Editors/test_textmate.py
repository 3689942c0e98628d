# SPDX-License-Identifier: Apache-2.0
"""The TextMate grammar, run by a TextMate engine on Oniguruma; and the folder for VS Code."""

import json
import logging

import pytest

from conftest import ROOT, SAMPLE

base = pytest.importorskip("textmate_grammar.parsers.base")
logging.getLogger("textmate_grammar").setLevel(logging.ERROR)

GRAMMAR = json.loads((ROOT / "Grammar/smap.tmLanguage.json").read_text())


PARSER = base.LanguageParser(GRAMMAR)


def scopes(text):
    """All pieces of the text as (line and column, piece, names of scopes)."""
    return PARSER.parse_string(text).flatten()


def scope_of(word, text):
    return next(names[-1] for _, found, names in scopes(text + "\n") if found == word)


def test_the_sample_has_its_scopes(golden):
    lines = [f"{line}:{column} {text!r} {' '.join(names[1:])}"
             for (line, column), text, names in scopes(SAMPLE.read_text()) if text.strip()]
    golden("sample.textmate", "\n".join(lines) + "\n")


@pytest.mark.parametrize(
    "text, word, scope",
    [
        ("sum(x)", "sum", "support.function.smap"),
        ("x.sum()", "sum", "entity.name.function.method.smap"),
        ("let sum = 1", "sum", "variable.other.smap"),
        ("smap.encode(t)", "smap.encode", "support.function.member.smap"),
        ("f(label = 3)", "label", "variable.parameter.argument.smap"),
        ("label = 3", "label", "variable.other.smap"),
        ("{a: 1}", "a", "variable.other.member.key.smap"),
        ("x[a:b]", "a", "variable.other.smap"),
        ("fn f(x: tensor) = x", "tensor", "support.type.smap"),
        ("\"{d:d}\"", "d", "variable.other.smap"),
        ("\"{x:.2f}\"", ".2f", "constant.other.placeholder.smap"),
        ("[...xs]", "xs", "variable.other.smap"),
        ("x ? y", "?", "invalid.illegal.character.smap"),
    ],
)
def test_scopes(text, word, scope):
    assert scope_of(word, text) == scope


def test_nothing_in_the_scripts_is_invalid(scripts):
    for script in scripts:
        wrong = [found for found in scopes(script.read_text()) if "invalid" in found[2][-1]]
        assert not wrong, script


def test_the_folder_for_code_points_to_files_that_are_there():
    folder = ROOT / "Grammar/vscode"
    package = json.loads((folder / "package.json").read_text())
    language, = package["contributes"]["languages"]
    grammar, = package["contributes"]["grammars"]
    assert json.loads((folder / language["configuration"]).read_text())["brackets"]
    assert json.loads((folder / grammar["path"]).read_text()) == GRAMMAR
    assert grammar["scopeName"] == GRAMMAR["scopeName"] == "source.smap"
