# SPDX-License-Identifier: Apache-2.0
"""`data.folder` and `data.load_images` against Pillow and NumPy: every layout of pictures on disk, and
files that are damaged, cut, forged or not to be read."""

import gzip
import io
import json
import os
import struct
import subprocess
import tarfile
import zlib

import pytest

np = pytest.importorskip("numpy")
Image = pytest.importorskip("PIL.Image")

class Loaded:
    def __init__(self, folder, stderr):
        self.images = np.load(folder / "images.npy")
        self.__dict__.update(json.loads((folder / "rest.json").read_text()))
        self.notes = stderr


def run(smap, folder, script, options=(), timeout=60):
    (folder / "script.smap").write_text(script)
    return subprocess.run([smap, *options, "script.smap"], cwd=folder, capture_output=True,
                          timeout=timeout, errors="replace")


def load(smap, folder, call, options=()):
    script = (f'let d = {call}\ndata.save(d.images, "images.npy")\n'
              'data.save({labels: d.labels, classes: d.classes, names: d.names, groups: d.groups}, '
              '"rest.json")\n')
    ran = run(smap, folder, script, options)
    assert ran.returncode == 0, ran.stderr
    return Loaded(folder, ran.stderr)


def refused(smap, folder, call, options=()):
    ran = run(smap, folder, call, options)
    assert ran.returncode in (65, 66, 75, 77), (ran.returncode, ran.stderr)
    return ran.stderr


def picture(width, height, seed, mode="RGB"):
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 255, (5, 7, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC).convert(mode)


def planes(image):
    return np.asarray(image.convert("RGB"), dtype=np.float32).transpose(2, 0, 1) / 255


@pytest.fixture
def pets(tmp_path):
    """Two classes of photographs, one of them in folders within, and one class without pictures."""
    root = tmp_path / "pets"
    for path in ("cat/2020/may", "dog", "none"):
        (root / path).mkdir(parents=True)
    picture(64, 48, 1).save(root / "cat/a.png")
    picture(64, 48, 2).save(root / "cat/2020/may/b.webp", lossless=True)
    picture(300, 200, 3).save(root / "dog/c.JPG", quality=95)
    picture(20, 40, 4, "L").save(root / "dog/d.png")
    return root


def test_depth_and_classes(smap, tmp_path, pets):
    d = load(smap, tmp_path, 'data.folder("pets", size = 16)')
    assert d.classes == ["cat", "dog", "none"] and d.labels == [0, 0, 1, 1]
    assert d.names == ["cat/2020/may/b.webp", "cat/a.png", "dog/c.JPG", "dog/d.png"]
    assert "1 class without pictures (none)" in d.notes
    want = planes(picture(64, 48, 1).crop((8, 0, 56, 48)).resize((16, 16), Image.Resampling.LANCZOS))
    assert np.abs(d.images[1] - want).max() < 3 / 255
    whole = picture(300, 200, 3).crop((50, 0, 250, 200)).resize((16, 16), Image.Resampling.LANCZOS)
    # Of a JPEG only a quarter was decoded, before which its colours have half the detail.
    difference = np.abs(d.images[2] - planes(whole))
    assert difference.max() < 25 / 255 and difference.mean() < 4 / 255


def test_fits(smap, tmp_path, pets):
    stretched = load(smap, tmp_path, 'data.folder("pets", size = 16, fit = "stretch")').images[1]
    want = planes(picture(64, 48, 1).resize((16, 16), Image.Resampling.LANCZOS))
    assert np.abs(stretched - want).max() < 3 / 255
    padded = load(smap, tmp_path, 'data.folder("pets", size = 16, fit = "pad")').images[1]
    assert (padded[:, :2] == 1).all() and (padded[:, 14:] == 1).all()
    want = planes(picture(64, 48, 1).resize((16, 12), Image.Resampling.LANCZOS))
    assert np.abs(padded[:, 2:14] - want).max() < 3 / 255
    assert '"crop", "pad"' in run(smap, tmp_path, 'data.folder("pets", fit = "zoom")').stderr


def test_alpha_depth_and_palette(smap, tmp_path):
    root = tmp_path / "kinds/x"
    root.mkdir(parents=True)
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    clear.save(root / "clear.png")
    clear.save(root / "clear.webp", lossless=True, exact=True)
    Image.new("I;16", (8, 8), 65535 // 2).save(root / "deep.png")
    Image.new("RGB", (8, 8), (0, 0, 255)).quantize(4).save(root / "palette.png")
    d = load(smap, tmp_path, 'data.folder("kinds", size = 8)')
    found = {n: d.images[i, :, 3, 3].tolist() for i, n in enumerate(d.names)}
    assert found["x/clear.png"] == found["x/clear.webp"] == [1, 1, 1]
    assert abs(found["x/deep.png"][0] - 0.5) < 0.01
    assert found["x/palette.png"] == [0, 0, 1]


def test_table_of_labels(smap, tmp_path, pets):
    (pets / "labels.csv").write_text(
        'label,file,group\n10,cat/a.png,one\n9,"dog/d.png",two\n9,./dog/c.JPG,two\n9,lost.png,two\n')
    d = load(smap, tmp_path, 'data.folder("pets", size = 8, labels = "labels.csv")')
    assert d.classes == ["9", "10"] and d.labels == [1, 0, 0] and d.groups == ["one", "two", "two"]
    assert "1 without a label (cat/2020/may/b.webp)" in d.notes
    assert "1 in the table of labels only (lost.png)" in d.notes
    (pets / "labels.csv").write_text("file,label\ncat/a.png,x\ncat/a.png,y\n")
    assert "both \"x\" and \"y\"" in refused(smap, tmp_path, 'data.folder("pets", labels = "labels.csv")')
    (pets / "labels.csv").write_text("a,b\n1,2\n")
    assert "no columns `file`" in refused(smap, tmp_path, 'data.folder("pets", labels = "labels.csv")')


def test_damaged_files_are_named(smap, tmp_path, pets):
    (pets / "dog/cut.jpg").write_bytes((pets / "dog/c.JPG").read_bytes()[:900])
    (pets / "dog/text.png").write_text("hello")
    (pets / "dog/notes.txt").write_text("hello")
    picture(9, 9, 1, "CMYK").save(pets / "dog/press.jpg")
    d = load(smap, tmp_path, 'data.folder("pets", size = 8)')
    assert len(d.labels) == 4 and "3 unusable" in d.notes
    for words in ("cut.jpg' is damaged: it ends too early", "text.png' is not a PNG", "CMYK", "1 .txt"):
        assert words in d.notes, d.notes
    for path in pets.rglob("*.*"):
        if path.is_file():
            path.write_bytes(b"")
    assert "no pictures that can be read" in refused(smap, tmp_path, 'data.folder("pets", size = 8)')


def test_odd_entries(smap, tmp_path, pets):
    """Loops, broken links, pipes, and names that are not UTF-8."""
    os.symlink("..", pets / "dog/loop")
    os.symlink("self", pets / "dog/self")
    os.symlink("nowhere.png", pets / "dog/broken.png")
    os.symlink("../cat", pets / "dog/cats")
    os.mkfifo(pets / "dog/pipe.png")
    odd = os.path.join(os.fsencode(pets), b"dog/\xff\xfe.png")
    with open(odd, "wb") as file:
        file.write((pets / "cat/a.png").read_bytes())
    ran = run(smap, tmp_path, 'let d = data.folder("pets", size = 8)\nprint(d.names)\nshow(d)')
    assert ran.returncode == 0, ran.stderr
    assert "dog/\ufffd\ufffd.png" in ran.stdout and "dog/cats/a.png" in ran.stdout
    for words in ("dog/loop': it is a link to a folder above", "broken.png", "pipe.png': it is a device"):
        assert words in ran.stderr, ran.stderr


def test_folders_that_cannot_be_listed(smap, tmp_path, pets):
    if os.geteuid() == 0:
        pytest.skip("root may list every folder")
    (pets / "cat/2020").chmod(0)
    try:
        d = load(smap, tmp_path, 'data.folder("pets", size = 8)')
    finally:
        (pets / "cat/2020").chmod(0o755)
    assert len(d.labels) == 3 and "cat/2020': Permission denied" in d.notes


def test_cache(smap, tmp_path, pets):
    call = 'data.folder("pets", size = 8)'
    (pets / "dog/bad.png").write_text("hello")
    first = load(smap, tmp_path, call)
    cache = pets / ".smap-8-crop.cache"
    content = cache.read_bytes()
    # What the file says is believed: turn a pixel and mend its checksum, and the pixel is seen.
    size = int.from_bytes(content[-28:-20], "little")
    turned = bytearray(content)
    turned[0] ^= 0x80
    turned[-8:-4] = zlib.crc32(turned[:size]).to_bytes(4, "little")
    cache.write_bytes(turned)
    assert abs(load(smap, tmp_path, call).images[0, 0, 0, 0] - first.images[0, 0, 0, 0]) > 0.4
    # Anything else is read anew, and the file is written again.
    for damaged in (b"", b"x", content[:-1], content[1:], bytes(len(content)),
                    bytes([content[0] ^ 1]) + content[1:], content + b"x",
                    content[:-44] + b"\xff" * 44):
        cache.write_bytes(damaged)
        again = load(smap, tmp_path, call)
        assert (again.images == first.images).all() and again.notes == first.notes
        assert cache.read_bytes() == content
    # A file that changed, came or went makes it stale.
    picture(64, 48, 9).save(pets / "cat/a.png")
    assert (load(smap, tmp_path, call).images != first.images).any()
    picture(64, 48, 9).save(pets / "cat/z.png")
    assert len(load(smap, tmp_path, call).labels) == 5
    (pets / "cat/z.png").unlink()
    assert len(load(smap, tmp_path, call).labels) == 4
    cache.unlink()
    load(smap, tmp_path, 'data.folder("pets", size = 8, cache = false)')
    assert not cache.exists()


def test_cache_is_no_trap(smap, tmp_path, pets):
    """A link in its place is not written through, and a folder in its place is no error."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    cache = pets / ".smap-8-crop.cache"
    os.symlink(victim, cache)
    load(smap, tmp_path, 'data.folder("pets", size = 8)')
    assert victim.read_text() == "precious"
    cache.unlink()
    cache.mkdir()
    load(smap, tmp_path, 'data.folder("pets", size = 8)')


def test_large_photographs_in_little_memory(smap, tmp_path):
    """Twelve million pixels a picture, of which a JPEG decodes a sixty-fourth."""
    root = tmp_path / "large/x"
    root.mkdir(parents=True)
    big = picture(4000, 3000, 5)
    for n in range(4):
        big.save(root / f"{n}.jpg", quality=80)
    ran = run(smap, tmp_path, 'print(len(data.folder("large")))', ["--max-memory", "30MB"])
    assert ran.stdout == "4\n", ran.stderr


# MARK: - data.load_images


def digits(count=6, height=9, width=9, channels=None, seed=0):
    shape = (count, height, width) + ((channels,) if channels else ())
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def idx(array):
    return b"\0\0\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def as_planes(array):
    """(N, H, W) or (N, H, W, C) of bytes as a tensor (N, 3, H, W)."""
    if array.ndim == 3:
        array = np.repeat(array[..., None], 3, axis=3)
    return array.transpose(0, 3, 1, 2).astype(np.float32) / 255


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("split", ["train", "test"])
def test_mnist(smap, tmp_path, pack, split):
    ending = ".gz" if pack is not bytes else ""
    wanted = {}
    for word, seed in (("train", 1), ("t10k", 2)):
        pictures, labels = digits(seed=seed), np.array([3, 1, 4, 1, 5, 9], dtype=np.uint8)
        (tmp_path / f"{word}-images-idx3-ubyte{ending}").write_bytes(pack(idx(pictures)))
        (tmp_path / f"{word}-labels-idx1-ubyte{ending}").write_bytes(pack(idx(labels)))
        wanted[word] = pictures
    d = load(smap, tmp_path, f'data.load_images(".", split = "{split}")')
    assert (d.images == as_planes(wanted["train" if split == "train" else "t10k"])).all()
    assert d.labels == [3, 1, 4, 1, 5, 9] and d.classes == [str(n) for n in range(10)]
    single = load(smap, tmp_path, f'data.load_images("train-images-idx3-ubyte{ending}", '
                  'classes = ["c{n}" for n in range(12)])')
    assert single.labels == d.labels and single.classes[11] == "c11"


def test_emnist(smap, tmp_path):
    pictures = digits()
    stem = "emnist-letters"
    (tmp_path / f"{stem}-train-images-idx3-ubyte").write_bytes(idx(pictures.transpose(0, 2, 1).copy()))
    (tmp_path / f"{stem}-train-labels-idx1-ubyte").write_bytes(
        idx(np.array([1, 2, 3, 3, 2, 1], dtype=np.uint8)))
    (tmp_path / f"{stem}-mapping.txt").write_text("1 65 97\n2 66 98\n3 67 99\n")
    d = load(smap, tmp_path, 'data.load_images(".")')
    assert (d.images == as_planes(pictures)).all()
    assert d.labels == [0, 1, 2, 2, 1, 0] and d.classes == ["A", "B", "C"]


@pytest.mark.parametrize("kind", [10, 100])
def test_cifar(smap, tmp_path, kind):
    pictures = digits(4, 32, 32, 3)
    labels = [0, kind - 1, 5, 5]
    records = b"".join((b"" if kind == 10 else b"\x07") + bytes([label]) +
                       p.transpose(2, 0, 1).tobytes() for label, p in zip(labels, pictures))
    half = len(records) // 2
    if kind == 10:
        (tmp_path / "data_batch_1.bin").write_bytes(records[:half])
        (tmp_path / "data_batch_2.bin").write_bytes(records[half:])
        (tmp_path / "test_batch.bin").write_bytes(records[:half])
    else:
        (tmp_path / "train.bin").write_bytes(records)
        (tmp_path / "test.bin").write_bytes(records[:half])
        (tmp_path / "fine_label_names.txt").write_text("\n".join(f"name{n}" for n in range(100)))
    d = load(smap, tmp_path, 'data.load_images(".")')
    assert (d.images == as_planes(pictures)).all() and d.labels == labels
    assert d.classes[9] == ("truck" if kind == 10 else "name9")
    assert len(load(smap, tmp_path, 'data.load_images(".", split = "test")').labels) == 2
    assert "the split" in refused(smap, tmp_path, 'data.load_images(".", split = "val")')


def test_arrays(smap, tmp_path):
    grey, colour = digits(), digits(5, 9, 9, 3)
    clear = digits(5, 9, 9, 4)
    np.save(tmp_path / "grey.npy", grey)
    np.save(tmp_path / "last.npy", colour)
    np.save(tmp_path / "first.npy", colour.transpose(0, 3, 1, 2).copy())
    np.save(tmp_path / "clear.npy", clear)
    assert (load(smap, tmp_path, 'data.load_images("grey.npy")').images == as_planes(grey)).all()
    for name in ("last", "first"):
        d = load(smap, tmp_path, f'data.load_images("{name}.npy")')
        assert (d.images == as_planes(colour)).all() and d.classes == ["all"] and "no labels" in d.notes
    alpha = clear[..., 3:].astype(np.float64) / 255
    want = as_planes(clear[..., :3]).transpose(0, 2, 3, 1) * alpha + (1 - alpha)
    d = load(smap, tmp_path, 'data.load_images("clear.npy")')
    assert np.abs(d.images.transpose(0, 2, 3, 1) - want).max() < 1 / 255
    np.save(tmp_path / "x_train.npy", colour)
    np.save(tmp_path / "y_train.npy", np.array([[2], [0], [1], [0], [2]]))
    assert load(smap, tmp_path, 'data.load_images("x_train.npy")').labels == [2, 0, 1, 0, 2]
    np.save(tmp_path / "other.npy", np.arange(5))
    assert load(smap, tmp_path, 'data.load_images("last.npy", labels = "other.npy")').labels == [0, 1, 2, 3, 4]


def test_archives_of_arrays(smap, tmp_path):
    train, test = digits(), digits(3, seed=7)
    np.savez_compressed(tmp_path / "m.npz", x_train=train, y_train=np.arange(6), x_test=test,
                        y_test=np.arange(3))
    np.savez(tmp_path / "med.npz", train_images=train, train_labels=np.arange(6)[:, None],
             val_images=test, val_labels=np.arange(3)[:, None])
    np.savez(tmp_path / "plain.npz", images=train, labels=np.arange(6))
    for call, pictures in (('"m.npz"', train), ('"m.npz", split = "test"', test), ('"med.npz"', train),
                           ('"med.npz", split = "val"', test), ('"plain.npz"', train)):
        d = load(smap, tmp_path, f"data.load_images({call})")
        assert (d.images == as_planes(pictures)).all() and d.labels == list(range(len(pictures)))
    assert "holds x_train.npy" in refused(smap, tmp_path, 'data.load_images("m.npz", split = "val")')


def tar(files, form=tarfile.USTAR_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def encoded(image, form):
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_shards(smap, tmp_path, form):
    long = "a" * 90 + "/" + "b" * 120
    files = []
    for name, label in ((long, "2"), ("s/0001", "10"), ("s/0002.x", "2\n")):
        key = name.split(".")[0]
        files += [(f"{key}.png", encoded(picture(20, 20, len(files)), "PNG")),
                  (f"{key}.cls", label.encode()), (f"{key}.json", b"{}")]
    files.append(("s/0003.jpg", encoded(picture(20, 20, 9), "JPEG")))
    if form == tarfile.USTAR_FORMAT:
        files[0:3] = [(n.replace("b" * 120, "b" * 60), c) for n, c in files[0:3]]
    (tmp_path / "shard.tar").write_bytes(tar(files, form))
    (tmp_path / "shard.tar.gz").write_bytes(gzip.compress(tar(files, form)))
    for name in ("shard.tar", "shard.tar.gz"):
        d = load(smap, tmp_path, f'data.load_images("{name}", size = 20)')
        assert d.classes == ["2", "10"] and d.labels == [0, 1, 0]
        assert d.names[1:] == ["s/0001", "s/0002"] and d.names[0] == files[0][0][:-4]
        assert np.abs(d.images[1] - planes(picture(20, 20, 3))).max() == 0
        assert "1 without a label (s/0003)" in d.notes


def test_other_sizes(smap, tmp_path):
    array = digits(3, 12, 20, 3)
    np.save(tmp_path / "wide.npy", array)
    assert "no squares" in run(smap, tmp_path, 'data.load_images("wide.npy")').stderr
    d = load(smap, tmp_path, 'data.load_images("wide.npy", size = 6, fit = "stretch")')
    want = planes(Image.fromarray(array[1]).resize((6, 6), Image.Resampling.LANCZOS))
    assert np.abs(d.images[1] - want).max() < 3 / 255


def malformed():
    """Pairs of a name and a content that no reader may accept."""
    good = idx(digits())
    yield from ((f"cut{n}", good[:n]) for n in (0, 1, 3, 4, 10, 15, 16, 100, len(good) - 1))
    yield "long", good + b"x"
    yield "huge", b"\0\0\x08\x03" + b"\xff" * 12
    yield "zero", b"\0\0\x08\x03" + bytes(12)
    yield "floats", b"\0\0\x0d\x03" + struct.pack(">3I", 1, 2, 2) + bytes(16)
    yield "labels", idx(np.arange(9, dtype=np.uint8))
    packed = gzip.compress(good)
    yield from ((f"gz{n}", packed[:n]) for n in (2, 10, 17, 40, len(packed) - 1))
    yield "gzsum", packed[:-6] + b"\0\0" + packed[-4:]
    yield "gzsize", packed[:-4] + b"\xff\xff\xff\x7f"
    yield "bomb", gzip.compress(bytes(1 << 20))[:-4] + b"\xff\xff\xff\xff"
    for name, array in (("f4", np.zeros((2, 4, 4), np.float32)), ("flat", np.zeros(9, np.uint8)),
                        ("five", np.zeros((1, 2, 3, 4, 5), np.uint8)),
                        ("seven", np.zeros((2, 7, 5, 7), np.uint8)), ("none", np.zeros((0, 4, 4), np.uint8)),
                        ("fortran", np.asfortranarray(np.zeros((2, 4, 4), np.uint8)))):
        out = io.BytesIO()
        np.save(out, array)
        yield f"npy_{name}", out.getvalue()
        out = io.BytesIO()
        np.savez(out, images=array)
        yield f"npz_{name}", out.getvalue()
    out = io.BytesIO()
    np.savez(out, what=np.zeros((2, 4, 4), np.uint8))
    yield "npz_names", out.getvalue()
    shard = tar([("a.png", encoded(picture(8, 8, 1), "PNG")), ("a.cls", b"0")])
    yield from ((f"tar{n}", shard[:n]) for n in (511, 512, 600, 1024))
    yield "tar_sum", shard[:10] + b"x" + shard[11:]
    yield "tar_size", shard[:124] + b"77777777777\0" + shard[136:]
    yield "tar_no_picture", tar([("a.txt", b"x")])
    yield "tar_bad_picture", tar([("a.png", b"x"), ("a.cls", b"1")])
    yield "tar_bad_class", tar([("a.png", encoded(picture(8, 8, 1), "PNG")), ("a.cls", b"\xff")])
    yield "cifar_label", (b"\x0a" + bytes(3072)) * 2
    yield "cifar_cut", bytes(3000)
    yield "text", b"hello"
    yield "picture", encoded(picture(8, 8, 1), "PNG")


def test_malformed_files(smap, tmp_path):
    files = dict(malformed())
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "names.json").write_text(json.dumps(sorted(files)))
    ran = run(smap, tmp_path, """
for name in data.load("names.json") {
  print(name, "=>", try { data.load_images(name); "read" } catch e { "{e.kind}: {e.message}" })
}
""", ["--max-memory", "300MB"])
    assert ran.returncode == 0, ran.stderr
    lines = dict(line.split(" => ", 1) for line in ran.stdout.splitlines())
    assert sorted(lines) == sorted(files)
    for name, outcome in lines.items():
        assert outcome.startswith(("IOError: ", "LimitError: ")), (name, outcome)
        assert name in outcome, (name, outcome)


def test_a_file_of_labels(smap, tmp_path):
    """It takes the place of labels inside .npz, and is refused where the format holds its own."""
    np.savez(tmp_path / "own.npz", images=digits(2), labels=np.array([0, 1]))
    np.save(tmp_path / "other.npy", np.array([1, 0]))
    assert load(smap, tmp_path, 'data.load_images("own.npz", labels = "other.npy")').labels == [1, 0]
    (tmp_path / "test.bin").write_bytes(bytes([3]) + bytes(3072))
    (tmp_path / "shard.tar").write_bytes(tar([("a.cls", b"1")]))
    for name in ("test.bin", "shard.tar"):
        ran = run(smap, tmp_path, f'data.load_images("{name}", labels = "other.npy")')
        assert ran.returncode == 1 and "holds its own labels" in ran.stderr


def test_counts_that_disagree(smap, tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(digits(3)))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.zeros(4, np.uint8)))
    assert "3 pictures, but 4 labels" in refused(smap, tmp_path, 'data.load_images(".")')
    np.savez(tmp_path / "a.npz", images=digits(2), labels=np.array([0, 10 ** 12]))
    assert "labels from 0 to" in refused(smap, tmp_path, 'data.load_images("a.npz")')
    np.savez(tmp_path / "a.npz", images=digits(2), labels=np.array([0, -1]))
    assert "labels from -1" in refused(smap, tmp_path, 'data.load_images("a.npz")')
    np.savez(tmp_path / "a.npz", images=digits(2), labels=np.array([0, 0.5]))
    assert "label 0.5" in refused(smap, tmp_path, 'data.load_images("a.npz")')
    assert "cannot read" in refused(smap, tmp_path, 'data.load_images("nothing")')
