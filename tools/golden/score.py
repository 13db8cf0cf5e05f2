"""Golden values of package gan/score from SciPy, scikit-learn and prdc, as JSON.

    python -m pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 prdc==0.2
    python tools/golden/score.py testdata/golden            # writes score.json
    python tools/golden/score.py testdata/golden --check    # compares it with a new computation

Samples are not stored: both sides make them by integer arithmetic (`numbers`), so that float32 holds
them exactly.
"""

import argparse
import contextlib
import io
import json
import pathlib

import numpy as np
import prdc
import scipy
import sklearn
from scipy import linalg, spatial, stats
from sklearn.metrics.pairwise import polynomial_kernel

MASK = np.uint64(0xFFFFFFFF)


def mixed(x):
    """A permutation of 32-bit numbers without pattern: the finalizer of MurmurHash3."""
    x = x & MASK
    x ^= x >> np.uint64(16)
    x = (x * np.uint64(0x85EBCA6B)) & MASK
    x ^= x >> np.uint64(13)
    x = (x * np.uint64(0xC2B2AE35)) & MASK
    return x ^ (x >> np.uint64(16))


def numbers(seed, n, d):
    """About normal: sums of four numbers of 12 bits, minus their mean, in units of 2^-11."""
    i = np.arange(n * d, dtype=np.uint64)
    total = sum(mixed(i * np.uint64(4) + np.uint64(k) + np.uint64(seed << 20)) >> np.uint64(20) for k in range(4))
    return ((total.astype(np.int64) - 8190) / 2048).reshape(n, d)


def sheared(seed, n, d, move):
    """Samples with correlated numbers of different spread, moved by a multiple of 1/8."""
    x = numbers(seed, n, d)
    y = x.copy()
    for j in range(d):
        y[:, j] = x[:, j] * (j + 1) / 4 + (x[:, j - 1] / 2 if j else 0) + move / 8
    return y


def frechet(a, b):
    """By the root of Σ₁·Σ₂ itself, which is not symmetric, and by its eigenvalues."""
    s1, s2 = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    base = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(s1) + np.trace(s2)
    values = [base - 2 * np.sqrt(np.maximum(linalg.eigvals(s1 @ s2).real, 0)).sum()]
    if np.linalg.matrix_rank(s1) == len(s1):
        values.append(base - 2 * np.trace(linalg.sqrtm(s1 @ s2)).real)
    return [float(v) for v in values]


def kernel(a, b):
    def k(x, y):
        return polynomial_kernel(x, y, degree=3, gamma=1 / x.shape[1], coef0=1)
    n = len(a)
    off = [(g.sum() - np.trace(g)) / (n * (n - 1)) for g in (k(a, a), k(b, b))]
    return float(sum(off) - 2 * k(a, b).mean()), float(k(a, a).mean() + k(b, b).mean() - 2 * k(a, b).mean())


def neighbours(real, fake, k):
    """By definition, with ≤."""
    rr, ff, rf = (spatial.distance.cdist(x, y) for x, y in ((real, real), (fake, fake), (real, fake)))
    own = lambda d: np.sort(d + np.diag(np.full(len(d), np.inf)), axis=1)[:, k - 1]
    in_real, in_fake = rf <= own(rr)[:, None], rf <= own(ff)[None, :]
    return {"precision": float(in_real.any(0).mean()), "recall": float(in_fake.any(1).mean()),
            "density": float(in_real.sum() / (k * len(fake))), "coverage": float(in_real.any(1).mean())}


def published(real, fake, k):
    with contextlib.redirect_stdout(io.StringIO()):
        return {name: float(v) for name, v in prdc.compute_prdc(real, fake, k).items()}


def z(a, b):
    """The standardized statistic from SciPy's one-sided p value."""
    p = stats.mannwhitneyu(a, b, use_continuity=False, alternative="less", method="asymptotic").pvalue
    return float(stats.norm.ppf(p))


def compute():
    a, b = sheared(1, 120, 6, 0), sheared(2, 150, 6, 3)
    wide_a, wide_b = sheared(3, 90, 24, 0), sheared(4, 90, 24, 1)
    # A number that is another one twice: both covariances are singular.
    dead = [np.concatenate([m, 2 * m[:, :1], np.ones((len(m), 1))], axis=1) for m in (a, b)]
    eq = numbers(2, 120, 6)
    real, fake = numbers(5, 300, 4), numbers(6, 250, 4) * 0.75 + 0.25
    twice = np.concatenate([real[:40]] * 7), np.concatenate([real[20:60]] * 7)
    train, held, made = numbers(7, 400, 3), numbers(8, 130, 3), numbers(9, 110, 3) * 0.875
    distance = lambda x: spatial.distance.cdist(x, train).min(axis=1)
    coarse = lambda x: np.round(distance(x) * 8) / 8
    counts = [7, 0, 12, 1, 30]
    shares = [0.25, 0.125, 0.125, 0.25, 0.25]
    logits = numbers(10, 40, 5) * 3
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return {
        "versions": {"numpy": np.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__, "prdc": "0.2"},
        "frechet": {"correlated": frechet(a, b), "wide": frechet(wide_a, wide_b), "singular": frechet(*dead)},
        "kernel": dict(zip(("unbiased", "biased"), kernel(sheared(1, 120, 6, 0), eq))),
        "neighbours": {"k 5": neighbours(real, fake, 5), "k 1": neighbours(real, fake, 1), "copies": neighbours(*twice, 5),
                       "published k 5": published(real, fake, 5)},
        "mann_whitney": {"distances": z(distance(made), distance(held)), "ties": z(coarse(made), coarse(held))},
        "class_kl": float(stats.entropy(counts, shares)),
        "classifier": float(np.exp(np.mean([stats.entropy(row, p.mean(0)) for row in p]))),
        "confident": float((p.max(1) > 0.9).mean()),
        "on_mode": [float(stats.chi2.cdf(9, d)) for d in (1, 2, 3)],
    }


def close(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(close(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(close, a, b))
    return a == b if isinstance(a, str) else abs(a - b) <= 1e-9 * max(1, abs(a))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dir", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    path = args.dir / "score.json"
    values = json.loads(json.dumps(compute()))
    if not args.check:
        path.write_text(json.dumps(values, indent=1) + "\n")
    elif not close(json.loads(path.read_text()), values):
        raise SystemExit(f"{path} is not what this script computes")


if __name__ == "__main__":
    main()
