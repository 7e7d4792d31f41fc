"""What one window knows of a run that is being checked: the lesson, the images to ask about, those skipped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import streamlit as st

from core.pipeline.checking import Lesson
from core.results import decisions
from core.results.edits import Edit, Move, Several
from core.store.runs import RunRow
from ui import text
from ui.clusters import edit_callbacks
from ui.session import state


@dataclass
class Desk:
    """lesson: as of the last batch. version: of the decisions then. asked: images still to be asked about."""

    lesson: Lesson | None = None
    clusters: tuple[str, ...] = ()
    asked: list[str] = field(default_factory=list)
    skipped: set[str] = field(default_factory=set)


def desk(run: RunRow) -> Desk:
    """The desk of this window, with images to ask about where there are any. Raises BadInput."""
    own: Desk = st.session_state.setdefault(_key(run.id), Desk())
    edited = decisions.clusters(state.workspace().store, run.id)
    own.asked = [item for item in own.asked if item not in edited.moved and item not in own.skipped]
    clusters = tuple(cluster.id for cluster in edited.clusters)
    if own.lesson is None or not own.asked or clusters != own.clusters:
        with st.spinner(text.CHECK_LEARNING):
            own.lesson, own.clusters = Lesson(state.workspace().store, run.id), clusters
            own.asked = own.lesson.next_items(own.skipped)
    return own


def answer(run_id: str, item: str, cluster_id: str | None) -> str | None:
    """Decide where an image belongs; where it is already, that confirms it. Raises BadInput."""
    return _decide(run_id, Move((item,), cluster_id))


def answer_new(run_id: str, item: str, key: str) -> str | None:
    """Put an image into a new group whose name was typed. Raises BadInput."""
    name = str(st.session_state.get(key) or "").strip()
    if not name:
        return None
    new = edit_callbacks.new_group(name)
    return _decide(run_id, Several((new, Move((item,), new.cluster_id))))


def skip(run_id: str, item: str) -> None:
    """Ask about an image no more in this window."""
    st.session_state.setdefault(_key(run_id), Desk()).skipped.add(item)


def learn(run_id: str, edit: Edit, number: int) -> str:
    """Apply what was learnt; the next images are asked for anew. Raises BadInput."""
    edit_callbacks.apply(run_id, edit)
    st.session_state.pop(_key(run_id), None)
    return text.applied(number)


def names(lesson: Lesson, clusters: Sequence[str | None]) -> list[str]:
    """What clusters are called."""
    known = {cluster.id: cluster.name for cluster in lesson.edited.clusters}
    return [known.get(cluster or "", text.UNASSIGNED) for cluster in clusters]


def _decide(run_id: str, edit: Edit) -> str | None:
    edit_callbacks.apply(run_id, edit)
    return None


def _key(run_id: str) -> str:
    return f"desk-{run_id}"
