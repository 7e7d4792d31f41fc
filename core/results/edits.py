"""What a person decides about a run's clusters, as data; pure functions that apply it and say what it makes stale.

The model's proposal is never changed: the clusters shown are the proposal with the edits applied in order, so every
edit can be undone and a re-run keeps them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from pydantic import TypeAdapter

from core.domain import EXAMPLES, Cluster, is_reserved, same_name
from core.errors import BadInput
from core.results.caveats import stability


@dataclass(frozen=True, slots=True)
class Rename:
    """Give a cluster another name. Asks nothing."""

    cluster_id: str
    name: str
    kind: Literal["rename"] = "rename"


@dataclass(frozen=True, slots=True)
class Redefine:
    """Give a cluster another one-line meaning. Re-asks its members and its neighbours."""

    cluster_id: str
    meaning: str
    kind: Literal["redefine"] = "redefine"


@dataclass(frozen=True, slots=True)
class Merge:
    """Put one cluster into another. Remaps its members, asks nothing."""

    cluster_id: str
    into: str
    kind: Literal["merge"] = "merge"


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a cluster. Re-asks its members."""

    cluster_id: str
    kind: Literal["delete"] = "delete"


@dataclass(frozen=True, slots=True)
class Add:
    """Add a cluster by its name. Re-asks the Unassigned and the images that it now lies nearest to."""

    cluster_id: str
    name: str
    meaning: str = ""
    kind: Literal["add"] = "add"


@dataclass(frozen=True, slots=True)
class Move:
    """Put images into a cluster by hand, or into Unassigned (None). Always wins over a model."""

    items: tuple[str, ...]
    cluster_id: str | None
    kind: Literal["move"] = "move"


Edit = Rename | Redefine | Merge | Delete | Add | Move
EDIT: TypeAdapter[Edit] = TypeAdapter(Edit)


@dataclass(frozen=True, slots=True)
class Edited:
    """Clusters as they stand after the edits. merged: id of a merged cluster -> the one it went into.

    moved: item id -> cluster id or None, where a person put it. skipped: edits that no longer apply, with the reason.
    """

    clusters: tuple[Cluster, ...]
    merged: Mapping[str, str] = field(default_factory=dict)
    moved: Mapping[str, str | None] = field(default_factory=dict)
    skipped: tuple[tuple[Edit, str], ...] = ()

    def resolve(self, cluster_id: str | None) -> str | None:
        """Today's id of the cluster a model once chose, or None when it is gone."""
        seen: set[str] = set()
        while cluster_id is not None and cluster_id in self.merged and cluster_id not in seen:
            seen.add(cluster_id)
            cluster_id = self.merged[cluster_id]
        return cluster_id if any(cluster.id == cluster_id for cluster in self.clusters) else None

    def today(self) -> dict[str, str]:
        """Id of a cluster that a model knew, or a person added -> its id today, for those that are not gone."""
        once = [cluster.id for cluster in self.clusters] + list(self.merged)
        return {cluster_id: now for cluster_id in once if (now := self.resolve(cluster_id))}

    def places(self) -> dict[str, str]:
        """Item id -> where a person put it: a cluster's id, "" for none."""
        return {item: where or "" for item, where in self.moved.items()}

    def get(self, cluster_id: str) -> Cluster:
        for cluster in self.clusters:
            if cluster.id == cluster_id:
                return cluster
        raise BadInput("That group does not exist any more. Reload the page to see the groups as they are.")


def check(state: Edited, edit: Edit) -> None:
    """Raise BadInput for an edit that may not be made now.

    Names are checked here and not in `apply`: an edit of an earlier version, which compared them less strictly, stays.
    """
    if isinstance(edit, Add | Rename):
        own = edit.cluster_id if isinstance(edit, Rename) else None
        _check_name(edit.name, [cluster for cluster in state.clusters if cluster.id != own])
    _apply(state, edit)


def apply(proposal: Sequence[Cluster], edits: Sequence[Edit]) -> Edited:
    """The proposal with the edits applied in order. One that does not apply (any more) is skipped, and said."""
    state = Edited(tuple(proposal))
    for edit in edits:
        try:
            state = _apply(state, edit)
        except BadInput as error:
            state = replace(state, skipped=(*state.skipped, (edit, str(error))))
    return state


def meet(edit: Edit, others: Sequence[Edit]) -> Edit | None:
    """The first of these edits that is about the same clusters or items as `edit`, so that one hides the other."""
    own = _touched(edit)
    return next((other for other in others if own & _touched(other)), None)


def _touched(edit: Edit) -> set[str]:
    if isinstance(edit, Move):
        return {*edit.items, *([edit.cluster_id] if edit.cluster_id else [])}
    return {edit.cluster_id, edit.into} if isinstance(edit, Merge) else {edit.cluster_id}


def _apply(state: Edited, edit: Edit) -> Edited:
    if isinstance(edit, Add):
        added = Cluster(edit.cluster_id, edit.name.strip(), edit.meaning.strip(), confidence=1.0, added=True)
        return replace(state, clusters=(*state.clusters, added))
    if isinstance(edit, Move):
        if edit.cluster_id is not None:
            state.get(edit.cluster_id)
        return replace(state, moved={**state.moved, **dict.fromkeys(edit.items, edit.cluster_id)})
    cluster = state.get(edit.cluster_id)
    others = tuple(other for other in state.clusters if other.id != cluster.id)
    if isinstance(edit, Rename):
        return _replace(
            state, replace(cluster, name=edit.name.strip(), confidence=1.0, needs_name=False, guessed=False)
        )
    if isinstance(edit, Redefine):
        return _replace(state, replace(cluster, meaning=edit.meaning.strip()))
    if not others:
        raise BadInput("The last group cannot be removed.")
    if isinstance(edit, Merge):
        into = state.get(edit.into)
        if into.id == cluster.id:
            raise BadInput("A group cannot be merged into itself.")
        # The prototype of the larger whole stays that of the target: assignments are remapped, not judged again.
        whole = replace(
            into,
            labels=tuple(dict.fromkeys((*into.labels, *cluster.labels))),
            size=None if into.size is None or cluster.size is None else into.size + cluster.size,
            examples=(*into.examples, *cluster.examples)[:EXAMPLES],
            inside=dict((Counter(into.inside) + Counter(cluster.inside)).most_common()),
            stability=stability((into, cluster)),  # at least: images that went from one to the other now stay
        )
        merged = _replace(replace(state, clusters=others), whole)
        moved = {item: into.id if where == cluster.id else where for item, where in state.moved.items()}
        return replace(merged, merged={**state.merged, cluster.id: into.id}, moved=moved)
    # Delete: what a person had moved there is judged again with the other members.
    moved = {item: where for item, where in state.moved.items() if where != cluster.id}
    return replace(state, clusters=others, moved=moved)


def _replace(state: Edited, cluster: Cluster) -> Edited:
    return replace(state, clusters=tuple(cluster if other.id == cluster.id else other for other in state.clusters))


def _check_name(name: str, others: Sequence[Cluster]) -> None:
    if not name.strip():
        raise BadInput("A group needs a name.")
    if is_reserved(name):
        raise BadInput(f"“{name.strip()}” is what images without a group are called. Choose another name.")
    if any(same_name(other.name, name) for other in others):
        raise BadInput(f"There is already a group called “{name.strip()}”. Merge the two, or choose another name.")


@dataclass(frozen=True, slots=True)
class Kind:
    """Assignments that are alike for an edit. chosen: the cluster that the model chose. second: its second choice.
    nearer: whether the images' label lies nearer to a cluster that is added than to their present one. moved: where a
    person put the images, "" for none; None where nobody did."""

    chosen: str | None
    second: str | None = None
    nearer: bool = False
    moved: str | None = None


def makes_stale(edit: Edit, state: Edited, kind: Kind) -> bool:
    """Whether `edit` puts assignments of this kind out of date, before it is applied to `state`.

    What a person moved is never out of date, whatever becomes of the cluster that the model had chosen; only where the
    person had put it goes, it is judged again.
    """
    if kind.moved is not None:
        return isinstance(edit, Delete) and kind.moved == edit.cluster_id
    cluster = state.resolve(kind.chosen)
    if isinstance(edit, Delete):
        return cluster == edit.cluster_id
    if isinstance(edit, Redefine):
        return edit.cluster_id in (cluster, state.resolve(kind.second))
    return isinstance(edit, Add) and (cluster is None or kind.nearer)
