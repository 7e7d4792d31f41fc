"""What a person gave: files or records, which of them are usable, and their ground truth."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any

from core.domain import DatasetRow, ImageRow, ItemRow, ItemStatus, SourceAddress
from core.store.database import Database, insert_rows, now


class Datasets:
    """Tables dataset, image, dataset_item, truth, dataset_option."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def begin(self, dataset_id: str, name: str, source: SourceAddress, given: int) -> None:
        """Start (or start again) to fill a dataset; its old item list and truth go, images and answers stay."""
        with self._db.write(dataset_id) as cursor:
            for table in ("dataset_item", "truth"):
                cursor.execute(f"DELETE FROM {table} WHERE dataset_id = ?", [dataset_id])
            insert_rows(cursor, "dataset", [(dataset_id, name, json.dumps(source.to_json()), "[]", given, now())])

    def add(
        self, dataset_id: str, items: Sequence[ItemRow], images: Sequence[ImageRow] = (), *, further: int = 0
    ) -> None:
        """Add items in one transaction with the images they show. further: how many of the items are more than were
        given at the beginning (parts of one image after its first), which grows with them."""
        with self._db.write(dataset_id) as cursor:
            if images:
                insert_rows(cursor, "image", [astuple(image) for image in images])
            if items:
                rows = [(dataset_id, i.position, i.item_id, i.name, i.status, i.reason) for i in items]
                insert_rows(cursor, "dataset_item", rows)
            if further:
                cursor.execute("UPDATE dataset SET given = given + ? WHERE id = ?", [further, dataset_id])

    def append(
        self, dataset_id: str, items: Sequence[ItemRow], images: Sequence[ImageRow], source: SourceAddress
    ) -> None:
        """Add later images, at the positions after the last, with where they came from. One transaction, in which
        `given` grows with them: the dataset is complete at any time."""
        with self._db.write(dataset_id) as cursor:
            sql = "SELECT coalesce(max(position), -1) + 1 FROM dataset_item WHERE dataset_id = ?"
            (first,) = cursor.execute(sql, [dataset_id]).fetchall()[0]
            if images:
                insert_rows(cursor, "image", [astuple(image) for image in images])
            rows = [(dataset_id, first + n, i.item_id, i.name, i.status, i.reason) for n, i in enumerate(items)]
            insert_rows(cursor, "dataset_item", rows)
            (added,) = cursor.execute("SELECT added FROM dataset WHERE id = ?", [dataset_id]).fetchall()[0]
            places = json.loads(added)
            places += [] if source.to_json() in places else [source.to_json()]
            sql = "UPDATE dataset SET given = given + ?, added = ? WHERE id = ?"
            cursor.execute(sql, [len(items), json.dumps(places), dataset_id])

    def like(self, dataset_id: str, items: Sequence[ItemRow]) -> list[ItemRow]:
        """What the dataset holds of the same content or the same name as any of `items`, in the order given."""
        rows = self._db.read(
            "SELECT position, item_id, name, status, reason FROM dataset_item WHERE dataset_id = ? AND "
            "(item_id IN (SELECT unnest(?::VARCHAR[])) OR name IN (SELECT unnest(?::VARCHAR[]))) ORDER BY position",
            [dataset_id, [item.item_id for item in items if item.item_id], [item.name for item in items]],
        )
        return [ItemRow(*row) for row in rows]

    def set_truth(self, dataset_id: str, facet: str, classes: Mapping[str, str]) -> None:
        """Give items (by id) their class under one facet, replacing what that facet held."""
        with self._db.write(dataset_id) as cursor:
            cursor.execute("DELETE FROM truth WHERE dataset_id = ? AND facet = ?", [dataset_id, facet])
            if classes:
                insert_rows(cursor, "truth", [(dataset_id, item, facet, cls) for item, cls in classes.items()])

    def get(self, dataset_id: str) -> DatasetRow | None:
        sql = "SELECT id, name, source, given, added FROM dataset WHERE id = ?"
        found = self._db.read_kept([dataset_id], sql, [dataset_id])
        if not found:
            return None
        sql = "SELECT status, count(*) FROM dataset_item WHERE dataset_id = ? GROUP BY status"
        counts = self._db.read_kept([dataset_id], sql, [dataset_id])
        key, name, source, given, added = found[0]
        later = [SourceAddress.from_json(place) for place in json.loads(added)]
        return DatasetRow(key, name, SourceAddress.from_json(json.loads(source)), given, Counter(dict(counts)), later)

    def newest(self, source: SourceAddress) -> DatasetRow | None:
        """The newest dataset that was found at this address."""
        found = self._db.read(
            "SELECT id FROM dataset WHERE source = ? ORDER BY created_at DESC LIMIT 1", [json.dumps(source.to_json())]
        )
        return self.get(found[0][0]) if found else None

    def options(self, dataset_id: str) -> str:
        """What `set_options` kept, or ""."""
        sql = "SELECT value FROM dataset_option WHERE dataset_id = ?"
        found = self._db.read_kept([dataset_id], sql, [dataset_id])
        return str(found[0][0]) if found else ""

    def set_options(self, dataset_id: str, value: str) -> None:
        """Keep what a person chose for runs on these images (JSON), so that neither a page nor a refresh loses it."""
        self._db.insert("dataset_option", [(dataset_id, value)], about=[dataset_id])

    def items(self, dataset_id: str, *, status: ItemStatus = "ready", limit: int = 0) -> list[ItemRow]:
        """Items of one status in the order given; limit 0 means all."""
        rows = self._db.read(
            "SELECT position, item_id, name, status, reason FROM dataset_item "
            "WHERE dataset_id = ? AND status = ? ORDER BY position LIMIT ?",
            [dataset_id, status, limit or 2**62],
        )
        return [ItemRow(*row) for row in rows]

    def ids(self, dataset_id: str) -> list[str]:
        """The ids of the usable items in the order given, and nothing else: a fifth of what `items` takes."""
        columns = self._db.read_columns(
            "SELECT item_id FROM dataset_item WHERE dataset_id = ? AND status = 'ready' ORDER BY position", [dataset_id]
        )
        found: list[str] = columns["item_id"].tolist()
        return found

    def names(self, dataset_id: str) -> dict[str, str]:
        """Item id -> name of the usable items in the order given."""
        columns = self._db.read_columns(
            "SELECT item_id, name FROM dataset_item WHERE dataset_id = ? AND status = 'ready' ORDER BY position",
            [dataset_id],
        )
        return dict(zip(columns["item_id"].tolist(), columns["name"].tolist(), strict=True))

    def copies(self, dataset_id: str) -> list[tuple[str, str]]:
        """Item id and name of each exact duplicate, in the order given."""
        return self._db.read(
            "SELECT item_id, name FROM dataset_item WHERE dataset_id = ? AND status = 'duplicate' ORDER BY position",
            [dataset_id],
        )

    def ends(self, dataset_id: str) -> list[str]:
        """The ids of the first and the last usable item; one or none where there are no more."""
        of_ready = "FROM dataset_item WHERE dataset_id = $1 AND status = 'ready'"
        sql = (
            f"SELECT item_id {of_ready} AND position IN ((SELECT min(position) {of_ready}), "
            f"(SELECT max(position) {of_ready}))"
        )
        return [item for (item,) in self._db.read_kept([dataset_id], sql, [dataset_id])]

    def latest(self, dataset_id: str, number: int) -> list[ItemRow]:
        """The usable items that came in last, the newest first."""
        rows = self._db.read(
            "SELECT position, item_id, name, status, reason FROM dataset_item "
            "WHERE dataset_id = ? AND status = 'ready' ORDER BY position DESC LIMIT ?",
            [dataset_id, number],
        )
        return [ItemRow(*row) for row in rows]

    def skipped(self, dataset_id: str, limit: int = 0) -> list[ItemRow]:
        """Everything given that is not grouped, duplicates included, each with its reason; limit 0 means all."""
        rows = self._db.read_kept(
            [dataset_id],
            "SELECT position, item_id, name, status, reason FROM dataset_item "
            "WHERE dataset_id = ? AND status <> 'ready' ORDER BY position LIMIT ?",
            [dataset_id, limit or 2**62],
        )
        return [ItemRow(*row) for row in rows]

    def without_focus(self, dataset_id: str) -> list[ItemRow]:
        """The images in which there is no such part as is looked at: skipped, though they can be shown."""
        rows = self._db.read_kept(
            [dataset_id],
            "SELECT position, item_id, name, status, reason FROM dataset_item "
            "WHERE dataset_id = ? AND status = 'skipped' AND item_id <> '' ORDER BY position",
            [dataset_id],
        )
        return [ItemRow(*row) for row in rows]

    def noted(self, dataset_id: str, limit: int = 0) -> tuple[int, list[tuple[str, str]]]:
        """How many images to group were not read as they are, and of each its name and the note that says how; limit 0
        means all."""
        rows = self._db.read_kept(
            [dataset_id],
            "SELECT item.name, image.note, count(*) OVER () FROM dataset_item item JOIN image ON image.id = "
            "item.item_id WHERE dataset_id = ? AND status = 'ready' AND note <> '' ORDER BY position LIMIT ?",
            [dataset_id, limit or 2**62],
        )
        return (rows[0][2] if rows else 0), [(name, note) for name, note, _ in rows]

    def spread(self, dataset_id: str, number: int) -> list[ItemRow]:
        """So many usable items from all over the dataset, in the order given; all where there are no more."""
        rows = self._db.read_kept(
            [dataset_id],
            "WITH ready AS (SELECT position, item_id, name, status, reason, row_number() OVER (ORDER BY position) - 1 "
            "AS place, count(*) OVER () AS total FROM dataset_item WHERE dataset_id = $1 AND status = 'ready') "
            "SELECT position, item_id, name, status, reason FROM ready WHERE total <= $2 "
            "OR place * $2 // total <> (place - 1) * $2 // total OR place = 0 ORDER BY position LIMIT $2",
            [dataset_id, number],
        )
        return [ItemRow(*row) for row in rows]

    def looks(self, dataset_id: str) -> tuple[list[str], Any, Any]:
        """Of each usable image, in the order given: item id, look (uint64) and mean colour (see domain.ImageRow)."""
        columns = self._db.read_columns(
            "SELECT item_id, look, colour FROM dataset_item JOIN image ON image.id = item_id "
            "WHERE dataset_id = ? AND status = 'ready' ORDER BY position",
            [dataset_id],
        )
        return columns["item_id"].tolist(), columns["look"], columns["colour"]

    def exclude(self, dataset_id: str, reasons: Mapping[str, str]) -> None:
        """Leave usable items out of all runs because a person said so: item id -> one sentence. `include` undoes it."""
        with self._db.write(dataset_id) as cursor:
            cursor.execute(
                "UPDATE dataset_item SET status = 'excluded', reason = left_out.reason "
                "FROM (SELECT unnest(?::VARCHAR[]) AS item_id, unnest(?::VARCHAR[]) AS reason) left_out "
                "WHERE dataset_id = ? AND status = 'ready' AND dataset_item.item_id = left_out.item_id",
                [list(reasons), list(reasons.values()), dataset_id],
            )

    def include(self, dataset_id: str, items: Sequence[str]) -> None:
        """Take excluded items back."""
        with self._db.write(dataset_id) as cursor:
            cursor.execute(
                "UPDATE dataset_item SET status = 'ready', reason = '' WHERE dataset_id = ? AND status = 'excluded' "
                "AND item_id IN (SELECT unnest(?::VARCHAR[]))",
                [dataset_id, list(items)],
            )

    def truth(self, dataset_id: str, facet: str) -> dict[str, str]:
        """Item id -> class."""
        rows = self._db.read("SELECT item_id, class FROM truth WHERE dataset_id = ? AND facet = ?", [dataset_id, facet])
        return dict(rows)

    def facets(self, dataset_id: str) -> list[str]:
        sql = "SELECT DISTINCT facet FROM truth WHERE dataset_id = ? ORDER BY facet"
        rows = self._db.read_kept([dataset_id], sql, [dataset_id])
        return [facet for (facet,) in rows]

    def images(self, ids: Sequence[str]) -> dict[str, ImageRow]:
        """Known images among `ids`."""
        rows = self._db.read(
            "SELECT id, format, width, height, note, look, colour FROM image WHERE id IN (SELECT unnest(?::VARCHAR[]))",
            [list(ids)],
        )
        return {row[0]: ImageRow(*row) for row in rows}

    def image_ids(self) -> list[str]:
        """The ids of all images of the workspace."""
        return [image for (image,) in self._db.read("SELECT id FROM image ORDER BY id")]
