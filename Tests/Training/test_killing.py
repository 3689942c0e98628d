# SPDX-License-Identifier: Apache-2.0
"""Trainings that are killed at any moment, and saves that fail at each of their system calls.

Whatever happens, a checkpoint is the old one or the new one, and the training that goes on from it
ends with the bits of one that was never stopped. SMAP_KILLS is the number of random kills.
"""

import concurrent.futures
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time

import pytest

SMAP = os.environ["SMAP"]
KILLS = int(os.environ.get("SMAP_KILLS", "6"))

MODEL = """
let d = data.shapes(12, size = 8, seed = 1)
let tok = smap.tokenizer(image_size = 8, patch_size = 4, num_tokens = 2, token_dim = 2, width = 8,
  depth = 1, decoder_depth = 1, heads = 2, pixel_channels = 4, quantizer = "vq", codebook_size = 8,
  linear_path = false, seed = 1)
"""
TRAIN = MODEL + """
let h = smap.train(tok, d, steps = %d, batch_size = 8, warmup = 2, seed = 1, restart_every = 3,
  validation = d, validate_every = 2, keep = "best", checkpoint = "run.safetensors",
  checkpoint_every = 1, resume = true, loss = {log_mse: 0.02, adversarial: 0.1},
  discriminator_start = 1, discriminator_width = 4%s)
smap.save(tok, "model.safetensors")
"""
RESULTS = ("model.safetensors", "run.safetensors", "run.best.safetensors", "run.csv")


def run(folder, script, **environment):
    folder.mkdir(exist_ok=True)
    (folder / "train.smap").write_text(script)
    return subprocess.run([SMAP, "--threads", "1", "train.smap"], cwd=folder, capture_output=True,
                          text=True, timeout=120, env={**os.environ, **environment})


def results(folder):
    """The bytes of everything that a training leaves."""
    return {name: (folder / name).read_bytes() for name in RESULTS}


def check_whole(path):
    """A file of tensors has the size that its header says, and a step; or it is not there yet."""
    if not path.exists():
        return
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8:8 + length])
    notes = header.pop("__metadata__")
    assert notes["smap_kind"] == "training" and int(notes["step"]) >= 1
    assert max(entry["data_offsets"][1] for entry in header.values()) == len(content) - 8 - length


def check_folder(folder):
    """Nothing is left but what a training writes."""
    assert sorted(os.listdir(folder)) == sorted([*RESULTS, "train.smap"])


def test_random_kills(tmp_path):
    script = TRAIN % (60, "")
    straight = tmp_path / "straight"
    start = time.monotonic()
    assert run(straight, script).returncode == 0
    duration = time.monotonic() - start
    chance = random.Random(11)
    kills, rounds = 0, 0
    while kills < KILLS:
        folder = tmp_path / f"killed{rounds}"
        folder.mkdir()
        (folder / "train.smap").write_text(script)
        rounds += 1
        while kills < KILLS:
            process = subprocess.Popen([SMAP, "--threads", "1", "train.smap"], cwd=folder)
            try:
                assert process.wait(timeout=chance.uniform(0.02, 0.7 * duration)) == 0
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                kills += 1
                check_whole(folder / "run.safetensors")
                check_whole(folder / "run.best.safetensors")
        # A process that was killed while it saved leaves a temporary file, which the next save
        # removes; run to the end.
        ran = run(folder, script)
        assert (ran.returncode, ran.stderr) == (0, "")
        assert results(folder) == results(straight)
        check_folder(folder)
        shutil.rmtree(folder)
    print(f"{kills} kills in {rounds} trainings")


@pytest.fixture(scope="session")
def saves(faults, tmp_path_factory):
    """A short training: its results, and the system calls of its saves."""
    folder = tmp_path_factory.mktemp("saves") / "straight"
    script = TRAIN % (2, "")
    ran = run(folder, script, LD_PRELOAD=str(faults), SMAP_FAULT_LOG="../log")
    assert (ran.returncode, ran.stderr) == (0, "")
    check_folder(folder)
    return script, results(folder), (folder.parent / "log").read_text().split()


def each(calls, body):
    """Runs `body` for each of the calls on two threads, and reports the first failure."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(body, calls))


@pytest.mark.parametrize("kind", ["before", "torn"])
def test_a_kill_at_each_call_of_a_save(kind, saves, faults, tmp_path):
    script, wanted, calls = saves
    # Each save creates, writes, synchronises, renames, and synchronises the folder.
    assert calls.count("rename") >= 6 and calls.count("fsync") == 2 * calls.count("rename")

    def attempt(number):
        folder = tmp_path / str(number)
        ran = run(folder, script, LD_PRELOAD=str(faults), SMAP_FAULT_AT=str(number),
                  SMAP_FAULT_KIND=kind)
        assert ran.returncode == -signal.SIGKILL
        check_whole(folder / "run.safetensors")
        check_whole(folder / "run.best.safetensors")
        ran = run(folder, script)
        assert (ran.returncode, ran.stderr) == (0, ""), (number, ran.stderr)
        assert results(folder) == wanted, number
        check_folder(folder)

    each([i + 1 for i, call in enumerate(calls) if kind == "before" or call == "write"], attempt)


@pytest.mark.parametrize("kind", ["refused", "short"])
def test_a_failure_of_each_call_of_a_save(kind, saves, faults, tmp_path):
    script, wanted, calls = saves

    def attempt(number):
        folder = tmp_path / str(number)
        ran = run(folder, script, LD_PRELOAD=str(faults), SMAP_FAULT_AT=str(number),
                  SMAP_FAULT_KIND=kind)
        check_whole(folder / "run.safetensors")
        assert not [name for name in os.listdir(folder) if name.endswith(".tmp")]
        # A short write is completed, and nothing needs to be removed. Otherwise the training goes
        # on with a note, or ends with an error if it cannot leave what it was to leave.
        if kind == "refused" and calls[number - 1] != "remove":
            assert "No space left" in ran.stderr, number
            assert ran.returncode in (0, 74)
        else:
            assert (ran.returncode, ran.stderr) == (0, ""), number
        ran = run(folder, script)
        assert (ran.returncode, ran.stderr) == (0, ""), (number, ran.stderr)
        assert results(folder) == wanted, number
        check_folder(folder)

    each([i + 1 for i, call in enumerate(calls) if kind == "refused" or call == "write"], attempt)


def test_a_loss_that_is_not_a_number_keeps_the_last_good_checkpoint(tmp_path):
    """The error names the step and a parameter; file and model are those of the steps before."""
    script = (TRAIN % (50, ", lr = 1000, weight_decay = 1000")).replace("warmup = 2", "warmup = 0")
    ran = run(tmp_path, script.replace("let h", "try { let h").replace("smap.save(", """} catch e {
  print("{e.message}\\n{e.hint}")
  let weights = data.load("run.safetensors")
  print(sum([sum(1 - isfinite(weights[name])) for name in keys(weights)]) == 0)
}
smap.save("""))
    assert ran.returncode == 0, ran.stderr
    message, hint, finite = ran.stdout.splitlines()
    step = int(re.match(r"step (\d+) of 50 failed: ", message)[1])
    assert "`" in message and "finite" in message and "lr = 1000" in hint
    assert finite == "true"
    check_whole(tmp_path / "run.safetensors")
    header = (tmp_path / "run.safetensors").read_bytes()
    notes = json.loads(header[8:8 + int.from_bytes(header[:8], "little")])["__metadata__"]
    assert 1 <= int(notes["step"]) < step


@pytest.mark.parametrize("number,code", [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_saves_first(number, code, tmp_path):
    script = (TRAIN % (40, "")).replace("checkpoint_every = 1", "checkpoint_every = 1000")
    straight = tmp_path / "straight"
    assert run(straight, script).returncode == 0
    folder = tmp_path / "stopped"
    folder.mkdir()
    waiting = script.replace("resume = true", """resume = true,
  on_step = fn({step}) { if step == 7 { data.save([1], "ready.json") }; if step >= 7 { sleep(0.2) } }""")
    (folder / "train.smap").write_text(waiting)
    process = subprocess.Popen([SMAP, "--threads", "1", "train.smap"], cwd=folder,
                               stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 60
    while not (folder / "ready.json").exists():
        assert time.monotonic() < end
        time.sleep(0.01)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == code
    assert errors.startswith(f"{number.name}: interrupted after step ")
    assert errors.endswith(' of training; resume = "run.safetensors" goes on from there\n')
    os.unlink(folder / "ready.json")
    check_whole(folder / "run.safetensors")
    ran = run(folder, script)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert results(folder) == results(straight)
    check_folder(folder)


@pytest.mark.skipif(KILLS < 100, reason="takes 15 seconds; SMAP_KILLS=100 runs it")
def test_a_slow_disk_gets_the_time_that_it_needs(faults, tmp_path):
    """The five seconds in which a process must respond to SIGTERM do not cut a save short."""
    script = TRAIN % (40, ", on_step = fn({step}) { if step == 7 { print(step) }; sleep(0.2) }")
    script = script.replace("checkpoint_every = 1", "checkpoint_every = 1000")
    (tmp_path / "train.smap").write_text(script)
    process = subprocess.Popen(
        [SMAP, "--threads", "1", "train.smap"], cwd=tmp_path, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
        env={**os.environ, "LD_PRELOAD": str(faults), "SMAP_FAULT_KIND": "slow",
             "SMAP_FAULT_SECONDS": "8", "SMAP_FAULT_AT": "9"})
    time.sleep(3)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 143
    check_whole(tmp_path / "run.safetensors")
    assert (tmp_path / "run.safetensors").exists()
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".tmp")]
