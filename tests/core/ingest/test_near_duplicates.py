"""Near duplicates: copies in another size, format or quality are found, different images are not; one can be kept."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from core.config import Config
from core.ingest import near_duplicates, source
from core.ingest.near_duplicates import near_groups
from core.ingest.pixels import colour_of, look_of
from core.ingest.sources.source_file import DEMO
from core.pipeline import intake
from core.workspace import Workspace


def by_hand(looks: list[int], colours: list[int], distance: int) -> list[list[int]]:
    """The same groups by comparing all with all."""

    def alike(one: int, other: int) -> bool:
        tints = (abs((colours[one] >> shift & 255) - (colours[other] >> shift & 255)) for shift in (0, 8, 16))
        return (looks[one] ^ looks[other]).bit_count() <= distance and max(tints) <= 24

    left, groups = list(range(len(looks))), []
    while left:
        group = [row for row in left if alike(left[0], row)]
        groups.append(group)
        left = [row for row in left if row not in group]
    return [group for group in groups if len(group) > 1]


@pytest.mark.parametrize("crowd", [256, 3])
@pytest.mark.parametrize("distance", [0, 1, 4, 7])
def test_groups_are_those_of_comparing_all_with_all(distance: int, crowd: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_duplicates, "_CROWD", crowd)
    rng = np.random.default_rng(distance)
    looks = rng.integers(0, 2**63, 30, np.uint64)[rng.integers(0, 30, 200)]
    for _ in range(5):
        looks ^= np.uint64(1) << rng.integers(0, 64, 200).astype(np.uint64)
    colours = rng.choice([0x101010, 0x202020, 0x883010], 200)
    expected = by_hand([int(colour) for colour in looks], [int(colour) for colour in colours], distance)
    assert near_groups(looks, colours, distance) == expected


def test_nothing_and_many_alike_are_no_trouble() -> None:
    assert near_groups([], [], 4) == []
    assert near_groups([5], [0], 4) == []
    (group,) = near_groups(np.full(20_000, 7, np.uint64), np.zeros(20_000, np.int64), 4)
    assert group == list(range(20_000))


def test_plain_images_of_many_colours_are_those_of_comparing_all_with_all() -> None:
    looks, colours = [7] * 400, np.random.default_rng(0).integers(0, 2**24, 400).tolist()
    assert near_groups(looks, colours, 4) == by_hand(looks, colours, 4)
    many = np.random.default_rng(0).integers(0, 2**24, 50_000)
    groups = near_groups(np.full(50_000, 7, np.uint64), many, 4)
    together = sorted(row for group in groups for row in group)
    assert together == sorted(set(together))
    assert len(together) > 49_900


def test_a_group_does_not_drift() -> None:
    """0, 3, 6 ... bits: neighbours are near, but only those near the first are its group."""
    steps = [(1 << 3 * number) - 1 for number in range(8)]
    assert near_groups(steps, [0] * 8, 4) == [[0, 1], [2, 3], [4, 5], [6, 7]]


def test_copies_of_demo_images_are_found_and_no_others(tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    originals = sorted((DEMO / "images").iterdir())[::9]
    for number, path in enumerate(originals):
        with Image.open(path) as opened:
            image = opened.convert("RGB")
        image.save(images / f"{number}-original.png")
        if number < 6:
            image.resize((image.width // 2, image.height // 2)).save(images / f"{number}-small.webp")
            ImageEnhance.Brightness(image).enhance(1.05).save(images / f"{number}-light.jpg", quality=60)
    workspace = Workspace(Config(tmp_path / "ws"))
    datasets = workspace.store.datasets
    origin = source.find(str(images), "", workspace.config)
    intake.look(workspace.store, workspace.copies, workspace.config, origin, threading.Event(), lambda _: None)
    names = {item.item_id: item.name for item in datasets.items(origin.dataset_id)}
    groups = intake.near_duplicate_groups(workspace.store, origin.dataset_id)
    assert sorted(sorted(names[item].split("-")[0] for item in group) for group in groups) == [
        [str(number)] * 3 for number in range(6)
    ]

    assert intake.keep_one(workspace.store, origin.dataset_id, groups) == 12
    row = datasets.get(origin.dataset_id)
    assert row is not None
    assert row.counts == {"ready": len(originals), "excluded": 12}
    assert source.is_complete(row)  # what was given still adds up
    left_out = datasets.items(origin.dataset_id, status="excluded")
    assert not any("small" in item.name for item in datasets.items(origin.dataset_id))  # the largest is kept
    assert all("nearly the same as" in item.reason for item in left_out)
    assert intake.near_duplicate_groups(workspace.store, origin.dataset_id) == []

    datasets.include(origin.dataset_id, [item.item_id for item in left_out])
    back = datasets.get(origin.dataset_id)
    assert back is not None
    assert back.counts == {"ready": len(originals) + 12}
    workspace.close()


def test_the_same_picture_in_another_colour_is_no_copy() -> None:
    grey = np.random.default_rng(0).integers(0, 120, (8, 8), np.uint8).repeat(16, 0).repeat(16, 1)
    red, blue = (Image.merge("RGB", [Image.fromarray(grey + 120 * (band == on)) for band in range(3)]) for on in (0, 2))
    looks, colours = [look_of(red), look_of(blue)], [colour_of(red), colour_of(blue)]
    assert (looks[0] ^ looks[1]).bit_count() <= 4
    assert near_groups(looks, colours, 4) == []


def test_even_images_have_a_look_without_noise() -> None:
    assert len({look_of(Image.new("RGB", (50, 40), (shade,) * 3)) for shade in (1, 77, 200, 255)}) == 1
