"""A run's rows sorted into what the pages show: groups with their examples and labels, and what is in no group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.domain import Cluster
from core.results import Row

Order = Literal["sure", "unsure", "given"]


@dataclass(frozen=True, slots=True)
class Group:
    """One cluster with the rows in it (or some of them), best examples first, how often each label occurs, and how many
    images it holds or, before images are sorted, how many the model had in mind."""

    cluster: Cluster
    rows: Sequence[Row]
    labels: Sequence[tuple[str, int]]
    size: int


def groups(clusters: Sequence[Cluster], rows: Sequence[Row], sorted_: bool) -> list[Group]:
    """The clusters with their rows: those assigned or, before images are sorted, those whose label a cluster holds."""
    inside: dict[str, list[Row]] = {cluster.id: [] for cluster in clusters}
    if sorted_:
        for row in rows:
            if row.cluster and row.cluster.id in inside:
                inside[row.cluster.id].append(row)
    else:
        by_id = {row.item_id: row for row in rows}
        home = {label: cluster.id for cluster in reversed(clusters) for label in cluster.labels}
        for row in rows:
            if row.label in home:
                inside[home[row.label]].append(row)
        proposed = {one.id: [by_id[item] for item in one.examples if item in by_id] for one in clusters if one.size}
        return [
            _proposed(one, proposed[one.id], inside[one.id]) if one.size else _group(one, inside[one.id])
            for one in clusters
        ]
    return [_group(cluster, inside[cluster.id]) for cluster in clusters]


def _group(cluster: Cluster, rows: Sequence[Row]) -> Group:
    """Best examples: the most confident and, among equals (all of them before anything is assigned), the commonest."""
    labels = Counter(row.label for row in rows if row.label)
    typical = sorted(rows, key=lambda row: (-(row.confidence or 0.0), -labels[row.label]))
    return Group(cluster, typical, labels.most_common(), len(rows))


def _proposed(cluster: Cluster, examples: Sequence[Row], labelled: Sequence[Row]) -> Group:
    """A group before images are sorted, as the model formed it."""
    labels = Counter(row.label for row in labelled if row.label)
    return Group(cluster, examples, labels.most_common(), cluster.size or 0)


def in_order(rows: Sequence[Row], order: Order) -> list[Row]:
    """sure: what a person put there, then by falling confidence; unsure: the other way round; given: as it came."""
    if order == "given":
        return list(rows)
    ranked = sorted(rows, key=lambda row: (row.source != "person", -(row.confidence or 0.0)))
    return ranked if order == "sure" else ranked[::-1]


def answers(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """What the model said of unassigned images instead of a group's name, the most frequent first."""
    said: dict[str, list[Row]] = {}
    for row in rows:
        if row.state == "unassigned" and row.reason:
            said.setdefault(row.reason, []).append(row)
    return sorted(said.items(), key=lambda one: (-len(one[1]), one[0]))


def second_choice(row: Row, clusters: Sequence[Cluster]) -> tuple[Cluster, float] | None:
    """The most probable cluster besides the one the image is in."""
    by_id = {cluster.id: cluster for cluster in clusters}
    own = row.cluster.id if row.cluster else None
    others = [(share, key) for key, share in row.probabilities.items() if key != own and key in by_id]
    if not others:
        return None
    share, key = max(others)
    return by_id[key], share
