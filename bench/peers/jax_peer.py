"""The workloads in JAX, jit of the gradient of loss plus penalty: jax_peer.py nchw|nhwc THREADS

Images and weights are NCHW and OIHW, or NHWC and HWIO; the weights' buffers are donated to the step.
bench/peer.go sets the number of threads by NPROC: XLA has no flag for it.
"""

import os
import sys

os.environ["JAX_PLATFORMS"] = "cpu"
LAST = sys.argv[1] == "nhwc"

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from nets import LAMBDA, LAMBDA_CRITIC, NETS, RATE, SQUARED
from serve import serve

LAYOUT = ("NHWC", "HWIO", "NHWC") if LAST else ("NCHW", "OIHW", "NCHW")
CHANNEL, SPATIAL = (3, (1, 2)) if LAST else (1, (2, 3))
OVER = (0, *SPATIAL)  # what a channel's mean is over


def along_channels(v):
    return v if LAST else v.reshape(1, -1, 1, 1)


def conv(x, w, b, stride, padding):
    y = lax.conv_general_dilated(x, w, (stride, stride), [padding] * 2, dimension_numbers=LAYOUT)
    return y if b is None else y + along_channels(b)


def norm(x, w, b):
    mean = x.mean(OVER, keepdims=True)
    var = jnp.square(x).mean(OVER, keepdims=True) - jnp.square(mean)
    return (x - mean) * (lax.rsqrt(var + 1e-5) * along_channels(w)) + along_channels(b)


def windows(x):
    """Windows of 2×2 do not overlap: a reshape and a maximum are faster here than reduce_window. Returns the axes, too."""
    h, w = x.shape[SPATIAL[0]] // 2, x.shape[SPATIAL[1]] // 2
    if LAST:
        return x.reshape(x.shape[0], h, 2, w, 2, x.shape[3]), (2, 4)
    return x.reshape(x.shape[0], x.shape[1], h, 2, w, 2), (3, 5)


def max_pool(x):
    x, axes = windows(x)
    return x.max(axes)


def avg_pool(x):
    x, axes = windows(x)
    return x.mean(axes)


def overlapping_max_pool(x):
    window, stride = [1] * 4, [1] * 4
    border = [(0, 0)] * 4
    for axis in SPATIAL:
        window[axis], stride[axis], border[axis] = 3, 2, (1, 1)
    return lax.reduce_window(x, -jnp.inf, lax.max, window, stride, border)


def scaled(w, scale):
    return w * (scale if LAST else scale.reshape(-1, 1, 1, 1))


def widen(x, c):
    width = [(0, 0)] * 4
    width[CHANNEL] = (0, c - x.shape[CHANNEL])
    return jnp.pad(x, width)


class Ops:
    relu = staticmethod(jax.nn.relu)
    leaky_relu = staticmethod(lambda x: jnp.where(x > 0, x, 0.2 * x))
    conv = staticmethod(conv)
    dense = staticmethod(lambda x, w, b: x @ w + b)
    max_pool = staticmethod(max_pool)
    overlapping_max_pool = staticmethod(overlapping_max_pool)
    scaled = staticmethod(scaled)
    avg_pool = staticmethod(avg_pool)
    spatial_mean = staticmethod(lambda x: x.mean(SPATIAL))
    flatten = staticmethod(lambda x: x.reshape(x.shape[0], -1))
    norm = staticmethod(norm)
    widen = staticmethod(widen)
    channels = staticmethod(lambda x: x.shape[CHANNEL])
    side = staticmethod(lambda x: x.shape[SPATIAL[0]])


def critic(f, t, method):
    """Loss and penalty: real and fake as one batch where both have slopes."""
    if method not in SQUARED:
        loss = f(t["fake"]).mean() - f(t["real"]).mean()
        if method == "plain":
            return loss, 0.0
        g = jax.grad(lambda x: f(x).sum())(t["fake"] + (t["real"] - t["fake"]) * t["u"])
        return loss, jnp.square(jnp.sqrt(jnp.square(g).sum((1, 2, 3)) + 1e-12) - 1).mean()
    size = len(t["real"])
    if method == "r1":
        def scalar(x):
            scores = f(x)
            return scores.sum(), scores

        g, real = jax.grad(scalar, has_aux=True)(t["real"])
        loss = jax.nn.softplus(-real).mean() + jax.nn.softplus(f(t["fake"])).mean()
        return loss, jnp.square(g).sum() / size

    def scalar(x):
        scores = f(x)
        on_real, on_fake = jax.nn.softplus(-scores[:size]), jax.nn.softplus(scores[size:])
        total = scores.sum() if method == "r1r2" else on_real.sum() + on_fake.sum()
        return total, on_real.mean() + on_fake.mean()

    g, loss = jax.grad(scalar, has_aux=True)(jnp.concatenate((t["real"], t["fake"])))
    return loss, jnp.square(g).sum() / size


def objective(net, method):
    def total(params, t):
        f = lambda x: NETS[net](Ops, params, x)
        if net == "critic":
            loss, penalty = critic(f, t, method)
            return loss + LAMBDA_CRITIC.get(method, 0) * penalty, (loss, penalty)

        cross_entropy = lambda logits: -(jax.nn.log_softmax(logits) * t["y"]).sum()

        def losses(x):
            logits = f(x)
            total = cross_entropy(logits)
            return (logits * t["eps"]).sum() if method == "spectreg" else total, total / len(x)

        if method == "plain":
            loss = losses(t["x"])[1]
            return loss, (loss, 0.0)
        if method in ("hoffman", "jacreg"):
            # Exact: one pull-back for all classes.
            def outputs(x):
                logits = f(x)
                return (logits if method == "hoffman" else jax.nn.softmax(logits)), logits

            out, pull, logits = jax.vjp(outputs, t["x"], has_aux=True)
            rows = jax.vmap(lambda c: pull(jnp.broadcast_to(c, out.shape))[0])(jnp.eye(out.shape[1]))
            factor = 0.5 if method == "hoffman" else 1
            loss, penalty = cross_entropy(logits) / len(out), jnp.square(rows).sum() * (factor / len(out))
            return loss + LAMBDA * penalty, (loss, penalty)
        g, loss = jax.grad(losses, has_aux=True)(t["x"])
        penalty = jnp.square(g).sum() / len(g)
        return loss + LAMBDA * penalty, (loss, penalty)

    return total


def pixels_first(w, params, back=False):
    """Rows of the dense layer behind the convolutions, by channel and pixel, in the order of pixel and channel; or back."""
    convolutions = [k for k, v in params.items() if v.ndim == 4]
    channels = params[max(convolutions, key=lambda k: int(k.removeprefix("conv").split(".")[0]))].shape[0]
    rows = (-1, channels) if back else (channels, -1)
    return w.reshape(*rows, w.shape[1]).transpose(1, 0, 2).reshape(w.shape)


def last(params):
    """Weights of NCHW for NHWC: HWIO, and of the dense layer behind the convolutions the rows in the order of its input."""
    weights = {k: v.transpose(2, 3, 1, 0) if v.ndim == 4 else v for k, v in params.items()}
    if "dense1.weight" in params:  # else it is behind a mean over the pixels
        weights["dense1.weight"] = pixels_first(params["dense1.weight"], params)
    return weights


def first(weights):
    """The inverse of last."""
    params = {k: v.transpose(3, 2, 0, 1) if v.ndim == 4 else v for k, v in weights.items()}
    if "dense1.weight" in params:
        params["dense1.weight"] = pixels_first(params["dense1.weight"], params, back=True)
    return params


def setup(net, params, inputs, method):
    if LAST:
        params = last(params)
        inputs = {k: v.transpose(0, 2, 3, 1) if v.ndim == 4 else v for k, v in inputs.items()}
    t = {k: jnp.asarray(v) for k, v in inputs.items()}
    if "y" in t:
        t["y"] = jax.nn.one_hot(t["y"], 10)
    state = {"params": {k: jnp.array(v) for k, v in params.items()}}
    gradient = jax.grad(objective(net, method), has_aux=True)

    def update(params, t):
        grads, values = gradient(params, t)
        return jax.tree.map(lambda w, g: w - RATE * g, params, grads), values

    update = jax.jit(update, donate_argnums=0)

    def step():
        state["params"], state["values"] = update(state["params"], t)

    def finish():
        jax.block_until_ready(state)
        loss, penalty = state["values"]
        return float(loss), float(penalty)

    def weights():
        params = {k: np.asarray(v) for k, v in state["params"].items()}
        return first(params) if LAST else params

    return step, finish, weights


serve("jax", jax.__version__, setup)
