"""Golden values of adversarial training: losses of critic and generator, penalties, and their gradients, in float64.

    python tools/golden/critic.py testdata/golden            # writes critic.safetensors
    python tools/golden/critic.py testdata/golden --check    # compares the file with a new computation

Weights, samples, noise and random numbers are not stored: both sides make them from `numbers` of models.py. Of each
gradient three numbers are stored, as there.
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

BATCH, SHAPE, NOISE, EPSILON = 4, (2, 6, 6), 3, 1e-12


def made(name, *shape):
    return torch.tensor(numbers(name, math.prod(shape)).reshape(shape).astype(np.float64))


class Pair:
    def __init__(self):
        self.params = {"critic": {}, "generator": {}}

    def weight(self, network, name, *shape):
        params, name = self.params[network], f"{network}/{name}"
        if name not in params:
            params[name] = (0.5 * made(name, *shape)).requires_grad_(True)
        return params[name]

    def critic(self, x):
        w = lambda name, *shape: self.weight("critic", name, *shape)
        h = F.conv2d(x, w("conv1.weight", 4, SHAPE[0], 3, 3), w("conv1.bias", 4), stride=2, padding=1)
        h = F.leaky_relu(h, 0.2)
        h = F.leaky_relu(F.conv2d(h, w("conv2.weight", 5, 4, 3, 3), w("conv2.bias", 5)), 0.2).flatten(1)
        h = F.leaky_relu(h @ w("dense1.weight", 5, 6) + w("dense1.bias", 6), 0.2)
        return h @ w("dense2.weight", 6, 1) + w("dense2.bias", 1)

    def generator(self, z):
        w = lambda name, *shape: self.weight("generator", name, *shape)
        h = F.leaky_relu(z @ w("dense1.weight", NOISE, 27) + w("dense1.bias", 27), 0.2).reshape(-1, 3, 3, 3)
        return F.conv_transpose2d(h, w("deconv1.weight", 3, SHAPE[0], 4, 4), w("deconv1.bias", SHAPE[0]), stride=2, padding=1)


# Losses of each pair: of the critic and of the generator.
OBJECTIVES = {
    "relativistic": (lambda r, f: F.softplus(f - r), lambda r, f: F.softplus(r - f)),
    "original": (lambda r, f: F.softplus(-r) + F.softplus(f), lambda r, f: F.softplus(-f)),
    "least-squares": (lambda r, f: ((r - 1) ** 2 + f**2) / 2, lambda r, f: (f - 1) ** 2 / 2),
    "hinge": (lambda r, f: F.relu(1 - r) + F.relu(1 + f), lambda r, f: -f),
    "wasserstein": (lambda r, f: f - r, lambda r, f: -f),
}


class Step:
    """What losses and penalties are functions of: real samples, and generated ones that depend on the generator's weights."""

    def __init__(self, pair, fake, shrink):
        self.pair, self.drawn, self.shrink = pair, 0, shrink
        self.real = (2 * made("real", BATCH, *SHAPE)).requires_grad_(True)
        self.fake = fake
        self.r, self.f = self.score(self.real), self.score(self.fake)

    def score(self, x):
        y = self.pair.critic(x)
        if self.shrink == "sample":
            y = y / ((squares(grad(y.sum(), x)) + EPSILON).sqrt()[:, None] + y.abs())
        return y

    def uniform(self, *shape):
        self.drawn += 1
        return (made(f"uniform{self.drawn}", *shape) + 1) / 2

    def between(self):
        a = self.uniform(BATCH).reshape(-1, 1, 1, 1)
        return self.real + a * (self.fake - self.real)

    def around(self):
        noise = self.uniform(BATCH, *SHAPE)
        sigma = (self.real.var(correction=0) + EPSILON).sqrt()
        return self.real + self.uniform(BATCH).reshape(-1, 1, 1, 1) * sigma / 2 * noise

    def slopes(self, x):
        return squares(grad(self.score(x).sum(), x))

    def scores(self):
        """What the objective sees."""
        if self.shrink in ("mean", "max"):
            s = (self.slopes(self.between()) + EPSILON).sqrt()
            by = s.mean() if self.shrink == "mean" else s.max()
            return self.r / by, self.f / by
        return self.r, self.f


def grad(y, x):
    return torch.autograd.grad(y, x, create_graph=True)[0]


def squares(g):
    return g.square().flatten(1).sum(1)


def root(s):
    return (s + EPSILON).sqrt()


def weighted(factor):
    """Σ of both sides of the squared slope of the loss: (∂L/∂D)²·‖∂D/∂x‖²."""
    def penalty(s):
        (a, b), (r, f) = factor(s.r, s.f), (s.slopes(s.real), s.slopes(s.fake))
        return (a.flatten() ** 2 * r).mean() + (b.flatten() ** 2 * f).mean()
    return penalty


R1 = lambda s: s.slopes(s.real).mean()
R2 = lambda s: s.slopes(s.fake).mean()
PENALTIES = [
    ("original", "r1:1", R1),
    ("original", "r2:1", R2),
    ("relativistic", "r1+r2:1", lambda s: R1(s) + R2(s)),
    ("original", "r1+r2:1,lambda-as=gamma", lambda s: (R1(s) + R2(s)) / 2),
    ("wasserstein", "wgan-gp:1", lambda s: (root(s.slopes(s.between())) - 1).square().mean()),
    ("wasserstein", "wgan-lp:1,target=0.5", lambda s: F.relu(root(s.slopes(s.between())) - 0.5).square().mean()),
    ("original", "dragan:1", lambda s: (root(s.slopes(s.around())) - 1).square().mean()),
    ("hinge", "frobreg:1,at=between,slope=linear", lambda s: root(s.slopes(s.between())).mean()),
    ("hinge", "r1:1,fraction=0.5", lambda s: s.slopes(s.real)[: BATCH // 2].mean()),
    # The derivatives of the losses by hand.
    ("original", "roth:1", weighted(lambda r, f: (1 - r.sigmoid(), f.sigmoid()))),
    ("least-squares", "roth:1", weighted(lambda r, f: (r - 1, f))),
    ("hinge", "roth:1", weighted(lambda r, f: ((r < 1).double(), (f > -1).double()))),
    ("relativistic", "roth:1", weighted(lambda r, f: ((f - r).sigmoid(), (f - r).sigmoid()))),
    ("original", "datagrad:1,at=real", lambda s: ((1 - s.r.sigmoid()).flatten() ** 2 * s.slopes(s.real)).mean()),
]
SHRINKING = [(o, how) for o in ("wasserstein", "original", "relativistic") for how in ("mean", "max", "sample")]


def fingerprints(value, params):
    grads = torch.autograd.grad(value, list(params.values()), materialize_grads=True, retain_graph=True)
    return np.array([fingerprint(n, g) for n, g in zip(params, grads)])


def losses(objective, shrink=None):
    critic_loss, generator_loss = OBJECTIVES[objective]
    pair, out = Pair(), {}
    # The critic's samples are an input, those of the generator's step its own.
    s = Step(pair, (2 * made("fake", BATCH, *SHAPE)).requires_grad_(True), shrink)
    value = critic_loss(*s.scores()).mean()
    out["critic"], out["critic-gradient"] = np.array([value.item()]), fingerprints(value, pair.params["critic"])
    s = Step(pair, pair.generator(made("noise", BATCH, NOISE)), shrink)
    value = generator_loss(*s.scores()).mean()
    out["generator"], out["generator-gradient"] = np.array([value.item()]), fingerprints(value, pair.params["generator"])
    return out


def penalty(of):
    pair = Pair()
    value = of(Step(pair, (2 * made("fake", BATCH, *SHAPE)).requires_grad_(True), None))
    return {"penalty": np.array([value.item()]), "penalty-gradient": fingerprints(value, pair.params["critic"])}


def compute():
    out = {}
    for objective in OBJECTIVES:
        out |= {f"{objective}|none/{k}": v for k, v in losses(objective).items()}
    for objective, how in SHRINKING:
        out |= {f"{objective}|gradient-shrinking:1,over={how}/{k}": v for k, v in losses(objective, how).items()}
    for objective, text, of in PENALTIES:
        out |= {f"{objective}|{text}/{k}": v for k, v in penalty(of).items()}
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
    path, values = args.directory / "critic.safetensors", compute()
    if args.check:
        compare(path, values, script)
        return
    save_file(values, path, metadata={"torch": torch.__version__, "script_sha256": script})


if __name__ == "__main__":
    main()
