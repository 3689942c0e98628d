# SPDX-License-Identifier: Apache-2.0
"""What all tests in Python share: the binary, and one closing line that counts them."""

import os
import pathlib
import shutil
import signal
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]


# What a shell in the background or `nohup` ignores, smap would ignore too; the tests send such signals.
for number, handler in [(signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL),
                        (signal.SIGQUIT, signal.SIG_DFL), (signal.SIGTERM, signal.SIG_DFL)]:
    signal.signal(number, handler)


# The seconds that a single test may take.
LIMIT = 480


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """A test that hangs fails, and its traceback says where."""

    def give_up(*_):
        raise TimeoutError(f"{item.nodeid} was given up after {LIMIT} seconds")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def smap():
    """The path of the binary under test, as scripts/python-tests.sh gives it."""
    path = os.environ.get("SMAP", str(ROOT / ".build/release/smap"))
    assert os.access(path, os.X_OK), f"there is no binary {path}: run `make build`"
    return path


@pytest.fixture(scope="session")
def faults(tmp_path_factory):
    """The library that makes system calls fail: Tests/Training/faults.c."""
    compiler = next((c for c in ("cc", "clang", "gcc") if shutil.which(c)), None)
    if compiler is None:
        pytest.skip("there is no C compiler")
    library = tmp_path_factory.mktemp("faults") / "faults.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library,
                    ROOT / "Tests/Training/faults.c", "-ldl"], check=True)
    return library


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return
    count = {name: len(reporter.stats.get(name, [])) for name in
             ["passed", "failed", "error", "skipped"]}
    failed = count["failed"] + count["error"]
    print(f"python: {count['passed']} passed, {failed} failed, {count['skipped']} skipped")
