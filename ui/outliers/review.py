"""A wall of odd images with the reason of each: those to review, those excluded, and those that a person keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.domain import DatasetRow
from core.pipeline.outliers import Found
from core.results.run_view import Query, View
from ui import text
from ui.components.selecting_wall import Choice, Seen, selecting_wall
from ui.outliers.decisions import decide
from ui.session import state

_PAGE = 60
_ORDER = {"blank": 0, "blurred": 1, "glare": 2, "topic": 3, "alone": 4}


def _acts(part: str) -> Sequence[tuple[str, str]]:
    """What can be done with images of this part: its id and what it is called."""
    out, back = ("out", text.ODD_EXCLUDE), text.ODD_BACK
    acts = {"review": (out, ("keep", text.ODD_KEEP)), "excluded": (("back", back),), "kept": (("let", back), out)}
    return acts[part]


def review(given: DatasetRow, found: Found, subject: str) -> None:
    """Draw it."""
    store = state.workspace().store
    names = store.datasets.names(given.id)
    excluded = {item.item_id: item for item in store.datasets.items(given.id, status="excluded")}
    kept = [item for item in store.explorations.kept(given.id) if item in names]
    reasons = _reasons(given, found, subject)
    held = set(kept)
    parts = {
        "review": [item for item in reasons if item in names and item not in held],
        "excluded": list(excluded),
        "kept": kept,
    }
    part = st.segmented_control(
        text.ODD_PART, list(parts), format_func=lambda one: text.odd_part(one, len(parts[one])), default="review",
        key="odd-part", label_visibility="collapsed", required=True,
    ) or "review"  # fmt: skip
    items = parts[part]
    paging = f"odd-page-{part}-{given.id}-{subject}"
    pages = max(1, (len(items) + _PAGE - 1) // _PAGE)
    page = min(st.session_state.get(paging, 1), pages)
    tiles = []
    for item in items[(page - 1) * _PAGE : page * _PAGE]:
        row = excluded.get(item)
        tiles.append(Choice(item, row.name if row else names[item], row.reason if row else reasons.get(item, "")))
    selecting_wall(
        tiles,
        Seen(
            paging,
            len(items),
            text.odd_count(len(items), given.counts.get("ready", 0)),
            _acts(part),
            False,
            text.ODD_WORDS,
        ),
        text.ODD_PARTS[part],
        key=f"odd-wall-{given.id}-{part}",
        on_open=lambda item: state.go_next("browse", group="all", image=item) if state.open_run_id() else None,
        on_act=lambda act: decide(given.id, act, items, reasons),
        lines=3,
    )
    if not items:
        st.caption(text.ODD_NONE[part])
    if pages > 1:
        with st.container(horizontal_alignment="center"):
            st.pagination(pages, key=paging, persist_state="session")


def _reasons(given: DatasetRow, found: Found, subject: str) -> Mapping[str, str]:
    """Image -> why it is odd, a sentence; those with the plainest and the most reasons first."""
    said: dict[str, list[str]] = {
        item: [text.odd_reason(why, value, subject) for why, value in sorted(reasons, key=lambda one: _ORDER[one.why])]
        for item, reasons in sorted(found.items(), key=_plainest)
    }
    store = state.workspace().store
    run = store.runs.get(state.open_run_id()) if state.open_run_id() else None
    if run and run.settings.dataset_id == given.id:
        for row in View(store, run.id).rows(Query(state="unassigned")):
            said.setdefault(row.item_id, []).append(text.ODD_UNPLACED)
    return {item: text.odd_reasons(own) for item, own in said.items()}


def _plainest(entry: tuple[str, Any]) -> tuple[int, int, float]:
    reasons = entry[1]
    first = min(reasons, key=lambda reason: _ORDER[reason.why])
    return _ORDER[first.why], -len(reasons), -float(first.value)
