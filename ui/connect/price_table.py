"""What models cost: a table that a person can correct and add to, with the day and source of each line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import streamlit as st

from core.errors import BadInput
from core.models import prices
from core.models.prices import Price
from ui import text
from ui.components import dialog as dialogs
from ui.components.notices import guarded
from ui.session import state


def table() -> Sequence[Price]:
    """The table in use; the one that came with Facetry where what was kept cannot be read."""
    try:
        return prices.read(state.workspace().store.preferences.get(prices.PREFERENCE))
    except BadInput:
        return prices.shipped()


@dialogs.dialog(lambda: text.PRICES, width="large")
def dialog(missing: Sequence[str] = ()) -> None:
    """Edit the prices. missing: models that want a line."""
    with guarded():
        st.markdown(text.PRICES_NOTE)
        today = dt.datetime.now(tz=dt.UTC).date().isoformat()
        rows: list[dict[str, Any]] = [
            *({**asdict(Price(name, 0.0, 0.0, today)), "prompt": None, "completion": None} for name in missing),
            *(asdict(price) for price in table()),
        ]
        edited = st.data_editor(
            {name: [row[name] for row in rows] for name in text.PRICES_COLUMNS},
            num_rows="dynamic",
            column_config={
                "model": st.column_config.TextColumn(text.PRICES_COLUMNS["model"], required=True),
                **{
                    name: st.column_config.NumberColumn(text.PRICES_COLUMNS[name], min_value=0.0, format="%.3f")
                    for name in ("prompt", "completion")
                },
                **{name: st.column_config.TextColumn(text.PRICES_COLUMNS[name]) for name in ("as_of", "source")},
            },
            key="price-table",
            on_change="ignore",  # what is typed comes with Save; nothing is drawn anew meanwhile
            alt=text.PRICES,
        )
        with st.container(horizontal=True):
            if st.button(text.PRICES_SAVE, type="primary", icon=":material/check:", key="save-prices"):
                save(edited)
                st.rerun()
            changed = bool(state.workspace().store.preferences.get(prices.PREFERENCE))
            if changed and st.button(text.PRICES_RESET, icon=":material/restart_alt:", key="reset-prices"):
                state.workspace().store.preferences.set(prices.PREFERENCE, "")
                st.toast(text.PRICES_BACK, icon=":material/check:")
                st.rerun()


def save(columns: dict[str, Sequence[Any]]) -> None:
    """Keep the table as it was edited. Raises BadInput."""
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    kept = [
        Price(
            str(row["model"] or "").strip(), _number(row["prompt"]), _number(row["completion"]),
            str(row["as_of"] or ""), str(row["source"] or ""),
        )
        for row in rows
        if any(value not in (None, "") for value in row.values())
    ]  # fmt: skip
    state.workspace().store.preferences.set(prices.PREFERENCE, prices.write(kept))
    st.toast(text.PRICES_SAVED, icon=":material/check:")


def _number(value: Any) -> float:
    """NaN, which no table takes, for a cell that was left empty."""
    return float("nan") if value in (None, "") else float(value)
