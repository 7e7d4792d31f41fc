"""Planted images among coherent ones: blank, blurred, washed-out and apart ones are found, with few others."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFilter

from core.explore.outliers import alone, faults, off_topic
from core.models.builtin.from_pixels.appearance import STATISTICS, measure


def scene(number: int) -> Image.Image:
    """A picture with sharp edges, texture, and light and dark parts, on a ground of its own."""
    random = np.random.default_rng(number)
    pixels = np.full((300, 400, 3), random.integers(60, 150, 3), dtype=np.float64)
    for _ in range(25):
        top, left = random.integers(0, 260), random.integers(0, 340)
        pixels[top : top + random.integers(10, 60), left : left + random.integers(10, 90)] = random.integers(0, 230, 3)
    return Image.fromarray(np.clip(pixels + random.normal(0, 5, pixels.shape), 0, 255).astype(np.uint8))


def planted(number: int, what: str) -> Image.Image:
    image = scene(number)
    pixels = np.asarray(image).astype(np.float64)
    if what == "blurred":
        return image.filter(ImageFilter.GaussianBlur(10))
    changed = {"glare": pixels + 160, "blank": pixels * 0.02 + 100, "dark": pixels * 0.03, "plain": pixels}[what]
    return Image.fromarray(np.clip(changed, 0, 255).astype(np.uint8))


def statistics(images: list[Image.Image]) -> dict[str, np.ndarray]:
    rows = np.stack([measure(np.asarray(image)) for image in images])
    return {name: rows[:, place] for place, name in enumerate(STATISTICS)}


WRONG = ["blurred", "glare", "blank", "dark", "blurred", "glare", "blank"]
EXPECTED = {"dark": "blank"}


def test_faults_that_anybody_sees_are_found() -> None:
    images = [scene(number) for number in range(40)]
    images += [planted(100 + number, what) for number, what in enumerate(WRONG)]
    found = {(odd.row, odd.why) for odd in faults(statistics(images))}
    assert found == {(40 + place, EXPECTED.get(what, what)) for place, what in enumerate(WRONG)}


def test_what_many_images_share_is_no_fault() -> None:
    images = [planted(number, "blurred" if number % 2 else "plain") for number in range(20)]
    assert faults(statistics(images)) == []


def test_what_was_not_measured_has_no_fault() -> None:
    unknown = {name: np.full(30, np.nan, dtype=np.float32) for name in STATISTICS}
    assert faults(unknown) == []


@pytest.mark.parametrize("seed", range(3))
def test_images_apart_from_all_others_are_found(seed: int) -> None:
    random = np.random.default_rng(seed)
    groups = random.normal(size=(3, 40))[random.integers(0, 3, 300)] * 3 + random.normal(size=(300, 40))
    apart = random.normal(size=(8, 40)) * 4
    found = {odd.row for odd in alone(np.concatenate([groups, apart]).astype(np.float32))}
    assert len(found & set(range(300, 308))) >= 7
    assert len(found - set(range(300, 308))) <= 6


def test_a_group_of_its_own_is_not_apart() -> None:
    random = np.random.default_rng(0)
    large, small = random.normal(size=(200, 10)), random.normal(size=(80, 10)) + 30
    found = {odd.row for odd in alone(np.concatenate([large, small]).astype(np.float32))}
    assert len([row for row in found if row >= 200]) <= 8


def test_few_images_have_no_usual_distance() -> None:
    assert alone(np.eye(12, dtype=np.float32)) == []


def test_nothing_of_the_topic_is_seen() -> None:
    shares = np.array([[0.5, 0.5, 0], [0.005, 0, 0.995], [np.nan] * 3, [0, 0, 1]], dtype=np.float32)
    found = off_topic(shares, np.array([1, 1, 0], dtype=np.float32))
    assert [(odd.row, odd.why) for odd in found] == [(1, "topic"), (3, "topic")]
