"""The clusters of a run as they stand after a person's edits; pure functions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from core.domain import EXAMPLES, Cluster, is_reserved, same_name
from core.errors import BadInput
from core.results.caveats import stability
from core.results.edits import (
    Add,
    Delete,
    Edit,
    Learn,
    Match,
    Merge,
    Move,
    MoveLabels,
    Part,
    Pin,
    Propose,
    Redefine,
    Relabel,
    Rename,
    Several,
    Split,
    each,
)
from core.store.decisions import Decisions

Route = tuple[str, str]
"""A cluster that a model may have chosen, and a label."""


@dataclass(frozen=True)
class Edited:
    """Clusters as they stand after the edits.

    Attributes:
        merged: id of a merged cluster -> the one it went into.
        routed: (cluster that a model chose, label) -> the cluster that a person put images with this label into.
        moved: item id -> cluster id or None, where a person put it.
        learnt: item id -> (cluster id or None, confidence), where a classifier put it that learnt from the person; the
            confidence is None where it came with a part of a group that a person split.
        pinned: ids of clusters that stay when names are suggested again.
        absorbed: merged clusters that a model formed of what was measured.
        parted: ids of clusters that were split off one that a model formed so.
        matched: (column of labels, label) -> cluster that a person matched it to.
        relabelled: (column of labels, item id) -> (label given, label that a person says it has).
        skipped: edits that no longer apply, with the reason.
    """

    clusters: tuple[Cluster, ...]
    merged: Mapping[str, str] = field(default_factory=dict)
    routed: Mapping[Route, str] = field(default_factory=dict)
    moved: Mapping[str, str | None] = field(default_factory=dict)
    learnt: Mapping[str, tuple[str | None, float | None]] = field(default_factory=dict)
    pinned: frozenset[str] = frozenset()
    absorbed: tuple[Cluster, ...] = ()
    parted: frozenset[str] = frozenset()
    matched: Mapping[tuple[str, str], str] = field(default_factory=dict)
    relabelled: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    skipped: tuple[tuple[Edit, str], ...] = ()

    def resolve(self, cluster_id: str | None) -> str | None:
        """Today's id of the cluster a model once chose, or None when it is gone."""
        seen: set[str] = set()
        while cluster_id is not None and cluster_id in self.merged and cluster_id not in seen:
            seen.add(cluster_id)
            cluster_id = self.merged[cluster_id]
        return cluster_id if cluster_id in self._ids else None

    def today(self) -> dict[str, str]:
        """Id of a cluster that a model knew, or a person added -> its id today, for those that are not gone."""
        once = [cluster.id for cluster in self.clusters] + list(self.merged)
        return {cluster_id: now for cluster_id in once if (now := self.resolve(cluster_id))}

    def place_of(self, item: str, chosen: str | None, label: str) -> str | None:
        """Today's cluster of an item with this label for which a model chose a cluster; None for Unassigned."""
        if item in self.moved:
            return self.moved[item]
        if item in self.learnt:
            return self.learnt[item][0]
        return self.resolve(self.routed.get((chosen or "", label), chosen))

    def is_placed(self, item: str, chosen: str | None, label: str) -> bool:
        """Whether what a person did decides where an item belongs, whatever cluster a model chose for it."""
        return item in self.moved or item in self.learnt or (chosen or "", label) in self.routed

    def chances(self, probabilities: Mapping[str, float]) -> dict[str, float]:
        """Today's cluster -> its probability: merged ones added up, removed ones left out.

        probabilities: as a model gave them, by the clusters that it knew.
        """
        total: dict[str, float] = defaultdict(float)
        for cluster_id, probability in probabilities.items():
            if now := self.resolve(cluster_id):
                total[now] += probability
        return dict(total)

    @property
    def asked(self) -> tuple[Cluster, ...]:
        """The clusters that a model chooses among. Those that were merged into another keep their place in what was
        measured: images that lie there belong to the whole. Those that were split off have none, and take no images by
        their name alone that lie in another."""
        chosen = tuple(cluster for cluster in self.clusters if cluster.id not in self.parted) or self.clusters
        return (*chosen, *(cluster for cluster in self.absorbed if self.resolve(cluster.id)))

    @cached_property
    def decisions(self) -> Decisions:
        """What decides where items belong, as the store takes it."""
        return Decisions(
            self.today(),
            {item: where or "" for item, where in self.moved.items()},
            {item: (where or "", sure) for item, (where, sure) in self.learnt.items()},
            self.routed,
        )

    def get(self, cluster_id: str) -> Cluster:
        """Raises BadInput where there is none."""
        for cluster in self.clusters:
            if cluster.id == cluster_id:
                return cluster
        raise BadInput("That group does not exist any more. Reload the page to see the groups as they are.")

    @cached_property
    def _ids(self) -> frozenset[str]:
        return frozenset(cluster.id for cluster in self.clusters)


def check(state: Edited, edit: Edit) -> None:
    """Raise BadInput for an edit that may not be made now.

    Names are checked here and not in `apply`: an edit of an earlier version, which compared them less strictly, stays.
    """
    for part in each(edit):
        others = list(state.clusters)
        for name, own in _new_names(part):
            others = [cluster for cluster in others if cluster.id != own]
            _check_name(name, others)
            others.append(Cluster(own, name))
        state = _apply(state, part)


def apply(proposal: Sequence[Cluster], edits: Sequence[Edit]) -> Edited:
    """The proposal with the edits applied in order. One that does not apply (any more) is skipped, and said."""
    state = Edited(tuple(proposal))
    for edit in edits:
        try:
            state = applied(state, edit)
        except BadInput as error:
            state = replace(state, skipped=(*state.skipped, (edit, str(error))))
    return state


def applied(state: Edited, edit: Edit) -> Edited:
    """The clusters after one more edit, all of it. Raises BadInput where it does not apply."""
    for part in each(edit):
        state = _apply(state, part)
    return state


def _new_names(edit: Edit) -> list[tuple[str, str]]:
    """The names that an edit gives, each with the id of the cluster that gets it."""
    match edit:
        case Add() | Rename():
            return [(edit.name, edit.cluster_id)]
        case Split():
            return [(part.name, part.cluster_id) for part in edit.parts]
        case _:
            return []


def _apply(state: Edited, edit: Edit) -> Edited:
    match edit:
        case Several():
            return applied(state, edit)
        case Add():
            added = Cluster(edit.cluster_id, edit.name.strip(), edit.meaning.strip(), confidence=1.0, added=True)
            return replace(state, clusters=(*state.clusters, added))
        case Move():
            if edit.cluster_id is not None:
                state.get(edit.cluster_id)
            return replace(state, moved={**state.moved, **dict.fromkeys(edit.items, edit.cluster_id)})
        case Learn():
            return _learn(state, edit)
        case Match() | Relabel():
            return _about_labels(state, edit)
        case Propose():
            return _propose(state, edit.clusters)
        case Rename():
            named = replace(
                state.get(edit.cluster_id), name=edit.name.strip(), confidence=1.0, needs_name=False, guessed=False
            )
            return _replace(state, named)
        case Redefine():
            return _replace(state, replace(state.get(edit.cluster_id), meaning=edit.meaning.strip()))
        case Pin():
            own = {state.get(edit.cluster_id).id}
            return replace(state, pinned=state.pinned | own if edit.pinned else state.pinned - own)
        case Split():
            return _split(state, edit)
        case MoveLabels():
            return _move_labels(state, edit)
        case Merge():
            return _merge(state, edit)
        case Delete():
            return _delete(state, edit)


def _replace(state: Edited, *clusters: Cluster) -> Edited:
    """The state with these clusters in place of those with their ids."""
    new = {cluster.id: cluster for cluster in clusters}
    return replace(state, clusters=tuple(new.get(cluster.id, cluster) for cluster in state.clusters))


def _about_labels(state: Edited, edit: Match | Relabel) -> Edited:
    """A cluster is matched to one label of a column at most: the later decision takes it."""
    if isinstance(edit, Relabel):
        said = {(edit.column, edit.item): (edit.given, edit.label.strip())}
        return replace(state, relabelled={**state.relabelled, **said})
    own = edit.column, edit.label
    others = {
        key: cluster
        for key, cluster in state.matched.items()
        if key != own and (key[0] != edit.column or cluster != edit.cluster_id)
    }
    if edit.cluster_id is None:
        return replace(state, matched=others)
    return replace(state, matched=others | {own: state.get(edit.cluster_id).id})


def _learn(state: Edited, edit: Learn) -> Edited:
    for cluster_id in set(edit.clusters) - {""}:
        state.get(cluster_id)
    placed = zip(edit.items, edit.clusters, edit.confidences, strict=True)
    learnt = {item: (where or None, sure) for item, where, sure in placed if item not in state.moved}
    return replace(state, learnt={**state.learnt, **learnt})


def _merge(state: Edited, edit: Merge) -> Edited:
    cluster, into = state.get(edit.cluster_id), state.get(edit.into)
    others = _without(state, cluster)
    if into.id == cluster.id:
        raise BadInput("A group cannot be merged into itself.")
    whole = replace(
        into,
        labels=tuple(dict.fromkeys((*into.labels, *cluster.labels))),
        size=None if into.size is None or cluster.size is None else into.size + cluster.size,
        examples=(*into.examples, *cluster.examples)[:EXAMPLES],
        inside=dict((Counter(into.inside) + Counter(cluster.inside)).most_common()),
        stability=stability((into, cluster)),  # at least: images that went from one to the other now stay
    )
    absorbed = (*state.absorbed, cluster) if cluster.prototype else state.absorbed
    kept = _replace(replace(state, clusters=others, absorbed=absorbed), whole)
    merged = {**state.merged, cluster.id: into.id}
    return _remapped(kept, merged, {cluster.id: into.id})


def _delete(state: Edited, edit: Delete) -> Edited:
    """What a person had put there is judged again with the other members."""
    cluster = state.get(edit.cluster_id)
    return _dropped(replace(state, clusters=_without(state, cluster)))


def _without(state: Edited, cluster: Cluster) -> tuple[Cluster, ...]:
    others = tuple(other for other in state.clusters if other.id != cluster.id)
    if not others:
        raise BadInput("The last group cannot be removed.")
    return others


def _remapped(state: Edited, merged: Mapping[str, str], to: Mapping[str, str]) -> Edited:
    """The state once what a person put into the clusters `to` is in those that they went into."""
    now = replace(
        state,
        merged=merged,
        moved={item: to.get(where or "", where) for item, where in state.moved.items()},
        learnt={item: (to.get(where or "", where), sure) for item, (where, sure) in state.learnt.items()},
        pinned=frozenset(to.get(one, one) for one in state.pinned),
    )
    return replace(now, routed=_real(now, {route: to.get(where, where) for route, where in state.routed.items()}))


def _dropped(state: Edited) -> Edited:
    """The state without what a person had put into clusters that are gone."""
    here = {cluster.id for cluster in state.clusters}
    return replace(
        state,
        moved={item: where for item, where in state.moved.items() if where is None or where in here},
        learnt={item: placed for item, placed in state.learnt.items() if placed[0] is None or placed[0] in here},
        routed={route: where for route, where in state.routed.items() if where in here},
        pinned=state.pinned & here,
    )


def _real(state: Edited, routed: Mapping[Route, str]) -> dict[Route, str]:
    """Routes without those that lead where the images are anyway."""
    return {route: where for route, where in routed.items() if state.resolve(route[0]) != where}


def _propose(state: Edited, clusters: tuple[Cluster, ...]) -> Edited:
    if not clusters:
        raise BadInput("A run needs at least one group.")
    here = {cluster.id for cluster in clusters}
    merged = {cluster_id: into for cluster_id, into in state.merged.items() if cluster_id not in here}
    return _dropped(replace(state, clusters=clusters, merged=merged, absorbed=(), parted=frozenset()))


def _move_labels(state: Edited, edit: MoveLabels) -> Edited:
    cluster, into = state.get(edit.cluster_id), state.get(edit.into)
    if into.id == cluster.id:
        raise BadInput("These labels are in that group already.")
    left, taken = _taken(cluster, Part(into.id, into.name, edit.labels))
    gets = replace(
        into,
        labels=tuple(dict.fromkeys((*into.labels, *taken.labels))),
        size=None if into.size is None or taken.size is None else into.size + taken.size,
        inside=dict((Counter(into.inside) + Counter(taken.inside)).most_common()),
    )
    return _route(_replace(state, left, gets), cluster.id, edit.labels, into.id)


def _split(state: Edited, edit: Split) -> Edited:
    cluster = state.get(edit.cluster_id)
    if not any(part.labels or part.items for part in edit.parts):
        raise BadInput("Choose labels or images that become a group of their own.")
    if cluster.prototype or cluster.id in state.parted:
        state = replace(state, parted=state.parted | {part.cluster_id for part in edit.parts})
    for part in edit.parts:
        cluster, taken = _taken(cluster, part)
        state = replace(state, clusters=(*state.clusters, taken))
        state = _route(state, cluster.id, part.labels, taken.id)
        learnt = {item: (taken.id, None) for item in part.items if item not in state.moved}
        state = replace(state, learnt={**state.learnt, **learnt})
    return _replace(state, cluster)


def _taken(cluster: Cluster, part: Part) -> tuple[Cluster, Cluster]:
    """(what is left of a cluster, what a part takes out of it), as far as was counted before images are sorted."""
    inside = dict(part.inside) or {label: cluster.inside[label] for label in part.labels if label in cluster.inside}
    size = None if cluster.size is None else sum(inside.values())
    items = set(part.items)
    left = replace(
        cluster,
        labels=tuple(label for label in cluster.labels if label not in part.labels),
        size=None if cluster.size is None else max(cluster.size - sum(inside.values()), 0),
        inside=dict((Counter(cluster.inside) - Counter(inside)).most_common()),
        examples=tuple(item for item in cluster.examples if item not in items),
    )
    taken = Cluster(
        part.cluster_id,
        part.name.strip(),
        labels=tuple(label for label in part.labels if label in cluster.labels or label in cluster.inside),
        confidence=1.0,
        added=True,
        size=size,
        inside=inside,
        examples=part.items[:EXAMPLES],
    )
    return left, taken


def _route(state: Edited, source: str, labels: Sequence[str], into: str) -> Edited:
    """The state once images with these labels in the cluster `source` are in `into`."""
    wanted = set(labels)
    once = [known for known, now in state.today().items() if now == source]
    routed = {
        (chosen, label): into if where == source and label in wanted else where
        for (chosen, label), where in state.routed.items()
    }
    routed = {(chosen, label): into for chosen in once for label in labels} | routed
    return replace(state, routed=_real(state, routed))


def _check_name(name: str, others: Sequence[Cluster]) -> None:
    if not name.strip():
        raise BadInput("A group needs a name.")
    if is_reserved(name):
        raise BadInput(f"“{name.strip()}” is what images without a group are called. Choose another name.")
    if any(same_name(other.name, name) for other in others):
        raise BadInput(f"There is already a group called “{name.strip()}”. Merge the two, or choose another name.")
