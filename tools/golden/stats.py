"""Golden values of package stats from SciPy, as JSON.

    python tools/golden/stats.py testdata/golden            # writes stats.json
    python tools/golden/stats.py testdata/golden --check    # compares it with a new computation

Any environment with scipy 1.17 and numpy will do. BCa intervals are a function of the resampled means, which are stored with
them, so that our function of the same means can be held to rounding.
"""


import numpy as np
import scipy
from scipy import stats

import document

SEED = 20171129


def samples():
    rng = np.random.default_rng(SEED)
    return {
        "normal 10": rng.normal(0.004, 0.002, 10).round(4),
        "skewed 12": (rng.exponential(0.003, 12) - 0.001).round(4),
        "ties 8": np.array([0.001, 0.001, -0.001, 0.002, 0.0, 0.002, 0.001, -0.002]),
        "two": np.array([0.3, 0.5]),
        "large 14": rng.normal(97.5, 0.3, 14).round(2) - 97.3,
        "long 40": rng.normal(0.0005, 0.002, 40).round(4),
    }


def mean(x, axis=-1):
    return np.mean(x, axis=axis)


def case(x):
    t = stats.ttest_1samp(x, 0).confidence_interval(0.95)
    boot = stats.bootstrap((x,), mean, n_resamples=499, confidence_level=0.95, method="BCa",
                           rng=np.random.default_rng(SEED), vectorized=True) if len(x) > 2 else None
    percentile = stats.bootstrap((x,), mean, n_resamples=200000, confidence_level=0.95, method="percentile",
                                 rng=np.random.default_rng(SEED), vectorized=True, batch=10000)
    out = {
        "x": x.tolist(), "mean": float(np.mean(x)), "sd": float(np.std(x, ddof=1)), "t": [float(t.low), float(t.high)],
        "percentile": [float(percentile.confidence_interval.low), float(percentile.confidence_interval.high)],
    }
    if boot is not None:
        out["bca_means"] = np.sort(boot.bootstrap_distribution).tolist()
        out["bca"] = [float(boot.confidence_interval.low), float(boot.confidence_interval.high)]
    # SciPy enumerates the signs where there are at most n_resamples of them, and draws that many elsewhere.
    test = stats.permutation_test((x,), mean, permutation_type="samples", n_resamples=1 << 16 if len(x) <= 16 else 200000,
                                  alternative="two-sided", rng=np.random.default_rng(SEED), vectorized=True, batch=10000)
    out["p"] = float(test.pvalue)
    return out


def holm(p):
    """Holm's correction by its definition, one hypothesis at a time."""
    order, out, largest = np.argsort(p, kind="stable"), [0.0] * len(p), 0.0
    for rank, k in enumerate(order):
        largest = max(largest, min(1.0, (len(p) - rank) * p[k]))
        out[k] = largest
    return out


def compute():
    ps = [[0.01, 0.04, 0.03, 0.005], [0.5, 0.5, 0.9], [0.001], [0.02, 0.02, 0.02, 0.02, 0.02]]
    return {
        "versions": {"scipy": scipy.__version__, "numpy": np.__version__}, "seed": SEED,
        "samples": {name: case(x) for name, x in samples().items()},
        "holm": [{"p": p, "corrected": holm(p)} for p in ps],
    }


if __name__ == "__main__":
    document.main("stats.json", compute, indent=1)
