"""The built-in text model: labels, names and assigns offline, from evidence where there is some, else from text.

With the evidence of `BuiltinVision` groups are formed from what was measured, in the space that fits the criterion;
without it (records, other vision models) `from_text` works from descriptions and labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from core import threads
from core.domain import Assignment, Cluster, Corpus, Failed, Step, Vector
from core.models.builtin.criterion.routing import route
from core.models.builtin.from_pixels import clusters as pixel_clusters
from core.models.builtin.from_pixels import names, words
from core.models.builtin.from_pixels.evidence import EVIDENCE_ID, SPACES, has_evidence, seen_rows
from core.models.builtin.from_text import clusters as text_clusters
from core.models.embedding.kept import UNKEPT, KeptVectors
from core.models.embedding.minilm import EMBEDDER_ID

_ALONE = 1.7
_SMALL_GROUPS = 4
"""How many more groups than names are formed to find images that no name is meant for."""


def warm_up() -> None:
    """Load what forming groups would wait for; safe to call from a background thread."""
    import core.libraries.sklearn  # noqa: F401


class BuiltinText:
    """Implements `TextModel` (core/models/roles.py) without a key, a download or a prompt."""

    id = f"builtin-text/3+{EMBEDDER_ID}"
    prompts: Mapping[Step, str] = MappingProxyType({})
    knows = frozenset({EVIDENCE_ID})
    by_label = False
    batch_size = 256
    max_concurrency = 1

    def __init__(self, vectors: KeptVectors = UNKEPT) -> None:
        """vectors: gives the vectors of descriptions and labels."""
        self._vectors = vectors

    @threads.limited
    def label(self, corpus: Corpus, criterion: str) -> list[str | Failed]:
        """The word of the criterion's aspect that each image supports most; from its description where none does."""
        seen = _seen(corpus)
        if not seen.any():
            return list(text_clusters.label_texts(corpus, criterion, self._vectors))
        aspect = route(criterion).aspect
        out: list[str | Failed] = [Failed("This item has no measurements, unlike the others.")] * len(corpus)
        found = words.labels(aspect, words.narrow_shares(aspect, _rows(corpus, seen), criterion))
        for i, label in zip(np.flatnonzero(seen), found, strict=True):
            out[i] = label
        return out

    @threads.limited
    def name(self, corpus: Corpus, criterion: str, k: int, given: Sequence[str] = ()) -> list[Cluster]:
        """Form exactly k groups and name them; given names come first and take the groups that fit them best."""
        seen = _seen(corpus)
        if int(seen.sum()) < k:
            return text_clusters.name_texts(corpus, criterion, k, given, self._vectors)
        aspect = route(criterion).aspect
        chosen = np.flatnonzero(seen)
        chosen = chosen[np.argsort(np.array([corpus.ids[int(i)] for i in chosen]), kind="stable")]
        given = list(given)[:k]
        chosen, strangers = _set_apart(corpus, chosen, aspect, criterion, k, given)
        evidence = _rows(corpus, chosen)
        formed = pixel_clusters.form(aspect, evidence, k)
        if len(strangers):
            formed = pixel_clusters.tighten(aspect, formed, evidence, _rows(corpus, strangers))
        shares = words.narrow_shares(aspect, evidence, criterion)
        cover = names.coverage(aspect, shares, formed.member, k)
        labels = names.own_labels(words.labels(aspect, shares), formed.member, k)
        order = _order(aspect, cover, given)
        found = names.name_groups(aspect, cover[order[len(given) :]], criterion, given) if len(given) < k else []
        titles = [names.Name(text, 1.0, False) for text in given] + found
        return [
            Cluster(
                id=f"c{position + 1}",
                name=title.text,
                meaning="" if title.hint or position < len(given) else words.definition(aspect, title.text),
                labels=labels[j],
                confidence=None if position < len(given) else title.confidence,
                needs_name=title.hint,
                prototype=pixel_clusters.prototype(aspect, formed, j),
                size=int((formed.member == j).sum()),
                examples=tuple(corpus.ids[int(chosen[i])] for i in pixel_clusters.typical(aspect, formed, evidence, j)),
            )
            for position, (j, title) in enumerate(zip(order, titles, strict=True))
        ]

    @threads.limited
    def assign(self, corpus: Corpus, criterion: str, clusters: Sequence[Cluster]) -> list[Assignment | Failed]:
        """Assign each image to the nearest group, or to none when it is a stranger to all of them."""
        seen = _seen(corpus)
        aspect = route(criterion).aspect
        if not clusters or not seen.any() or not _knows(aspect, clusters):
            return list(text_clusters.assign_texts(corpus, criterion, clusters, self._vectors))
        out: list[Assignment | Failed] = [Assignment(None, answer="no measurements")] * len(corpus)
        rows = np.flatnonzero(seen)
        for i, answer in zip(rows, _assign(aspect, _rows(corpus, rows), criterion, clusters), strict=True):
            out[i] = answer
        return out


def _assign(aspect: str, evidence: dict[str, Vector], criterion: str, clusters: Sequence[Cluster]) -> list[Assignment]:
    shares = words.narrow_shares(aspect, evidence, criterion)
    labels = words.labels(aspect, shares)
    chance = np.zeros((len(shares), len(clusters)))
    formed = [j for j, cluster in enumerate(clusters) if pixel_clusters.is_formed(aspect, cluster)]
    named = [j for j in range(len(clusters)) if j not in formed]
    if named:  # a cluster without a place in the space takes what its name fits
        meanings = np.stack([names.meaning(aspect, clusters[j].name) for j in named])
        support = np.clip(shares @ meanings.T, 0.0, 1.0)
        if not formed:  # nothing else is on offer, so a fair share of the word is enough
            support = np.minimum(support * _ALONE, 1.0)
        chance[:, named] = support / np.maximum(support.sum(axis=1, keepdims=True), 1.0)
    if formed:
        found = pixel_clusters.chances(aspect, evidence, [clusters[j].prototype for j in formed])
        known = np.clip(0.5 - found.strange, 0.0, 1.0)  # one half at the limit, nothing half a deviation beyond
        rest = 1.0 - chance.sum(axis=1, keepdims=True)
        chance[:, formed] = found.shares * rest * known[:, None]
    return [_answer(clusters, row, label) for row, label in zip(chance, labels, strict=True)]


def _answer(clusters: Sequence[Cluster], row: NDArray[np.float64], label: str) -> Assignment:
    chances = {cluster.id: round(float(p), 4) for cluster, p in zip(clusters, row, strict=True)}
    best = int(row.argmax())
    if row.sum() < 0.5:
        return Assignment(None, probabilities=chances, answer=label)
    return Assignment(clusters[best].id, confidence=chances[clusters[best].id], probabilities=chances)


def _set_apart(
    corpus: Corpus, chosen: NDArray[np.intp], aspect: str, criterion: str, k: int, given: Sequence[str]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Split the items into those to group and those that none of the given names is meant for.

    Only when every group is named beforehand: otherwise the strangers may be the group that is still to be named.
    """
    nobody = chosen[:0]
    if aspect != "subject" or len(given) < k or len(chosen) < k + _SMALL_GROUPS:
        return chosen, nobody
    evidence = _rows(corpus, chosen)
    small = pixel_clusters.form(aspect, evidence, k + _SMALL_GROUPS)
    away = names.unlike(words.narrow_shares(aspect, evidence, criterion), small.member, given)
    return (chosen[~away], chosen[away]) if (~away).sum() >= k else (chosen, nobody)


def _order(aspect: str, cover: NDArray[np.float32], given: Sequence[str]) -> list[int]:
    """The groups in the order they are shown: those that take the given names first."""
    from core.libraries.scipy import linear_sum_assignment

    if not given:
        return list(range(len(cover)))
    fit = names.likeness(aspect, cover, given)
    rows, columns = linear_sum_assignment(-fit)
    taken = [int(j) for _, j in sorted(zip(rows, columns, strict=True))]
    return [*taken, *(j for j in range(len(cover)) if j not in taken)]


def _knows(aspect: str, clusters: Sequence[Cluster]) -> bool:
    is_formed = any(pixel_clusters.is_formed(aspect, cluster) for cluster in clusters)
    return is_formed or all(not cluster.prototype for cluster in clusters)


def _seen(corpus: Corpus) -> NDArray[np.bool_]:
    if not len(corpus) or not has_evidence(corpus.evidence):
        return np.zeros(len(corpus), dtype=np.bool_)
    return seen_rows(corpus.evidence)


def _rows(corpus: Corpus, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> dict[str, Vector]:
    return {space: np.asarray(corpus.evidence[space], dtype=np.float32)[chosen] for space in SPACES}
