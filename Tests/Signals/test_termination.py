# SPDX-License-Identifier: Apache-2.0
"""What happens when smap is told to end: at the prompt, in scripts, in the middle of training.

The prompt is tried on a pseudo-terminal, which must be given back with echo and without bracketed
paste. Whatever ends a process, the exit code is the one that shells report for the signal.
"""

import json
import os
import pty
import select
import signal
import subprocess
import termios
import time

import pytest

SMAP = os.environ["SMAP"]
SIGNALS = [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGQUIT, 131)]
PASTE_ON, PASTE_OFF = b"\x1b[?2004h", b"\x1b[?2004l"
TINY = """
let set = data.shapes(12, size = 16, seed = 3)
let tok = smap.tokenizer(image_size = 16, num_tokens = 8, token_dim = 4, width = 16, depth = 1,
  decoder_depth = 1, heads = 2, pixel_channels = 4, seed = 1)
"""


class Prompt:
    """smap at a pseudo-terminal."""

    def __init__(self, home):
        self.output = b""
        self.seen = 0
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.environ.update(TERM="xterm", HOME=str(home))
            os.environ.pop("XDG_STATE_HOME", None)
            os.execv(SMAP, [SMAP])
        self.found = termios.tcgetattr(self.terminal)
        self.read_until(PASTE_ON)

    def wait_for_editor(self):
        """Waits until the line editor has the terminal, which then echoes nothing by itself."""
        for _ in range(1000):
            if not termios.tcgetattr(self.terminal)[3] & termios.ECHO:
                return
            time.sleep(0.01)
        raise AssertionError("the prompt never took the terminal")

    def read_until(self, words, seconds=30):
        """Reads until these words have come, after those waited for before."""
        end = time.monotonic() + seconds
        while words not in self.output[self.seen:]:
            assert time.monotonic() < end, self.output
            if select.select([self.terminal], [], [], 0.1)[0]:
                self.output += os.read(self.terminal, 1 << 16)
        self.seen = self.output.index(words, self.seen) + len(words)

    def type(self, text):
        os.write(self.terminal, text.encode())

    def end(self, number):
        """Sends a signal and returns the exit code and the state of the terminal."""
        os.kill(self.process, number)
        status = os.waitpid(self.process, 0)[1]
        # Its last output may arrive a moment after its end, followed by an error.
        while select.select([self.terminal], [], [], 1)[0]:
            try:
                self.output += os.read(self.terminal, 1 << 16)
            except OSError:
                break
        return os.waitstatus_to_exitcode(status), termios.tcgetattr(self.terminal)


def check_terminal(prompt, state):
    assert state[:4] == prompt.found[:4]
    assert state[3] & termios.ECHO
    assert prompt.output.rindex(PASTE_OFF) > prompt.output.rindex(PASTE_ON)


def history(home):
    lines = (home / ".local/state/smap/history.jsonl").read_text().splitlines()
    return [json.loads(line)["text"] for line in lines]


@pytest.mark.parametrize("number,code", SIGNALS)
def test_at_the_prompt(number, code, tmp_path):
    prompt = Prompt(tmp_path)
    prompt.type("let kept = 41 + 1\r")
    prompt.read_until(PASTE_ON)
    prompt.wait_for_editor()
    prompt.type('print("half typed")')
    prompt.read_until(b"typed")
    got, state = prompt.end(number)
    assert got == code
    check_terminal(prompt, state)
    # Nothing is lost, and unentered text has not run.
    assert history(tmp_path) == ["let kept = 41 + 1", 'print("half typed")']
    assert b"\nhalf typed" not in prompt.output


@pytest.mark.parametrize("number,code", SIGNALS)
def test_while_a_statement_runs(number, code, tmp_path):
    prompt = Prompt(tmp_path)
    prompt.type('print("go"); while true { }\r')
    prompt.read_until(PASTE_OFF + b"go")
    got, state = prompt.end(number)
    assert got == code
    check_terminal(prompt, state)


@pytest.mark.parametrize("key", ["\x12", "\x1b[200~pasted"])
def test_in_a_search_and_in_a_paste(key, tmp_path):
    prompt = Prompt(tmp_path)
    prompt.type(key)
    time.sleep(0.3)
    got, state = prompt.end(signal.SIGTERM)
    assert got == 143
    check_terminal(prompt, state)


@pytest.fixture
def start(tmp_path):
    """Starts scripts, and ends those that a test leaves behind."""
    processes = []

    def run(script, **options):
        path = tmp_path / "script.smap"
        path.write_text(script)
        processes.append(subprocess.Popen(
            [SMAP, "run", str(path)], cwd=tmp_path, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, **options))
        return processes[-1]

    yield run
    for process in processes:
        process.kill()
        process.communicate()


def wait_for(path, seconds=60):
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end, f"{path.name} did not come"
        time.sleep(0.02)


def signal_when_ready(process, number, tmp_path):
    """Sends the signal once the script has saved ready.json; returns code and standard error."""
    wait_for(tmp_path / "ready.json")
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors


@pytest.mark.parametrize("number,code", SIGNALS)
def test_training_saves_what_there_is(number, code, start, tmp_path):
    script = TINY + """
let h = smap.train(tok, set, steps = 1000000, batch_size = 4, seed = 1,
  on_interrupt = "return", on_step = fn({step}) { if step == 3 { data.save([1], "ready.json") } })
let further = smap.train(tok, set, steps = 1000000, batch_size = 4, on_interrupt = "return")
smap.save(tok, "kept.safetensors", notes = {steps: len(h.loss), further: further.stopped})
"""
    got, errors = signal_when_ready(start(script), number, tmp_path)
    assert (got, errors) == (code, "")
    check = 'let n = smap.load("kept.safetensors").notes; [number(n.steps) >= 3, n.further]'
    shown = subprocess.run([SMAP, "-e", check], cwd=tmp_path, capture_output=True, text=True)
    assert shown.stdout == '[true, "true"]\n'


@pytest.mark.parametrize("number,code", SIGNALS)
def test_training_that_is_not_asked_to_return(number, code, start, tmp_path):
    script = TINY + """
let h = try {
  smap.train(tok, set, steps = 1000000, batch_size = 4, on_step = fn({step}) {
    if step == 3 { data.save([1], "ready.json") }
  })
} catch e: Interrupt {
  data.save({caught: e.kind}, "caught.json")
  error("passed on", kind = "Done")
}
"""
    got, errors = signal_when_ready(start(script), number, tmp_path)
    assert got == code
    assert "passed on" in errors
    assert "Interrupt" in (tmp_path / "caught.json").read_text()


@pytest.mark.parametrize("number,code", SIGNALS)
def test_scripts_name_the_signal_and_the_step(number, code, start, tmp_path):
    script = TINY + """
smap.train(tok, set, steps = 1000000, batch_size = 4, on_step = fn({step}) {
  if step == 3 { data.save([1], "ready.json") }
})
"""
    got, errors = signal_when_ready(start(script), number, tmp_path)
    assert got == code
    assert errors.startswith(f"{number.name}: interrupted after step ")
    assert errors.endswith(" of 1000000 of training\n")


def test_a_second_signal_ends_at_once(start, tmp_path):
    process = start("""
data.save([1], "ready.json")
while true {
  try { while true { } } catch e: Interrupt { data.save([2], "caught.json") }
}
""")
    wait_for(tmp_path / "ready.json")
    process.send_signal(signal.SIGTERM)
    wait_for(tmp_path / "caught.json")
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 143


def test_what_the_parent_ignores_stays_ignored(start, tmp_path):
    def ignore():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    process = start("""
data.save([1], "ready.json")
let n = 0
while n < 300000 { n = n + 1 }
print("done")
""", preexec_fn=ignore)
    wait_for(tmp_path / "ready.json")
    process.send_signal(signal.SIGHUP)
    output, _ = process.communicate(timeout=60)
    assert (process.returncode, output) == (0, "done\n")


def test_a_program_that_waits_for_its_text(tmp_path):
    process = subprocess.Popen([SMAP, "run", "-"], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    try:
        process.communicate(timeout=60)
    finally:
        process.kill()
    # Nothing has begun that would be lost: the signal itself may end the process.
    assert process.returncode in (-signal.SIGTERM, 143)
