# SPDX-License-Identifier: Apache-2.0
"""The Sublime syntax, run by bat with a configuration folder of its own."""

import os
import re
import shutil
import subprocess

import pytest

from conftest import ROOT, SAMPLE

BAT = shutil.which("batcat") or shutil.which("bat")
pytestmark = pytest.mark.skipif(BAT is None, reason="bat is not installed (Debian: bat)")


@pytest.fixture(scope="module")
def bat(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bat")
    (folder / "config/syntaxes").mkdir(parents=True)
    shutil.copy(ROOT / "Grammar/smap.sublime-syntax", folder / "config/syntaxes")
    environment = {
        **os.environ, "BAT_CONFIG_DIR": str(folder / "config"),
        "BAT_CACHE_PATH": str(folder / "cache"), "HOME": str(folder),
    }

    def run(*arguments, text=None):
        command = [BAT, "--color=always", "--style=plain", "--paging=never", "--theme=ansi"]
        return subprocess.run(
            command + list(arguments), input=text, capture_output=True, text=True, check=True,
            env=environment,
        ).stdout

    subprocess.run([BAT, "cache", "--build"], check=True, capture_output=True, env=environment)
    return run


def test_bat_knows_the_language(bat):
    languages = re.sub(r"\x1b\[[0-9;]*m", "", bat("--list-languages"))
    assert re.search(r"SMAP script\W+smap\b", languages)


def test_bat_colours_the_sample(bat, golden):
    golden("sample.bat", bat(str(SAMPLE)))


def test_bat_shows_each_script_unchanged(bat, scripts):
    shown = bat(*map(str, scripts))
    assert re.sub(r"\x1b\[[0-9;]*m", "", shown) == "".join(path.read_text() for path in scripts)


def test_an_open_string_ends_with_its_line(bat):
    lines = bat("-l", "smap", text='"open {x\nif a { b }\n').splitlines()
    assert lines[1].startswith("\x1b[35mif")
