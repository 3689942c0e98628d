#!/usr/bin/env python3
"""letters32: the capital letters A to Z of 1,179 free typefaces, 32 x 32 pixels, grey, black on white.

usage: build_letters32.py FONTS_ROOT OUT      (needs Pillow, fontTools, NumPy)

FONTS_ROOT holds the unpacked Debian 12 packages that packages.txt lists (apt-get download ...; dpkg -x).
A typeface is one font file. Taken are those that have all of A-Z and whose own name table states one of the licences OFL, GUST,
LPPL, Apache, MIT/BSD or public domain. All letters of a typeface have one scale (capitals 22 pixels high unless a wide or tall
letter would not fit into 30) and one base line, each is centred by its width. Dropped are: letters that are empty or equal to one
another, typefaces within 100 grey levels squared (mean over the alphabet) of one that is already in, typefaces of which fewer than
10 letters are read as what they are by their nearest neighbour among other families (symbol and signal fonts), and what goes beyond
16 typefaces a family. Validation holds whole families (29 of 226), so every validation typeface is new in design.
Output: letters32_{train,val}.png, one typeface a row, A to Z from left to right; index.tsv, one line a row.
"""

import sys, os, re, glob, json, string, hashlib, logging, collections
import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageFilter
from fontTools.ttLib import TTFont

LETTERS, SIDE = string.ascii_uppercase, 32
logging.disable(logging.CRITICAL)


def digest(text):
    return int(hashlib.sha256(text.encode()).hexdigest()[:12], 16)


def licence(text):
    s = text.lower()
    for kind, words in [
        ("ofl", ["open font", "ofl"]),
        ("apache", ["apache"]),
        ("gust", ["gust", "gfl"]),
        ("lppl", ["lppl", "latex project"]),
        ("gpl", ["gpl", "general public"]),
        ("pd", ["public domain", "cc0", "creativecommons.org/publicdomain"]),
        ("mit/bsd", ["mit ", "bsd", "bigelow"]),
    ]:
        if any(w in s for w in words):
            return kind
    return None


def scan(root):
    found = []
    for path in sorted(
        glob.glob(root + "/**/*.otf", recursive=True)
        + glob.glob(root + "/**/*.ttf", recursive=True)
    ):
        if os.path.islink(path):
            continue
        try:
            font = TTFont(path, lazy=True, fontNumber=0)
            cmap = font.getBestCmap()
            name = font["name"]
            if not cmap or any(ord(c) not in cmap for c in LETTERS):
                continue
            get = lambda i: " ".join((name.getDebugName(i) or "").split())
            kind = licence(get(13)[:300] + " " + get(14)[:100] + " " + get(0)[:200])
            if kind and kind != "gpl":
                found.append(
                    dict(file=path, family=get(16) or get(1), style=get(17) or get(2), licence=kind)
                )
        except Exception:
            pass  # damaged fonts exist
    return found


def render(path):
    big = ImageFont.truetype(path, 200)
    boxes = [big.getbbox(c, anchor="ls") for c in LETTERS]
    if any(b is None or b[2] - b[0] < 8 or b[3] - b[1] < 60 for b in boxes):
        return None
    cap = np.median([-b[1] for b in boxes])
    low = max(b[3] for b in boxes)
    high = max(-b[1] for b in boxes)
    wide = max(b[2] - b[0] for b in boxes)
    scale = min(22 / cap, 30 / wide, 30 / (high + min(low, 60)))
    if cap * scale < 12:
        return None
    zoom = 4
    font = ImageFont.truetype(path, 200 * scale * zoom)
    base = SIDE / 2 + cap * scale / 2
    out = []
    for c in LETTERS:
        im = Image.new("L", (SIDE * zoom, SIDE * zoom), 255)
        b = font.getbbox(c, anchor="ls")
        ImageDraw.Draw(im).text(
            (SIDE * zoom / 2 - (b[0] + b[2]) / 2, base * zoom), c, fill=0, font=font, anchor="ls"
        )
        out.append(np.asarray(im.resize((SIDE, SIDE), Image.LANCZOS)))
    a = np.stack(out)
    flat = a.reshape(26, -1).astype(float)
    if (255 - flat).mean(1).min() < 6 or np.ptp(flat, 0).max() < 100:
        return None
    if (((flat[:, None] - flat[None]) ** 2).mean(-1) + np.eye(26) * 1e9).min() < 20:
        return None
    return a


def main(root, out):
    os.makedirs(out, exist_ok=True)
    X, M = [], []
    for font in scan(root):
        try:
            a = render(font["file"])
        except Exception:
            continue
        if a is not None:
            X.append(a)
            M.append(font)
    X = np.stack(X)
    F = X.reshape(len(X), -1).astype(np.float32)
    n = (F * F).sum(1)
    D = np.maximum(n[:, None] + n[None] - 2 * F @ F.T, 0) / F.shape[1]
    keep = []
    for i in range(len(X)):
        if not keep or D[i, keep].min() >= 100:
            keep.append(i)
    first = np.array([M[i]["family"].split()[0].lower() for i in keep])
    blur = (
        lambda g: np.asarray(Image.fromarray(g).filter(ImageFilter.GaussianBlur(1.2)), np.float32)
        / 255
    )
    V = np.stack([[blur(g) for g in X[i]] for i in keep]).reshape(len(keep), 26, -1)
    rows = V.reshape(-1, SIDE * SIDE)
    label = np.tile(np.arange(26), len(keep))
    family = np.repeat(first, 26)
    n = (rows**2).sum(1)
    families = collections.defaultdict(list)
    for k, i in enumerate(keep):
        d = n[None] - 2 * V[k] @ rows.T
        d[:, family == first[k]] = 1e9
        if (label[d.argmin(1)] == np.arange(26)).sum() < 10:
            continue
        words = M[i]["family"].replace("_", " ").split()
        families[(" ".join(words[:2]) if len(words[0]) <= 4 else words[0]).lower()].append(i)
    chosen = {
        f: sorted(v, key=lambda i: digest(os.path.basename(M[i]["file"])))[:16]
        for f, v in families.items()
    }
    total = sum(map(len, chosen.values()))
    held, count = set(), 0
    for f in sorted(chosen, key=lambda f: digest("val" + f)):
        if count >= 0.1 * total:
            break
        if count + len(chosen[f]) > 0.1 * total + 6:
            continue
        held.add(f)
        count += len(chosen[f])
    lines = ["split\tfamily\tstyle\tlicence\tfile"]
    for split in ("train", "val"):
        ids = [
            i
            for f in sorted(chosen)
            for i in sorted(chosen[f], key=lambda i: (M[i]["family"], M[i]["style"]))
            if (f in held) == (split == "val")
        ]
        Image.fromarray(np.concatenate([np.concatenate(list(X[i]), 1) for i in ids], 0)).save(
            f"{out}/letters32_{split}.png", optimize=True
        )
        lines += [
            "\t".join(
                [
                    split,
                    M[i]["family"],
                    M[i]["style"],
                    M[i]["licence"],
                    os.path.basename(M[i]["file"]),
                ]
            )
            for i in ids
        ]
        print(split, len(ids), "typefaces")
    open(f"{out}/index.tsv", "w").write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
