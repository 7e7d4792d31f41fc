"""Runs as a person keeps them: what they are called, which are versions of which, and which were deleted."""

from __future__ import annotations

from core.store.database import Database, now

_TABLE = "run"
_OF_A_RUN = ("result", "edit", "placement", "placed", "left_out")
"""Tables that hold rows of one run alone. Answers and evidence are shared by all runs and stay."""


class Catalogue:
    """Columns name, parent, carried and deleted_at of the table run."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def set_name(self, run_id: str, name: str) -> None:
        """Call a run so from now on; "" to name it after what it groups by."""
        self._set(run_id, "name", name.strip())

    def set_parent(self, run_id: str, parent: str) -> None:
        """Keep which run this one is a new version of."""
        self._set(run_id, "parent", parent)

    def set_carried(self, run_id: str, value: str) -> None:
        """Keep what became of the parent's moves by hand (JSON); also that they need not be carried over again."""
        self._set(run_id, "carried", value)

    def carried(self, run_id: str) -> str:
        """What `set_carried` kept, or ""."""
        found = self._db.read_kept([run_id], f"SELECT carried FROM {_TABLE} WHERE id = ?", [run_id])
        return str(found[0][0] or "") if found else ""

    def delete(self, run_id: str) -> None:
        """Take a run out of sight; `restore` undoes it until `purge`."""
        self._set(run_id, "deleted_at", now())

    def restore(self, run_id: str) -> None:
        """Take back a deletion."""
        self._set(run_id, "deleted_at", None)

    def purge(self) -> list[str]:
        """Remove deleted runs for good, but nothing that models answered; return their ids."""
        found = [run_id for (run_id,) in self._db.read(f"SELECT id FROM {_TABLE} WHERE deleted_at IS NOT NULL")]
        if found:
            with self._db.write(*found, _TABLE) as cursor:
                for table in _OF_A_RUN:
                    cursor.execute(f"DELETE FROM {table} WHERE run_id IN (SELECT unnest(?::VARCHAR[]))", [found])
                cursor.execute(f"DELETE FROM {_TABLE} WHERE id IN (SELECT unnest(?::VARCHAR[]))", [found])
        return found

    def _set(self, run_id: str, column: str, value: object) -> None:
        with self._db.write(run_id, _TABLE) as cursor:
            cursor.execute(f"UPDATE {_TABLE} SET {column} = ? WHERE id = ?", [value, run_id])
