"""Golden values of the architectures of package model: loss, logits, DataGrad and gradients by PyTorch in float64.

    python tools/golden/models.py testdata/golden            # writes models.safetensors
    python tools/golden/models.py testdata/golden --check    # compares the file with a new computation

Weights, images, labels and dropout masks are not stored: both sides make them from `numbers`. Of each gradient
three numbers are stored: its norm and its products with two sign patterns of `numbers`, which see every element.
"""

import argparse
import hashlib
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

CLASSES, BATCH, LAMBDA = 5, 3, 50.0


def numbers(name, n):
    """n float32 values in [-1, 1) that depend on the name: xorshift64* (Vigna 2016) seeded by FNV-1a, upper 24 bits."""
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = (state ^ byte) * 0x100000001B3 % 2**64
    out = np.empty(n, np.float32)
    for i in range(n):
        state ^= state >> 12
        state = (state ^ state << 25) % 2**64
        state ^= state >> 27
        out[i] = (state * 0x2545F4914F6CDD1D % 2**64 >> 40) / 2**23 - 1
    return out


class Net:
    """Layers as functions of named parameters, numbered as package nn does; options as package model has them."""

    def __init__(self, norm="none", groups=8, activation="relu", dropout=0.0):
        self.kind, self.groups, self.activation, self.rate = norm, groups, activation, dropout
        self.params, self.counts = {}, {}

    def name(self, kind):
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return f"{kind}{self.counts[kind]}"

    def param(self, name, shape, center, limit):
        if name not in self.params:
            n = int(np.prod(shape))
            # In float32, as the other side computes it.
            value = np.float32(center) + np.float32(limit) * numbers(name, n).reshape(shape)
            self.params[name] = torch.tensor(value.astype(np.float64), requires_grad=True)
        return self.params[name]

    def bias(self, name, n):
        return self.param(name + ".bias", (n,), 0, 0.125)

    def conv(self, x, out, k, bias=None, **kw):
        name = self.name("conv")
        fan = x.shape[1] * k * k
        w = self.param(name + ".weight", (out, x.shape[1], k, k), 0, 2 ** -np.ceil(np.log2(fan) / 2))
        has = self.kind == "none" if bias is None else bias
        return F.conv2d(x, w, self.bias(name, out) if has else None, **kw)

    def dense(self, x, out, bias=True):
        name = self.name("dense")
        w = self.param(name + ".weight", (x.shape[1], out), 0, 2 ** -np.ceil(np.log2(x.shape[1]) / 2))
        return x @ w + self.bias(name, out) if bias else x @ w

    def norm(self, x):
        if self.kind == "none":
            return x
        name = self.name("norm")
        w, b = self.param(name + ".weight", (x.shape[1],), 1, 0.125), self.bias(name, x.shape[1])
        if self.kind == "batch":
            return F.batch_norm(x, None, None, w, b, training=True, eps=1e-5)
        return F.group_norm(x, self.groups, w, b, eps=1e-5)

    def act(self, x):
        return {
            "relu": F.relu, "leaky-relu": lambda x: F.leaky_relu(x, 0.01), "softplus": F.softplus,
            "tanh": torch.tanh, "gelu": lambda x: F.gelu(x, approximate="none"),
        }[self.activation](x)

    def dropout(self, x):
        if self.rate == 0:
            return x
        mask = numbers(self.name("dropout"), x.numel()).reshape(tuple(x.shape)) >= 2 * self.rate - 1
        return x * torch.tensor(mask.astype(np.float64)) / (1 - self.rate)


def lenet(net, x):
    h = F.max_pool2d(net.act(net.conv(x, 6, 5, True, padding=2)), 2)
    h = F.max_pool2d(net.act(net.conv(h, 16, 5, True)), 2)
    h = net.act(net.conv(h, 120, 5, True)).flatten(1)
    h = net.norm(net.act(net.dense(h, 84)))
    return net.dense(net.dropout(h), CLASSES)


def mlp(net, x, hidden):
    h = x.flatten(1)
    for n in hidden:
        h = net.dropout(net.act(net.norm(net.dense(h, n, net.kind == "none"))))
    return net.dense(h, CLASSES)


def vgg(net, x, depth, channels):
    stages = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}[depth]
    h = x
    for stage, count in enumerate(stages):
        if stage > 0:
            h = F.max_pool2d(h, 2)
        for _ in range(count):
            h = net.act(net.norm(net.conv(h, channels * min(2**stage, 8), 3, padding=1)))
    return net.dense(net.dropout(h.mean((2, 3))), CLASSES)


def shortcut(net, x, kind, channels, stride, norm):
    if stride == 1 and x.shape[1] == channels:
        return x
    if kind == "projection":
        h = net.conv(x, channels, 1, False, stride=stride)
        return net.norm(h) if norm else h
    if kind == "pad":
        x = x[:, :, ::stride, ::stride]
    elif stride > 1:
        x = F.pad(x, (0, x.shape[3] % 2, 0, x.shape[2] % 2))
        x = F.avg_pool2d(x, stride)
    return F.pad(x, (0, 0, 0, 0, 0, channels - x.shape[1]))


def resnet(net, x, depth, width, kind="average-pool"):
    h = net.act(net.norm(net.conv(x, 16 * width, 3, padding=1)))
    for stage in range(3):
        for block in range((depth - 2) // 6):
            stride, channels, x = 1 + (stage > 0 and block == 0), 16 * 2**stage * width, h
            h = net.act(net.norm(net.conv(x, channels, 3, stride=stride, padding=1)))
            h = net.norm(net.conv(h, channels, 3, padding=1))
            h = net.act(h + shortcut(net, x, kind, channels, stride, True))
    return net.dense(h.mean((2, 3)), CLASSES)


def wideresnet(net, x, depth, width, kind="projection"):
    h = net.conv(x, 16, 3, padding=1)
    for stage in range(3):
        for block in range((depth - 4) // 6):
            stride, channels, x = 1 + (stage > 0 and block == 0), 16 * 2**stage * width, h
            h = net.act(net.norm(x))
            if stride > 1 or x.shape[1] != channels:
                x = h
            h = net.act(net.norm(net.conv(h, channels, 3, stride=stride, padding=1)))
            h = net.conv(net.dropout(h), channels, 3, padding=1)
            h = h + shortcut(net, x, kind, channels, stride, False)
    return net.dense(net.act(net.norm(h)).mean((2, 3)), CLASSES)


# The text form of package model, the image [C, H, W], the network and its options.
MODELS = [
    ("lenet:norm=group,activation=gelu", (1, 28, 28), lenet, dict(norm="group", groups=7, activation="gelu"), ()),
    ("lenet:activation=tanh", (2, 29, 28), lenet, dict(activation="tanh", dropout=0.5), ()),
    ("mlp:hidden=12x8,norm=batch,activation=softplus,dropout=0.25", (1, 5, 7), mlp,
     dict(norm="batch", activation="softplus", dropout=0.25), ((12, 8),)),
    ("mlp:hidden=12x8,norm=group,groups=2,activation=leaky-relu", (1, 5, 7), mlp,
     dict(norm="group", groups=2, activation="leaky-relu"), ((12, 8),)),
    ("vgg:depth=11,channels=2", (3, 33, 32), vgg, dict(norm="batch"), (11, 2)),
    ("vgg:depth=13,channels=2,norm=group,groups=2,activation=gelu", (1, 16, 19), vgg,
     dict(norm="group", groups=2, activation="gelu"), (13, 2)),
    ("vgg:depth=16,channels=1,norm=none,activation=leaky-relu,dropout=0.5", (1, 16, 16), vgg,
     dict(activation="leaky-relu", dropout=0.5), (16, 1)),
    ("resnet:depth=14", (3, 9, 10), resnet, dict(norm="batch"), (14, 1)),
    ("resnet:depth=8,shortcut=projection", (3, 7, 9), resnet, dict(norm="batch"), (8, 1, "projection")),
    ("resnet:depth=8,shortcut=projection,norm=group,activation=tanh", (1, 8, 8), resnet,
     dict(norm="group", activation="tanh"), (8, 1, "projection")),
    ("resnet:depth=8,shortcut=pad,norm=none,activation=softplus", (3, 7, 8), resnet, dict(activation="softplus"), (8, 1, "pad")),
    ("wideresnet:depth=10,width=1", (3, 7, 8), wideresnet, dict(norm="batch"), (10, 1)),
    ("wideresnet:depth=16,width=1,dropout=0.25,norm=group,activation=gelu", (1, 8, 6), wideresnet,
     dict(norm="group", activation="gelu", dropout=0.25), (16, 1)),
    ("wideresnet:depth=10,width=2,shortcut=pad,activation=leaky-relu", (3, 6, 7), wideresnet,
     dict(norm="batch", activation="leaky-relu"), (10, 2, "pad")),
    ("wideresnet:depth=10,width=2,shortcut=average-pool,norm=none", (3, 7, 6), wideresnet, dict(), (10, 2, "average-pool")),
]


def fingerprint(name, gradient):
    """Norm and products with two sign patterns: +1 where `numbers` are not negative."""
    flat = gradient.detach().numpy().ravel()
    signs = [np.where(numbers(f"{name}/{i}", flat.size) >= 0, 1.0, -1.0) for i in range(2)]
    return [np.sqrt((flat**2).sum()), *(float(s @ flat) for s in signs)]


def compute(text, shape, forward, options, arguments):
    net = Net(**options)
    x = torch.tensor(numbers("x", BATCH * int(np.prod(shape))).reshape(BATCH, *shape).astype(np.float64), requires_grad=True)
    y = torch.arange(BATCH)
    logits = forward(net, x, *arguments)
    loss = F.cross_entropy(logits, y)
    (g,) = torch.autograd.grad(BATCH * loss, x, create_graph=True)
    datagrad = g.square().sum() / BATCH
    out = {"loss": [loss.item()], "logits": logits.detach().numpy(), "datagrad": [datagrad.item()]}
    names, params = list(net.params), list(net.params.values())
    for label, total in ("plain", loss), ("regularized", loss + LAMBDA * datagrad):
        grads = torch.autograd.grad(total, params, retain_graph=True, materialize_grads=True)
        out[label] = [fingerprint(n, v) for n, v in zip(names, grads)]
    return {f"{text}/{k}": np.array(v, np.float64) for k, v in out.items()}


def compare(path, values, script):
    """Exits with a message unless the file holds these values, made by this script."""
    with safe_open(path, "np") as f:
        if f.metadata()["script_sha256"] != script:
            raise SystemExit(f"{path}: made by a script of another hash than {script}")
    stored = load_file(path)
    if stored.keys() != values.keys():
        raise SystemExit(f"{path}: tensors in one only: {sorted(stored.keys() ^ values.keys())}")
    for k, v in values.items():
        if stored[k].shape != v.shape or not np.abs(stored[k] - v).max() <= 1e-6 * np.abs(v).max():
            raise SystemExit(f"{path}: {k} differs")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    args = parser.parse_args()
    torch.set_num_threads(1)  # sums do not depend on the machine's number of cores
    torch.use_deterministic_algorithms(True)
    script = hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()
    path, values = args.directory / "models.safetensors", {}
    for entry in MODELS:
        values |= compute(*entry)
    if args.check:
        compare(path, values, script)
        return
    shapes = {entry[0]: "x".join(map(str, entry[1])) for entry in MODELS}
    save_file(values, path, metadata={"torch": torch.__version__, "script_sha256": script} | shapes)


if __name__ == "__main__":
    main()
