"""The estimate of how many images are right."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.teaching.accuracy import Accuracy, estimate, in_drawing_order


def test_as_in_a_table_of_binomial_limits_where_there_are_very_many_images() -> None:
    found = estimate(36, 40, 1_000_000)
    assert found is not None
    assert (found.share, round(found.low, 3), round(found.high, 3)) == (0.9, 0.763, 0.972)  # Clopper & Pearson


def test_once_all_are_checked_nothing_is_uncertain() -> None:
    assert estimate(17, 20, 20) == Accuracy(20, 17, 0.85, 0.85)


def test_nothing_drawn_says_nothing() -> None:
    assert estimate(0, 0, 50) is None


@pytest.mark.parametrize("numbers", [(3, 2, 10), (-1, 2, 10), (1, 11, 10)])
def test_numbers_that_cannot_be_are_refused(numbers: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        estimate(*numbers)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 300), st.data())
def test_the_limits_hold_what_was_seen(number: int, data: st.DataObject) -> None:
    drawn = data.draw(st.integers(1, number))
    right = data.draw(st.integers(0, drawn))
    found = estimate(right, drawn, number)
    assert found is not None
    assert 0 <= found.low <= found.share <= found.high <= 1
    mirrored = estimate(drawn - right, drawn, number)
    assert mirrored is not None
    assert mirrored.low == pytest.approx(1 - found.high)


@pytest.mark.parametrize("share", [0.3, 0.85, 0.98, 1.0])
def test_the_true_share_lies_within_in_95_of_100(share: float) -> None:
    number, drawn = 400, 24
    truth = np.arange(number) < round(share * number)
    random = np.random.default_rng(0)
    hits = 0
    for _ in range(200):
        found = estimate(int(truth[random.choice(number, drawn, replace=False)].sum()), drawn, number)
        assert found is not None
        hits += found.low <= truth.mean() <= found.high
    assert hits >= 0.95 * 200 - 2 * (200 * 0.95 * 0.05) ** 0.5


def test_the_drawing_order_depends_on_ids_and_seed_alone() -> None:
    items = [f"image {i}" for i in range(200)]
    order = in_drawing_order(items, "run")
    assert order == in_drawing_order(items[::-1], "run")
    assert sorted(order) == sorted(items)
    assert order != in_drawing_order(items, "another run")
    place = np.array([order.index(item) for item in items])
    assert abs(np.corrcoef(place, np.arange(200))[0, 1]) < 0.2
