"""What the colours of a map show: groups, labels, confidence, or the groups of another run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.results.run_view import View
from core.store import Store
from ui import text
from ui.components.point_map import Kind
from ui.components.safe import plain

_COLOURS = (
    "#0f8a7e", "#d9601a", "#6366f1", "#b8860b", "#d6337c", "#5f9411", "#1288c9", "#8b6a4f", "#a855f7", "#dc4444",
    "#16a34a",
)  # fmt: skip
"""Each is told from white and from the dark ground at a contrast of 3 (WCAG 2.2)."""
REST = "#7d8590"
_SURE = ("#0f8a7e", "#6f9a1d", "#c98a0c", "#d1453b")
_LIMIT = 40
Coloured = tuple[NDArray[np.uint8], list[Kind]]


def coloured(store: Store, run_id: str, colour: str, items: Sequence[str]) -> Coloured:
    """Of each item the place of its colour in the legend, and the legend. colour: see `MapPlace`."""
    view = View(store, run_id if colour in text.MAP_COLOURS else colour)
    columns = store.measures.placed(view.run.id)
    place = {item: row for row, item in enumerate(columns["item_id"].tolist())}
    rows = [place.get(item, -1) for item in items]
    if colour == "confidence":
        return _by_confidence(columns["confidence"], rows)
    if colour == "truth":
        values = columns["truth"].tolist()
        return _by_name([values[row] or text.MAP_NO_LABEL if row >= 0 else text.MAP_NO_LABEL for row in rows], {})
    values = columns["cluster_id"].tolist()
    names: dict[str | None, str] = {"": text.MAP_NOT_SORTED, None: text.MAP_NOT_THERE}
    names |= {cluster.id: cluster.name for cluster in view.edited.clusters}
    return _by_name([values[row] if row >= 0 else None for row in rows], names)


def _by_name(values: Sequence[str | None], names: Mapping[str | None, str]) -> Coloured:
    """The commonest have a colour of their own, in the order of their size; the others share one."""
    grey = {"", None, text.MAP_NO_LABEL}
    counts = Counter(values)
    ranked = [value for value, _ in counts.most_common() if value not in grey]
    shown, others = ranked[: len(_COLOURS)], set(ranked[len(_COLOURS) :])
    kinds = [Kind(_said(value, names), _COLOURS[at], counts[value]) for at, value in enumerate(shown)]
    at = {value: place for place, value in enumerate(shown)}
    for rest, said in ((others, text.MAP_OTHERS), *(({value}, _said(value, names)) for value in grey)):
        if number := sum(counts[value] for value in rest):
            at |= dict.fromkeys(rest, len(kinds))
            kinds.append(Kind(said, REST, number))
    return np.array([at[value] for value in values], dtype=np.uint8), kinds


def _said(value: str | None, names: Mapping[str | None, str]) -> str:
    return plain(names.get(value, value or ""), _LIMIT)


def _by_confidence(column: NDArray[np.float64], rows: Sequence[int]) -> Coloured:
    filled = np.ma.filled(np.ma.asarray(column, dtype=np.float64), np.nan)  # where it is unknown
    values = np.array([filled[row] if row >= 0 else np.nan for row in rows])
    known = np.isfinite(values)
    level = np.where(known, 4 - (values[:, None] >= [0.9, 0.7, 0.5]).sum(axis=1) - 1, 4)
    names = [*text.MAP_SURE, text.MAP_UNKNOWN]
    legend = [
        Kind(name, shade, int((level == at).sum()))
        for at, (name, shade) in enumerate(zip(names, (*_SURE, REST), strict=True))
    ]
    return level.astype(np.uint8), legend
