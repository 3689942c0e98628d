# SPDX-License-Identifier: Apache-2.0
"""Malformed input that no real client sends: raw bytes, to the binary."""

import json
import subprocess


def framed(message):
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def served(smap, *pieces):
    """The exit code and all answers to some bytes."""
    done = subprocess.run(
        [smap, "lsp"], input=b"".join(pieces), capture_output=True, timeout=30, check=False
    )
    answers, rest = [], done.stdout
    while rest:
        head, rest = rest.split(b"\r\n\r\n", 1)
        length = int(head.removeprefix(b"Content-Length: "))
        answers.append(json.loads(rest[:length]))
        rest = rest[length:]
    return done.returncode, answers


def request(number, method, parameters=None):
    return framed({"jsonrpc": "2.0", "id": number, "method": method, "params": parameters or {}})


INITIALIZE = request(1, "initialize", {"capabilities": {}})
END = request(9, "shutdown") + framed({"jsonrpc": "2.0", "method": "exit"})


def test_a_polite_session(smap):
    code, answers = served(smap, INITIALIZE, END)
    assert code == 0
    assert [answer["id"] for answer in answers] == [1, 9]


def test_malformed_messages_are_answered_and_survived(smap):
    code, answers = served(
        smap, INITIALIZE, framed(b"{"), framed(b"\xff\xfe"), framed(b"[]"), framed(b"3"), END
    )
    assert code == 0
    errors = [answer["error"]["code"] for answer in answers if "error" in answer]
    assert errors == [-32700, -32700, -32600, -32600]
    assert answers[-1]["id"] == 9 and "result" in answers[-1]


def test_a_broken_header_is_survived(smap):
    code, answers = served(smap, INITIALIZE, b"Content-Length: many\r\n\r\n", END)
    assert code == 0
    assert [answer["error"]["code"] for answer in answers if "error" in answer] == [-32700]


def test_input_that_ends_early(smap):
    code, answers = served(smap, INITIALIZE, b"Content-Length: 100\r\n\r\n{")
    assert code == 1
    assert answers[0]["id"] == 1


def test_nothing_before_hello(smap):
    _, answers = served(smap, request(1, "textDocument/hover"))
    assert answers[0]["error"]["code"] == -32002
