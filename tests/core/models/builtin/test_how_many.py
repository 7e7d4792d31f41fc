"""How many groups items form, held against points without groups."""

from __future__ import annotations

import numpy as np
import pytest

from core.models.builtin.how_many import LEAST, how_many, likeness


def blobs(groups: int, each: int, apart: float = 12.0) -> np.ndarray:
    random = np.random.default_rng(groups)
    return np.vstack([centre + random.normal(size=(each, 10)) for centre in np.eye(groups, 10) * apart])


@pytest.mark.parametrize("groups", [2, 3, 5])
def test_groups_that_are_apart_are_counted(groups: int) -> None:
    found = how_many([blobs(groups, 30 // groups)])
    assert found is not None
    assert found.k == groups
    assert found.stability > 0.9
    assert likeness(found.member, np.repeat(range(groups), 30 // groups)) == 1.0


def test_points_without_groups_have_no_number_that_is_sure() -> None:
    clear, nothing = how_many([blobs(4, 9)]), how_many([np.random.default_rng(5).normal(size=(36, 10))])
    assert clear is not None
    assert nothing is not None
    assert nothing.stability < 0.7 < clear.stability
    assert nothing.excess < clear.excess / 5


def test_of_a_few_items_nothing_can_be_told() -> None:
    assert how_many([blobs(2, (LEAST - 2) // 2)]) is None
    assert how_many([np.zeros((40, 3))]) is None  # copies of one


def test_the_same_items_give_the_same_number() -> None:
    points = blobs(3, 12, apart=4.0)
    first, second = how_many([points]), how_many([points])
    assert first is not None
    assert second is not None
    assert (first.k, first.excess) == (second.k, second.excess)
    assert (first.member == second.member).all()


def test_likeness_is_corrected_for_chance() -> None:
    random = np.random.default_rng(0)
    one, other = random.integers(0, 4, 400), random.integers(0, 4, 400)
    assert likeness(one, one) == 1.0
    assert likeness(one, 3 - one) == 1.0  # the numbers of groups mean nothing
    assert abs(likeness(one, other)) < 0.05
