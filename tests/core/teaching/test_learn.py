"""Learning from a person's examples, on made-up evidence."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.propagation.sampling import Places, place
from core.teaching.kernels import kernels, of_run
from core.teaching.learn import learn
from tests.core.teaching.made_up import believed, collection


def shown(member: np.ndarray, each: int) -> dict[int, int]:
    """So many examples of each group, the first ones."""
    rows = np.concatenate([np.flatnonzero(member == j)[:each] for j in np.unique(member)])
    return {int(row): int(member[row]) for row in rows}


def test_a_few_pictures_of_each_group_sort_the_rest() -> None:
    places, member = collection()
    found = learn(kernels(places, 3), len(member), 3, shown(member, 4))
    assert (found.best == member).mean() > 0.9
    assert found.trust == 1
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)


def test_it_finds_out_which_evidence_tells() -> None:
    places, member = collection()
    weights = learn(kernels(places, 3), len(member), 3, shown(member, 8)).weights.kernels
    telling = weights["colours"] + weights["colours, groups"]
    assert telling > 2 * (weights["subject"] + weights["subject, groups"])


def test_confidences_come_near_to_what_is_right() -> None:
    places, member = collection((150, 120, 100), noise=1.6)
    found = learn(kernels(places, 3), len(member), 3, shown(member, 15))
    rest = np.setdiff1d(np.arange(len(member)), list(shown(member, 15)))
    right = (found.best == member)[rest].mean()
    assert right < 0.97, "the set has to be hard enough to say anything"
    assert found.probabilities.max(axis=1)[rest].mean() == pytest.approx(right, abs=0.1)


def test_without_an_answer_the_run_stands() -> None:
    places, member = collection()
    said = believed(member, 0.7)
    found = learn(kernels(places, 3) | of_run(said), len(member), 3, {}, said)
    np.testing.assert_array_equal(found.probabilities, said)
    assert found.trust == 0


@pytest.mark.parametrize("right", [0.5, 0.8, 0.98])
def test_answers_never_make_a_run_worse(right: float) -> None:
    places, member = collection((80, 60, 40), noise=2.5)
    said = believed(member, right)
    before = (said.argmax(axis=1) == member).mean()
    order = np.random.default_rng(1).permutation(len(member))
    for number in (1, 3, 10, 30, 60):
        examples = {int(row): int(member[row]) for row in order[:number]}
        assert (
            learn(kernels(places, 3) | of_run(said), len(member), 3, examples, said).best == member
        ).mean() >= before


def test_a_run_that_is_wrong_is_given_up() -> None:
    places, member = collection()
    said = believed(member, 0.9)[:, [1, 2, 0]]  # each group under the name of another
    found = learn(kernels(places, 3) | of_run(said), len(member), 3, shown(member, 5), said)
    assert (found.best == member).mean() > 0.9
    assert found.trust > 0.9


def test_a_group_that_the_person_added_is_learnt() -> None:
    places, member = collection()
    said = believed(np.minimum(member, 1), 0.9)
    said = np.hstack([said, np.zeros((len(said), 1))])  # the third group is new
    found = learn(kernels(places, 3) | of_run(said), len(member), 3, shown(member, 8), said)
    assert (found.best == 2)[member == 2].mean() > 0.8


@settings(max_examples=8, deadline=None)
@given(st.dictionaries(st.integers(0, 44), st.integers(0, 2), max_size=12), st.booleans())
def test_what_a_person_decided_is_never_touched(examples: dict[int, int], from_run: bool) -> None:
    places, member = collection((20, 15, 10))
    said = believed(member, 0.8) if from_run or not examples else None
    known = kernels(places, 3) | ({} if said is None else of_run(said))
    found = learn(known, len(member), 3, examples, said)
    assert np.isfinite(found.probabilities).all()
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)
    for row, group in examples.items():
        assert found.best[row] == group
        assert found.probabilities[row, group] == 1


def test_groups_without_an_example_get_nothing_where_nothing_was_believed() -> None:
    places, member = collection()
    found = learn(kernels(places, 5), len(member), 5, shown(member, 3))
    assert found.groups_seen == (True, True, True, False, False)
    assert not found.probabilities[:, 3:].any()


def test_images_without_evidence_keep_what_the_run_said() -> None:
    places, member = collection()
    blind = np.zeros(len(member), dtype=bool)
    blind[-5:] = True
    places = {
        name: Places(np.where(blind[:, None], np.nan, own.values), own.beyond, own.measured & ~blind)
        for name, own in places.items()
    }
    said = believed(member, 0.8)
    examples = {row: group for row, group in shown(member, 6).items() if not blind[row]}
    found = learn(kernels(places, 3) | of_run(said), len(member), 3, examples, said)
    assert np.isfinite(found.probabilities).all()
    np.testing.assert_array_equal(found.best[blind], said.argmax(axis=1)[blind])


def test_pictures_that_are_all_alike_are_no_error() -> None:
    same = place(np.ones((12, 5), dtype=np.float32))
    found = learn(kernels({"subject": same}, 2), 12, 2, {0: 0, 1: 1})
    assert np.isfinite(found.probabilities).all()


def test_no_evidence_at_all_is_no_error() -> None:
    found = learn({}, 4, 2, {0: 0, 3: 1})
    assert found.best[[0, 3]].tolist() == [0, 1]
    np.testing.assert_allclose(found.probabilities[1], [0.5, 0.5])


def test_thousands_of_examples_are_thinned_and_all_are_kept() -> None:
    places, member = collection((1500, 1200, 40))
    examples = {row: int(member[row]) for row in range(2700)}
    found = learn(kernels(places, 3), len(member), 3, examples)
    assert (found.best[:2700] == member[:2700]).all()
    assert (found.best == member).mean() > 0.98


def test_the_same_answers_in_another_order_teach_the_same() -> None:
    places, member = collection()
    examples = shown(member, 4)
    known = kernels(places, 3)
    backwards = dict(reversed(examples.items()))
    one, other = (learn(known, len(member), 3, given) for given in (examples, backwards))
    np.testing.assert_array_equal(one.probabilities, other.probabilities)


@pytest.mark.parametrize("examples", [{}, {99: 0}, {0: 3}, {-1: 0}])
def test_examples_that_cannot_be_are_refused(examples: dict[int, int]) -> None:
    with pytest.raises(ValueError, match=r"examples|nothing to learn"):
        learn({}, 5, 3, examples)
