"""Extrinsic metrics: how far a grouping agrees with ground truth.

Hungarian accuracy (ACC) as in Xie et al. (DEC, ICML 2016) for any number of clusters and classes; NMI and AMI
(arithmetic mean; Vinh et al., JMLR 2010), ARI, Fowlkes-Mallows, homogeneity, completeness and V-measure as
scikit-learn gives them; purity; and `name_acc`, which asks whether a cluster's *name* means the class
(`core.evaluate.names`). `chance` is the accuracy of saying the commonest class of every image, `shuffled` what groups
of these sizes reach once in twenty times when the images are dealt out to them blindly. Every score covers all images
with truth: Unassigned counts as one extra cluster that is matched to no class. The same scores with the suffix
`_assigned` leave the unassigned images out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import threads
from core.evaluate import counted
from core.evaluate.names import Lexicon, classes_meant

_SHUFFLES = 200
_CELLS = 200_000
"""Fields of all shuffled tables together, beyond which there are fewer of them: a large one takes long to match."""


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


def hungarian_accuracy(truth: Sequence[str], predicted: Sequence[str | None]) -> float:
    """Share of images in the cluster matched to their class, under the best one-to-one matching.

    Any number of clusters and classes: what is left over is matched to nothing and counts as wrong, as does Unassigned
    (None). 0.0 for no images.
    """
    return _accuracy(confusion(truth, predicted))


def _accuracy(table: Confusion) -> float:
    total = int(table.counts.sum())
    return sum(int(table.counts[i, j]) for i, j in matching(table).items()) / total if total else 0.0


def score(
    truth: Sequence[str],
    predicted: Sequence[str | None],
    names: Mapping[str, str],
    lexicon: Lexicon,
    hints: Collection[str] = (),
) -> dict[str, Any]:
    """All of metrics.json for images with truth.

    truth: class of each image. predicted: cluster id of each image, None for Unassigned. names: cluster id -> name.
    hints: ids of the clusters whose name is only a placeholder. Scores lie in 0..1 (ARI may be below 0); those of an
    empty set of images are None.
    """
    return score_table(confusion(truth, predicted), names, lexicon, hints)


@threads.limited
def score_table(
    table: Confusion, names: Mapping[str, str], lexicon: Lexicon, hints: Collection[str] = ()
) -> dict[str, Any]:
    """`score` for images that were counted already: every one of these scores depends on the counts alone."""
    meant = names_meant(table, names, lexicon, hints)
    assigned = from_counts(
        {
            (name, cluster): int(table.counts[i, j])
            for i, name in enumerate(table.classes)
            for j, cluster in enumerate(table.clusters)
            if cluster is not None and table.counts[i, j]
        }
    )
    n, kept = int(table.counts.sum()), int(assigned.counts.sum())
    result: dict[str, Any] = {
        "n": n,
        "n_assigned": kept,
        "n_unassigned": n - kept,
        "k_true": len(table.classes),
        "k_found": sum(cluster is not None for cluster in table.clusters),
    }
    result.update(whole := _scores(table, meant))
    of_assigned = whole if kept == n else _scores(assigned, meant)  # the same images
    result.update({f"{key}_assigned": value for key, value in of_assigned.items()})
    result["per_class"] = _per_class(table, names)
    result["per_group"] = _per_group(table, names)
    result["confused"] = commonest_confusion(table, names)
    return result


@threads.limited
def agreement(table: Confusion) -> dict[str, float]:
    """NMI and ARI of two groupings of the same images, neither of which counts as right; 1 for no images."""
    found = counted.scores(table.counts)
    return {key: found[key] for key in ("nmi", "ari")}


def names_meant(
    table: Confusion, names: Mapping[str, str], lexicon: Lexicon, hints: Collection[str] = ()
) -> dict[str, str] | None:
    """Cluster id -> the class that its name means (`core.evaluate.names.classes_meant`), with counts from a table."""
    images = {
        (name, cluster): int(table.counts[row, column])
        for row, name in enumerate(table.classes)
        for column, cluster in enumerate(table.clusters)
        if cluster is not None
    }
    return classes_meant(table.classes, names, lexicon, images, hints)


def chance_verdict(scores: Mapping[str, Any]) -> str:
    """What is to be said of an accuracy that chance reaches too, in the whole per cent that a person reads; "" where it
    does not. With few images, or classes of one size, blind groups match better than the commonest class does.
    """
    acc, chance, shuffled = (round(100 * scores[key]) for key in ("acc", "chance", "shuffled"))
    if acc > max(chance, shuffled):
        return ""
    return ": no better than chance" if acc <= chance else ": no better than chance, as blindly formed groups reach it"


def sentence(scores: Mapping[str, Any], column: str = "") -> str:
    """The accuracy in words, beside what chance gives.

    Args:
        scores: those of `score` over at least one image.
        column: the labels' name where they are about something else than the groups, which then are not right or wrong.
    """
    acc, chance, number = scores["acc"], scores["chance"], scores["n"]
    verb = f"Agrees with the labels “{column}”" if column else "Matches the labels"
    return (
        f"{verb} for {100 * acc:.0f} % of {number:,} image{'' if number == 1 else 's'}, "
        f"where always saying the commonest label gives {100 * chance:.0f} %{chance_verdict(scores)}."
    )


def _shuffled(table: Confusion) -> float:
    """The accuracy that at most one in twenty of the tables with these classes and cluster sizes exceeds."""
    draw = np.random.default_rng(0)
    reached = []
    for _ in range(min(_SHUFFLES, max(3, _CELLS // table.counts.size))):
        left, rows = table.counts.sum(axis=0), []
        for size in table.counts.sum(axis=1):
            rows.append(draw.multivariate_hypergeometric(left, size))
            left = left - rows[-1]
        reached.append(_accuracy(Confusion(table.classes, table.clusters, np.stack(rows))))
    return float(np.quantile(reached, 0.95))


def _scores(table: Confusion, meant: Mapping[str, str] | None) -> dict[str, float | None]:
    total = int(table.counts.sum())
    if not total:
        return dict.fromkeys(
            (
                "acc",
                "nmi",
                "ari",
                "ami",
                "fmi",
                "homogeneity",
                "completeness",
                "v_measure",
                "purity",
                "name_acc",
                "chance",
                "shuffled",
            )
        )
    assigned = table.counts[:, [j for j, cluster in enumerate(table.clusters) if cluster is not None]]
    named: float | None = None
    if meant is not None:
        right = sum(
            int(table.counts[row, column])
            for row, name in enumerate(table.classes)
            for column, cluster in enumerate(table.clusters)
            if cluster is not None and meant.get(cluster) == name
        )
        named = right / total
    return {
        "acc": _accuracy(table),
        **counted.scores(table.counts),
        "purity": float(assigned.max(axis=0).sum() / total) if assigned.size else 0.0,
        "name_acc": named,
        "chance": int(table.counts.sum(axis=1).max()) / total,
        "shuffled": _shuffled(table),
    }


def matching(table: Confusion) -> dict[int, int]:
    """Class row -> cluster column under the matching with most agreement; Unassigned is never matched."""
    from core.libraries.scipy import linear_sum_assignment

    columns = [j for j, cluster in enumerate(table.clusters) if cluster is not None]
    rows, chosen = linear_sum_assignment(table.counts[:, columns], maximize=True)
    return {int(i): columns[int(j)] for i, j in zip(rows, chosen, strict=True) if table.counts[i, columns[int(j)]] > 0}


def _per_class(table: Confusion, names: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Per class: size, precision, recall and F1 of the cluster matched to it, and that cluster's name (or None)."""
    matched = matching(table)
    result: dict[str, dict[str, Any]] = {}
    for i, name in enumerate(table.classes):
        size = int(table.counts[i].sum())
        j = matched.get(i)
        hit = int(table.counts[i, j]) if j is not None else 0
        precision = hit / int(table.counts[:, j].sum()) if j is not None else 0.0
        recall = hit / size
        f1 = 2 * precision * recall / (precision + recall) if hit else 0.0
        cluster = table.clusters[j] if j is not None else None
        result[name] = {
            "n": size,
            "precision": precision,
            "recall": recall,
            "f1": f1,
            "cluster": names.get(cluster, cluster) if cluster is not None else None,
        }
    return result


def _per_group(table: Confusion, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Per cluster, the largest first: size, its commonest class, and precision, recall and F1 for that class.

    Many clusters may have one class ("many to one"): together their precision is the purity.
    """
    result = []
    for j, cluster in enumerate(table.clusters):
        if cluster is None:
            continue
        i = int(table.counts[:, j].argmax())
        size, hit = int(table.counts[:, j].sum()), int(table.counts[i, j])
        precision, recall = hit / size, hit / int(table.counts[i].sum())
        result.append(
            {
                "cluster": names.get(cluster, cluster),
                "n": size,
                "class": table.classes[i],
                "precision": precision,
                "recall": recall,
                "f1": 2 * precision * recall / (precision + recall),
            }
        )
    return sorted(result, key=lambda group: (-group["n"], group["cluster"]))


def commonest_confusion(table: Confusion, names: Mapping[str, str]) -> dict[str, Any] | None:
    """The class and the cluster of another class that share most images: class, cluster, id, n; None where no image is
    in the cluster of another class."""
    own = matching(table)
    counts = table.counts.copy()
    for i, j in own.items():
        counts[i, j] = 0
    counts[:, [j for j, cluster in enumerate(table.clusters) if cluster is None]] = 0
    if not counts.any():
        return None
    row, column = divmod(int(counts.argmax()), counts.shape[1])
    cluster = table.clusters[column]
    return {
        "class": table.classes[row],
        "cluster": names.get(str(cluster), str(cluster)),
        "id": cluster,
        "n": int(counts[row, column]),
    }
