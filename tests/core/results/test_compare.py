"""Two runs side by side: the flow between their groups, what corresponds, came, went and changed, and crossing."""

from __future__ import annotations

from collections import Counter

import pytest
from fakes import COLOURS
from house import EACH, House, furnished_once
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain import RunSettings
from core.errors import BadInput
from core.results import decisions, run_view
from core.results.compare import compare, differing, spent
from core.results.edits import Delete, Merge, Move, Rename
from core.results.run_view import View

ALL = EACH * len(COLOURS)


def _two(house: House) -> tuple[str, str]:
    """Two runs by colour: into four groups, and into three."""
    runs = house.start(k=4), house.start(k=3)
    for run_id in runs:
        house.run(run_id)
    return runs


house, two = furnished_once("two", _two)


def test_the_flow_and_what_corresponds(two: tuple[str, str], house: House) -> None:
    first, second = two
    green = house.id_of(second, "green")
    decisions.add(house.store, second, Rename(green, "leaf"))
    found = compare(house.store, first, second)
    by_name = {(found.names[0][one], found.names[1][other]): number for (one, other), number in found.flow.items()}
    assert by_name == {
        ("grey", "grey"): EACH,
        ("blue", "blue"): EACH,
        ("green", "leaf"): EACH,
        ("red", "Unassigned"): EACH,
    }
    assert not found.crossed
    assert [(found.names[0][one], found.names[1][other]) for one, other in found.renamed] == [("green", "leaf")]
    assert [(alone.cluster.name, alone.size, alone.elsewhere) for alone in found.gone] == [
        ("red", EACH, {"unassigned": EACH})
    ]
    assert found.new == []
    assert found.number(found.changed) == EACH
    rows = found.first.rows(found.query(found.changed))
    assert {row.cluster.name for row in rows if row.cluster} == {"red"}
    assert len(rows) == EACH
    assert found.agreement == {"images": ALL, "nmi": pytest.approx(1.0), "ari": pytest.approx(1.0)}


def test_a_group_that_was_split_went_where_its_images_are(two: tuple[str, str], house: House) -> None:
    first, second = two
    ids = {name: house.id_of(second, name) for name in ("grey", "green", "blue")}
    decisions.add(house.store, second, Rename(ids["grey"], "dull"))
    grey = View(house.store, second).rows(run_view.Query(cluster_id=ids["grey"]))
    decisions.add(house.store, second, Move(tuple(row.item_id for row in grey[: EACH // 2]), ids["blue"]))
    found = compare(house.store, first, second)
    gone = next(alone for alone in found.gone if alone.cluster.name == "grey")
    assert gone.elsewhere == {ids["grey"]: EACH // 2, ids["blue"]: EACH // 2}  # half is no more than half
    new = next(alone for alone in found.new if alone.cluster.name == "dull")
    assert new.elsewhere == {gone.cluster.id: EACH // 2}
    assert found.number(found.changed) == 2 * EACH  # all that was grey, and red


def test_pages_of_changed_images_follow_both_runs(two: tuple[str, str], house: House) -> None:
    first, second = two
    found = compare(house.store, first, second)
    query = found.query(found.changed)
    assert found.first.count(query) == EACH
    pages = [found.first.rows(query, 1, place)[0].item_id for place in range(EACH)]
    assert pages == [row.item_id for row in found.first.rows(query)]
    assert [found.first.place(query, item) for item in pages] == list(range(EACH))
    # The same question gets another answer once the other run has changed.
    decisions.add(house.store, second, Move(tuple(pages[:1]), house.id_of(second, "grey")))
    View(house.store, second)
    assert found.first.count(query) == EACH - 1


def test_two_criteria_are_crossed(two: tuple[str, str], house: House) -> None:
    first, _ = two
    second = house.start(criterion="kind", k=4)
    house.run(second)
    found = compare(house.store, first, second)
    assert found.crossed
    assert (found.matched, found.changed, found.gone, found.new) == ({}, (), [], [])
    assert found.images == ALL


def test_a_sample_is_compared_by_the_images_that_both_have(house: House) -> None:
    first, second = house.start(k=4), house.start(k=2, limit=EACH + 1)
    for run_id in (first, second):
        house.run(run_id)
    found = compare(house.store, first, second)
    assert (found.images, found.alone) == (EACH + 1, (ALL - EACH - 1, 0))


def test_what_cannot_be_compared_is_said(two: tuple[str, str], house: House) -> None:
    first, second = two
    with pytest.raises(BadInput, match="the same run"):
        compare(house.store, first, first)
    with pytest.raises(BadInput, match="does not exist"):
        compare(house.store, first, "nope")
    house.store.catalogue.delete(second)
    with pytest.raises(BadInput, match="does not exist"):
        compare(house.store, first, second)


def test_what_differs_in_the_settings_and_in_what_it_took(two: tuple[str, str], house: House) -> None:
    first, second = (run_view.get_run(house.store, run_id) for run_id in two)
    assert differing(first.settings, second.settings) == [("k", 4, 3)]
    one, other = RunSettings("d", "colour", 3, truth="folder"), RunSettings("d", "colour", 3, names=("red",))
    assert differing(one, other) == [("names", (), ("red",))]
    took = spent(first.stats)
    assert took.requests == sum(stats.requests for stats in first.stats.values()) > 0
    assert spent({}).seconds == 0


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("move"), st.integers(0, ALL - 1), st.integers(0, 4)),
        st.tuples(st.just("merge"), st.integers(0, 3), st.integers(0, 3)),
        st.tuples(st.just("delete"), st.integers(0, 3), st.just(0)),
        st.tuples(st.just("rename"), st.integers(0, 3), st.integers(0, 99)),
        st.tuples(st.just("undo"), st.just(0), st.just(0)),
    ),
    max_size=6,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS, in_first=st.booleans())
def test_the_matrix_adds_up_to_the_images_both_have(
    acts: list[tuple[str, int, int]], in_first: bool, two: tuple[str, str], house: House
) -> None:
    run_id = two[0] if in_first else two[1]
    while decisions.undo(house.store, run_id):
        pass
    for kind, one, other in acts:
        view = View(house.store, run_id)
        clusters = [cluster.id for cluster in view.edited.clusters]
        here, there = clusters[one % len(clusters)], clusters[other % len(clusters)]
        items = (view.rows()[one].item_id,) if kind == "move" else ()
        edit = {
            "move": Move(items, None if other == 4 else there),
            "merge": Merge(here, there),
            "delete": Delete(here),
            "rename": Rename(here, f"group {other}"),
        }.get(kind)
        try:
            if edit:
                decisions.add(house.store, run_id, edit)
            else:
                decisions.undo(house.store, run_id)
        except BadInput:
            continue  # such as the last group
    found = compare(house.store, *two)
    assert found.images == sum(found.flow.values()) == ALL
    assert found.alone == (0, 0)
    for view, sizes in zip((found.first, found.second), found.sizes, strict=True):
        assert sizes == Counter(
            {key: n for key, n in (view.sizes() + view.states()).items() if n and key != "assigned"}
        )
    assert sorted(found.rows) == sorted(found.sizes[0])
    assert sorted(found.columns) == sorted(found.sizes[1])
    same = found.images - found.number(found.changed)
    assert same == sum(n for (a, b), n in found.flow.items() if found.matched.get(a) == b or a == b == "unassigned")
    assert len(set(found.matched.values())) == len(found.matched)
    assert found.first.count(found.query(found.changed)) == found.number(found.changed)
    for alone in (*found.gone, *found.new):
        assert alone.size == sum(alone.elsewhere.values())
    back = compare(house.store, *two[::-1])
    assert back.flow == {(other, one): number for (one, other), number in found.flow.items()}
    assert back.number(back.changed) == found.number(found.changed)
