"""Things found in images by their names, with checkpoints of the true architectures; several of an image are several
items that know their image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tiny_detectors
from house import House
from PIL import Image
from tiny_checkpoints import llama

from core.domain import RunSettings
from core.errors import ModelUnavailable
from core.ingest import source
from core.ingest.crop import crop
from core.ingest.focus import MOST, Box
from core.models.focus import detector
from core.models.focus.detector import Detector, apart
from core.pipeline import add_images, runs


@pytest.mark.parametrize("make", [tiny_detectors.owl, tiny_detectors.grounding_dino])
def test_a_checkpoint_finds_places_inside_the_image(make: Callable[[Path], Path], tmp_path: Path) -> None:
    found = Detector(str(make(tmp_path / "model")))
    pixels = np.random.default_rng(0).integers(0, 255, (60, 90, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.jpg")
    boxes = found.find(tmp_path / "a.jpg", "red logo")
    assert 0 < len(boxes) <= MOST
    assert all(0 <= left < right <= 1 and 0 <= top < bottom <= 1 for left, top, right, bottom in boxes)
    assert boxes == found.find(tmp_path / "a.jpg", "red logo")


def test_what_is_no_detector_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="does not find things in images"):
        Detector(str(llama(tmp_path / "chat")))
    with pytest.raises(ModelUnavailable, match="There is no folder"):
        Detector(str(tmp_path / "nowhere"))


def test_the_same_thing_is_found_once() -> None:
    boxes = np.array([[0, 0, 0.5, 0.5], [0.02, 0, 0.5, 0.5], [0.6, 0.6, 0.9, 0.9], [0.3, 0.3, 0.3, 0.9]])
    assert apart(boxes, np.array([0.4, 0.9, 0.3, 0.99])) == [(0.02, 0.0, 0.5, 0.5), (0.6, 0.6, 0.9, 0.9)]
    assert apart(np.zeros((0, 4)), np.zeros(0)) == []


def test_several_parts_of_an_image_are_several_items(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    places: dict[str, list[Box]] = {
        "red": [(0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 1.0, 1.0)], "green": [(0.25, 0.0, 0.75, 1.0)]
    }  # fmt: skip

    class Fake:
        def __init__(self, spec: str) -> None:
            assert spec == "some/model"

        def find(self, path: Path, thing: str) -> list[Box]:
            with Image.open(path) as view:
                red, green, blue = view.resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
            colour = "red" if red > max(green, blue) + 40 else "green" if green > max(red, blue) + 40 else ""
            return places.get(colour, [])

    monkeypatch.setattr(detector, "Detector", Fake)
    (house.images / "red" / "copy.png").write_bytes((house.images / "red" / "0.png").read_bytes())
    origin = source.find(str(house.images), "", house.workspace.config, focus="find:logo@some/model")
    run_id = runs.start(house.workspace, origin, RunSettings("", "colour", 2))
    house.run(run_id)
    dataset = house.store.datasets.get(origin.dataset_id)
    assert dataset is not None
    assert dict(dataset.counts) == {"ready": 12, "duplicate": 2, "skipped": 8}
    assert dataset.given == 22 == sum(dataset.counts.values())
    assert house.sizes(run_id) == {"red": 8, "green": 4}
    items = house.store.datasets.items(dataset.id)
    assert len({item.position for item in items}) == 12
    of = Counter(known.image for item in items if (known := crop(house.workspace.copies, item.item_id)))
    assert sorted(of.values()) == [1] * 4 + [2] * 4
    assert {item.name for item in items} >= {"red/1.png", "red/1.png, part 2"}
    house.run(run_id)  # complete: nothing is looked at again
    assert house.store.datasets.get(dataset.id) == dataset
    later = tmp_path / "later"
    later.mkdir()
    Image.new("RGB", (32, 24), (214, 41, 38)).save(later / "new.png")
    added = add_images.add(house.workspace, run_id, source.find(str(later), "", house.workspace.config))
    assert len(added.new) == 2
    grown = house.store.datasets.get(dataset.id)
    assert grown is not None
    assert grown.given == 24 == sum(grown.counts.values())
