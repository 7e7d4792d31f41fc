"""What became of a database that was damaged or missing, until a person has read it."""

from __future__ import annotations

from core.store.database import Database
from core.store.recovery.report import REPORT, Restoration

_TABLE = "restoration"


class Restorations:
    """Table restoration."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def all(self) -> list[Restoration]:
        """Every restore of this workspace, the newest first."""
        return self._read("")

    def unread(self) -> list[Restoration]:
        """Those that nobody has been told of yet, the newest first."""
        return self._read("WHERE NOT seen")

    def mark_read(self) -> None:
        """Somebody has been told of all of them."""
        with self._db.write(_TABLE) as cursor:
            cursor.execute("UPDATE restoration SET seen = true")

    def _read(self, where: str) -> list[Restoration]:
        rows = self._db.read_kept([_TABLE], f"SELECT report FROM {_TABLE} {where} ORDER BY restored_at DESC")
        return [REPORT.validate_json(value) for (value,) in rows]
