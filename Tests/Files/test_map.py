# SPDX-License-Identifier: Apache-2.0
"""The column of imports in docs/ARCHITECTURE.md says what Package.swift says."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = re.compile(
    r'\.(?:target|executableTarget|systemLibrary)\(\s*name: "(\w+)"(.*?)'
    r'(?=\.(?:target|executableTarget|testTarget|systemLibrary)\(|\Z)', re.S)
ROW = re.compile(r"^\| (`[\w`, ]+`) \|.*\| ([^|]*) \|$", re.M)


def test_imports_are_those_of_the_package():
    package = {}
    for name, body in TARGET.findall((ROOT / "Package.swift").read_text()):
        # The targets of Fuzzing are not on the map.
        if not (ROOT / "Sources" / name).is_dir():
            continue
        found = re.search(r"dependencies: \[(.*?)\]", body, re.S)
        listed = re.sub(r"\.product\([^)]*\)", "", found[1]) if found else ""
        package[name] = set(re.findall(r'"(\w+)"', listed))
    written = {}
    for names, imports in ROW.findall((ROOT / "docs/ARCHITECTURE.md").read_text()):
        for name in re.findall(r"`(\w+)`", names):
            if name in package:
                written[name] = set() if imports == "-" else set(imports.split(", "))
    assert len(package) > 20
    assert written == package
