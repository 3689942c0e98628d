# SPDX-License-Identifier: Apache-2.0
"""What all tests in Python share: the binary, and one closing line that counts them."""

import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def smap():
    """The path of the binary under test, as scripts/python-tests.sh gives it."""
    path = os.environ.get("SMAP", str(ROOT / ".build/release/smap"))
    assert os.access(path, os.X_OK), f"there is no binary {path}: run `make build`"
    return path


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return
    count = {name: len(reporter.stats.get(name, [])) for name in
             ["passed", "failed", "error", "skipped"]}
    failed = count["failed"] + count["error"]
    print(f"python: {count['passed']} passed, {failed} failed, {count['skipped']} skipped")
