"""How many groups? Five criteria over a range of K in one plot, asked in the background."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import streamlit as st

from core.domain import DatasetRow
from core.evaluate.number_of_groups import AtK, HowMany
from core.jobs import Count
from core.models.baseline.recipe import Features, Recipe
from ui import text
from ui.components.notices import act
from ui.components.safe import safe_md
from ui.session import state

_HEIGHT = 460


def count_groups(given: DatasetRow, features: Features, recipe: Recipe, take: Callable[[int], None]) -> None:
    """A button that asks, progress while it is asked, then the plot. take: called with the number that is chosen."""
    count = state.jobs().counting(given.id, features, recipe)
    if count and count.alive:
        st.fragment(_live, run_every=0.5)(count)
        return
    if count and count.error:
        st.warning(safe_md(count.error), icon=":material/bar_chart_off:")
    if count and count.found:
        _shown(count.found, take)
        return
    st.button(
        text.COUNT, icon=":material/query_stats:", key="count", help=text.COUNT_HELP, on_click=act,
        args=(_begin, given, features, recipe),
    )  # fmt: skip


def _begin(given: DatasetRow, features: Features, recipe: Recipe) -> None:
    state.jobs().count(given.id, features, recipe)


def _live(count: Count) -> None:
    if not count.alive:
        st.rerun()
    now = count.progress
    st.progress(min(1.0, now.done / now.total) if now and now.total else 0.0, text=text.COUNT_AT_WORK)


def _shown(found: HowMany, take: Callable[[int], None]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(text.recommended(found.lowest, found.highest, found.rows), width="content")
        st.button(
            text.COUNT_TAKE.format(k=found.recommended), icon=":material/check:", key="count-take",
            help=text.COUNT_LET_HELP, on_click=take, args=(found.recommended,),
        )  # fmt: skip
    plot(found)
    st.caption(text.answers(found.answers))


def plot(found: HowMany) -> None:
    """One line a criterion over K, each brought to 0 to 1; the recommended range is shaded."""
    from core.libraries.altair import alt

    rows = [row for key in text.COUNT_OWN for row in _line(key, found)]
    lines = alt.Chart(cast(Any, alt).Data(values=rows)).encode(
        x=alt.X("k:Q", title=text.COUNT_GROUPS, axis=alt.Axis(tickMinStep=1, format="d"), scale=alt.Scale(zero=False)),
        y=alt.Y("value:Q", title=text.COUNT_VALUE),
        color=alt.Color(
            "criterion:N", title=text.COUNT_CRITERION, legend=alt.Legend(orient="bottom", columns=1, labelLimit=0)
        ),
        tooltip=[alt.Tooltip("criterion:N", title=text.COUNT_CRITERION), alt.Tooltip("k:Q", title=text.COUNT_GROUPS)],
    )
    band = alt.Chart(cast(Any, alt).Data(values=[{"low": found.lowest - 0.3, "high": found.highest + 0.3}])).mark_rect(
        opacity=0.15
    )
    marks = lines.transform_filter("datum.best").mark_point(filled=True, size=90)
    chart = band.encode(x="low:Q", x2="high:Q") + lines.mark_line() + marks
    st.altair_chart(chart.properties(height=_HEIGHT), width="stretch", alt=text.COUNT_PLOT)


def _line(key: str, found: HowMany) -> Sequence[dict[str, object]]:
    values = [_value(key, one) for one in found.at]
    low, high = min(values), max(values)
    best = found.answers.get("elbow" if key == "inertia" else key)
    return [
        {
            "k": one.k,
            "value": (value - low) / (high - low) if high > low else 0.5,
            "criterion": text.COUNT_OWN[key],
            "best": one.k == best,
        }
        for one, value in zip(found.at, values, strict=True)
    ]


def _value(key: str, one: AtK) -> float:
    return float(getattr(one, key))
