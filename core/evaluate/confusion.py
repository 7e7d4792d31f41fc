"""How many images of each class are in each cluster, and which cluster is matched to which class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pairs = Mapping[str, str]
"""Class -> the cluster that a person matched it to."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """counts[i, j]: images of class classes[i] in cluster clusters[j]; None, when present, is Unassigned and last."""

    classes: tuple[str, ...]
    clusters: tuple[str | None, ...]
    counts: NDArray[np.int64]


def confusion(truth: Sequence[str], predicted: Sequence[str | None]) -> Confusion:
    """Count images by class and cluster. Raises ValueError when the lengths differ."""
    if len(truth) != len(predicted):
        raise ValueError(f"{len(truth)} truths for {len(predicted)} predictions")
    return from_counts(Counter(zip(truth, predicted, strict=True)))


def from_counts(counted: Mapping[tuple[str, str | None], int]) -> Confusion:
    """The confusion table of (class, cluster or None) -> how many images."""
    classes = tuple(sorted({name for name, _ in counted}))
    found = sorted({cluster for _, cluster in counted if cluster is not None})
    clusters: tuple[str | None, ...] = (*found, None) if any(c is None for _, c in counted) else tuple(found)
    row = {name: i for i, name in enumerate(classes)}
    column = {name: j for j, name in enumerate(clusters)}
    counts = np.zeros((len(classes), len(clusters)), dtype=np.int64)
    for (name, cluster), number in counted.items():
        counts[row[name], column[cluster]] = number
    return Confusion(classes, clusters, counts)


def matching(table: Confusion, by_hand: Pairs | None = None) -> dict[int, int]:
    """Class row -> cluster column under the matching with most agreement; Unassigned is never matched.

    by_hand: pairs that a person fixed; the rest is matched around them.
    """
    fixed = {
        table.classes.index(name): table.clusters.index(cluster)
        for name, cluster in (by_hand or {}).items()
        if both_in(table, name, cluster)
    }
    rows = [i for i in range(len(table.classes)) if i not in fixed]
    taken = set(fixed.values())
    columns = [j for j, cluster in enumerate(table.clusters) if cluster is not None and j not in taken]
    best = best_pairs(table.counts[np.ix_(rows, columns)]) if rows and columns else ()
    free = {rows[i]: columns[j] for i, j in best if table.counts[rows[i], columns[j]] > 0}
    return fixed | free


def best_pairs(counts: NDArray[np.int64]) -> list[tuple[int, int]]:
    """The one-to-one pairs of rows and columns with the largest sum (Kuhn, 1955)."""
    from core.libraries.scipy import linear_sum_assignment

    rows, columns = linear_sum_assignment(counts, maximize=True)
    return [(int(i), int(j)) for i, j in zip(rows, columns, strict=True)]


def _matched(hit: int, cluster: int, label: int) -> dict[str, float]:
    """Precision, recall and F1 of a pair with `hit` images in common, of so many in the cluster and the class."""
    precision, recall = hit / cluster if cluster else 0.0, hit / label if label else 0.0
    f1 = 2 * precision * recall / (precision + recall) if hit else 0.0
    return {"precision": precision, "recall": recall, "f1": f1}


_UNMATCHED = {"precision": 0.0, "recall": 0.0, "f1": 0.0}


def per_class(table: Confusion, names: Mapping[str, str], by_hand: Pairs) -> dict[str, dict[str, Any]]:
    """Per class: size, precision, recall and F1 of the cluster matched to it, and that cluster's name (or None)."""
    matched = matching(table, by_hand)
    of_classes, of_clusters = table.counts.sum(axis=1).tolist(), table.counts.sum(axis=0).tolist()
    result: dict[str, dict[str, Any]] = {}
    for i, name in enumerate(table.classes):
        j = matched.get(i)
        own = _UNMATCHED if j is None else _matched(int(table.counts[i, j]), of_clusters[j], of_classes[i])
        cluster = table.clusters[j] if j is not None else None
        called = names.get(cluster, cluster) if cluster is not None else None
        result[name] = {"n": of_classes[i], **own, "cluster": called}
    return result


def per_group(table: Confusion, names: Mapping[str, str], by_hand: Pairs) -> list[dict[str, Any]]:
    """Per cluster with labelled images: id, name, size, the class matched to it (or None) with precision, recall and
    F1, and the many-to-one view: its commonest class and that class's share."""
    own = {j: i for i, j in matching(table, by_hand).items()}
    of_classes, of_clusters = table.counts.sum(axis=1).tolist(), table.counts.sum(axis=0).tolist()
    result = []
    for j, cluster in enumerate(table.clusters):
        if cluster is None:
            continue
        i, most = own.get(j), int(table.counts[:, j].argmax())
        told = _UNMATCHED if i is None else _matched(int(table.counts[i, j]), of_clusters[j], of_classes[i])
        result.append(
            {
                "id": cluster,
                "group": names.get(cluster, cluster),
                "n": of_clusters[j],
                "label": None if i is None else table.classes[i],
                **told,
                "commonest": table.classes[most],
                "share": int(table.counts[most, j]) / of_clusters[j] if of_clusters[j] else 0.0,
            }
        )
    return result


def commonest_confusion(
    table: Confusion, names: Mapping[str, str], by_hand: Pairs | None = None
) -> dict[str, Any] | None:
    """The class and the group, not matched to it, with most images in common; None where there is no such image.

    Returns "label", "cluster" (its id), "group" (its name), "n" and "of", all images of the class.
    """
    matched = matching(table, by_hand)
    wrong = table.counts.copy()
    for i, j in matched.items():
        wrong[i, j] = 0
    wrong[:, [j for j, cluster in enumerate(table.clusters) if cluster is None]] = 0
    if not wrong.size or not wrong.max():
        return None
    i, j = (int(place) for place in np.unravel_index(int(wrong.argmax()), wrong.shape))
    cluster = str(table.clusters[j])
    return {
        "label": table.classes[i],
        "cluster": cluster,
        "group": names.get(cluster, cluster),
        "n": int(wrong[i, j]),
        "of": int(table.counts[i].sum()),
    }


def both_in(table: Confusion, name: str, cluster: str) -> bool:
    """Whether the table has this class and this cluster."""
    return name in table.classes and cluster in table.clusters
