# SPDX-License-Identifier: Apache-2.0
"""`image.load` of JPEG and WebP against Pillow: kinds of pixels, orientation, damage, bombs."""

import io
import pathlib
import struct

import pytest

from files_of_smap import load_all, npy_values

DATA = pathlib.Path(__file__).resolve().parents[1] / "Data"
LOAD = 'data.save(image.load(path), "{path}.npy"); "ok"'

#: Two decoders of JPEG may differ by rounding.
TOLERANCE = 2.5 / 255


def planes_of(image, mode):
    """The values of a picture of Pillow in the order of a tensor."""
    return [v / 255 for plane in image.convert(mode).split() for v in plane.tobytes()]


def agrees(smap, folder, pictures, ending, tolerance=TOLERANCE):
    """Loads encoded files by name and compares each with the picture that Pillow shows."""
    for name, (content, _) in pictures.items():
        (folder / f"{name}{ending}").write_bytes(content)
    outcome = load_all(smap, folder, sorted(pictures), ending, LOAD)
    for name, (_, wanted) in pictures.items():
        assert outcome[name] == "ok", (name, outcome[name])
        shape, values = npy_values(folder / f"{name}{ending}.npy")
        mode = "RGBA" if shape[1] == 4 else "RGB"
        assert shape == (1, len(mode), wanted.height, wanted.width), name
        worst = max(abs(a - b) for a, b in zip(values, planes_of(wanted, mode)))
        assert worst <= tolerance, (name, worst)


def encoded(image, form, **options):
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def opened(content):
    image = pytest.importorskip("PIL.Image")
    picture = image.open(io.BytesIO(content))
    picture.load()
    return picture


def sample():
    return opened((DATA / "letter.jpg").read_bytes()).resize((53, 37)).convert("RGB")


def test_kinds_of_jpeg(smap, tmp_path):
    files = {
        "plain": encoded(sample(), "JPEG", quality=95),
        "grey": encoded(sample().convert("L"), "JPEG"),
        "progressive": encoded(sample(), "JPEG", progressive=True),
        "fine": encoded(sample(), "JPEG", subsampling=0, quality=100),
        "restarts": encoded(sample(), "JPEG", restart_marker_rows=1),
        "pixel": encoded(sample().resize((1, 1)), "JPEG"),
    }
    agrees(smap, tmp_path, {n: (c, opened(c)) for n, c in files.items()}, ".jpg")


def test_kinds_of_webp(smap, tmp_path):
    clear = sample().convert("RGBA")
    clear.putalpha(sample().convert("L"))
    files = {
        "lossy": encoded(sample(), "WebP"),
        "lossless": encoded(sample(), "WebP", lossless=True),
        "clear": encoded(clear, "WebP", lossless=True, exact=True),
        "lossy_clear": encoded(clear, "WebP"),
        "pixel": encoded(sample().resize((1, 1)), "WebP", lossless=True),
    }
    agrees(smap, tmp_path, {n: (c, opened(c)) for n, c in files.items()}, ".webp")


@pytest.mark.parametrize("form", ["JPEG", "WebP", "PNG"])
def test_every_orientation(smap, tmp_path, form):
    image = pytest.importorskip("PIL.Image")
    ops = pytest.importorskip("PIL.ImageOps")
    pictures = {}
    for number in range(0, 10):
        exif = image.Exif()
        exif[274] = number
        content = encoded(sample(), form, exif=exif)
        pictures[f"o{number}"] = (content, ops.exif_transpose(opened(content)))
    agrees(smap, tmp_path, pictures, "." + form.lower())


def test_the_content_decides(smap, tmp_path):
    """A JPEG that was renamed is read as what it is."""
    content = encoded(sample(), "JPEG")
    agrees(smap, tmp_path, {"renamed": (content, opened(content))}, ".png")


def outcomes(smap, folder, files, ending, options=()):
    for name, content in files.items():
        (folder / f"{name}{ending}").write_bytes(content)
    return load_all(smap, folder, sorted(files), ending, LOAD, options=options)


@pytest.mark.parametrize("name", ["letter.jpg", "letter-progressive.jpg", "letter-grey.jpg",
                                  "letter.webp", "letter-transparent.webp"])
def test_every_cut_is_refused(smap, tmp_path, name):
    content = (DATA / name).read_bytes()
    files = {f"cut{n}": content[:n] for n in range(len(content) - 2)}
    for cut, outcome in outcomes(smap, tmp_path, files, ".bin").items():
        assert outcome.startswith("IOError: "), (cut, outcome)


def test_what_is_refused_says_why(smap, tmp_path):
    words = {
        "cmyk": ((DATA / "letter-cmyk.jpg").read_bytes(), "CMYK colours"),
        "moving": ((DATA / "letter-moving.webp").read_bytes(), "is an animation"),
        "gif": (b"GIF89a" + bytes(40), "is a GIF file"),
        "heic": (b"\0\0\0\x18ftypheic" + bytes(40), "is a HEIC file"),
        "text": (b"hello", "is not a PNG, JPEG or WebP file"),
        "empty": (b"", "is empty"),
    }
    found = outcomes(smap, tmp_path, {n: c for n, (c, _) in words.items()}, ".jpg")
    for name, (_, part) in words.items():
        assert part in found[name], (name, found[name])


def test_bombs_take_no_memory(smap, tmp_path):
    """A header of 65,500 x 65,500 pixels, and a thousand scans, in small files."""
    content = bytearray((DATA / "letter.jpg").read_bytes())
    at = content.index(b"\xff\xc0") + 5
    content[at:at + 4] = struct.pack(">HH", 65500, 65500)
    progressive = (DATA / "letter-progressive.jpg").read_bytes()
    first = progressive.index(b"\xff\xda")
    second = progressive.index(b"\xff\xda", first + 2)
    scan = progressive[first:second]
    lossless = bytearray((DATA / "letter-transparent.webp").read_bytes())
    at = lossless.index(b"VP8L") + 9
    lossless[at:at + 4] = struct.pack("<I", 0x3FFF | 0x3FFF << 14 | 1 << 28)
    found = outcomes(smap, tmp_path, {
        "huge": bytes(content),
        "scans": progressive[:first] + scan * 3000 + progressive[first:],
        "wide": bytes(lossless)}, ".jpg", options=["--max-memory", "200MB"])
    for name, words in [("huge", "65500 x 65500 pixels; the limit is"), ("scans", "too many scans"),
                        ("wide", "16384 x 16384 pixels; the limit is")]:
        assert words in found[name], found
