"""Text lines that are read in pictures, each picture once."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image
from written import paint

from core.domain import Failed, Line
from core.models.reading import kept, reader
from core.models.reading.kept import KeptReadings
from core.store import Store


def test_lines_are_read_from_top_to_bottom_with_their_places(tmp_path: Path) -> None:
    found = reader.read(paint(tmp_path / "a.jpg", ["Nordwind GmbH", "Rechnung Nr. 117", "Gesamt 12,40"]))
    assert not isinstance(found, Failed)
    assert [line.text for line in found] == ["Nordwind GmbH", "Rechnung Nr. 117", "Gesamt 12,40"]
    tops = [min(y for _, y in line.corners) for line in found]
    assert tops == sorted(tops)
    assert all(0.0 <= share <= 1.0 for line in found for corner in line.corners for share in corner)
    assert min(x for x, _ in found[0].corners) == pytest.approx(40 / 640, abs=0.02)
    assert all(0.6 <= line.score <= 1.0 for line in found)


def test_nothing_is_read_where_nothing_is_written(tmp_path: Path) -> None:
    assert reader.read(paint(tmp_path / "a.jpg", [])) == ()
    Image.linear_gradient("L").save(tmp_path / "b.png")
    assert reader.read(tmp_path / "b.png") == ()


@pytest.mark.parametrize(("size", "sides"), [((500, 1), (500, 63)), ((1, 500), (63, 500)), ((640, 480), (640, 480))])
def test_a_thin_image_takes_no_more_than_a_long_one(
    size: tuple[int, int], sides: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, ...]] = []
    monkeypatch.setattr(
        reader, "_reader", lambda: lambda pixels: seen.append(pixels.shape) or SimpleNamespace(txts=None)
    )
    Image.new("RGB", size, "white").save(tmp_path / "a.png")
    assert reader.read(tmp_path / "a.png") == ()
    assert seen == [(*reversed(sides), 3)]


def test_places_in_a_wide_image_are_shares_of_itself(tmp_path: Path) -> None:
    found = reader.read(paint(tmp_path / "a.jpg", ["Nordwind and Daughters, makers of fine kites"], (2000, 110)))
    assert not isinstance(found, Failed)
    assert max(y for line in found for _, y in line.corners) > 0.6


def test_an_image_that_cannot_be_read_is_failed(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no image")
    for path, why in ((tmp_path / "a.jpg", "damaged"), (tmp_path / "none.jpg", "missing")):
        found = reader.read(path)
        assert isinstance(found, Failed)
        assert why in found.reason


def test_each_image_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    lines = (Line("SALE", ((0.1, 0.1), (0.5, 0.1), (0.5, 0.2), (0.1, 0.2)), 0.9),)

    def read(path: Path) -> tuple[Line, ...] | Failed:
        asked.append(path.name)
        return Failed("no") if path.name == "bad.jpg" else lines if path.name == "a.jpg" else ()

    monkeypatch.setattr(kept, "read", read)
    store = Store(tmp_path)
    images = {"1": Path("a.jpg"), "2": Path("plain.jpg"), "3": Path("bad.jpg"), "4": None}
    for _ in range(2):
        found = KeptReadings(store.readings)(images)
        assert found["1"] == lines
        assert found["2"] == ()
        assert isinstance(found["3"], Failed)
        assert isinstance(found["4"], Failed)
    store.close()
    assert asked == ["a.jpg", "plain.jpg", "bad.jpg", "bad.jpg"]  # what failed is tried again
