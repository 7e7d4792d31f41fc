"""What was measured of a run's items, as arrays by their position: probabilities of clusters, vectors, copies."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.store.database import Database
from core.store.kept_rows import Version
from core.store.query import Query, where

Positions = NDArray[np.int64]
_AT_ONCE = 5_000
"""Vectors that are held at once: some 80 MB of the largest."""
_SUM = "list_sum(list_transform(json_extract(a.value, ?::VARCHAR[]), lambda share: coalesce(share::DOUBLE, 0)))"


class Measures:
    """Reads tables placement, result, answer, evidence and dataset_item; writes nothing."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def version(self, *about: str) -> Version:
        """Differs from an earlier one if something was written about any of these runs and datasets in between."""
        return self._db.version(*about)

    def positions(self, run_id: str, query: Query) -> Positions:
        """The positions of a query's items, in the order given."""
        wanted, values = where(run_id, query)
        sql = f"SELECT position FROM placement WHERE {wanted} ORDER BY position"
        return np.asarray(self._db.read_columns(sql, values)["position"], dtype=np.int64)

    def items(self, run_id: str, query: Query) -> list[str]:
        """The ids of a query's items, in the order given."""
        wanted, values = where(run_id, query)
        sql = f"SELECT item_id FROM placement WHERE {wanted} ORDER BY position"
        found: list[str] = self._db.read_columns(sql, values)["item_id"].tolist()
        return found

    def folders(self, run_id: str) -> list[str]:
        """The folders in which items lie, by their names; none for the outermost."""
        sql = (
            "SELECT DISTINCT regexp_replace(name, '/[^/]*$', '') AS folder FROM placement "
            "WHERE run_id = ? AND contains(name, '/') ORDER BY 1"
        )
        return [folder for (folder,) in self._db.read_kept([run_id], sql, [run_id])]

    def sources(self, run_id: str) -> dict[str, int]:
        """Who placed items (see `Placement.source`) -> how many."""
        sql = "SELECT source, count(*) FROM placement WHERE run_id = ? GROUP BY ALL"
        return dict(self._db.read_kept([run_id], sql, [run_id]))

    def has_probabilities(self, run_id: str) -> bool:
        """Whether the model that sorted a run's items gave probabilities for at least one."""
        sql = (
            "SELECT 1 FROM result r JOIN answer a USING (call_key) WHERE r.run_id = ? AND r.step = 'assign' "
            "AND r.failure = '' AND json_type(a.value, '$.probabilities') = 'OBJECT' LIMIT 1"
        )
        return bool(self._db.read_kept([run_id], sql, [run_id]))

    def probabilities(self, run_id: str, items: Sequence[str]) -> dict[str, dict[str, float]]:
        """Item id -> cluster id -> probability as the model gave them, for those of a few items of which it gave any.

        Two look-ups by key, as a join would read all answers.
        """
        held = self._db.read_kept(
            [run_id],
            "SELECT item_id, call_key FROM result WHERE run_id = ? AND step = 'assign' AND failure = '' "
            f"AND item_id IN ({_places(items)})",
            [run_id, *items],
        )
        keys = [key for _, key in held]
        rows = self._db.read_kept(
            [run_id], f"SELECT call_key, value FROM answer WHERE call_key IN ({_places(keys)})", keys
        )
        shares = {key: json.loads(value).get("probabilities") for key, value in rows}
        return {item: shares[key] for item, key in held if shares.get(key)}

    def of_two(self, run_id: str, first: Sequence[str], second: Sequence[str]) -> dict[str, Any]:
        """Columns position, first and second (the probabilities of these clusters, summed) and most (the largest of
        any cluster) of the items that a model placed or left out, and for which it gave probabilities."""
        paths = [[f'$.probabilities."{cluster}"' for cluster in several] for several in (first, second)]
        sql = (
            f"SELECT p.position, {_SUM} AS first, {_SUM} AS second, "
            "list_max(json_extract(a.value, '$.probabilities.*')::DOUBLE[]) AS most "
            "FROM placement p JOIN result r ON r.run_id = p.run_id AND r.step = 'assign' AND r.item_id = p.item_id "
            "JOIN answer a USING (call_key) WHERE p.run_id = ? AND r.failure = '' "
            "AND p.source NOT IN ('person', 'learnt', 'split') AND json_type(a.value, '$.probabilities') = 'OBJECT'"
        )
        return self._db.read_columns(sql, [*paths, run_id])

    def said(self, run_id: str) -> dict[str, Any]:
        """Columns position, description and label of all items of a run."""
        return self._db.read_columns("SELECT position, description, label FROM placement WHERE run_id = ?", [run_id])

    def placed(self, run_id: str) -> dict[str, Any]:
        """Columns item_id, name, state, cluster_id, confidence and truth of all items of a run, in the order given."""
        return self._db.read_columns(
            "SELECT item_id, name, state, cluster_id, confidence, truth FROM placement WHERE run_id = ? "
            "ORDER BY position",
            [run_id],
        )

    def vectors(self, dataset_id: str, model: str, space: str) -> Iterator[tuple[Positions, NDArray[np.float32]]]:
        """(positions (n,), vectors (n, d)) of a dataset's usable items, part by part, for those that were measured."""
        sql = (
            "SELECT i.position, e.vector FROM dataset_item i JOIN evidence e ON e.item_id = i.item_id "
            "WHERE i.dataset_id = ? AND i.status = 'ready' AND i.position >= ? AND i.position < ? "
            "AND e.model = ? AND e.space = ?"
        )
        (number,) = self._db.read("SELECT max(position) + 1 FROM dataset_item WHERE dataset_id = ?", [dataset_id])[0]
        for first in range(0, number or 0, _AT_ONCE):
            columns = self._db.read_columns(sql, [dataset_id, first, first + _AT_ONCE, model, space])
            if len(columns["position"]):
                joined = np.frombuffer(b"".join(columns["vector"]), dtype=np.float16)
                yield columns["position"], joined.reshape(len(columns["position"]), -1).astype(np.float32)

    def spaces(self, model: str, item_id: str) -> dict[str, NDArray[np.float32]]:
        """Space -> what `model` measured of one item."""
        rows = self._db.read("SELECT space, vector FROM evidence WHERE model = ? AND item_id = ?", [model, item_id])
        return {space: np.frombuffer(vector, dtype=np.float16).astype(np.float32) for space, vector in rows}

    def measured_by(self, item_id: str) -> list[str]:
        """The ids of the evidence that there is of one item."""
        rows = self._db.read("SELECT DISTINCT model FROM evidence WHERE item_id = ? ORDER BY model", [item_id])
        return [model for (model,) in rows]


def _places(values: Sequence[str]) -> str:
    """What stands for so many values in a list of them, of which there may be none."""
    return ", ".join("?" * len(values)) or "NULL"
