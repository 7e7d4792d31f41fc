"""*Look only at*: the part of each image that the run is about, chosen on the form."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import streamlit as st

from core.domain import DatasetRow
from core.errors import BadInput
from core.ingest import focus
from ui import text
from ui.components.box_drawing import box_drawing
from ui.session import run_options, state
from ui.session.run_options import get, key, put

_EXAMPLES = 12
_EXAMPLE = "focus-example"


def field(given: DatasetRow) -> tuple[DatasetRow, str]:
    """Ask for it; returns the images to group, and what is still to be said before that can begin, or ""."""
    if not given.source.has_images:
        return given, ""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            text.FOCUS, list(text.FOCUS_KINDS), format_func=text.FOCUS_KINDS.__getitem__, key=key("focus"),
            help=text.FOCUS_HELP, persist_state="session", width=240,
        )  # fmt: skip
        if get("focus") in ("line", "block"):
            st.text_input(
                text.FOCUS_WORDS, key=key("focus-words"), placeholder=text.FOCUS_WORDS_HINT, help=text.FOCUS_WORDS_HELP,
                persist_state="session", width=240,
            )  # fmt: skip
        if get("focus") == "find":
            st.text_input(
                text.FOCUS_THING, key=key("focus-thing"), placeholder=text.FOCUS_THING_HINT, persist_state="session",
                width=160,
            )  # fmt: skip
            st.text_input(
                text.FOCUS_DETECTOR, key=key("focus-model"), placeholder=text.FOCUS_DETECTOR_HINT,
                help=text.FOCUS_DETECTOR_HELP, persist_state="session", width=260,
            )  # fmt: skip
    if get("focus") == "box":
        _draw(given)
    try:
        return only(given, run_options.focused(given)), ""
    except BadInput:
        unsaid = {"box": text.FOCUS_DRAW_FIRST, "find": text.FOCUS_SAY_THING}
        return given, unsaid.get(get("focus"), text.FOCUS_SAY_WORDS)


def only(given: DatasetRow, spec: str) -> DatasetRow:
    """The parts of these images: as they were looked at, where that was done, else as they will be."""
    if spec == given.source.focus:
        return given
    source = replace(given.source, focus=spec)
    return state.workspace().store.datasets.newest(source) or replace(given, id="", source=source)


def _draw(given: DatasetRow) -> None:
    examples = state.workspace().store.datasets.spread(given.id, _EXAMPLES)
    if not examples:
        return
    place = int(st.session_state.get(_EXAMPLE, 0)) % len(examples)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(text.FOCUS_DRAW, width="stretch")
        if len(examples) > 1:
            st.button(
                text.FOCUS_ANOTHER, icon=":material/skip_next:", type="tertiary", key="focus-another",
                on_click=st.session_state.__setitem__, args=(_EXAMPLE, place + 1),
            )  # fmt: skip
    drawn: focus.Box | None = None
    with suppress(BadInput):
        drawn = focus.read(f"box:{get('focus-box')}").box
    box_drawing(examples[place].item_id, drawn, key="focus-drawing", on_drawn=_drawn)


def _drawn(box: focus.Box) -> None:
    with suppress(BadInput):  # a click that draws nothing
        spec = focus.read(",".join(f"{100 * share:.1f}" for share in box).join(("box:", ""))).spec
        put("focus-box", spec.removeprefix("box:"))
