"""The workloads in JAX, jit of the gradient of loss plus penalty: jax_peer.py THREADS"""

import os
import sys

if sys.argv[1] == "1":
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp
from jax import lax

from nets import LAMBDA, LAMBDA_CRITIC, NETS, RATE
from serve import serve


def norm(x, w, b):
    mean = x.mean((0, 2, 3), keepdims=True)
    var = jnp.square(x - mean).mean((0, 2, 3), keepdims=True)
    return (x - mean) * lax.rsqrt(var + 1e-5) * w.reshape(1, -1, 1, 1) + b.reshape(1, -1, 1, 1)


class Ops:
    relu = staticmethod(jax.nn.relu)
    leaky_relu = staticmethod(lambda x: jnp.where(x > 0, x, 0.2 * x))
    conv = staticmethod(lambda x, w, stride, padding: lax.conv_general_dilated(x, w, (stride, stride), [(padding, padding)] * 2))
    # Windows of 2×2 do not overlap, so a reshape and a maximum are the pooling; it is faster here than reduce_window.
    max_pool = staticmethod(lambda x: x.reshape(x.shape[0], x.shape[1], x.shape[2] // 2, 2, x.shape[3] // 2, 2).max((3, 5)))
    avg_pool = staticmethod(lambda x: x.reshape(x.shape[0], x.shape[1], x.shape[2] // 2, 2, x.shape[3] // 2, 2).mean((3, 5)))
    norm = staticmethod(norm)
    widen = staticmethod(lambda x, c: jnp.pad(x, ((0, 0), (0, c - x.shape[1]), (0, 0), (0, 0))))
    pad = staticmethod(lambda x, low, high: jnp.pad(x, ((0, 0), (0, 0), (low, high), (low, high))))


def objective(net, method):
    def total(params, t):
        f = lambda x: NETS[net](Ops, params, x)
        if net == "critic":
            loss = f(t["fake"]).mean() - f(t["real"]).mean()
            if method == "plain":
                return loss, (loss, 0.0)
            g = jax.grad(lambda x: f(x).sum())(t["fake"] + (t["real"] - t["fake"]) * t["u"])
            penalty = jnp.square(jnp.sqrt(jnp.square(g).sum((1, 2, 3)) + 1e-12) - 1).mean()
            return loss + LAMBDA_CRITIC * penalty, (loss, penalty)

        def losses(x):
            logits = f(x)
            chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), t["y"][:, None], 1)
            scalar = (logits * t["eps"]).sum() if method == "spectreg" else -chosen.sum()
            return scalar, -chosen.mean()

        if method == "plain":
            loss = losses(t["x"])[1]
            return loss, (loss, 0.0)
        if method in ("hoffman", "jacreg"):
            # Exact: one pull-back for all classes.
            outputs = f if method == "hoffman" else lambda x: jax.nn.softmax(f(x))
            logits, (_, pull) = f(t["x"]), jax.vjp(outputs, t["x"])
            rows = jax.vmap(lambda c: pull(jnp.broadcast_to(c, logits.shape))[0])(jnp.eye(logits.shape[1]))
            chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), t["y"][:, None], 1)
            factor = 0.5 if method == "hoffman" else 1
            loss, penalty = -chosen.mean(), jnp.square(rows).sum() * (factor / len(logits))
            return loss + LAMBDA * penalty, (loss, penalty)
        g, loss = jax.grad(losses, has_aux=True)(t["x"])
        penalty = jnp.square(g).sum() / len(g)
        return loss + LAMBDA * penalty, (loss, penalty)

    return total


def setup(net, params, inputs, method):
    t = {k: jnp.asarray(v) for k, v in inputs.items()}
    state = {"params": {k: jnp.asarray(v) for k, v in params.items()}}
    gradient = jax.grad(objective(net, method), has_aux=True)

    @jax.jit
    def update(params, t):
        grads, values = gradient(params, t)
        return jax.tree.map(lambda w, g: w - RATE * g, params, grads), values

    def step():
        state["params"], (loss, penalty) = update(state["params"], t)
        return float(loss), float(penalty), [float(v) for v in state["params"]["conv1.weight"].ravel()[:5]]

    return step


serve("jax", jax.__version__, setup)
