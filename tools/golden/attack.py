"""Golden values of package assess's slopes and attacks from PyTorch, as JSON.

    /opt/peers/bin/python tools/golden/attack.py testdata/golden            # writes attack.json
    /opt/peers/bin/python tools/golden/attack.py testdata/golden --check    # compares it with a new computation

A small network of dense layers on random images of two channels, labelled with its own answers but for every tenth image. All in
float64. Projected gradient descent starts at points of its own, so that other implementations agree on accuracies within
the chance of the starts; the fast gradient method agrees to the image.
"""


import numpy as np
import torch

import document

SEED, IMAGES, SHAPE, HIDDEN, CLASSES = 20180219, 200, (2, 4, 4), (24, 24), 5
MEAN, STD = [0.45, 0.5], [0.25, 0.3]
EPSILONS = {"linf": [0.005, 0.01, 0.02, 0.04], "l2": [0.02, 0.05, 0.1, 0.2]}
STEPS, RESTARTS = 20, 3
SLOPES = 20  # images


def problem():
    rng = np.random.default_rng(SEED)
    sizes = [int(np.prod(SHAPE)), *HIDDEN, CLASSES]
    weights = [(rng.normal(0, 1.6 / np.sqrt(i), (i, o)).round(3), rng.normal(0, 0.2, o).round(3)) for i, o in zip(sizes, sizes[1:])]
    images = rng.integers(0, 256, (IMAGES, *SHAPE))
    images[:, :, 0, 0], images[:, :, 0, 1] = 0, 255  # at the ends of the range
    return weights, images


def normalized(v):
    mean, std = (torch.tensor(t, dtype=torch.float64).reshape(1, -1, 1, 1) for t in (MEAN, STD))
    return (v - mean) / (std + 1e-7)


def logits(weights, x):
    h = x.flatten(1)
    for k, (w, b) in enumerate(weights):
        h = h @ torch.tensor(np.float32(w)).double() + torch.tensor(np.float32(b)).double()
        if k + 1 < len(weights):
            h = torch.relu(h)
    return h


def gradient(weights, v, y):
    v = v.clone().requires_grad_()
    torch.nn.functional.cross_entropy(logits(weights, normalized(v)), y, reduction="sum").backward()
    return v.grad


def per_image(t):
    return t.flatten(1).norm(dim=1).reshape(-1, 1, 1, 1)


def direction(g, kind):
    return g.sign() if kind == "linf" else g / per_image(g).clamp(min=1e-300)


def project(d, v, kind, eps):
    d = d.clamp(-eps, eps) if kind == "linf" else d * (eps / per_image(d).clamp(min=eps))
    return (v + d).clamp(0, 1) - v


def right(weights, v, y):
    return logits(weights, normalized(v)).argmax(1) == y


def fgsm(weights, v, y, kind, eps):
    return right(weights, v, y) & right(weights, v + project(eps * direction(gradient(weights, v, y), kind), v, kind, eps), y)


def pgd(weights, v, y, kind, eps, rng):
    robust = right(weights, v, y)
    for _ in range(RESTARTS):
        if kind == "linf":
            d = torch.tensor(rng.uniform(-eps, eps, v.shape))
        else:
            d = torch.tensor(rng.normal(size=v.shape))
            d = d / per_image(d) * eps * torch.tensor(rng.uniform(size=(len(v), 1, 1, 1))) ** (1 / v[0].numel())
        d = project(d, v, kind, eps)
        for _ in range(STEPS):
            robust &= right(weights, v + d, y)
            d = project(d + 2.5 * eps / STEPS * direction(gradient(weights, v + d, y), kind), v, kind, eps)
        robust &= right(weights, v + d, y)
    return robust


def slopes(weights, v, y):
    x = normalized(v).requires_grad_()
    z = logits(weights, x)
    rows = torch.stack([torch.autograd.grad(z[:, k].sum(), x, retain_graph=True)[0] for k in range(CLASSES)], 1)
    loss = torch.autograd.grad(torch.nn.functional.cross_entropy(z, y, reduction="sum"), x)[0]
    std = torch.tensor(STD, dtype=torch.float64).reshape(1, 1, -1, 1, 1) + 1e-7
    at = torch.arange(len(v))
    gaps = z[at, y][:, None] - z
    between = ((rows[at, y][:, None] - rows) / std).flatten(2).norm(dim=2)
    own = torch.nn.functional.one_hot(y, CLASSES).bool()
    infinite = torch.tensor(torch.inf)
    return {
        "gradient": loss.flatten(1).norm(dim=1).tolist(), "jacobian": rows.flatten(1).norm(dim=1).tolist(),
        "margin": torch.where(own, infinite, gaps).amin(1).tolist(),
        "distance": torch.where(own, infinite, gaps / between).amin(1).tolist(),
    }


def compute():
    torch.manual_seed(SEED)
    weights, images = problem()
    v = torch.tensor(images) / 255.0
    v = v.double()
    y = logits(weights, normalized(v)).argmax(1)
    y[::10] = (y[::10] + 1) % CLASSES
    rng = np.random.default_rng(SEED + 1)
    return {
        "versions": {"torch": torch.__version__, "numpy": np.__version__}, "seed": SEED, "shape": SHAPE, "hidden": HIDDEN,
        "mean": MEAN, "std": STD, "steps": STEPS, "restarts": RESTARTS,
        "weights": [{"weight": w.flatten().tolist(), "bias": b.tolist()} for w, b in weights],
        "images": images.flatten().tolist(), "labels": y.tolist(), "clean": right(weights, v, y).sum().item(),
        "slopes": slopes(weights, v[:SLOPES], y[:SLOPES]),
        "attacks": [
            {"norm": kind, "epsilon": e, "fgsm": fgsm(weights, v, y, kind, e).sum().item(), "pgd": pgd(weights, v, y, kind, e, rng).sum().item()}
            for kind, list_ in EPSILONS.items() for e in list_
        ],
    }


if __name__ == "__main__":
    document.main("attack.json", compute)
