# SPDX-License-Identifier: Apache-2.0
"""PNG files of every kind, written here byte by byte, with the values that a reader must return.

Nothing is borrowed from a library for pictures: filters, Adam7, palettes and transparent colours are
done by the words of the standard (W3C, PNG, third edition), so the values are known without
anybody's reader. The same seed gives the same files."""

import random
import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: Colour type to samples of a pixel and permitted depths.
KINDS = {0: (1, (1, 2, 4, 8, 16)), 2: (3, (8, 16)), 3: (1, (1, 2, 4, 8)), 4: (2, (8, 16)),
         6: (4, (8, 16))}
#: First column, first row, distance of columns, distance of rows of each pass.
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
         (0, 1, 1, 2))


def chunk(kind, content):
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def packed(samples, depth):
    """A row of samples as bytes."""
    if depth == 16:
        return struct.pack(f">{len(samples)}H", *samples)
    if depth == 8:
        return bytes(samples)
    row, each = bytearray(), 8 // depth
    for start in range(0, len(samples), each):
        byte = 0
        for place, sample in enumerate(samples[start:start + each]):
            byte |= sample << (8 - depth * (place + 1))
        row.append(byte)
    return bytes(row)


def paeth(a, b, c):
    p = a + b - c
    distances = (abs(p - a), abs(p - b), abs(p - c))
    return (a, b, c)[distances.index(min(distances))]


def filtered(row, before, step, kind):
    """A row behind the number of its filter."""
    out = bytearray([kind])
    for i, byte in enumerate(row):
        a = row[i - step] if i >= step else 0
        b = before[i] if before else 0
        c = before[i - step] if before and i >= step else 0
        guess = (0, a, b, (a + b) // 2, paeth(a, b, c))[kind]
        out.append((byte - guess) & 255)
    return bytes(out)


def lines(pixels, width, height, channels, depth, filters):
    """All rows of a picture or of a pass, filtered."""
    step = max(1, channels * depth // 8)
    out, before = [], None
    for y in range(height):
        row = packed([s for pixel in pixels[y] for s in pixel], depth)
        out.append(filtered(row, before, step, filters(y)))
        before = row
    return b"".join(out)


class Picture:
    """A picture with its samples, which writes itself as a file and says what a reader must find."""

    def __init__(self, width, height, color, depth, seed=0, transparent=None, palette=None,
                 interlaced=False, filter_kind=None, before=b"", pieces=1):
        self.width, self.height, self.color, self.depth = width, height, color, depth
        self.channels = KINDS[color][0]
        self.interlaced, self.before, self.pieces = interlaced, before, pieces
        rng = random.Random(f"{width} {height} {color} {depth} {seed}")
        top = (1 << depth) - 1
        self.palette = palette
        if color == 3:
            count = min(top + 1, 200)
            self.palette = [tuple(rng.randrange(256) for _ in range(3)) for _ in range(count)]
            top = count - 1
        # Half of the pixels follow a slope, so that filters have something to do.
        self.pixels = [[tuple(rng.randrange(top + 1) if rng.random() < 0.5
                              else (x * 7 + y * 5 + c * 11) * top // 255 % (top + 1)
                              for c in range(self.channels)) for x in range(width)]
                       for y in range(height)]
        self.alphas = self.key = None
        if transparent and color == 3:
            self.alphas = [rng.randrange(256) for _ in range(max(1, len(self.palette) - 3))]
        elif transparent:
            self.key = self.pixels[height // 2][width // 2]
        self.filter = (lambda y: filter_kind) if filter_kind is not None else \
            (lambda y: rng.randrange(5))

    def file(self):
        header = struct.pack(">IIBBBBB", self.width, self.height, self.depth, self.color, 0, 0,
                             int(self.interlaced))
        chunks = [chunk(b"IHDR", header), self.before]
        if self.palette:
            chunks.append(chunk(b"PLTE", bytes(v for colour in self.palette for v in colour)))
        if self.alphas:
            chunks.append(chunk(b"tRNS", bytes(self.alphas)))
        if self.key:
            chunks.append(chunk(b"tRNS", struct.pack(f">{len(self.key)}H", *self.key)))
        data = zlib.compress(self.content())
        size = max(1, -(-len(data) // self.pieces))
        chunks += [chunk(b"IDAT", data[i:i + size]) for i in range(0, len(data), size)]
        return SIGNATURE + b"".join(chunks) + chunk(b"IEND", b"")

    def content(self):
        if not self.interlaced:
            return lines(self.pixels, self.width, self.height, self.channels, self.depth,
                         self.filter)
        out = b""
        for left, top, across, down in ADAM7:
            part = [row[left::across] for row in self.pixels[top::down]]
            if part and part[0]:
                out += lines(part, len(part[0]), len(part), self.channels, self.depth, self.filter)
        return out

    def values(self):
        """Planes of values from 0 to 1: three, or four with transparency, row by row."""
        top = (1 << self.depth) - 1
        has_alpha = bool(self.color & 4 or self.alphas or self.key)
        planes = [[] for _ in range(4 if has_alpha else 3)]
        for row in self.pixels:
            for pixel in row:
                if self.color == 3:
                    colour = [v / 255 for v in self.palette[pixel[0]]]
                    index = pixel[0]
                    alpha = self.alphas[index] / 255 \
                        if self.alphas and index < len(self.alphas) else 1
                else:
                    scaled = [v / top for v in pixel]
                    colour = scaled[:3] if self.color & 2 else scaled[:1] * 3
                    alpha = scaled[-1] if self.color & 4 else float(pixel != self.key)
                for plane, value in zip(planes, colour + [alpha]):
                    plane.append(value)
        return planes


def all_kinds(seed=0):
    """Pairs of a name and a picture: every colour type, depth, interlace, size and filter."""
    gamma = chunk(b"gAMA", struct.pack(">I", 100000))
    background = {0: b"\0\1", 2: b"\0\1\0\2\0\3", 3: b"\0", 4: b"\0\1", 6: b"\0\1\0\2\0\3"}
    for color, (_, depths) in KINDS.items():
        for depth in depths:
            for interlaced in (False, True):
                for transparent in ((False, True) if not color & 4 else (False,)):
                    name = f"c{color}_d{depth}_i{int(interlaced)}_t{int(transparent)}"
                    yield name, Picture(13, 9, color, depth, seed, transparent,
                                        interlaced=interlaced)
            yield f"c{color}_d{depth}_gamma", Picture(8, 8, color, depth, seed, before=gamma)
            yield f"c{color}_d{depth}_gamma_i", Picture(8, 8, color, depth, seed, before=gamma,
                                                        interlaced=True)
            ending = background[color]
            picture = Picture(5, 4, color, depth, seed, pieces=7)
            if color != 3:
                picture.before = chunk(b"bKGD", ending)
            yield f"c{color}_d{depth}_pieces", picture
    for kind in range(5):
        for color, depth in ((0, 1), (0, 8), (2, 8), (2, 16), (6, 16)):
            yield f"filter{kind}_c{color}_d{depth}", Picture(16, 5, color, depth, seed,
                                                             filter_kind=kind)
    for width, height in [(n, n) for n in range(1, 10)] + [(1, 7), (7, 1), (33, 2), (2, 40)]:
        for interlaced in (False, True):
            for color, depth in ((0, 16), (3, 2), (6, 8)):
                yield (f"size{width}x{height}_c{color}_i{int(interlaced)}",
                       Picture(width, height, color, depth, seed, interlaced=interlaced))


def damaged(seed=0):
    """Pairs of a name and the bytes of a file that must be refused."""
    whole = Picture(9, 7, 2, 8, seed).file()
    palette = Picture(9, 7, 3, 4, seed)

    def header(**changes):
        fields = {"width": 9, "height": 7, "depth": 8, "color": 2, "packing": 0, "filters": 0,
                  "interlace": 0} | changes
        return SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", *fields.values())) + whole[33:]

    yield "empty", b""
    yield "signature_bits", b"\x09" + whole[1:]
    yield "signature_lines", whole.replace(b"\r\n\x1a\n", b"\n\x1a\n", 1)
    yield "signature_jpeg", b"\xff\xd8\xff\xe0" + whole[4:]
    for color, depth in ((1, 8), (9, 8), (2, 0), (2, 3), (2, 4), (2, 99), (0, 3), (4, 4), (3, 16)):
        yield f"color{color}_depth{depth}", header(color=color, depth=depth)
    yield "no_width", header(width=0)
    yield "no_height", header(height=0)
    yield "large", header(width=1 << 20, height=1 << 20)
    yield "packing", header(packing=1)
    yield "filters", header(filters=1)
    yield "interlace", header(interlace=2)
    yield "too_many_rows_said", header(height=8)
    yield "header_sum", whole[:29] + bytes([whole[29] ^ 1]) + whole[30:]
    data = whole.index(b"IDAT")
    length = struct.unpack(">I", whole[data - 4:data])[0]
    yield "data_sum", whole[:data + 4 + length] + b"\0\0\0\0" + whole[data + 8 + length:]
    yield "no_data", whole[:data - 4] + chunk(b"IEND", b"")
    yield "no_end", whole[:-12]
    yield "cut", whole[:len(whole) // 2]
    yield "not_deflated", whole[:data - 4] + chunk(b"IDAT", b"nothing" * 9) + chunk(b"IEND", b"")
    yield "short_data", (whole[:data - 4] + chunk(b"IDAT", zlib.compress(b"\0" * 20))
                         + chunk(b"IEND", b""))
    yield "unknown_filter", (whole[:data - 4] + chunk(b"IDAT", zlib.compress(b"\7" * 196))
                             + chunk(b"IEND", b""))
    yield "endless_data", (whole[:data - 4] + chunk(b"IDAT", zlib.compress(bytes(1 << 27), 9))
                           + chunk(b"IEND", b""))
    file = palette.file()
    start = file.index(b"PLTE") - 4
    size = struct.unpack(">I", file[start:start + 4])[0]
    yield "no_palette", file[:start] + file[start + 12 + size:]
