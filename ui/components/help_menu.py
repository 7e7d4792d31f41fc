"""Help at the end of each head: the sheet of keys, also by the key "?", the tour of the demo, and the language."""

from __future__ import annotations

import streamlit as st

from ui import language, text
from ui.components.dialog import dialog
from ui.components.notices import guarded
from ui.session import state
from ui.start import tour

# A page is drawn anew while it is open: the listener of before must go, or one press would count twice.
_JS = """
export default function ({ parentElement, setTriggerValue }) {
  const press = event => {
    const into = event.composedPath()[0]
    if (event.key !== "?" || event.ctrlKey || event.metaKey || event.altKey) return
    if (into.matches?.("input, textarea, select, [contenteditable]")) return
    setTriggerValue("asked", true)
  }
  document.removeEventListener("keydown", parentElement.press)
  document.addEventListener("keydown", press)
  parentElement.press = press
  return () => document.removeEventListener("keydown", press)
}
"""
_key = st.components.v2.component("facetry_help_key", html="<span hidden></span>", js=_JS)


def show() -> None:
    """The menu, and the sheet of keys when it was asked for."""
    pressed = _key(key="help-key", on_asked_change=lambda: None, width="content", height="content").asked
    others = {name: code for code, name in language.LANGUAGES.items() if code != language.current()}
    chosen = st.menu_button(
        text.HELP,
        [text.HELP_KEYS, text.HELP_TOUR, *others],
        key="help",
        help=text.HELP_TIP,
        type="tertiary",
    )
    if pressed or chosen == text.HELP_KEYS:
        _sheet()
    elif chosen == text.HELP_TOUR:
        with guarded():
            tour.begin()
    elif chosen in others:
        with guarded():
            language.choose(others[chosen])
            state.workspace().store.preferences.set(language.PREFERENCE, others[chosen])
            st.rerun()


@dialog(lambda: text.KEYS_TITLE, width="medium")
def _sheet() -> None:
    for place, keys in text.KEYS:
        st.markdown(f"**{place}**")
        for key, does in keys:
            with st.container(horizontal=True, gap="small"):
                st.markdown(f"`{key}`", width=160)
                st.markdown(does, width="stretch")
