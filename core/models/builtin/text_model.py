"""The built-in text model: labels, names and assigns offline, from evidence where there is some, else from text.

With the evidence of `BuiltinVision` groups are formed from what was measured, in the space that fits the criterion;
without it (records, other vision models) `from_text` works from descriptions and labels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from core import threads
from core.domain import EXAMPLES, Assignment, Cluster, Corpus, Failed, Step, Vector
from core.models.builtin.consensus import MOST, evenly
from core.models.builtin.criterion.routing import WRITING, route
from core.models.builtin.from_pixels import clusters as pixel_clusters
from core.models.builtin.from_pixels import given as given_names
from core.models.builtin.from_pixels import names, words
from core.models.builtin.from_pixels.evidence import EVIDENCE_ID, SPACES, has_evidence, seen_rows
from core.models.builtin.from_reading import groups as reading_groups
from core.models.builtin.from_reading.describe import is_reading
from core.models.builtin.from_reading.questions import question
from core.models.builtin.from_text import clusters as text_clusters
from core.models.embedding.kept import UNKEPT, KeptVectors
from core.models.embedding.minilm import EMBEDDER_ID

_ALONE = 1.7
_SAME_WORDS = 0.5
"""Of so many images the words themselves make groups; of fewer, what they mean does."""
_GUESS = 0.5
"""Of names that the engine has no word for, about half took their own images (`benchmarks/quality.py`, flowers)."""


def warm_up() -> None:
    """Load what forming groups would wait for; safe to call from a background thread."""
    import core.libraries.sklearn  # noqa: F401


class BuiltinText:
    """Implements `TextModel` (core/models/roles.py) without a key, a download or a prompt."""

    id = f"builtin-text/7+{EMBEDDER_ID}"
    prompts: Mapping[Step, str] = MappingProxyType({})
    knows = frozenset({EVIDENCE_ID})
    by_label = False
    batch_size = 1_024
    max_concurrency = 1

    def __init__(self, vectors: KeptVectors = UNKEPT) -> None:
        """vectors: gives the vectors of descriptions and labels."""
        self._vectors = vectors

    @threads.limited
    def label(self, corpus: Corpus, criterion: str) -> list[str | Failed]:
        """The word of the criterion's aspect that each image supports most; from its description where none does."""
        if _is_read(corpus, criterion):
            return list(reading_groups.labels(corpus.descriptions))
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
        """Form exactly k groups and name them; given names come first and take what fits their meaning, or nothing."""
        if _is_read(corpus, criterion):
            return self._name_read(corpus, criterion, k, list(given)[:k])
        seen = _seen(corpus)
        if int(seen.sum()) < k:
            return text_clusters.name_texts(corpus, criterion, k, given, self._vectors)
        aspect = route(criterion).aspect
        chosen = np.flatnonzero(seen)
        chosen = chosen[np.argsort(np.array([corpus.ids[int(i)] for i in chosen]), kind="stable")]
        evidence = _rows(corpus, chosen)
        clusters = [*_given(aspect, evidence, criterion, list(given)[:k], k)]
        clusters = [replace(cluster, id=f"c{position + 1}") for position, cluster in enumerate(clusters)]
        return _counted(aspect, evidence, criterion, clusters, [corpus.ids[int(i)] for i in chosen])

    @threads.limited
    def name_beside(
        self, corpus: Corpus, criterion: str, k: int, kept: Sequence[str], held: Sequence[int]
    ) -> list[Cluster]:
        """See `Keeping`; without evidence the names that stay count as given ones."""
        seen = _seen(corpus)
        aspect = route(criterion).aspect
        chosen = np.array(sorted(np.flatnonzero(seen), key=lambda i: corpus.ids[int(i)]), dtype=np.intp)
        home = np.asarray(held, dtype=np.intp)[chosen]
        if _is_read(corpus, criterion) or int((home < 0).sum()) < k - len(kept):
            return self.name(corpus, criterion, k, kept)
        clusters = _beside(aspect, _rows(corpus, chosen), criterion, k, kept, home)
        clusters = [replace(cluster, id=f"c{position + 1}") for position, cluster in enumerate(clusters)]
        return _counted(aspect, _rows(corpus, chosen), criterion, clusters, [corpus.ids[int(i)] for i in chosen])

    @threads.limited
    def assign(self, corpus: Corpus, criterion: str, clusters: Sequence[Cluster]) -> list[Assignment | Failed]:
        """Assign each image to the group that it stays with most often, or to none when it is a stranger to all."""
        if _is_read(corpus, criterion) and not any(cluster.prototype for cluster in clusters):
            return list(reading_groups.assign(corpus.descriptions, question(criterion), clusters))
        seen = _seen(corpus)
        aspect = route(criterion).aspect
        if not clusters or not seen.any() or not _knows(aspect, clusters):
            return list(text_clusters.assign_texts(corpus, criterion, clusters, self._vectors))
        out: list[Assignment | Failed] = [Assignment(None, answer="no measurements")] * len(corpus)
        rows = np.flatnonzero(seen)
        for i, answer in zip(rows, _assign(aspect, _rows(corpus, rows), criterion, clusters), strict=True):
            out[i] = answer
        return out

    def _name_read(self, corpus: Corpus, criterion: str, k: int, given: list[str]) -> list[Cluster]:
        """Groups by what was read; by what the texts mean, where too few images say the same."""
        corpus = corpus.take(sorted(range(len(corpus)), key=lambda i: corpus.ids[i]))
        asked = question(criterion)
        found = reading_groups.name(corpus.descriptions, asked, k, given)
        clusters = [replace(cluster, id=f"c{position + 1}") for position, cluster in enumerate(found)]
        if asked == "words" and reading_groups.covered(corpus.descriptions, asked, clusters) < _SAME_WORDS:
            return text_clusters.name_texts(corpus, criterion, k, given, self._vectors)
        answers = reading_groups.assign(corpus.descriptions, asked, clusters)
        said = reading_groups.deciding(corpus.descriptions, asked, clusters, answers)
        return _with_counts(clusters, answers, said, corpus.ids)


def _given(aspect: str, evidence: dict[str, Vector], criterion: str, given: list[str], k: int) -> list[Cluster]:
    """k clusters, the given names first: what fits a name is its own, the other groups are formed of the rest."""
    n = len(next(iter(evidence.values())))
    if not given:
        return _formed(aspect, evidence, criterion, k, given)
    some, shares, guessed = given_names.shares_of(aspect, evidence, criterion, given, k)
    placed = pixel_clusters.place(aspect, evidence, some, shares, len(given))
    taken = np.unique(shares.argmax(axis=1))
    places = {i: pixel_clusters.prototype(aspect, placed, i) for i in range(len(given)) if i in taken}
    named = [
        Cluster(id="", name=name, guessed=i in guessed, prototype=places.get(i, {})) for i, name in enumerate(given)
    ]
    rest = placed.member < 0
    free = k - len(given)
    if not free:
        return named
    if int(rest.sum()) < free:  # every image fits a name: the groups that are still wanted are cut from all
        rest = np.ones(n, dtype=np.bool_)
    return [*named, *_formed(aspect, {space: rows[rest] for space, rows in evidence.items()}, criterion, free, given)]


def _beside(
    aspect: str, evidence: dict[str, Vector], criterion: str, k: int, kept: Sequence[str], home: NDArray[np.intp]
) -> list[Cluster]:
    """k clusters: those that stay with the items that they hold (n,), -1 for none, and groups formed of the rest. One
    rule is fitted to all of them, so that their shares can be compared."""
    rest, first = home < 0, len(kept)
    shares = np.zeros((len(home), k))
    shares[np.flatnonzero(~rest), home[~rest]] = 1.0
    new: list[Cluster] = []
    if k > first:
        part = {space: rows[rest] for space, rows in evidence.items()}
        formed = pixel_clusters.form(aspect, part, k - first)
        shares[rest, first:] = formed.shares
        new = _named(aspect, part, criterion, formed, kept)
    some = evenly(len(home), MOST)
    placed = pixel_clusters.place(aspect, evidence, some, shares[some], k)
    taken = set(shares[some].argmax(axis=1).tolist())
    clusters = [*(Cluster(id="", name=name) for name in kept), *new]
    places = [pixel_clusters.prototype(aspect, placed, j) if j in taken else {} for j in range(k)]
    return [replace(cluster, prototype=place) for cluster, place in zip(clusters, places, strict=True)]


def _formed(aspect: str, evidence: dict[str, Vector], criterion: str, k: int, taken: Sequence[str]) -> list[Cluster]:
    """k groups of these items, named by the words that they support."""
    return _named(aspect, evidence, criterion, pixel_clusters.form(aspect, evidence, k), taken)


def _named(
    aspect: str, evidence: dict[str, Vector], criterion: str, formed: pixel_clusters.Groups, taken: Sequence[str]
) -> list[Cluster]:
    k = len(formed.centres)
    shares = words.narrow_shares(aspect, evidence, criterion)
    carries = names.carried(aspect, shares, words.labels(aspect, shares), formed.member, k)
    return [
        Cluster(
            id="",
            name=title.text,
            meaning="" if title.hint else words.definition(aspect, title.text),
            confidence=title.confidence,
            needs_name=title.hint,
            prototype=pixel_clusters.prototype(aspect, formed, j),
        )
        for j, title in enumerate(names.name_groups(aspect, carries, criterion, taken))
    ]


def _counted(
    aspect: str, evidence: dict[str, Vector], criterion: str, clusters: Sequence[Cluster], ids: Sequence[str]
) -> list[Cluster]:
    """The clusters with their sizes, labels and typical images: what would be in them if images were sorted now."""
    answers = _assign(aspect, evidence, criterion, clusters)
    labels = words.labels(aspect, words.narrow_shares(aspect, evidence, criterion))
    return _with_counts(clusters, answers, labels, ids)


def _with_counts(
    clusters: Sequence[Cluster], answers: Sequence[Assignment], labels: Sequence[str], ids: Sequence[str]
) -> list[Cluster]:
    """The clusters with what is in them when images are sorted so; labels that they bring stay theirs."""
    rows = {
        cluster.id: [i for i, answer in enumerate(answers) if answer.cluster_id == cluster.id] for cluster in clusters
    }
    inside = {key: Counter(labels[i] for i in own) for key, own in rows.items()}
    homes = {label: max(inside, key=lambda key: inside[key][label]) for label in set(labels)}
    homes |= {label: cluster.id for cluster in clusters for label in cluster.labels}
    out = []
    for cluster in clusters:
        own, count = rows[cluster.id], inside[cluster.id]
        ranked = sorted(count, key=lambda label: (-count[label], label))
        best = sorted(own, key=lambda i: (-(answers[i].confidence or 0.0), ids[i]))
        stays = [(answers[i].probabilities or {})[cluster.id] for i in own]
        brought = tuple(label for label in cluster.labels if label not in count)
        out.append(
            replace(
                cluster,
                labels=tuple(label for label in ranked if homes[label] == cluster.id) + brought,
                size=len(own),
                examples=tuple(ids[i] for i in best[:EXAMPLES]),
                inside={label: count[label] for label in ranked},
                stability=round(float(np.mean(stays)), 4) if own else None,
            )
        )
    return out


def _assign(aspect: str, evidence: dict[str, Vector], criterion: str, clusters: Sequence[Cluster]) -> list[Assignment]:
    shares = words.narrow_shares(aspect, evidence, criterion)
    labels = words.labels(aspect, shares)
    chance = np.zeros((len(shares), len(clusters)))
    formed = [j for j, cluster in enumerate(clusters) if pixel_clusters.is_formed(aspect, cluster)]
    named = [j for j in range(len(clusters)) if j not in formed]
    if named:  # a cluster without a place in the space takes what its name fits
        support = _support(aspect, shares, [clusters[j] for j in named])
        if not formed:  # nothing else is on offer, so a fair share of the word is enough
            support = np.minimum(support * _ALONE, 1.0)
        chance[:, named] = support / np.maximum(support.sum(axis=1, keepdims=True), 1.0)
    if formed:
        found = pixel_clusters.chances(aspect, evidence, [clusters[j].prototype for j in formed])
        known = np.clip(0.5 - found.strange, 0.0, 1.0)  # one half at the limit, nothing half a deviation beyond
        rest = 1.0 - chance.sum(axis=1, keepdims=True)
        chance[:, formed] = found.shares * rest * known[:, None]
    return [_answer(clusters, row, label) for row, label in zip(chance, labels, strict=True)]


def _support(aspect: str, shares: NDArray[np.float32], clusters: Sequence[Cluster]) -> NDArray[np.float64]:
    """(n, clusters) how much of what each image shows means the name of each cluster."""
    meanings = np.stack([names.meaning(aspect, cluster.name) for cluster in clusters])
    return np.asarray(np.clip(shares @ meanings.T, 0.0, 1.0), dtype=np.float64)


def _answer(clusters: Sequence[Cluster], row: NDArray[np.float64], label: str) -> Assignment:
    """The likeliest cluster, unless that the image belongs to none is likelier."""
    chances = {cluster.id: round(float(p), 4) for cluster, p in zip(clusters, row, strict=True)}
    best = int(row.argmax())
    if row.sum() < 0.5:
        return Assignment(None, probabilities=chances, answer=label)
    sure = chances[clusters[best].id] * (_GUESS if clusters[best].guessed else 1.0)
    return Assignment(clusters[best].id, confidence=round(sure, 4), probabilities=chances)


def _knows(aspect: str, clusters: Sequence[Cluster]) -> bool:
    is_formed = any(pixel_clusters.is_formed(aspect, cluster) for cluster in clusters)
    return is_formed or all(not cluster.prototype for cluster in clusters)


def _is_read(corpus: Corpus, criterion: str) -> bool:
    """Whether the criterion is about text, and the images were read for it."""
    is_asked = route(criterion).aspect == WRITING
    return is_asked and bool(len(corpus)) and all(is_reading(description) for description in corpus.descriptions)


def _seen(corpus: Corpus) -> NDArray[np.bool_]:
    if not len(corpus) or not has_evidence(corpus.evidence):
        return np.zeros(len(corpus), dtype=np.bool_)
    return seen_rows(corpus.evidence)


def _rows(corpus: Corpus, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> dict[str, Vector]:
    return {space: np.asarray(corpus.evidence[space], dtype=np.float32)[chosen] for space in SPACES}
