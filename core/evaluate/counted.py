"""Scores of two groupings from a table of how many images both have in common, as scikit-learn gives them for the
images one by one: the time does not grow with the number of images.

Names and edge cases follow scikit-learn: two groupings that are both one group agree fully, no images agree fully.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MOST = 200_000_000
"""Terms of the expected mutual information, beyond which AMI is left out: some ten seconds of work."""

Counts = NDArray[np.int64]


def scores(counts: Counts) -> dict[str, float | None]:
    """nmi, ami, ari, fmi, homogeneity, completeness, v_measure of a (classes, clusters) table.

    Means are arithmetic; ami is None where it would take too long."""
    total = int(counts.sum())
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    rows, columns = rows[rows > 0], columns[columns > 0]
    of_rows, of_columns, shared = _entropy(rows), _entropy(columns), _information(counts)
    homogeneity = shared / of_rows if of_rows else 1.0
    completeness = shared / of_columns if of_columns else 1.0
    both = homogeneity + completeness
    is_one = len(rows) == len(columns) and len(rows) <= 1
    middle = (of_rows + of_columns) / 2
    return {
        "nmi": 1.0 if is_one else shared / middle if shared else 0.0,
        "ami": 1.0 if is_one else _adjusted(counts, shared, middle, total) if _terms(counts) <= _MOST else None,
        **_pairs(counts, rows, columns, total),
        "homogeneity": homogeneity,
        "completeness": completeness,
        "v_measure": 2 * homogeneity * completeness / both if both else 0.0,
    }


def _entropy(sizes: NDArray[np.int64]) -> float:
    if len(sizes) <= 1:
        return 0.0
    shares = sizes / sizes.sum()
    return float(-(shares * np.log(shares)).sum())


def _information(counts: Counts) -> float:
    """Mutual information in nats; values that are zero but for rounding are zero."""
    from core.libraries.sklearn import metrics

    if not counts.any():
        return 0.0
    kept = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    found = float(metrics.mutual_info_score(None, None, contingency=kept))
    return 0.0 if found <= np.finfo(np.float64).eps else found


def _adjusted(counts: Counts, shared: float, middle: float, total: int) -> float:
    """AMI (Vinh et al., JMLR 2010): what is shared beyond what tables of these sizes share by chance."""
    from core.libraries.sklearn import metrics

    kept = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    by_chance = float(metrics.cluster.expected_mutual_information(kept, total))
    return _off_zero(shared - by_chance) / _off_zero(middle - by_chance)


def _terms(counts: Counts) -> int:
    """How many terms the expected mutual information has: for each class and cluster the smaller of their sizes."""
    rows, columns = np.sort(counts.sum(axis=1)), np.sort(counts.sum(axis=0))
    at, before = np.searchsorted(columns, rows), np.concatenate([[0], np.cumsum(columns)])
    return int((before[at] + rows * (len(columns) - at)).sum())


def _off_zero(value: float) -> float:
    least = float(np.finfo(np.float64).eps)
    return min(value, -least) if value < 0 else max(value, least)


def _pairs(counts: Counts, rows: NDArray[np.int64], columns: NDArray[np.int64], total: int) -> dict[str, float]:
    """ARI (Hubert and Arabie, 1985) and FMI (Fowlkes and Mallows, 1983), by pairs of images."""
    same = float((counts.astype(np.float64) ** 2).sum()) - total
    in_rows = float((rows.astype(np.float64) ** 2).sum()) - total
    in_columns = float((columns.astype(np.float64) ** 2).sum()) - total
    fmi = float(np.sqrt(same / in_rows) * np.sqrt(same / in_columns)) if same else 0.0
    apart_here, apart_there = in_columns - same, in_rows - same
    if not apart_here and not apart_there:
        return {"ari": 1.0, "fmi": fmi}
    all_pairs = float(total) * (total - 1)
    neither = all_pairs - same - apart_here - apart_there
    above = 2.0 * (same * neither - apart_there * apart_here)
    below = (same + apart_there) * (apart_there + neither) + (same + apart_here) * (apart_here + neither)
    return {"ari": above / below, "fmi": fmi}
