# SPDX-License-Identifier: Apache-2.0
"""Damaged history and session files: nothing traps or hangs, and nothing that was sound is lost.

The damage is random, by a fixed seed: bytes of the files, and values of the JSON inside a sound
archive, which no checksum rejects.
"""

import io
import json
import os
import pty
import random
import select
import subprocess
import time
import zipfile

import pytest
from ending import exit_code

SMAP = os.environ["SMAP"]

ENTRIES = ["let x = 1", 'print("ä 😀")', "for i in range(2) {\n  print(i)\n}", "x * 2", "help(sum)", "[1, 2;\n 3, 4]"]

SESSION = """
let a = 1.5
let b = [1, "two", [3, nil, true, inf]]
let c = {list: b, range: range(2, 9, 3), mask: [1, 2] > 1}
let d = param(ones(2, 3))
fn double(n) = n * 2
let tok = smap.tokenizer(image_size = 16, patch_size = 8, num_tokens = 2, token_dim = 2, width = 16, depth = 1, decoder_depth = 1, heads = 2, num_classes = 3, seed = 1)
let tokens = smap.encode(tok, zeros(2, 3, 16, 16), label = [1, nil])
let vectors = smap.encode(smap.tokenizer(image_size = 16, condition_dim = 2, width = 16, depth = 1, decoder_depth = 1, heads = 2, linear_path = false, seed = 0), zeros(1, 3, 16, 16), condition = [1, 0])
let code = smap.linear_code(data.shapes(20, size = 8), num_tokens = 2)
:save {path}
"""


def damaged(data, chance):
    """Bytes with one to four random changes."""
    data = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        size = chance.choice([1, 1, 2, 7, 60])
        noise = bytes(chance.choice([0, 10, 27, 34, 92, 123, 128, 255, chance.randrange(256)]) for _ in range(size))
        kind = chance.randrange(5)
        if kind == 0:
            data[at:at + size] = noise
        elif kind == 1:
            data[at:at] = noise
        elif kind == 2:
            del data[at:at + size]
        elif kind == 3:
            data[at:at] = data[max(0, at - 200):at]
        else:
            del data[at:]
    return bytes(data)


def typed(environment, keys, seconds=20):
    """What a prompt in a terminal shows when keys are typed, and its exit code."""
    process, side = pty.fork()
    if process == 0:
        os.environ.update({"TERM": "xterm", "LC_ALL": "C.UTF-8", "NO_COLOR": "1", **environment})
        os.execv(SMAP, [SMAP, "repl"])
    output, end, sent = b"", time.monotonic() + seconds, False
    while time.monotonic() < end:
        if not select.select([side], [], [], 0.5)[0]:
            continue
        try:
            part = os.read(side, 1 << 16)
        except OSError:
            break
        output += part
        if not sent and b"smap> " in output:
            os.write(side, keys)
            sent = True
    else:
        os.kill(process, 9)
    os.close(side)
    return output, exit_code(process)


def entries(data):
    """The sound entries of a history file."""
    for line in data.split(b"\n"):
        try:
            yield json.loads(line)["text"]
        except (ValueError, KeyError, TypeError):
            continue


def test_damaged_histories_lose_nothing(tmp_path):
    chance = random.Random(15)
    sound = b"".join(json.dumps({"time": 1, "text": text}, ensure_ascii=False).encode() + b"\n" for text in ENTRIES)
    path = tmp_path / "smap" / "history.jsonl"
    path.parent.mkdir()
    for case in range(60):
        before = damaged(sound, chance)
        path.write_bytes(before)
        # Up recalls an old entry, which is thrown away; then a new one is run.
        output, code = typed({"XDG_STATE_HOME": str(tmp_path)}, b"\x1b[A\x1b[A\x03" + b"40 + %d\r\x04" % case)
        after = path.read_bytes()
        assert code == 0 and b"2004l%d\r\n" % (40 + case) in output, (case, before, output)
        assert after.startswith(before) and list(entries(after))[-1] == f"40 + {case}", (case, after)


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """The bytes of a sound session file."""
    path = tmp_path_factory.mktemp("session") / "sound.session"
    text = SESSION.replace("{path}", str(path))
    done = subprocess.run([SMAP, "repl"], input=text, capture_output=True, text=True, timeout=120)
    assert path.exists(), done.stdout + done.stderr
    return path.read_bytes()


ODD = [None, True, False, -1, 0, 1, 2**31, 2**53, 1e300, -1e300, 0.5, "", "x", "nan", "-5", "inf", [], {}, [[]],
       ["container", 0], ["container", 99], ["tensor", 0, False, False], ["number", "1e999"], ["range", "0", "inf", "0"],
       ["function", "fn() { while true {} }"], ["function", "fn f() = 1"], ["tokenizer", 0], ["tokens", 0, None, 2, [1]]]


def nodes(value, holder=None, key=None):
    """All places in a JSON value."""
    if holder is not None:
        yield holder, key
    for name, inner in list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []):
        yield from nodes(inner, value, name)


def forged(data, chance):
    """A sound archive whose parts are not: odd values in its JSON, or bytes changed inside a tensor file."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(result, "w") as new:
        chosen = chance.choice(old.namelist() + ["session.json"] * 6)
        for name in old.namelist():
            content = old.read(name)
            if name != chosen:
                new.writestr(name, content)
            elif name != "session.json":
                # The header, where the shapes are, and anything behind it.
                cut = chance.choice([300, len(content)])
                if chance.random() < 0.9:
                    new.writestr(name, damaged(content[:cut], chance) + content[cut:])
            else:
                value = json.loads(content)
                for _ in range(chance.randint(1, 3)):
                    holder, key = chance.choice(list(nodes(value)))
                    if chance.random() < 0.2 and isinstance(holder, list):
                        del holder[key]
                    elif chance.random() < 0.2 and isinstance(holder, list):
                        holder.insert(key, holder[key])
                    else:
                        holder[key] = chance.choice(ODD)
                    if not list(nodes(value)):
                        break
                new.writestr(name, json.dumps(value))
    return result.getvalue()


@pytest.mark.parametrize("make, count", [(damaged, 100), (forged, 200)])
def test_damaged_sessions_are_refused_or_read(session, tmp_path, make, count):
    """One prompt reads them all: what it held before, it still holds, and every line is answered."""
    chance = random.Random(29)
    lines = ["let kept = 7"]
    for case in range(count):
        path = tmp_path / f"{case}.session"
        path.write_bytes(make(session, chance))
        lines += [f":load {path}", f'print("case {case} kept {{kept}}")']
    done = subprocess.run([SMAP, "repl"], input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=60)
    for case in range(count):
        assert f"case {case} kept 7" in done.stdout, (case, done.returncode, done.stdout[-500:], done.stderr[-2000:])
    assert "InternalError" not in done.stderr, done.stderr
    # Nearly all are refused, each in words.
    assert done.stderr.count("Error") > count / 3, done.stderr


def test_restoring_a_damaged_session_ends_in_words(session, tmp_path):
    chance = random.Random(31)
    for case in range(20):
        path = tmp_path / "damaged.session"
        path.write_bytes((forged if case % 2 else damaged)(session, chance))
        done = subprocess.run([SMAP, "repl", "--restore", path], input="print(6 * 7)\n", capture_output=True, text=True, timeout=30)
        assert 0 <= done.returncode < 100, (case, done)
        assert "42" in done.stdout or "Error" in done.stderr, (case, done)


def test_a_save_that_fails_leaves_the_old_file(session, tmp_path):
    path = tmp_path / "work.session"
    path.write_bytes(session)
    limited = f"ulimit -f 8; exec '{SMAP}' repl"
    text = f"let big = rand(200, 200)\n:save {path}\nprint(6 * 7)\n"
    done = subprocess.run(["bash", "-c", limited], input=text, capture_output=True, text=True, timeout=60)
    assert "42" in done.stdout and "Error" in done.stderr, done
    assert path.read_bytes() == session and [p.name for p in tmp_path.iterdir()] == ["work.session"]
