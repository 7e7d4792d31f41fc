"""How what a person brought (descriptions, results) met the images of a run, to be said after it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.domain import RunSettings
from core.errors import BadInput
from core.ingest.external_results import read_results
from core.ingest.name_matching import Way
from core.ingest.record_matching import meet
from core.ingest.records import read_records
from core.models.supplied import imported
from core.pipeline.labels import images_of
from core.store import Store


@dataclass(frozen=True, slots=True)
class RecordsFit:
    """Rows beside images.

    Attributes:
        note: what was assumed to read them, as a sentence, or "".
        ways: how names met images that are spelled otherwise.
        unmatched: names that no image of the run has.
    """

    note: str
    ways: Sequence[Way]
    unmatched: Sequence[str]


def fit_of_run(store: Store, settings: RunSettings) -> RecordsFit | None:
    """How they fit; None for a run of models alone, or where the file has gone or cannot be read any more."""
    if not settings.records:
        return None
    with suppress(BadInput):
        path = Path(settings.records)
        if settings.text == imported.KIND:
            results = read_results(path)
            records, note = results.records.records, results.note
        else:
            read = read_records(path)
            records, note = read.records, read.note
        met = meet(records, images_of(store, settings.dataset_id))
        used = {records[row].image for _, row in met.rows}
        names = dict.fromkeys(record.image for record in records if record.image not in used)
        return RecordsFit(note.replace(f"{path.name}: ", "The table: ", 1), met.ways, list(names))
    return None
