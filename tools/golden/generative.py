"""Golden values of the pairs of package model/generative: samples, scores, slopes and gradients by PyTorch in float64.

    python tools/golden/generative.py testdata/golden            # writes generative.safetensors
    python tools/golden/generative.py testdata/golden --check    # compares the file with a new computation

Weights, singular vectors, noise and images are not stored: both sides make them from `numbers` of models.py. Of each
gradient, and of samples, three numbers are stored, as there.
"""

import argparse
import hashlib
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

from models import BATCH, Net, compare, fingerprint, numbers

NOISE = 5


class Network(Net):
    """One of a pair's two networks: the names of its parameters begin with its scope."""

    def __init__(self, scope, norm="none", groups=8):
        super().__init__("none" if norm == "spectral" else norm, groups)
        self.scope, self.spectral = scope, norm == "spectral"

    def name(self, kind):
        return self.scope + "/" + super().name(kind)

    def weight(self, name, shape, fan, outputs):
        w = self.param(name + ".weight", shape, 0, 2 ** -np.ceil(np.log2(fan) / 2))
        if not self.spectral:
            return w
        matrix = w.movedim(outputs, 0).flatten(1)
        with torch.no_grad():
            u = torch.tensor(numbers(name + ".u", len(matrix)).astype(np.float64))
            v = F.normalize(matrix.T @ u, dim=0)
            u = F.normalize(matrix @ v, dim=0)
        return w / (u @ matrix @ v)

    def conv(self, x, out, k, bias=True, padding=(0, 0), stride=1):
        name, channels = self.name("conv"), x.shape[1]
        w = self.weight(name, (out, channels, k, k), channels * k * k, 0)
        x = F.pad(x, 2 * padding)
        return F.conv2d(x, w, self.bias(name, out) if bias else None, stride=stride)

    def deconv(self, x, out, k, before, extent, bias=True):
        """Stride 2; the first rows and columns are cut off, and those beyond the extent."""
        name, channels = self.name("deconv"), x.shape[1]
        w = self.weight(name, (channels, out, k, k), out * k * k, 1)
        y = F.conv_transpose2d(x, w, None, stride=2)[:, :, before:before + extent, before:before + extent]
        return y + self.bias(name, out)[:, None, None] if bias else y

    def dense(self, x, out, bias=True):
        name = self.name("dense")
        w = self.weight(name, (x.shape[1], out), x.shape[1], 1)
        return x @ w + self.bias(name, out) if bias else x @ w

    def end(self, x):
        return F.leaky_relu(self.norm(x), 0.2)


def dcgan_critic(net, x, width):
    kind, stage = net.kind, 0
    while x.shape[2] >= 6:
        net.kind = "none" if stage == 0 else kind
        x = net.end(net.conv(x, width * 2**stage, 4, net.kind == "none", (1, 1), 2))
        stage += 1
    return net.dense(x.flatten(1), 1)


def dcgan_generator(net, z, shape, width):
    extents = [shape[1]]
    while extents[0] > 7:
        extents.insert(0, math.ceil(extents[0] / 2))
    channels, bias = width * 2 ** (len(extents) - 1) // 2, net.kind == "none"
    h = net.dense(z, channels * extents[0] ** 2, bias).reshape(-1, channels, extents[0], extents[0])
    h = net.end(h)
    for extent in extents[1:]:
        channels //= 2
        h = net.end(net.deconv(h, channels, 4, 1, extent, bias))
    return net.conv(h, shape[0], 3, True, (1, 1))


def mlp_critic(net, x, width, layers):
    h = x.flatten(1)
    for _ in range(layers):
        h = net.end(net.dense(h, width, net.kind == "none"))
    return net.dense(h, 1)


def mlp_generator(net, z, shape, width, layers):
    for _ in range(layers):
        z = net.end(net.dense(z, width))
    return net.dense(z, math.prod(shape)).reshape(-1, *shape)


def gulrajani_critic(net, x, width):
    # "Same": 28 and 14 miss 3 zeros, of which one stands before; 7 misses 4.
    for stage, padding in enumerate([(1, 2), (1, 2), (2, 2)]):
        x = F.leaky_relu(net.conv(x, width * 2**stage, 5, True, padding, 2), 0.2)
    return net.dense(x.flatten(1), 1)


def gulrajani_generator(net, z, shape, width):
    h = net.dense(z, 16 * 4 * width).reshape(-1, 4 * width, 4, 4)
    for channels, extent in (2 * width, 7), (width, 14), (shape[0], 28):
        h = net.deconv(F.relu(h), channels, 5, 1, extent)
    return 2 * torch.sigmoid(h) - 1


# The text form of package model/generative, the shape of samples, the networks, their arguments, the critic's and the
# generator's normalization.
PAIRS = [
    ("dcgan:width=4", (1, 28, 28), dcgan_critic, dcgan_generator, (4,), dict(), dict()),
    ("dcgan:width=2", (3, 64, 64), dcgan_critic, dcgan_generator, (2,), dict(), dict()),
    ("dcgan:width=4,critic-norm=spectral,norm=batch", (3, 36, 36), dcgan_critic, dcgan_generator, (4,),
     dict(norm="spectral"), dict(norm="batch")),
    ("dcgan:width=4,critic-norm=group,groups=2", (1, 60, 60), dcgan_critic, dcgan_generator, (4,),
     dict(norm="group", groups=2), dict()),
    ("mlp:width=12,layers=3,critic-norm=spectral", (2,), mlp_critic, mlp_generator, (12, 3), dict(norm="spectral"), dict()),
    ("dcgan:width=3,critic-norm=batch", (2, 32, 32), dcgan_critic, dcgan_generator, (3,), dict(norm="batch"), dict()),
    ("mlp:width=8,layers=2,critic-norm=group,groups=2", (1, 4, 6), mlp_critic, mlp_generator, (8, 2),
     dict(norm="group", groups=2), dict()),
    ("gulrajani:width=2", (1, 28, 28), gulrajani_critic, gulrajani_generator, (2,), dict(), dict()),
]


def compute(text, shape, critic, generator, arguments, critic_options, generator_options):
    d, g = Network("critic", **critic_options), Network("generator", **generator_options)

    def given(name, *shape):
        values = numbers(name, math.prod(shape)).reshape(shape).astype(np.float64)
        return torch.tensor(values, requires_grad=True)

    def score(x):
        d.counts = {}
        return critic(d, x, *arguments)

    z, x = given("z", BATCH, NOISE), given("x", BATCH, *shape)
    samples = generator(g, z, shape, *arguments)
    scores, fakes = score(x), score(samples)
    (slope,) = torch.autograd.grad(scores.sum(), x, create_graph=True)
    penalty = slope.square().sum() / BATCH
    out = {"scores": scores.detach().numpy(), "fakes": fakes.detach().numpy(), "penalty": [penalty.item()],
           "samples": fingerprint("samples", samples), "slope": fingerprint("slope", slope)}
    for label, net, total in ("critic", d, F.softplus(-scores).mean() + penalty), ("generator", g, F.softplus(-fakes).mean()):
        grads = torch.autograd.grad(total, list(net.params.values()), retain_graph=True)
        out[label] = [fingerprint(n, v) for n, v in zip(net.params, grads)]
    return {f"{text}/{k}": np.array(v, np.float64) for k, v in out.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    args = parser.parse_args()
    torch.set_num_threads(1)  # sums do not depend on the machine's number of cores
    torch.use_deterministic_algorithms(True)
    script = hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()
    path, values = args.directory / "generative.safetensors", {}
    for entry in PAIRS:
        values |= compute(*entry)
    if args.check:
        compare(path, values, script)
        return
    shapes = {entry[0]: "x".join(map(str, entry[1])) for entry in PAIRS}
    save_file(values, path, metadata={"torch": torch.__version__, "script_sha256": script} | shapes)


if __name__ == "__main__":
    main()
