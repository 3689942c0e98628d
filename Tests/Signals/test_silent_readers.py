# SPDX-License-Identifier: Apache-2.0
"""Output that nobody reads: a pipe that is full, a terminal that is paused.

Signals and time limits end the wait; a late reader misses nothing.
"""

import fcntl
import os
import pty
import select
import signal
import subprocess
import time

import pytest

SMAP = os.environ["SMAP"]
ENDLESS = 'while true { print("nobody reads this line") }'
# More than the capacity of a pipe.
LARGE = 'print("a".repeat(1000000))'


def start(*arguments):
    return subprocess.Popen([SMAP, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def wait_until_blocked(process):
    """Waits until the pipe is full; the process does nothing then."""
    quiet, last = 0, None
    end = time.monotonic() + 60
    while quiet < 10:
        assert time.monotonic() < end and process.poll() is None
        fields = open(f"/proc/{process.pid}/stat").read().rsplit(")", 1)[1].split()
        now = (fields[11], fields[12])
        quiet = quiet + 1 if now == last else 0
        last = now
        time.sleep(0.05)


def ended(process, seconds=30):
    """The exit code of a process whose output is still not read."""
    try:
        return process.wait(timeout=seconds)
    finally:
        process.kill()
        process.stdout.close()
        process.stderr.close()


@pytest.mark.parametrize("code", [ENDLESS, LARGE])
@pytest.mark.parametrize("number,expected", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_one_signal_ends_the_wait(code, number, expected):
    process = start("-e", code)
    wait_until_blocked(process)
    process.send_signal(number)
    assert ended(process) == expected


def test_a_limit_of_time_ends_the_wait():
    assert ended(start("--max-seconds", "1", "-e", ENDLESS)) == 75


def test_an_interrupt_can_be_caught():
    process = start("-e", f'try {{ {ENDLESS} }} catch e: Interrupt {{ exit(7) }}')
    wait_until_blocked(process)
    process.send_signal(signal.SIGINT)
    assert ended(process) == 7


def test_a_late_reader_misses_nothing():
    process = start("-e", LARGE)
    time.sleep(1)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, len(output), errors) == (0, 1000001, b"")


def test_the_end_of_a_program_waits_for_its_reader():
    # The limit applies to the program, not to the reader of its output.
    process = start("--max-seconds", "1", "-e", 'print("a".repeat(60000))')
    fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, 4096)
    time.sleep(3)
    assert process.poll() is None
    output, _ = process.communicate(timeout=60)
    assert (process.returncode, len(output)) == (0, 60001)


def test_a_paused_terminal(tmp_path):
    process, terminal = pty.fork()
    if process == 0:
        os.environ.update(TERM="xterm", HOME=str(tmp_path))
        os.execv(SMAP, [SMAP])
    # The prompt switches bracketed paste on when it waits for keys.
    text = b""
    while b"\x1b[?2004h" not in text:
        assert select.select([terminal], [], [], 60)[0], text
        text += os.read(terminal, 4096)
    os.write(terminal, ENDLESS.encode() + b"\r")
    time.sleep(1)
    os.kill(process, signal.SIGTERM)
    end = time.monotonic() + 30
    while True:
        found, status = os.waitpid(process, os.WNOHANG)
        if found:
            break
        if time.monotonic() > end:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            pytest.fail("the process did not end")
        time.sleep(0.05)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 143
