"""Golden values of every regularizer of the table: penalty and gradients by PyTorch's double backpropagation in float64.

    python tools/golden/family.py testdata/golden            # writes family.safetensors
    python tools/golden/family.py testdata/golden --check    # compares the file with a new computation

Weights, images, labels, masks and noise are not stored: both sides make them from `numbers` of models.py. Random leaves
are numbered by kind in the order of their making. Of each gradient of the penalty three numbers are stored, as there.
Of what changes the network and has no penalty it is the loss and the loss's gradient.
"""

import argparse
import hashlib
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

from models import BATCH, CLASSES, Net, compare, fingerprint, numbers

SHAPE = (2, 8, 8)


def network(net, x, mask):
    net.counts = {}
    h = F.max_pool2d(F.relu(net.conv(x, 4, 3, True, padding=1)), 2)
    h = F.gelu(net.norm(net.conv(h, 6, 3, False)), approximate="none").flatten(1)
    return net.dense(F.relu(net.dense(h, 16)) * mask, CLASSES)


class Step:
    """A training step: what penalties are functions of."""

    def __init__(self, net):
        self.net, self.drawn = net, {}
        self.mask = self.dropout()
        self.x = torch.tensor(numbers("x", BATCH * math.prod(SHAPE)).reshape(BATCH, *SHAPE).astype(np.float64), requires_grad=True)
        self.y = torch.arange(BATCH)
        self.logits = self.f(self.x)
        self.losses = F.cross_entropy(self.logits, self.y, reduction="none")

    def draw(self, kind, shape):
        self.drawn[kind] = self.drawn.get(kind, 0) + 1
        return torch.tensor(numbers(f"{kind}{self.drawn[kind]}", math.prod(shape)).reshape(shape).astype(np.float64))

    def dropout(self):
        return (self.draw("dropout", (BATCH, 16)) >= -0.5).double() / 0.75

    def f(self, x, mask=None):
        return network(self.net, x, self.mask if mask is None else mask)


def mask(name, shape, rate):
    return torch.tensor(numbers(name, math.prod(shape)).reshape(shape) >= 2 * rate - 1).double() / (1 - rate)


def loss(s, x, layer=None):
    return F.cross_entropy(s.f(x, layer), s.y)


def grad(y, x):
    return torch.autograd.grad(y, x, create_graph=True)[0]


def squares(g):
    return g.square().flatten(1).sum(1)


def unit(v):
    return v / v.flatten(1).norm(dim=1).reshape(-1, *[1] * (v.dim() - 1))


def loss_slope(s):
    return grad(s.losses.sum(), s.x)


def jacobian(s, y=None, x=None):
    """Squared Frobenius norms per sample."""
    y, x = s.logits if y is None else y, s.x if x is None else x
    return sum(squares(grad(y[:, k].sum(), x)) for k in range(y.shape[1]))


def projected(s, c):
    return squares(grad((s.logits * c).sum(), s.x))


def datagrad(s):
    return squares(loss_slope(s)).mean()


def moved_datagrad(s, x, mask=None, count=None):
    losses = F.cross_entropy(s.f(x, mask), s.y, reduction="none")[:count]
    return squares(grad(losses.sum(), x))[:count].mean()


def noisy(s):
    return (s.x + 0.2 * s.draw("normal", s.x.shape)).detach().requires_grad_(True)


def own_random(s):
    x = (0.5 * s.draw("normal", s.x.shape)).requires_grad_(True)
    return moved_datagrad(s, x, s.dropout())


def random_onehot(s):
    k = s.draw("uniform", s.logits.shape).argmax(1)
    return projected(s, one_hot(s, k)).mean()


def one_hot(s, k):
    return F.one_hot(k, s.logits.shape[1]).to(s.logits.dtype)


def softmaxgrad(s, held):
    p = s.logits.softmax(1)
    return squares(grad(((p.detach() if held else p) * s.logits).sum(), s.x)).mean()


def held_softmaxgrad(s):
    # A cotangent is held constant with respect to x only: its dependence on the weights stays.
    g, = torch.autograd.grad(s.logits, s.x, s.logits.softmax(1), create_graph=True)
    return squares(g).mean()


def topk(s, k):
    return squares(grad(s.logits.topk(k, 1).values.sum(), s.x)).mean()


def hoffman(s, n):
    return sum(0.5 * s.logits.shape[1] / n * projected(s, unit(s.draw("normal", s.logits.shape))).mean() for _ in range(n))


def finite_difference(s, h):
    d = unit(loss_slope(s)).detach()
    ahead = F.cross_entropy(s.f(s.x + h * d), s.y, reduction="none")
    return ((ahead - s.losses) / h).square().mean()


def output_noise(s, sigma):
    n = s.draw("normal", s.x.shape)
    return squares((s.f(s.x + sigma * n) - s.logits) / sigma).mean()


def adversarial(s, phi, sign):
    g = loss_slope(s).detach()
    return F.cross_entropy(s.f(s.x + phi * (g.sign() if sign else g)), s.y)


def virtual(s, epsilon, xi, iterations):
    log_p = s.logits.log_softmax(1).detach()
    kl = lambda x: F.kl_div(s.f(x).log_softmax(1), log_p, log_target=True, reduction="sum")
    d = unit(s.draw("normal", s.x.shape))
    for _ in range(iterations):
        r = torch.zeros_like(s.x) if xi == 0 else xi * d.detach()
        r.requires_grad_(True)
        g = grad(kl(s.x.detach() + r), r)
        # The gradient at r = 0 is 0; its derivative along d is the Hessian's product with d.
        d = unit((g if xi > 0 else grad((g * d).sum(), r)).detach())
    return kl(s.x.detach() + epsilon * d) / len(s.y)


def spectral(s, iterations):
    total = 0
    for name, w in s.net.params.items():
        if not name.endswith(".weight") or name.startswith("norm"):
            continue
        w = w.reshape(w.shape[0], -1)
        u = torch.tensor(numbers(f"spectral-norm/{name}", w.shape[0]).astype(np.float64))
        for _ in range(iterations):
            v = F.normalize(u @ w, dim=0, eps=0).detach()
            u = F.normalize(w @ v, dim=0, eps=0).detach()
        total = total + (u @ w @ v).square()
    return total / 2


PENALTIES = {
    "datagrad:1": datagrad,
    "datagrad:1,norm=l1": lambda s: loss_slope(s).abs().flatten(1).sum(1).mean(),
    "datagrad:1,norm=linf": lambda s: loss_slope(s).abs().flatten(1).max(1).values.mean(),
    "datagrad:1,at=noise": lambda s: moved_datagrad(s, noisy(s)),
    "datagrad:1,at=noise,fraction=0.5": lambda s: moved_datagrad(s, noisy(s), count=2),
    "datagrad:1,at=random,sigma=0.5,pass=own": own_random,
    "datagrad:1,fraction=0.5": lambda s: squares(grad(s.losses[:2].sum(), s.x))[:2].mean(),
    "datagrad:1,slope=two-sided,target=1": lambda s: ((squares(loss_slope(s)) + 1e-12).sqrt() - 1).square().mean(),
    "datagrad:1,slope=excess,target=0.3": lambda s: F.relu((squares(loss_slope(s)) + 1e-12).sqrt() - 0.3).square().mean(),
    "spectreg:1": lambda s: projected(s, s.draw("normal", s.logits.shape)).mean(),
    "spectreg:1,projections=2,shared=true": lambda s: sum(projected(s, s.draw("normal", s.logits.shape[1:])).mean() / 2 for _ in range(2)),
    "frobreg:1": lambda s: jacobian(s).mean(),
    "frobreg:1,fraction=0.5,slope=linear": lambda s: (jacobian(s)[:2] + 1e-12).sqrt().mean(),
    "jacreg:1": lambda s: jacobian(s, s.logits.softmax(1)).mean(),
    "jacreg:1,fraction=0.5": lambda s: jacobian(s, s.logits.softmax(1))[:2].mean(),
    "onehot:1": lambda s: projected(s, one_hot(s, s.y)).mean(),
    "random-onehot:1": random_onehot,
    "softmaxgrad:1": lambda s: softmaxgrad(s, False),
    "softmaxgrad:1,held=true": held_softmaxgrad,
    "topk:1": lambda s: topk(s, 1),
    "topk:1,k=3": lambda s: topk(s, 3),
    "hoffman:1,n=2": lambda s: hoffman(s, 2),
    "hoffman:1,n=-1": lambda s: jacobian(s).mean() / 2,
    "ross:1": lambda s: squares(grad(s.losses.mean(), s.x)).sum() / 2,
    "ross:1,norm=l1": lambda s: grad(s.losses.mean(), s.x).abs().sum(),
    "finite-difference:1": lambda s: finite_difference(s, 0.01),
    "output-noise:1": lambda s: output_noise(s, 0.1),
    "adversarial:1": lambda s: adversarial(s, 0.1, False),
    "adversarial:1,phi=0.05,direction=sign": lambda s: adversarial(s, 0.05, True),
    "virtual-adversarial:1": lambda s: virtual(s, 2, 0, 1),
    "virtual-adversarial:1,epsilon=0.5,xi=0.1,iterations=2": lambda s: virtual(s, 0.5, 0.1, 2),
    "confidence:1": lambda s: -torch.distributions.Categorical(logits=s.logits).entropy().mean(),
    "confidence:1,lambda-as=sum": lambda s: -torch.distributions.Categorical(logits=s.logits).entropy().sum(),
    "label-smoothing:1": lambda s: F.cross_entropy(s.logits, s.y, label_smoothing=1.0) - s.losses.mean(),
    "weight-decay:1": lambda s: sum(w.square().sum() for n, w in s.net.params.items() if n.endswith(".weight") and not n.startswith("norm")) / 2,
    "spectral-norm:1,iterations=2": lambda s: spectral(s, 2),
    "dropout:0.5": lambda s: loss(s, s.x, mask("dropout1", (BATCH, 16), 0.5)),
    "dropout:0.3,at=input": lambda s: loss(s, s.x * mask("dropout1", s.x.shape, 0.3), mask("dropout2", (BATCH, 16), 0.25)),
    "input-noise:0.2": lambda s: loss(s, s.x + 0.2 * s.draw("normal", s.x.shape)),
}


def compute():
    out = {}
    for text, penalty in PENALTIES.items():
        net = Net("group", groups=2)
        step = Step(net)
        value = penalty(step)
        grads = torch.autograd.grad(value, list(net.params.values()), materialize_grads=True)
        out[f"{text}/value"] = np.array([value.item()])
        out[f"{text}/gradient"] = np.array([fingerprint(n, g) for n, g in zip(net.params, grads)])
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
    path, values = args.directory / "family.safetensors", compute()
    if args.check:
        compare(path, values, script)
        return
    save_file(values, path, metadata={"torch": torch.__version__, "script_sha256": script})


if __name__ == "__main__":
    main()
