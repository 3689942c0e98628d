# SPDX-License-Identifier: Apache-2.0
"""Finds a Python with the libraries to compare with, or creates one: a virtual environment outside the
repository, so that `make bench` needs only a network, and continues without it."""
import os
import subprocess
import sys

LIBRARIES = {
    "torch": [["torch", "--index-url", "https://download.pytorch.org/whl/cpu"], ["torch"]],
    "numpy": [["numpy"]],
    "jax": [["jax"]],
}


def home():
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(cache, "smap-bench")


def version(python, library):
    """The version of a library, or None where it does not load."""
    code = f"import {library}; print({library}.__version__)"
    try:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=120)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def install(python, library, ways):
    """Tries one way after another; reports it if none works."""
    for way in ways:
        command = [python, "-m", "pip", "install", "--quiet", *way]
        try:
            if subprocess.run(command, timeout=900).returncode == 0:
                return
        except (OSError, subprocess.TimeoutExpired):
            pass
    print(f"{library} cannot be installed: its columns stay empty", file=sys.stderr)


def find():
    """The interpreter for the peers and the versions found: $PYTHON unchanged, or our own."""
    python = os.environ.get("PYTHON")
    if not python:
        python = os.path.join(home(), "bin", "python")
        if not os.path.exists(python):
            print(f"making {home()}", file=sys.stderr)
            made = subprocess.run([sys.executable, "-m", "venv", home()])
            if made.returncode != 0:
                print("no virtual environment: smap is measured alone", file=sys.stderr)
                return None, {}
        for library, ways in LIBRARIES.items():
            if version(python, library) is None:
                install(python, library, ways)
    versions = {library: version(python, library) for library in LIBRARIES}
    return python, {library: found for library, found in versions.items() if found}
