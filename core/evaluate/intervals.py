"""How far scores would vary with other images of the same kind: bootstrap intervals over a table of counts.

Drawing n images with replacement is drawing the table's cells from a multinomial distribution, so that an interval
costs the same for a thousand images and for a million (percentile bootstrap, Efron and Tibshirani, 1993). The scores
are those of `core.evaluate.metrics`, from the counts alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from core.evaluate.confusion import Confusion, Pairs, matching

_RESAMPLES = 1000
_CELLS = 20_000_000
"""Cells of all resampled tables together, beyond which there are fewer resamples."""
_FEWEST = 200

_SHARES = ("acc", "purity")
_SAME = 1e-9
"""Scores that differ by no more than this differ by rounding."""

Counts = NDArray[np.int64]
Scores = NDArray[np.float64]


def intervals(
    table: Confusion, level: float = 0.95, by_hand: Pairs | None = None
) -> Mapping[str, tuple[float, float]] | None:
    """The interval of each score that holds it in `level` of the resamples, or None without images, and for tables of
    more than 100,000 cells (_CELLS / _FEWEST), which would take minutes.

    Returns "acc", "nmi", "ari", "purity" -> (low, high). The matching of clusters and classes is sought anew in each
    resample. Where all resamples agree, as they do where everything is right, they say nothing: shares of images have
    Wilson's interval then, the other scores none. Takes about 0.1 ms a resample for ten classes, 1 ms for fifty.
    """
    total = int(table.counts.sum())
    if not total or table.counts.size > _CELLS // _FEWEST:
        return None
    number = max(_FEWEST, min(_RESAMPLES, _CELLS // table.counts.size))
    draw = np.random.default_rng(0)
    cells = draw.multinomial(total, table.counts.ravel() / total, size=number)
    resampled = cells.reshape(number, *table.counts.shape)
    named = np.array([cluster is not None for cluster in table.clusters])
    own, tails = _all_scores(table, table.counts[None], named, by_hand), ((1 - level) / 2, (1 + level) / 2)
    every = _all_scores(table, resampled, named, by_hand)
    found: dict[str, tuple[float, float]] = {}
    for name, values in every.items():
        score = float(own[name][0])
        if np.ptp(values) > _SAME:
            found[name] = _interval(values, score, tails, -1.0 if name == "ari" else 0.0)
        elif name in _SHARES:
            found[name] = _of_share(score, total, level)
    return found


def _of_share(share: float, total: int, level: float) -> tuple[float, float]:
    """Wilson's interval (1927) of a share of images: where all are right, more images need not be."""
    z = NormalDist().inv_cdf((1 + level) / 2) ** 2 / total
    middle, half = (share + z / 2) / (1 + z), math.sqrt(z * (share * (1 - share) + z / 4)) / (1 + z)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _interval(values: Scores, own: float, tails: tuple[float, float], least: float) -> tuple[float, float]:
    """The quantiles of resampled scores, moved so that the median is the score itself: where groups hardly fit the
    classes, a resample's matching fits it better by chance than the whole's does. least: of this score."""
    low, middle, high = (float(value) for value in np.quantile(values, (tails[0], 0.5, tails[1])))
    return max(low + own - middle, least), min(high + own - middle, 1.0)


def _all_scores(table: Confusion, tables: Counts, named: NDArray[np.bool_], by_hand: Pairs | None) -> dict[str, Scores]:
    total = int(tables[0].sum())
    return {
        "acc": _accuracies(table, tables, by_hand) / total,
        "nmi": normalized_mutual_information(tables),
        "ari": adjusted_rand(tables),
        "purity": tables[:, :, named].max(axis=1, initial=0).sum(axis=1) / total,
    }


def _accuracies(table: Confusion, tables: Counts, by_hand: Pairs | None) -> Scores:
    """(number,): how many images the matching of each resampled table finds."""
    found = np.zeros(len(tables))
    for place, counts in enumerate(tables):
        pairs = matching(Confusion(table.classes, table.clusters, counts), by_hand)
        found[place] = sum(int(counts[i, j]) for i, j in pairs.items())
    return found


def normalized_mutual_information(tables: Counts) -> Scores:
    """NMI (arithmetic mean) of each table, (number, classes, clusters) -> (number,); 1 where both have one group."""
    shares = tables / tables.sum(axis=(1, 2), keepdims=True)
    rows, columns = shares.sum(axis=2), shares.sum(axis=1)
    expected = rows[:, :, None] * columns[:, None, :]
    some = shares > 0
    information = (shares * np.log(np.divide(shares, expected, out=np.ones_like(shares), where=some))).sum(axis=(1, 2))
    mean = (_entropy(rows) + _entropy(columns)) / 2
    return np.asarray(np.divide(information, mean, out=np.ones_like(mean), where=mean > 0))


def _entropy(shares: Scores) -> Scores:
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return np.asarray(-(shares * logs).sum(axis=1))


def adjusted_rand(tables: Counts) -> Scores:
    """ARI (Hubert and Arabie, 1985) of each table, (number, classes, clusters) -> (number,); 1 where pairs agree."""
    counts = tables.astype(float)
    both = (counts * (counts - 1)).sum(axis=(1, 2))
    rows, columns = counts.sum(axis=2), counts.sum(axis=1)
    of_classes, of_clusters = (rows * (rows - 1)).sum(axis=1), (columns * (columns - 1)).sum(axis=1)
    total = counts.sum(axis=(1, 2))
    expected = of_classes * of_clusters / np.maximum(total * (total - 1), 1)
    most = (of_classes + of_clusters) / 2
    room = most - expected
    return np.asarray(np.divide(both - expected, room, out=np.ones_like(room), where=room != 0))
