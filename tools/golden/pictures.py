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


def seen(path):
    img = ImageOps.exif_transpose(Image.open(path)).convert("RGBA")
    paper = Image.new("RGBA", img.size, "white")
    return Image.alpha_composite(paper, img).convert("RGB")


def golden(folder):
    out = {"pillow": __version__, "torch": torch.__version__, "pictures": {}, "bicubic": {}}
    for path in sorted(folder.iterdir()):
        if path.suffix != ".json" and path.is_file() and path.name != "animated.webp":
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
