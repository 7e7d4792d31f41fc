"""One card a proposed group: examples, its name to type over, labels inside, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.domain import Cluster
from core.results.edits import Delete, Redefine
from core.store.runs import RunRow
from ui import text
from ui.clusters import edit_callbacks, opened
from ui.clusters.group_data import Group
from ui.clusters.several import choose_box
from ui.components.gallery import Tile, wall
from ui.components.notices import act, guarded
from ui.components.safe import safe_md
from ui.language import digits
from ui.session import state

_EXAMPLES = 6
_LABELS = 6


@dataclass(frozen=True, slots=True)
class Board:
    """What all cards share.

    Attributes:
        clusters: the groups as they stand.
        pinned: ids of those that stay when names are suggested again.
        total: how many images can be in a group.
        sorted_: whether images were assigned, so that edits make some stale.
        pictures: False for records without images.
    """

    run: RunRow
    clusters: Sequence[Cluster]
    pinned: frozenset[str]
    total: int
    sorted_: bool
    pictures: bool

    def others(self, cluster: Cluster) -> list[Cluster]:
        """The groups besides this one."""
        return [other for other in self.clusters if other.id != cluster.id]


def card(board: Board, group: Group) -> None:
    """One card: a group's examples, its name, its meaning, labels and what can be done with it."""
    run, cluster, total = board.run, group.cluster, board.total
    with st.container(border=True, height="stretch", gap="xsmall"):
        _examples(board, group)
        _head(run, cluster)
        with st.container(horizontal=True, vertical_alignment="center"):
            share = f" · {text.percent(group.size / total)}" if total else ""
            st.markdown(f"**{text.images(group.size)}**{share}", width="content")
            if cluster.needs_name:
                st.badge(text.NEEDS_NAME, icon=":material/help:", color="orange", help=text.NEEDS_NAME_HELP)
            if cluster.id in board.pinned:
                st.badge(text.PINNED, icon=":material/keep:", color="green", help=text.PIN_HELP)
            if cluster.added:
                st.badge(text.ADDED, icon=":material/person:", color="blue")
        if cluster.meaning:
            st.caption(safe_md(cluster.meaning, 140))
        more = len(group.labels) - _LABELS
        if group.labels:
            rest = f" {text.more_labels(more)}" if more > 0 else ""
            st.caption(f"{text.LABELS}: {_counted(group.labels[:_LABELS])}{rest}")
        st.space("stretch")
        with st.container(horizontal=True, gap="small"):
            _changes(board, group)
            _pin(run, cluster, cluster.id in board.pinned)
            if more > 0:
                key = f"labels-{run.id}-{cluster.id}"
                label = text.all_labels(len(group.labels))
                inside = st.popover(label, icon=":material/label:", type="tertiary", key=key, on_change="rerun")
                if inside.open:
                    inside.markdown(_counted(group.labels))


def _examples(board: Board, group: Group) -> None:
    """Pictures of a group; a click opens one once images are sorted."""
    run, cluster = board.run, group.cluster
    tiles = [Tile(row.item_id, row.description or row.name, "", board.pictures) for row in group.rows[:_EXAMPLES]]
    if not tiles:
        st.caption(text.NOTHING_FITS if cluster.size == 0 else text.NO_EXAMPLES)
        return
    opens = (lambda item: state.go_next("browse", group=cluster.id, image=item)) if board.sorted_ else None
    wall(tiles, cluster.name, key=f"examples-{run.id}-{cluster.id}", size=88, on_open=opens)


def _counted(labels: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{safe_md(label, 40)} ({digits(count)})" for label, count in labels)


def _pin(run: RunRow, cluster: Cluster, pinned: bool) -> None:
    st.button(
        text.UNPIN if pinned else text.PIN,
        icon=":material/keep_off:" if pinned else ":material/keep:",
        type="tertiary",
        key=f"pin-{run.id}-{cluster.id}",
        help=text.PIN_HELP,
        on_click=act,
        args=(edit_callbacks.pin, run.id, [cluster.id], not pinned),
    )


def _head(run: RunRow, cluster: Cluster) -> None:
    """The box that chooses a group, and its name."""
    key = f"name-{run.id}-{cluster.id}"
    if st.session_state.get(key) != cluster.name:  # it was refused, undone, or changed elsewhere
        st.session_state[key] = cluster.name
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        choose_box(run.id, cluster)
        st.text_input(
            text.NAME,
            key=key,
            label_visibility="collapsed",
            on_change=_rename,
            args=(run.id, cluster, key),
        )


def _rename(run_id: str, cluster: Cluster, key: str) -> None:
    """Give the group the name that was typed."""
    act(edit_callbacks.rename, run_id, cluster.id, str(st.session_state.get(key, "")))


def _ask(popover: str, run_id: str, kind: str, cluster_id: str) -> None:
    """Open a dialog about a group in place of what else can be done with it."""
    st.session_state[popover] = False
    opened.ask(run_id, kind, cluster_id)


def _changes(board: Board, group: Group) -> None:
    """What else can be done with a group; drawn, and its consequences counted, only while it is open."""
    run, cluster, sorted_, others = board.run, group.cluster, board.sorted_, board.others(group.cluster)
    key = f"change-{run.id}-{cluster.id}"
    popover = st.popover(text.CHANGE, icon=":material/edit:", type="tertiary", key=key, on_change="rerun")
    if not popover.open:
        return
    with popover, guarded():
        meaning = st.text_input(text.MEANING, value=cluster.meaning, key=f"meaning-{key}-{cluster.meaning}")
        st.button(
            text.MEANING_SAVE,
            key=f"save-{key}",
            on_click=act,
            args=(edit_callbacks.redefine, run.id, cluster.id, meaning or ""),
        )
        if sorted_:
            st.caption(text.will_be_stale(edit_callbacks.stale_count(run.id, Redefine(cluster.id, meaning or ""))))
        with st.container(horizontal=True, gap="small"):
            st.button(
                text.SPLIT,
                icon=":material/call_split:",
                key=f"split-{key}",
                disabled=group.size < 2,
                on_click=_ask,
                args=(key, run.id, "split", cluster.id),
            )
            st.button(
                text.MOVE_LABELS,
                icon=":material/label:",
                key=f"move-labels-{key}",
                disabled=not others,
                on_click=_ask,
                args=(key, run.id, "labels", cluster.id),
            )
        if not others:
            return
        names = {other.id: other.name for other in others}
        into = st.selectbox(text.MERGE_INTO, list(names), format_func=names.__getitem__, key=f"into-{key}")
        st.button(
            text.MERGE,
            icon=":material/merge:",
            key=f"merge-{key}",
            on_click=act,
            args=(edit_callbacks.merge, run.id, cluster.id, into),
        )
        if sorted_:
            st.caption(text.NO_STALE)
        st.button(
            text.DELETE,
            icon=":material/delete:",
            key=f"delete-{key}",
            on_click=act,
            args=(edit_callbacks.delete, run.id, cluster.id),
        )
        if sorted_:
            st.caption(text.will_be_stale(edit_callbacks.stale_count(run.id, Delete(cluster.id))))


def add_card(run: RunRow, edits: int, sorted_: bool) -> None:
    """The form that adds a group by its name; says first how many images that would put out of date.

    edits: how many edits the run has.
    """
    with st.container(border=True, height="stretch", gap="small"):
        st.markdown(f"**{text.ADD}**")
        key = f"add-{run.id}-{edits}"  # a new field after each edit, so that an added name does not stay in it
        name = st.text_input(text.ADD_NAME, key=key, placeholder=text.ADD_NAME_HINT)
        named = bool(name and name.strip())
        if sorted_ and named:
            with guarded():
                st.caption(text.will_be_stale(edit_callbacks.stale_count(run.id, edit_callbacks.new_group(name or ""))))
        st.button(
            text.ADD,
            icon=":material/add:",
            key=f"do-{key}",
            disabled=not named,
            on_click=act,
            args=(edit_callbacks.add, run.id, name),
        )
