"""The other half of the check: PyTorch in float64 is the truth, PyTorch in float32 the opponent. See main.go.

    python tools/precision/precision.py directory                       # a table; exit code 1 beyond the bound
    python tools/precision/precision.py directory --summary file.json   # and stores the distribution

Networks and penalties are written with PyTorch's layers, and penalties differentiate twice by autograd, as its users write them
(tools/golden/family.py). An error is the largest difference of a tensor's elements over its largest element.

The bound of an error is FACTOR times the largest of what float32 costs others, plus FLOOR:
- PyTorch's own error in float32, with the batch as it is and in reverse order, whose sums round differently;
- what the truth changes by when inputs, weights, every layer's output, the values inside a normalization, and the gradients that
  come back to them are rounded once: each is multiplied by 1 ± 2⁻²⁴. No way to compute in float32 can be relied on for more, and
  PyTorch is better than that only by luck.

Not judged are
- cases whose derivatives jump nearby, where rounding decides which side of a kink it is: a ReLU, a maximum, a sign within KINK of
  its scale;
- tensors that are 0 in exact arithmetic, such as the gradient of a bias before batch norm;
- what is nothing beside what it is made of, for which float64 is no truth;
- what PyTorch has no finite number for: ours has to be finite there.

The summary has quantiles, in per cent QUANTILES, of the errors of gradients: of each tensor that of the worst of our levels, and
PyTorch's in the batch's own order; and the share of tensors, and of networks with all of their tensors, within KEPT.
"""

import argparse
import collections
import contextlib
import json
import math
import pathlib
import sys
from unittest import mock

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import load_file

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "golden"))
import family
from family import grad, jacobian, loss_slope, moved_datagrad, noisy, projected, squares

FACTOR, FLOOR, KINK = 4, 2e-6, 3e-6
QUANTILES, KEPT = (50, 80, 90, 99, 100), 2e-5


class Step:
    """A training step of a case in a dtype: what the penalties of family.py are functions of."""

    def __init__(self, case, values, dtype, reverse=False, rounding=None):
        order = slice(None, None, -1) if reverse else slice(None)
        tensor = lambda v: torch.tensor(np.ascontiguousarray(v)).to(dtype)
        self.case, self.kinks, self.drawn, self.rounding, self.reverse = case, [], 0, rounding, reverse
        self.params = {n: tensor(values[n]).requires_grad_(True) for n in case["params"]}
        # Projections that all samples share have no axis of the batch.
        self.leaves = [tensor(v[order] if v.ndim > 1 else v) for v in (values[f"leaf{i}"] for i in range(len(case["leaves"])))]
        self.count = math.ceil(case["batch"] / 2)  # of fraction=0.5
        self.x = tensor(values["x"][order]).requires_grad_(True)
        self.y = torch.tensor(np.ascontiguousarray(values["y"][order])).long()
        self.logits = self.f(self.x)
        self.losses = F.cross_entropy(self.logits, self.y, reduction="none")

    def draw(self, kind, shape):
        leaf = self.leaves[self.drawn]
        assert self.case["leaves"][self.drawn] == kind and leaf.shape == torch.Size(shape)
        self.drawn += 1
        return leaf

    def kink(self, distance, scale):
        """Notes how near to a kink something is. What is exactly there has the same derivative by convention."""
        near = distance.detach().abs()
        near = near[near > 0]
        if near.numel() and scale > 0:
            self.kinks.append((near.min() / scale).item())
        return distance

    def f(self, x, mask=None):
        counts = collections.Counter()
        for layer in self.case["layers"]:
            op = layer["op"]
            counts[op] += 1
            get = lambda what: self.params.get(f"{op}{counts[op]}.{what}")
            if op == "conv":
                x = F.conv2d(x, get("weight"), get("bias"), layer["stride"], layer.get("border", 0))
            elif op == "dense":
                x = F.linear(x, get("weight").T, get("bias"))
            elif op == "norm" and self.rounding:
                x = self.rounded_norm(x, layer.get("groups"), get("weight"), get("bias"))
            elif op == "norm" and layer.get("groups"):
                x = F.group_norm(x, layer["groups"], get("weight"), get("bias"), eps=1e-5)
            elif op == "norm":
                x = F.batch_norm(x, None, None, get("weight"), get("bias"), training=True, eps=1e-5)
            elif op == "act":
                if layer["name"] in ("relu", "leaky-relu"):
                    self.kink(x, x.detach().abs().max())
                x = {
                    "relu": F.relu, "leaky-relu": lambda x: F.leaky_relu(x, 0.01), "softplus": softplus, "tanh": torch.tanh, "gelu": F.gelu,
                }[layer["name"]](x)
            elif op == "maxpool":
                x = F.max_pool2d(x, 2) if self.x.dtype == torch.float32 else self.max_pool(x)
            elif op == "avgpool":
                x = F.avg_pool2d(x, 2)
            elif op == "globalpool":
                x = x.mean((2, 3))
            else:
                x = x.flatten(1)
            if self.rounding:
                x = self.once_more(x)
        return x

    def once_more(self, x):
        """x, and what comes back to it, rounded once more."""
        factor = lambda: torch.tensor(once_more(np.ones(x.shape), self.rounding))
        x = x * factor()
        if x.requires_grad:
            x.register_hook(lambda gradient: gradient * factor())
        return x

    def rounded_norm(self, x, groups, weight, bias):
        """A normalization whose every operation is rounded, forward and backward: what comes back through few values, or
        through values that are far apart, cancels to a small part of itself."""
        shape = [1, -1] + [1] * (x.dim() - 2)
        if groups:
            y, axes = x.reshape(len(x), groups, -1), (2,)
        else:
            y, axes = x, (0, *range(2, x.dim()))
        y = self.once_more(y) - self.once_more(y).mean(axes, keepdim=True)
        y = self.once_more(y) / (self.once_more(y).square().mean(axes, keepdim=True) + 1e-5).sqrt()
        return y.reshape(x.shape) * weight.view(shape) + bias.view(shape)

    def max_pool(self, x):
        windows = x.detach().unfold(2, 2, 2).unfold(3, 2, 2).flatten(4)
        first, second = windows.topk(2, dim=4).values.unbind(4)
        self.kink(first - second, x.detach().abs().max())
        return F.max_pool2d(x, 2)


def softplus(x):
    return F.softplus(x, threshold=1e4)  # PyTorch's default takes x itself from 20 on, at an error of 2e-9


def norms(q):
    return (q + 1e-12).sqrt()


def l1(s):
    g = loss_slope(s)
    s.kink(g, g.detach().abs().max())
    return g.abs().flatten(1).sum(1)


def linf(s):
    sizes = loss_slope(s).abs().flatten(1)
    first, second = sizes.detach().topk(2, dim=1).values.unbind(1)
    for a, b in zip(first, second):
        s.kink(a - b, a)
    return sizes.max(1).values


def excess(s):
    return F.relu(s.kink(norms(squares(loss_slope(s))) - 0.3, 0.3)).square()


def topk(s):
    first, second = s.logits.detach().topk(2, dim=1).values.unbind(1)
    s.kink(first - second, s.logits.detach().abs().max())
    return family.topk(s, 1)


def sign(s):
    g = loss_slope(s)
    s.kink(g, g.detach().abs().max())
    return family.adversarial(s, 0.1, True)


def part(s):
    """The samples of fraction=0.5. In reverse order they are the last ones."""
    return slice(-s.count, None) if s.reverse else slice(s.count)


PENALTIES = family.PENALTIES | {
    "datagrad:1,norm=l1": lambda s: l1(s).mean(),
    "datagrad:1,norm=linf": lambda s: linf(s).mean(),
    "datagrad:1,fraction=0.5": lambda s: squares(grad(s.losses[part(s)].sum(), s.x))[part(s)].mean(),
    "datagrad:1,slope=linear": lambda s: norms(squares(loss_slope(s))).mean(),
    "datagrad:1,slope=excess,target=0.3": lambda s: excess(s).mean(),
    "frobreg:1,slope=linear": lambda s: norms(jacobian(s)).mean(),
    "jacreg:1,fraction=0.5": lambda s: jacobian(s, s.logits[part(s)].softmax(1))[part(s)].mean(),
    "topk:1": topk,
    "hoffman:1": lambda s: family.hoffman(s, 1),
    "ross:1,norm=l1": lambda s: l1(s).sum() / len(s.y),
    "adversarial:1,direction=sign": sign,
}


def log_softmax(z, dim=1):
    """log softmax measured from the largest element, so that neither 1 − p nor a derivative is a difference from 1: with
    1 − p < 1e-16 PyTorch's own has 0 for q − p of the sure class in float64, too, and so no truth where batch norm makes
    that the only thing that moves other samples."""
    largest = z.detach().argmax(dim, keepdim=True)
    above = (z - z.gather(dim, largest)).scatter(dim, largest, 0)  # a constant there: nothing of 1 meets the others' sum
    others = above.exp().scatter(dim, largest, 0).sum(dim, keepdim=True)
    return above - others.log1p()


def cross_entropy(z, y, reduction="mean", label_smoothing=0.0):
    log_p = log_softmax(z)
    losses = -(1 - label_smoothing) * log_p.gather(1, y[:, None])[:, 0] - label_smoothing * log_p.mean(1)
    return losses if reduction == "none" else losses.mean()


def truthful():
    """Replaces what of PyTorch loses digits of sure predictions in float64."""
    stack = contextlib.ExitStack()
    stack.enter_context(mock.patch.object(F, "cross_entropy", cross_entropy))
    stack.enter_context(mock.patch.object(torch.Tensor, "log_softmax", log_softmax))
    stack.enter_context(mock.patch.object(torch.Tensor, "softmax", lambda z, dim: log_softmax(z, dim).exp()))
    return stack


def results(case, values, dtype, reverse=False, rounding=None):
    """Loss, penalty and gradients of the objective, the kinks' distance, and what the penalty is made of."""
    with truthful() if dtype == torch.float64 else contextlib.nullcontext():
        return computed(case, values, dtype, reverse, rounding)


def computed(case, values, dtype, reverse, rounding):
    s = Step(case, values, dtype, reverse, rounding)
    name, _, options = case["penalty"].partition(",")
    text = name.split(":")[0] + ":1" + (options and "," + options)
    loss, penalty = s.losses.mean(), PENALTIES[text](s)
    grads = torch.autograd.grad(loss + case["lambda"] * penalty, list(s.params.values()), retain_graph=True, materialize_grads=True)
    out = {"loss": loss, "penalty": penalty} | dict(zip(s.params, grads))
    out = {k: v.detach().double().numpy().reshape(-1) for k, v in out.items()}
    return out, s


def once_more(v, random):
    """Numbers after one more rounding of the size of float32's."""
    return v * (1 + 2.0**-24 * random.choice([-1, 1], v.shape))


def rounded(case, values, seed):
    """The truth of a problem whose numbers are rounded once more."""
    random = np.random.default_rng(seed)
    moved = {n: once_more(values[n].astype(np.float64), random) for n in ["x", *case["params"]]}
    return results(case, values | moved, torch.float64, rounding=random)[0]


def distance(got, want):
    with np.errstate(invalid="ignore"):
        d = np.abs(got - want).max() / max(np.abs(want).max(), 1e-300)
    return d if np.isfinite(d) else math.inf


def substance(case, s):
    """What a penalty, and the largest gradient, have to be above to be more than the rounding of what they are made of."""
    kind = case["penalty"].split(":")[0]
    slopes = jacobian(s).mean().item()
    size = 1e-12 * slopes
    if kind in ("virtual-adversarial", "confidence", "label-smoothing", "adversarial"):
        size = 1e-5
    elif kind in ("finite-difference", "output-noise"):
        size = 1e-9 * slopes
    elif "slope=linear" in case["penalty"] or "norm=l" in case["penalty"]:
        size = math.sqrt(size)
    logits = torch.autograd.grad(s.logits.abs().mean(), list(s.params.values()), materialize_grads=True)
    return size, 1e-9 * max(g.abs().max().item() for g in logits)


def judge(index, case, values, levels, left):
    """Rows of errors. Counts in left what is not judged, and why."""
    truth, s = results(case, values, torch.float64)
    if min(s.kinks, default=1) < KINK:
        left["cases at a kink"] += 1
        return []
    single = [results(case, values, torch.float32, r)[0] for r in (False, True)]
    moved = [rounded(case, values, (index, i)) for i in range(3)]
    overall = max(np.abs(v).max() for k, v in truth.items() if "." in k)
    least_penalty, least_gradient = substance(case, s)
    rows = []
    for name, want in truth.items():
        largest, gradient = np.abs(want).max(), "." in name
        ours = {level: values[f"{level}/{name}"].astype(np.float64).reshape(-1) for level in levels}
        theirs = [distance(v[name], want) for v in single]
        rounding = max(distance(v[name], want) for v in moved)
        finite = all(np.isfinite(v).all() for v in ours.values())
        if finite and not math.isfinite(max(*theirs, rounding)):
            left["tensors without a finite number of PyTorch"] += 1
        elif finite and gradient and largest <= 1e-6 * overall:
            left["gradients that are 0"] += 1
        elif finite and (gradient and overall <= least_gradient or name == "penalty" and largest <= least_penalty or largest < 1e-9):
            left["tensors that are rounding in float64"] += 1
        else:
            for level in levels:
                error = distance(ours[level], want)
                rows.append(dict(case=index, name=name, level=level, ours=error, theirs=theirs, rounding=rounding,
                                 share=error / (FACTOR * max(*theirs, rounding) + FLOOR)))
    return rows


def quantiles(errors):
    return [float(f"{v:.2g}") for v in np.percentile(errors, QUANTILES)]


def shares(rows, error):
    """The shares of tensors and of networks that keep KEPT."""
    networks = collections.defaultdict(float)
    for r in rows:
        networks[r["case"]] = max(networks[r["case"]], error(r))
    share = lambda errors: round(float(np.mean([e <= KEPT for e in errors])), 3)
    return share([error(r) for r in rows]), share(list(networks.values()))


def describe(rows):
    """The distribution of gradients' errors. rows: one of each tensor, with the worst level's error."""
    ours, theirs = (lambda r: r["ours"]), (lambda r: r["theirs"][0])
    out = {"tensors": len(rows), "networks": len({r["case"] for r in rows})}
    for who, error in ("ours", ours), ("pytorch", theirs):
        tensors, networks = shares(rows, error)
        out[who] = {"quantiles": quantiles([error(r) for r in rows]), "tensors_kept": tensors, "networks_kept": networks}
    return out


def summarize(cases, rows, left):
    worst = {}
    for r in rows:
        key = r["case"], r["name"]
        if "." in r["name"] and (key not in worst or r["ours"] > worst[key]["ours"]):
            worst[key] = r
    groups = collections.defaultdict(list)
    for r in worst.values():
        c = cases[r["case"]]
        kind = c["penalty"].split(":")[0]
        quotient = kind in ("finite-difference", "output-noise") or ",xi=" in c["penalty"]
        names = [f"penalty {kind}", f"norm {c['norm']}", f"logits {c['logits']['kind']}", "differences" if quotient else "derivatives"]
        for name in ["all", *names]:
            groups[name].append(r)
        if names[1:] == ["norm none", "logits plain", "derivatives"]:
            groups["no norm, derivatives, plain logits"].append(r)
    return {
        "torch": torch.__version__, "cases": len(cases), "levels": sorted({r["level"] for r in rows}), "left_out": dict(sorted(left.items())),
        "errors": len(rows), "factor": FACTOR, "floor": FLOOR, "largest_share_of_bound": round(max(r["share"] for r in rows), 2),
        "beyond_pytorch_alone": round(float(np.mean([r["ours"] > FACTOR * max(r["theirs"]) + FLOOR for r in rows])), 4),
        "quantiles": QUANTILES, "kept": KEPT, "groups": {name: describe(groups[name]) for name in sorted(groups)},
    }


def show(summary):
    numbers = lambda q: " ".join(f"{v:8.1e}" for v in q)
    print(f"{'errors of gradients, quantiles ' + str(QUANTILES):48}{'ours':>26}{'PyTorch float32':>45}")
    for name, g in summary["groups"].items():
        ours, theirs = g["ours"], g["pytorch"]
        print(f"{name:36} {g['tensors']:6} {numbers(ours['quantiles'])} {100 * ours['networks_kept']:3.0f} %   "
              f"{numbers(theirs['quantiles'])} {100 * theirs['networks_kept']:3.0f} %")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--summary", type=pathlib.Path, help="file that the distribution is written to")
    parser.add_argument("--worst", type=int, default=5, help="number of errors listed, the nearest to the bound first")
    args = parser.parse_args()
    torch.set_num_threads(1)  # sums do not depend on the machine's number of cores
    torch.distributions.Distribution.set_default_validate_args(False)  # NaN is a result, too
    cases = json.loads((args.directory / "cases.json").read_text())
    tensors = collections.defaultdict(dict)
    for name, v in load_file(args.directory / "cases.safetensors").items():
        index, _, rest = name.partition("/")
        tensors[int(index)][rest] = v
    levels = [level for level in ("generic", "avx2", "avx512") if f"{level}/loss" in tensors[0]]
    left, rows = collections.Counter(), []
    for i, case in enumerate(cases):
        rows += judge(i, case, tensors[i], levels, left)
    summary = summarize(cases, rows, left)
    show(summary)
    print(f"{summary['errors']} errors of {len(cases)} cases; left out: {summary['left_out']}; beyond {FACTOR} times PyTorch's own alone: "
          f"{100 * summary['beyond_pytorch_alone']:.2f} %; largest share of the bound: {summary['largest_share_of_bound']}")
    for r in sorted(rows, key=lambda r: -r["share"])[: args.worst]:
        c = cases[r["case"]]
        print(f"{r['share']:.2f} of the bound: case {r['case']}, {r['name']} at {r['level']}: {r['ours']:.2g}, PyTorch {max(r['theirs']):.2g}, "
              f"rounding {r['rounding']:.2g}; {c['penalty']}, norm {c['norm']}, {c['logits']['kind']} {c['logits']['size']:.0f}, "
              f"batch {c['batch']}, {c['classes']} classes")
    if args.summary:
        args.summary.write_text(json.dumps(summary, indent=1) + "\n")
    if summary["largest_share_of_bound"] > 1:
        raise SystemExit("beyond the bound")


if __name__ == "__main__":
    main()
