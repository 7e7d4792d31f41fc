"""Criteria that were suggested for datasets, with a hash of what each was drawn from."""

from __future__ import annotations

from core.store.database import Database


class Suggestions:
    """Table suggestion."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def get(self, dataset_id: str) -> dict[str, tuple[str, str]]:
        """Who suggested -> hash of what it was drawn from, and what was suggested (JSON)."""
        sql = "SELECT model, made_of, value FROM suggestion WHERE dataset_id = ? ORDER BY model"
        rows = self._db.read_kept([dataset_id], sql, [dataset_id])
        return {model: (made_of, value) for model, made_of, value in rows}

    def set(self, dataset_id: str, model: str, made_of: str, value: str) -> None:
        """Keep what a model suggested, in place of what it suggested before."""
        self._db.insert("suggestion", [(dataset_id, model, made_of, value)], about=[dataset_id])
