"""The command line of scripts whose golden file is the text of one JSON document."""

import argparse
import json
import pathlib


def main(name, compute, indent=None):
    """Writes what compute returns to the file of that name in a folder; with --check it compares."""
    parser = argparse.ArgumentParser()
    parser.add_argument("dir", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    path = args.dir / name
    text = json.dumps(compute(), indent=indent) + "\n"
    if not args.check:
        path.write_text(text)
    elif path.read_text() != text:
        raise SystemExit(f"{path} is not what this script computes")
