# SPDX-License-Identifier: Apache-2.0
"""Jobs of several processes under mpirun: the same bits as one process, and an end for every fault."""

import hashlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest

ENVIRONMENT = {
    **os.environ,
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    # Whatever network the machine has, the processes are on it.
    "OMPI_MCA_btl": "self,vader,tcp",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "OMPI_MCA_hwloc_base_binding_policy": "none",
}


@pytest.fixture(scope="module", autouse=True)
def mpirun():
    """Skips the tests where Open MPI cannot start two processes that do nothing."""
    if not shutil.which("mpirun"):
        pytest.skip("there is no mpirun here")
    done = subprocess.run(["mpirun", "-np", "2", "true"], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        pytest.skip(f"mpirun starts no processes here: {done.stderr[-300:]}")

TOKENIZER = """
let pictures = data.shapes(48, size = 16, seed = 3)
let tok = smap.tokenizer(image_size = 16, num_tokens = 4, token_dim = 2, width = 16, depth = 1, decoder_depth = 1,
  heads = 2, pixel_channels = 4, quantizer = "{quantizer}", seed = 1)
let history = smap.train(tok, pictures, steps = 50, batch_size = 40, seed = 0, validation = pictures, validate_every = 20,
  keep = "best", checkpoint = "training.ckpt", checkpoint_every = 20)
smap.save(tok, "model.safetensors")
print(history.loss, history.validation)
"""

GENERATOR = """
let pictures = data.shapes(48, size = 16, seed = 3)
let tok = smap.tokenizer(image_size = 16, num_tokens = 4, token_dim = 2, width = 16, depth = 1, decoder_depth = 1,
  heads = 2, pixel_channels = 4, seed = 1)
let model = card.model(tok, width = 16, depth = 1, heads = 2, seed = 2)
let history = card.train(model, pictures, tok, steps = 50, batch_size = 40, seed = 0, validation = data.shapes(35, size = 16, seed = 4),
  validate_every = 20)
card.save(model, "model.safetensors")
print(history.loss, history.validation)
"""


def start(smap, folder, count, script, *arguments):
    """Starts a script in so many processes."""
    path = pathlib.Path(folder) / "script.smap"
    path.write_text(script)
    command = ["mpirun", "-np", str(count)] if count else []
    return subprocess.Popen([*command, smap, "run", "--threads=1", str(path), *arguments], cwd=folder, env=ENVIRONMENT,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(smap, folder, count, script, *arguments, seconds=120):
    """Exit code, output and errors of a script in so many processes; 0 means without mpirun."""
    with start(smap, folder, count, script, *arguments) as process:
        try:
            output, errors = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return process.returncode, output, errors


ADVERSARIAL = TOKENIZER.replace("{quantizer}", "fsq").replace(
    "steps = 50", "steps = 30, loss = {mse: 1, adversarial: 0.1}, discriminator_start = 3")


@pytest.mark.parametrize("script", [TOKENIZER.replace("{quantizer}", "kl"), TOKENIZER.replace("{quantizer}", "vq"), ADVERSARIAL,
                                    GENERATOR], ids=["kl", "vq", "fsq and a discriminator", "generator"])
def test_any_number_of_processes_gives_the_same_bits(smap, tmp_path, script):
    found = {}
    for count in (0, 1, 2, 3, 4):
        folder = tmp_path / str(count)
        folder.mkdir()
        code, output, errors = run(smap, folder, count, script)
        assert code == 0, (count, errors)
        files = sorted(p for p in folder.iterdir() if p.suffix in (".safetensors", ".ckpt"))
        assert files
        found[count] = [output] + [hashlib.sha256(p.read_bytes()).hexdigest() for p in files]
        assert sorted(p.name for p in folder.glob("mpi-logs/*")) == [f"rank-{i}.log" for i in range(1, count)]
    assert all(one == found[0] for one in found.values()), found


def test_a_resumed_job_goes_on_as_one_process(smap, tmp_path):
    """A checkpoint of two processes is resumed by three."""
    script = TOKENIZER.replace("{quantizer}", "vq").replace("steps = 50", "steps = number(sys.args()[0])")
    whole = tmp_path / "whole"
    whole.mkdir()
    assert run(smap, whole, 0, script, "50")[0] == 0
    parts = tmp_path / "parts"
    parts.mkdir()
    stopped = script.replace('checkpoint_every = 20)', 'checkpoint_every = 20, on_step = fn(s) { if s.step == 30 { exit() } })')
    assert run(smap, parts, 2, stopped, "50")[0] == 0
    resumed = script.replace("checkpoint_every = 20)", 'checkpoint_every = 20, resume = "training.ckpt")')
    code, _, errors = run(smap, parts, 3, resumed, "50")
    assert code == 0, errors
    assert (whole / "model.safetensors").read_bytes() == (parts / "model.safetensors").read_bytes()


CAUGHT = """
let pictures = data.shapes(48, size = 16, seed = 3)
fn trained(width) {
  let tok = smap.tokenizer(image_size = 16, num_tokens = 4, token_dim = 2, width = width, depth = 1, decoder_depth = 1,
    heads = 2, pixel_channels = 4, seed = 1)
  smap.train(tok, pictures, steps = 5, batch_size = 40, seed = 0).loss
}
sys.limits(memory = 150e6)
let told = try { trained(512) } catch e: LimitError { "too large" }
print(told, trained(16))
"""


def test_a_training_that_fails_within_a_step_leaves_nothing_to_the_next(smap, tmp_path):
    """Its exchange has begun in all processes: its messages are not those of the training after it."""
    results = [run(smap, tmp_path, count, CAUGHT) for count in (0, 2, 3)]
    assert results[0][1].startswith("too large [-0.0") and results == results[:1] * 3, results


DIVIDED = """
let squares = mpi.map(range(7), fn(i) = {value: i ** 2 + rand(2), name: "item {i}"})
print(mpi.map([], fn(i) = i), squares, rand(1))
"""


def test_divided_work_gives_what_one_process_gives(smap, tmp_path):
    outputs = [run(smap, tmp_path, count, DIVIDED)[1] for count in (0, 2, 3)]
    assert outputs[0].startswith("[] [{") and outputs == outputs[:1] * 3, outputs


def test_values_of_all_processes_are_gathered(smap, tmp_path):
    code, output, errors = run(smap, tmp_path, 3, "print(mpi.gather({rank: mpi.rank(), of: mpi.size(), x: ones(2) * mpi.rank()}))")
    assert code == 0 and "rank: 2, of: 3, x: tensor([2, 2])" in output, (output, errors)


def test_a_process_works_alone_in_divided_work(smap, tmp_path):
    """It trains its own model, and writes its own files."""
    script = """
    fn one(i) {
      let tok = smap.tokenizer(image_size = 16, num_tokens = 2, token_dim = 2, width = 16, depth = 1, decoder_depth = 1,
        heads = 2, pixel_channels = 4, seed = i)
      let loss = smap.train(tok, data.shapes(16, size = 16, seed = 3), steps = 3, batch_size = 8, seed = i).loss
      data.save({loss: loss}, "{i}.json")
      loss
    }
    print(mpi.map(range(3), one))
    """
    results = []
    for count in (0, 2):
        folder = tmp_path / str(count)
        folder.mkdir()
        code, output, errors = run(smap, folder, count, script)
        assert code == 0, errors
        results.append([output] + [(folder / f"{i}.json").read_text() for i in range(3)])
    assert results[0] == results[1]


def test_a_file_that_cannot_be_written_fails_in_all_processes(smap, tmp_path):
    code, output, errors = run(smap, tmp_path, 2, """
    let told = try { data.save({a: 1}, "/proc/none/a.json"); "written" } catch e: IOError { e.message }
    print(mpi.gather(told))
    data.save({rank: mpi.rank()}, "first.json")
    """)
    assert code == 0 and output.count("cannot write '/proc/none/a.json'") == 2, (output, errors)
    assert re.search(r'"rank": *0', (tmp_path / "first.json").read_text())


def test_one_process_holds_a_lock_for_all(smap, tmp_path):
    code, output, errors = run(smap, tmp_path, 2, 'print(mpi.gather(sys.lock("a.lock", fn() = mpi.gather(mpi.rank()))))')
    assert code == 0 and output == "[true, true]\n", (output, errors)


def test_a_failure_of_all_is_told_once(smap, tmp_path):
    code, output, errors = run(smap, tmp_path, 3, 'print("before")\nerror("no way", kind = "MyError")')
    assert code == 1 and output == "before\n" and errors.count("MyError: no way") == 1 and "alone" not in errors, errors


def test_a_process_that_fails_alone_is_named(smap, tmp_path):
    begin = time.monotonic()
    code, _, errors = run(smap, tmp_path, 3, 'if mpi.rank() == 1 { error("odd", kind = "MyError") }\nmpi.gather(1)')
    assert code != 0 and "process 1 of 3 has ended alone, with exit code 1; its log is mpi-logs/rank-1.log" in errors, errors
    assert "MyError: odd" in (tmp_path / "mpi-logs/rank-1.log").read_text()
    assert time.monotonic() - begin < 10


@pytest.mark.parametrize("change, words", [
    ("batch_size = 40 - 8 * mpi.rank()", "another `batch_size` than process 0: 32, not 40"),
    ("lr = 0.001 * (1 + mpi.rank()), batch_size = 40", "another `lr`"),
])
def test_other_options_are_refused_before_the_first_step(smap, tmp_path, change, words):
    script = TOKENIZER.replace("{quantizer}", "kl").replace("batch_size = 40", change)
    code, _, errors = run(smap, tmp_path, 2, script)
    assert code == 1 and words in errors, errors
    assert not (tmp_path / "model.safetensors").exists()


def test_other_pictures_and_weights_are_refused(smap, tmp_path):
    for before, after, words in [("data.shapes(48, size = 16, seed = 3)", "data.shapes(48, size = 16, seed = mpi.rank())", "dataset"),
                                 ("seed = 1)", "seed = 1 + mpi.rank())", "than process 0")]:
        script = TOKENIZER.replace("{quantizer}", "kl").replace(before, after)
        code, _, errors = run(smap, tmp_path, 2, script)
        assert code == 1 and words in errors and "process 1 of this job has another" in errors, errors


def test_other_arguments_are_refused(smap, tmp_path):
    (tmp_path / "script.smap").write_text("print(1)")
    command = ["mpirun", "-np", "1", smap, "run", "script.smap", "a", ":", "-np", "1", smap, "run", "script.smap", "b"]
    done = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and "another `arguments` than process 0: b, not a" in done.stderr, done.stderr


TRAINED = """
let tok = smap.tokenizer(image_size = 16, num_tokens = 4, token_dim = 2, width = 16, depth = 1, decoder_depth = 1,
  heads = 2, pixel_channels = 4, seed = 1)
fn trained(on_step = nil) = smap.train(tok, data.shapes(48, size = 16, seed = 3), steps = 5, batch_size = 40, seed = 0,
  on_step = on_step)
"""


@pytest.mark.parametrize("script, words", [
    ("if mpi.rank() == 0 { trained() }", "process 1 of 2 has ended, but process 0 waits for it in training 1"),
    ("if mpi.rank() == 1 { exit(0) }\nmpi.gather(1)", "process 1 of 2 has ended, but process 0 waits for it in mpi.gather"),
    ("for i in range(3 + mpi.rank()) { mpi.gather(i) }", "process 0 of 2 has ended, but process 1 waits for it in mpi.gather"),
    ('data.save({a: 1}, "rank-{mpi.rank()}.json")', "process 0 of 2 has ended, but process 1 waits for it in writing 'rank-1.json'"),
    ('data.save({a: 1}, "rank-{mpi.rank()}.json")\nmpi.gather(1)',
     "the processes wait for each other, process 0 in mpi.gather, process 1 in writing 'rank-1.json'"),
    ("if mpi.rank() == 1 { mpi.map([1, 2], fn(x) = x) } else { mpi.gather(3) }", "is in mpi.map, but process 0 in mpi.gather"),
    ("if mpi.rank() == 1 { trained() } else { mpi.gather(3) }", "is in training 1, but process 0 in mpi.gather"),
    ("""try { trained(on_step = fn(s) { if s.step == 2 and mpi.rank() == 1 { error("odd") } }) } catch e { print("caught") }
trained()""", "process 1 of 2 is in training 2, but process 0 in training 1"),
], ids=["a training in one process", "an exit", "one call more", "own files", "own files, then a call", "two calls",
        "a training and a call", "a training left"])
def test_processes_that_go_other_ways_end_the_job(smap, tmp_path, script, words):
    """None waits for ever, and what it waited for is told."""
    begin = time.monotonic()
    code, _, errors = run(smap, tmp_path, 2, TRAINED + script, seconds=60)
    assert code == 1 and words in errors and "the job ends" in errors, errors
    assert time.monotonic() - begin < 30


def test_all_processes_divide_the_same_list(smap, tmp_path):
    for items in ("range(4 + mpi.rank())", "[mpi.rank(), 1, 2]"):
        code, output, errors = run(smap, tmp_path, 3, f"mpi.map({items}, fn(x) = x * 10)")
        assert code == 1 and "another `items` than process 0" in errors, (output, errors)


def test_values_travel_within_a_sandbox(smap, tmp_path):
    """They need no file."""
    path = tmp_path / "script.smap"
    path.write_text("print(mpi.gather({a: ones(2), tok: type(smap.load(\"emoji-kl\"))}), mpi.map([1, 2], fn(x) = x))")
    before = set(pathlib.Path("/tmp").glob("smap-*.session*"))
    done = subprocess.run(["mpirun", "-np", "2", smap, "run", "--sandbox", ".", str(path)], cwd=tmp_path, env=ENVIRONMENT,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.endswith("[1, 2]\n"), (done.stdout, done.stderr)
    assert set(pathlib.Path("/tmp").glob("smap-*.session*")) == before


def test_an_empty_name_of_the_folder_of_logs_is_none(smap, tmp_path):
    (tmp_path / "script.smap").write_text("print(1)")
    done = subprocess.run(["mpirun", "-np", "2", smap, "run", "script.smap"], cwd=tmp_path, stdin=subprocess.DEVNULL,
                          env={**ENVIRONMENT, "SMAP_MPI_LOGS": ""}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and (tmp_path / "mpi-logs/rank-1.log").read_text() == "1\n", done.stderr


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the kernels asked for are those of x86-64")
def test_processes_that_round_differently_are_refused(smap, tmp_path):
    (tmp_path / "script.smap").write_text("print(1)")
    command = ["mpirun", "-np", "1", "-x", "OPENBLAS_CORETYPE=Nehalem", smap, "run", "script.smap", ":",
               "-np", "1", "-x", "OPENBLAS_CORETYPE=Prescott", smap, "run", "script.smap"]
    done = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and "another `kernels` than process 0" in done.stderr, done.stderr


ENDLESS = TOKENIZER.replace("{quantizer}", "kl").replace("steps = 50", "steps = 1000000")


def processes(smap, folder):
    """The processes of a job by rank."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        try:
            words = (entry / "environ").read_bytes().split(b"\0")
            if os.readlink(entry / "cwd") == str(folder) and os.readlink(entry / "exe") == os.path.realpath(smap):
                rank = next(int(w.split(b"=")[1]) for w in words if w.startswith(b"OMPI_COMM_WORLD_RANK="))
                found[rank] = int(entry.name)
        except (OSError, StopIteration, ValueError):
            continue
    return found


@pytest.mark.parametrize("number, rank", [(signal.SIGKILL, 1), (signal.SIGKILL, 0), (signal.SIGSTOP, 2), (signal.SIGSTOP, 0)])
def test_a_lost_process_ends_the_job(smap, tmp_path, number, rank):
    """Within ten seconds, by name, and the last checkpoint is whole."""
    with start(smap, tmp_path, 3, ENDLESS) as process:
        try:
            limit = time.monotonic() + 60
            while not (tmp_path / "training.ckpt").exists():
                assert time.monotonic() < limit and process.poll() is None
                time.sleep(0.1)
            os.kill(processes(smap, tmp_path)[rank], number)
            begin = time.monotonic()
            _, errors = process.communicate(timeout=60)
            seconds = time.monotonic() - begin
        finally:
            process.kill()
    assert process.returncode != 0 and seconds < 14, (seconds, errors)
    assert re.search(rf"process {rank} of 3 has not answered" if number == signal.SIGSTOP else rf"rank {rank} .*signal 9|\],{rank}\]", errors), errors
    resumed = ENDLESS.replace("checkpoint_every = 20)", 'resume = "training.ckpt", on_step = fn(s) { print(s.step); exit() })')
    code, output, errors = run(smap, tmp_path, 0, resumed)
    assert code == 0 and int(output) > 20, (output, errors)
    assert not list(tmp_path.glob(".*.tmp"))


@pytest.mark.parametrize("arguments, words", [
    ([], "the prompt"), (["repl"], "the prompt"), (["-"], "a program on standard input"), (["test", "."], "`smap test`"),
    (["notebook", "a.smap"], "`smap notebook`"),
])
def test_only_scripts_run_in_a_job(smap, tmp_path, arguments, words):
    (tmp_path / "a.smap").write_text("print(1)")
    done = subprocess.run(["mpirun", "-np", "2", smap, *arguments], cwd=tmp_path, env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 64 and f"{words} cannot run in 2 processes; give mpirun a script" in done.stderr, done.stderr
