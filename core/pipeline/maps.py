"""Maps of a dataset's images, computed once in the background and kept; `core.explore.layout` says what they mean."""

from __future__ import annotations

import hashlib
import io
import json
import threading
from dataclasses import dataclass

import numpy as np

from core.domain import Progress, Vector
from core.errors import Cancelled
from core.explore.layout import Method, laid_out
from core.pipeline.places import By, OnProgress, evidence_of, gathered
from core.workspace import Workspace

_VERSION = "1"
"""Bump when a map would be drawn otherwise."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which map. run_id: whose descriptions it is drawn by, where it is drawn by texts; else ""."""

    dataset_id: str
    method: Method = "tsne"
    dimensions: int = 2
    by: By = "seen"
    run_id: str = ""

    @property
    def what(self) -> str:
        """What the store calls it."""
        return "/".join(filter(None, ("map", self.method, str(self.dimensions), self.by, self.run_id)))


@dataclass(frozen=True, slots=True)
class Map:
    """Where the images stand. `core.explore.layout.Layout` says what the numbers mean.

    Attributes:
        items: (n,) ids of the images that stand on it.
        points: (n, 2 or 3).
        asked: how many images there were; of the others nothing was known.
    """

    items: tuple[str, ...]
    points: Vector
    asked: int
    laid_out: int
    held: float | None
    neighbours: float


def _made_of(workspace: Workspace, wanted: Wanted) -> str:
    told = (_VERSION, evidence_of(workspace, wanted.by, wanted.run_id))
    return hashlib.sha256(repr(told).encode()).hexdigest()


def kept(workspace: Workspace, wanted: Wanted) -> Map | None:
    """The map as it was drawn, with the images that are usable today; None where there is none, where images have come
    since, and where it would be drawn by other evidence. Images that were left out since leave the others where they
    are."""
    store = workspace.store
    if store.explorations.made_of(wanted.dataset_id).get(wanted.what) != _made_of(workspace, wanted):
        return None
    with np.load(io.BytesIO(store.explorations.get(wanted.dataset_id, wanted.what)), allow_pickle=False) as arrays:
        drawn = arrays["items"].tobytes().decode().split("\n")
        points, told = arrays["points"], json.loads(arrays["told"].tobytes())
    place = {item: row for row, item in enumerate(drawn)}
    today = store.datasets.ids(wanted.dataset_id)
    if not all(item in place for item in today):
        return None
    rows = np.array([place[item] for item in today], dtype=np.intp)
    stands = rows[np.isfinite(points[rows]).all(axis=1)]
    return Map(tuple(drawn[row] for row in stands.tolist()), points[stands], len(today), **told)


def draw(workspace: Workspace, cancel: threading.Event, on_progress: OnProgress, *, wanted: Wanted) -> None:
    """Draw it and keep it. Raises Cancelled and BadInput (too few images, nothing measured, UMAP not installed)."""
    made_of = _made_of(workspace, wanted)
    found = gathered(workspace, wanted.dataset_id, wanted.by, wanted.run_id, cancel, on_progress)

    def tick(share: float) -> None:
        if cancel.is_set():
            raise Cancelled
        on_progress(Progress("map", round(100 * share), 100))

    measured = found.places.measured
    layout = laid_out(found.places.values[measured], wanted.method, wanted.dimensions, tick)
    points = np.full((len(found.items), wanted.dimensions), np.nan, dtype=np.float32)
    points[measured] = layout.points
    told = {"laid_out": layout.laid_out, "held": layout.held, "neighbours": layout.neighbours}
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        items=np.frombuffer("\n".join(found.items).encode(), dtype=np.uint8),
        points=points,
        told=np.frombuffer(json.dumps(told).encode(), dtype=np.uint8),
    )
    workspace.store.explorations.set(wanted.dataset_id, wanted.what, made_of, buffer.getvalue())
