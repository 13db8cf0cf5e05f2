"""Pictures in every format, and what Pillow and PyTorch make of them, for the tests of package picture.

    python -m venv --system-site-packages /tmp/pillow && /tmp/pillow/bin/pip install pillow==13.0.0   # with the Python of /opt/peers
    /tmp/pillow/bin/python tools/golden/pictures.py dataset/picture/testdata            # writes pictures and golden.json
    /tmp/pillow/bin/python tools/golden/pictures.py dataset/picture/testdata --check    # compares golden.json with the pictures

golden.json holds for each picture its size as seen (EXIF orientation applied) and its pixels over white paper, RGB in
hexadecimal; for source.png also those of PyTorch's antialiased bicubic scaling to some sizes, computed in float64. (Pillow's
is the same filter, but rounds and cuts off overshoot between the two directions.)
"""

import argparse
import json
import math
import pathlib
import struct

import numpy as np
import torch
from PIL import Image, ImageOps, __version__

W, H = 24, 16
SIZES = [(12, 8), (8, 8), (5, 3), (48, 40), (24, 5)]


def source():
    """A picture without symmetry: slopes of colour, a sharp bar, fine stripes."""
    img = Image.new("RGB", (W, H))
    for y in range(H):
        for x in range(W):
            r, g = 10 * x, 15 * y
            b = int(127 + 127 * math.sin(x * y / 9))
            if 3 <= x < 6 and y > 4:
                r, g, b = 250, 20, 30
            if x > 16 and y < 5:
                r = g = b = 255 * (x % 2)
            img.putpixel((x, y), (r, g, b))
    return img


def smooth():
    """A picture of slopes, of which lossy formats keep what matters, however a decoder interpolates colours."""
    img = Image.new("RGB", (W, H))
    for y in range(H):
        for x in range(W):
            img.putpixel((x, y), (10 * x, 15 * y, 200 - 5 * x))
    return img


def faded(img):
    """The picture with alpha from 0 to 255."""
    out = img.convert("RGBA")
    out.putalpha(Image.frombytes("L", (W, H), bytes(min(255, 11 * x + y) for y in range(H) for x in range(W))))
    return out


def oriented(n):
    exif = Image.Exif()
    exif[0x0112] = n
    return exif


def without_adobe(path):
    """The JPEG file without Adobe's segment, which says what its components are."""
    data = path.read_bytes()
    at = data.index(b"\xff\xee")
    return data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :]


def bmp(bits, compression, pixels, masks=b"", length=40, height=H, palette=b""):
    """A BMP file of given pixels; a header of more than 40 bytes holds the masks, which otherwise follow it."""
    header = struct.pack("<IiiHHIIiiII", length, W, height, 1, bits, compression, len(pixels), 0, 0, len(palette) // 4, 0)
    header = (header + masks).ljust(length, b"\0") + palette
    return struct.pack("<2sIHHI", b"BM", 14 + len(header) + len(pixels), 0, 0, 14 + len(header)) + header + pixels


def runs(img, bits):
    """The pixels of a palette picture as BMP's runs: pairs of equal pixels, others one by one, and a jump of nothing."""
    out = b""
    for y in reversed(range(H)):
        row = [img.getpixel((x, y)) for x in range(W)]
        for x in range(0, 12, 2):  # as runs, of 4 bits two colours in turn
            if bits == 4:
                out += bytes([2, row[x] << 4 | row[x + 1]])
            else:
                out += bytes([1, row[x], 1, row[x + 1]])
        out += b"\0\2\0\0\0" + bytes([12])
        rest = row[12:]
        out += bytes(rest) if bits == 8 else bytes(a << 4 | b for a, b in zip(rest[::2], rest[1::2]))
        out += b"\0\0"
    return out + b"\0\1"


def write_bmps(folder):
    img, alpha = source(), faded(source())
    rows = [[img.getpixel((x, y)) for x in range(W)] for y in range(H)]
    packed = lambda f: b"".join(struct.pack("<H", f(*p)) for row in reversed(rows) for p in row)
    five, six = packed(lambda r, g, b: (r >> 3) << 10 | (g >> 3) << 5 | b >> 3), packed(lambda r, g, b: (r >> 3) << 11 | (g >> 2) << 5 | b >> 3)
    (folder / "fifteen-bits.bmp").write_bytes(bmp(16, 0, five))
    (folder / "sixteen-bits.bmp").write_bytes(bmp(16, 3, six, struct.pack("<III", 0xF800, 0x7E0, 0x1F), 52))
    bgra = b"".join(bytes([p[2], p[1], p[0], p[3]]) for y in range(H) for p in [alpha.getpixel((x, y)) for x in range(W)])
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    (folder / "alpha.bmp").write_bytes(bmp(32, 3, bgra, masks, 124, -H))
    few = img.quantize(16)
    colours = b"".join(bytes([b, g, r, 0]) for r, g, b in zip(*[iter(few.getpalette()[:48])] * 3))
    (folder / "runs8.bmp").write_bytes(bmp(8, 1, runs(few, 8), palette=colours))
    (folder / "runs4.bmp").write_bytes(bmp(4, 2, runs(few, 4), palette=colours))


def riff(kind, body):
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def placed(path, x, y, width, height):
    """An animation on a canvas of that size whose first frame is a still WebP picture at x, y."""
    data, chunks = path.read_bytes()[12:], b""
    while data:
        size = int.from_bytes(data[4:8], "little")
        if data[:4] in (b"ALPH", b"VP8 ", b"VP8L"):
            chunks += riff(data[:4], data[8 : 8 + size])
        data = data[8 + size + size % 2 :]
    three = lambda n: struct.pack("<I", n)[:3]
    frame = three(x // 2) + three(y // 2) + three(W - 1) + three(H - 1) + three(100) + b"\0" + chunks
    body = riff(b"VP8X", bytes([0x12, 0, 0, 0]) + three(width - 1) + three(height - 1)) + riff(b"ANIM", b"\0\0\xff\xff\0\0")
    return riff(b"RIFF", b"WEBP" + body + riff(b"ANMF", frame) * 2)


def write(folder):
    img, alpha = source(), faded(source())
    slopes = smooth()
    img.save(folder / "source.png")
    for n in range(1, 9):
        img.save(folder / f"orientation{n}.png", exif=oriented(n))
    slopes.save(folder / "orientation6.jpg", quality=95, exif=oriented(6))
    img.save(folder / "orientation8.webp", lossless=True, exif=oriented(8))
    slopes.save(folder / "baseline.jpg", quality=95)
    slopes.save(folder / "progressive.jpg", quality=95, subsampling="4:4:4", progressive=True)
    slopes.convert("L").save(folder / "grey.jpg", quality=95)
    slopes.convert("CMYK").save(folder / "cmyk.jpg", quality=95, subsampling="4:4:4")
    img.convert("L").save(folder / "grey.png")
    img.convert("1").save(folder / "bits.png")
    alpha.save(folder / "alpha.png")
    alpha.convert("LA").save(folder / "grey-alpha.png")
    img.quantize(16).save(folder / "palette.png")
    hidden = img.quantize(16)
    hidden.save(folder / "palette-alpha.png", transparency=3)
    img.quantize(64).save(folder / "palette.gif")
    img.quantize(16).save(folder / "animated.gif", save_all=True, append_images=[img.rotate(180).quantize(16)])
    img.save(folder / "colour.bmp")
    img.quantize(16).save(folder / "palette.bmp")
    slopes.save(folder / "lossy.webp", quality=95)
    alpha.save(folder / "alpha.webp", lossless=True, exact=True)
    faded(slopes).save(folder / "lossy-alpha.webp", quality=95)
    img.save(folder / "animated.webp", save_all=True, append_images=[img.rotate(180)], lossless=True)
    (folder / "placed.webp").write_bytes(placed(folder / "alpha.webp", 6, 2, 32, 20))
    (folder / "lossy-placed.webp").write_bytes(placed(folder / "lossy-alpha.webp", 4, 0, 30, 16))
    (folder / "cmyk-plain.jpg").write_bytes(without_adobe(folder / "cmyk.jpg"))
    write_bmps(folder)


def seen(path):
    img = ImageOps.exif_transpose(Image.open(path)).convert("RGBA")
    paper = Image.new("RGBA", img.size, "white")
    return Image.alpha_composite(paper, img).convert("RGB")


def golden(folder):
    out = {"pillow": __version__, "torch": torch.__version__, "pictures": {}, "bicubic": {}}
    for path in sorted(folder.iterdir()):
        if path.suffix != ".json" and path.is_file():
            img = seen(path)
            out["pictures"][path.name] = {"size": img.size, "rgb": img.tobytes().hex()}
    for size in SIZES:
        x = torch.from_numpy(np.array(seen(folder / "source.png"))).double().permute(2, 0, 1)[None]
        y = torch.nn.functional.interpolate(x, size=size[::-1], mode="bicubic", antialias=True)
        pixels = y[0].permute(1, 2, 0).round().clamp(0, 255).byte()
        out["bicubic"]["x".join(map(str, size))] = pixels.numpy().tobytes().hex()
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    file = args.folder / "golden.json"
    if args.check:
        if json.loads(file.read_text()) != json.loads(json.dumps(golden(args.folder))):
            raise SystemExit(f"{file} differs from what Pillow {__version__} makes")
        return
    write(args.folder)
    file.write_text(json.dumps(golden(args.folder), indent=1) + "\n")


main()
