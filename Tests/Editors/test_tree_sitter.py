# SPDX-License-Identifier: Apache-2.0
"""The tree-sitter grammar.

Read without tree-sitter: Bison makes tables of the same kind, and the scanner is compiled on its own; see
tree_sitter_grammar.py. What tree-sitter made of it is tested in test_tree_sitter_parser.py.
"""

import re
import shutil
import subprocess

import pytest

import tree_sitter_grammar
from conftest import EVALUATE, ROOT, TREE_SITTER

EBNF = (ROOT / "Grammar/smap.ebnf").read_text()
HIGHLIGHTS = (TREE_SITTER / "queries/highlights.scm").read_text()

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
needs_tables = pytest.mark.skipif(
    not all(map(shutil.which, ["node", "bison", "cc"])), reason="needs node, bison and cc")


@pytest.fixture(scope="module")
def grammar():
    return tree_sitter_grammar.Grammar(tree_sitter_grammar.evaluate(TREE_SITTER, EVALUATE))


# MARK: - Words


@needs_node
def test_keywords_are_those_of_the_grammar(grammar):
    rule = EBNF.split("\nKeyword ", 1)[1].split("\n\n", 1)[0]
    words = {text for text in grammar.literals() if text.isalpha()}
    assert words == set(re.findall(r"'([a-z]+)'", rule))


@needs_node
def test_symbols_are_those_of_the_grammar(grammar):
    rules = EBNF.split("/* Tokens */")[0]
    symbols = {text for text in re.findall(r"'([^' ]+)'", rules) if not text.isalpha()}
    of_strings = {'"', "{{", "}}"}
    assert {text for text in grammar.literals() if not text.isalpha()} - of_strings == symbols


@needs_node
def test_no_rule_but_the_first_is_empty(grammar):
    empty = {rule.left for rule in grammar.productions if not rule.steps}
    assert empty <= {"source_file"}


@needs_node
def test_the_query_names_what_the_grammar_has(grammar):
    rules = grammar.source["rules"]
    aliases = {rule["value"] for rule in tree_sitter_grammar.walk(rules) if rule["type"] == "ALIAS"}
    fields = {rule["name"] for rule in tree_sitter_grammar.walk(rules) if rule["type"] == "FIELD"}
    code = re.sub(r";.*", "", HIGHLIGHTS)
    code = re.sub(r'\(#match\? @[a-z.]+ "[^"]*"\)', "", code)
    code = re.sub(r"\(#any-of\? [^)]*\)", "", code)
    nodes = set(re.findall(r"\(([a-z_]+)", code))
    assert nodes <= {name for name in set(rules) | aliases if not name.startswith("_")}
    assert set(re.findall(r"\b([a-z_]+):", code)) <= fields
    tokens = set(re.findall(r'"([^"]+)"', code))
    assert {"if", "|>", "("} <= tokens <= grammar.literals()


# MARK: - Programs


@needs_tables
def test_all_scripts_are_read(trees):
    assert not {str(path): place for path, place in trees.items() if isinstance(place, int)}


NO_PROGRAMS = [
    "if p\n{ 1 }", "if p { 1 }\nelse { 2 }", "a b", "f(1 2)", "let x", "a == b == c",
    '"open {x"', '"lone } brace"', '"a\nb"', "'a\nb'", '"bad \\q escape"', '"{x:.f}"', "fn f()",
    "fn f()\n{ 1 }", "x -> y", "f() {1}", "[1, 2", "f(x,, y)", "{a: 1, b c}", "for x { 1 }",
    "x[]", "let [a, ...b, c] = d", "while p", "x = = 1", "1 +", "(", ")", "|> f", "a := 1",
]


@needs_tables
@pytest.mark.parametrize("text", NO_PROGRAMS)
def test_what_is_no_program_is_refused(tables, text):
    assert isinstance(tables.parse(text), int)


@needs_tables
@pytest.mark.parametrize("text", ["try { 1 }\ncatch e { 2 }", '"{a +\n b}"', "[1, ...a; 2]", "x.if"])
def test_known_leniency(tables, text):
    """What grammar.js says that it accepts beyond the language."""
    assert not isinstance(tables.parse(text), int)


@needs_tables
@pytest.mark.parametrize(
    "text, tree",
    [
        ("-x ** 2", "(unary_operation operand: (binary_operation left: (identifier) right: (number)))"),
        ("a\n(b)", "(identifier) (parenthesized (identifier))"),
        ("a\n  # why\n\n  |> f", "(pipeline value: (identifier) function: (identifier))"),
        ("f(\n  a\n)", "(call function: (identifier) arguments: (arguments (identifier)))"),
        ("f(fn() {\n a\n b })", "(call function: (identifier) arguments: (arguments "
         "(lambda parameters: (parameters) body: (block (identifier) (identifier)))))"),
        ("x = {a}", "(assignment target: (identifier) value: (record (shorthand)))"),
        ("{a: 1}", "(record (pair key: (identifier) value: (number)))"),
        ("[1; 2]", "(matrix (number) (number))"),
        ("x[1:, ...]", "(index value: (identifier) (slice start: (number)) (all_axes))"),
        ('"a {x:.2f}"', "(string (string_content) (hole value: (identifier) format: (format)))"),
        ("[a for b in c if d]", "(comprehension value: (identifier) (clause pattern: "
         "(identifier) values: (identifier)) condition: (identifier))"),
        ("fn f(x: [B], *, y = 1) = x", "(function_declaration name: (identifier) parameters: "
         "(parameters (parameter pattern: (identifier) annotation: (shape (dimension))) (named_only) "
         "(parameter pattern: (identifier) default: (number))) body: (identifier))"),
        ("", ""),
    ],
)
def test_trees(tables, text, tree):
    found = tables.expression(tables.parse(text))
    assert found == f"(source_file {tree})".replace(" )", ")")
