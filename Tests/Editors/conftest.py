# SPDX-License-Identifier: Apache-2.0
"""What the tests of the editors' grammars share: the corpus and the goldens."""

import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "Tests/Editors/Samples/sample.smap"


def valid_scripts():
    """All scripts of the repository that parse: those that expect a syntax error do not."""
    scripts = sorted((ROOT / "Examples").glob("*.smap"))
    scripts += sorted((ROOT / "Tests/Conformance").glob("**/*.smap"))
    return [path for path in scripts if "#! SyntaxError" not in path.read_text()]


@pytest.fixture(scope="session")
def scripts():
    found = valid_scripts()
    assert len(found) > 100
    return found


@pytest.fixture
def golden():
    """Compares text with a file beside the sample; UPDATE=1 rewrites the file."""

    def compare(name, text):
        path = SAMPLE.parent / name
        if os.environ.get("UPDATE") == "1":
            path.write_text(text)
        assert path.read_text() == text

    return compare
