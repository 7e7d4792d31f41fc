"""The question and the example that models are given, by the kind of criterion; own words can be kept as a preset."""

from __future__ import annotations

import streamlit as st

from core.domain import folded, same_name
from core.prompts import presets
from core.prompts.presets import Preset
from ui import text
from ui.components.notices import act
from ui.session import run_options, state
from ui.session.run_options import AUTO, NONE, OWN, get, key, put

_FIELDS = ("question", "example", "example-label")
_NAME = "preset-name"


def preset_fields(criterion: str) -> None:
    """Choose a preset, see and change what it says. What is changed becomes the person's own words."""
    table = run_options.own_presets()
    fitting = presets.fitting(criterion, table)
    by_itself = text.preset_by_itself(fitting.name) if fitting else text.PRESET_AUTO_NONE
    names = {
        AUTO: by_itself,
        NONE: text.PRESET_NONE,
        OWN: text.PRESET_OWN,
        **{preset.name: preset.name for preset in table},
    }
    if get("preset") not in names:
        put("preset", AUTO)
    st.selectbox(
        text.PRESET, list(names), format_func=lambda name: names.get(name, name), key=key("preset"),
        help=text.PRESET_HELP, persist_state="session",
    )  # fmt: skip
    chosen = get("preset")
    told = run_options.told(criterion)
    if chosen != OWN:
        values = (told.question, told.description, told.label) if told else ("", "", "")
        for field, value in zip(_FIELDS, values, strict=True):
            put(field, value)
    if chosen != NONE:
        st.text_area(
            text.QUESTION, key=key("question"), height=96, placeholder=text.QUESTION_HINT, on_change=_own,
            persist_state="session",
        )  # fmt: skip
        st.text_area(text.EXAMPLE, key=key("example"), height=96, on_change=_own, persist_state="session")
        st.text_input(text.EXAMPLE_LABEL, key=key("example-label"), on_change=_own, persist_state="session")
    if chosen == OWN:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input(text.PRESET_NAME, key=_NAME, width=260, persist_state="session")
            st.button(
                text.PRESET_SAVE, icon=":material/bookmark_add:", key="save-preset", help=text.PRESET_SAVE_HELP,
                on_click=act, args=(save, criterion),
            )  # fmt: skip
    _tidy(told, table)


def _tidy(told: Preset | None, table: tuple[Preset, ...]) -> None:
    """Delete an own preset; put back those that came with Facetry."""
    shipped = presets.shipped()
    with st.container(horizontal=True):
        if told and told.name and folded(told.name) not in {folded(preset.name) for preset in shipped}:
            st.button(
                text.PRESET_DELETE, icon=":material/delete:", key="delete-preset", on_click=act,
                args=(delete, told.name),
            )  # fmt: skip
        if any(preset not in table for preset in shipped):
            st.button(
                text.PRESET_RESTORE, icon=":material/restart_alt:", key="restore-presets", on_click=act,
                args=(restore,),
            )  # fmt: skip


def save(criterion: str) -> str:
    """Keep the person's words as a preset, before the others, so that it is the one chosen for this criterion."""
    name = str(st.session_state.get(_NAME) or "").strip()
    said = folded(criterion)
    new = Preset(name, (said,) if said else (), *(get(field).strip() for field in _FIELDS))
    others = [preset for preset in run_options.own_presets() if not same_name(preset.name, name)]
    _keep([new, *others])
    put("preset", AUTO if said else name)
    st.session_state[_NAME] = ""
    return text.PRESET_SAVED


def delete(name: str) -> str:
    """Forget an own preset."""
    _keep([preset for preset in run_options.own_presets() if preset.name != name])
    put("preset", AUTO)
    return text.PRESET_DELETED


def restore() -> str:
    """Put the presets that came with Facetry back; own ones stay."""
    shipped = presets.shipped()
    names = {folded(preset.name) for preset in shipped}
    own = [preset for preset in run_options.own_presets() if folded(preset.name) not in names]
    _keep([*own, *shipped])
    return text.PRESET_RESTORED


def _keep(table: list[Preset]) -> None:
    state.workspace().store.preferences.set(presets.PREFERENCE, presets.write(table))


def _own() -> None:
    put("preset", OWN)
