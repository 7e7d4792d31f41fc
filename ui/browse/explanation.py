"""Why an image is where it is, and what the models said of it, word for word."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from core.domain import STEPS, Assignment
from core.results import decisions, run_view
from core.results.run_view import Row, View
from core.store.runs import RunRow
from ui import text
from ui.components.safe import safe_md
from ui.session import model_choice, state

_CHARS, _LONG = 20_000, 900
SHOWN = 0.005
"""Less rounds to 0 %, which is no choice."""


def because(run: RunRow, row: Row) -> str:
    """The reason for an image's group as safe Markdown: the model's quote, or that its label decided; "" where there
    is nothing to say (a person decided, or the model gives no reasons)."""
    if row.source == "propagated":
        return text.BY_LIKENESS_WHY
    if row.state != "assigned" or row.source != "model" or not model_choice.is_chat(run.settings.text):
        return ""
    found = assignment(run, row.item_id)
    if found is None:
        return ""
    if found.quote:
        return f"“{safe_md(found.quote, 200)}”"
    return "" if run.settings.asking.exact else text.BY_LABEL


def assignment(run: RunRow, item: str) -> Assignment | None:
    """What the model decided of one image."""
    return run_view.assignments(state.workspace().store, run.id, [item]).get(item)


def shares(view: View, row: Row) -> list[tuple[str, float]]:
    """Each group with its probability, the likeliest first, as the model gave them."""
    names = {cluster.id: cluster.name for cluster in view.edited.clusters}
    given = view.probabilities(row.item_id) if row.source in ("model", "propagated") else {}
    likely = sorted(((names[key], share) for key, share in given.items() if key in names), key=lambda entry: -entry[1])
    return [entry for entry in likely if entry[1] >= SHOWN]


def history(run: RunRow, view: View, row: Row) -> str:
    """Who put an image where and when, the newest first, and at last what the model had said; "" where only a model
    did."""
    events = decisions.history(state.workspace().store, run.id, row.item_id)
    if not events:
        return ""
    lines = [
        text.put_there(event.by, _when(event.at), safe_md(event.cluster or text.UNASSIGNED, 80), event.confidence)
        for event in reversed(events)
    ]
    if found := assignment(run, row.item_id):
        own = view.edited.resolve(found.cluster_id)
        lines.append(
            text.model_said(safe_md(view.edited.get(own).name, 80) if own else text.UNASSIGNED, found.confidence)
        )
    return "  \n".join(lines)


def _when(at: dt.datetime) -> str:
    """at: UTC without a zone. The time on this computer's clock, with the date where that is not today's."""
    here = at.replace(tzinfo=dt.UTC).astimezone()
    today = here.date() == dt.datetime.now(dt.UTC).astimezone().date()
    return here.strftime("%H:%M" if today else "%Y-%m-%d %H:%M")


def what_was_said(run: RunRow, item: str) -> None:
    """The raw reply of each step, unfolded on request; nothing where no model was asked in words."""
    part = st.expander(text.RAW, icon=":material/chat:", key=f"raw-{run.id}-{item}", on_change="rerun")
    if not part.open:
        return
    with part:
        said = raw(run, item)
        if not said:
            st.caption(text.RAW_NONE)
        for step, reply in said:
            st.caption(text.STEPS[step], help=None if step == "describe" else text.RAW_SHARED)
            st.code(reply[:_CHARS], language=None, wrap_lines=True, height=400 if len(reply) > _LONG else "content")


def asked_in_words(run: RunRow) -> bool:
    """Whether models were told in words what to do, so that there are replies to show."""
    return any(model_choice.is_chat(spec) for spec in (run.settings.vision, run.settings.text))


def raw(run: RunRow, item: str) -> list[tuple[str, str]]:
    """Each step with what the model replied, word for word, when this image was last asked about."""
    answers = state.workspace().store.answers
    found: list[tuple[str, str]] = []
    for step in STEPS:
        held = answers.held(run.id, step, [item]).get(item)
        reply = answers.raw(held.key) if held else ""
        if reply:
            found.append((step, reply))
    return found
