"""Suggestions from label columns that were given: the name of a column is a criterion, and it has so many labels.

Labels decide which criterion and how many groups are suggested. No image is grouped by them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from core.config import config
from core.domain import folded
from core.errors import FacetryError
from core.ingest import ground_truth
from core.ingest.ground_truth import ALIKE, ALONG, NAMES
from core.ingest.name_matching import Images
from core.ingest.source import RECORD_TRUTH
from core.ingest.sources import huggingface_hub
from core.ingest.sources.source_file import check_allowed
from core.models.embedding.minilm import embed
from core.results.labels_about import says_nothing
from core.store import Store
from core.suggestions.suggestion import Group, Number, Suggestion

_MOST = 60
"""More labels are no groups."""
_EACH = 2
"""Images that a label has on the mean; where they have fewer, the column names images (a file, a date, a number)."""
_MEANS = 0.6
"""So alike are two names of one criterion (cosine of sentence embeddings)."""
_FILLERS = frozenset("a an the of by kind kinds type types sort sorts main what which is in their its".split())


@dataclass(frozen=True, slots=True)
class Column:
    """Labels of one name: how many images have each, the commonest first."""

    name: str
    labels: Mapping[str, int]

    @property
    def is_named(self) -> bool:
        """Whether the name says what the labels are about, unlike those of folders, file names, records and "label"."""
        return self.name not in (*NAMES, RECORD_TRUTH) and not says_nothing(self.name)


def columns(store: Store, dataset_id: str, truth: str = "") -> list[Column]:
    """The columns of labels that these images came with or were given: those that runs were compared with, and all of
    the table at `truth` (an address, see `ground_truth.read`). A table that cannot be read gives none."""
    found = {
        facet: list(store.datasets.truth(dataset_id, facet).values()) for facet in store.datasets.facets(dataset_id)
    }
    if truth:
        images = Images(store.datasets.names(dataset_id), store.datasets.copies(dataset_id))
        with suppress(FacetryError, OSError):
            found |= _given(truth, images)
    listed = {_plain(facet): labels for facet, labels in found.items()}
    return [
        Column(name, dict(Counter(labels).most_common()))
        for name, labels in listed.items()
        if 2 <= len(set(labels)) <= min(_MOST, len(labels) // _EACH)
    ]


def suggestions(found: Sequence[Column]) -> list[Suggestion]:
    """A criterion for each column that has a name of its own."""
    return [
        Suggestion(
            column.name,
            Number(len(column.labels), "labels", column.name),
            tuple(Group(label, number) for label, number in column.labels.items()),
            "labels",
        )
        for column in found
        if column.is_named
    ]


def meant(criterion: str, names: Sequence[str]) -> str:
    """The one of these names that means the criterion, "" if none does: by the words, else by a sentence embedding."""
    asked = _words(criterion)
    for name in names:
        if folded(name) == folded(criterion) or (asked and _words(name) == asked):
            return name
    within = [name for name in names if _words(name) and (_words(name) <= asked or (asked and asked <= _words(name)))]
    if within or not names or not criterion.strip():
        return within[0] if within else ""
    near = embed([_said(name) for name in names]) @ embed([_said(criterion)])[0]
    best = int(near.argmax())
    return names[best] if near[best] >= _MEANS else ""


def _given(truth: str, images: Images) -> dict[str, list[str]]:
    """Facet -> labels of the images, for each column of the table at `truth`. Raises BadInput, OSError."""
    address = truth.removeprefix(ALIKE)
    if address in NAMES or address.startswith((*ALONG, huggingface_hub.PREFIX)):
        read = ground_truth.read(truth, images)
        return {read.facet: list(read.classes.values())}
    encoding, (path, _) = ground_truth.split_encoding(address)[0], ground_truth.split_address(address)
    check_allowed(path.resolve(), config())
    table, called = ground_truth.open_table(path, images, encoding=encoding)
    rows = images.meet(table[called]).places.values()  # once for all columns
    found = {name: [cells[row].strip() for row in rows] for name, cells in table.items() if name != called}
    spelled = folded if truth.startswith(ALIKE) else str
    return {name: [spelled(label) for label in labels if label] for name, labels in found.items()}


def _plain(facet: str) -> str:
    """The name of a column as a person reads it."""
    facet = facet.removeprefix(ALIKE)
    return RECORD_TRUTH if facet.startswith(ALONG) else re.sub(r"[\s_]+", " ", facet).strip()


def _words(text: str) -> frozenset[str]:
    said = folded(text).replace("color", "colour")
    return frozenset(re.sub(r"(?<=\w\w\w)(?<!s)s$", "", word) for word in re.findall(r"\w+", said)) - _FILLERS


def _said(text: str) -> str:
    return re.sub(r"[\s_]+", " ", text).strip().lower()
