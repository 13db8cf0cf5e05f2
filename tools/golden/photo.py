"""Golden values of the networks for photos of package model, by torchvision and timm in float64.

    python tools/golden/photo.py testdata/golden            # writes photo.safetensors
    python tools/golden/photo.py testdata/golden --check    # compares the file with a new computation

Weights, statistics, images and labels are not stored: both sides make them from `numbers`, by the names
that torchvision gives the tensors of ResNets, and timm those of the others. Of each gradient three numbers are stored, as in models.py: its
norm and its products with two patterns of signs.
"""

import argparse
import hashlib
import importlib.metadata
import pathlib

import numpy as np
import timm
import torch
import torch.nn.functional as F
import torchvision
from safetensors.numpy import save_file

from models import compare

CLASSES, BATCH = 5, 2


def numbers(name, n):
    """n float32 values in [-1, 1) that depend on the name: SplitMix64 (Steele et al. 2014) from FNV-1a, upper 24 bits."""
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = (state ^ byte) * 0x100000001B3 % 2**64
    with np.errstate(over="ignore"):
        z = np.uint64(state) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return ((z >> np.uint64(40)).astype(np.float64) / 2**23 - 1).astype(np.float32)


def made_up(name, shape):
    """The value of a tensor: filters have the variance 1/fan or 2/fan, batch norms vary about what they start as."""
    if len(shape) > 1:
        gain = 3 if "layer" in name else 6  # the residual sums of ResNets grow
        center, limit = 0.0, np.float32(np.sqrt(gain / np.prod(shape[1:])))
    else:
        kind = name.rsplit(".", 1)[1]
        center, limit = {"weight": (1, 0.25), "bias": (0, 0.25), "running_mean": (0, 0.25), "running_var": (1, 0.5)}[kind]
    return np.float32(center) + np.float32(limit) * numbers(name, int(np.prod(shape))).reshape(shape)


def fingerprint(name, gradient):
    flat = gradient.detach().numpy().ravel()
    signs = [np.where(numbers(f"{name}/{i}", flat.size) >= 0, 1.0, -1.0) for i in range(2)]
    return [np.sqrt((flat**2).sum()), *(float(s @ flat) for s in signs)]


def mobilenet(width, channels):
    """torchvision's network and the names that timm gives its tensors, which both have in one order."""
    net = torchvision.models.mobilenet_v2(num_classes=CLASSES, width_mult=width)
    if channels != 3:
        net.features[0][0] = torch.nn.Conv2d(channels, net.features[0][0].out_channels, 3, 2, 1, bias=False)
    other = timm.create_model(f"mobilenetv2_{round(100 * width):03}", num_classes=CLASSES, in_chans=channels).state_dict()
    assert [t.shape for t in net.state_dict().values()] == [t.shape for t in other.values()]
    return net, dict(zip(net.state_dict(), other))


def lite(name):
    return lambda: timm.create_model(name, num_classes=CLASSES)


# The text form of package model, the image [C, H, W], the network, and λ, with which the penalty counts about as
# much as the loss.
MODELS = [
    ("resnet18", (3, 40, 33), lambda: torchvision.models.resnet18(num_classes=CLASSES), 1),
    ("resnet34", (3, 33, 32), lambda: torchvision.models.resnet34(num_classes=CLASSES), 1),
    ("resnet50", (3, 32, 31), lambda: torchvision.models.resnet50(num_classes=CLASSES), 1),
    ("mobilenet-v2:width=1", (3, 32, 31), lambda: mobilenet(1.0, 3), 1e-3),
    ("mobilenet-v2:width=0.35", (1, 45, 52), lambda: mobilenet(0.35, 1), 1e-3),
    ("efficientnet-lite0", (3, 36, 31), lite("tf_efficientnet_lite0"), 1e-3),
    ("efficientnet-lite0:padding=symmetric,epsilon=1e-05", (3, 36, 31), lite("efficientnet_lite0"), 1e-3),
    ("efficientnet-lite1", (3, 29, 32), lite("tf_efficientnet_lite1"), 1e-3),
    ("efficientnet-lite2", (3, 31, 28), lite("tf_efficientnet_lite2"), 1e-3),
]


def smooth(net, shape):
    """The images among a number of them at which the network's kinks are farthest: float32 has to find their side."""
    gaps = []

    def relu(module, inputs):
        x = inputs[0].abs()
        gaps.append(x.min().item())
        if isinstance(module, torch.nn.ReLU6):
            gaps.append((inputs[0] - 6).abs().min().item())

    def pool(module, inputs):  # of windows whose largest element is positive: the others have no slope
        windows = F.unfold(F.pad(inputs[0], (1, 1, 1, 1), value=-1e3), 3, stride=2)
        windows = windows.reshape(BATCH, -1, 9, windows.shape[-1]).topk(2, dim=2).values
        first, second = windows[:, :, 0], windows[:, :, 1]
        gaps.append((first - second)[first > 0].min().item())

    hooks = []
    for m in net.modules():
        if isinstance(m, (torch.nn.ReLU, torch.nn.ReLU6)):
            hooks.append(m.register_forward_pre_hook(relu))
        if isinstance(m, torch.nn.MaxPool2d):
            hooks.append(m.register_forward_pre_hook(pool))
    best, farthest = None, -1.0
    for i in range(60):
        gaps.clear()
        with torch.no_grad():
            net(images(f"x{i}", shape))
        if min(gaps) > farthest:
            best, farthest = f"x{i}", min(gaps)
    for h in hooks:
        h.remove()
    return best, farthest


def images(name, shape):
    return torch.tensor(numbers(name, BATCH * int(np.prod(shape))).reshape(BATCH, *shape).astype(np.float64))


def compute(text, shape, make, weight):
    net = make()
    net, renamed = net if isinstance(net, tuple) else (net, {n: n for n in net.state_dict()})
    net = net.double()
    with torch.no_grad():
        for name, t in net.state_dict().items():
            if not name.endswith("num_batches_tracked"):
                t.copy_(torch.tensor(made_up(renamed[name], tuple(t.shape))))
    for m in net.modules():
        if isinstance(m, torch.nn.Dropout):
            m.p = 0.0
    names = [renamed[n] for n, _ in net.named_parameters()]
    out = {}
    image, gap = smooth(net.eval(), shape)
    for mode in "frozen", "batch":
        net.train(mode == "batch")
        # Statistics of two images want more pixels than one in the last stage.
        x = images("x", (shape[0], 64, 64)) if mode == "batch" else images(image, shape).requires_grad_(True)
        logits = net(x)
        loss = F.cross_entropy(logits, torch.arange(BATCH))
        if mode == "batch":  # two images are too few for derivatives that float32 holds
            out |= {f"{mode}/loss": [loss.item()], f"{mode}/logits": logits.detach().numpy()}
            continue
        (g,) = torch.autograd.grad(BATCH * loss, x, create_graph=True)
        datagrad = g.square().sum() / BATCH
        out |= {f"{mode}/loss": [loss.item()], f"{mode}/logits": logits.detach().numpy(), f"{mode}/datagrad": [datagrad.item()]}
        out[f"{mode}/slope"] = fingerprint("x", g)
        grads = torch.autograd.grad(loss + weight * datagrad, list(net.parameters()))
        out[f"{mode}/regularized"] = [fingerprint(n, v) for n, v in zip(names, grads)]
    meta = {f"{text}/shape": "x".join(map(str, shape)), f"{text}/weight": repr(float(weight)), f"{text}/names": " ".join(names)}
    meta[f"{text}/tensors"] = " ".join(renamed[n] for n in net.state_dict() if not n.endswith("num_batches_tracked"))
    meta |= {f"{text}/image": image, f"{text}/gap": f"{gap:.2g}"}
    return {f"{text}/{k}": np.array(v, np.float64) for k, v in out.items()}, meta


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    args = parser.parse_args()
    torch.set_num_threads(1)  # sums do not depend on the machine's number of cores
    torch.use_deterministic_algorithms(True)
    script = hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()
    path, values, metadata = args.directory / "photo.safetensors", {}, {"script_sha256": script}
    for package in "torch", "torchvision", "timm":
        metadata[package] = importlib.metadata.version(package)
    for entry in MODELS:
        new, meta = compute(*entry)
        values, metadata = values | new, metadata | meta
    if args.check:
        compare(path, values, script)
        return
    save_file(values, path, metadata=metadata)


if __name__ == "__main__":
    main()
