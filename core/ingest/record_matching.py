"""Which rows that people bring (descriptions, results, their truth) speak of which images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from core.ingest.name_matching import Images, Way
from core.ingest.records import Record


@dataclass(frozen=True)
class MetRecords:
    """What `meet` found.

    Attributes:
        rows: (item id, index of a record) of all records that speak of an item, those of its own name before those of
            its copies.
        ways: how names met images that are spelled otherwise.
    """

    rows: Sequence[tuple[str, int]]
    ways: Sequence[Way] = ()

    @cached_property
    def first(self) -> dict[str, int]:
        """Item id -> index of the record that counts."""
        return dict(reversed(self.rows))


def meet(records: Sequence[Record], images: Images) -> MetRecords:
    """By id where records are the items, else by name (`Images.meet`); a record of a copy counts where the kept image
    has none."""
    own = [(item, row) for row, record in enumerate(records) if (item := record.id) in images.names]
    if len({item for item, _ in own}) == len(images.names):
        return MetRecords(own)
    called = [record.image for record in records]
    met = images.meet(called)
    return MetRecords([*own, *(row for row in images.rows(called, met) if row[0] in images.names)], met.ways)
