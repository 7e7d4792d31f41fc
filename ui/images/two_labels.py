"""Images with two labels, and near duplicates with different ones: what somebody who checks labels looks for."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.ingest.ground_truth import TwoLabels
from core.pipeline.labels import Fit
from ui import text
from ui.components.gallery import Tile, wall

_SHOWN = 24


def two_labels(found: Fit, *, key: str) -> None:
    """Each with its labels and who says so; nothing where there is none."""
    for words, note, listed, name in (
        (text.two_labels, text.TWO_LABELS_NOTE, found.twice, "two"),
        (text.near_labels, text.NEAR_LABELS_NOTE, found.near, "near"),
    ):
        if listed:
            with st.expander(words(len(listed)), icon=":material/rule:"):
                st.caption(note)
                _wall(listed, words(len(listed)), f"{name}-labels-{key}")


def _wall(listed: Sequence[TwoLabels], title: str, key: str) -> None:
    tiles = [
        Tile(two.item, two.said[0][0], "; ".join(f"{label}: {name}" for name, label in two.said))
        for two in listed[:_SHOWN]
    ]
    wall(tiles, title, key=key, size=148, lines=4)
    if len(listed) > _SHOWN:
        st.caption(text.first_shown(_SHOWN))
