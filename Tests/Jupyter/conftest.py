# SPDX-License-Identifier: Apache-2.0
"""Runs `smap kernel` for the tests: installed in a folder of their own, driven by jupyter_client."""

import ctypes
import os
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def kernel_home(smap, tmp_path_factory):
    """Folders of Jupyter that hold the kernel's description and nothing else."""
    pytest.importorskip("jupyter_client")
    for library, package in [("libzmq.so.5", "libzmq5"), ("libcrypto.so.3", "libssl3")]:
        try:
            ctypes.CDLL(library)
        except OSError:
            pytest.skip(f"the package {package} is not installed")
    home = tmp_path_factory.mktemp("jupyter")
    os.environ.update(
        JUPYTER_DATA_DIR=str(home / "data"), JUPYTER_RUNTIME_DIR=str(home / "runtime"),
        JUPYTER_CONFIG_DIR=str(home / "config"), XDG_STATE_HOME=str(home / "state"),
        JUPYTER_PLATFORM_DIRS="0", SMAP_HOME=str(REPOSITORY))
    subprocess.run([smap, "kernel", "install", "--user"], check=True, stdout=subprocess.DEVNULL)
    assert (home / "data/kernels/smap/kernel.json").exists()
    return home


@pytest.fixture
def kernel(kernel_home):
    """A running kernel and a client with open channels."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="smap")
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=False)
