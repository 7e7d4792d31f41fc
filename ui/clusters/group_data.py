"""What the pages show of each group: some examples, the labels inside, and how many images it holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.domain import Cluster
from core.results.run_view import Query, Row, View

EXAMPLES = 6


@dataclass(frozen=True, slots=True)
class Group:
    """One cluster with its best examples, how often each label occurs in it, and how many images it holds or, before
    images are sorted, how many the model had in mind."""

    cluster: Cluster
    rows: Sequence[Row]
    labels: Sequence[tuple[str, int]]
    size: int

    def counted(self) -> Cluster:
        """The cluster with its size, the labels inside and examples as they are shown."""
        examples = tuple(row.item_id for row in self.rows)
        return replace(self.cluster, size=self.size, inside=dict(self.labels), examples=examples)


def groups(view: View, clusters: Sequence[Cluster], sorted_: bool) -> list[Group]:
    """The clusters with what is in them: images assigned or, before that, images whose label a cluster holds."""
    if sorted_:
        return _sorted(view, clusters)
    return [_proposed(view, cluster, labels) for cluster, labels in _by_label(view, clusters)]


def _sorted(view: View, clusters: Sequence[Cluster]) -> list[Group]:
    labels: dict[str, list[tuple[str, int]]] = {cluster.id: [] for cluster in clusters}
    for cluster, label, number in view.labels():
        labels.setdefault(cluster, []).append((label, number))
    sizes = view.sizes()
    best: dict[str, list[Row]] = {cluster.id: [] for cluster in clusters}
    for row in view.examples(EXAMPLES):
        if row.cluster:
            best[row.cluster.id].append(row)
    return [Group(cluster, best[cluster.id], labels[cluster.id], sizes[cluster.id]) for cluster in clusters]


def _by_label(view: View, clusters: Sequence[Cluster]) -> list[tuple[Cluster, Counter[str]]]:
    """Each cluster with the labels that it holds; a label in two clusters counts for the first."""
    home = {label: cluster.id for cluster in reversed(clusters) for label in cluster.labels}
    inside: dict[str, Counter[str]] = {cluster.id: Counter() for cluster in clusters}
    for _, label, number in view.labels():
        if label in home:
            inside[home[label]][label] += number
    return [(cluster, inside[cluster.id]) for cluster in clusters]


def _proposed(view: View, cluster: Cluster, labels: Counter[str]) -> Group:
    """A group before images are sorted, as the model formed it or, where it counted nothing, by its labels."""
    if cluster.inside:
        labels = Counter(cluster.inside)
    if cluster.size:
        place = {item: rank for rank, item in enumerate(cluster.examples)}
        rows = view.rows(Query(ids=cluster.examples[: 2 * EXAMPLES]), 2 * EXAMPLES)
        rows.sort(key=lambda row: place[row.item_id])
        return Group(cluster, rows[:EXAMPLES], labels.most_common(), cluster.size)
    if cluster.size == 0:
        return Group(cluster, [], [], 0)
    rows = view.rows(Query(labels=tuple(labels)), EXAMPLES) if labels else []
    return Group(cluster, rows, labels.most_common(), labels.total())


def second_choice(view: View, row: Row) -> tuple[Cluster, float] | None:
    """The most probable cluster besides the one the image is in."""
    by_id = {cluster.id: cluster for cluster in view.edited.clusters}
    own = row.cluster.id if row.cluster else None
    others = [(share, key) for key, share in view.probabilities(row.item_id).items() if key != own]
    if not others:
        return None
    share, key = max(others)
    return by_id[key], share
