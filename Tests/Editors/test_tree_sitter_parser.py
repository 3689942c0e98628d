# SPDX-License-Identifier: Apache-2.0
"""The parser that tree-sitter generated, src/parser.c, run by tree-sitter itself.

The other reading of grammar.js, with tables from Bison (tree_sitter_grammar.py), must come to the same
trees, so neither can be out of date or wrong alone.
"""

import json
import random
import shutil
import subprocess

import pytest

pytest.importorskip("tree_sitter", reason="the package tree-sitter is not installed")
import tree_sitter

import tree_sitter_binding
import tree_sitter_grammar
from conftest import EVALUATE, SAMPLE, TREE_SITTER
from test_tree_sitter import HIGHLIGHTS, NO_PROGRAMS

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
needs_tables = pytest.mark.skipif(
    not all(map(shutil.which, ["node", "bison"])), reason="needs node and bison")
GENERATED = ["grammar.json", "node-types.json", "parser.c"]
# The tool's texts change with its version.
GENERATOR = "0.22.6"


@pytest.fixture(scope="module")
def language(tmp_path_factory):
    return tree_sitter_binding.language(TREE_SITTER, tmp_path_factory.mktemp("parser"))


@pytest.fixture(scope="module")
def parser(language):
    return tree_sitter.Parser(language)


# MARK: - Generated files


@needs_node
def test_the_rules_are_those_of_grammar_js():
    written = json.loads((TREE_SITTER / "src/grammar.json").read_text())
    evaluated = tree_sitter_grammar.evaluate(TREE_SITTER, EVALUATE)
    externals = [symbol["name"] for symbol in written["externals"]]
    assert {**written, "externals": externals} | evaluated == {**written, "externals": externals}


@pytest.mark.skipif(
    shutil.which("tree-sitter") is None, reason="the command tree-sitter is not installed")
def test_generated_files_are_new(tmp_path):
    version = subprocess.run(["tree-sitter", "--version"], capture_output=True, text=True, check=True)
    if GENERATOR not in version.stdout:
        pytest.skip(f"src/parser.c is of tree-sitter {GENERATOR}, this is {version.stdout.strip()}")
    folder = tmp_path / "tree-sitter-smap"
    shutil.copytree(TREE_SITTER, folder)
    subprocess.run(["tree-sitter", "generate"], cwd=folder, check=True)
    for name in GENERATED:
        assert (folder / "src" / name).read_text() == (TREE_SITTER / "src" / name).read_text(), name


# MARK: - Programs


def test_all_scripts_are_read(parser, scripts):
    wrong = {}
    for path in scripts + [SAMPLE]:
        root = parser.parse(path.read_bytes()).root_node
        if root.has_error:
            wrong[str(path)] = tree_sitter_binding.faults(root)
    assert not wrong


@needs_tables
def test_trees_are_those_of_the_tables(parser, tables, trees):
    for path, tree in trees.items():
        found = tree_sitter_binding.expression(parser.parse(path.read_bytes()).root_node)
        assert found == tables.expression(tree), path


@pytest.mark.parametrize("text", NO_PROGRAMS)
def test_what_is_no_program_is_marked(parser, text):
    assert tree_sitter_binding.faults(parser.parse(text.encode()).root_node)


@needs_tables
def test_verdicts_on_changed_scripts_are_those_of_the_tables(parser, tables, scripts):
    """Scripts with a word taken out or put elsewhere: both say program, or both say none."""
    rng = random.Random(1)
    refused = 0
    for path in scripts:
        text = path.read_text()
        if len(text) > 1500:
            continue
        words = text.split(" ")
        word = words.pop(rng.randrange(len(words)))
        if rng.random() < 0.5:
            words.insert(rng.randrange(len(words) + 1), word)
        text = " ".join(words)
        root = parser.parse(text.encode()).root_node
        place = tables.parse(text)
        assert root.has_error == isinstance(place, int), text
        refused += root.has_error
    assert refused > 50


# MARK: - Editing


def test_edits_come_to_the_tree_of_the_whole_text(parser):
    """After each change, reading on from the old tree gives the tree of the new text."""
    text = SAMPLE.read_bytes()
    tree = parser.parse(text)
    rng = random.Random(2)
    pieces = [b"\n", b"{", b"}", b"\"", b" |> f", b"(", b")", b"#", b" if ", b"x", b""]
    programs = 0
    for _ in range(400):
        start = rng.randrange(len(text))
        old_end = min(len(text), start + rng.randrange(4))
        piece = rng.choice(pieces)
        new = text[:start] + piece + text[old_end:]
        if not is_utf8(new):
            continue
        tree.edit(
            start_byte=start, old_end_byte=old_end, new_end_byte=start + len(piece),
            start_point=point(text, start), old_end_point=point(text, old_end),
            new_end_point=point(new, start + len(piece)))
        text, tree = new, parser.parse(new, tree)
        fresh = parser.parse(text)
        # Where a text is no program, what is skipped may depend on what was known before.
        assert tree.root_node.has_error == fresh.root_node.has_error
        if not fresh.root_node.has_error:
            programs += 1
            assert str(tree.root_node) == str(fresh.root_node)
        elif rng.random() < 0.5:
            text = SAMPLE.read_bytes()
            tree = parser.parse(text)
    assert programs > 50


def is_utf8(text):
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def point(text, at):
    """Line and column of a place."""
    line = text.count(b"\n", 0, at)
    return (line, at - (text.rfind(b"\n", 0, at) + 1))


# MARK: - Highlighting


def test_the_query_colours_the_sample(language, parser):
    captures = tree_sitter.QueryCursor(tree_sitter.Query(language, HIGHLIGHTS)).captures(
        parser.parse(SAMPLE.read_bytes()).root_node)
    texts = {name: {node.text.decode() for node in nodes} for name, nodes in captures.items()}
    assert {"if", "else", "for", "return"} <= set().union(*(
        found for name, found in texts.items() if name.startswith("keyword")))
    assert all(text.startswith("#") for text in texts["comment"])
    assert any(text.startswith('"') for text in texts["string"])
    assert {"number", "operator", "function"} <= {name.split(".")[0] for name in texts}
