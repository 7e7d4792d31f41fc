"""Which images are asked about, in which order, and which of them are a random sample."""

from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.teaching.accuracy import in_drawing_order
from core.teaching.asking import ask
from core.teaching.gaussian_process import at_first
from core.teaching.kernels import kernels
from core.teaching.queue import BATCH, DRAWN, Knowledge, drawn_so_far, next_rows
from tests.core.teaching.made_up import collection


@cache
def known() -> tuple[Knowledge, np.ndarray]:
    places, member = collection()
    of = kernels(places, 3)
    return Knowledge(of, at_first(of, 3, None), np.ones(len(member))), member


def test_the_first_ten_hold_each_group() -> None:
    knowledge, member = known()
    rows = ask(knowledge.kernels, knowledge.weights, len(member), [], knowledge.doubt, 10)
    assert len(set(rows.tolist())) == 10
    assert set(member[rows]) == {0, 1, 2}


def test_what_is_sure_is_not_asked_about() -> None:
    doubt = np.zeros(130)
    doubt[:20] = 0.5
    places, member = collection()
    alone = kernels({"colours": places["colours"]}, 3)
    rows = ask(alone, at_first(alone, 3, None), len(member), [], doubt, 5)
    likeness = sum(kernel.between(rows, np.arange(20)).max(axis=1) for kernel in alone.values())
    assert (likeness > 1).all(), "each is one of the doubtful or much like one"


def test_copies_are_asked_about_less_often_than_they_are_many() -> None:
    places, member = collection()
    values = places["colours"].values.copy()
    values[:50] = values[0]
    copies = {"colours": type(places["colours"])(values, places["colours"].beyond, places["colours"].measured)}
    of = kernels(copies, 3)
    rows = ask(of, at_first(of, 3, None), len(member), [], np.ones(len(member)), 10)
    assert (rows < 50).sum() < 10 * 50 / 130


@settings(max_examples=15, deadline=None)
@given(st.sets(st.integers(0, 129), max_size=60), st.sets(st.integers(0, 129), max_size=30), st.integers(1, 20))
def test_nothing_is_asked_twice(answered: set[int], skipped: set[int], count: int) -> None:
    knowledge, member = known()
    order = list(range(len(member)))
    rows = next_rows(knowledge, order, answered, skipped, count)
    assert len(rows) == len(set(rows)) == min(count, len(member) - len(answered | skipped))
    assert not set(rows) & (answered | skipped)


def test_three_of_ten_are_drawn_at_random() -> None:
    knowledge, member = known()
    order = [int(row) for row in in_drawing_order([str(row) for row in range(len(member))], "a")]
    rows = next_rows(knowledge, order, [])
    assert len(rows) == BATCH
    assert set(order[:DRAWN]) <= set(rows)
    assert drawn_so_far(order, rows)[:DRAWN] == order[:DRAWN]


def test_all_images_can_be_asked_about() -> None:
    knowledge, member = known()
    order = list(range(len(member)))
    answered: list[int] = []
    while rows := next_rows(knowledge, order, answered, count=40):
        answered += rows
    assert sorted(answered) == order


@given(st.permutations(range(30)), st.sets(st.integers(0, 29)), st.sets(st.integers(0, 29)))
def test_the_sample_is_the_beginning_of_the_order(order: list[int], answered: set[int], skipped: set[int]) -> None:
    sample = drawn_so_far(order, answered, skipped)
    left = [row for row in order if row not in skipped or row in answered]
    assert sample == left[: len(sample)]
    assert set(sample) <= answered
    assert len(sample) == len(left) or left[len(sample)] not in answered


def test_images_settled_before_are_not_drawn() -> None:
    knowledge, _ = known()
    settled = list(range(100))
    order = list(range(100, 130))
    rows = next_rows(knowledge, order, settled)
    assert set(rows) <= set(order)
    assert drawn_so_far(order, settled) == []
