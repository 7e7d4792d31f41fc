"""Maps of datasets and lists of unlike images, with a hash of what each was computed from, and what a person keeps."""

from __future__ import annotations

from collections.abc import Sequence

from core.store.database import Database


class Explorations:
    """Tables exploration and kept_item. What was computed can be computed again, so damage may lose it; what a person
    keeps it may not."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def made_of(self, dataset_id: str) -> dict[str, str]:
        """What there is -> hash of what it was computed from."""
        sql = "SELECT what, made_of FROM exploration WHERE dataset_id = ? ORDER BY what"
        return dict(self._db.read_kept([dataset_id], sql, [dataset_id]))

    def get(self, dataset_id: str, what: str) -> bytes:
        """What `set` kept, or b""."""
        sql = "SELECT value FROM exploration WHERE dataset_id = ? AND what = ?"
        found = self._db.read_kept([dataset_id], sql, [dataset_id, what])
        return bytes(found[0][0]) if found else b""

    def set(self, dataset_id: str, what: str, made_of: str, value: bytes) -> None:
        """Keep what was computed, in place of what was before."""
        self._db.insert("exploration", [(dataset_id, what, made_of, value)], about=[dataset_id])

    def kept(self, dataset_id: str) -> list[str]:
        """The ids of the images that a person looked over and keeps."""
        sql = "SELECT item_id FROM kept_item WHERE dataset_id = ? ORDER BY item_id"
        return [item for (item,) in self._db.read_kept([dataset_id], sql, [dataset_id])]

    def keep(self, dataset_id: str, items: Sequence[str]) -> None:
        """Keep these images: nobody is asked about them again. `let_go` undoes it."""
        self._db.insert("kept_item", [(dataset_id, item) for item in items], about=[dataset_id])

    def let_go(self, dataset_id: str, items: Sequence[str]) -> None:
        """Take back that these are kept."""
        with self._db.write(dataset_id) as cursor:
            cursor.execute(
                "DELETE FROM kept_item WHERE dataset_id = ? AND item_id IN (SELECT unnest(?::VARCHAR[]))",
                [dataset_id, list(items)],
            )
