"""Golden values of package assess from NumPy and SciPy, as JSON.

    python tools/golden/assess.py testdata/golden            # writes assess.json
    python tools/golden/assess.py testdata/golden --check    # compares it with a new computation

Any environment with scipy and numpy will do. Each value is computed by its definition, not by the way that ours takes.
"""


import numpy as np
import scipy
from scipy import stats

import document

SEED, IMAGES, CLASSES, BINS, WORST = 20180620, 200, 4, 15, 5


def answers():
    """Logits that are right more often than by chance and too certain, in float32, with some exact ties."""
    rng = np.random.default_rng(SEED)
    labels = rng.integers(0, CLASSES, IMAGES)
    logits = rng.normal(0, 3, (IMAGES, CLASSES))
    logits[np.arange(IMAGES), labels] += 3
    logits = logits.round(2).astype(np.float32)
    logits[7] = 1.5
    logits[8, 1] = logits[8, 2] = 20
    return logits, labels


def ece(confidence, right):
    edges, total = np.linspace(0, 1, BINS + 1), 0.0
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            total += abs(confidence[inside].mean() - right[inside].mean()) * inside.mean()
    return total


def scores():
    logits, labels = answers()
    z = logits.astype(np.float64)
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    predicted, at = z.argmax(1), np.arange(IMAGES)
    losses = np.log(np.exp(z - z.max(1, keepdims=True)).sum(1)) + z.max(1) - z[at, labels]
    confusion = np.zeros((CLASSES, CLASSES), int)
    np.add.at(confusion, (labels, predicted), 1)
    wrong = np.flatnonzero(predicted != labels)
    return {
        "logits": logits.astype(float).round(2).tolist(), "labels": labels.tolist(),
        "accuracy": float((predicted == labels).mean()), "nll": float(losses.mean()),
        "ece": float(ece(p.max(1), predicted == labels)), "brier": float(((p - np.eye(CLASSES)[labels]) ** 2).sum(1).mean()),
        "confusion": confusion.tolist(), "worst": wrong[np.argsort(-losses[wrong], kind="stable")][:WORST].tolist(),
    }


def compute():
    pairs = [(0, 0), (1, 0), (3, 10), (10, 3), (5, 5), (25, 26), (40, 80), (700, 900), (0, 60)]
    return {
        "versions": {"scipy": scipy.__version__, "numpy": np.__version__}, "seed": SEED, "scores": scores(),
        "mcnemar": [{"b": b, "c": c, "p": float(stats.binomtest(b, b + c, 0.5).pvalue) if b + c else 1.0} for b, c in pairs],
    }


if __name__ == "__main__":
    document.main("assess.json", compute)
