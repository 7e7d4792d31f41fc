"""What a run will take, in one line under the form, and beside it what it took when it is done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, overload

import streamlit as st
from pydantic import TypeAdapter, ValidationError

from core.domain import DatasetRow, RunSettings
from core.errors import FacetryError
from core.models import prices
from core.models.registry import Keys
from core.pipeline.estimate import ESTIMATE, Estimate, estimate
from core.store.runs import RunRow
from ui import text
from ui.components.safe import safe_md
from ui.connect import price_table
from ui.language import digits
from ui.session import model_choice, state

COUNTED = 20_000
"""Up to so many images what is known already is looked up: more would keep the page waiting."""
_SETTINGS: TypeAdapter[RunSettings] = TypeAdapter(RunSettings)
_RUNS = 50


class _Uncounted(Sequence[str]):
    """So many items, none of which is looked up: it has a length, and nothing in it."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __len__(self) -> int:
        return self._number

    def __iter__(self) -> Iterator[str]:
        return iter(())

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> _Uncounted: ...
    def __getitem__(self, place: int | slice) -> str | _Uncounted:
        if isinstance(place, slice):
            return _Uncounted(len(range(self._number)[place]))
        raise IndexError(place)


def of(given: DatasetRow, settings: RunSettings, number: int = 0) -> Estimate | None:
    """What a run over these images would take; None where that cannot be told. number: of so many of them only."""
    if not settings.criterion or (settings.k < 1 and not model_choice.is_chat(settings.text)):
        return None
    images = number or given.counts.get("ready", 0)
    counted = given.id if images <= COUNTED and not number else ""
    asked = replace(settings, truth="", cap=0.0, dataset_id="")
    with suppress(FacetryError):  # what cannot work is said where it is chosen, and again at Start
        return _estimate(_SETTINGS.dump_json(asked).decode(), counted, images, _version(), model_choice.keys())
    return None


def line(given: DatasetRow, settings: RunSettings) -> None:
    """One line: images, requests, tokens, money, minutes; and a way to add a price that is missing."""
    found = of(given, settings)
    if found is None:
        return
    if not found.requests:
        st.caption(f":material/timer: {text.NOTHING_SENT}, {text.about(found.seconds)}.", help=_help(found, given))
        return
    describe = found.steps.get("describe")
    parts = [
        text.to_look_at(found.images, describe.known if describe else 0),
        text.requests(found.requests),
        text.tokens(found.tokens),
        *([] if found.cost is None else [text.costs(found.cost) if found.cost else text.FREE]),
        text.about(found.seconds),
    ]
    sentence = safe_md(" · ".join(parts))
    unknown = [spec for spec in unpriced(settings) if found.cost is None or spec == settings.fallback]
    if not unknown:
        st.caption(f":material/timer: {sentence}", help=_help(found, given))
        return
    names = safe_md(text.no_price(", ".join(model_choice.name(spec) for spec in unknown)))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f":material/timer: {sentence} · {names}", help=_help(found, given), width="stretch")
        if st.button(text.PRICES_ADD, type="tertiary", icon=":material/payments:", key="add-price"):
            price_table.dialog([model_choice.model_of(spec) for spec in unknown])


def unpriced(settings: RunSettings) -> list[str]:
    """The models of a run whose price is not known."""
    table = price_table.table()
    used = dict.fromkeys([settings.vision, settings.text, settings.fallback])
    return [spec for spec in used if spec and prices.price_of(spec, table) is None]


def keep(run_id: str, found: Estimate | None) -> None:
    """Store what a run is expected to take, to stand beside what it takes."""
    if found is not None:
        state.workspace().store.runs.set_estimate(run_id, ESTIMATE.dump_json(found).decode())


def against(run: RunRow) -> None:
    """The estimate beside what the run took; nothing for runs without one."""
    value = state.workspace().store.runs.estimate(run.id)
    if not value or not run.stats:
        return
    try:
        expected = ESTIMATE.validate_json(value)
    except ValidationError:  # written by another version
        return
    took = list(run.stats.values())
    requests, spent = sum(step.requests for step in took), sum(step.cost for step in took)
    used = sum(step.prompt_tokens + step.completion_tokens for step in took)
    seconds = sum(step.seconds for step in took)
    rows: dict[str, tuple[str, str]] = {}
    if expected.requests or used:  # the built-in engine sends nothing
        cost = text.UNKNOWN if expected.cost is None else text.money(expected.cost)
        rows["requests"] = (text.rounded(expected.requests), digits(requests))
        rows["tokens"] = (text.rounded(expected.tokens), digits(used))
        rows["cost"] = (cost, text.money(spent) if spent or expected.cost is not None else text.UNKNOWN)
    rows["seconds"] = (text.duration(expected.seconds), text.duration(seconds))
    with st.expander(text.AGAINST, icon=":material/timer:"):
        head = dict.fromkeys(text.AGAINST_HEAD, "")
        columns: dict[str, list[str]] = {name: [] for name in head}
        for key, (before, after) in rows.items():
            for name, value in zip(columns, (text.AGAINST_ROWS[key], before, after), strict=True):
                columns[name].append(value.replace("$", "\\$"))
        st.table(columns, border="horizontal", width="content", hide_index=True)


def _help(found: Estimate, given: DatasetRow) -> str:
    learnt = all(step.learnt for step in found.steps.values() if step.requests or step.seconds)
    known = [text.NOT_COUNTED] if given.counts.get("ready", 0) > COUNTED else []
    return " ".join([*known, text.FROM_BEFORE if learnt else text.RULE_OF_THUMB])


def _version() -> str:
    """Changes whenever a run has answered something (each pass writes its statistics) or a price was changed."""
    store = state.workspace().store
    runs = [(run.id, run.stats) for run in store.runs.recent(_RUNS)]
    return f"{hash(repr(runs))} {store.preferences.get(prices.PREFERENCE)}"


@st.cache_data(max_entries=50, show_spinner=False)
def _estimate(settings: str, dataset_id: str, number: int, version: str, _keys: Keys) -> Estimate:
    """dataset_id: whose items are looked up, or "" to reckon with `number` of which nothing is known."""
    store = state.workspace().store
    items: Any = store.datasets.ids(dataset_id) if dataset_id else _Uncounted(number)
    asked = replace(_SETTINGS.validate_json(settings), dataset_id=dataset_id)
    return estimate(store, asked, items, _keys)
