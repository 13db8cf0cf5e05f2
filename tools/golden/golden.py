"""Golden values of the objectives and their gradients from PyTorch's double backpropagation in float64.

    python tools/golden/golden.py testdata/golden            # writes a file per model
    python tools/golden/golden.py testdata/golden --check    # compares the files with a new computation

As it computes, it also compares the gradient of each penalty with a central difference.

Tensors that both sides take as given (weights, inputs, masks, random projections) are exact in float32.
Gradients are stored in float32, scalars in float64. Dense weights are stored [in, out].
"""

import argparse
import copy
import datetime
import gzip
import hashlib
import pathlib
import struct

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
SEED = 20171129
LAMBDA = {"datagrad": 50.0, "spectreg": 0.03}
CASES = {"plain": (), "datagrad": ("datagrad",), "spectreg": ("spectreg",), "both": ("datagrad", "spectreg")}


class Net:
    """A model as functions of named parameters, in the order in which they are first asked for."""

    def __init__(self, rng, scale):
        self.rng, self.scale, self.params, self.counts = rng, scale, {}, {}

    def begin(self):
        self.counts = {}

    def name(self, kind):
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return f"{kind}{self.counts[kind]}"

    def param(self, name, shape, fan, center=0.0):
        if name not in self.params:
            limit = self.scale / np.sqrt(fan)
            value = (center + self.rng.uniform(-limit, limit, shape)).astype(np.float32)
            self.params[name] = torch.tensor(value.astype(np.float64), requires_grad=True)
        return self.params[name]

    def conv(self, x, out, k, bias=True, **kw):
        name = self.name("conv")
        w = self.param(name + ".weight", (out, x.shape[1], k, k), x.shape[1] * k * k)
        b = self.param(name + ".bias", (out,), 10) if bias else None
        return F.conv2d(x, w, b, **kw)

    def dense(self, x, out):
        name = self.name("dense")
        w = self.param(name + ".weight", (x.shape[1], out), x.shape[1])
        return x @ w + self.param(name + ".bias", (out,), 10)

    def norm(self, x):
        name = self.name("norm")
        w = self.param(name + ".weight", (x.shape[1],), 10, 1.0)
        b = self.param(name + ".bias", (x.shape[1],), 10)
        return F.batch_norm(x, None, None, w, b, training=True, eps=1e-5)


def lenet(net, x, mask=None, batchnorm=False):
    net.begin()
    h = F.max_pool2d(F.relu(net.conv(x, 6, 5, padding=2)), 2)
    h = F.max_pool2d(F.relu(net.conv(h, 16, 5)), 2)
    h = F.relu(net.conv(h, 120, 5)).flatten(1)
    h = F.relu(net.dense(h, 84))
    if batchnorm:
        h = net.norm(h)
    if mask is not None:
        h = h * mask
    return net.dense(h, 10)


def lenetcaffe(net, x, mask=None):
    net.begin()
    h = F.max_pool2d(net.conv(x, 20, 5), 2)
    h = F.max_pool2d(net.conv(h, 50, 5), 2)
    return net.dense(F.relu(net.dense(h.flatten(1), 500)), 10)


def stridedcnn(net, x, mask=None):
    net.begin()
    h = F.relu(net.norm(net.conv(x, 8, 3, bias=False, stride=2, padding=1)))
    h = F.relu(net.norm(net.conv(h, 12, 3, bias=False, stride=2)))
    h = F.relu(net.norm(net.conv(h, 12, 3, bias=False, padding=2, dilation=2)))
    return net.dense(h.mean((2, 3)), 5)


MODELS = {
    "lenet-bare": (lenet, (4, 1, 28, 28), 10, {}),
    "lenet-dropout": (lenet, (4, 1, 28, 28), 10, {"mask": True}),
    "lenet-batchnorm": (lambda net, x, mask=None: lenet(net, x, mask, True), (4, 1, 28, 28), 10, {}),
    "lenetcaffe": (lenetcaffe, (2, 1, 28, 28), 10, {}),
    "stridedcnn": (stridedcnn, (4, 3, 13, 13), 5, {}),
}


def images(shape, rng):
    """MNIST digits in the shape of the model's input, normalized; noise where the shape is another."""
    if shape[1:] != (1, 28, 28):
        return rng.standard_normal(shape).astype(np.float32)
    data = gzip.open(ROOT / "dataset/mnist/train-images-idx3-ubyte.gz").read(16 + 784 * shape[0])
    assert struct.unpack(">I", data[:4])[0] == 2051
    pixels = np.frombuffer(data, np.uint8, offset=16).reshape(shape)
    return ((pixels / 255 - 0.1307) / 0.3081).astype(np.float32)


def objective(forward, net, x, y, eps, mask, penalties):
    x = x.clone().requires_grad_(True)
    logits = forward(net, x, mask)
    loss = F.cross_entropy(logits, y)
    total, values = loss, {}
    if "datagrad" in penalties:
        (g,) = torch.autograd.grad(F.cross_entropy(logits, y, reduction="sum"), x, create_graph=True)
        values["datagrad"] = g.square().sum() / len(x)
    if "spectreg" in penalties:
        (g,) = torch.autograd.grad((logits * eps).sum(), x, create_graph=True)
        values["spectreg"] = g.square().sum() / len(x)
    for name, value in values.items():
        total = total + LAMBDA[name] * value
    return total, loss, values, logits


def check_penalties(forward, net, x, y, eps, mask, rng):
    """Compares each penalty's gradient along a random direction with a central difference of its value.

    Penalties are compared one by one because in the total of LeNet SpectReg is a thousandth of the gradient.
    The direction is standard normal, so the gradient's norm is the slope's standard deviation and the scale
    of the bound; the step is short enough to leave every ReLU and maximum where it is.
    """
    direction = {n: torch.tensor(rng.standard_normal(p.shape)) for n, p in net.params.items()}

    def value(penalty, shift):
        moved = copy.copy(net)
        moved.params = {n: p if shift == 0 else p.detach() + shift * direction[n] for n, p in net.params.items()}
        return objective(forward, moved, x, y, eps, mask, (penalty,))[2][penalty]

    for penalty in LAMBDA:
        grads = torch.autograd.grad(value(penalty, 0), list(net.params.values()), materialize_grads=True)
        slope = sum((g * direction[n]).sum().item() for n, g in zip(net.params, grads))
        scale = sum(g.square().sum().item() for g in grads) ** 0.5
        h = 1e-7
        difference = (value(penalty, h) - value(penalty, -h)).item() / (2 * h)
        if not 0 < scale or not abs(difference - slope) <= 1e-6 * scale:
            raise SystemExit(f"{penalty}: slope {slope}, by differences {difference}, gradient's norm {scale}")


def training(forward, net, x, y, eps, mask, steps=10):
    """Totals, before each step, of loss + 50 DataGrad + 5e-4 weight decay under Adam; batch and mask stay the same."""
    decayed = [p for n, p in net.params.items() if n.endswith(".weight") and not n.startswith("norm")]
    adam = torch.optim.Adam(net.params.values(), lr=1e-3)
    losses = []
    for _ in range(steps):
        adam.zero_grad()
        total = objective(forward, net, x, y, eps, mask, CASES["datagrad"])[0]
        total = total + 0.5 * 5e-4 * sum(p.square().sum() for p in decayed)
        total.backward()
        adam.step()
        losses.append(total.item())
    return np.array(losses)


def compute(name):
    forward, shape, classes, given = MODELS[name]
    rng = np.random.default_rng([SEED, list(MODELS).index(name)])
    net = Net(rng, 1.0)
    f64 = lambda a: torch.tensor(np.asarray(a, np.float64))
    x = images(shape, rng)
    y = rng.integers(0, classes, shape[0])
    eps = rng.standard_normal((shape[0], classes)).astype(np.float32)
    mask = rng.integers(0, 2, (shape[0], 84)).astype(np.float32) * 2 if given.get("mask") else None
    tx, ty, te, tm = f64(x), torch.tensor(y), f64(eps), None if mask is None else f64(mask)
    forward(net, tx, tm)
    out = {"input/x": x, "input/y": y.astype(np.int32), "input/eps": eps}
    if mask is not None:
        out["input/mask"] = mask
    for n, p in net.params.items():
        out["param/" + n] = p.detach().numpy().astype(np.float32)
    for case, penalties in CASES.items():
        total, loss, values, logits = objective(forward, net, tx, ty, te, tm, penalties)
        grads = dict(zip(net.params, torch.autograd.grad(total, list(net.params.values()))))
        out[f"{case}/loss"] = np.array([loss.item()])
        for n, v in values.items():
            out[f"{case}/{n}"] = np.array([v.item()])
        out[f"{case}/logits"] = logits.detach().numpy()
        for n, g in grads.items():
            out[f"{case}/grad/{n}"] = g.numpy().astype(np.float32)
    check_penalties(forward, net, tx, ty, te, tm, rng)
    if name == "lenet-dropout":
        out["training/losses"] = training(forward, net, tx, ty, te, tm)
    return {k: np.ascontiguousarray(v) for k, v in out.items()}


def compare(path, values, script):
    """Exits with a message unless the file holds these values, made by this script."""
    with safe_open(path, "np") as f:
        metadata = f.metadata()
    if metadata["script_sha256"] != script:
        raise SystemExit(f"{path}: made by a script of hash {metadata['script_sha256']}, this one has {script}")
    stored = load_file(path)
    if stored.keys() != values.keys():
        raise SystemExit(f"{path}: tensors in one only: {sorted(stored.keys() ^ values.keys())}")
    for k, v in values.items():
        if stored[k].dtype != v.dtype or stored[k].shape != v.shape:
            raise SystemExit(f"{path}: {k} is {stored[k].dtype} {stored[k].shape}, expected {v.dtype} {v.shape}")
        given = k.startswith(("input/", "param/"))
        # Results may differ in the last bits between versions of PyTorch and processors, never what is given.
        bound = 0 if given else 1e-6 * np.abs(v).max()
        worst = np.abs(stored[k].astype(np.float64) - v).max()
        if not worst <= bound:
            raise SystemExit(f"{path}: {k} differs by {worst:.2g}, at most {bound:.2g} expected")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    args = parser.parse_args()
    torch.set_num_threads(1)  # sums do not depend on the machine's number of cores
    torch.use_deterministic_algorithms(True)
    script = hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()
    for name in MODELS:
        path, values = args.directory / f"{name}.safetensors", compute(name)
        if args.check:
            compare(path, values, script)
        else:
            metadata = {"torch": torch.__version__, "seed": str(SEED), "script_sha256": script,
                        "date": datetime.date.today().isoformat()}
            save_file(values, path, metadata=metadata)
        print(f"{name}: {len(values)} tensors, {sum(v.nbytes for v in values.values()) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
