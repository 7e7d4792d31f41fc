"""What applying what a person showed would do: how many images move, from where to where, and their pictures."""

from __future__ import annotations

import streamlit as st

from core.pipeline.checking import Lesson
from core.results.edits import Learn
from core.results.run_view import Query, View
from core.store.runs import RunRow
from ui import text
from ui.check.lesson import learn, names
from ui.components.gallery import Tile, wall
from ui.components.notices import act
from ui.components.safe import safe_md
from ui.session import run_data

_FLOWS = 8
_TILES = 6
SHOWN = "check-preview"


def preview(run: RunRow, view: View, lesson: Lesson) -> None:
    """Show what would move and ask whether it should. Raises BadInput where there is no example yet."""
    change = lesson.change()
    if change.edit is None:
        st.info(text.CHECK_NOTHING_MOVES, icon=":material/info:")
        st.button(text.CHECK_BACK, icon=":material/arrow_back:", key="check-back", on_click=_close)
        return
    st.markdown(f"**{text.would_move(change.number, len(lesson.examples))}**")
    with st.container(horizontal=True):
        st.button(
            text.apply_to(change.number),
            type="primary",
            icon=":material/model_training:",
            key="check-learn",
            on_click=_apply,
            args=(run.id, change.edit, change.number),
        )
        st.button(text.CHECK_BACK, icon=":material/arrow_back:", key="check-back", on_click=_close)
    pictures = run_data.has_pictures(run)
    flows = list(change.moves.items())
    for number, (between, items) in enumerate(flows[:_FLOWS]):
        old, new = names(lesson, between)
        st.markdown(safe_md(text.flow(len(items), old, new), 160))
        rows = view.rows(Query(ids=tuple(items[:_TILES])))
        tiles = [Tile(row.item_id, row.description or row.name, "", pictures) for row in rows]
        wall(tiles, text.flow(len(items), old, new), key=f"flow-{number}", size=110)
    if len(flows) > _FLOWS:
        st.caption(text.more_flows(len(flows) - _FLOWS))


def _close() -> None:
    st.session_state.pop(SHOWN, None)


def _apply(run_id: str, edit: Learn, number: int) -> None:
    _close()
    act(learn, run_id, edit, number)
