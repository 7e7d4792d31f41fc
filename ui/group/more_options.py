"""More choices: the folded part of the form. Only what concerns the chosen models is shown."""

from __future__ import annotations

import math

import streamlit as st

from core.domain import DatasetRow, RunSettings
from core.pipeline.validation import MOST_SAMPLES
from ui import text
from ui.components.safe import safe_md
from ui.group import presets, prompt_editor
from ui.session import model_choice, run_options
from ui.session.run_options import get, key

_MOST_ITEMS = 200
_SHARES = (2, 100)


def more(given: DatasetRow, settings: RunSettings) -> None:
    """Draw the part that can be unfolded; `run_options.applied` reads what was chosen. Folded, it says what was."""
    part = st.expander(text.MORE, icon=":material/tune:", key="more", on_change="rerun")
    if part.open:
        with part:
            _sections(given, settings)
    chosen = run_options.changed(settings)
    if chosen:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            names = ", ".join(text.MORE_NAMES[option] for option in chosen)
            st.caption(f":material/tune: {safe_md(f'{text.MORE_SET}: {names}.')}", width="stretch")
            st.button(
                text.MORE_RESET, type="tertiary", icon=":material/undo:", key="more-reset",
                help=text.MORE_RESET_HELP, on_click=run_options.forget,
            )  # fmt: skip


def _sections(given: DatasetRow, settings: RunSettings) -> None:
    looks, reads = model_choice.is_chat(settings.vision), model_choice.is_chat(settings.text)
    if not looks and not reads:
        _names()
        st.caption(text.MORE_BUILTIN)
        return
    section = st.segmented_control(
        text.MORE, list(text.MORE_SECTIONS), format_func=text.MORE_SECTIONS.__getitem__, default="groups",
        required=True, key="more-section", label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    if section == "question":
        presets.preset_fields(settings.criterion)
    elif section == "asking":
        _asking(given, settings, looks=looks, reads=reads)
    elif section == "limits":
        _limits(given, settings)
    elif section == "words":
        prompt_editor.exact_words(run_options.applied(given, settings))
    else:
        _names()
        _rules(reads=reads)


def _names() -> None:
    st.text_area(
        text.OWN_NAMES, key=key("names"), height=96, placeholder=text.OWN_NAMES_HINT, help=text.OWN_NAMES_HELP,
        persist_state="session",
    )  # fmt: skip


def _rules(*, reads: bool) -> None:
    if reads:
        with st.container(horizontal=True):
            st.segmented_control(
                text.SIZES, list(text.SIZES_OF), format_func=text.SIZES_OF.__getitem__, required=True,
                key=key("sizes"), persist_state="session",
            )  # fmt: skip
            st.segmented_control(
                text.GRAIN, list(text.GRAINS), format_func=text.GRAINS.__getitem__, required=True,
                key=key("grain"), persist_state="session",
            )  # fmt: skip
    with st.container(horizontal=True):
        st.text_input(
            text.NEVER, key=key("never"), placeholder=text.NEVER_HINT, help=text.NEVER_HELP, width=260,
            persist_state="session",
        )  # fmt: skip
        st.text_input(
            text.LANGUAGE, key=key("language"), placeholder=text.LANGUAGE_HINT, width=260, persist_state="session"
        )


def _asking(given: DatasetRow, settings: RunSettings, *, looks: bool, reads: bool) -> None:
    if run_options.can_wait(settings):
        with st.container(gap=None):
            st.checkbox(text.OVERNIGHT, key=key("overnight"), help=text.OVERNIGHT_HELP, persist_state="session")
            st.caption(text.OVERNIGHT_NOTE)
    if reads:
        requests = math.ceil(given.counts.get("ready", 0) / get("items")) * get("samples")
        with st.container(gap=None):
            st.checkbox(text.EXACT, key=key("exact"), persist_state="session")
            st.caption(text.exact_costs(requests))
    if looks:
        st.checkbox(text.WITH_LABEL, key=key("with-label"), help=text.WITH_LABEL_HELP, persist_state="session")
        st.text_input(
            text.ALSO, key=key("also"), placeholder=text.ALSO_HINT, help=text.ALSO_HELP,
            disabled=bool(get("with-label")), persist_state="session",
        )  # fmt: skip
    if reads:
        with st.container(horizontal=True):
            st.number_input(
                text.SAMPLES, 1, MOST_SAMPLES, key=key("samples"), help=text.SAMPLES_HELP, width=260,
                persist_state="session",
            )  # fmt: skip
            st.number_input(
                text.ITEMS, 1, _MOST_ITEMS, key=key("items"), help=text.ITEMS_HELP, width=200, persist_state="session"
            )
    # One that is not known any more, as its server's list went with an earlier session, stays chosen.
    options = list(dict.fromkeys(["", *model_choice.known(), get("fallback")]))
    st.selectbox(
        text.FALLBACK, options, format_func=lambda spec: model_choice.name(spec) if spec else text.FALLBACK_NONE,
        key=key("fallback"), help=text.FALLBACK_HELP, persist_state="session",
    )  # fmt: skip


def _limits(given: DatasetRow, settings: RunSettings) -> None:
    st.number_input(
        text.CAP, 0.0, step=1.0, format="%.2f", key=key("cap"), help=text.CAP_HELP, width=260,
        persist_state="session",
    )  # fmt: skip
    if run_options.can_share(given, settings):
        share = st.slider(text.SHARE, *_SHARES, format="%d %%", key=key("share"), persist_state="session")
        total = given.counts.get("ready", 0)
        st.caption(f"{text.looked_at(math.ceil(total * share / 100), total)}. {text.SHARE_NOTE}")
