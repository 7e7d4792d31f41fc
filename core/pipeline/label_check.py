"""Given labels that are probably wrong: what the images themselves say against them, and what a person decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.domain import Vector
from core.evaluate.cross_validated import probabilities
from core.evaluate.label_errors import label_errors
from core.pipeline.checking import evidence_of
from core.propagation.sampling import evenly
from core.results.run_view import Row, View
from core.store import Store

MOST = 20_000
"""Labelled images that are looked at, spread evenly over all: more would take minutes."""
MOST_CLASSES = 200
CORRECTED = ("image", "given", "label", "decided_by", "group")


@dataclass(frozen=True, slots=True)
class Doubt:
    """A given label that is probably wrong. group: the name of the group that the image is in, "" for none.

    confidence: the probability of the given label, 0 to 1.
    """

    item: str
    name: str
    given: str
    likely: str
    confidence: float
    group: str


@dataclass(frozen=True, slots=True)
class Doubts:
    """The doubtful labels, the surest to be wrong first. looked_at: of how many labelled images; why: a sentence where
    none could be looked at."""

    listed: Sequence[Doubt]
    looked_at: int
    why: str = ""


def doubts(store: Store, run_id: str) -> Doubts:
    """The labels of a run that are probably wrong, by cross-validated confident learning over what was measured on the
    images and said of them. Labels of a single image are left out: nothing else shows what they mean."""
    view = View(store, run_id)
    labelled = [row for row in view.each() if row.truth]
    rows = [labelled[place] for place in evenly(len(labelled), MOST)]
    number = Counter(row.truth for row in rows)
    rows = [row for row in rows if number[row.truth] > 1]
    features, measured = _features(store, run_id, rows)
    rows = [row for row, seen in zip(rows, measured, strict=True) if seen]
    number = Counter(row.truth for row in rows)
    keep = [place for place, row in enumerate(rows) if number[row.truth] > 1]
    rows, features = [rows[place] for place in keep], features[measured][keep]
    classes = sorted({row.truth for row in rows})
    if len(classes) < 2:
        return Doubts((), len(rows), "This needs at least two labels with two images each, and what the images show.")
    if len(classes) > MOST_CLASSES:
        return Doubts((), len(rows), f"There are more than {MOST_CLASSES} labels, too many to be told apart.")
    column = {name: place for place, name in enumerate(classes)}
    labels = np.array([column[row.truth] for row in rows])
    found = label_errors(labels, probabilities(features, labels))
    return Doubts(
        [
            Doubt(
                rows[one.row].item_id,
                rows[one.row].name,
                classes[one.given],
                classes[one.likely],
                one.confidence,
                own.name if (own := rows[one.row].cluster) else "",
            )
            for one in found
        ],
        len(rows),
    )


def _features(store: Store, run_id: str, rows: Sequence[Row]) -> tuple[Vector, np.ndarray]:
    """(n, dimensions) of what was measured and said, all spaces side by side, and which rows have all of it."""
    places = evidence_of(store, run_id, [row.item_id for row in rows]) if rows else {}
    if not places:
        return np.zeros((len(rows), 1), dtype=np.float32), np.zeros(len(rows), dtype=bool)
    measured = np.logical_and.reduce([own.measured for own in places.values()])
    return np.concatenate([own.values for own in places.values()], axis=1), measured


def corrected(view: View) -> Iterator[tuple[object, ...]]:
    """A row (see CORRECTED) for each image with a label: the given one, the one that counts, and who decided: "given"
    where nobody looked, "person" for a label that was confirmed or corrected."""
    said = view.relabelled
    for row in view.each():
        if row.truth:
            label = said[row.item_id][1] if row.item_id in said else row.truth
            who = "person" if row.item_id in said else "given"
            yield row.name, row.truth, label, who, row.cluster.name if row.cluster else ""
