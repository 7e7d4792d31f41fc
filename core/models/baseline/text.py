"""Groups features by a classical method, in the role of a text model: no words are read, and names are only hints.

A method groups a whole set at once, yet each image is judged by itself (`TextModel.assign`). So a group keeps which
images it was formed of, and a linear rule that gives any other image its nearest centre; k-means needs the rule alone.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from core import threads
from core.classical.groups import KINDS, NOISE, Grouped, grouped
from core.classical.reduce import Linear, fitted
from core.domain import EXAMPLES, Assignment, Cluster, Corpus, Failed, Step, Vector
from core.errors import BadInput
from core.models.baseline.recipe import Recipe
from core.models.baseline.vision import Points
from core.models.builtin.text_model import BuiltinText

_RULE, _OFFSET, _MEMBERS, _SURE = "rule", "offset", "members", "sure"
"""Of `Cluster.prototype`: the weights (dimensions,) and the offset of the linear rule; the images that it was formed
of, and how sure the method is of each."""
_DIGITS = 12
"""Hexadecimal digits of an image's id that stand for it: below 2**48, which a float holds exactly."""
_BY_CENTRE = ("k-means", "mini-batch k-means")
_STRANGE = "in no dense region"
_WORDS = 2
_OFTEN = 0.15
"""A word that fewer images of a group carry says nothing of it."""


class BaselineText:
    """Implements `TextModel` (core/models/roles.py) for one recipe on one kind of features."""

    prompts: Mapping[Step, str] = MappingProxyType({})
    by_label = False
    batch_size = 4_096
    max_concurrency = 1

    def __init__(self, recipe: Recipe, points: Points, labels: Mapping[str, str] | None = None) -> None:
        """labels: item id -> class, for LDA."""
        self._recipe, self._points, self._labels = recipe, points, labels or {}
        self.knows = frozenset({points.evidence_id} if points.evidence_id else ())
        seen = hashlib.sha256(repr(sorted(self._labels.items())).encode()).hexdigest()[:16] if labels else ""
        self.id = f"{recipe}/1+{points.id}{f'+labels/{seen}' if seen else ''}"

    def label(self, corpus: Corpus, criterion: str) -> list[str | Failed]:
        """The built-in engine's word for what it measured; nothing where it did not measure."""
        if not self._points.aspect:
            return [""] * len(corpus)
        return BuiltinText().label(corpus, self._points.aspect)

    @threads.limited
    def name(self, corpus: Corpus, criterion: str, k: int, given: Sequence[str] = ()) -> list[Cluster] | Failed:
        """The groups, the largest first. Those of DBSCAN and HDBSCAN are as many as they find, whatever k is."""
        points = self._points.of(corpus)
        there = np.flatnonzero(np.isfinite(points).all(axis=1))
        rows = points[there]
        try:
            linear = fitted(rows, self._recipe.reduction, [self._labels.get(corpus.ids[int(i)]) for i in there])
            ready = linear(rows)
            found = grouped(ready, self._recipe.method, k)
        except BadInput as error:
            return Failed(str(error))
        if (found.labels == NOISE).all():
            return Failed(f"{self._recipe.method} found no dense group in these features. Try another method.")
        said = corpus.labels or [""] * len(corpus)
        some = _Rows([corpus.ids[int(i)] for i in there], [said[int(i)] for i in there], ready, found, linear)
        clusters = _clusters(some, self._recipe.method in _BY_CENTRE, given)
        wanted = k if self._recipe.needs_k else 0
        more = range(len(clusters) + 1, wanted + 1)  # of equal images there are fewer groups: the others stay empty
        return clusters + [Cluster(f"c{place}", f"Group {place}", needs_name=True, size=0) for place in more]

    @threads.limited
    def assign(self, corpus: Corpus, criterion: str, clusters: Sequence[Cluster]) -> list[Assignment | Failed]:
        """The group that was formed with an image; another image goes to the nearest centre, with density methods to
        none."""
        formed = [cluster for cluster in clusters if _RULE in cluster.prototype]
        home = _homes(formed)
        points = self._points.of(corpus)
        is_dense = not KINDS[self._recipe.method].needs_k
        nearest = _nearest(points, formed) if formed and not is_dense else [None] * len(corpus)
        out: list[Assignment | Failed] = []
        for item, row, cluster in zip(corpus.ids, points, nearest, strict=True):
            if not np.isfinite(row).all():
                out.append(Failed("There are no features of this image."))
            elif known := home.get(_number(item)):
                out.append(Assignment(known[0], confidence=known[1]))
            else:
                out.append(Assignment(cluster, answer="" if cluster else _STRANGE))
        return out


@dataclass(frozen=True, slots=True)
class _Rows:
    """The images that were grouped: ids, labels, reduced points, their groups, and what reduced them."""

    ids: Sequence[str]
    labels: Sequence[str]
    points: Vector
    found: Grouped
    linear: Linear


def _clusters(some: _Rows, by_centre: bool, given: Sequence[str]) -> list[Cluster]:
    """The groups as clusters, the largest first, each with its rule, members, size, labels and typical images."""
    member = some.found.labels
    numbers, sizes = np.unique(member[member != NOISE], return_counts=True)
    order = [int(group) for group in numbers[np.argsort(-sizes, kind="stable")]]
    centres = np.stack([some.points[member == group].mean(axis=0) for group in order])
    weights, offsets = some.linear.back(centres)
    said = Counter(some.labels)
    clusters = []
    for place, group in enumerate(order):
        own = np.flatnonzero(member == group)
        inside = Counter(some.labels[int(i)] for i in own if some.labels[int(i)])
        near = own[np.argsort(((some.points[own] - centres[place]) ** 2).sum(axis=1), kind="stable")]
        rule = {_RULE: _plain(weights[place]), _OFFSET: [float(offsets[place])]}
        members = {} if by_centre else _members(some, own)
        hinted = place >= len(given)
        clusters.append(
            Cluster(
                id=f"c{place + 1}",
                name=_hint(place + 1, inside, said, len(own)) if hinted else given[place],
                needs_name=hinted,
                prototype=rule | members,
                size=len(own),
                examples=tuple(some.ids[int(i)] for i in near[:EXAMPLES]),
                inside=dict(inside.most_common()),
            )
        )
    return _with_labels(clusters)


def _members(some: _Rows, own: NDArray[np.intp]) -> dict[str, list[float]]:
    sure = some.found.sure
    members = {_MEMBERS: [float(_number(some.ids[int(i)])) for i in own]}
    return members if sure is None else members | {_SURE: [_share(sure[int(i)]) for i in own]}


def _share(sure: float) -> float:
    """A probability; -1 where the method gave none, as JSON has no NaN."""
    return -1.0 if np.isnan(sure) else round(float(sure), 4)


def _with_labels(clusters: Sequence[Cluster]) -> list[Cluster]:
    """Each label belongs to the group that holds most of its images."""
    words = {label for cluster in clusters for label in cluster.inside}
    home = {word: max(clusters, key=lambda cluster: cluster.inside.get(word, 0)).id for word in words}
    return [
        replace(cluster, labels=tuple(label for label in cluster.inside if home[label] == cluster.id))
        for cluster in clusters
    ]


def _hint(number: int, inside: Counter[str], everywhere: Counter[str], size: int) -> str:
    """As "Group 2 (looks like daisy, pot)": words that are oftener in the group than elsewhere, the commonest first."""
    total = sum(everywhere.values())
    telling = [
        word for word, count in inside.most_common()
        if count >= _OFTEN * size and count / size > everywhere[word] / total
    ]  # fmt: skip
    return f"Group {number} (looks like {', '.join(telling[:_WORDS])})" if telling else f"Group {number}"


def _homes(clusters: Sequence[Cluster]) -> dict[int, tuple[str, float | None]]:
    """The number of each image that a group was formed of -> the group and how sure that is."""
    home: dict[int, tuple[str, float | None]] = {}
    for cluster in clusters:
        members = cluster.prototype.get(_MEMBERS, ())
        sure = cluster.prototype.get(_SURE) or [-1.0] * len(members)
        home |= {
            int(member): (cluster.id, None if share < 0 else share) for member, share in zip(members, sure, strict=True)
        }
    return home


def _nearest(points: Vector, clusters: Sequence[Cluster]) -> list[str | None]:
    """The cluster whose centre is nearest to each row, by its rule."""
    weights = np.array([cluster.prototype[_RULE] for cluster in clusters])
    offsets = np.array([cluster.prototype[_OFFSET][0] for cluster in clusters])
    if points.shape[1] != weights.shape[1]:
        return [None] * len(points)
    rows = np.nan_to_num(points).astype(np.float64)
    return [clusters[int(best)].id for best in (rows @ weights.T + offsets).argmax(axis=1)]


def _number(item: str) -> int:
    return int(hashlib.sha256(item.encode()).hexdigest()[:_DIGITS], 16)


def _plain(values: NDArray[np.float64]) -> list[float]:
    return [float(f"{value:.9g}") for value in values]
