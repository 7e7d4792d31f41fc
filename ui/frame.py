"""What surrounds every page: the menu, the open run, messages, and a banner while a run is at work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from core.errors import FacetryError
from ui import language, text
from ui.clusters import elsewhere
from ui.components.notices import guarded, show_flash, show_restorations
from ui.group.progress import banner
from ui.session import follow_run, state
from ui.start import tour

_LOGO = str(Path(__file__).parent / "logo.svg")  # a file of ours: an icon by name would be fetched from the network

_STYLE = """<style>
.stButtonGroup button[data-selected=true], button[kind=tertiary][aria-expanded=true], [data-testid=stSliderThumbValue],
[data-testid=stCaptionContainer] a { color: inherit !important }
@media (max-width: 640px) {
  [data-testid=stMain] h1 { font-size: 1.25rem }
  .st-key-head { row-gap: 0.25rem }
  .st-key-tools { flex-wrap: nowrap; overflow-x: auto; scrollbar-width: none; margin: -0.25rem; padding: 0.25rem }
  .st-key-tools > * { flex: none }
}
@media (min-width: 1100px) {
  .st-key-section { position: fixed; top: 0.6rem; right: 4rem; z-index: 999991; width: auto }
  [data-testid=stStatusWidget] { position: fixed; top: 3.4rem; right: 1rem }
}
</style>"""
"""What is chosen, and the value of a slider, are written in the accent's colour, which has not enough contrast in the
dark; nor has that of links in a caption, whose colours are at 60 %. A button without a border is black in the dark
while its list is open. Pages of a section, and help, stand beside the menu where it leaves room, so that a page begins
right below its title. On a phone, what can be done stands in one row that is wider than the screen, instead of in
several."""


def show() -> None:
    """Draw the menu and run the chosen page."""
    st.set_page_config(page_title=text.APP, page_icon=_LOGO, layout="wide")  # before the menu, whose icons would win
    language.begin(_kept_language)
    chosen = _menu()
    st.logo(_LOGO, size="large")
    st.html(_STYLE)
    with guarded():
        state.workspace()
        state.keep_open()
        state.follow()
        with st.container():  # what comes and goes here would move the page, and the focus of the keyboard be lost
            show_flash()
            show_restorations()
        elsewhere.tell(state.open_run_id())
        if state.here() != "group":
            follow_run.forget()
            banner()
        if state.here() != "start":
            state.go_on()
        tour.show()
        chosen.run()


def _kept_language() -> str:
    """The language that was chosen in this workspace; "" where none was, or where it cannot be opened."""
    try:
        return state.workspace().store.preferences.get(language.PREFERENCE)
    except FacetryError:  # which the page then says
        return ""


def _menu() -> Any:
    """The menu; returns the page that was chosen."""
    chosen = st.navigation(state.pages(), position="top")
    if state.come_to(chosen.url_path or "start"):
        chosen = st.navigation(state.pages(), position="top")
    return chosen
