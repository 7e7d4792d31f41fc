"""Two runs as two columns of a table: their figures, scores and cost, and the settings in which they differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.results.compare import Comparison, differing, spent
from core.results.run_view import View
from ui import text
from ui.components.safe import safe_md
from ui.language import digits
from ui.session import model_choice, run_data

_MODELS = ("vision", "text", "fallback")
_LONG = 120


def side_by_side(found: Comparison) -> None:
    """The table. The first time, scores load a model: called last on the page."""
    before, now = _figures(found.first), _figures(found.second)
    lines = [(text.FIGURES[key], before.get(key, ""), now.get(key, "")) for key in text.FIGURES if key in before | now]
    lines += [
        (text.SETTING.get(key, key), _said(key, one), _said(key, other))
        for key, one, other in differing(found.first.run.settings, found.second.run.settings)
    ]
    st.header(text.SIDE_BY_SIDE, anchor=False)
    titles = [text.COMPARE_BEFORE, text.COMPARE_NOW] if not found.crossed else [text.COMPARE_ROWS, text.COMPARE_COLUMNS]
    columns = {name: [safe_md(line[place], _LONG) for line in lines] for place, name in enumerate(["", *titles])}
    st.table(columns, border="horizontal", width="content", hide_index=True)


def _figures(view: View) -> dict[str, str]:
    """What is said of one run, by the keys of text.FIGURES; nothing that is not there."""
    states, took = view.states(), spent(view.run.stats)
    said = {"groups": digits(len(view.edited.clusters)), "unassigned": digits(states["unassigned"])}
    if states["failed"]:
        said["failed"] = digits(states["failed"])
    scores: Mapping[str, Any] = run_data.scores(view.run) or {}
    said |= {key: digits(scores[key], ".3f") for key in ("acc", "nmi", "ari") if scores.get(key) is not None}
    if took.tokens:  # the built-in engine sends nothing
        said |= {"requests": digits(took.requests), "tokens": digits(took.tokens), "cost": text.money(took.cost)}
    if took.seconds:
        said["seconds"] = text.duration(took.seconds)
    return said


def _said(key: str, value: Any) -> str:
    """A setting as a person reads it."""
    if key in _MODELS and value:
        return model_choice.name(value)
    if key == "k" and not value:
        return text.AS_MANY_AS_THERE_ARE
    if isinstance(value, bool):
        return text.YES if value else text.NO
    if key == "share":
        return text.percent(value)
    if isinstance(value, tuple | list):
        return ", ".join(_said("", part) for part in value) or "–"
    return str(value) or "–"
