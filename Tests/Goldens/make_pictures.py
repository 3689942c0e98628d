#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the small JPEG and WebP files of Tests/Data with Pillow: make_pictures.py FOLDER."""

import pathlib
import sys

from PIL import Image, ImageDraw


def letter(mode="RGB"):
    """An F, which no turn and no mirror leaves as it is, on a slope of colours."""
    picture = Image.new("RGB", (24, 16))
    picture.putdata([(10 * x, 15 * y, 120) for y in range(16) for x in range(24)])
    draw = ImageDraw.Draw(picture)
    for box in ((3, 2, 5, 13), (3, 2, 14, 4), (3, 7, 11, 9)):
        draw.rectangle(box, fill=(255, 240, 60))
    return picture.convert(mode)


def main():
    folder = pathlib.Path(sys.argv[1])
    exif = Image.Exif()
    exif[274] = 6
    letter().save(folder / "letter.jpg", quality=90)
    letter().save(folder / "letter-progressive.jpg", quality=90, progressive=True)
    letter("L").save(folder / "letter-grey.jpg", quality=90)
    letter("CMYK").save(folder / "letter-cmyk.jpg", quality=90)
    letter().save(folder / "letter-turned.jpg", quality=90, exif=exif)
    letter().save(folder / "letter.webp", quality=90)
    transparent = letter("RGBA")
    transparent.putalpha(Image.linear_gradient("L").resize(transparent.size))
    transparent.save(folder / "letter-transparent.webp", lossless=True, exact=True)
    letter().save(folder / "letter-moving.webp", save_all=True, duration=100,
                  append_images=[Image.new("RGB", (24, 16))])


if __name__ == "__main__":
    main()
