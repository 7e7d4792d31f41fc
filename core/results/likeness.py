"""How like each image of a run is to one of them, by what was measured of them already; exact, and kept."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core import threads
from core.models import registry
from core.models.builtin.criterion.routing import WRITING
from core.models.builtin.from_pixels.evidence import COLOURS, EVIDENCE_ID, STATISTICS, SUBJECT, subject_points, unit
from core.models.embedding.kept import KeptVectors
from core.store import Store
from core.store.kept_rows import Version
from core.store.placements import Placement
from core.store.query import Query
from core.store.runs import RunRow

Scores = NDArray[np.float32]
"""By position: larger is more alike; NaN where nothing is known."""
_SPACES = {"colour": COLOURS, "style": STATISTICS, "light": STATISTICS}
_MOST_TEXTS = 5_000
"""Descriptions that are embedded while a person waits; of more, the labels are compared."""


def likeness(store: Store, run: RunRow, item_id: str) -> Scores:
    """Scores of all items of a run against one: by the built-in engine's evidence for what the criterion is about,
    where the image has any; else by what texts say of the images. Empty where neither is there."""
    measured = EVIDENCE_ID in store.measures.measured_by(item_id) and not _is_read(run)
    version = store.measures.version(*(() if measured else (run.id,)), run.settings.dataset_id)
    return _kept(store, run.id, item_id, measured, version)


def _is_read(run: RunRow) -> bool:
    return registry.vision_model("builtin").sight(run.settings.criterion).aspect == WRITING


@lru_cache(maxsize=32)
def _kept(store: Store, run_id: str, item_id: str, measured: bool, version: Version) -> Scores:
    run, own = store.runs.get(run_id), store.placements.search(run_id, Query(ids=(item_id,)), 1)
    if run is None or not own:
        return np.empty(0, dtype=np.float32)
    scores = _by_evidence(store, run, item_id) if measured else _by_text(store, run, own[0])
    if len(scores) > own[0].position:
        scores[own[0].position] = np.inf  # it comes before those that are the same
    return scores


@threads.limited
def _by_evidence(store: Store, run: RunRow, item_id: str) -> Scores:
    aspect = registry.vision_model("builtin").sight(run.settings.criterion).aspect
    space = _SPACES.get(aspect, SUBJECT)
    own = store.measures.spaces(EVIDENCE_ID, item_id).get(space)
    if own is None:
        return np.empty(0, dtype=np.float32)
    parts = store.measures.vectors(run.settings.dataset_id, EVIDENCE_ID, space)
    if space == STATISTICS:
        places, values = zip(*parts, strict=True)
        together = np.concatenate(values)
        spread = np.maximum(together.std(axis=0), 1e-6)
        return _filled([(np.concatenate(places), -np.linalg.norm((together - own) / spread, axis=1))])
    wanted = unit(_points(space, own[None]))[0]
    return _filled([(places, unit(_points(space, values)) @ wanted) for places, values in parts])


def _points(space: str, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors of which the cosine says how alike they are; of shares, the root (Hellinger)."""
    return subject_points(values) if space == SUBJECT else np.sqrt(np.maximum(values, 0))


def _by_text(store: Store, run: RunRow, own: Placement) -> Scores:
    said = store.measures.said(run.id)
    column = "description" if len(set(said["description"])) <= _MOST_TEXTS else "label"
    texts = [str(words) for words in said[column]]
    words = str(getattr(own, column))
    if not words:
        return np.empty(0, dtype=np.float32)
    distinct = sorted({*texts, words} - {""})
    vectors = KeptVectors(store.text_vectors)(distinct)
    near = dict(zip(distinct, vectors @ vectors[distinct.index(words)], strict=True))
    return _filled([(said["position"], np.array([near.get(one, np.nan) for one in texts], dtype=np.float32))])


def _filled(parts: list[tuple[NDArray[np.int64], NDArray[np.floating]]]) -> Scores:
    scores = np.full(max((int(places.max()) + 1 for places, _ in parts), default=0), np.nan, dtype=np.float32)
    for places, values in parts:
        scores[places] = values
    return scores
