"""The workloads in PyTorch: torch_peer.py eager|compile THREADS"""

import sys

import torch
import torch.nn.functional as F

from nets import LAMBDA, LAMBDA_CRITIC, NETS, RATE
from serve import serve


class Ops:
    relu = staticmethod(F.relu)
    leaky_relu = staticmethod(lambda x: F.leaky_relu(x, 0.2))
    conv = staticmethod(lambda x, w, stride, padding: F.conv2d(x, w, None, stride, padding))
    max_pool = staticmethod(lambda x: F.max_pool2d(x, 2))
    avg_pool = staticmethod(lambda x: F.avg_pool2d(x, 2))
    norm = staticmethod(lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True, eps=1e-5))
    widen = staticmethod(lambda x, c: F.pad(x, (0, 0, 0, 0, 0, c - x.shape[1])))
    pad = staticmethod(lambda x, low, high: F.pad(x, (low, high, low, high)))


def objective(net, params, t, method):
    """Returns total, loss and penalty."""
    f = lambda x: NETS[net](Ops, params, x)
    if net == "critic":
        loss = f(t["fake"]).mean() - f(t["real"]).mean()
        if method == "plain":
            return loss, loss, torch.zeros(())
        x = (t["fake"] + (t["real"] - t["fake"]) * t["u"]).requires_grad_(True)
        (g,) = torch.autograd.grad(f(x).sum(), x, create_graph=True)
        penalty = ((g.square().sum((1, 2, 3)) + 1e-12).sqrt() - 1).square().mean()
        return loss + LAMBDA_CRITIC * penalty, loss, penalty
    x = t["x"].requires_grad_(method != "plain")
    logits = f(x)
    loss = F.cross_entropy(logits, t["y"])
    if method == "plain":
        return loss, loss, torch.zeros(())
    if method in ("hoffman", "jacreg"):
        # Exact, class by class, each with a graph to differentiate again, as jacobian_regularizer does for n = -1.
        y, factor = (logits, 0.5) if method == "hoffman" else (logits.softmax(1), 1)
        rows = [torch.autograd.grad(y[:, k].sum(), x, create_graph=True)[0] for k in range(y.shape[1])]
        penalty = sum(g.square().sum() for g in rows) * (factor / len(x))
        return loss + LAMBDA * penalty, loss, penalty
    # The mean's gradient times the batch is that of the sum, and saves a second cross-entropy.
    scalar, scale = (loss, len(x)) if method == "datagrad" else ((logits * t["eps"]).sum(), 1)
    (g,) = torch.autograd.grad(scalar, x, create_graph=True)
    penalty = g.square().sum() * (scale * scale / len(x))
    return loss + LAMBDA * penalty, loss, penalty


def main():
    mode, threads = sys.argv[1], int(sys.argv[2])
    torch.set_num_threads(threads)
    torch.manual_seed(0)

    def setup(net, params, inputs, method):
        weights = {k: torch.tensor(v, requires_grad=True) for k, v in params.items()}
        t = {k: torch.tensor(v) for k, v in inputs.items()}
        if "y" in t:
            t["y"] = t["y"].long()
        names = list(weights)

        def gradients():
            total, loss, penalty = objective(net, weights, t, method)
            return loss, penalty, torch.autograd.grad(total, [weights[n] for n in names])

        run = torch.compile(gradients) if mode == "compile" else gradients

        def step():
            loss, penalty, grads = run()
            with torch.no_grad():
                torch._foreach_add_([weights[n] for n in names], grads, alpha=-RATE)
            return loss.item(), penalty.item(), weights["conv1.weight"].detach().flatten()[:5].tolist()

        return step

    serve(f"torch-{mode}", torch.__version__, setup)


main()
