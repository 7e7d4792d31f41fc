"""What was read in an image, and which of its lines put it into its group."""

from __future__ import annotations

from pathlib import Path

import pytest
from written import line

from core.domain import Cluster
from core.models.reading.reader import READER_ID
from core.results.run_view import Row
from core.results.written import written
from core.store import Store


@pytest.mark.parametrize(
    ("group", "lines", "telling"),
    [
        ("Nordwind GmbH", ["NORDWIND", "Total 12,40"], [True, False]),
        ("12.03.2024", ["Date: 12.03.2024", "Paid on 12.03.20245"], [True, False]),
        ("AB-123", ["AB-123 XY", "AB-1234"], [True, False]),
        ("English", ["English breakfast"], [False]),
        ("!!!", ["!!!", "???"], [True, False]),
        ("no text", [], []),
    ],
)
def test_the_lines_that_tell_are_those_with_the_groups_name(
    group: str, lines: list[str], telling: list[bool], tmp_path: Path
) -> None:
    store = Store(tmp_path)
    store.readings.keep(READER_ID, {"a": tuple(line(text) for text in lines)})
    row = Row("a", "a.jpg", "assigned", Cluster("c1", group), "model", 0.9, "", "", "")
    found = written(store, row)
    store.close()
    assert found
    assert list(found.telling) == telling
