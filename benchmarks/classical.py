"""What classical baselines and metrics cost beside the bare calls, as ratios within one run.

python benchmarks/classical.py [ROWS [DIMENSIONS [GROUPS]]]     (default: 416314 512 50; the whole takes some minutes)

* metrics: `score_table` on counts beside the same scikit-learn calls on two arrays of labels; at most 1.2 times.
* k-means: `grouped` beside scikit-learn's KMeans, MiniBatchKMeans, and faiss where it is there; the fastest of those
  whose inertia is at most 1 % above ours; at most 1.5 times.
* the whole way: scaling, PCA that keeps 90 % of the variance, the elbow on a sample.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from core.classical.groups import grouped
from core.classical.reduce import Reduction, reduced
from core.evaluate.metrics import confusion, score_table
from core.evaluate.number_of_groups import how_many

ROWS, DIMENSIONS, GROUPS = 416_314, 512, 50


def descriptors(rows: int, dimensions: int, groups: int) -> tuple[np.ndarray, np.ndarray]:
    """Groups of different sizes and spreads that overlap, (rows, dimensions) float32, with the group of each row."""
    draw = np.random.default_rng(0)
    centres = draw.normal(size=(groups, dimensions)).astype(np.float32)
    truth = draw.choice(groups, rows, p=draw.dirichlet(np.full(groups, 3.0)))
    found = draw.standard_normal((rows, dimensions), dtype=np.float32)
    found *= draw.uniform(0.8, 1.6, groups).astype(np.float32)[truth][:, None]
    return found + centres[truth], truth


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """What it gives, and the seconds it took."""
    began = time.perf_counter()
    found = call()
    return found, time.perf_counter() - began


def inertia(rows: np.ndarray, labels: np.ndarray) -> float:
    """The sum of squared distances to the groups' means."""
    total = 0.0
    for group in np.unique(labels):
        own = rows[labels == group]
        total += float(((own - own.mean(axis=0)) ** 2).sum())
    return total


def metrics_ratio(truth: np.ndarray, labels: np.ndarray) -> None:
    """Print what our scores take beside scikit-learn's."""
    from sklearn import metrics as sk

    def bare() -> None:
        for score in (
            sk.normalized_mutual_info_score,
            sk.adjusted_rand_score,
            sk.fowlkes_mallows_score,
            sk.homogeneity_completeness_v_measure,
        ):
            score(truth, labels)

    names = [f"t{group}" for group in range(truth.max() + 1)], [f"c{group}" for group in range(labels.max() + 1)]
    table = confusion([names[0][i] for i in truth], [names[1][i] for i in labels])
    score_table(table, {}, ())
    bare()
    own = min(timed(lambda: score_table(table, {}, ()))[1] for _ in range(3))
    others = min(timed(bare)[1] for _ in range(3))
    print(f"metrics: ours {own:.2f} s, scikit-learn {others:.2f} s, ratio {own / others:.2f} (at most 1.2)")


def k_means_ratio(rows: np.ndarray, k: int) -> np.ndarray:
    """Print what our k-means takes beside the others; returns its labels."""
    from sklearn.cluster import KMeans, MiniBatchKMeans

    def by_faiss() -> np.ndarray:
        import faiss

        found = faiss.Kmeans(rows.shape[1], k, niter=25, seed=0)
        found.train(rows)
        return np.asarray(found.index.search(rows, 1)[1][:, 0])

    others: dict[str, Callable[[], np.ndarray]] = {
        "scikit-learn k-means": lambda: KMeans(k, n_init=1, random_state=0).fit_predict(rows),
        "scikit-learn mini-batch": lambda: MiniBatchKMeans(k, n_init=3, batch_size=4096, random_state=0).fit_predict(
            rows
        ),
        "faiss": by_faiss,
    }
    labels, own = timed(lambda: grouped(rows, "k-means", k).labels)
    reached = inertia(rows, labels)
    print(f"k-means of {rows.shape}, K {k}: ours {own:.1f} s, inertia {reached:.6g}")
    best = float("inf")
    for name, call in others.items():
        try:
            found, took = timed(call)
        except ImportError:
            print(f"  {name}: not installed")
            continue
        share = inertia(rows, found) / reached - 1
        print(f"  {name}: {took:.1f} s, inertia {share:+.2%}")
        if share <= 0.01:
            best = min(best, took)
    print(f"  ratio to the fastest of equal inertia: {own / best:.2f} (at most 1.5)")
    return labels


def main() -> None:
    rows, dimensions, groups = [*map(int, sys.argv[1:]), *(ROWS, DIMENSIONS, GROUPS)[len(sys.argv) - 1 :]]
    features, truth = descriptors(rows, dimensions, groups)
    labels = k_means_ratio(features, groups)
    metrics_ratio(truth, labels)
    ready, took = timed(lambda: reduced(features, Reduction("standard", 0.9)))
    print(f"scaled and PCA 90 %: {took:.1f} s, {dimensions} -> {ready.shape[1]} dimensions")
    found, took = timed(lambda: how_many(ready, range(2, 2 * min(groups, 15), 4)))
    print(f"elbow and four criteria on {found.rows if found else 0:,} rows: {took:.1f} s")


if __name__ == "__main__":
    main()
