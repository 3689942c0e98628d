# SPDX-License-Identifier: Apache-2.0
"""Saving while the process is killed or interrupted, pipes at both ends, and `smap doctor`."""

import fcntl
import os
import random
import signal
import subprocess
import time

import pytest

# A save that takes long enough to be interrupted: 200 MB.
SAVE = 'data.save(zeros(50, 1000, 1000), "large.npy")'


def temporaries(folder):
    return [name for name in os.listdir(folder) if name.startswith(".smap-")]


def start_saving(smap, folder):
    """A process in the middle of a save, or None if it was too quick to be seen."""
    process = subprocess.Popen([smap, "-e", SAVE], cwd=folder, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        if temporaries(folder):
            return process
        time.sleep(0.002)
    return None


def run(smap, folder, *arguments, timeout=60):
    return subprocess.run([smap, *arguments], cwd=folder, capture_output=True, text=True,
                          timeout=timeout)


@pytest.fixture
def folder(tmp_path):
    yield tmp_path
    for name in os.listdir(tmp_path):
        if name.endswith((".npy", ".tmp")):
            os.unlink(tmp_path / name)


def test_killed_saves_are_swept(smap, folder):
    process = start_saving(smap, folder)
    if process is None:
        pytest.skip("the save was too quick")
    process.kill()
    process.wait()
    left = temporaries(folder)
    assert left or (folder / "large.npy").exists()
    assert run(smap, folder, "-e", 'data.save([1], "small.json")').returncode == 0
    assert not temporaries(folder)


def test_a_save_in_another_process_is_left_alone(smap, folder):
    name = folder / ".smap-1-abc.tmp"
    with open(name, "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        run(smap, folder, "-e", 'data.save([1], "small.json")')
        assert name.exists()
    run(smap, folder, "-e", 'data.save([1], "small.json")')
    assert not name.exists()


def test_other_files_are_left_alone(smap, folder):
    for name in (".smap-x-1.tmp", ".smap-1.tmp", ".smap-1-a-b.tmp", ".smap-1-a.tmp.png", "smap-1-a.tmp"):
        (folder / name).write_text("")
    os.mkdir(folder / ".smap-1-d.tmp")
    os.mkfifo(folder / ".smap-1-f.tmp")
    before = sorted(os.listdir(folder))
    assert run(smap, folder, "doctor").returncode in (0, 1)
    assert sorted(os.listdir(folder)) == before
    os.rmdir(folder / ".smap-1-d.tmp")


def test_a_second_interrupt_leaves_nothing(smap, folder):
    process = start_saving(smap, folder)
    if process is None:
        pytest.skip("the save was too quick")
    for _ in range(50):
        process.send_signal(signal.SIGINT)
        time.sleep(0.01)
        if process.poll() is not None:
            break
    # The save may have ended just before the signal.
    assert process.wait(timeout=60) in (0, 130)
    assert not temporaries(folder)


def test_two_interrupts_at_any_moment_leave_nothing(smap, folder):
    chance = random.Random(7)
    for _ in range(30):
        process = start_saving(smap, folder)
        if process is None:
            continue
        time.sleep(chance.uniform(0, 0.1))
        process.send_signal(signal.SIGINT)
        time.sleep(chance.choice([0, 0.001, 0.01, 0.05]))
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) in (0, 130)
        assert not temporaries(folder)


def test_doctor(smap, folder):
    (folder / ".smap-1-abc.tmp").write_text("left over")
    ran = run(smap, folder, "doctor")
    assert ran.returncode in (0, 1), ran
    assert (ran.returncode == 1) == ("\n! " in ran.stdout)
    for word in ("smap ", "processor", "OpenBLAS", "libpng", "libedit", "terminal", "memory",
                 "removed 1 of 9 bytes from ."):
        assert word in ran.stdout, (word, ran.stdout)
    assert len(ran.stdout.splitlines()) <= 24
    assert not temporaries(folder)


def test_doctor_says_what_is_missing(smap, folder):
    home = {**os.environ, "HOME": str(folder / "home"), "XDG_STATE_HOME": str(folder / "state")}
    os.makedirs(folder / "state/smap/history.jsonl")
    ran = subprocess.run([smap, "doctor", "no/such/folder"], cwd=folder, env=home,
                         capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    assert "! temporary" in ran.stdout and "no/such/folder" in ran.stdout
    assert "! history" in ran.stdout and "not an ordinary file" in ran.stdout


def test_pipes_without_another_end(smap, folder):
    for name in ("p.json", "p.png"):
        os.mkfifo(folder / name)
    for code in ('data.load("p.json")', 'image.load("p.png")', 'data.save([1], "p.json")'):
        ran = run(smap, folder, "-e", code)
        assert ran.returncode == 74 and "it is a pipe, and nobody" in ran.stderr, (code, ran)


def test_pipes_that_work(smap, folder):
    os.mkfifo(folder / "p.json")
    writer = subprocess.Popen(["sh", "-c", "sleep 0.3; echo '[1, 2]' >p.json"], cwd=folder)
    assert run(smap, folder, "-e", 'data.load("p.json")').stdout == "[1, 2]\n"
    writer.wait()
    reader = subprocess.Popen(["cat", "p.json"], cwd=folder, stdout=subprocess.PIPE)
    assert run(smap, folder, "-e", 'data.save([3], "p.json")').returncode == 0
    assert reader.communicate()[0] == b"[3]\n"
    run(smap, folder, "-e", 'image.save(zeros(3, 2, 4), "x.png")')
    for line in ("cat x.png | \"$0\" -e 'image.load(\"/dev/stdin\").shape'",
                 "\"$0\" -e 'image.load(\"/dev/fd/9\").shape' 9< <(sleep 0.2; cat x.png)"):
        ran = subprocess.run(["bash", "-c", line, smap], cwd=folder, capture_output=True, text=True,
                             timeout=60)
        assert ran.stdout == "[1, 3, 2, 4]\n", ran


def test_a_silent_pipe_can_be_left(smap, folder):
    os.mkfifo(folder / "p.json")
    keeper = os.open(folder / "p.json", os.O_RDWR)
    try:
        ran = run(smap, folder, "--max-seconds", "0.5", "-e", 'data.load("p.json")')
        assert ran.returncode == 75
        process = subprocess.Popen([smap, "-e", 'print("here"); data.load("p.json")'], cwd=folder,
                                   stderr=subprocess.DEVNULL)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
    finally:
        os.close(keeper)
