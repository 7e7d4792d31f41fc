"""Suggestions for records: descriptions that a person brought, of images that may not be there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from core.domain import Corpus, Description
from core.ingest.name_matching import Images
from core.ingest.record_matching import meet
from core.ingest.records import read_records
from core.models.builtin.consensus import principal
from core.models.builtin.how_many import LEAST, how_many
from core.models.builtin.text_model import BuiltinText
from core.models.embedding.kept import KeptVectors
from core.suggestions.from_evidence import groups_of
from core.suggestions.suggestion import CLEAR, Number, Suggestion

CRITERION = "what it is about"
"""What a person would type for groups of texts that say alike things."""
_AXES = 32


def texts_of(path: str, names: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Item id -> description and label of the records at a path; item id -> name says whose. Raises BadInput."""
    records = read_records(Path(path)).records
    matched = {item: records[row] for item, row in meet(records, Images(names)).first.items()}
    return {item: (record.description or record.label, record.label) for item, record in matched.items()}


def suggestions(texts: Mapping[str, tuple[str, str]], vectors: KeptVectors) -> list[Suggestion]:
    """The groups that texts form by what they say, seen as they are and with their labels. texts: see `texts_of`."""
    ids = [item for item, (said, _) in texts.items() if said.strip()]
    if len(ids) < LEAST:
        return []
    said = [texts[item][0] for item in ids]
    labels = [texts[item][1].strip() for item in ids]
    views = [principal(vectors(said), _AXES)]
    if all(labels):
        views.append(principal(vectors([label.lower() for label in labels]), _AXES))
    stands = how_many([np.asarray(view) for view in views])
    if stands is None or stands.excess <= 0:
        return []
    corpus = Corpus(ids, [Description(one) for one in said], labels if all(labels) else None)
    if corpus.labels is None:
        text = BuiltinText(vectors)
        drawn = [label if isinstance(label, str) else "" for label in text.label(corpus, CRITERION)]
        corpus = Corpus(ids, corpus.descriptions, drawn)
    named = BuiltinText(vectors).name(corpus, CRITERION, stands.k)
    number = Number(stands.k, "evidence" if stands.stability >= CLEAR else "unclear", share=round(stands.stability, 4))
    groups = groups_of(named)
    if max(Counter(group.size for group in groups)) >= len(ids):
        return []
    return [Suggestion(CRITERION, number, groups, "texts")]


def spread(ids: Sequence[str], number: int) -> list[str]:
    """So many of the ids from all over, in order."""
    return [ids[int(place)] for place in np.unique(np.linspace(0, len(ids) - 1, min(number, len(ids))).astype(int))]
