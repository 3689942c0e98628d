# SPDX-License-Identifier: Apache-2.0
"""Files that somebody damaged or forged, for every reader of smap: models with hostile metadata, and
arrays, archives, pictures and texts with flipped bits, cut ends and absurd numbers. The same seed
makes the same files."""

import io
import json
import pathlib
import random
import re
import struct
import subprocess
import zipfile
import zlib

from files_of_smap import load_all
from png_files import all_kinds

DATA = pathlib.Path(__file__).resolve().parents[1] / "Data"

# Values of metadata that no writer of models produces.
VALUES = [None, "", " ", "-1", "0", "1", "2", "3", "7", "+1", "01", "1.5", "1e3", "nan", "inf", "-inf",
          "9223372036854775807", "9223372036854775808", "-9223372036854775808", "4294967296",
          "2147483647", "1048576", "1048577", "65536", "8192", "8193", "1024", "129", "true", "False",
          "vq", "kl", "none", "fixed", "hard", "[]", "[1]", '["a","a"]', '{"a":1}', '"x"', "a,b",
          "a" * 5000, "\0", "\u00e9", "tokenizer", "generator", '["' + '","'.join("abcdefghi" * 9) + '"]']

#: Numbers to write over the numbers of a file.
NUMBERS = [0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
           0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0xFFFFFFFFFFFFFFFF]

#: What a script may do with a file of a kind: `path` names it.
BODIES = {
    ".npy": 'mean(data.load(path)); "read"', ".npz": 'keys(data.load(path)); "read"',
    ".safetensors": 'keys(data.load(path)); "read"', ".json": '"{data.load(path)}"; "read"',
    ".csv": '"{data.load(path)}"; "read"', ".png": 'mean(image.load(path)); "read"',
    ".jpg": 'mean(image.load(path)); "read"', ".webp": 'mean(image.load(path)); "read"',
    ".tokenizer": """let tok = smap.load(path)
      let side = tok.image_size
      tok.tail_drop
      smap.decode(tok, smap.encode(tok, zeros(1, 3, side, side), label = 0))
      "read"
    """,
    ".generator": """let model = card.load(path)
      if model.head == "categorical" { card.sample(model, 0, seed = 1) } else { card.sample(model, 0, steps = 1, seed = 1) }
      "read"
    """,
}

MODELS = """
for quantizer in ["kl", "vq", "fsq"] {
  let tok = smap.tokenizer(image_size = 8, patch_size = 4, num_tokens = 4, token_dim = 3, width = 8,
    heads = 2, depth = 1, decoder_depth = 1, num_classes = 3, pixel_channels = 2,
    codebook_size = if quantizer == "kl" { 1024 } else { 8 },
    quantizer = quantizer, seed = 1)
  smap.save(tok, "{quantizer}.safetensors")
  card.save(card.model(tok, width = 8, heads = 2, depth = 1, head_width = 8, head_depth = 1, seed = 1),
    "{quantizer}-card.safetensors")
  if quantizer == "kl" {
    card.save(card.model(tok, head = "refine", width = 8, heads = 2, depth = 1, head_width = 8, head_depth = 1,
      refine_depth = 1, seed = 1), "refine-card.safetensors")
    card.save(card.model(tok, head = "diffusion", width = 8, heads = 2, depth = 1, length_token = true, seed = 1),
      "diffusion-card.safetensors")
  } else {
    card.save(card.model(tok, head = "categorical", width = 8, heads = 2, depth = 1, head_width = 8,
      head_depth = 1, seed = 1), "{quantizer}-categorical-card.safetensors")
  }
}
"""


def split(content):
    """Header and body of a safetensors file."""
    size = struct.unpack("<Q", content[:8])[0]
    return json.loads(content[8:8 + size]), content[8 + size:]


def joined(header, body):
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def with_metadata(content, key, value):
    """A model whose metadata say something else, or nothing when the value is None."""
    header, body = split(content)
    notes = dict(header["__metadata__"])
    if value is None:
        notes.pop(key, None)
    else:
        notes[key] = value
    return joined(header | {"__metadata__": notes}, body)


def metadata_keys(content):
    return sorted(split(content)[0]["__metadata__"])


def small_models(smap, folder):
    """Models of a few kilobytes, by name."""
    (folder / "models.smap").write_text(MODELS)
    subprocess.run([smap, "models.smap"], cwd=folder, check=True, timeout=120)
    return {path.stem: path.read_bytes() for path in sorted(folder.glob("*.safetensors"))}


def npz(packing):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as archive:
        for name in ("a", "b"):
            archive.writestr(f"{name}.npy", npy(24))
    return out.getvalue()


def npy(count):
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({count},), }}\n".encode()
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + struct.pack(
        f"<{count}f", *range(count))


def seeds(smap, folder):
    """Sound files of every kind: pairs of an ending and the content."""
    files = [(".npy", npy(12)), (".npz", npz(zipfile.ZIP_STORED)), (".npz", npz(zipfile.ZIP_DEFLATED)),
             (".json", json.dumps({"a": [1, -2.5e3, None, True, {"b": "\u00e9\n"}]}).encode()),
             (".csv", b'a,b\r\n1,"x ""y"", z"\r\n-2.5,\r\n')]
    files += [(".png", picture.file()) for name, picture in all_kinds()
              if re.fullmatch(r"c\d_d\d+_i[01]_t[01]|size\dx\d_c\d_i1", name)]
    files += [(path.suffix, path.read_bytes()) for path in sorted(DATA.glob("letter*"))
              if path.suffix in (".jpg", ".webp")]
    for name, content in small_models(smap, folder).items():
        files += [(".safetensors", content), (".generator" if "card" in name else ".tokenizer", content)]
    return files


def mutated(content, rng):
    """The content after one to four changes."""
    data = bytearray(content)
    # Readers decide most things by the first bytes.
    def place():
        near = min(len(data), 300) if rng.random() < 0.7 else len(data)
        return rng.randrange(near) if near else 0

    for _ in range(rng.choice((1, 1, 2, 4))):
        kind, at = rng.randrange(8), place()
        if kind == 0:
            del data[rng.randrange(len(data) + 1):]
        elif kind in (1, 2) and data:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 3 and data:
            data[at] = rng.choice((0, 0x7F, 0x80, 0xFF, 0x20, 0x2D, 0x30))
        elif kind == 4:
            size = rng.choice((1, 2, 4, 8))
            number = rng.choice(NUMBERS) & ((1 << 8 * size) - 1)
            data[at:at + size] = number.to_bytes(size, rng.choice(("little", "big")))
        elif kind == 5:
            del data[at:at + rng.randrange(1, 20)]
        elif kind == 6:
            other = place()
            data[at:at] = data[min(at, other):min(at, other) + rng.randrange(1, 40)]
        else:
            numbers = list(re.finditer(rb"\d+", bytes(data[:4000])))
            if numbers:
                found = rng.choice(numbers)
                text = rng.choice((str(rng.choice(NUMBERS)), "-1", "1.5", "1e9", "null", '""', "[]", "+2", ""))
                data[found.start():found.end()] = text.encode()
    return bytes(data)


def repaired(ending, content):
    """The content with the checksums of a PNG made right, so that more of it is believed."""
    if ending != ".png" or not content.startswith(b"\x89PNG\r\n\x1a\n"):
        return content
    out, at = bytearray(content), 8
    while at + 12 <= len(out):
        size = int.from_bytes(out[at:at + 4], "big")
        if at + 12 + size > len(out):
            break
        out[at + 8 + size:at + 12 + size] = struct.pack(">I", zlib.crc32(out[at + 4:at + 8 + size]))
        at += 12 + size
    return bytes(out)


def hostile_files(sound, count, seed):
    """`count` pairs of an ending and a content."""
    rng = random.Random(seed)
    for _ in range(count):
        ending, content = rng.choice(sound)
        changed = mutated(content, rng)
        yield ending, repaired(ending, changed) if rng.random() < 0.7 else changed


def run_mutations(smap, folder, count, seed):
    """Loads `count` mutants; raises for the first that ends the process or gives another error than one
    of files or limits. Returns how many were refused."""
    sound = seeds(smap, folder)
    kinds, refused = {}, 0
    for number, (ending, content) in enumerate(hostile_files(sound, count, seed)):
        kinds.setdefault(ending, []).append(f"m{number}")
        (folder / f"m{number}{ending}").write_bytes(content)
    for ending, names in kinds.items():
        outcome = load_all(smap, folder, names, ending, BODIES[ending],
                           options=["--max-memory", "1GB"])
        for name in names:
            kind = outcome[name].split(":")[0]
            # A mutant may be a sound model with a condition or an empty tensor that cannot be used.
            assert kind in ("read", "IOError", "LimitError", "ValueError", "ShapeError"), (
                name, ending, outcome[name])
            refused += kind == "IOError"
    assert count < 100 or refused > count // 4, "the mutants are too tame"
    return refused
