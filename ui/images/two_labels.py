"""Images with two labels, and near duplicates with different ones: what somebody who checks labels looks for."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.pipeline.labels import Fit
from ui import text
from ui.components.gallery import Tile, wall

_SHOWN = 24


def two_labels(found: Fit, *, key: str) -> None:
    """Each with its labels and who says so; nothing where there is none."""
    if found.twice:
        tiles = [
            Tile(two.said[0][0], two.said[0][1], "; ".join(f"{label}: {name}" for _, name, label in two.said))
            for two in found.twice
        ]
        _wall(text.two_labels(len(found.twice)), text.TWO_LABELS_NOTE, tiles, f"two-labels-{key}")
    if found.near:
        tiles = [Tile(item, name, f"{label}: {name}") for two in found.near for item, name, label in two.said]
        _wall(text.near_labels(len(found.near)), text.NEAR_LABELS_NOTE, tiles, f"near-labels-{key}")


def _wall(title: str, note: str, tiles: Sequence[Tile], key: str) -> None:
    with st.expander(title, icon=":material/rule:"):
        st.caption(note)
        wall(tiles[:_SHOWN], title, key=key, size=148, lines=4)
        if len(tiles) > _SHOWN:
            st.caption(text.first_shown(_SHOWN))
