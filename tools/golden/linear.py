"""Minima that scikit-learn finds, for the tests of package linear.

    python -m venv /tmp/sklearn && /tmp/sklearn/bin/pip install scikit-learn==1.9.1
    /tmp/sklearn/bin/python tools/golden/linear.py linear/testdata/golden.json            # writes the file
    /tmp/sklearn/bin/python tools/golden/linear.py linear/testdata/golden.json --check    # compares to 1e-9

The objective is 1/N Σ loss + λ/2 ‖W‖² of z = (x − mean x) / sqrt(mean ‖x − mean x‖²), the offset without a penalty. The loss is the
cross-entropy, the mean over the labels of the binary cross-entropy, or the mean over the numbers of the squared error. In
scikit-learn's terms C = 1/(N·λ), 1/(N·λ·K), and alpha = λ·N·K/2. Each case holds samples, targets, λ, the mean loss at the minimum
and the outputs of the samples.
"""

import argparse
import json
import pathlib

import numpy as np
import sklearn
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression, Ridge


def features(r, n, dim):
    return (r.normal(size=(n, dim)) * np.linspace(3, 0.2, dim) + 2).astype(np.float32)


def scaled(x):
    z = x.astype(np.float64) - x.astype(np.float64).mean(0)
    return z / np.sqrt((z**2).sum(1).mean())


def logistic(c):
    return LogisticRegression(C=c, solver="newton-cg", tol=1e-13, max_iter=100000)


def classes(n, dim, kinds, l2, seed):
    r = np.random.default_rng(seed)
    x, y = features(r, n, dim), np.arange(n) % kinds
    x[:, 0] += 2 * y
    z = scaled(x)
    m = logistic(1 / (n * l2)).fit(z, y)
    out = z @ m.coef_.T + m.intercept_
    if kinds == 2:
        raise ValueError("scikit-learn has one output for two classes")
    loss = -log_softmax(out, axis=1)[np.arange(n), y].mean()
    return case("classification", x, np.eye(kinds)[y], l2, loss, out - out.mean(1, keepdims=True))


def labels(n, dim, kinds, l2, seed):
    r = np.random.default_rng(seed)
    x = features(r, n, dim)
    t = (x[:, :kinds] + r.normal(size=(n, kinds)) > 2).astype(float)
    z = scaled(x)
    outs = []
    for k in range(kinds):
        m = logistic(1 / (n * l2 * kinds)).fit(z, t[:, k])
        outs.append(z @ m.coef_[0] + m.intercept_[0])
    out = np.stack(outs, 1)
    loss = (np.logaddexp(0, out) - t * out).mean()
    return case("multi-label", x, t, l2, loss, out)


def numbers(n, dim, kinds, l2, seed):
    r = np.random.default_rng(seed)
    x = features(r, n, dim)
    t = (x[:, :kinds] * 0.5 + r.normal(size=(n, kinds))).astype(np.float32).astype(float)
    z = scaled(x)
    out = Ridge(alpha=l2 * n * kinds / 2, solver="cholesky").fit(z, t).predict(z).reshape(n, kinds)
    return case("regression", x, t, l2, ((out - t) ** 2).mean(), out)


def case(task, x, t, l2, loss, out):
    return {
        "task": task, "dim": x.shape[1], "kinds": t.shape[1], "l2": l2, "loss": float(loss),
        "features": [float(v) for v in x.ravel()], "targets": [float(v) for v in t.ravel()],
        "outputs": [float(f"{v:.10g}") for v in out.ravel()],
    }


def golden():
    return {
        "scikit-learn": sklearn.__version__,
        "cases": [
            classes(40, 6, 3, 1e-2, 1), classes(40, 6, 4, 1e-5, 2), classes(12, 30, 3, 1e-3, 3), classes(15, 30, 5, 1e-6, 4),
            labels(40, 6, 3, 1e-2, 5), labels(14, 30, 2, 1e-4, 6),
            numbers(40, 6, 2, 1e-2, 7), numbers(12, 30, 1, 1e-4, 8),
        ],
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    new = golden()
    if not args.check:
        args.file.write_text(json.dumps(new) + "\n")
        return
    for a, b in zip(json.loads(args.file.read_text())["cases"], new["cases"], strict=True):
        for key in ("loss", "features", "targets", "outputs"):
            np.testing.assert_allclose(a[key], b[key], rtol=1e-6, atol=1e-9, err_msg=f"{a['task']}: {key}")


main()
