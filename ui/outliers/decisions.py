"""What a person decides of odd images, and how it is taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from ui import text
from ui.components.selecting_wall import Act, Done
from ui.session import state

_OPPOSITE = {"out": "back", "back": "out", "keep": "let", "let": "keep"}
_Step = tuple[str, tuple[str, ...], dict[str, str]]


def decide(dataset_id: str, act: Act, listed: Sequence[str], reasons: Mapping[str, str]) -> Done:
    """Exclude ("out"), bring back ("back"), keep ("keep") or let go ("let") images; or take the last of these back.

    listed: all that are looked at. reasons: image -> why it is odd, a sentence.
    """
    steps: list[_Step] = st.session_state.setdefault(f"odd-steps-{dataset_id}", [])
    if act.kind == "undo":
        if not steps:
            return Done(text.ODD_NOTHING_BACK)
        kind, items, said = steps.pop()
        _apply(dataset_id, _OPPOSITE[kind], items, said)
        return Done(text.ODD_TAKEN_BACK, Act("undo") if steps else None)
    out = set(act.out)
    items = tuple(item for item in listed if item not in out) if act.everything else act.items
    kind = str(act.to)
    if not items or kind not in _OPPOSITE:
        return Done(text.NOTHING_SELECTED)
    known = state.workspace().store.datasets.items(dataset_id, status="excluded") if kind == "back" else []
    said = {item: text.odd_excluded(reasons.get(item, "")) for item in items}
    said |= {item.item_id: item.reason for item in known if item.item_id in said}  # as it was, should this be undone
    _apply(dataset_id, kind, items, said)
    steps.append((kind, items, said))
    return Done(text.odd_done(kind, len(items)), Act("undo"))


def _apply(dataset_id: str, kind: str, items: Sequence[str], said: Mapping[str, str]) -> None:
    store = state.workspace().store
    if kind == "out":
        store.datasets.exclude(dataset_id, said)
    elif kind == "back":
        store.datasets.include(dataset_id, items)
    elif kind == "keep":
        store.explorations.keep(dataset_id, items)
    else:
        store.explorations.let_go(dataset_id, items)
