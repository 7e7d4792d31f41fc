"""What was read in images: each image is read once for all runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import TypeAdapter

from core.domain import Line
from core.store.database import Database, insert_rows

_TABLE = "reading"
_LINES: TypeAdapter[tuple[Line, ...]] = TypeAdapter(tuple[Line, ...])


class Readings:
    """Table reading. Damage loses none of what was paid for with it: images can be read again."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def find(self, reader: str, items: Sequence[str]) -> dict[str, tuple[Line, ...]]:
        """Item id -> its lines, for the items that `reader` has read before; an item without text has none."""
        columns = self._db.read_columns(
            f"SELECT item_id, lines FROM {_TABLE} WHERE reader = ? AND item_id IN (SELECT unnest(?::VARCHAR[]))",
            [reader, list(items)],
        )
        return {
            item: _LINES.validate_json(lines) for item, lines in zip(columns["item_id"], columns["lines"], strict=True)
        }

    def counts(self, reader: str, dataset_id: str) -> tuple[int, int]:
        """How many of a dataset's usable images `reader` has read, and in how many of these something is written."""
        rows = self._db.read_kept(
            [dataset_id, _TABLE],
            f"SELECT count(*), count(*) FILTER (words <> '') FROM {_TABLE} JOIN dataset_item USING (item_id) "
            "WHERE reader = ? AND dataset_id = ? AND status = 'ready'",
            [reader, dataset_id],
        )
        return int(rows[0][0]), int(rows[0][1])

    def keep(self, reader: str, readings: Mapping[str, tuple[Line, ...]]) -> None:
        """Keep what `reader` has read."""
        rows = [
            (reader, item, " ".join(line.text for line in lines), _LINES.dump_json(lines).decode())
            for item, lines in readings.items()
        ]
        if rows:
            with self._db.write(_TABLE) as cursor:
                insert_rows(cursor, _TABLE, rows)
