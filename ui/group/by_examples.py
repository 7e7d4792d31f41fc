"""Groups that a person makes by showing examples of each: for criteria that no model here sees."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.domain import Asking, DatasetRow, RunSettings, Wording
from core.models.model_spec import BUILTIN
from core.models.supplied import examples
from ui import text
from ui.components.dialog import dialog
from ui.components.notices import guarded
from ui.group.start import start_all
from ui.session import follow_run
from ui.session.run_options import listed

_NAMES, _OPEN = "example-names", "by-examples-open"


def button(given: DatasetRow, settings: RunSettings) -> None:
    """Ask for the names of the groups, then let the person pick pictures of each."""
    if not given.source.has_images:
        return
    st.button(
        text.BY_EXAMPLES, icon=":material/back_hand:", key="by-examples", help=text.BY_EXAMPLES_HELP,
        on_click=st.session_state.__setitem__, args=(_OPEN, True),
    )  # fmt: skip
    if st.session_state.get(_OPEN):
        _names(given, settings)


def _close() -> None:
    st.session_state.pop(_OPEN, None)


@dialog(lambda: text.BY_EXAMPLES_TITLE, on_dismiss=_close)
def _names(given: DatasetRow, settings: RunSettings) -> None:
    st.markdown(text.BY_EXAMPLES_NOTE)
    typed = st.text_area(text.OWN_NAMES, key=_NAMES, placeholder=text.BY_EXAMPLES_HINT, height=130)
    if st.button(text.BY_EXAMPLES_GO, type="primary", icon=":material/arrow_forward:", key="by-examples-go"):
        with guarded():
            [run_id] = start_all(given, [by_examples(settings, typed)])
            _close()
            follow_run.follow(run_id)


def by_examples(settings: RunSettings, typed: str) -> RunSettings:
    """The settings with groups of these names, a name a line, that nothing is put into but by examples."""
    names = tuple(listed(typed))
    own = replace(settings, vision=BUILTIN, text=examples.KIND, fallback="", records="", share=1.0, cap=0.0)
    return replace(own, k=len(names), names=names, wording=Wording(), asking=Asking())
