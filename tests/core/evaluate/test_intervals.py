"""Bootstrap intervals: their scores equal scikit-learn's, and they hold the truth as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from core.evaluate.confusion import Confusion, confusion
from core.evaluate.intervals import adjusted_rand, intervals, normalized_mutual_information


def rows_of(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    i, j = np.nonzero(table)
    return np.repeat(i, table[i, j]), np.repeat(j, table[i, j])


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (4, 1), (2, 2), (3, 7), (12, 5)])
def test_scores_of_tables_equal_scikit_learns(shape: tuple[int, int]) -> None:
    draw = np.random.default_rng(shape[0] * 31 + shape[1])
    tables = draw.integers(0, 9, (40, *shape)) * (draw.random((40, *shape)) < 0.6)
    tables[:, 0, 0] += 2
    nmi, ari = normalized_mutual_information(tables), adjusted_rand(tables)
    for place, table in enumerate(tables):
        truth, groups = rows_of(table)
        assert nmi[place] == pytest.approx(sk.normalized_mutual_info_score(truth, groups), abs=1e-9)
        assert ari[place] == pytest.approx(sk.adjusted_rand_score(truth, groups), abs=1e-9)


def test_an_interval_holds_the_score_of_the_whole_as_often_as_it_says() -> None:
    draw = np.random.default_rng(1)
    truth = draw.integers(0, 4, 20_000)
    groups = np.where(draw.random(20_000) < 0.7, truth, draw.integers(0, 4, 20_000))
    whole = float((truth == groups).mean())
    held = 0
    for _ in range(100):
        rows = draw.choice(20_000, 150)
        found = intervals(confusion([f"t{i}" for i in truth[rows]], [f"c{i}" for i in groups[rows]]))
        assert found is not None
        held += found["acc"][0] <= whole <= found["acc"][1]
    assert held >= 88  # 95 of 100 on average; 88 or fewer happen once in 200 times


def test_unassigned_images_are_matched_to_no_class() -> None:
    found = intervals(Confusion(("a",), (None,), np.array([[30]])))
    assert found is not None
    assert found["acc"] == found["purity"] == (0.0, pytest.approx(0.114, abs=0.001))
    assert intervals(Confusion((), (), np.zeros((0, 0), dtype=np.int64))) is None


def test_an_interval_holds_its_own_score_also_where_groups_are_random() -> None:
    draw = np.random.default_rng(5)
    for seed in range(5):
        truth, groups = draw.integers(0, 6, 200), draw.integers(0, 9, 200)
        table = confusion([f"t{i}" for i in truth], [f"c{i}" for i in groups])
        found = intervals(table)
        assert found is not None
        low, high = found["ari"]
        assert low <= sk.adjusted_rand_score(truth, groups) <= high, seed
        low, high = found["nmi"]
        assert 0 <= low <= sk.normalized_mutual_info_score(truth, groups) <= high


def test_where_everything_is_right_the_interval_says_how_few_images_there_are() -> None:
    few, many = (intervals(confusion(list("ab") * number, list("xy") * number)) for number in (5, 500))
    assert few
    assert many
    assert few["acc"] == (pytest.approx(0.722, abs=0.001), 1.0)  # Wilson's interval of 10 of 10
    assert 0.99 < many["acc"][0] < 1.0
    assert set(few) == {"acc", "purity"}  # of the others nothing is known
