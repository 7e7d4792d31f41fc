"""A matrix of counts as a heat map whose fields can be clicked: of labels and groups, or of two runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import streamlit as st

from ui import text
from ui.components.safe import plain

MOST = 40
"""Rows and columns that are shown."""
_FIELD = 30  # pixels a row
_NUMBERS_FIT = 20
_NAME = 60
_DATA = "fields"


@dataclass(frozen=True, slots=True)
class Axis:
    """One side of the matrix.

    Attributes:
        title: what its entries are.
        names: key -> what it is called, in the order shown.
        last: the same for what comes at the end, also where not all of `names` are shown.
    """

    title: str
    names: Mapping[str, str]
    last: Mapping[str, str] = field(default_factory=dict)

    def name(self, key: str) -> str:
        """What a key is called; "" where it is none of this side."""
        return self.names.get(key) or self.last.get(key, "")

    def shown(self) -> dict[str, str]:
        """Key -> name, numbered where several are the same: a chart puts what is called the same into one place."""
        all_names = dict([*self.names.items()][:MOST]) | dict(self.last)
        names = {key: plain(name, _NAME) for key, name in all_names.items()}
        for name, same in Counter(names.values()).items():
            if same > 1:
                alike = [key for key in names if names[key] == name]
                names |= {key: f"{name} ({place})" for place, key in enumerate(alike, start=1)}
        return names

    @property
    def is_cut(self) -> bool:
        """Whether there are more than are shown."""
        return len(self.names) > MOST


def heat_map(
    rows: Axis, columns: Axis, counts: Mapping[tuple[str, str], int], *, share: str, alt: str, key: str
) -> tuple[str, str] | None:
    """Show how many images each field holds, as shares of its row; the (row, column) that a person clicked, or None.

    Args:
        counts: (key of the row, key of the column) -> images; 0 where it is not there.
        share: what the share of a row is called.
        alt: what the chart shows, for a screen reader.
    """
    import pandas as pd

    down, across = rows.shown(), columns.shown()
    totals: Counter[str] = Counter()
    for (row, _), number in counts.items():
        totals[row] += number
    lines = [
        (down[row], across[column], row, column, number, number / totals[row] if number else 0.0)
        for row in down
        for column in across
        for number in [counts.get((row, column), 0)]
    ]
    fields = pd.DataFrame(lines, columns=["row", "column", "row_key", "column_key", "images", "share"])
    titles = (rows.title, columns.title, share)
    chart = _chart(tuple(down.values()), tuple(across.values()), titles, st.context.theme.type == "dark")
    event = st.vega_lite_chart(
        spec={**deepcopy(chart), "datasets": {_DATA: fields}},
        key=key,
        on_select="rerun",
        selection_mode="field",
        alt=alt,
    )
    chosen = event.get("selection", {}).get("field") or []
    return (str(chosen[0]["row_key"]), str(chosen[0]["column_key"])) if chosen else None


@lru_cache(maxsize=64)
def _chart(rows: Sequence[str], columns: Sequence[str], titles: tuple[str, str, str], dark: bool) -> dict[str, Any]:
    """The matrix without its numbers, as Vega-Lite has it, in this order of rows and columns.

    Building and checking it takes longer than the rest of the page, and all sessions show the same.
    """
    from core.libraries.altair import alt

    of_rows, of_columns, share = titles
    picked = alt.selection_point("field", fields=["row_key", "column_key"], toggle=False)
    base = alt.Chart(alt.NamedData(_DATA)).encode(
        x=alt.X(
            "column:N",
            sort=list(columns),
            title=of_columns,
            axis=alt.Axis(labelAngle=-40, labelLimit=170, labelOverlap=False),
        ),
        y=alt.Y(
            "row:N",
            sort=list(rows),
            title=of_rows,
            axis=alt.Axis(labelLimit=200, labelOverlap=False, labelFlush=False),
        ),
    )
    ramp = ["#1f2524", "#2dd4bf"] if dark else ["#f1f5f4", "#0f766e"]
    boxes = base.mark_rect(cursor="pointer").encode(
        color=alt.Color("share:Q", scale=alt.Scale(domain=[0, 1], range=ramp), legend=None),
        stroke=alt.condition(picked, alt.value("#f97316"), alt.value(None), empty=False),
        strokeWidth=alt.value(2),
        tooltip=[  # here only: with one, the numbers would take the clicks that are meant for the fields
            alt.Tooltip("row:N", title=of_rows),
            alt.Tooltip("column:N", title=of_columns),
            alt.Tooltip("images:Q", title=text.CONFUSION_IMAGES),
            alt.Tooltip("share:Q", title=share, format=".0%"),
        ],
    )
    chart = boxes.add_params(picked)
    if len(columns) <= _NUMBERS_FIT:
        light, strong = ("#e8ecea", "#0b1211") if dark else ("#1c2321", "#ffffff")
        numbers = base.mark_text(fontSize=12).transform_filter("datum.images > 0")
        ink = alt.condition("datum.share > 0.5", alt.value(strong), alt.value(light))
        chart = chart + numbers.encode(text="images:Q", color=ink)
    spec: dict[str, Any] = chart.properties(height=alt.Step(_FIELD)).to_dict()
    del spec["config"]  # Altair's own size; Streamlit gives the chart that of the page
    return spec
