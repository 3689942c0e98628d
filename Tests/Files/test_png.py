# SPDX-License-Identifier: Apache-2.0
"""`image.load` against what the standard says, for every kind of PNG, and against Pillow."""

import io
import struct
import zlib

import pytest

from files_of_smap import load_all, measured, npy_values
from png_files import SIGNATURE, Picture, all_kinds, chunk, damaged

#: What cutting 16 bits to 8 may change.
TOLERANCE = 1.001 / 255

LOAD = 'data.save(image.load(path), "{path}.npy"); "ok"'


def test_every_kind(smap, tmp_path):
    pictures = dict(all_kinds())
    for name, picture in pictures.items():
        (tmp_path / f"{name}.png").write_bytes(picture.file())
    outcome = load_all(smap, tmp_path, sorted(pictures), ".png", LOAD)
    for name, picture in pictures.items():
        assert outcome[name] == "ok", name
        shape, values = npy_values(tmp_path / f"{name}.png.npy")
        planes = picture.values()
        assert shape == (1, len(planes), picture.height, picture.width), name
        wanted = [v for plane in planes for v in plane]
        worst = max(abs(a - b) for a, b in zip(values, wanted))
        assert worst <= 1e-6, (name, worst)


def test_damaged_files(smap, tmp_path):
    files = dict(damaged())
    for name, content in files.items():
        (tmp_path / f"{name}.png").write_bytes(content)
    outcome = load_all(smap, tmp_path, sorted(files), ".png", LOAD)
    for name in files:
        assert outcome[name].startswith("IOError: "), (name, outcome[name])


@pytest.mark.parametrize("seed", [1])
def test_pillow_agrees(seed):
    """The generator means what everybody else reads in its files."""
    image = pytest.importorskip("PIL.Image")
    for name, picture in all_kinds(seed):
        # Pillow compares a transparent grey of 2 or 4 bits after it has scaled the others; it has none
        # of 16 bits, and no bytes of wide grey.
        if picture.key and picture.color == 0 and picture.depth in (2, 4):
            continue
        if picture.depth == 16 and (picture.key or picture.color in (0, 4)):
            continue
        with image.open(io.BytesIO(picture.file())) as opened:
            planes = picture.values()
            converted = opened.convert("RGBA" if len(planes) == 4 else "RGB")
            assert converted.size == (picture.width, picture.height), name
            for plane, wanted in zip(converted.split(), planes):
                found = list(plane.tobytes())
                worst = max(abs(a / 255 - b) for a, b in zip(found, wanted))
                assert worst <= TOLERANCE, (name, worst)


def test_16_bits_of_the_standard_suite(smap, tmp_path):
    """A slope of 16 bits is the same slope as with 8, whether interlaced or not."""
    for interlaced in (False, True):
        wide, narrow = Picture(32, 32, 2, 16), Picture(32, 32, 2, 8)
        wide.interlaced = narrow.interlaced = interlaced
        narrow.pixels = [[tuple(v >> 8 for v in pixel) for pixel in row] for row in wide.pixels]
        for name, picture in (("wide", wide), ("narrow", narrow)):
            (tmp_path / f"{name}.png").write_bytes(picture.file())
        assert set(load_all(smap, tmp_path, ["wide", "narrow"], ".png", LOAD).values()) == {"ok"}
        first, second = (npy_values(tmp_path / f"{name}.png.npy")[1] for name in ("wide", "narrow"))
        assert max(abs(a - b) for a, b in zip(first, second)) <= TOLERANCE


def bombs():
    """Pairs of a name and a small file that claims or holds much more."""
    whole = Picture(9, 7, 2, 8, 0).file()
    data = whole.index(b"IDAT") - 4
    zeros = zlib.compress(bytes(1 << 27), 9)
    for width, height in ((1_000_000, 1_000_000), ((1 << 31) - 1, 1), (8193, 8193)):
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        yield f"header{width}", SIGNATURE + header + whole[33:]
    for kind, start in ((b"zTXt", b"a\0\0"), (b"iCCP", b"a\0\0"), (b"iTXt", b"a\0\1\0\0\0")):
        yield kind.decode(), whole[:data] + chunk(kind, start + zeros) + whole[data:]
    yield "data", whole[:data] + chunk(b"IDAT", zeros) + chunk(b"IEND", b"")
    yield "length", whole[:data] + b"\x7f\xff\xff\xffIDAT" + whole[data + 8:]


def test_bombs_take_no_memory(smap, tmp_path):
    """They are refused, or their chunks passed over, in about the memory that smap takes anyway."""
    def memory(name):
        code, output, _, most = measured(
            tmp_path, smap, "-e", f'try {{ image.load("{name}"); "read" }} catch e {{ e.message }}')
        assert code == 0, name
        return output.strip('"'), most

    (tmp_path / "sound.png").write_bytes(Picture(9, 7, 2, 8, 0).file())
    output, usual = memory("sound.png")
    assert output == "read"
    for name, content in bombs():
        (tmp_path / f"{name}.png").write_bytes(content)
        output, most = memory(f"{name}.png")
        assert most < usual + 10, (name, most, usual)
        assert (output == "read") == (name in ("zTXt", "iCCP", "iTXt")), (name, output)
