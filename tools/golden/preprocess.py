"""What Pillow makes of a picture in the way of torchvision's and timm's loaders, for the tests of package picture.

    python -m venv /tmp/pillow && /tmp/pillow/bin/pip install pillow==13.0.0 numpy
    /tmp/pillow/bin/python tools/golden/preprocess.py dataset/picture/testdata            # writes preprocess/
    /tmp/pillow/bin/python tools/golden/preprocess.py dataset/picture/testdata --check

A case is a picture of the folder, a side, a share and a filter. The shorter extent becomes floor(side / share) pixels, the
longer one int(resized * long / short); the square in the middle begins at round((extent - side) / 2), halves to even.
preprocess/preprocess.json holds the pixels, RGB in hexadecimal.
"""

import argparse
import json
import math
import pathlib

from PIL import Image, ImageOps, __version__

FILTERS = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}
CASES = [
    (name, side, share, kind)
    for name, side, share in [
        ("source.png", 7, 0.875), ("source.png", 12, 0.95), ("source.png", 14, 0.875), ("source.png", 24, 1), ("source.png", 9, 1),
        ("orientation6.png", 7, 0.875), ("orientation7.png", 8, 0.6), ("orientation3.png", 5, 0.9), ("orientation8.png", 21, 0.7),
        ("waves.png", 28, 0.875), ("waves.png", 40, 0.5),
    ]
    for kind in FILTERS
]


def waves():
    """A picture of 131 x 87 pixels with slow and fast changes, so that shrinking has to average."""
    img = Image.new("RGB", (131, 87))
    for y in range(87):
        for x in range(131):
            r = 127 + 90 * math.sin(x / 9) * math.cos(y / 7) + 30 * math.sin(x * y / 50)
            g = 127 + 80 * math.cos((x + 2 * y) / 11) + 40 * (x // 4 % 2)
            b = 255 * y / 86 if x < 100 else 20
            img.putpixel((x, y), tuple(int(min(max(v, 0), 255)) for v in (r, g, b)))
    return img


def prepare(img, side, share, kind):
    w, h = img.size
    short = math.floor(side / share)
    size = (short, int(short * h / w)) if w <= h else (int(short * w / h), short)
    img = img.resize(size, FILTERS[kind])
    left, top = round((size[0] - side) / 2), round((size[1] - side) / 2)
    return img.crop((left, top, left + side, top + side))


def golden(folder):
    out = {"pillow": __version__, "cases": []}
    for name, side, share, kind in CASES:
        path = folder / name if name != "waves.png" else folder / "preprocess" / name
        img = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
        rgb = prepare(img, side, share, kind).tobytes().hex()
        out["cases"].append({"picture": name, "side": side, "share": share, "filter": kind, "rgb": rgb})
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    file = args.folder / "preprocess" / "preprocess.json"
    if args.check:
        if json.loads(file.read_text()) != golden(args.folder):
            raise SystemExit(f"{file} differs from what Pillow {__version__} makes")
        return
    file.parent.mkdir(exist_ok=True)
    waves().save(file.parent / "waves.png", optimize=True)
    file.write_text(json.dumps(golden(args.folder), indent=1) + "\n")


main()
