"""Given labels that are probably wrong: what the images themselves say against them, and what a person decided."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from core.domain import Vector
from core.errors import BadInput
from core.evaluate.cross_validated import probabilities
from core.evaluate.label_errors import label_errors, tells_apart
from core.ingest import ground_truth
from core.pipeline.checking import evidence_of
from core.pipeline.labels import images_of
from core.propagation.sampling import evenly
from core.results.edits import Relabel, Several
from core.results.run_view import Query, Row, View
from core.store import Store

MOST = 20_000
"""Labelled images that are looked at, spread evenly over all: more would take minutes."""
MOST_CLASSES = 200
_NOT_TOLD = (
    "What was measured on the images does not tell these labels apart, so it cannot say which of them are wrong."
)
_COMPARED = 1_000
"""Labels whose spellings are compared, the most frequent ones: each with every other."""
MOST_AT_ONCE = 2_000
"""Images that one act gives another spelling."""
_LONG = 6
"""In a label of so many letters one may be a typing error, in one of twice as many two."""
CORRECTED = ("image", "given", "label", "decided_by", "group")


@dataclass(frozen=True, slots=True)
class Doubt:
    """A given label that is probably wrong, or one of two that an image was given.

    Attributes:
        given: the label that counts.
        likely: the one that the image looks like, or the other that it was given.
        confidence: the probability of the given label, 0 to 1; None where the image was given both.
        group: the name of the group that the image is in, "" for none.
    """

    item: str
    name: str
    given: str
    likely: str
    confidence: float | None
    group: str


@dataclass(frozen=True, slots=True)
class Spelled:
    """Labels that differ only in spelling. label: the most frequent one; others: label -> how many images have it."""

    label: str
    others: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Doubts:
    """The doubtful labels: of images that were given two, then those that are probably wrong, the surest to be wrong
    first. looked_at: of how many labelled images; why: a sentence where
    none could be looked at."""

    listed: Sequence[Doubt]
    looked_at: int
    why: str = ""


def doubts(store: Store, run_id: str) -> Doubts:
    """The labels of a run that a person should look at: see `Doubts`."""
    view = View(store, run_id)
    twice = _given_twice(store, view)
    found, known = _unlike(store, view), {one.item for one in twice}
    return replace(found, listed=[*twice, *(one for one in found.listed if one.item not in known)])


def _given_twice(store: Store, view: View) -> list[Doubt]:
    """Images that were given two labels, as long as these can be read; the first counts."""
    truth = view.run.settings.truth
    if not truth or not ground_truth.truth_exists(truth):
        return []
    with suppress(BadInput):
        read = ground_truth.read(truth, images_of(store, view.run.settings.dataset_id))
        others = {two.said[0][0]: [label for _, _, label in two.said] for two in read.twice}
        rows = view.rows(Query(ids=tuple(others))) if others else []
        return [_of_two(row, next(other for other in others[row.item_id] if other != row.truth)) for row in rows]
    return []


def _of_two(row: Row, other: str) -> Doubt:
    return Doubt(row.item_id, row.name, row.truth, other, None, row.cluster.name if row.cluster else "")


def spelled_otherwise(view: View) -> list[Spelled]:
    """Labels that differ only in case, spaces, accents, hyphens, how a number is written, or in a letter or two of a
    longer word (but in no digit): the most images first. What a person has corrected counts as corrected."""
    table = view.confusion(corrected=True)
    numbers = dict(zip(table.classes, table.counts.sum(axis=1).tolist(), strict=True))
    order = sorted(numbers, key=lambda label: (-numbers[label], label))[:_COMPARED]
    found: dict[str, dict[str, int]] = {}
    taken: set[str] = set()
    for place, label in enumerate(order):
        if label not in taken:
            others = [one for one in order[place + 1 :] if one not in taken and _is_spelling(label, one)]
            taken.update(others)
            found[label] = {one: numbers[one] for one in others}
    return [Spelled(label, others) for label, others in found.items() if others]


def _is_spelling(label: str, other: str) -> bool:
    """Whether a person may have meant the same."""
    one, two = (_plain(ground_truth.spelling_key(text)) for text in (label, other))
    if one == two:
        return True
    if any(character.isdigit() for character in one + two):
        return False
    longest = max(len(one), len(two))
    typos = 0 if longest < _LONG else 1 if longest < 2 * _LONG else 2
    from rapidfuzz.distance import Levenshtein

    return bool(typos) and Levenshtein.distance(one, two, score_cutoff=typos) <= typos


def _plain(text: str) -> str:
    """Without accents, hyphens, underscores and spaces."""
    marks = unicodedata.normalize("NFD", text)
    return "".join(one for one in marks if not unicodedata.combining(one) and one not in " -_.'’")


def in_one_spelling(view: View, spelled: Spelled) -> Several:
    """One act that corrects every image with another spelling. Raises BadInput where these are too many."""
    column, said = view.run.settings.truth, view.relabelled
    edits: list[Relabel] = []
    for row in view.each():
        now = said[row.item_id][1] if row.item_id in said else row.truth
        if now in spelled.others:
            edits.append(Relabel(column, row.item_id, row.truth, spelled.label))
    if len(edits) > MOST_AT_ONCE:
        raise BadInput(f"These are more than {MOST_AT_ONCE:,} images. Correct the spelling where your labels are.")
    return Several(tuple(edits))


def _unlike(store: Store, view: View) -> Doubts:
    """The labels of a run that are probably wrong, by cross-validated confident learning over what was measured on the
    images and said of them. Labels of a single image are left out: nothing else shows what they mean."""
    labelled = [row for row in view.each() if row.truth]
    rows = [labelled[place] for place in evenly(len(labelled), MOST)]
    number = Counter(row.truth for row in rows)
    rows = [row for row in rows if number[row.truth] > 1]
    features, measured = _features(store, view.run.id, rows)
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
    likely = probabilities(features, labels)
    if not tells_apart(labels, likely):
        return Doubts(
            (),
            len(rows),
            "What was measured on the images does not tell these labels apart, so it says nothing of which are wrong.",
        )
    found = label_errors(labels, likely)
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
