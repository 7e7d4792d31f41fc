"""Which assignments an edit puts out of date; the kinds of assignments are told apart, no image is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.models.embedding.kept import KeptVectors
from core.models.embedding.minilm import embed
from core.results.edited import Edited, applied, check
from core.results.edits import Add, Delete, Edit, Propose, Redefine, each
from core.store import Store
from core.store import stale_groups as store_kinds
from core.store.stale_groups import Apart, By, Mark


@dataclass(frozen=True, slots=True)
class Kind:
    """Assignments that are alike for an edit.

    Attributes:
        chosen: the cluster that the model chose.
        second: its second choice.
        nearer: whether the images' label lies nearer to a cluster that is added than to their present one.
        moved: where what a person did put the images, "" for none; None where nothing did.
    """

    chosen: str | None
    second: str | None = None
    nearer: bool = False
    moved: str | None = None


def makes_stale(edit: Edit, state: Edited, kind: Kind) -> bool:
    """Whether an edit, which is no `Several`, puts assignments of this kind out of date before it is applied.

    What a person placed is never out of date, whatever becomes of the cluster that the model had chosen; only where the
    cluster goes that the person had chosen, it is judged again.
    """
    if kind.moved is not None:
        return bool(kind.moved) and _goes(edit, kind.moved)
    cluster = state.resolve(kind.chosen)
    match edit:
        case Delete():
            return cluster == edit.cluster_id
        case Redefine():
            return edit.cluster_id in (cluster, state.resolve(kind.second))
        case Add():
            return cluster is None or kind.nearer
        case Propose():
            return cluster is None or _goes(edit, cluster)
        case _:
            return False


def _goes(edit: Edit, cluster_id: str) -> bool:
    if isinstance(edit, Propose):
        return all(cluster.id != cluster_id for cluster in edit.clusters)
    return isinstance(edit, Delete) and edit.cluster_id == cluster_id


_BY: Mapping[type[Edit], By] = {Delete: "", Redefine: "second", Add: "label", Propose: ""}
"""The edits that put assignments out of date, and what it depends on besides the cluster that these are in."""


def marks_of(store: Store, run_id: str, edit: Edit, state: Edited) -> tuple[list[Mark], int]:
    """What an edit would put out of date, and how many assignments that is at most.

    Raises BadInput when the edit may not be made.
    """
    check(state, edit)
    marks, number = [], 0
    for part in each(edit):
        if type(part) in _BY:
            mark, of_part = _mark(store, run_id, part, state)
            marks.append(mark)
            number += of_part
        state = applied(state, part)
    return marks, number


def _mark(store: Store, run_id: str, edit: Edit, state: Edited) -> tuple[Mark, int]:
    by = _BY[type(edit)]
    apart = Apart(by, state.decisions)
    kinds = store.runs.kinds(run_id, apart)
    vectors = KeptVectors(store.text_vectors)
    near = _nearer(edit.name, state, [kind for kind, _ in kinds], vectors) if isinstance(edit, Add) else set()
    found = [
        (kind, number)
        for kind, number in kinds
        if makes_stale(edit, state, Kind(kind[0], kind[1] if by == "second" else None, kind in near, kind[2]))
    ]
    return Mark([kind for kind, _ in found], apart), sum(number for _, number in found)


def _nearer(new: str, state: Edited, kinds: Sequence[store_kinds.Kind], vectors: KeptVectors) -> set[store_kinds.Kind]:
    """Those (cluster chosen, label) whose label lies nearer to the name `new` than to the present cluster's name."""
    placed = [
        (kind, now, label) for kind in kinds if (label := kind[1]) is not None and (now := state.resolve(kind[0]))
    ]
    if not placed:
        return set()
    names = embed([cluster.name for cluster in state.clusters] + [new])
    place = {cluster.id: names[row] for row, cluster in enumerate(state.clusters)}
    labels = sorted({label for _, _, label in placed})
    by_label = dict(zip(labels, vectors(labels), strict=True))
    return {kind for kind, now, label in placed if by_label[label] @ names[-1] > by_label[label] @ place[now]}
