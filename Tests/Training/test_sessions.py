# SPDX-License-Identifier: Apache-2.0
"""Examples/sessions.smap: Ctrl-C ends a training whose script goes on, and minutes add up over sessions."""

import json
import os
import pathlib
import signal
import subprocess

SMAP = os.environ.get("SMAP", ".build/debug/smap")
ROOT = pathlib.Path(__file__).resolve().parents[2]

SCRIPT = """
let sessions = import "SESSIONS"
let tok = smap.tokenizer(image_size = 16, width = 16, seed = 0)
let session = sessions.begin("run.ckpt")
fn step(s) {
  session.on_step(s)
  if s.step == 5 { print("five") }
  if s.step < 8 { sleep(PAUSE) }
}
let history = smap.train(tok, data.shapes(16, size = 16), steps = 8, batch_size = 8, seed = 1,
  checkpoint = "run.ckpt", resume = true, on_step = step, on_interrupt = "return")
let minutes = sessions.end(session, history, 8)
print("the script goes on")
"""


def start(folder, pause):
    script = folder / "train.smap"
    script.write_text(SCRIPT.replace("SESSIONS", str(ROOT / "Examples/sessions.smap")).replace("PAUSE", pause))
    return subprocess.Popen(
        [str(pathlib.Path(SMAP).resolve()), str(script)], cwd=folder, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True)


def minutes(folder):
    return json.loads((folder / "run.ckpt.minutes.json").read_text())["minutes"]


def test_a_training_that_is_stopped_keeps_its_model_and_its_minutes(tmp_path):
    first = start(tmp_path, "0.3")
    while first.stdout.readline() != "five\n":
        assert first.poll() is None
    first.send_signal(signal.SIGINT)
    output = first.communicate(timeout=60)[0]
    assert first.returncode == 0, output
    assert "stopped before step 8" in output and "the script goes on" in output
    spent = minutes(tmp_path)
    assert spent * 60 > 4 * 0.3

    # The next session says where it goes on, and adds its minutes.
    second = start(tmp_path, "0")
    output = second.communicate(timeout=60)[0]
    assert second.returncode == 0 and " of 8; 0.0 minutes went before" in output, output
    assert "goes on after step" in output and "trained 8 steps" in output and "stopped" not in output
    total = minutes(tmp_path)
    assert total > spent

    # Nothing is left to do, which costs nothing.
    third = start(tmp_path, "0")
    output = third.communicate(timeout=60)[0]
    assert third.returncode == 0 and "the checkpoint holds all 8 steps" in output, output
    assert minutes(tmp_path) - total < 0.001
