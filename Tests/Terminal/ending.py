# SPDX-License-Identifier: Apache-2.0
"""How a process in a terminal ended."""

import os
import signal
import time


def exit_code(process, seconds=20):
    """The exit code of a child; one that does not end by itself is killed and fails the test."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        done, status = os.waitpid(process, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    raise AssertionError(f"smap had not ended after {seconds} seconds")
