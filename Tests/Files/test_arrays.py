# SPDX-License-Identifier: Apache-2.0
"""Files of arrays as other programs write them, .npy and .safetensors, built byte by byte."""

import io
import json
import math
import struct
import subprocess
import zipfile

from files_of_smap import load_all, measured

#: Kind in .npy, kind in .safetensors, format of `struct`, numbers.
NUMBERS = [
    ("f8", "F64", "d", [0.5, -2.0, 1e30, math.inf]), ("f4", "F32", "f", [0.5, -2.0, 3e38, math.nan]),
    ("f2", "F16", "e", [0.5, -2.0, 65504.0, 2.0 ** -24]),
    ("i8", "I64", "q", [0, -5, 1 << 24, -(1 << 40)]), ("i4", "I32", "i", [0, -5, 1 << 24, -(1 << 31)]),
    ("i2", "I16", "h", [0, -5, 32767, -32768]), ("i1", "I8", "b", [0, -5, 127, -128]),
    ("u8", "U64", "Q", [0, 5, 1 << 24, 1 << 63]), ("u4", "U32", "I", [0, 5, 1 << 24, 1 << 31]),
    ("u2", "U16", "H", [0, 5, 255, 65535]), ("u1", "U8", "B", [0, 5, 127, 255]),
    ("b1", "BOOL", "?", [True, False, False, True]),
]


def npy(descr="<f4", order="False", shape="(2,)", body=b"\0" * 8, version=1, header=None):
    text = header or f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}"
    size = struct.pack("<H" if version == 1 else "<I", len(text) + 1)
    return b"\x93NUMPY" + bytes([version, 0]) + size + text.encode() + b"\n" + body


def safetensors(header, body=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def single(number):
    """The nearest 32-bit float."""
    try:
        return struct.unpack("f", struct.pack("f", float(number)))[0]
    except OverflowError:
        return math.copysign(math.inf, number)


def shown(values):
    return ",".join("nan" if math.isnan(v) else repr(float(v)) for v in values)


# JSON has no infinite numbers: they are compared as strings.
READ = 'data.save(["{x}" for x in data.load(path)%s], "{path}.json"); "ok"'


def numbers(folder, name):
    return [float(text.removeprefix("tensor(").removesuffix(")"))
            for text in json.loads((folder / f"{name}.json").read_text())]


def close(found, wanted):
    # Display keeps four digits.
    return all(math.isnan(a) and math.isnan(b) or a == b or abs(a - b) <= 5e-4 * abs(b)
               for a, b in zip(found, wanted)) and len(found) == len(wanted)


def test_npy_kinds(smap, tmp_path):
    wanted = {}
    for descr, _, letter, values in NUMBERS:
        for order in "<>" if descr[1] != "1" else "|<>":
            name = f"{descr}_{'<>|'.index(order)}"
            pack = ">" if order == ">" else "<"
            (tmp_path / f"{name}.npy").write_bytes(npy(
                order + descr, shape="(4,)", body=struct.pack(f"{pack}4{letter}", *values)))
            wanted[name] = [single(v) for v in values]
    outcome = load_all(smap, tmp_path, sorted(wanted), ".npy", READ % "")
    for name, values in wanted.items():
        assert outcome[name] == "ok", (name, outcome[name])
        assert close(numbers(tmp_path, f"{name}.npy"), values), name


def test_npy_headers(smap, tmp_path):
    body = struct.pack("<6f", *range(6))
    accepted = {
        "python2": (npy(shape="(2L, 3L)", body=body), "[2, 3]"),
        "python2_one": (npy(shape="(6L,)", body=body), "[6]"),
        "scalar": (npy(shape="()", body=body[:4]), "[]"), "empty": (npy(shape="(0, 3)", body=b""), "[0, 3]"),
        "tight": (npy(shape="(2,3)", body=body), "[2, 3]"), "loose": (npy(shape="( 2 , 3 , )", body=body), "[2, 3]"),
        "other_order": (npy(header="{'shape': (6,), 'fortran_order': False, 'descr': '<f4'}", body=body), "[6]"),
        "double_quotes": (npy(header='{"descr": "<f4", "fortran_order": False, "shape": (6,)}', body=body), "[6]"),
        "version2": (npy(shape="(6,)", body=body, version=2), "[6]"),
        "version3": (npy(shape="(6,)", body=body, version=3), "[6]"),
        "columns": (npy(order="True", shape="(2, 3)", body=body), "[2, 3]"),
    }
    for name, (content, _) in accepted.items():
        (tmp_path / f"{name}.npy").write_bytes(content)
    outcome = load_all(smap, tmp_path, sorted(accepted), ".npy", '"{data.load(path).shape}"')
    for name, (_, shape) in accepted.items():
        assert outcome[name] == shape, (name, outcome[name])
    outcome = load_all(smap, tmp_path, ["columns"], ".npy", '"{data.load(path)[0]}"')
    assert outcome["columns"] == "tensor([0, 2, 4])"


def test_npy_refused(smap, tmp_path):
    four = b"\0" * 40
    refused = {
        "blank_in_number": npy(shape="( 1 0,)", body=four), "plus": npy(shape="(+2,)"),
        "minus": npy(shape="(-2,)"), "minus_pair": npy(shape="(-2, -1)"), "underscore": npy(shape="(1_0,)", body=four),
        "leading_zero": npy(shape="(010,)", body=four), "hexadecimal": npy(shape="(0x2,)"), "fraction": npy(shape="(2.0,)"),
        "number": npy(shape="2"), "number_in_parentheses": npy(shape="(2)"), "list": npy(shape="[2]"),
        "comma_only": npy(shape="(,)", body=four[:4]), "two_commas": npy(shape="(2,,)"), "comma_first": npy(shape="(,2)"),
        "open": npy(shape="(2,"), "l_alone": npy(shape="(L,)"), "two_l": npy(shape="(2LL,)"), "lower_l": npy(shape="(2l,)"),
        "text": npy(shape="('2',)"), "large": npy(shape="(99999999999999999999,)"),
        "product": npy(shape="(4294967296, 4294967296)", body=b""), "huge": npy(shape="(9223372036854775807,)"),
        "short": npy(body=b"\0" * 7), "long": npy(body=b"\0" * 9),
        "object": npy("|O"), "complex": npy("<c8", shape="(1,)"), "text_kind": npy("<U2", shape="(1,)"), "void": npy("|V8", shape="(1,)"),
        "no_order": npy("f4"), "wide_without_order": npy("|f4"), "native": npy("=f4"), "size_3": npy("<f3"),
        "more_after_kind": npy("<f4x"), "kind_twice": npy(header="{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}"),
        "missing_shape": npy(header="{'descr': '<f4', 'fortran_order': False}"),
        "extra_key": npy(header="{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': True}"),
        "wrong_key": npy(header="{'descr': '<f4', 'fortran_order': False, 'Shape': (2,)}"),
        "key_in_text": npy(header="{'descr': '<f4', 'fortran_order': False, 'x': \"'shape': (2,)\"}"),
        "order_word": npy(order="Maybe"), "order_number": npy(order="0"), "order_longer": npy(order="Falsely"),
        "after": npy(header="{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} + x"),
        "call": npy(header="dict(descr='<f4', fortran_order=False, shape=(2,))"),
        "structured": npy(header="{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}"),
        "escape": npy(header="{'descr': '\\x3cf4', 'fortran_order': False, 'shape': (2,)}"),
        "header_beyond": b"\x93NUMPY\1\0\xff\xff{'descr'", "header_of_4_GB": b"\x93NUMPY\2\0\xff\xff\xff\xff{'descr'",
        "version0": npy(version=0), "version9": npy(version=9), "magic": b"\x92" + npy()[1:], "only_magic": b"\x93NUMPY",
        "empty": b"",
    }
    for name, content in refused.items():
        (tmp_path / f"{name}.npy").write_bytes(content)
    outcome = load_all(smap, tmp_path, sorted(refused), ".npy", 'data.load(path); "read"')
    for name in refused:
        assert outcome[name].startswith("IOError: ") and "cannot be used" in outcome[name], (name, outcome[name])


def test_safetensors_kinds(smap, tmp_path):
    wanted = {}
    for _, dtype, letter, values in NUMBERS:
        body = struct.pack(f"<4{letter}", *values)
        header = {"a": {"dtype": dtype, "shape": [4], "data_offsets": [0, len(body)]}}
        (tmp_path / f"{dtype}.safetensors").write_bytes(safetensors(header, body))
        wanted[dtype] = [single(v) for v in values]
    bits = [v & 0xFFFF0000 for v in (0x3F800000, 0xC0490000, 0x7F800000, 0x00010000)]
    small = {
        "BF16": (struct.pack("<4H", *(v >> 16 for v in bits)), [struct.unpack("f", struct.pack("I", v))[0] for v in bits]),
        # Values by the tables of the OCP's 8-bit formats.
        "F8_E4M3": (bytes([0x00, 0x38, 0xB8, 0x7E, 0xFE, 0x01, 0x08, 0x7F]), [0, 1, -1, 448, -448, 2 ** -9, 2 ** -6, math.nan]),
        "F8_E5M2": (bytes([0x00, 0x3C, 0xBC, 0x7B, 0x7C, 0xFC, 0x01, 0x04, 0x7F]),
                    [0, 1, -1, 57344, math.inf, -math.inf, 2 ** -16, 2 ** -14, math.nan]),
    }
    for dtype, (body, values) in small.items():
        count = len(values)
        header = {"a": {"dtype": dtype, "shape": [count], "data_offsets": [0, len(body)]}}
        (tmp_path / f"{dtype}.safetensors").write_bytes(safetensors(header, body))
        wanted[dtype] = values
    outcome = load_all(smap, tmp_path, sorted(wanted), ".safetensors", READ % ".a")
    for name, values in wanted.items():
        assert outcome[name] == "ok", (name, outcome[name])
        assert close(numbers(tmp_path, f"{name}.safetensors"), values), name


def test_safetensors_headers(smap, tmp_path):
    def entry(start=0, end=4, shape=(1,), dtype="F32", **more):
        return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]} | more

    four, eight = b"\0" * 4, b"\0" * 8
    accepted = {
        "nothing": safetensors({}), "padded": safetensors(b"{}      "), "empty_tensor": safetensors({"a": entry(0, 0, (0, 3))}),
        "scalar": safetensors({"a": entry(shape=())}, four),
        "notes": safetensors({"__metadata__": {"a": "b"}, "a": entry()}, four),
        "any_order": safetensors({"b": entry(4, 8), "a": entry()}, eight),
        "other_fields": safetensors({"a": entry(more=True)}, four),
    }
    plain = {"a": entry()}
    refused = {
        "metadata_number": safetensors({"__metadata__": {"a": 1}} | plain, four),
        "metadata_list": safetensors({"__metadata__": ["a"]} | plain, four), "metadata_null": safetensors({"__metadata__": None} | plain, four),
        "metadata_text": safetensors({"__metadata__": "a"} | plain, four), "metadata_nested": safetensors({"__metadata__": {"a": {}}} | plain, four),
        "metadata_tensor": safetensors({"__metadata__": entry()}, four),
        "offsets_three": safetensors({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4, 8]}}, four),
        "offsets_one": safetensors({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0]}}, four),
        "offsets_null": safetensors({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4, None]}}, four),
        "offsets_nulls": safetensors({"a": {"dtype": "F32", "shape": [1], "data_offsets": [None, None]}}, four),
        "offsets_text": safetensors({"a": {"dtype": "F32", "shape": [1], "data_offsets": ["0", "4"]}}, four),
        "offsets_fraction": safetensors(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4.0]}}', four),
        "offsets_exponent": safetensors(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4e0]}}', four),
        "offsets_minus_zero": safetensors(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[-0,4]}}', four),
        "offsets_backward": safetensors({"a": entry(4, 0)}, four), "offsets_outside": safetensors({"a": entry(0, 400)}, four),
        "offsets_absent": safetensors({"a": {"dtype": "F32", "shape": [1]}}, four),
        "hole": safetensors({"a": entry(4, 8)}, eight), "hole_of_empty": safetensors({"a": entry(), "b": entry(2, 2, (0,))}, four),
        "overlap": safetensors({"a": entry(), "b": entry()}, four), "part": safetensors({"a": entry(0, 4), "b": entry(2, 6)}, b"\0" * 6),
        "trailing": safetensors(plain, eight), "cut": safetensors(plain, four[:3]),
        "shape_minus": safetensors({"a": entry(shape=(-1,))}, four), "shape_null": safetensors({"a": entry(shape=(None,))}, four),
        "shape_large": safetensors({"a": entry(shape=(1 << 62, 8))}, four), "shape_text": safetensors({"a": {"dtype": "F32", "shape": "1", "data_offsets": [0, 4]}}, four),
        "shape_wrong": safetensors({"a": entry(shape=(2,))}, four), "dtype_unknown": safetensors({"a": entry(dtype="C64")}, four),
        "dtype_lower": safetensors({"a": entry(dtype="f32")}, four), "dtype_number": safetensors({"a": entry(dtype=1)}, four),
        "twice": safetensors(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', four),
        "array": safetensors(b"[]"), "blank_first": safetensors(b" {}"), "number": safetensors(b"1"), "open": safetensors(b'{"a":'),
        "bytes": safetensors(b'{"\xff":1}'), "deep": safetensors(b'{"a":' * 1000),
        "length_zero": b"\0" * 8, "length_large": b"\xff" * 8 + b"{}", "length_beyond": struct.pack("<Q", 100) + b"{}", "short": b"\0" * 5,
    }
    for name, content in (accepted | refused).items():
        (tmp_path / f"{name}.safetensors").write_bytes(content)
    outcome = load_all(smap, tmp_path, sorted(accepted | refused), ".safetensors", 'data.load(path); "read"')
    for name in accepted:
        assert outcome[name] == "read", (name, outcome[name])
    for name in refused:
        assert outcome[name].startswith("IOError: ") and "cannot be used" in outcome[name], (name, outcome[name])

    # What is wrong with a tensor names it.
    for name in ("offsets_outside", "hole", "overlap", "part", "cut", "shape_large", "shape_wrong",
                 "dtype_unknown", "twice", "offsets_backward"):
        assert "`a`" in outcome[name] or "`b`" in outcome[name], (name, outcome[name])


def test_archives_that_inflate_to_more_than_memory(smap, tmp_path):
    """A small archive that holds 200 MB is refused before anything is allocated."""
    zeros = npy(shape="(50000000,)", body=b"")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("a.npy", "w") as entry:
            entry.write(zeros)
            for _ in range(200):
                entry.write(bytes(1_000_000))
    (tmp_path / "bomb.npz").write_bytes(out.getvalue())
    for call in ("data.load", "data.load_images"):
        code, _, errors, memory = measured(tmp_path, smap, "--max-memory", "80MB", "-e", f'{call}("bomb.npz")')
        assert code == 75 and "more than the 40.0 MB" in errors, errors
        assert memory < 80


def test_roundings_are_said(smap, tmp_path):
    """Whole numbers that a 32-bit float cannot hold come with a note, exact ones without."""
    odd, even = (1 << 24) + 1, (1 << 24) + 2
    for name, value in (("odd", odd), ("even", even)):
        body = struct.pack("<q", value)
        (tmp_path / f"{name}.npy").write_bytes(npy("<i8", shape="(1,)", body=body))
        (tmp_path / f"{name}.safetensors").write_bytes(safetensors(
            {"a": {"dtype": "I64", "shape": [1], "data_offsets": [0, 8]}}, body))
    for ending in (".npy", ".safetensors"):
        for name, notes in (("odd", 1), ("even", 0)):
            ran = subprocess.run([smap, "-e", f'data.load("{name}{ending}")'], cwd=tmp_path,
                                 capture_output=True, text=True, timeout=60)
            assert ran.returncode == 0 and ran.stderr.count("note:") == notes, (name, ending, ran.stderr)


def test_names_that_cannot_be_read_are_not_written(smap, tmp_path):
    names = ["reserved"]
    body = 'data.save({__metadata__: [1]}, "{path}"); "written"'
    outcome = load_all(smap, tmp_path, names, ".safetensors", body)
    assert outcome["reserved"].startswith("ValueError: "), outcome
    assert not (tmp_path / "reserved.safetensors").exists()
