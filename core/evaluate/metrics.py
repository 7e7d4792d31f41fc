"""Extrinsic metrics: how far a grouping agrees with ground truth.

Hungarian accuracy (ACC) as in Xie et al. (DEC, ICML 2016) for any number of clusters and classes; NMI (arithmetic
mean), AMI, ARI, Fowlkes-Mallows, homogeneity, completeness and V-measure as scikit-learn gives them; purity; and
`name_acc`, which asks whether a cluster's *name* means the class (`core.evaluate.names`).
`chance` is the accuracy of saying the commonest class of every image, `shuffled` what groups of these sizes reach once
in twenty times when the images are dealt out to them blindly. Every score covers all images with truth: Unassigned
counts as one extra cluster that is matched to no class. Purity is the accuracy of the many-to-one view: each cluster
counts for its commonest class. The same scores with the suffix `_assigned` leave the unassigned images out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from core import threads
from core.evaluate import counted
from core.evaluate.confusion import (
    Confusion,
    Pairs,
    both_in,
    commonest_confusion,
    confusion,
    from_counts,
    matching,
    per_class,
    per_group,
)
from core.evaluate.names import Lexicon, classes_meant

_SHUFFLES = 200
_CELLS = 200_000
"""Fields of all shuffled tables together, beyond which there are fewer of them: a large one takes long to match."""


def hungarian_accuracy(truth: Sequence[str], predicted: Sequence[str | None]) -> float:
    """Share of images in the cluster matched to their class, under the best one-to-one matching.

    Any number of clusters and classes: what is left over is matched to nothing and counts as wrong, as does Unassigned
    (None). 0.0 for no images.
    """
    return _accuracy(confusion(truth, predicted))


def _accuracy(table: Confusion, by_hand: Pairs | None = None) -> float:
    total = int(table.counts.sum())
    return sum(int(table.counts[i, j]) for i, j in matching(table, by_hand).items()) / total if total else 0.0


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
    table: Confusion,
    names: Mapping[str, str],
    lexicon: Lexicon,
    hints: Collection[str] = (),
    by_hand: Pairs | None = None,
) -> dict[str, Any]:
    """`score` for images that were counted already: every one of these scores depends on the counts alone.

    by_hand: what a person matched; the other classes and clusters are matched as well as possible.
    """
    by_hand = {name: cluster for name, cluster in (by_hand or {}).items() if both_in(table, name, cluster)}
    meant = names_meant(table, names, lexicon, hints)
    assigned = from_counts({(name, cluster): number for (name, cluster), number in _images(table).items()})
    n, kept = int(table.counts.sum()), int(assigned.counts.sum())
    result: dict[str, Any] = {
        "n": n,
        "n_assigned": kept,
        "n_unassigned": n - kept,
        "coverage": kept / n if n else None,
        "k_true": len(table.classes),
        "k_found": sum(cluster is not None for cluster in table.clusters),
    }
    whole = _scores(table, meant, by_hand)
    of_assigned = whole if kept == n else _scores(assigned, meant, by_hand)  # else the same images
    result.update(whole | {f"{key}_assigned": value for key, value in of_assigned.items()})
    result["per_class"] = per_class(table, names, by_hand)
    result["per_group"] = per_group(table, names, by_hand)
    result["confused"] = commonest_confusion(table, names, by_hand)
    result["matched_by_hand"] = {name: names.get(cluster, cluster) for name, cluster in by_hand.items()}
    return result


@threads.limited
def agreement(table: Confusion) -> dict[str, float]:
    """NMI and ARI of two groupings of the same images, neither of which counts as right; 1 for no images."""
    found = counted.scores(table.counts)
    return {key: found[key] or 0.0 for key in ("nmi", "ari")}


def names_meant(
    table: Confusion, names: Mapping[str, str], lexicon: Lexicon, hints: Collection[str] = ()
) -> dict[str, str] | None:
    """Cluster id -> the class that its name means (`core.evaluate.names.classes_meant`), with counts from a table."""
    return classes_meant(table.classes, names, lexicon, _images(table), hints)


def _images(table: Confusion) -> dict[tuple[str, str], int]:
    """(class, cluster) -> how many images, for pairs that have any; of thousands of classes hardly any pair does."""
    return {
        (table.classes[row], cluster): int(table.counts[row, column])
        for row, column in zip(*np.nonzero(table.counts), strict=True)
        if (cluster := table.clusters[column]) is not None
    }


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


def _scores(table: Confusion, meant: Mapping[str, str] | None, by_hand: Pairs | None = None) -> dict[str, float | None]:
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
        right = sum(number for (name, cluster), number in _images(table).items() if meant.get(cluster) == name)
        named = right / total
    return {
        "acc": _accuracy(table, by_hand),
        **counted.scores(table.counts),
        "purity": float(assigned.max(axis=0).sum() / total) if assigned.size else 0.0,
        "name_acc": named,
        "chance": int(table.counts.sum(axis=1).max()) / total,
        "shuffled": _shuffled(table),
    }
