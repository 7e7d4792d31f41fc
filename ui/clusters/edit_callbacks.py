"""What a person does to groups and images, as callbacks: each is one recorded edit that can be undone."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import streamlit as st

from core.domain import Cluster
from core.errors import BadInput
from core.pipeline.split import Proposed
from core.results import decisions
from core.results.edits import (
    Add,
    Delete,
    Edit,
    Merge,
    Move,
    MoveLabels,
    Pin,
    Propose,
    Redefine,
    Rename,
    Several,
    Split,
)
from ui import text
from ui.clusters import elsewhere
from ui.session import authors, model_choice, state

_UNDONE = "undone edits"


def apply(run_id: str, edit: Edit) -> str | None:
    """Record an edit; return what to tell the person. Raises BadInput."""
    stale = record(run_id, edit)
    to_redo(run_id).clear()
    return text.out_of_date(stale) if stale else None


def record(run_id: str, edit: Edit) -> int:
    """Record an edit as this window's own; return how many assignments it put out of date. Raises BadInput."""
    store = state.workspace().store
    stale = decisions.add(store, run_id, edit, seen=elsewhere.seen(run_id))
    authors.made(run_id, decisions.version(store, run_id))
    elsewhere.keep(run_id, own=1)
    return stale


def to_redo(run_id: str) -> list[Edit]:
    """What this window has undone in a run and may make again, the newest last."""
    undone: list[Edit] = st.session_state.setdefault(f"{_UNDONE} {run_id}", [])
    return undone


def stale_count(run_id: str, edit: Edit) -> int:
    """How many images an edit would put out of date. Raises BadInput when it cannot be applied."""
    return decisions.preview(state.workspace().store, run_id, edit)


def rename(run_id: str, cluster_id: str, name: str) -> str | None:
    """Give a group another name; the same again (a field may report Enter and then losing the focus) is no edit."""
    if decisions.clusters(state.workspace().store, run_id).get(cluster_id).name == name.strip():
        return None
    return apply(run_id, Rename(cluster_id, name))


def redefine(run_id: str, cluster_id: str, meaning: str) -> str | None:
    return apply(run_id, Redefine(cluster_id, meaning))


def merge(run_id: str, cluster_id: str, into: str) -> str | None:
    return apply(run_id, Merge(cluster_id, into))


def merge_several(run_id: str, clusters: Sequence[str], into: str, name: str) -> None:
    """Put clusters into one, under a name, as one act. Raises BadInput."""
    edits: list[Rename | Merge] = [Merge(cluster_id, into) for cluster_id in clusters]
    if decisions.clusters(state.workspace().store, run_id).get(into).name != name.strip():
        edits.append(Rename(into, name))
    apply(run_id, Several(tuple(edits)))


def split(run_id: str, cluster_id: str, parts: Sequence[tuple[Proposed, str]]) -> None:
    """Take parts, each with its name, out of a group. Raises BadInput."""
    new = tuple(part.part(f"p{secrets.token_hex(3)}", name) for part, name in parts)
    if not new:
        raise BadInput(text.SPLIT_NONE)
    apply(run_id, Split(cluster_id, new))


def move_labels(run_id: str, cluster_id: str, labels: Sequence[str], into: str) -> None:
    """Put the images with these labels from one group into another. Raises BadInput."""
    apply(run_id, MoveLabels(cluster_id, tuple(labels), into))


def pin(run_id: str, clusters: Sequence[str], pinned: bool) -> None:
    """Let groups stay when names are suggested again, or not any more, as one act. Raises BadInput."""
    apply(run_id, Several(tuple(Pin(cluster_id, pinned) for cluster_id in clusters)))


def propose(run_id: str, clusters: Sequence[Cluster]) -> str | None:
    """Take these groups in place of those that there are. Raises BadInput."""
    return apply(run_id, Propose(tuple(clusters)))


def delete(run_id: str, cluster_id: str) -> str | None:
    return apply(run_id, Delete(cluster_id))


def add(run_id: str, name: str) -> str | None:
    return apply(run_id, new_group(name))


def new_group(name: str) -> Add:
    """The edit that adds a group of this name; ids are random so that an undone id never comes back as another."""
    return Add(f"p{secrets.token_hex(3)}", name)


def move(run_id: str, items: Sequence[str], cluster_id: str | None) -> str | None:
    """Put images into a group by hand; None: into none."""
    return apply(run_id, Move(tuple(items), cluster_id))


def sort(run_id: str, check_all: bool = False) -> None:
    """Sort images into the groups as they stand: what is new, failed or out of date, or all of them."""
    state.jobs().start(run_id, "assign", check_all=check_all, keys=model_choice.keys())
