"""Conditions and orders that no column of a run's table holds: likeness, between two clusters, near copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.ingest.near_duplicates import NEAR, near_groups
from core.results.likeness import likeness
from core.store import Store
from core.store.kept_rows import Version
from core.store.query import Query
from core.store.runs import RunRow

WITHIN = 0.1
"""How far from the place between two clusters an image may lie."""
_BEYOND = 1e-6
"""What float32 may be out by."""
Keys = NDArray[np.float32]
"""By position: what items are sorted by, smallest first; NaN for those left out, or of which nothing is known."""


def ranked(store: Store, run: RunRow, query: Query, once: Mapping[str, Sequence[str]]) -> NDArray[np.int64] | None:
    """The positions of a query's items in their order; None for a query that the table answers by itself.

    once: today's cluster -> the ids that models knew it by (see `Edited.today`).
    """
    conditions = []
    if query.between:
        first, second = (tuple(once.get(one, (one,))) for one in (query.between.first, query.between.second))
        conditions.append(_between(store, run, first, second, query.between.at))
    if query.copies:
        conditions.append(_copies(store, run.settings.dataset_id, store.measures.version(run.settings.dataset_id)))
    if not conditions and query.like is None:
        return None
    found = store.measures.positions(run.id, query)
    for keys in conditions:
        found = found[~np.isnan(_at(keys, found))]
    keys = conditions[0] if query.like is None else -likeness(store, run, query.like)
    return found[np.argsort(_at(keys, found), kind="stable")]  # NaN comes last


def _at(keys: Keys, positions: NDArray[np.int64]) -> Keys:
    """The keys of these positions; NaN beyond the last that is known."""
    values = np.full(len(positions), np.nan, dtype=np.float32)
    known = positions < len(keys)
    values[known] = keys[positions[known]]
    return values


def _between(store: Store, run: RunRow, first: tuple[str, ...], second: tuple[str, ...], at: float) -> Keys:
    shares = _shares(store, run.id, first, second, store.measures.version(run.id))
    distance = np.abs(shares - np.float32(at))
    return np.where(distance <= WITHIN + _BEYOND, distance, np.float32(np.nan))


@lru_cache(maxsize=16)
def _shares(store: Store, run_id: str, first: tuple[str, ...], second: tuple[str, ...], version: Version) -> Keys:
    """By position: the second cluster's part of the probabilities of both, where no other cluster is likelier."""
    columns = store.measures.of_two(run_id, first, second)
    position, one, other, most = (np.ma.filled(columns[name], 0) for name in ("position", "first", "second", "most"))
    shares = np.full(int(position.max()) + 1 if len(position) else 0, np.nan, dtype=np.float32)
    kept = (np.maximum(one, other) >= most - _BEYOND) & (one + other > 0)
    shares[position[kept]] = (other / np.maximum(one + other, _BEYOND))[kept]
    return shares


@lru_cache(maxsize=4)
def _copies(store: Store, dataset_id: str, version: Version) -> Keys:
    """By position: which group of near duplicates an item belongs to; exact ones count as well."""
    items, looks, colours = store.datasets.looks(dataset_id)
    groups = [[items[row] for row in group] for group in near_groups(looks, colours, NEAR)]
    near = {item for group in groups for item in group}
    exact = dict.fromkeys(item for item, _ in store.datasets.copies(dataset_id))
    groups += [[item] for item in exact if item not in near]
    group_of = {item: number for number, group in enumerate(groups) for item in group}
    rows = store.datasets.items(dataset_id) if groups else []
    where = [(row.position, group_of[row.item_id]) for row in rows if row.item_id in group_of]
    keys = np.full(max((position + 1 for position, _ in where), default=0), np.nan, dtype=np.float32)
    for position, number in where:
        keys[position] = number
    return keys
