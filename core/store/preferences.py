"""What a person chose once for all new runs, by name. Nothing secret: keys are never stored."""

from __future__ import annotations

from core.store.database import Database, insert_rows

_TABLE = "preference"


class Preferences:
    """Table preference."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def get(self, name: str, default: str = "") -> str:
        found = self._db.read_kept([_TABLE], "SELECT value FROM preference WHERE name = ?", [name])
        return found[0][0] if found else default

    def set(self, name: str, value: str) -> None:
        with self._db.write(_TABLE) as cursor:
            insert_rows(cursor, _TABLE, [(name, value)])
