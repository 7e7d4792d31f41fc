"""Suggestions from label columns that were given: the name of a column is a criterion, and it has so many labels.

Labels decide which criterion and how many groups are suggested. No image is grouped by them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from core.domain import folded
from core.errors import FacetryError
from core.ingest import ground_truth
from core.ingest.ground_truth import ALIKE, ALONG, ENCODED, NAMES
from core.ingest.name_matching import Images
from core.ingest.source import RECORD_TRUTH
from core.ingest.sources import huggingface_hub
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
    images = Images(store.datasets.names(dataset_id), store.datasets.copies(dataset_id))
    found = {facet: store.datasets.truth(dataset_id, facet) for facet in store.datasets.facets(dataset_id)}
    for address in _addresses(truth, images):
        with suppress(FacetryError, OSError):
            read = ground_truth.read(address, images)
            found[read.facet] = dict(read.classes)
    listed = {_plain(facet): classes for facet, classes in found.items()}
    return [
        Column(name, dict(Counter(classes.values()).most_common()))
        for name, classes in listed.items()
        if 2 <= len(set(classes.values())) <= min(_MOST, len(classes) // _EACH)
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


def _addresses(truth: str, images: Images) -> Iterator[str]:
    """The address of each column of the table at `truth`, or the address itself."""
    alike, address = (ALIKE, truth.removeprefix(ALIKE)) if truth.startswith(ALIKE) else ("", truth)
    if not address:
        return
    if address in NAMES or address.startswith((*ALONG, huggingface_hub.PREFIX)):
        yield truth
        return
    with suppress(FacetryError, OSError):
        path, _ = ground_truth.split_address(address)
        encoding, _ = ground_truth.split_encoding(address)
        table, called = ground_truth.open_table(path, images, encoding=encoding)
        read_so = f"{alike}{ENCODED}{encoding}:" if encoding else alike
        yield from (f"{read_so}{path}:{name}" for name in table if name != called)


def _plain(facet: str) -> str:
    """The name of a column as a person reads it."""
    facet = facet.removeprefix(ALIKE)
    return RECORD_TRUTH if facet.startswith(ALONG) else re.sub(r"[\s_]+", " ", facet).strip()


def _words(text: str) -> frozenset[str]:
    said = folded(text).replace("color", "colour")
    return frozenset(re.sub(r"(?<=\w\w\w)(?<!s)s$", "", word) for word in re.findall(r"\w+", said)) - _FILLERS


def _said(text: str) -> str:
    return re.sub(r"[\s_]+", " ", text).strip().lower()
