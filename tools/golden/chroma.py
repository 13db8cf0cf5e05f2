"""JPEG files with subsampled colours, and what Pillow reads of them, for the tests of package picture.

    python -m venv /tmp/pillow && /tmp/pillow/bin/pip install pillow==13.0.0
    /tmp/pillow/bin/python tools/golden/chroma.py dataset/picture/testdata            # writes chroma/
    /tmp/pillow/bin/python tools/golden/chroma.py dataset/picture/testdata --check    # compares chroma.json with the files

The pictures are slopes of colour with sharp bars, which a decoder that repeats colours gets wrong by some hundred levels. Pillow
writes no 4:4:0 and 4:1:1: those files are ones of 4:2:2 and 4:2:0 with other factors in their header. Their blocks
stand elsewhere then, and the picture is a jumble that all decoders have to agree on. chroma.json holds sizes and pixels, RGB
in hexadecimal.
"""

import argparse
import json
import math
import pathlib

from PIL import Image, __version__

# File, extents, subsampling for Pillow, and in the place of its factors others with extents for the same number of blocks.
CASES = [
    ("420", (37, 29), 2, None, None),
    ("420-even", (32, 48), 2, None, None),
    ("420-narrow", (4, 7), 2, None, None),
    ("420-five", (5, 13), 2, None, None),
    ("420-progressive", (37, 29), 2, None, None),
    ("422", (37, 29), 1, None, None),
    ("422-narrow", (3, 9), 1, None, None),
    ("444", (19, 13), 0, None, None),
    ("440", (48, 32), 1, 0x12, (24, 61)),
    ("411", (64, 32), 2, 0x41, (126, 15)),
]


def bars(w, h):
    img = Image.new("RGB", (w, h))
    for y in range(h):
        for x in range(w):
            r, g, b = 8 * x, 8 * y, 127 + 127 * math.sin(x * y / 40)
            if x % 11 < 2:
                r, g, b = 250, 20, 30
            if y % 9 < 2:
                r, g, b = 20, 40, 240
            img.putpixel((x, y), tuple(int(min(max(v, 0), 255)) for v in (r, g, b)))
    return img


def with_factors(data, factors, size):
    """The file with other factors of its first component and other extents."""
    at = data.index(b"\xff\xc0")
    header = bytearray(data[at : at + 19])
    header[5:9] = size[1].to_bytes(2, "big") + size[0].to_bytes(2, "big")
    header[11] = factors
    return data[:at] + bytes(header) + data[at + 19 :]


def write(folder):
    for name, size, subsampling, factors, then in CASES:
        path = folder / f"{name}.jpg"
        bars(*size).save(path, quality=92, subsampling=subsampling, progressive=name.endswith("progressive"))
        if factors:
            path.write_bytes(with_factors(path.read_bytes(), factors, then))


def golden(folder):
    out = {"pillow": __version__, "pictures": {}}
    for path in sorted(folder.glob("*.jpg")):
        img = Image.open(path).convert("RGB")
        out["pictures"][path.name] = {"size": img.size, "rgb": img.tobytes().hex()}
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    folder = args.folder / "chroma"
    file = folder / "chroma.json"
    if args.check:
        if json.loads(file.read_text()) != json.loads(json.dumps(golden(folder))):
            raise SystemExit(f"{file} differs from what Pillow {__version__} reads")
        return
    folder.mkdir(exist_ok=True)
    write(folder)
    file.write_text(json.dumps(golden(folder), indent=1) + "\n")


main()
