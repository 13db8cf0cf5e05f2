"""Golden values of the regularizers of finetuning: penalty and gradients by PyTorch in float64.

    python tools/golden/finetune.py testdata/golden            # writes finetune.safetensors
    python tools/golden/finetune.py testdata/golden --check    # compares the file with a new computation

The network has parts, and a head that is not pretrained. Weights, pretrained weights and images are not stored: both sides
make them from `numbers` of models.py. Of each gradient of the penalty three numbers are stored, as there.
"""

import argparse
import hashlib
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

from models import BATCH, CLASSES, compare, fingerprint, numbers

# Shape, centre and limit of each parameter, in the order of their making.
PARAMS = {
    "stem/conv1.weight": ((4, 2, 3, 3), 0, 2**-3), "stem/conv1.bias": ((4,), 0, 0.125),
    "stage1/conv1.weight": ((6, 4, 3, 3), 0, 2**-3), "stage1/norm1.weight": ((6,), 1, 0.125), "stage1/norm1.bias": ((6,), 0, 0.125),
    "head/dense1.weight": ((6, CLASSES), 0, 2**-2), "head/dense1.bias": ((CLASSES,), 0, 0.125),
}


def parameter(name):
    shape, centre, limit = PARAMS[name]
    return torch.tensor((np.float32(centre) + np.float32(limit) * numbers(name, int(np.prod(shape)))).reshape(shape).astype(np.float64))


def pretrained(name):
    """What the network began with: other values, and of the head none."""
    if name.startswith("head/"):
        return None
    shape = PARAMS[name][0]
    return torch.tensor(numbers("start/" + name, int(np.prod(shape))).reshape(shape).astype(np.float64))


def maps(p, x):
    stem = F.relu(F.conv2d(x, p["stem/conv1.weight"], p["stem/conv1.bias"], padding=1))
    h = F.conv2d(F.max_pool2d(stem, 2), p["stage1/conv1.weight"])
    return stem, F.gelu(F.group_norm(h, 2, p["stage1/norm1.weight"], p["stage1/norm1.bias"], eps=1e-5))


def is_weight(name):
    return name.endswith(".weight") and "norm" not in name


def head(p):
    return p["head/dense1.weight"].square().sum()


def l2_sp(p, start, x, h):
    moved = sum((p[n] - start[n]).square().sum() for n in p if is_weight(n) and start[n] is not None)
    return (moved + h * head(p)) / 2


def delta(p, start, x, h):
    """As in the paper's code: squared distances of feature maps, here means over samples and pixels."""
    distance = sum((now - then).square().sum(1).mean() for now, then in zip(maps(p, x), maps(start, x)))
    return (distance + h * head(p)) / 2


PENALTIES = {
    "l2-sp:1": lambda *a: l2_sp(*a, 1), "l2-sp:1,head=0.25": lambda *a: l2_sp(*a, 0.25),
    "delta:1": lambda *a: delta(*a, 1), "delta:1,head=3": lambda *a: delta(*a, 3),
}


def compute():
    out = {}
    x = torch.tensor(numbers("x", BATCH * 2 * 8 * 8).reshape(BATCH, 2, 8, 8).astype(np.float64))
    for text, penalty in PENALTIES.items():
        p = {n: parameter(n).requires_grad_(True) for n in PARAMS}
        value = penalty(p, {n: pretrained(n) for n in PARAMS}, x)
        grads = torch.autograd.grad(value, list(p.values()), allow_unused=True, materialize_grads=True)
        out[f"{text}/value"] = np.array([value.item()])
        out[f"{text}/gradient"] = np.array([fingerprint(n, g) for n, g in zip(p, grads)])
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    args = parser.parse_args()
    torch.set_num_threads(1)  # sums do not depend on the machine's number of cores
    torch.use_deterministic_algorithms(True)
    here = pathlib.Path(__file__)
    script = hashlib.sha256(here.read_bytes() + here.with_name("models.py").read_bytes()).hexdigest()
    path, values = args.directory / "finetune.safetensors", compute()
    if args.check:
        compare(path, values, script)
        return
    save_file(values, path, metadata={"torch": torch.__version__, "script_sha256": script})


if __name__ == "__main__":
    main()
