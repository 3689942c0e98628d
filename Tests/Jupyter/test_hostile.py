# SPDX-License-Identifier: Apache-2.0
"""Messages that are none: each is dropped and logged, and the kernel answers the next sound one."""

import hashlib
import hmac
import json
import os
import random
import subprocess
import time
import uuid

import pytest

zmq = pytest.importorskip("zmq")

KEY = b"0123456789abcdef"
DELIMITER = b"<IDS|MSG>"
CASES = int(os.environ.get("SMAP_CASES", "300"))


def sign(parts):
    return hmac.new(KEY, b"".join(parts), hashlib.sha256).hexdigest().encode()


def frames(kind="kernel_info_request", content=None, header=None):
    """A sound message."""
    header = header or {
        "msg_id": uuid.uuid4().hex, "session": "s", "username": "u", "date": "2026-01-01T00:00:00Z",
        "msg_type": kind, "version": "5.4"}
    parts = [json.dumps(part).encode() for part in (header, {}, {}, content or {})]
    return [DELIMITER, sign(parts), *parts]


class Peer:
    """A front end that sends frames as they are."""

    def __init__(self, smap, folder):
        from jupyter_client.connect import write_connection_file

        path = folder / "connection.json"
        write_connection_file(str(path), key=KEY, ip="127.0.0.1")
        self.ports = json.loads(path.read_text())
        self.log = open(folder / "log", "w+")
        self.process = subprocess.Popen([smap, "kernel", "-f", path], stderr=self.log)
        self.context = zmq.Context()
        self.sockets = []
        self.shell = self.connect("shell_port")

    def connect(self, port, kind=zmq.DEALER):
        socket = self.context.socket(kind)
        socket.linger = 0
        socket.connect(f"tcp://127.0.0.1:{self.ports[port]}")
        self.sockets.append(socket)
        return socket

    def answer(self, socket=None, seconds=60):
        """The type of the next reply."""
        socket = socket or self.shell
        assert socket.poll(seconds * 1000), "no answer"
        parts = socket.recv_multipart()
        place = parts.index(DELIMITER)
        assert parts[place + 1] == sign(parts[place + 2:place + 6])
        return json.loads(parts[place + 2])["msg_type"], json.loads(parts[place + 5])

    def check(self, socket=None):
        """The kernel lives and answers; nothing that came before was answered."""
        socket = socket or self.shell
        socket.send_multipart(frames())
        assert self.answer(socket)[0] == "kernel_info_reply"
        assert self.process.poll() is None

    def logged(self):
        self.log.flush()
        self.log.seek(0)
        return self.log.read()

    def close(self):
        for socket in self.sockets:
            socket.close()
        self.context.term()
        self.process.terminate()
        assert self.process.wait(timeout=60) == 143
        self.log.close()


@pytest.fixture
def peer(smap, kernel_home, tmp_path):
    peer = Peer(smap, tmp_path)
    peer.check()
    yield peer
    peer.close()


def bad(change):
    message = frames("execute_request", {"code": 'print("run")', "silent": False})
    change(message)
    return message


@pytest.mark.parametrize("name, message, words", [
    ("no delimiter", [b"a", b"b"], "<IDS|MSG>"),
    ("one empty frame", [b""], "<IDS|MSG>"),
    ("nothing behind the delimiter", [DELIMITER], "0 frames"),
    ("truncated", frames()[:4], "3 frames"),
    ("no signature", bad(lambda m: m.__setitem__(1, b"")), "signature"),
    ("wrong signature", bad(lambda m: m.__setitem__(1, b"0" * 64)), "signature"),
    ("signature of other case", bad(lambda m: m.__setitem__(1, m[1].upper() + b"x")), "signature"),
    ("long signature", bad(lambda m: m.__setitem__(1, b"0" * 100000)), "signature"),
    ("changed content", bad(lambda m: m.__setitem__(5, b'{"code": "1"}')), "signature"),
    ("too many frames", [DELIMITER] + [b"x"] * 5000, "too many frames"),
])
def test_what_is_no_message_is_dropped_and_logged(peer, name, message, words):
    peer.shell.send_multipart(message)
    peer.check()
    assert words in peer.logged()


def test_a_message_that_comes_twice_runs_once(peer):
    message = frames("execute_request", {"code": "1", "silent": False})
    peer.shell.send_multipart(message)
    assert peer.answer()[0] == "execute_reply"
    peer.shell.send_multipart(message)
    peer.check()
    assert "come before" in peer.logged()


# pytest puts the name of a test into the environment, which must stay short.
@pytest.mark.parametrize("part", [
    b"", b"{", b"nothing", b"[]", b"3", b'"x"', b"\xff\xfe", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"[" * 100000,
    b'{"a":' * 50000, b'{"msg_type": 3, "msg_id": 4}', b'{"msg_type": "execute_request"}', b"\x00" * 100], ids=lambda part: part[:20].hex() or "empty")
def test_parts_that_are_signed_but_no_json(peer, part):
    for place in range(4):
        parts = frames("execute_request", {"code": "1"})[2:6]
        parts[place] = part + b" " * place
        peer.shell.send_multipart([DELIMITER, sign(parts), *parts])
    while peer.shell.poll(300):
        # A metadata or parent of any object is allowed; those without code are refused.
        assert peer.answer()[0] == "execute_reply"
    peer.check()


@pytest.mark.parametrize("kind, content", [
    ("execute_request", {}), ("execute_request", {"code": 3}), ("execute_request", {"code": None}),
    ("execute_request", {"code": "1", "silent": "x", "store_history": [], "user_expressions": 5}),
    ("execute_request", {"code": "\x00\ud800"}), ("complete_request", {"code": "x", "cursor_pos": -1}),
    ("complete_request", {"code": "x", "cursor_pos": 1e300}), ("complete_request", {}),
    ("inspect_request", {"code": "", "cursor_pos": 99, "detail_level": "x"}), ("is_complete_request", {}),
    ("history_request", {}), ("history_request", {"hist_access_type": "range", "session": -1e18, "start": -5}),
    ("history_request", {"hist_access_type": "search", "pattern": "*a" * 5000, "n": -3}),
    ("history_request", {"hist_access_type": "tail", "n": 1e18}), ("comm_info_request", {"target_name": 3}),
])
def test_contents_of_wrong_types_get_a_reply(peer, kind, content):
    peer.shell.send_multipart(frames(kind, content))
    assert peer.answer()[0] == kind.replace("request", "reply")
    peer.check()


def test_unknown_types_and_targets(peer):
    for kind, content in [("fly_request", {}), ("", {}), ("x" * 100000, {}), ("status", {}),
                          ("comm_open", {}), ("comm_open", {"comm_id": "c", "target_name": "nobody"}),
                          ("comm_msg", {"comm_id": "unknown", "data": 5}), ("comm_close", {"comm_id": 7}),
                          ("comm_open", {"comm_id": "c" * 10**6, "target_name": "jupyter.widget.control"})]:
        peer.shell.send_multipart(frames(kind, content))
    peer.check()
    assert "no handler for fly_request" in peer.logged()


def test_a_huge_frame_closes_its_connection_only(peer):
    hostile = peer.connect("shell_port")
    hostile.send_multipart([DELIMITER, b"x" * (100 << 20)])
    time.sleep(0.5)
    peer.check()


def test_bytes_that_are_no_zeromq(peer):
    import socket

    for port in ["shell_port", "control_port", "iopub_port", "stdin_port", "hb_port"]:
        with socket.create_connection(("127.0.0.1", peer.ports[port])) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" + os.urandom(10000))
    peer.check()


def test_other_channels(peer):
    control, stdin = peer.connect("control_port"), peer.connect("stdin_port")
    iopub, heart = peer.connect("iopub_port", zmq.SUB), peer.connect("hb_port", zmq.REQ)
    for socket in (control, stdin):
        socket.send_multipart([b"rubbish"])
        socket.send_multipart(frames()[:3])
    # Cells run on the shell channel alone.
    control.send_multipart(frames("execute_request", {"code": "1"}))
    peer.check(control)
    iopub.setsockopt(zmq.SUBSCRIBE, b"")
    iopub.setsockopt(zmq.SUBSCRIBE, b"x" * 10000)
    for beat in [b"ping", b"", b"x" * 100000]:
        heart.send(beat)
        assert heart.poll(60000) and heart.recv() == beat
    peer.check()


def test_fuzzed_messages(peer):
    """Sound messages with random changes, half of them signed anew, so that they reach the handlers."""
    generator = random.Random(int(os.environ.get("SMAP_SEED", "1")))
    kinds = ["execute_request", "complete_request", "inspect_request", "is_complete_request", "history_request",
             "comm_info_request", "comm_open", "comm_msg", "comm_close", "connect_request", "kernel_info_request"]
    values = [None, True, -1, 0, 2**53, 1e308, "", "x", "smap.", [], {}, [[]], {"a": {}}, "\u0000", "𝒳", "?", ":", ":vars"]
    keys = ["code", "cursor_pos", "silent", "store_history", "user_expressions", "hist_access_type", "n", "pattern",
            "session", "start", "stop", "unique", "comm_id", "target_name", "data", "detail_level", "stop_on_error"]
    for case in range(CASES):
        content = {key: generator.choice(values) for key in generator.sample(keys, generator.randint(0, 6))}
        message = frames(generator.choice(kinds), content)
        if generator.random() < 0.5:
            part = bytearray(message[place := generator.randint(2, 5)])
            for _ in range(generator.randint(1, 4)):
                at = generator.randrange(len(part) + 1)
                part[at:at + generator.randint(0, 2)] = bytes(generator.randrange(256) for _ in range(generator.randint(0, 3)))
            message[place] = bytes(part)
            if generator.random() < 0.7:
                message[1] = sign(message[2:6])
        if generator.random() < 0.1:
            generator.shuffle(message)
        if generator.random() < 0.1:
            del message[generator.randrange(len(message)):]
        if message:
            peer.shell.send_multipart(message)
        assert peer.process.poll() is None, f"the kernel ended at case {case}"
    while peer.shell.poll(500):
        peer.answer()
    peer.check()
