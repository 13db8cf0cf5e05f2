"""Golden values of depthwise convolution, ReLU6 and overlapping max pooling by PyTorch's double backpropagation in float64.

    python tools/golden/depthwise.py testdata/golden            # writes depthwise.safetensors
    python tools/golden/depthwise.py testdata/golden --check    # compares the file with a new computation

Weights and images are not stored: both sides make them from `numbers` of models.py. Of each gradient three numbers are
stored, as there.
"""

import argparse
import hashlib
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

from models import compare, fingerprint, numbers

BATCH, CHANNELS = 2, 5

# Kernel, stride, dilation, zeros before and after on each axis, height and width.
CASES = [
    (3, 1, 1, (1, 1), (7, 9)), (3, 2, 1, (0, 1), (8, 10)), (3, 2, 1, (1, 1), (9, 8)), (3, 2, 1, (1, 1), (8, 37)),
    (5, 1, 1, (2, 2), (7, 20)), (5, 2, 1, (1, 2), (10, 12)), (5, 2, 1, (2, 2), (11, 13)), (5, 2, 1, (2, 2), (9, 70)),
    (3, 1, 1, (0, 0), (6, 7)), (5, 1, 1, (0, 0), (9, 8)), (2, 1, 2, (1, 0), (6, 7)), (3, 3, 1, (0, 2), (7, 10)),
]


def made(name, *shape, requires_grad=True):
    values = numbers(name, math.prod(shape)).reshape(shape).astype(np.float64)
    return torch.tensor(values, requires_grad=requires_grad)


def case(kernel, stride, dilation, pad, size):
    x = made("x", BATCH, CHANNELS, *size)
    w, b = made("w", CHANNELS, 1, kernel, kernel), made("b", CHANNELS)
    c = made("c", CHANNELS, requires_grad=False)
    padded = F.pad(x, (pad[0], pad[1], pad[0], pad[1]))
    y = F.conv2d(padded, w, b, stride=stride, dilation=dilation, groups=CHANNELS)
    h = F.max_pool2d(F.relu6(5 * y), 3, stride=2, padding=1)
    loss = (torch.sin(h) * c[:, None, None]).sum() / BATCH
    slope = torch.autograd.grad(loss, x, create_graph=True)[0]
    penalty = (slope**2).sum() / BATCH
    values = {"loss": loss.detach().numpy(), "penalty": penalty.detach().numpy(), "y": y.detach().numpy()}
    for name, total in ("loss", loss), ("penalty", penalty):
        gradients = torch.autograd.grad(total, (x, w, b), retain_graph=True, allow_unused=True)
        for of, g, like in zip("xwb", gradients, (x, w, b)):
            values[f"{name}-{of}"] = fingerprint(of, torch.zeros_like(like) if g is None else g)
    return values


def compute():
    out = {}
    for kernel, stride, dilation, pad, size in CASES:
        text = f"{kernel},{stride},{dilation},{pad[0]},{pad[1]},{size[0]},{size[1]}"
        for name, value in case(kernel, stride, dilation, pad, size).items():
            out[f"{text}/{name}"] = np.asarray(value, np.float64)
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)  # sums do not depend on the machine's number of cores
    torch.use_deterministic_algorithms(True)
    here = pathlib.Path(__file__)
    script = hashlib.sha256(here.read_bytes() + here.with_name("models.py").read_bytes()).hexdigest()
    path, values = args.directory / "depthwise.safetensors", compute()
    if args.check:
        compare(path, values, script)
        return
    save_file(values, path, metadata={"torch": torch.__version__, "script_sha256": script})


if __name__ == "__main__":
    main()
