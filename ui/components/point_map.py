"""A map of many images as coloured points that a person moves, zooms and selects in the browser, without a rerun.

Our own, and small: what there is for it brings far more along than it draws. embedding-atlas (MIT) is a wheel of 24 MB
that needs sentence-transformers with PyTorch, litellm and numba; pydeck (Apache 2.0) has no lasso, and needs WebGL,
which a remote desktop may not have. Points written into one picture take some milliseconds for 100,000.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import text
from ui.components.asset import asset
from ui.components.gallery import told

_map = st.components.v2.component(
    "facetry_point_map",
    html=asset("point_map.html"),
    css=asset("point_map.css"),
    js=asset("point_map.js"),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a colour means. colour: "#rrggbb". count: how many points have it."""

    name: str
    colour: str
    count: int


@dataclass(frozen=True, slots=True)
class Points:
    """What is drawn.

    Attributes:
        version, coloured: name these points and these colours; others are sent under other names.
        items, names: id and name of each, in the order of `places`.
        places: (n, 2 or 3) from -1 to 1.
        kinds: (n,) the place in `legend` of each.
        title: stands above the map when it is saved as `file`.
        alt: what the map shows, in words.
    """

    version: str
    coloured: str
    items: Sequence[str]
    names: Sequence[str]
    places: NDArray[np.float32]
    kinds: NDArray[np.uint8]
    legend: Sequence[Kind]
    title: str
    alt: str
    file: str
    pictures: bool = True


def packed(points: Points) -> dict[str, Any]:
    """As the browser takes it: arrays as base64, which a rerun sends again only where they changed."""
    return {
        "version": points.version,
        "coloured": points.coloured,
        "ids": "\n".join(points.items),
        "names": "\n".join(name.replace("\n", " ") for name in points.names),
        "dimensions": points.places.shape[1],
        "points": base64.b64encode(np.ascontiguousarray(points.places, "<f4").tobytes()).decode(),
        "kinds": base64.b64encode(points.kinds.tobytes()).decode(),
        "legend": [asdict(kind) for kind in points.legend],
        "title": points.title,
        "alt": points.alt,
        "file": points.file,
        "pictures": points.pictures,
        "words": text.MAP_TOOLS,
    }


def point_map(made: dict[str, Any], *, key: str, cleared: int, on_chosen: Callable[[list[int]], None]) -> None:
    """Draw it. made: see `packed`. cleared: another number than before takes what is chosen back.

    on_chosen: is told the rows of the points that a person chose, none where they chose none.
    """

    def chosen() -> None:
        wanted = told(key, "chosen")
        if wanted and wanted.get("version") == made["version"]:
            number = made["ids"].count("\n") + 1
            on_chosen([int(row) for row in wanted.get("rows") or () if 0 <= int(row) < number])

    _map(key=key, data=made | {"cleared": cleared}, on_chosen_change=chosen)
