"""Suggestions from what the built-in engine measured: what differs is suggested, what does not is not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.domain import Evidence, Vector
from core.models.builtin.from_pixels import colours
from core.models.builtin.from_pixels.appearance import STATISTICS as STATISTIC_NAMES
from core.models.builtin.from_pixels.evidence import COLOURS, STATISTICS, SUBJECT, TOP, pack_top
from core.models.builtin.from_pixels.imagenet import CLASSES, lexicon
from core.suggestions import from_evidence
from core.suggestions.suggestion import Suggestion

HUES = ("red", "blue", "green")


def seen(subject: str, colour: str, seed: int) -> Evidence:
    """Evidence of a made-up photograph of a subject in a colour."""
    random = np.random.default_rng(seed)
    k = lexicon().names.index(subject)
    direction = np.random.default_rng(k).random(3840) ** 4
    probabilities = np.full(CLASSES, 0.1 / (CLASSES - 1), dtype=np.float32)
    probabilities[k] = 0.9
    shares = np.full(len(colours.TERMS), 0.2 / len(colours.TERMS)) + 0.02 * random.random(len(colours.TERMS))
    shares[colours.TERMS.index(colour)] += 0.8
    return {
        SUBJECT: (direction + 0.1 * random.random(3840)).astype(np.float32),
        TOP: pack_top(probabilities),
        COLOURS: shares.astype(np.float32),
        STATISTICS: (0.3 + 0.02 * random.random(len(STATISTIC_NAMES))).astype(np.float32),
    }


def stacked(items: Sequence[Evidence]) -> dict[str, Vector]:
    return {space: np.stack([item[space] for item in items]) for space in items[0]}


def suggested(items: Sequence[Evidence]) -> dict[str, Suggestion]:
    ids = [f"{place:03}" for place in range(len(items))]
    return {one.criterion: one for one in from_evidence.suggestions(ids, stacked(items))}


def test_what_differs_is_suggested_with_its_groups() -> None:
    kinds = ("beagle", "sofa", "goldfish", "teapot")
    pets = [seen(kinds[i % 4], HUES[i // 4 % 3], i) for i in range(36)]
    found = suggested(pets)
    assert {"kind of thing", "colour"} <= set(found)
    assert (found["kind of thing"].number.k, found["colour"].number.k) == (4, 3)
    assert found["colour"].number.reason == "evidence"
    assert {group.name for group in found["colour"].groups} == set(HUES)
    assert sum(group.size for group in found["colour"].groups) == 36
    for group in found["kind of thing"].groups:
        assert len(group.examples) == from_evidence.EXAMPLES
        assert {int(item) % 4 for item in group.examples} == {int(group.examples[0]) % 4}


def test_what_is_the_same_in_all_is_not() -> None:
    found = suggested([seen(("beagle", "tabby", "goldfish")[i % 3], "red", i) for i in range(24)])
    assert "kind of animal" in found  # all that is seen is animals
    assert "colour" not in found
    assert "art style" not in found


def test_two_criteria_that_lead_to_the_same_groups_are_one_suggestion() -> None:
    found = suggested([seen(("beagle", "teapot", "daisy")[i % 3], HUES[i % 3], i) for i in range(24)])
    assert len({"kind of thing", "colour"} & set(found)) == 1


def test_images_that_could_not_be_measured_are_left_out() -> None:
    items = [seen("beagle" if i % 2 else "teapot", HUES[i % 3], i) for i in range(20)]
    lost = {space: np.full_like(vector, np.nan) for space, vector in items[0].items()}
    found = from_evidence.suggestions([str(i) for i in range(21)], stacked([*items, lost]))
    assert all("20" not in group.examples for one in found for group in one.groups)
    assert from_evidence.suggestions([str(i) for i in range(21)], stacked([lost] * 21)) == []
    assert from_evidence.suggestions(["a"], {"another engine's": np.ones((1, 3), np.float32)}) == []
