"""Groups, names and assignments from text alone: records, or descriptions of a vision model without evidence.

Works from description and label embeddings in the space of space.py; no language model, no image. A cluster's
prototype holds what `assign_texts` needs to judge any later item by itself: one direction for descriptions, one for
labels and three numbers. It does not reason: a name is always one of the labels that were drawn.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.domain import EXAMPLES, Assignment, Cluster, Corpus
from core.models.builtin.from_text.labels import label_descriptions
from core.models.builtin.from_text.names import label_key, name_groups
from core.models.builtin.from_text.space import Array, TextSpace, build_space, k_means
from core.models.embedding.kept import UNKEPT, KeptVectors
from core.models.embedding.minilm import embed

DESCRIPTION_SPACE = "text-description"
LABEL_SPACE = "text-label"
SCALE_SPACE = "text-scale"
"""Three numbers: offset of the affinity, bias of the score, median affinity of the members."""

NAME_CONFIDENCE = 0.45
"""Below this mean similarity of a cluster's labels to its name, the name is a hint and asks for a better one."""

UNLIKE = 0.2
"""An item is Unassigned when its affinity, as a share of what is usual in its best cluster, times the squared
similarity of its label to the nearest known label falls below this. Of items like those the clusters were formed from
this concerns about one in a hundred; of items of another kind most."""

_SHARPNESS = 8.0
_SAME_MEANING = 0.5
_NAME_UNLIKE = 0.3
_SEED_UNLIKE = 0.36
"""Words for one thing lie at .4 and above; unrelated ones (garments to flowers, animals to instruments) below .36."""
_SEED_SIMILARITY = 0.45
_SEED_SLACK = 0.15
_MAX_LABELS = 300


def label_texts(corpus: Corpus, criterion: str, vectors: KeptVectors = UNKEPT) -> list[str]:
    """One short label an item, drawn from its description; each item is judged by itself."""
    return label_descriptions([description.text for description in corpus.descriptions], criterion, vectors)


def name_texts(
    corpus: Corpus, criterion: str, k: int, given: Sequence[str] = (), vectors: KeptVectors = UNKEPT
) -> list[Cluster]:
    """Form exactly k clusters and name them by the labels inside; `given` names come first, spelled as given.

    A given name gathers the items whose labels mean it; one that no label comes near stays without a prototype and is
    matched by name. Expects 1 <= k <= len(corpus) and at most k given names. Deterministic.
    """
    given = list(given)[:k]
    corpus = corpus.take(sorted(range(len(corpus)), key=lambda i: corpus.ids[i]))  # the order of items must not matter
    x, labels, y = _embedded(corpus, criterion, vectors)
    keys = [label_key(label) for label in labels]
    counts = Counter(keys)
    weights = np.array([counts[key] ** -0.5 for key in keys], dtype=np.float32)
    space = build_space(x, y)
    seeds = _seeds(given, y)
    columns = [j for j in range(k) if j >= len(given) or len(seeds[j])]
    clusters_of = np.full(len(corpus), -1, dtype=np.intp)
    centres = np.zeros((k, space.features.shape[1]), dtype=np.float32)
    if columns:
        found, centres[columns] = k_means(space.features, weights, len(columns), [rows for rows in seeds if len(rows)])
        clusters_of = np.array(columns, dtype=np.intp)[found]
    clusters_of = _without_strangers(space, weights, clusters_of, centres, x, y, given, seeds)
    order = [*range(len(given)), *sorted(range(len(given), k), key=lambda j: (-int((clusters_of == j).sum()), j))]
    members = [np.flatnonzero(clusters_of == j) for j in order]
    names = name_groups(members, labels, keys, given, vectors)
    homes = _homes(keys, clusters_of)
    built = []
    for position, (j, rows) in enumerate(zip(order, members, strict=True)):
        name, confidence = names[position]
        own = {labels[i] for i in rows if homes[keys[i]] == j}
        is_given = position < len(given)
        needs_name = not is_given and (not name or confidence < NAME_CONFIDENCE)
        built.append(
            Cluster(
                id=f"c{position + 1}",
                name=_hint(position, labels, rows) if needs_name else name,
                labels=tuple(sorted(own, key=lambda label: (-counts[label_key(label)], label))),
                confidence=round(confidence, 4),
                needs_name=needs_name,
                prototype=_prototype(space, centres[j], x[rows], y[rows]) if len(rows) else {},
                added=is_given and not len(rows),
                size=len(rows),
                examples=tuple(
                    corpus.ids[i] for i in rows[np.argsort(-(space.features[rows] @ centres[j]))][:EXAMPLES]
                ),
            )
        )
    return built


def assign_texts(
    corpus: Corpus, criterion: str, clusters: Sequence[Cluster], vectors: KeptVectors = UNKEPT
) -> list[Assignment]:
    """Assign each item by itself: to the cluster it scores best in, or to none when it is unlike all of them.

    Clusters with a prototype are scored in the space they were formed in; others by the similarity of their name and
    labels to the item's label and description. An added cluster takes an item when its name says it better.
    """
    if not len(corpus) or not clusters:
        return [Assignment(None) for _ in corpus.ids]
    x, labels, y = _embedded(corpus, criterion, vectors)
    by_name = _name_similarity(clusters, x, y)
    rows = np.arange(len(corpus))
    formed = [j for j, cluster in enumerate(clusters) if DESCRIPTION_SPACE in cluster.prototype]
    named = [j for j in range(len(clusters)) if j not in formed]
    if formed:
        scores, share = _scores([clusters[j] for j in formed], x, y)
        best = scores.argmax(axis=1)
        likeness = share[rows, best] * _known(clusters, y) ** 2 / UNLIKE
        logits = np.full((len(corpus), len(clusters)), -np.inf)
        logits[:, formed] = _SHARPNESS * scores
        if named:
            incumbent = np.maximum(by_name[:, formed][rows, best], _SAME_MEANING)
            lead = by_name[:, named] - incumbent[:, None]
            logits[:, named] = logits[:, formed].max(axis=1)[:, None] + 4 * _SHARPNESS * lead
            likeness = np.where(lead.max(axis=1) > 0, np.maximum(likeness, 2.0), likeness)
    else:
        logits = 2 * _SHARPNESS * by_name
        likeness = by_name.max(axis=1) / _NAME_UNLIKE
    chances = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    likeness = np.maximum(likeness, 0.0) ** 2
    chances *= (likeness / (likeness + 1.0))[:, None]  # the rest is "none of these", even at likeness 1
    return [
        _answer(clusters, row, bool(like >= 1.0), label)
        for row, like, label in zip(chances, likeness, labels, strict=True)
    ]


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


def _seeds(given: Sequence[str], y: Array) -> list[NDArray[np.intp]]:
    """For each given name the rows whose label means it: nearest of the given names, and near."""
    if not given:
        return []
    similarity = y @ embed([name.lower() for name in given]).T
    nearest = similarity.argmax(axis=1)
    seeds = []
    for j in range(len(given)):
        near = similarity[:, j]
        bar = max(_SEED_SIMILARITY, float(near.max()) - _SEED_SLACK)
        seeds.append(np.flatnonzero((nearest == j) & (near >= bar)))
    return seeds


def _without_strangers(
    space: TextSpace,
    weights: Array,
    clusters_of: NDArray[np.intp],
    centres: Array,
    x: Array,
    y: Array,
    given: Sequence[str],
    seeds: Sequence[NDArray[np.intp]],
) -> NDArray[np.intp]:
    """Rows that given clusters had to take although they are unlike their name and seeds go to no cluster (-1).

    k-means places every row; without this, images of quite another kind would become part of what a name stands for.
    """
    kept = clusters_of.copy()
    for j, (name, rows) in enumerate(zip(given, seeds, strict=True)):
        members = np.flatnonzero(clusters_of == j)
        if not len(rows) or not len(members):
            continue
        anchors = np.vstack([embed([name.lower()]), np.unique(y[rows], axis=0)[:_MAX_LABELS]])
        near = np.maximum((y[members] @ anchors.T).max(axis=1), x[members] @ anchors[0])
        strange = (near < _SEED_UNLIKE) & ~np.isin(members, rows)
        kept[members[strange]] = -1
        centres[j] = np.average(space.features[members[~strange]], axis=0, weights=weights[members[~strange]])
    return kept


def _prototype(space: TextSpace, centre: Array, x: Array, y: Array) -> dict[str, list[float]]:
    """The centre as directions in the raw spaces; affinity + bias ranks clusters as their squared distances do."""
    description, label, offset = space.direction(centre)
    affinity = x @ description + y @ label + offset
    scale = [offset, -0.5 * float(centre @ centre), float(np.median(affinity))]
    return {
        DESCRIPTION_SPACE: [round(float(value), 5) for value in description],
        LABEL_SPACE: [round(float(value), 5) for value in label],
        SCALE_SPACE: [round(value, 5) for value in scale],
    }


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
    nearest: Array = (y @ vectors.T).max(axis=1)
    return np.clip(nearest, 0.0, 1.0).astype(np.float64)


def _name_similarity(clusters: Sequence[Cluster], x: Array, y: Array) -> NDArray[np.float64]:
    """Similarity (n, k) of items to cluster names; clusters without a prototype may also match by their labels."""
    names = embed([cluster.name.lower() for cluster in clusters])
    similarity = (y @ names.T).astype(np.float64)
    for j, cluster in enumerate(clusters):
        if DESCRIPTION_SPACE not in cluster.prototype and cluster.labels:
            own = embed([label.lower() for label in cluster.labels[:_MAX_LABELS]])
            similarity[:, j] = np.maximum(similarity[:, j], (y @ own.T).max(axis=1))
    return np.asarray(0.8 * similarity + 0.2 * (x @ names.T), dtype=np.float64)


def _homes(keys: Sequence[str], clusters_of: NDArray[np.intp]) -> dict[str, int]:
    """For each label the cluster that holds most of its items."""
    votes: dict[str, Counter[int]] = defaultdict(Counter)
    for key, cluster in zip(keys, clusters_of.tolist(), strict=True):
        votes[key][cluster] += 1
    return {key: min(count, key=lambda c: (-count[c], c)) for key, count in votes.items()}


def _hint(position: int, labels: Sequence[str], rows: NDArray[np.intp]) -> str:
    common = Counter(labels[i].lower() for i in rows if labels[i])
    looks = ", ".join(sorted(common, key=lambda label: (-common[label], label))[:2])
    return f"Group {position + 1} (looks like {looks})" if looks else f"Group {position + 1}"
