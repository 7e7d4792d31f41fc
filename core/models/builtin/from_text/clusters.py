"""Groups, names and assignments from text alone: records, or descriptions of a vision model without evidence.

Works from description and label embeddings; no language model, no image. A cluster's prototype holds what
`assign_texts` needs to judge any later item by itself: the linear rule that gives an item its share of the cluster
(groups.py), and a direction in the space of space.py that tells strangers. It does not reason: a name is always one of
the labels that were drawn, or a given one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.domain import EXAMPLES, Assignment, Cluster, Corpus
from core.models.builtin.consensus import evenly
from core.models.builtin.from_text.given import MEANS, form_around
from core.models.builtin.from_text.groups import ITEMS, Groups, form, rule
from core.models.builtin.from_text.labels import label_descriptions
from core.models.builtin.from_text.names import label_key, name_groups
from core.models.builtin.from_text.space import Array
from core.models.embedding.kept import UNKEPT, KeptVectors
from core.models.embedding.minilm import embed

DESCRIPTION_SPACE = "text-description"
LABEL_SPACE = "text-label"
SCALE_SPACE = "text-scale"
"""Three numbers: offset of the affinity, bias of the score, median affinity of the members."""
ODDS_SPACE = "text-odds"
"""The rule of the cluster: weights of a description, weights of a label, and a constant. Clusters of earlier
versions have none, and are told apart by the scores of the three spaces above."""
REST_SPACE = "text-rest"
"""The same for what is in none of the clusters, where there was such a rest."""
BAR_SPACE = "text-bar"
"""One number, for a given name that took nothing: how well it must say an item to take it."""

UNLIKE = 0.2
"""An item is Unassigned when its affinity, as a share of what is usual in its best cluster, times the squared
similarity of its label to the nearest known label falls below this. Of items like those the clusters were formed from
this concerns about one in a hundred; of items of another kind most."""

_SHARPNESS = 8.0
_NEARNESS = 2.0
"""What the nearness to the centres adds to the rule: it knows single odd items that the smooth rule passes over."""
_SAME_MEANING = 0.5
_NAME_UNLIKE = 0.3
_MAX_LABELS = 300


def label_texts(corpus: Corpus, criterion: str, vectors: KeptVectors = UNKEPT) -> list[str]:
    """One short label an item, drawn from its description; each item is judged by itself."""
    return label_descriptions([description.text for description in corpus.descriptions], criterion, vectors)


def name_texts(
    corpus: Corpus, criterion: str, k: int, given: Sequence[str] = (), vectors: KeptVectors = UNKEPT
) -> list[Cluster]:
    """Form exactly k clusters and name them by the labels inside; `given` names come first, spelled as given.

    A given name takes what it means (given.py); one that nothing fits is empty (size 0) and is matched by name. Sizes,
    labels and examples are those of what `assign_texts` would say of the same corpus. Expects 1 <= k <= len(corpus) and
    at most k given names. Deterministic.
    """
    given = list(given)[:k]
    corpus = corpus.take(sorted(range(len(corpus)), key=lambda i: corpus.ids[i]))  # the order of items must not matter
    x, labels, y = _embedded(corpus, criterion, vectors)
    some = evenly(len(corpus), ITEMS)
    around = embed([name.lower() for name in given])
    groups = form_around(around, x[some], y[some], k) if given else form(x[some], y[some], k)
    drafts = _drafts(groups, x[some], y[some], given, k)
    member = _judge(drafts, x, y, known=np.ones(len(x)))[0]
    free = sorted(range(len(given), k), key=lambda j: (-int((member == j).sum()), j))
    order = [*range(len(given)), *free]
    members = [np.flatnonzero(member == j) for j in order]
    keys = [label_key(label) for label in labels]
    homes, counts = _homes(keys, member), Counter(keys)
    built = []
    names = name_groups(members, labels, keys, given, vectors)
    for position, (j, rows, name) in enumerate(zip(order, members, names, strict=True)):
        own = {labels[i] for i in rows if homes[keys[i]] == j}
        hint = position >= len(given) and not name.fits
        built.append(
            replace(
                drafts[j],
                id=f"c{position + 1}",
                name=_hint(position, labels, rows) if hint else name.text,
                labels=tuple(sorted(own, key=lambda label: (-counts[label_key(label)], label))),
                confidence=round(name.confidence, 4),
                needs_name=hint,
            )
        )
    return _counted(built, corpus.ids, x, y)


def _counted(clusters: Sequence[Cluster], ids: Sequence[str], x: Array, y: Array) -> list[Cluster]:
    """The clusters with how many items they take, and the surest of them as examples."""
    member, chances = _judge(clusters, x, y)
    counted = []
    for j, cluster in enumerate(clusters):
        rows = np.flatnonzero(member == j)
        surest = rows[np.argsort(-np.round(chances[rows, j], 4), kind="stable")][:EXAMPLES]
        counted.append(replace(cluster, size=len(rows), examples=tuple(ids[i] for i in surest)))
    return counted


def assign_texts(
    corpus: Corpus, criterion: str, clusters: Sequence[Cluster], vectors: KeptVectors = UNKEPT
) -> list[Assignment]:
    """Assign each item by itself: to the likeliest cluster, or to none when that is likelier or it is unlike all.

    Clusters with a prototype are judged by it; others by the similarity of their name and labels to the item's label
    and description. An added cluster takes an item when its name says it better.
    """
    if not len(corpus) or not clusters:
        return [Assignment(None) for _ in corpus.ids]
    x, labels, y = _embedded(corpus, criterion, vectors)
    member, chances = _judge(clusters, x, y)
    return [_answer(clusters, row, bool(j >= 0), label) for j, row, label in zip(member, chances, labels, strict=True)]


def _judge(
    clusters: Sequence[Cluster], x: Array, y: Array, known: NDArray[np.float64] | None = None
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The cluster of each item, -1 for none, and the chance (n, k) of each; what is left of 1 is the chance of none.

    known: (n,) how near each label is to one that the clusters know, where they have no labels yet.
    """
    by_name = _name_similarity(clusters, x, y)
    rows = np.arange(len(x))
    formed = [j for j, cluster in enumerate(clusters) if DESCRIPTION_SPACE in cluster.prototype]
    named = [j for j in range(len(clusters)) if j not in formed]
    bars = np.array([cluster.prototype.get(BAR_SPACE, (0.0,))[0] for cluster in clusters])
    rest = np.full(len(x), -np.inf)
    if formed:
        logits = np.full((len(x), len(clusters)), -np.inf)
        logits[:, formed], share, rest = _odds([clusters[j] for j in formed], x, y)
        best = logits[:, formed].argmax(axis=1)
        nearest = _known(clusters, y) if known is None else known
        likeness = share[rows, best] * nearest**2 / UNLIKE
        if named:
            incumbent = np.maximum(by_name[:, formed][rows, best], _SAME_MEANING)
            lead = by_name[:, named] - np.maximum(incumbent[:, None], bars[named])
            logits[:, named] = logits[:, formed].max(axis=1)[:, None] + 4 * _SHARPNESS * lead
            said = lead.max(axis=1) > 0
            likeness, rest = np.where(said, np.maximum(likeness, 2.0), likeness), np.where(said, -np.inf, rest)
    else:
        logits = 2 * _SHARPNESS * by_name
        likeness = (by_name / np.maximum(bars, _NAME_UNLIKE)).max(axis=1)
    top = np.maximum(logits.max(axis=1), rest)
    chances = np.exp(logits - top[:, None])
    none = np.exp(rest - top)
    whole = chances.sum(axis=1) + none
    chances, none = chances / whole[:, None], none / whole
    likeness = np.maximum(likeness, 0.0) ** 2
    sure = (likeness >= 1.0) & (chances.max(axis=1) >= none)
    chances *= (likeness / (likeness + 1.0))[:, None]  # the rest is "none of these", even at likeness 1
    return np.where(sure, chances.argmax(axis=1), -1), chances


def _answer(clusters: Sequence[Cluster], row: NDArray[np.float64], known: bool, label: str) -> Assignment:
    chances = {cluster.id: round(float(p), 4) for cluster, p in zip(clusters, row, strict=True)}
    if not known:
        return Assignment(None, probabilities=chances, answer=label)
    best = int(row.argmax())
    return Assignment(clusters[best].id, confidence=round(float(row[best]), 4), probabilities=chances)


def _embedded(corpus: Corpus, criterion: str, vectors: KeptVectors) -> tuple[Array, list[str], Array]:
    """Description embeddings, labels, label embeddings. A missing description stands for its label and vice versa."""
    texts = [description.text.strip() for description in corpus.descriptions]
    if corpus.labels is None:
        labels = label_descriptions(texts, criterion, vectors)
    else:
        labels = [label.strip() for label in corpus.labels]
    said = [text or label for text, label in zip(texts, labels, strict=True)]
    called = [label.lower() or text for text, label in zip(texts, labels, strict=True)]
    both = vectors([*said, *called])
    return both[: len(said)], labels, both[len(said) :]


def _drafts(groups: Groups, x: Array, y: Array, given: Sequence[str], k: int) -> list[Cluster]:
    """The k groups as clusters with prototypes, and as yet without labels and names of their own."""
    found = rule(x, y, groups.shares)
    rules = np.hstack([found.weights, found.bias[:, None]])
    rest = {REST_SPACE: _rounded(rules[k])} if len(rules) > k else {}
    drafts = []
    for j in range(k):
        rows = np.flatnonzero(groups.member == j)
        name = given[j] if j < len(given) else ""
        if len(rows):
            own = _prototype(groups, j, x, y) | {ODDS_SPACE: _rounded(rules[j])} | rest
        else:
            own = {BAR_SPACE: [MEANS]} if name else {}
        drafts.append(Cluster(f"c{j + 1}", name, prototype=own, added=bool(name) and not len(rows)))
    return drafts


def _prototype(groups: Groups, j: int, x: Array, y: Array) -> dict[str, list[float]]:
    """The centre of group j as directions in the raw spaces; affinity + bias ranks clusters as their distances do."""
    rows = groups.member == j
    centre = groups.space.features[rows].mean(axis=0)
    description, label, offset = groups.space.direction(centre)
    affinity = x[rows] @ description + y[rows] @ label + offset
    scale = [offset, -0.5 * float(centre @ centre), float(np.median(affinity))]
    return {DESCRIPTION_SPACE: _rounded(description), LABEL_SPACE: _rounded(label), SCALE_SPACE: _rounded(scale)}


def _rounded(values: Sequence[float] | NDArray[np.floating]) -> list[float]:
    return [round(float(value), 5) for value in values]


def _odds(
    clusters: Sequence[Cluster], x: Array, y: Array
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Logits (n, k), how usual an item is in each cluster (n, k), at most 1, and the logit of none of them (n,)."""
    scores, share = _scores(clusters, x, y)
    none = np.full(len(x), -np.inf)
    if not all(ODDS_SPACE in cluster.prototype for cluster in clusters):
        return _SHARPNESS * scores, share, none
    both = np.hstack([x, y]).astype(np.float64)
    rules = np.array([cluster.prototype[ODDS_SPACE] for cluster in clusters])
    if REST_SPACE in clusters[0].prototype:
        rest = np.array(clusters[0].prototype[REST_SPACE])
        none = both @ rest[:-1] + rest[-1]
    nearer = _NEARNESS * (scores - scores.max(axis=1, keepdims=True))
    return both @ rules[:, :-1].T + rules[:, -1] + nearer, share, none


def _scores(clusters: Sequence[Cluster], x: Array, y: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scores (n, k), and affinity as a share of what is usual in that cluster (n, k), at most 1."""
    description = np.array([cluster.prototype[DESCRIPTION_SPACE] for cluster in clusters])
    label = np.array([cluster.prototype[LABEL_SPACE] for cluster in clusters])
    offset, bias, usual = np.array([cluster.prototype[SCALE_SPACE] for cluster in clusters]).T
    affinity = x @ description.T + y @ label.T + offset
    # A single cluster, or items that are all alike, have their centre at the origin: everything is usual there.
    share = np.where(usual > 1e-3, affinity / np.maximum(usual, 1e-3), 1.0)
    return affinity + bias, np.minimum(share, 1.0)


def _known(clusters: Sequence[Cluster], y: Array) -> NDArray[np.float64]:
    """Similarity (n,) of each item's label to the nearest name or label of any cluster."""
    texts = dict.fromkeys(text for cluster in clusters for text in (cluster.name, *cluster.labels[:_MAX_LABELS]))
    vectors = embed([text.lower() for text in texts if text])
    if not len(vectors):
        return np.ones(len(y))
    nearest: Array = (y @ vectors.T).max(axis=1)
    return np.clip(nearest, 0.0, 1.0).astype(np.float64)


def _name_similarity(clusters: Sequence[Cluster], x: Array, y: Array) -> NDArray[np.float64]:
    """Similarity (n, k) of items to cluster names; clusters without a prototype may also match by their labels."""
    names = embed([cluster.name.lower() for cluster in clusters])
    similarity = (y @ names.T).astype(np.float64)
    for j, cluster in enumerate(clusters):
        if not cluster.prototype and cluster.labels:
            own = embed([label.lower() for label in cluster.labels[:_MAX_LABELS]])
            similarity[:, j] = np.maximum(similarity[:, j], (y @ own.T).max(axis=1))
    return np.asarray(0.8 * similarity + 0.2 * (x @ names.T), dtype=np.float64)


def _homes(keys: Sequence[str], clusters_of: NDArray[np.intp]) -> dict[str, int]:
    """For each label the cluster that holds most of its items."""
    votes: dict[str, Counter[int]] = defaultdict(Counter)
    for key, cluster in zip(keys, clusters_of.tolist(), strict=True):
        if cluster >= 0:
            votes[key][cluster] += 1
    return {key: min(count, key=lambda c: (-count[c], c)) for key, count in votes.items()}


def _hint(position: int, labels: Sequence[str], rows: NDArray[np.intp]) -> str:
    common = Counter(labels[i].lower() for i in rows if labels[i])
    looks = ", ".join(sorted(common, key=lambda label: (-common[label], label))[:2])
    return f"Group {position + 1} (looks like {looks})" if looks else f"Group {position + 1}"
