# SPDX-License-Identifier: Apache-2.0
"""The tree-sitter grammar as a parser, without tree-sitter's own generator.

Tables for a canonical LR(1) parser, which is what tree-sitter makes, come from GNU Bison; the words
are read as tree-sitter reads them: in each state the external scanner is asked first, compiled from
its C source, and then only the tokens that are valid there are tried.
"""

import collections
import ctypes
import json
import re
import subprocess
import xml.etree.ElementTree as ElementTree

Token = collections.namedtuple("Token", "name pattern is_immediate rank is_literal")
Step = collections.namedtuple("Step", "symbol field alias")
Production = collections.namedtuple("Production", "left steps")
Node = collections.namedtuple("Node", "name field children text")

BLANKS = re.compile(r"[ \t\r\n]*")

PARSER_HEADER = """
#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>
typedef struct TSLexer TSLexer;
struct TSLexer {
  int32_t lookahead;
  uint16_t result_symbol;
  void (*advance)(TSLexer *, bool);
  void (*mark_end)(TSLexer *);
  uint32_t (*get_column)(TSLexer *);
  bool (*is_at_included_range_start)(const TSLexer *);
  bool (*eof)(const TSLexer *);
};
"""


def evaluate(folder, script):
    """The rules of grammar.js as JSON."""
    command = ["node", str(script), str(folder / "grammar.js")]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


class Grammar:
    """Productions and tokens of an evaluated grammar."""

    def __init__(self, source):
        self.source = source
        self.tokens = {}
        self.productions = []
        self.repeats = {}
        self.lexical = {name for name, rule in source["rules"].items() if is_lexical(rule)}
        for name, rule in source["rules"].items():
            if name not in self.lexical:
                self.add(name, rule)

    def is_terminal(self, symbol):
        return symbol in self.tokens or symbol in self.source["externals"]

    def add(self, left, rule):
        for steps in self.expand(rule, None, None):
            self.productions.append(Production(left, steps))

    def expand(self, rule, field, alias):
        """All sequences of steps that a rule stands for."""
        kind = rule["type"]
        if kind == "BLANK":
            return [()]
        if kind == "CHOICE":
            return [steps for member in rule["members"]
                    for steps in self.expand(member, field, alias)]
        if kind == "SEQ":
            sequences = [()]
            for member in rule["members"]:
                tails = self.expand(member, field, alias)
                sequences = [head + tail for head in sequences for tail in tails]
            return sequences
        if kind == "FIELD":
            return self.expand(rule["content"], rule["name"], alias)
        if kind == "ALIAS":
            return self.expand(rule["content"], field, rule["value"])
        if kind in ("REPEAT", "REPEAT1"):
            step = Step(self.repeat(rule["content"]), field, alias)
            return [(step,)] if kind == "REPEAT1" else [(), (step,)]
        if kind == "SYMBOL" and rule["name"] not in self.lexical:
            return [(Step(rule["name"], field, alias),)]
        return [(Step(self.token(rule), field, alias),)]

    def repeat(self, content):
        """A symbol for one or more times `content`; equal contents share it, as in tree-sitter."""
        key = json.dumps(content, sort_keys=True)
        if key not in self.repeats:
            name = f"_repeat{len(self.repeats) + 1}"
            self.repeats[key] = name
            for steps in self.expand(content, None, None):
                self.productions.append(Production(name, steps))
                self.productions.append(Production(name, (Step(name, None, None),) + steps))
        return self.repeats[key]

    def token(self, rule):
        name = rule["name"] if rule["type"] == "SYMBOL" else None
        content = self.source["rules"][name] if name else rule
        pattern, is_immediate, rank = lexeme(content)
        name = name or f"{'immediate ' if is_immediate else ''}{content.get('value', pattern)}"
        is_literal = literal(content) is not None
        self.tokens[name] = Token(name, re.compile(pattern), is_immediate, rank, is_literal)
        return name

    def literals(self):
        """The spellings of all tokens that are plain strings."""
        return {text for text in map(literal, walk(self.source["rules"])) if text}


def walk(rules):
    pending = list(rules.values())
    while pending:
        rule = pending.pop()
        yield rule
        pending += rule.get("members", []) + ([rule["content"]] if "content" in rule else [])


def is_lexical(rule):
    return rule["type"] in ("PATTERN", "STRING", "TOKEN", "IMMEDIATE_TOKEN")


def literal(rule):
    if rule["type"] in ("IMMEDIATE_TOKEN", "TOKEN", "PREC"):
        return literal(rule["content"])
    return rule["value"] if rule["type"] == "STRING" else None


def lexeme(rule):
    """A token as (regular expression, whether nothing may stand before it, rank)."""
    kind = rule["type"]
    if kind == "PATTERN":
        return rule["value"], False, 0
    if kind == "STRING":
        return re.escape(rule["value"]), False, 0
    if kind in ("TOKEN", "IMMEDIATE_TOKEN", "PREC"):
        pattern, is_immediate, rank = lexeme(rule["content"])
        rank = rule["value"] if kind == "PREC" else rank
        return pattern, is_immediate or kind == "IMMEDIATE_TOKEN", rank
    if kind == "BLANK":
        return "", False, 0
    parts = [lexeme(member) for member in rule["members"]]
    rank = max(part[2] for part in parts)
    joint = "" if kind == "SEQ" else "|"
    return "(?:" + joint.join(part[0] for part in parts) + ")", False, rank


# MARK: - Tables


class Tables:
    """The states of the parser, as Bison computes them; a conflict is an error."""

    def __init__(self, grammar, folder):
        self.grammar = grammar
        names = sorted({step.symbol for rule in grammar.productions for step in rule.steps}
                       | {rule.left for rule in grammar.productions})
        self.codes = {name: f"s{index}" for index, name in enumerate(names)}
        self.names = {code: name for name, code in self.codes.items()}
        self.names["$end"] = "$end"
        (folder / "grammar.y").write_text(self.bison_source())
        command = ["bison", "-Werror", "--xml=tables.xml", "-o", "parser.c", "grammar.y"]
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if result.returncode != 0:
            raise ValueError(result.stderr)
        self.read(ElementTree.parse(folder / "tables.xml").getroot())

    def bison_source(self):
        codes = self.codes
        terminals = [code for name, code in codes.items() if self.grammar.is_terminal(name)]
        lines = ["%define lr.type canonical-lr", "%expect 0", "%token " + " ".join(terminals)]
        lines += ["%start " + codes["source_file"], "%code { int yylex(void); "
                  "void yyerror(const char *); }", "%%"]
        for rule in self.grammar.productions:
            right = " ".join(codes[step.symbol] for step in rule.steps) or "%empty"
            lines.append(f"{codes[rule.left]}: {right};")
        return "\n".join(lines) + "\n"

    def read(self, root):
        """Actions and gotos by state."""
        # Bison groups the rules of one left side, so they are found by their content.
        self.rules = {}
        known = {(rule.left, tuple(step.symbol for step in rule.steps)): rule
                 for rule in self.grammar.productions}
        for rule in root.find("grammar/rules"):
            left = self.names.get(rule.find("lhs").text)
            right = tuple(self.names[item.text] for item in rule.findall("rhs/symbol")
                          if item.text in self.names)
            self.rules[rule.get("number")] = known.get((left, right))
        self.states = []
        for state in root.find("automaton"):
            actions, gotos = {}, {}
            for move in state.find("actions/transitions"):
                table = actions if move.get("type") == "shift" else gotos
                table[self.names[move.get("symbol")]] = int(move.get("state"))
            for reduction in state.find("actions/reductions"):
                symbol = reduction.get("symbol")
                if symbol == "$default":
                    actions["$end"] = "accept"
                else:
                    actions[self.names[symbol]] = self.rules[reduction.get("rule")]
            self.states.append((actions, gotos))


# MARK: - The external scanner

Advance = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_bool)
Mark = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
Column = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p)
Question = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p)


class Lexer(ctypes.Structure):
    _fields_ = [
        ("lookahead", ctypes.c_int32), ("result_symbol", ctypes.c_uint16), ("advance", Advance),
        ("mark_end", Mark), ("get_column", Column), ("is_at_start", Question), ("eof", Question),
    ]


class Scanner:
    """scanner.c, compiled against a header with the same layout as tree-sitter's."""

    def __init__(self, source, externals, folder):
        (folder / "tree_sitter").mkdir()
        (folder / "tree_sitter/parser.h").write_text(PARSER_HEADER)
        library = folder / "scanner.so"
        subprocess.run(
            ["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", f"-I{folder}",
             str(source), "-o", str(library)], check=True)
        self.externals = externals
        self.scan = ctypes.CDLL(str(library)).tree_sitter_smap_external_scanner_scan
        self.scan.restype = ctypes.c_bool

    def next(self, text, start, valid):
        """The external token at a place and its end, or None."""
        at = end = start

        def advance(pointer, _):
            nonlocal at
            at = min(at + 1, len(text))
            lexer.lookahead = ord(text[at]) if at < len(text) else 0

        def mark(_):
            nonlocal end
            end = at

        lexer = Lexer(
            ord(text[at]) if at < len(text) else 0, 0, Advance(advance), Mark(mark),
            Column(lambda _: 0), Question(lambda _: False), Question(lambda _: at >= len(text)))
        flags = (ctypes.c_bool * len(self.externals))(*[name in valid for name in self.externals])
        if not self.scan(None, ctypes.byref(lexer), flags):
            return None
        return self.externals[lexer.result_symbol], end


# MARK: - Parsing


class Parser:
    """Runs the tables over a text."""

    def __init__(self, folder, script, work):
        self.grammar = Grammar(evaluate(folder, script))
        self.tables = Tables(self.grammar, work)
        self.scanner = Scanner(folder / "src/scanner.c", self.grammar.source["externals"], work)
        self.word = self.grammar.tokens[self.grammar.source["word"]]
        self.comment = self.grammar.tokens[self.grammar.token(
            {"type": "SYMBOL", "name": "comment"})]

    def parse(self, text):
        """The tree of a text, or the place where it stops being a program."""
        stack, nodes, at = [0], [], 0
        while True:
            actions = self.tables.states[stack[-1]][0]
            token, start, end = self.token(text, at, actions)
            action = actions.get(token)
            if action == "accept":
                return nodes[0]
            if action is None:
                return start
            if isinstance(action, int):
                stack.append(action)
                nodes.append(Node(token, None, [], text[start:end]))
                at = end
                continue
            count = len(action.steps)
            children = nodes[len(nodes) - count:]
            del stack[len(stack) - count:], nodes[len(nodes) - count:]
            nodes.append(self.reduced(action, children))
            stack.append(self.tables.states[stack[-1]][1].get(action.left, "done"))
            if stack[-1] == "done":
                return nodes[0]

    def token(self, text, at, valid):
        """The next token of those that are valid, as tree-sitter would read it."""
        while True:
            if any(name in valid for name in self.grammar.source["externals"]):
                found = self.scanner.next(text, at, valid)
                if found:
                    return found[0], at, found[1]
            start = BLANKS.match(text, at).end()
            best = ((), "$end" if start == len(text) else "?", start)
            for token in [self.comment] + [self.grammar.tokens.get(name) for name in valid]:
                if token is None:
                    continue
                match = token.pattern.match(text, at if token.is_immediate else start)
                if match is None or match.end() == match.start() or self.is_cut(token, match):
                    continue
                rank = (token.rank, match.end(), token.is_literal)
                if rank > best[0]:
                    best = (rank, token.name, match)
            if best[1] != self.comment.name:
                place = best[2]
                return (best[1], place, place) if isinstance(place, int) else (
                    best[1], place.start(), place.end())
            at = best[2].end()

    def is_cut(self, token, match):
        """Whether a keyword is only the beginning of a longer word."""
        word = self.word.pattern.match(match.string, match.start())
        return token.is_literal and word is not None and word.end() > match.end()

    def reduced(self, rule, children):
        """A node, with the children of hidden nodes in their places."""
        hidden = self.grammar.source["supertypes"]
        shown = []
        for step, child in zip(rule.steps, children):
            name = step.alias or child.name
            if name in hidden or name.startswith("_"):
                pieces = child.children
                if step.field and len(pieces) == 1:
                    pieces = [pieces[0]._replace(field=step.field)]
                shown += pieces
            else:
                shown.append(child._replace(name=name, field=step.field or child.field))
        return Node(rule.left, None, shown, "")

    def expression(self, node):
        """The named nodes as an S-expression."""
        rules = self.grammar.source["rules"]
        aliases = {rule["value"] for rule in walk(rules) if rule["type"] == "ALIAS"}
        parts = [node.name]
        for child in node.children:
            if child.name in rules or child.name in aliases and child.name.isidentifier():
                field = f"{child.field}: " if child.field else ""
                parts.append(field + self.expression(child))
        return "(" + " ".join(parts) + ")"
