# SPDX-License-Identifier: Apache-2.0
"""What the tests of the editors' grammars share: the corpus and the goldens."""

import os
import pathlib

import pytest

import tree_sitter_grammar

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "Tests/Editors/Samples/sample.smap"
TREE_SITTER = ROOT / "Grammar/tree-sitter-smap"
EVALUATE = ROOT / "Tests/Editors/evaluate_grammar.js"


def valid_scripts():
    """All scripts of the repository that parse, as an editor hands them on.

    Scripts that expect a syntax error do not parse, nor need modules that are only there to be
    imported by them. Editors take off a byte order mark before they look at a text.
    """
    scripts = sorted((ROOT / "Examples").glob("*.smap"))
    scripts += sorted((ROOT / "Tests/Conformance").glob("**/*.smap"))
    texts = {path: path.read_text() for path in scripts if path.parent.name != "modules"}
    return [path for path, text in texts.items()
            if "#! SyntaxError" not in text and not text.startswith("\ufeff")]


@pytest.fixture(scope="session")
def scripts():
    found = valid_scripts()
    assert len(found) > 100
    return found


@pytest.fixture(scope="session")
def tables(tmp_path_factory):
    """The tree-sitter grammar, read by tables from Bison."""
    return tree_sitter_grammar.Parser(TREE_SITTER, EVALUATE, tmp_path_factory.mktemp("tables"))


@pytest.fixture(scope="session")
def trees(tables, scripts):
    """What the tables make of each script and the sample: a tree, or the place of an error."""
    return {path: tables.parse(path.read_text()) for path in scripts + [SAMPLE]}


@pytest.fixture
def golden():
    """Compares text with a file beside the sample; UPDATE=1 rewrites the file."""

    def compare(name, text):
        path = SAMPLE.parent / name
        if os.environ.get("UPDATE") == "1":
            path.write_text(text)
        assert path.read_text() == text

    return compare
