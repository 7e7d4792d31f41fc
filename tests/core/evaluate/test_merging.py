"""Many small groups become as many as there are, by few questions, also where some answers are wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from core.evaluate.merging import Group, Pair, large_enough, merged


def planted(kinds: int, each: int, noise: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(unit vectors, kind of each) of small groups around centres."""
    drawn = np.random.default_rng(seed)
    centres = drawn.normal(size=(kinds, 24))
    places = np.repeat(centres, each, axis=0) + noise * drawn.normal(size=(kinds * each, 24))
    return (places / np.linalg.norm(places, axis=1, keepdims=True)).astype(np.float32), np.repeat(range(kinds), each)


class Oracle:
    """Says whether two groups are of one kind; wrong about the share `wrong` of its answers."""

    def __init__(self, kinds: Sequence[int] | np.ndarray, wrong: float = 0.0) -> None:
        self.kinds, self.wrong, self.drawn = kinds, wrong, np.random.default_rng(1)
        self.calls: list[list[Pair]] = []

    def __call__(self, pairs: Sequence[Pair]) -> list[bool]:
        self.calls.append(list(pairs))
        return [bool(self._same(*pair) ^ (self.drawn.random() < self.wrong)) for pair in pairs]

    def _same(self, one: Group, other: Group) -> bool:
        return bool(self.kinds[one[0]] == self.kinds[other[0]])

    @property
    def questions(self) -> int:
        return sum(map(len, self.calls))


@pytest.mark.parametrize(("kinds", "each", "noise"), [(5, 8, 0.3), (12, 4, 0.6), (3, 30, 0.9), (20, 1, 0.1)])
def test_the_kinds_are_found_by_order_m_log_m_questions_in_few_calls(kinds: int, each: int, noise: float) -> None:
    places, kind = planted(kinds, each, noise)
    oracle = Oracle(kind)
    groups = merged(places, [1] * len(kind), oracle)
    assert {frozenset(kind[list(group)].tolist()) for group in groups} == {frozenset([one]) for one in range(kinds)}
    assert sorted(place for group in groups for place in group) == list(range(len(kind)))
    trees = math.ceil(math.log2(len(kind)))
    assert len(oracle.calls) <= 2 * trees
    assert oracle.questions <= 2 * len(kind) * trees
    if noise < 0.5:
        assert len(groups) == kinds


def test_a_wrong_yes_joins_nothing_unless_it_is_said_both_ways() -> None:
    places, kind = planted(4, 6, 0.2)
    right = Oracle(kind)

    def hasty(pairs: Sequence[Pair]) -> list[bool]:
        """Takes every first group for one with a second one that has a higher number."""
        return [one[0] < other[0] or right([(one, other)])[0] for one, other in pairs]

    assert len(merged(places, [1] * len(kind), hasty)) == 4


def test_few_wrong_answers_change_the_number_little() -> None:
    places, kind = planted(8, 20, 0.5)
    found = [len(large_enough(merged(places, [5] * len(kind), Oracle(kind, 0.03)), [5] * len(kind))) for _ in range(3)]
    assert all(7 <= number <= 10 for number in found)


def test_what_is_known_to_be_apart_stays_apart_whatever_is_said() -> None:
    places, _ = planted(1, 12, 0.3)
    groups = merged(places, [1] * 12, lambda pairs: [True] * len(pairs), apart=[2, 7])
    assert len(groups) == 2
    assert not any({2, 7} <= set(group) for group in groups)


def test_nothing_is_asked_where_twenty_nearer_ones_were_told_apart() -> None:
    places, kind = planted(40, 1, 0.1)
    oracle = Oracle(kind)
    assert len(merged(places, [1] * 40, oracle)) == 40
    assert len(oracle.calls[0]) == 39
    later = [pair for call in oracle.calls[1:] for pair in call]
    told = sorted(float(places[one[0]] @ places[other[0]]) for one, other in oracle.calls[0])
    assert all(float(places[one[0]] @ places[other[0]]) > told[-20] for one, other in later)


def test_the_same_input_gives_the_same_questions_and_groups() -> None:
    places, kind = planted(6, 10, 0.6)
    first, second = Oracle(kind), Oracle(kind)
    assert merged(places, [1] * 60, first) == merged(places, [1] * 60, second)
    assert first.calls == second.calls


@pytest.mark.parametrize("number", [0, 1])
def test_one_small_group_is_asked_nothing(number: int) -> None:
    oracle = Oracle([0])
    assert len(merged(np.ones((number, 3), dtype=np.float32), [1] * number, oracle)) == number if number else True
    assert not oracle.calls


def test_groups_far_below_the_typical_size_are_left_out_but_those_that_must_stay() -> None:
    groups: list[Group] = [(0,), (1,), (2,), (3,)]
    assert large_enough(groups, [100, 90, 2, 0]) == [(0,), (1,)]
    assert large_enough(groups, [100, 90, 2, 0], always=[3]) == [(0,), (1,), (3,)]
    assert large_enough([(0,), (1,), (2,)], [1, 1, 1]) == [(0,), (1,), (2,)]
    assert large_enough([], []) == []
