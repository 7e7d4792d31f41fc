"""Splitting a group into parts with names, by its labels or by its pictures; and moving labels to another group."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.domain import Cluster
from core.errors import BadInput
from core.pipeline import split
from core.pipeline.split import MOST_PARTS, Member, Proposed
from core.store.runs import RunRow
from ui import text
from ui.clusters import edit_callbacks, opened
from ui.components.dialog import dialog
from ui.components.gallery import Tile, wall
from ui.components.notices import guarded
from ui.components.safe import safe_md
from ui.language import digits
from ui.session import run_data, state

_TILES, _LABELS = 6, 6


@dialog(lambda: text.SPLIT, width="large", on_dismiss=opened.close)
def split_dialog(run: RunRow, cluster: Cluster, own: Sequence[Member], others: Sequence[Cluster]) -> None:
    """own: what the group holds, the surest first."""
    with guarded():
        pictures = run_data.has_pictures(run)
        by_labels = len({label for _, label in own if label}) > 1
        ways = [text.SPLIT_LABELS] if by_labels else []
        ways.append(text.SPLIT_PICTURES if pictures else text.SPLIT_TEXTS)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            key = f"{run.id}-{cluster.id}"
            way = st.segmented_control(text.SPLIT_BY, ways, default=ways[0], required=True, key=f"split-by-{key}")
            number = st.number_input(
                text.SPLIT_NUMBER, min_value=2, max_value=MOST_PARTS, value=2, key=f"split-number-{key}", width=160
            )
        taken = tuple(other.name for other in (cluster, *others))
        parts = _parts(run.id, tuple(own), int(number), way == text.SPLIT_LABELS, taken)
        if len(parts) < 2:
            st.info(text.SPLIT_ALONE, icon=":material/info:")
            return
        st.caption(text.SPLIT_ONE_STAYS)
        names = [
            _part(cluster, part, f"{key}-{way}-{number}-{place}", pictures, stays=place == 0)
            for place, part in enumerate(parts)
        ]
        if st.button(text.SPLIT, type="primary", icon=":material/call_split:", key="do-split"):
            if all(names):
                raise BadInput(text.SPLIT_ONE_STAYS)
            edit_callbacks.split(run.id, cluster.id, [of for of in zip(parts, names, strict=True) if of[1]])
            opened.close()
            st.rerun()


def _part(cluster: Cluster, part: Proposed, key: str, pictures: bool, *, stays: bool) -> str:
    """One part to look at; returns the name that it is given, or ""."""
    with st.container(border=True, gap="xsmall"):
        name = st.text_input(
            text.SPLIT_NAME,
            value="" if stays else part.name,
            placeholder=text.stays_in(cluster.name),
            key=f"part-{key}",
        )
        inside = ", ".join(
            f"{safe_md(label, 40)} ({digits(number)})" for label, number in [*part.inside.items()][:_LABELS]
        )
        st.caption(f"**{text.images(len(part.items))}** · {inside}")
        if pictures:
            wall([Tile(item, part.name) for item in part.items[:_TILES]], part.name, key=f"tiles-{key}", size=72)
    return (name or "").strip()


@st.cache_data(max_entries=16, show_spinner=False)
def _parts(
    run_id: str, own: tuple[Member, ...], number: int, by_labels: bool, taken: tuple[str, ...]
) -> list[Proposed]:
    store = state.workspace().store
    run = store.runs.get(run_id)
    if by_labels or run is None:
        return split.by_labels(store, own, number, taken)
    return split.by_pictures(store, run, own, number, taken)


@dialog(lambda: text.MOVE_LABELS, on_dismiss=opened.close)
def labels_dialog(run: RunRow, cluster: Cluster, labels: Sequence[tuple[str, int]], others: Sequence[Cluster]) -> None:
    """Move labels, with the images that have them, into another group."""
    with guarded():
        if not labels:
            st.info(text.LABELS_NONE, icon=":material/info:")
            return
        key, counts = f"{run.id}-{cluster.id}", dict(labels)
        picked = st.multiselect(
            text.MOVE_LABELS_WHICH,
            list(counts),
            format_func=lambda label: f"{label} ({digits(counts[label])})",
            key=f"labels-picked-{key}",
        )
        names = {other.id: other.name for other in others}
        into = st.selectbox(text.MOVE_LABELS_INTO, list(names), format_func=names.__getitem__, key=f"labels-into-{key}")
        if st.button(
            text.MOVE_LABELS_DO, type="primary", icon=":material/move_item:", key="do-move-labels", disabled=not picked
        ):
            edit_callbacks.move_labels(run.id, cluster.id, picked, into)
            opened.close()
            st.rerun()
