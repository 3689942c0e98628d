# SPDX-License-Identifier: Apache-2.0
"""The generated parser of the tree-sitter grammar, compiled and loaded into tree-sitter's runtime."""

import ctypes
import re
import subprocess

import tree_sitter


def language(folder, work):
    """Compiles the parser and the scanner of a grammar, as editors do."""
    library = work / "parser.so"
    sources = [folder / "src/parser.c", folder / "src/scanner.c"]
    command = ["cc", "-std=c11", "-O1", "-shared", "-fPIC", f"-I{folder / 'src'}", "-o", library]
    subprocess.run([*command, *sources], check=True)
    make = ctypes.CDLL(str(library)).tree_sitter_smap
    make.restype = ctypes.c_void_p
    capsule = ctypes.pythonapi.PyCapsule_New
    capsule.restype = ctypes.py_object
    capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    return tree_sitter.Language(capsule(make(), b"tree_sitter.Language", None))


def expression(node):
    """The named nodes as an S-expression, without comments, which may stand anywhere."""
    return re.sub(r" \(comment\)", "", str(node))


def faults(node):
    """The nodes that stand for what is no program."""
    if not node.has_error:
        return []
    found = [node] if node.is_error or node.is_missing else []
    return found + [fault for child in node.children for fault in faults(child)]
