#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draw the emoji32 data set from two Debian packages.

Every emoji of the chosen subgroups of Unicode's emoji-test.txt is drawn with Noto Color Emoji,
centred on white and shrunk to 32 x 32 pixels. Each class keeps at most 240 pictures. One tenth of
each class becomes validation; variants of one concept (skin tone, gender, hair) stay together, so
that validation holds concepts which training has never seen. All choices that look random are
taken from SHA-256 of the names, so the result is the same everywhere.

    apt-get install fonts-noto-color-emoji unicode-data
    pip install pillow numpy            # a Pillow with Raqm, as in the wheels of PyPI
    python3 build_emoji32.py OUTPUT_FOLDER
    python3 build_emoji32.py --check emoji32
"""

import argparse
import collections
import hashlib
import pathlib
import sys
import tempfile

import numpy
from PIL import Image, ImageDraw, ImageFont, features

FONT = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"
EMOJI_TEST = "/usr/share/unicode/emoji/emoji-test.txt"

SIZE = 32
CLASS_LIMIT = 240
ATLAS_COLUMNS = 64

# The classes and the subgroups of emoji-test.txt that belong to each.
CLASSES = {
    "face": """face-smiling face-affection face-tongue face-hand face-neutral-skeptical face-sleepy
        face-unwell face-hat face-glasses face-concerned face-negative face-costume cat-face
        monkey-face""",
    "hand": """hand-fingers-open hand-fingers-partial hand-single-finger hand-fingers-closed hands
        hand-prop""",
    "body_part": "body-parts",
    "portrait": "person",
    "gesture": "person-gesture",
    "worker": "person-role",
    "fantasy": "person-fantasy",
    "activity": "person-activity",
    "athlete": "person-sport",
    "family": "family",
    "flag": "country-flag subdivision-flag",
    "animal": """animal-mammal animal-bird animal-amphibian animal-reptile animal-marine
        animal-bug""",
    "plant": "plant-flower plant-other food-fruit food-vegetable",
    "food": "food-prepared food-asian food-marine food-sweet drink dishware",
    "vehicle": "transport-ground transport-water transport-air",
    "place": "place-map place-geographic place-building place-religious place-other",
    "clock": "time",
    "sky": "sky_&_weather",
    "clothing": "clothing",
    "object": """sound music musical-instrument phone computer light_&_video book-paper money mail
        writing office lock tool science medical household""",
    "button": "transport-sign arrow religion zodiac av-symbol keycap alphanum",
    "shape": "heart geometric",
}

# Listed among vehicles, but not vehicles.
EXCLUDED = {
    "bus stop", "motorway", "railway track", "oil drum", "fuel pump", "wheel",
    "police car light", "horizontal traffic light", "vertical traffic light", "stop sign",
    "construction", "anchor", "ring buoy", "seat",
}

Emoji = collections.namedtuple("Emoji", "codes class_name name")
Drawn = collections.namedtuple("Drawn", "emoji pixels")


def read_emoji(path):
    """The fully qualified emoji of the chosen subgroups, in the order of the file."""
    class_of = {
        subgroup.replace("_", " "): name
        for name, subgroups in CLASSES.items()
        for subgroup in subgroups.split()
    }
    class_name = None
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        if line.startswith("# subgroup:"):
            class_name = class_of.get(line.partition(":")[2].strip())
            continue
        if class_name is None or line.startswith("#") or ";" not in line:
            continue
        codes, _, rest = line.partition(";")
        status, _, comment = rest.partition("#")
        # The comment is: the emoji, the version, the name.
        name = comment.split(maxsplit=2)[2].strip()
        if status.strip() == "fully-qualified" and name not in EXCLUDED:
            yield Emoji(tuple(codes.split()), class_name, name)


def draw(emoji, font):
    """A picture (SIZE, SIZE, 3) of bytes, or None if the font has no single glyph for it."""
    text = "".join(chr(int(code, 16)) for code in emoji.codes)
    if font.getlength(text) > 150:
        return None
    glyph = Image.new("RGBA", (136, 128), (255, 255, 255, 0))
    ImageDraw.Draw(glyph).text((0, 0), text, font=font, embedded_color=True)
    if glyph.getextrema()[3][1] == 0:
        return None
    sheet = Image.new("RGBA", (136, 136), "white")
    sheet.alpha_composite(glyph, (0, 4))
    middle = sheet.convert("RGB").crop((2, 2, 134, 134))
    return numpy.asarray(middle.resize((SIZE, SIZE), Image.Resampling.LANCZOS))


def draw_all(font_path, emoji_test):
    """The drawn emoji of each class, without second copies of a picture within a class."""
    font = ImageFont.truetype(font_path, 109, layout_engine=ImageFont.Layout.RAQM)
    seen = set()
    drawn = {name: [] for name in CLASSES}
    for emoji in read_emoji(emoji_test):
        pixels = draw(emoji, font)
        if pixels is None:
            continue
        key = (emoji.class_name, pixels.tobytes())
        if key not in seen:
            seen.add(key)
            drawn[emoji.class_name].append(Drawn(emoji, pixels))
    return drawn


def lot(text):
    """A fixed number that looks random, for deciding in an order without meaning."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def concept(name):
    """What the variants of an emoji have in common."""
    if name.startswith(("flag:", "keycap:")):
        return name
    stem = name.split(":")[0]
    for person in ("woman and man ", "men ", "women ", "man ", "woman ", "person "):
        stem = stem.removeprefix(person)
    return stem


def limited(items):
    """At most CLASS_LIMIT items, ordered by code points if some had to go."""
    if len(items) <= CLASS_LIMIT:
        return items
    kept = sorted(items, key=lambda item: lot("cap" + item.emoji.name))[:CLASS_LIMIT]
    return sorted(kept, key=lambda item: item.emoji.codes)


def validation_concepts(class_name, items):
    """Whole concepts that together make about a tenth of the class."""
    sizes = collections.Counter(concept(item.emoji.name) for item in items)
    wanted = max(4, round(len(items) / 10))
    chosen, count = set(), 0
    for name in sorted(sorted(sizes), key=lambda name: lot("val" + class_name + name)):
        if count + sizes[name] > wanted + 3:
            continue
        if count >= wanted:
            break
        chosen.add(name)
        count += sizes[name]
    return chosen


def split(drawn):
    """Rows of (split, label, item), class by class."""
    for label, (class_name, items) in enumerate(drawn.items()):
        items = limited(items)
        held_out = validation_concepts(class_name, items)
        for item in items:
            part = "val" if concept(item.emoji.name) in held_out else "train"
            yield part, label, item


def write_split(folder, part, rows):
    """The atlas and the labels of one split."""
    atlas_rows = -(-len(rows) // ATLAS_COLUMNS)
    atlas = numpy.full((atlas_rows * SIZE, ATLAS_COLUMNS * SIZE, 3), 255, numpy.uint8)
    for index, (_, _, item) in enumerate(rows):
        row, column = divmod(index, ATLAS_COLUMNS)
        top, left = row * SIZE, column * SIZE
        atlas[top:top + SIZE, left:left + SIZE] = item.pixels
    Image.fromarray(atlas).save(folder / f"emoji32_{part}.png", optimize=True)
    (folder / f"emoji32_{part}.labels").write_bytes(bytes(label for _, label, _ in rows))


def build(folder, font, emoji_test):
    """Write all files of the data set."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = list(split(draw_all(font, emoji_test)))
    (folder / "classes.txt").write_text("".join(name + "\n" for name in CLASSES))
    with open(folder / "index.tsv", "w", encoding="utf-8") as index:
        for part, _, item in rows:
            emoji = item.emoji
            print("-".join(emoji.codes), emoji.class_name, part, emoji.name, sep="\t", file=index)
    for part in ("train", "val"):
        write_split(folder, part, [row for row in rows if row[0] == part])


def differences(expected, actual):
    """The names of files that differ; pictures are compared by their pixels."""
    for part in ("train", "val"):
        yield from (
            name for name in [f"emoji32_{part}.png"]
            if Image.open(expected / name).convert("RGB").tobytes()
            != Image.open(actual / name).convert("RGB").tobytes()
        )
    for name in ("emoji32_train.labels", "emoji32_val.labels", "classes.txt", "index.tsv"):
        if (expected / name).read_bytes() != (actual / name).read_bytes():
            yield name


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--check", action="store_true", help="compare FOLDER instead of writing it")
    parser.add_argument("--font", default=FONT)
    parser.add_argument("--emoji-test", default=EMOJI_TEST)
    options = parser.parse_args()
    if not features.check("raqm"):
        sys.exit("this Pillow lacks Raqm: flags and families would fall apart")
    if not options.check:
        build(options.folder, options.font, options.emoji_test)
        return
    with tempfile.TemporaryDirectory() as scratch:
        build(pathlib.Path(scratch), options.font, options.emoji_test)
        wrong = list(differences(options.folder, pathlib.Path(scratch)))
    if wrong:
        sys.exit("different: " + ", ".join(wrong))
    print(f"{options.folder}: the same pixels, labels and index")


if __name__ == "__main__":
    main()
