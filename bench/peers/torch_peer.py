"""The workloads in PyTorch: torch_peer.py eager|compile nchw|channels_last THREADS

Written as for speed: biases and padding inside the convolution, linear layers as nn.Linear has them, and
inputs and weights in the memory format that is asked for. Eager mode differentiates with autograd; for
torch.compile the whole step, penalty included, is one function of torch.func, since a compiled forward
pass cannot be differentiated twice.
"""

import sys
import time

import torch
import torch.nn.functional as F

from nets import LAMBDA, LAMBDA_CRITIC, NETS, RATE, SQUARED, lite_parts, lite_weights
from serve import serve


def conv(x, w, b, stride, padding):
    low, high = padding
    if low != high:  # conv2d pads both sides alike
        x, low = F.pad(x, (low, high, low, high)), 0
    return F.conv2d(x, w, b, stride, low)


class Ops:
    relu = staticmethod(F.relu)
    leaky_relu = staticmethod(lambda x: F.leaky_relu(x, 0.2))
    conv = staticmethod(conv)
    dense = staticmethod(F.linear)
    max_pool = staticmethod(lambda x: F.max_pool2d(x, 2))
    overlapping_max_pool = staticmethod(lambda x: F.max_pool2d(x, 3, 2, 1))
    avg_pool = staticmethod(lambda x: F.avg_pool2d(x, 2))
    spatial_mean = staticmethod(lambda x: x.mean((2, 3)))
    flatten = staticmethod(lambda x: torch.flatten(x, 1))
    norm = staticmethod(lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True, eps=1e-5))
    scaled = staticmethod(lambda w, scale: w * scale.view(-1, 1, 1, 1))
    widen = staticmethod(lambda x, c: F.pad(x, (0, 0, 0, 0, 0, c - x.shape[1])))
    channels = staticmethod(lambda x: x.shape[1])
    side = staticmethod(lambda x: x.shape[2])


def critic_penalty(g):
    return ((g.square().sum((1, 2, 3)) + 1e-12).sqrt() - 1).square().mean()


def between(t):
    return t["fake"] + (t["real"] - t["fake"]) * t["u"]


def both(t):
    return torch.cat((t["real"], t["fake"]))


def losses(real, fake):
    """The logistic losses of both halves, from their scores."""
    return F.softplus(-real), F.softplus(fake)


def critic_eager(f, t, method, joined):
    """joined: real and fake images pass as one batch. Every penalty takes one call of autograd.grad."""
    size = len(t["real"])
    squared = method in SQUARED
    if joined:
        x = both(t).requires_grad_(squared)
        scores = f(x)
        real, fake = scores[:size], scores[size:]
        inputs = (x,)
    else:
        inputs = (t["real"].requires_grad_(squared), t["fake"].requires_grad_(squared and method != "r1"))
        real, fake = (f(x) for x in inputs)
        scores = real
    if not squared:
        loss = fake.mean() - real.mean()
        if method == "plain":
            return loss, loss, torch.zeros(())
        x = between(t).requires_grad_(True)
        (g,) = torch.autograd.grad(f(x).sum(), x, create_graph=True)
        penalty = critic_penalty(g)
        return loss + LAMBDA_CRITIC[method] * penalty, loss, penalty
    on_real, on_fake = losses(real, fake)
    loss = on_real.mean() + on_fake.mean()
    if method == "r1":
        scalar, inputs = real.sum(), inputs[:1]
    elif method == "r1r2":
        scalar = scores.sum() if joined else real.sum() + fake.sum()
    else:
        scalar = on_real.sum() + on_fake.sum()
    slopes = torch.autograd.grad(scalar, inputs, create_graph=True)
    penalty = sum(g.square().sum() for g in slopes) / size
    return loss + LAMBDA_CRITIC[method] * penalty, loss, penalty


def critic_functional(f, t, method):
    """Loss and penalty in torch.func: real and fake as one batch where both have slopes."""
    grad = torch.func.grad
    size = len(t["real"])
    if method not in SQUARED:
        loss = f(t["fake"]).mean() - f(t["real"]).mean()
        if method == "plain":
            return loss, torch.zeros(())
        return loss, critic_penalty(grad(lambda x: f(x).sum())(between(t)))
    if method == "r1":
        def scalar(x):
            scores = f(x)
            return scores.sum(), scores

        g, real = grad(scalar, has_aux=True)(t["real"])
        on_real, on_fake = losses(real, f(t["fake"]))
        return on_real.mean() + on_fake.mean(), g.square().sum() / size

    def scalar(x):
        scores = f(x)
        on_real, on_fake = losses(scores[:size], scores[size:])
        total = scores.sum() if method == "r1r2" else on_real.sum() + on_fake.sum()
        return total, on_real.mean() + on_fake.mean()

    g, loss = grad(scalar, has_aux=True)(both(t))
    return loss, g.square().sum() / size


def eager(net, params, t, method, mapped):
    """Returns total, loss and penalty, with a graph. mapped: how exact Jacobians are taken, and
    whether a critic's real and fake images pass as one batch."""
    f = lambda x: NETS[net](Ops, params, x)
    if net == "critic":
        return critic_eager(f, t, method, mapped)
    x = t["x"].requires_grad_(method != "plain")
    logits = f(x)
    loss = F.cross_entropy(logits, t["y"])
    if method == "plain":
        return loss, loss, torch.zeros(())
    if method in ("hoffman", "jacreg"):
        y, factor = (logits, 0.5) if method == "hoffman" else (logits.softmax(1), 1)
        classes = y.shape[1]
        if mapped:
            one_hot = torch.eye(classes).unsqueeze(1).expand(classes, *y.shape)
            rows = torch.autograd.grad(y, x, one_hot, create_graph=True, is_grads_batched=True)
        else:  # class by class, as jacobian_regularizer does for n = −1
            rows = [torch.autograd.grad(y[:, k].sum(), x, create_graph=True)[0] for k in range(classes)]
        penalty = sum(g.square().sum() for g in rows) * (factor / len(x))
        return loss + LAMBDA * penalty, loss, penalty
    # The mean's gradient times the batch is that of the sum, and saves a second cross-entropy.
    scalar, scale = (loss, len(x)) if method == "datagrad" else ((logits * t["eps"]).sum(), 1)
    (g,) = torch.autograd.grad(scalar, x, create_graph=True)
    penalty = g.square().sum() * (scale * scale / len(x))
    return loss + LAMBDA * penalty, loss, penalty


def functional(net, method):
    """Returns the function (params, t) → total, (loss, penalty) in torch.func."""
    grad, vjp, vmap = torch.func.grad, torch.func.vjp, torch.func.vmap

    def total(params, t):
        f = lambda x: NETS[net](Ops, params, x)
        if net == "critic":
            loss, penalty = critic_functional(f, t, method)
            return loss + LAMBDA_CRITIC.get(method, 0) * penalty, (loss, penalty)
        x, y = t["x"], t["y"]
        if method == "plain":
            loss = F.cross_entropy(f(x), y)
            return loss, (loss, torch.zeros(()))
        if method in ("hoffman", "jacreg"):
            def outputs(x):
                logits = f(x)
                return (logits if method == "hoffman" else logits.softmax(1)), logits

            out, pull, logits = vjp(outputs, x, has_aux=True)
            one_hot = torch.eye(out.shape[1]).unsqueeze(1).expand(out.shape[1], *out.shape)
            (rows,) = vmap(pull)(one_hot)
            factor = 0.5 if method == "hoffman" else 1
            loss, penalty = F.cross_entropy(logits, y), rows.square().sum() * (factor / len(x))
            return loss + LAMBDA * penalty, (loss, penalty)

        def scalar(x):
            logits = f(x)
            loss = F.cross_entropy(logits, y)
            return (loss if method == "datagrad" else (logits * t["eps"]).sum()), loss

        g, loss = grad(scalar, has_aux=True)(x)
        scale = len(x) if method == "datagrad" else 1
        penalty = g.square().sum() * (scale * scale / len(x))
        return loss + LAMBDA * penalty, (loss, penalty)

    return total


def eager_step(net, weights, t, method):
    """Returns a function that takes a step and returns loss and penalty."""
    values = list(weights.values())
    for w in values:
        w.requires_grad_(True)

    def gradients(mapped):
        total, loss, penalty = eager(net, weights, t, method, mapped)
        return loss, penalty, torch.autograd.grad(total, values)

    def seconds(mapped):
        gradients(mapped)
        start = time.perf_counter()
        for _ in range(3):
            gradients(mapped)
        return time.perf_counter() - start

    # Both ways are common; the faster one is used.
    two_ways = net == "critic" or method in ("hoffman", "jacreg")
    mapped = two_ways and seconds(True) < seconds(False)

    def step():
        loss, penalty, grads = gradients(mapped)
        with torch.no_grad():
            torch._foreach_add_(values, grads, alpha=-RATE)
        return loss.detach(), penalty.detach()

    return step


def features_step(weights, t):
    """Returns a function that runs EfficientNet-Lite0 up to its features, and returns their mean and mean square."""
    layers = []
    with torch.no_grad():
        for scope, conv, norm, kernel, stride, padding, depthwise, act, begins, adds in lite_parts(t["x"].shape[2]):
            w, b = lite_weights(weights, scope, conv, norm)
            w = w.contiguous(memory_format=torch.channels_last) if t["x"].is_contiguous(memory_format=torch.channels_last) else w
            layers.append((w, b, stride, padding, len(w) if depthwise else 1, act, begins, adds))

    @torch.inference_mode()
    def step():
        h = t["x"]
        for w, b, stride, (low, high), groups, act, begins, adds in layers:
            if begins:
                start = h
            if low != high:
                h, low = F.pad(h, (low, high, low, high)), 0
            h = F.conv2d(h, w, b, stride, low, groups=groups)
            if act:
                h.clamp_(0, 6)
            if adds:
                h += start
        f = h.mean((2, 3))
        return f.mean(), f.square().mean()

    return step


def compiled_step(net, weights, t, method):
    gradient = torch.func.grad(functional(net, method), has_aux=True)

    @torch.compile(fullgraph=True, dynamic=False)
    def update(weights, t):
        grads, values = gradient(weights, t)
        for k, w in weights.items():
            w.sub_(RATE * grads[k])
        return values

    @torch.no_grad()
    def step():
        return update(weights, t)

    return step


def turned(name, w):
    """Whether nn.Linear has the weights the other way round."""
    return "dense" in name and w.ndim == 2


def main():
    mode, memory_format, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    torch.set_flush_denormal(True)  # before there are threads, which inherit it
    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    torch.manual_seed(0)
    formats = {"nchw": torch.contiguous_format, "channels_last": torch.channels_last}

    def tensor(v):
        v = torch.tensor(v)
        return v.to(memory_format=formats[memory_format]) if v.ndim == 4 else v

    def setup(net, params, inputs, method):
        if mode == "compile":
            torch.compiler.reset()
        weights = {k: tensor(v.T.copy() if turned(k, v) else v) for k, v in params.items()}
        t = {k: tensor(v) for k, v in inputs.items()}
        if "y" in t:
            t["y"] = t["y"].long()
        if method == "features":
            take = features_step(weights, t)
        else:
            take = (compiled_step if mode == "compile" else eager_step)(net, weights, t, method)
        last = None

        def step():
            nonlocal last
            last = take()

        def finish():
            return last[0].item(), last[1].item()

        def after():
            return {k: (w.T if turned(k, w) else w).detach().numpy() for k, w in weights.items()}

        return step, finish, after

    serve(f"torch-{mode}", torch.__version__, setup)


main()
