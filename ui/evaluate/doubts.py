"""One label in doubt: the picture, what speaks against the label, and the answers with their keys."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.pipeline import label_check
from core.pipeline.label_check import Doubt, Doubts
from core.results.edits import Relabel
from core.results.run_view import View
from core.store.runs import RunRow
from ui import text
from ui.check.picture import picture
from ui.clusters import edit_callbacks
from ui.components.notices import act
from ui.components.safe import safe_md
from ui.session import run_data


def left(run: RunRow, view: View, found: Doubts) -> list[Doubt]:
    """Those that nobody decided about and that were not skipped in this window."""
    out = view.relabelled.keys() | _skipped(run.id)
    return [one for one in found.listed if one.item not in out]


def question(run: RunRow, left: Sequence[Doubt], labels: Sequence[str]) -> None:
    """Ask about the first. labels: all that there are."""
    one = left[0]
    beside, right = st.columns([3, 2], gap="medium")
    with beside, st.container(border=True):
        if run_data.has_pictures(run):
            picture(one.item, one.name, key=f"doubt-{run.id}", following=[other.item for other in left[1:3]])
        else:
            st.markdown(safe_md(one.name, 120))
    with right:
        if one.confidence is None:
            said = text.given_both(one.given, one.likely, one.group)
        else:
            said = text.doubtful(one.given, one.likely, one.confidence, one.group)
        st.markdown(safe_md(said, 400))
        for key, words, label in (("1", text.DOUBTS_KEEP, one.given), ("2", text.DOUBTS_TAKE, one.likely)):
            st.button(
                safe_md(words.format(label=label), 80),
                key=f"doubt-{key}",
                shortcut=key,
                width="stretch",
                on_click=act,
                args=(_decide, run, one, label),
            )
        other = f"doubt-other-{one.item}"
        st.selectbox(
            text.DOUBTS_OTHER,
            labels,
            index=None,
            placeholder=text.DOUBTS_OTHER,
            label_visibility="collapsed",
            accept_new_options=True,
            key=other,
            on_change=lambda: act(_decide, run, one, st.session_state[other]),
        )
        st.button(
            text.DOUBTS_SKIP,
            key="doubt-skip",
            shortcut="Right",
            icon=":material/skip_next:",
            on_click=lambda: _skipped(run.id).add(one.item),
        )
        st.caption(safe_md(one.name, 120))


def spelling(run: RunRow, view: View) -> bool:
    """Ask about labels that differ only in spelling, one set at a time; whether there was one to ask about."""
    skipped = _skipped(run.id)
    asked = [one for one in label_check.spelled_otherwise(view) if repr(one) not in skipped]
    if not asked:
        return False
    one = asked[0]
    with st.container(border=True):
        others = ", ".join(text.label_of(label, number) for label, number in one.others.items())
        st.markdown(safe_md(text.spelled_otherwise(one.label, others), 400))
        with st.container(horizontal=True):
            st.button(
                text.SPELLING_DIFFERENT, key="spelling-1", shortcut="1",
                on_click=lambda: skipped.add(repr(one)),
            )  # fmt: skip
            st.button(
                safe_md(text.SPELLING_TAKE.format(label=one.label), 80), key="spelling-2", shortcut="2", on_click=act,
                args=(_spell, run, one),
            )  # fmt: skip
    return True


def _spell(run: RunRow, one: label_check.Spelled) -> str | None:
    return edit_callbacks.apply(run.id, label_check.in_one_spelling(run_data.view(run), one))


def _decide(run: RunRow, one: Doubt, label: str | None) -> str | None:
    if not (label or "").strip():
        return None
    return edit_callbacks.apply(run.id, Relabel(run.settings.truth, one.item, one.given, str(label)))


def _skipped(run_id: str) -> set[str]:
    known: set[str] = st.session_state.setdefault(f"doubts-skipped-{run_id}", set())
    return known
