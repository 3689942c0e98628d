# SPDX-License-Identifier: Apache-2.0
"""Data sets whose pixels stay in the file of their folder, because they are too many for memory: kills,
failures and damage while that file is written and while it is in use."""

import os
import random
import signal
import subprocess
import time

import pytest

from png_files import Picture

COUNT, SIDE = 240, 128
#: A quarter of it may hold pixels: 11.25 MB, and these pictures take 11.8 MB.
LIMIT = ["--max-memory", "45MB"]
CACHE = f".smap-{SIDE}-crop.cache"
LOAD = f'let d = data.folder("pets", size = {SIDE})\n'
SHOW = LOAD + 'print(len(d), d.channels, d.mean_image.mean(), d[7:9].images.sum())'
TRAIN = f"""
let tok = smap.tokenizer(image_size = {SIDE}, patch_size = 32, num_tokens = 2, token_dim = 2, width = 8,
  depth = 1, decoder_depth = 1, heads = 2, pixel_channels = 4, num_classes = 2, linear_path = false, seed = 1)
"""


@pytest.fixture
def pets(tmp_path):
    """Many links to a few pictures, in two classes."""
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
    sources = []
    for seed in range(6):
        sources.append(tmp_path / f"{seed}.png")
        sources[-1].write_bytes(Picture(9, 7, 2, 8, seed).file())
    for index in range(COUNT):
        os.link(sources[index % 6], tmp_path / "pets" / ("cat", "dog")[index % 2] / f"{index:03}.png")
    return tmp_path / "pets"


def run(smap, folder, script, options=(), **environment):
    (folder / "script.smap").write_text(script)
    return subprocess.run([smap, *options, "script.smap"], cwd=folder, capture_output=True, text=True,
                          timeout=120, env={**os.environ, **environment})


def in_memory(smap, folder):
    """What the script shows of the same pictures in memory."""
    ran = run(smap, folder, SHOW.replace(f"size = {SIDE}", f"size = {SIDE}, cache = false"))
    assert ran.returncode == 0 and ran.stdout.startswith(f"{COUNT} 3 "), ran.stderr
    return ran.stdout


def entries(pets):
    """The names beside the classes."""
    return sorted(name for name in os.listdir(pets) if name not in ("cat", "dog"))


def test_both_starts_give_what_memory_gives(smap, tmp_path, pets):
    wanted = in_memory(smap, tmp_path)
    assert entries(pets) == []
    for _ in range(2):
        ran = run(smap, tmp_path, SHOW, LIMIT)
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, wanted, "")
        assert entries(pets) == [CACHE]
        content = (pets / CACHE).read_bytes()
        assert len(content) == COUNT * SIDE * SIDE * 3 + 44


def test_training_gives_what_memory_gives(smap, tmp_path, pets):
    script = LOAD + TRAIN + """
let h = smap.train(tok, d, steps = 6, batch_size = 16, seed = 1, validation = d[:16], validate_every = 3)
print(h.loss, h.validation)
"""
    plain = run(smap, tmp_path, script.replace(f"size = {SIDE})", f"size = {SIDE}, cache = false)"))
    assert plain.returncode == 0, plain.stderr
    ran = run(smap, tmp_path, script, LIMIT)
    assert (ran.returncode, ran.stdout) == (0, plain.stdout), ran.stderr


def test_kills_while_decoding(smap, tmp_path, pets):
    wanted = in_memory(smap, tmp_path)
    (tmp_path / "script.smap").write_text(SHOW)
    chance = random.Random(3)
    start = time.monotonic()
    assert run(smap, tmp_path, SHOW, LIMIT).returncode == 0
    duration = time.monotonic() - start
    (pets / CACHE).unlink()
    for _ in range(5):
        process = subprocess.Popen([smap, *LIMIT, "script.smap"], cwd=tmp_path, stdout=subprocess.PIPE)
        time.sleep(chance.uniform(0.3, 1) * duration)
        process.kill()
        process.communicate()
    ran = run(smap, tmp_path, SHOW, LIMIT)
    assert (ran.returncode, ran.stdout) == (0, wanted), ran.stderr
    # What a killed process left is removed by the next one that writes.
    (pets / CACHE).unlink()
    assert run(smap, tmp_path, SHOW, LIMIT).stdout == wanted
    assert entries(pets) == [CACHE]


def test_a_failure_of_each_call(smap, tmp_path, pets, faults):
    """A disk that is full costs the file, never the pictures."""
    wanted = in_memory(smap, tmp_path)
    log = tmp_path / "log"
    assert run(smap, tmp_path, SHOW, LIMIT, LD_PRELOAD=str(faults), SMAP_FAULT_LOG=str(log)).stdout == wanted
    calls = log.read_text().split()
    assert calls.count("write") >= 3 and "rename" in calls and "fsync" in calls
    # The first and the last call of each name; the writes between differ in nothing.
    tried = {calls.index(call) for call in calls} | {len(calls) - 1 - calls[::-1].index(call) for call in calls}
    for number in sorted(place + 1 for place in tried):
        call = calls[number - 1]
        (pets / CACHE).unlink(missing_ok=True)
        ran = run(smap, tmp_path, SHOW, LIMIT, LD_PRELOAD=str(faults), SMAP_FAULT_AT=str(number),
                  SMAP_FAULT_KIND="refused")
        assert (ran.returncode, ran.stdout) == (0, wanted), (number, call, ran.stderr)
        # A file that could not be written is told, with the memory that the pixels take instead.
        if call in ("write", "fsync", "rename"):
            assert "could not be kept in a file and take 11.8 MB of memory: " in ran.stderr, (number, call)
            assert "No space left on device" in ran.stderr, (number, call, ran.stderr)
        if call != "remove":
            assert set(entries(pets)) <= {CACHE}, (number, call)
        assert run(smap, tmp_path, SHOW, LIMIT).stdout == wanted, (number, call)


def started(smap, folder, script, words="ready.json"):
    """A process that has begun to use its data."""
    (folder / "script.smap").write_text(script)
    process = subprocess.Popen([smap, *LIMIT, "script.smap"], cwd=folder,
                               stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 60
    while not (folder / words).exists():
        assert time.monotonic() < end and process.poll() is None, process.stderr.read()
        time.sleep(0.01)
    return process


def test_a_file_that_is_cut_while_it_is_in_use(smap, tmp_path, pets):
    """An error in place of SIGBUS, and of pixels that nobody stored."""
    process = started(smap, tmp_path, LOAD + 'data.save([1], "ready.json")\nwhile true { d[0].image }')
    os.truncate(pets / CACHE, 100)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 74 and "it was changed while it was in use" in errors, errors
    assert run(smap, tmp_path, SHOW, LIMIT).returncode == 0


def test_training_on_a_file_that_is_cut(smap, tmp_path, pets):
    """Training ends with an error; its checkpoint is that of the last good step, and it goes on."""
    script = LOAD + TRAIN + """
let h = smap.train(tok, d, steps = 100000, batch_size = 16, seed = 1, checkpoint = "run.safetensors",
  checkpoint_every = 1, on_step = fn({step}) { if step == 3 { data.save([1], "ready.json") } })
"""
    process = started(smap, tmp_path, script)
    with open(pets / CACHE, "r+b") as file:
        file.truncate(1 << 20)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 74 and "it was changed while it was in use" in errors, errors
    again = script.replace("seed = 1, checkpoint", "seed = 1, resume = true, checkpoint").replace(
        "data.save([1]", 'data.save([2]').replace("step == 3", "step >= 4")
    os.unlink(tmp_path / "ready.json")
    process = started(smap, tmp_path, again)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 143
