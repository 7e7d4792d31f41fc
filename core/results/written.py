"""What was read in one image of a run whose criterion is about text, and which of it put the image where it is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.domain import Line
from core.models.builtin.from_reading.senders import key
from core.models.builtin.from_reading.spellings import alike
from core.models.reading.reader import READER_ID
from core.results.run_view import Row
from core.store import Store


@dataclass(frozen=True, slots=True)
class Written:
    """lines: from top to bottom. telling: which of them are the name of the image's group, or a spelling of it, or hold
    the number or date that is its name."""

    lines: tuple[Line, ...]
    telling: tuple[bool, ...]


def written(store: Store, row: Row) -> Written | None:
    """What was read in an image; None where it was not read."""
    lines = store.readings.find(READER_ID, [row.item_id]).get(row.item_id)
    if lines is None:
        return None
    names = (row.cluster.name, *row.cluster.labels) if row.cluster else ()
    spelled, figures = {key(text) for text in names} - {""}, [text for text in names if any(map(str.isdigit, text))]
    return Written(
        lines,
        tuple(
            any(alike(key(line.text), other) for other in spelled) or any(_holds(line.text, text) for text in figures)
            for line in lines
        ),
    )


def _holds(line: str, figure: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(figure)}(?!\w)", line, re.IGNORECASE))
