"""Sample and propagate on made-up features: what is chosen, what is concluded, and how sure it is."""

import numpy as np
import pytest

from core.propagation.propagate import Propagated, Propagation, next_rows, propagate
from core.propagation.sampling import Places, fit_axes, place, spread


def blobs(sizes: list[int], d: int = 16, noise: float = 0.6, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(n, d) features in normal blobs, shuffled, and the blob of each row."""
    random = np.random.default_rng(seed)
    member = random.permutation(np.repeat(np.arange(len(sizes)), sizes))
    centres = 3 * random.normal(size=(len(sizes), d))
    return (centres[member] + noise * random.normal(size=(len(member), d))).astype(np.float32), member


def names(member: np.ndarray) -> list[str | None]:
    return [f"c{j}" for j in member]


def drive(plan: Propagation, truth: list[str | None], answers: dict[int, str | None] | None = None) -> list[list[int]]:
    """Answer all that is asked; the rows of each round."""
    answers = {} if answers is None else answers
    rounds = []
    while len(rows := plan.ask(answers)):
        rounds.append(rows.tolist())
        answers.update({row: truth[row] for row in rows.tolist()})
    return rounds


# --- where images lie ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("d", [1, 2, 24, 300])
def test_places_keep_at_most_128_axes_and_one_scale(d: int) -> None:
    features = 1000 + 50 * np.random.default_rng(0).normal(size=(400, d)).astype(np.float32)
    places = place(features)
    assert places.values.shape == (400, min(d, 128))
    full = (places.values**2).sum(axis=1) + places.beyond**2
    assert 0.9 < full.mean() < 1.1
    assert places.measured.all()


def test_rows_without_features_have_no_place_and_are_never_chosen() -> None:
    features, member = blobs([40, 40])
    features[[3, 50]] = np.nan
    places = place(features)
    assert np.flatnonzero(~places.measured).tolist() == [3, 50]
    assert sorted(spread(places, 80).tolist()) == sorted(set(range(80)) - {3, 50})
    found = propagate(places, [3, 0, 1, 2, 4, 5, 6], names(member[[3, 0, 1, 2, 4, 5, 6]]))
    assert np.allclose(found.probabilities[found.rows == 50], 1 / len(found.classes))
    assert 50 not in next_rows(places, found, 100)


def test_no_features_at_all_are_refused() -> None:
    with pytest.raises(ValueError, match="no image has features"):
        place(np.full((3, 4), np.nan, dtype=np.float32))


def test_places_in_blocks_are_places_at_once() -> None:
    features, _ = blobs([300, 300], d=200)
    axes = fit_axes(features)
    whole, parts = axes.place([features]), axes.place([features[:100], features[100:101], features[101:]])
    assert np.allclose(whole.values, parts.values, atol=1e-5)
    assert np.allclose(whole.beyond, parts.beyond, atol=1e-3)


# --- what to look at first ----------------------------------------------------------------------------------------


def test_spread_takes_one_of_each_kind_and_the_commonest_first() -> None:
    features, member = blobs([200, 60, 20, 5])
    assert member[spread(place(features), 4)].tolist() == [0, 1, 2, 3]


def test_spread_covers_many_rows_in_cells() -> None:
    features, member = blobs([4000, 3000, 2000, 500], d=4)
    chosen = spread(place(features), 1500)
    assert len(set(chosen.tolist())) == 1500
    assert set(member[chosen]) == {0, 1, 2, 3}


@pytest.mark.parametrize("number", [-1, 0, 1, 7, 30, 31])
def test_spread_gives_as_many_as_asked_or_all(number: int) -> None:
    features, _ = blobs([15, 15])
    assert len(set(spread(place(features), number).tolist())) == min(max(number, 0), 30)


def test_copies_and_constant_features_are_still_rows() -> None:
    places = place(np.ones((50, 8), dtype=np.float32))
    assert len(set(spread(places, 20).tolist())) == 20
    found = propagate(places, [0, 1, 2, 3], ["a", "a", "a", "b"])
    assert np.allclose(found.probabilities.sum(axis=1), 1, atol=1e-5)
    many = place(np.zeros((9000, 3), dtype=np.float32))
    assert len(set(spread(many, 3000).tolist())) == 3000


def test_spread_among_some_rows_prefers_what_is_preferred() -> None:
    features, member = blobs([50, 50])
    among = np.arange(20, 80)
    preferred = np.where(among == 33, 1, 0).astype(np.float32)
    chosen = spread(place(features), 2, among, preferred)
    assert set(chosen.tolist()) <= set(range(20, 80))
    assert 33 in chosen
    assert set(member[chosen]) == {0, 1}


# --- what follows for the rest ------------------------------------------------------------------------------------


def test_blobs_are_recognised_from_a_few_and_probabilities_sum_to_one() -> None:
    features, member = blobs([150, 100, 50])
    places = place(features)
    seen = spread(places, 15)
    found = propagate(places, seen, names(member[seen]))
    assert found.classes == ("c0", "c1", "c2", None)
    assert found.rows.tolist() == sorted(set(range(300)) - set(seen.tolist()))
    assert np.allclose(found.probabilities.sum(axis=1), 1, atol=1e-5)
    assert found.clusters() == names(member[found.rows])
    assert found.confidence.mean() > 0.9


def test_confidence_means_what_it_says_where_blobs_overlap() -> None:
    features, member = blobs([400, 400, 400], d=3, noise=3.5)
    places = place(features)
    seen = spread(places, 120)
    found = propagate(places, seen, names(member[seen]))
    right = np.array(found.clusters(), dtype=object) == np.array(names(member[found.rows]), dtype=object)
    assert right.mean() < 0.95
    bucket = np.minimum((found.confidence * 10).astype(int), 9)
    error = sum(
        abs(found.confidence[bucket == j].mean() - right[bucket == j].mean()) * (bucket == j).mean()
        for j in set(bucket.tolist())
    )
    assert error < 0.08


def test_what_resembles_nothing_seen_is_not_sure() -> None:
    features, member = blobs([100, 100, 100, 30], d=64)
    places = place(features)
    seen = np.flatnonzero(member < 3)[::10]
    found = propagate(places, seen, names(member[seen]))
    new = member[found.rows] == 3
    assert found.confidence[new].max() < 0.6
    assert found.confidence[~new].mean() > 0.9
    assert set(member[next_rows(places, found, 5)]) == {3}
    assert all(cluster is None for cluster, odd in zip(found.clusters(0.6), new, strict=True) if odd)


def test_unassigned_is_learned_like_a_cluster() -> None:
    features, member = blobs([60, 60])
    places = place(features)
    seen = spread(places, 12)
    found = propagate(places, seen, [None if j else "c0" for j in member[seen]])
    assert found.classes == ("c0", None)
    assert found.clusters() == [None if j else "c0" for j in member[found.rows]]


def test_one_cluster_or_only_unassigned() -> None:
    places = place(blobs([80])[0])
    found = propagate(places, range(10), ["a"] * 10)
    assert found.classes == ("a", None)
    assert np.median(found.confidence) > 0.9
    nothing = propagate(places, range(10), [None] * 10)
    assert nothing.classes == (None,)
    assert np.allclose(nothing.probabilities, 1)
    assert len(next_rows(places, nothing, 4)) == 4


def test_clusters_seen_once_make_it_less_sure() -> None:
    features, member = blobs([50] * 6)
    places = place(features)
    once = np.array([np.flatnonzero(member == j)[0] for j in range(6)])
    found = propagate(places, once, names(member[once]))
    assert found.confidence.max() < 0.5
    assert np.mean([a == b for a, b in zip(found.clusters(), names(member[found.rows]), strict=True)]) > 0.9
    mixed = np.concatenate([once, np.flatnonzero(member == 0)[1:8]])
    assert np.allclose(propagate(places, mixed, names(member[mixed])).probabilities.sum(axis=1), 1, atol=1e-5)


def test_one_row_seen_is_not_sure_and_all_seen_leaves_nothing() -> None:
    places = place(blobs([10, 10])[0])
    assert propagate(places, [4], ["a"]).confidence.max() < 0.6
    everything = propagate(places, range(20), ["a"] * 20)
    assert len(everything.rows) == 0
    assert everything.clusters() == []
    assert len(next_rows(places, everything, 3)) == 0


@pytest.mark.parametrize(
    ("seen", "clusters"), [([], []), ([1, 2], ["a"]), ([1, 1], ["a", "b"]), ([-1], ["a"]), ([99], ["a"])]
)
def test_rows_that_can_not_have_been_seen_are_refused(seen: list[int], clusters: list[str | None]) -> None:
    with pytest.raises(ValueError, match="seen"):
        propagate(place(blobs([10, 10])[0]), seen, clusters)


def test_the_order_of_answers_does_not_matter() -> None:
    features, member = blobs([60, 60, 60], noise=3)
    places = place(features)
    seen = spread(places, 30)
    one = propagate(places, seen, names(member[seen]))
    other = propagate(places, seen[::-1], names(member[seen[::-1]]))
    assert np.array_equal(one.probabilities, other.probabilities)


def test_more_rows_than_the_graph_holds() -> None:
    features, member = blobs([3000, 3000, 500], d=8)
    places = place(features)
    seen = spread(places, 12)
    found = propagate(places, seen, names(member[seen]))
    assert np.mean([a == b for a, b in zip(found.clusters(), names(member[found.rows]), strict=True)]) > 0.99


# --- what to look at next -----------------------------------------------------------------------------------------


def test_next_rows_are_unsure_but_no_near_copies() -> None:
    random = np.random.default_rng(0)
    values = np.concatenate([random.normal(size=(40, 2)), np.full((50, 2), 5.0)]).astype(np.float32)
    places = Places(values, np.zeros(90, np.float32), np.ones(90, dtype=np.bool_))
    sure = np.array([[0.9, 0.1, 0.0]] * 20 + [[0.5, 0.4, 0.1]] * 20 + [[0.45, 0.45, 0.1]] * 50, dtype=np.float32)
    chosen = next_rows(places, Propagated(np.arange(90), sure, ("a", "b", None)), 10, choice=7)
    assert len(set(chosen.tolist())) == 10
    assert (chosen >= 20).all()
    assert (chosen >= 40).sum() == 1


# --- the rounds ---------------------------------------------------------------------------------------------------


def test_the_budget_is_used_in_rounds_and_never_exceeded() -> None:
    features, member = blobs([100, 100, 100], noise=2.5)
    rounds = drive(Propagation(place(features), 60, 3), names(member))
    asked = [row for rows in rounds for row in rows]
    assert [len(rows) for rows in rounds] == [24, 12, 12, 12]
    assert len(set(asked)) == 60


@pytest.mark.parametrize("budget", [0, 1, 5, 29, 30, 400])
def test_any_budget(budget: int) -> None:
    features, member = blobs([10, 10, 10])
    rounds = drive(Propagation(place(features), budget, 3), names(member))
    assert sum(map(len, rounds)) == min(budget, 30)


def test_a_stopped_run_asks_for_the_same_rows_again() -> None:
    features, member = blobs([100, 100, 100], noise=2.5)
    truth = names(member)
    whole = drive(Propagation(place(features), 60, 3), truth)
    kept = whole[0] + whole[1] + whole[2][:5]
    answers = {row: truth[row] for row in kept}
    again = drive(Propagation(place(features), 60, 3), truth, answers)
    assert again == [whole[2][5:], whole[3]]
    one, other = (Propagation(place(features), 60, 3).finish(answers) for _ in range(2))
    assert np.array_equal(one.probabilities, other.probabilities)


def test_failed_rows_count_are_not_asked_again_and_are_judged() -> None:
    features, member = blobs([50, 50])
    truth = names(member)
    plan = Propagation(place(features), 40, 2)
    answers: dict[int, str | None] = {}
    failed: set[int] = set()
    asked = 0
    while len(rows := plan.ask(answers, failed)):
        asked += len(rows)
        failed.update(rows[:2].tolist())
        answers.update({row: truth[row] for row in rows[2:].tolist()})
    assert asked == 40
    assert failed <= set(plan.finish(answers).rows.tolist())


def test_rows_answered_before_count_against_the_budget() -> None:
    features, member = blobs([50, 50])
    truth = names(member)
    answers = {row: truth[row] for row in range(30)}
    drive(Propagation(place(features), 40, 2), truth, answers)
    assert len(answers) <= 40


def test_a_model_that_answers_nothing_ends_the_rounds() -> None:
    plan = Propagation(place(blobs([30, 30])[0]), 30, 2)
    first = plan.ask({})
    assert len(plan.ask({}, set(first.tolist()))) == 0
    with pytest.raises(ValueError, match="seen"):
        plan.finish({})
