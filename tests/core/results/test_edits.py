"""A person's edits: applied in order, undoable, and each says just what it puts out of date, to the store as well."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import cast

import pytest

from core.domain import Assignment, Cluster, Held, ItemRow, RunSettings, SourceAddress
from core.engine.requests import Answer, Outcome, Work
from core.errors import BadInput
from core.results import decisions, run_view
from core.results.edited import Edited, apply, check
from core.results.edits import (
    EDIT,
    Add,
    Delete,
    Edit,
    Learn,
    Merge,
    Move,
    MoveLabels,
    Part,
    Pin,
    Propose,
    Redefine,
    Rename,
    Several,
    Split,
)
from core.steps import assign, name
from core.store import Store

Stale = Callable[..., list[str]]

CATS = Cluster("c1", "cats", "Felines", ("cat", "kitten"), 0.8)
DOGS = Cluster("c2", "dogs", "Canines", ("dog",), 0.4, needs_name=True)
BIRDS = Cluster("c3", "birds", "", ("owl",))
ALL = (CATS, DOGS, BIRDS)
ASSIGNED = {
    "i1": Assignment("c1", 0.9, {"c1": 0.9, "c2": 0.1}),
    "i2": Assignment("c2", 0.6, {"c2": 0.6, "c1": 0.4}),
    "i3": Assignment("c3", 0.8, {"c2": 0.2, "c3": 0.8}),
    "i4": Assignment(None, None, None, "a boat"),
    "i5": Assignment("c3", 0.5, {"c1": 0.5, "c3": 0.5}),
    "i6": Assignment("c1", 0.5, {"c1": 0.5, "c2": 0.3, "c3": 0.2}),
    "i7": Assignment(None, None, {"c1": 0.1, "c2": 0.2, "c3": 0.2}, "a fox"),  # of two alike the first counts as larger
}
LABELS = {"i1": "cat", "i2": "dog", "i3": "ship", "i4": "boat"}


@pytest.fixture
def stale(tmp_path: Path) -> Iterator[Stale]:
    """The images that the last of some edits puts out of date, as it is recorded; what it said before is compared."""
    store = Store(tmp_path)
    store.datasets.begin("d", "d", SourceAddress(), len(ASSIGNED))
    store.datasets.add("d", [ItemRow(place, item, f"{item}.jpg") for place, item in enumerate(ASSIGNED)])
    run_id = store.runs.create(RunSettings("d", "animal", 3))

    def save(step: Held, values: Mapping[str, str]) -> None:
        outcomes = [Outcome(Work(item, f"{step}-{item}"), Answer(value)) for item, value in values.items()]
        store.answers.save(run_id, step, "m", None, outcomes)

    store.runs.set_status(run_id, "done")  # what is read of one at work may be a second old
    save("name", {name.ITEM: name.write(ALL)})
    save("label", {item: json.dumps(label) for item, label in LABELS.items()})
    save("assign", {item: assign.write(assignment) for item, assignment in ASSIGNED.items()})

    def of(*edits: Edit) -> list[str]:
        for edit in edits[:-1]:
            decisions.add(store, run_id, edit)
        save("assign", {item: assign.write(assignment) for item, assignment in ASSIGNED.items()})  # all are fresh again
        expected = decisions.preview(store, run_id, edits[-1])
        assert decisions.add(store, run_id, edits[-1]) == expected
        found = sorted(item for item, (_, _, old) in store.answers.held(run_id, "assign").items() if old)
        assert len(found) == expected == run_view.View(store, run_id).earlier()
        store.runs.undo_edit(run_id)
        assert store.answers.held(run_id, "assign") == {item: (f"assign-{item}", "", False) for item in ASSIGNED}
        while store.runs.undo_edit(run_id):
            pass
        return found

    yield of
    store.close()


def test_rename_changes_the_name_only_and_asks_nothing(stale: Stale) -> None:
    state = apply(ALL, [Rename("c2", " Hounds ")])
    renamed = state.get("c2")
    assert (renamed.name, renamed.labels, renamed.needs_name) == ("Hounds", ("dog",), False)
    assert stale(Rename("c2", "Hounds")) == []


def test_merge_remaps_members_and_moves_and_asks_nothing(stale: Stale) -> None:
    state = apply(ALL, [Move(("i9",), "c2"), Merge("c2", "c1")])
    assert [cluster.id for cluster in state.clusters] == ["c1", "c3"]
    assert state.get("c1").labels == ("cat", "kitten", "dog")
    assert state.resolve("c2") == "c1"
    assert state.moved == {"i9": "c1"}
    assert stale(Merge("c2", "c1")) == []


def test_chained_merges_resolve_to_the_last() -> None:
    state = apply(ALL, [Merge("c1", "c2"), Merge("c2", "c3")])
    assert state.resolve("c1") == "c3"


def test_delete_makes_its_members_stale_and_releases_what_was_moved_there(stale: Stale) -> None:
    assert stale(Delete("c2")) == ["i2"]
    state = apply(ALL, [Move(("i1",), "c2"), Delete("c2")])
    assert state.resolve("c2") is None
    assert state.moved == {}


def test_deleting_after_a_merge_touches_the_merged_members_too(stale: Stale) -> None:
    assert stale(Merge("c2", "c1"), Delete("c1")) == ["i1", "i2", "i6"]


def test_add_touches_the_unassigned_and_what_now_lies_nearer(stale: Stale) -> None:
    edit = Add("p1", "boats")
    assert stale(edit) == ["i3", "i4", "i7"]  # a ship lies nearer to boats than to birds; i5 has no label
    assert stale(Delete("c2"), edit) == ["i2", "i3", "i4", "i7"]
    added = apply(ALL, [edit]).get("p1")
    assert added.added
    assert added.labels == ()


def test_a_changed_meaning_touches_members_and_second_choices(stale: Stale) -> None:
    assert stale(Redefine("c2", "Wolves too")) == ["i1", "i2", "i3", "i6", "i7"]  # the Unassigned go by their likeliest
    assert stale(Redefine("c1", "Lions too")) == ["i1", "i2", "i5", "i6"]
    assert stale(Redefine("c3", "Owls too")) == ["i3", "i5"]
    assert apply(ALL, [Redefine("c2", "Wolves too")]).get("c2").meaning == "Wolves too"


def test_second_choices_are_those_that_deletions_and_merges_leave(stale: Stale) -> None:
    assert stale(Delete("c2"), Redefine("c3", "Owls too")) == ["i3", "i5", "i6", "i7"]
    assert stale(Merge("c2", "c1"), Redefine("c3", "Owls too")) == ["i3", "i5", "i6"]  # c1 and c2 add up to more for i7
    assert stale(Merge("c2", "c1"), Redefine("c1", "Both")) == ["i1", "i2", "i3", "i5", "i6", "i7"]


def test_what_a_person_moved_is_never_out_of_date(stale: Stale) -> None:
    away = Move(("i1", "i4"), "c3")
    assert stale(away, Delete("c1")) == ["i6"]
    assert stale(away, Redefine("c1", "Lions too")) == ["i2", "i5", "i6"]
    assert stale(away, Redefine("c3", "Owls too")) == ["i3", "i5"]
    assert stale(away, Add("p1", "boats")) == ["i3", "i7"]
    assert stale(Move(("i2",), None), Delete("c2")) == []


def test_what_a_person_moved_is_judged_again_once_that_group_is_gone(stale: Stale) -> None:
    assert stale(Move(("i1", "i4"), "c3"), Delete("c3")) == ["i1", "i3", "i4", "i5"]
    assert stale(Move(("i1",), "c3"), Merge("c3", "c2"), Delete("c2")) == ["i1", "i2", "i3", "i5"]


def test_moves_win_and_the_last_one_counts() -> None:
    state = apply(ALL, [Move(("i1", "i2"), "c3"), Move(("i1",), None)])
    assert state.moved == {"i1": None, "i2": "c3"}


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (Rename("c1", "  "), "needs a name"),
        (Rename("c1", "DOGS"), "already a group called"),
        (Add("p1", "Unassigned"), "images without a group"),
        (Add("p1", "cats"), "already a group called"),
        (Rename("c9", "x"), "does not exist"),
        (Move(("i1",), "c9"), "does not exist"),
        (Merge("c1", "c1"), "into itself"),
        (Merge("c1", "c9"), "does not exist"),
    ],
)
def test_an_edit_that_cannot_be_applied_says_why(edit: object, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        check(Edited(tuple(ALL)), edit)  # type: ignore[arg-type]


def test_the_last_group_stays() -> None:
    with pytest.raises(BadInput, match="last group"):
        check(Edited((CATS,)), Delete("c1"))
    assert apply([CATS], [Delete("c1")]).clusters == (CATS,)


@pytest.mark.parametrize(
    "edit",
    [
        Rename("a", "b"),
        Redefine("a", "b"),
        Merge("a", "b"),
        Delete("a"),
        Add("a", "b"),
        Move(("x",), None),
        Split("a", (Part("p", "b", ("l",), ("x",), {"l": 1}),)),
        MoveLabels("a", ("l",), "b"),
        Pin("a"),
        Propose(ALL),
        Learn(("x", "y"), ("a", ""), (0.5, 0.9)),
        Several((Merge("a", "b"), Rename("b", "c"))),
    ],
)
def test_edits_survive_storage(edit: object) -> None:
    assert EDIT.validate_json(EDIT.dump_json(edit)) == edit  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("there", "new"), [("red car", "Red  car "), ("caf\u00e9", "cafe\u0301"), ("Straße", "STRASSE"), ("cats", "cats")]
)
def test_two_groups_cannot_have_names_that_look_the_same(there: str, new: str) -> None:
    state = Edited((Cluster("c1", there), Cluster("c2", "dogs")))
    for edit in (Add("p1", new), Rename("c2", new)):
        with pytest.raises(BadInput, match="already a group"):
            check(state, edit)
    check(state, Rename("c1", new))  # its own name in another spelling
    with pytest.raises(BadInput, match="without a group"):
        check(state, Rename("c1", "not  SURE"))


def test_an_edit_of_an_earlier_version_that_compared_names_less_strictly_stays() -> None:
    state = apply((Cluster("c1", "red car"), Cluster("c2", "dogs")), [Rename("c2", "red  car")])
    assert [cluster.name for cluster in state.clusters] == ["red car", "red  car"]


COUNTED = (
    Cluster("c1", "cats", labels=("cat", "kitten"), size=5, inside={"cat": 3, "kitten": 2}, examples=("i1", "i6")),
    Cluster("c2", "dogs", labels=("dog",), size=1, inside={"dog": 1}, examples=("i2",)),
)


def test_labels_are_moved_with_what_was_counted_of_them_and_ask_nothing(stale: Stale) -> None:
    state = apply(COUNTED, [MoveLabels("c1", ("kitten",), "c2")])
    cats, dogs = state.clusters
    assert (cats.labels, cats.size, cats.inside) == (("cat",), 3, {"cat": 3})
    assert (dogs.labels, dogs.size, dogs.inside) == (("dog", "kitten"), 3, {"kitten": 2, "dog": 1})
    assert (state.place_of("i1", "c1", "kitten"), state.place_of("i1", "c1", "cat")) == ("c2", "c1")
    assert stale(MoveLabels("c1", ("cat",), "c2")) == []


def test_a_label_that_is_moved_back_is_where_it_was() -> None:
    there, back = MoveLabels("c1", ("cat",), "c2"), MoveLabels("c2", ("cat",), "c1")
    assert apply(ALL, [there, back]).routed == {("c2", "cat"): "c1"}  # a cat that the model saw among the dogs
    assert apply(ALL, [there, Merge("c2", "c1")]).routed == {}
    assert apply(ALL, [there, Merge("c2", "c3")]).place_of("i1", "c1", "cat") == "c3"
    assert apply(ALL, [there, Merge("c1", "c3")]).place_of("i1", "c1", "cat") == "c2"
    on = MoveLabels("c2", ("cat",), "c3")
    assert apply(ALL, [there, on]).place_of("i1", "c1", "cat") == "c3"


def test_labels_that_were_moved_are_judged_again_once_that_group_is_gone(stale: Stale) -> None:
    there = MoveLabels("c1", ("cat",), "c2")
    assert apply(ALL, [there, Delete("c2")]).routed == {}
    assert stale(there, Delete("c2")) == ["i1", "i2"]
    assert stale(there, Delete("c1")) == ["i6"]  # what was moved out of it stays where it is


def test_a_split_takes_labels_or_images_out_and_asks_nothing(stale: Stale) -> None:
    by_label = Split("c1", (Part("p1", "kittens", ("kitten",)),))
    state = apply(COUNTED, [by_label])
    assert [(cluster.name, cluster.size, cluster.inside) for cluster in state.clusters] == [
        ("cats", 3, {"cat": 3}),
        ("dogs", 1, {"dog": 1}),
        ("kittens", 2, {"kitten": 2}),
    ]
    assert state.place_of("i9", "c1", "kitten") == "p1"
    assert stale(by_label) == []
    by_picture = Split("c1", (Part("p1", "tabbies", items=("i1", "i2"), inside={"cat": 2}),))
    state = apply(COUNTED, [Move(("i2",), "c2"), by_picture])
    assert [cluster.size for cluster in state.clusters] == [3, 1, 2]
    assert state.get("c1").examples == ("i6",)
    assert (state.place_of("i1", "c1", "cat"), state.place_of("i2", "c1", "cat")) == ("p1", "c2")
    assert state.learnt == {"i1": ("p1", None)}  # nobody measured how sure that is
    with pytest.raises(BadInput, match="Choose labels or images"):
        check(state, Split("c2", (Part("p2", "puppies"),)))
    twice = Split("c1", (Part("p2", "toms", ("cat",)), Part("p3", "Toms", ("kitten",))))
    with pytest.raises(BadInput, match="already a group called"):
        check(state, twice)


def test_several_edits_are_one_act(stale: Stale) -> None:
    together = Several((Merge("c2", "c1"), Merge("c3", "c1"), Rename("c1", "dogs")))
    check(Edited(ALL), together)  # the name was free by then
    assert [cluster.name for cluster in apply(ALL, [together]).clusters] == ["dogs"]
    assert stale(Several((Delete("c2"), Delete("c3")))) == ["i2", "i3", "i5"]
    failing = Several((Rename("c1", "felines"), Merge("c1", "c9")))
    state = apply(ALL, [failing])
    assert state.clusters == ALL
    assert [edit for edit, _ in state.skipped] == [failing]


def test_what_was_learnt_never_touches_what_a_person_moved_and_is_never_out_of_date(stale: Stale) -> None:
    learn = Learn(("i1", "i2", "i4"), ("c3", "", "c1"), (0.9, 0.8, 0.7))
    state = apply(ALL, [Move(("i1",), "c2"), learn])
    assert state.learnt == {"i2": (None, 0.8), "i4": ("c1", 0.7)}
    assert stale(learn, Delete("c1")) == ["i4", "i6"]
    assert apply(ALL, [learn, Move(("i4",), "c2")]).place_of("i4", None, "") == "c2"
    with pytest.raises(BadInput, match="does not exist"):
        check(state, Learn(("i1",), ("c9",), (1.0,)))


def test_another_proposal_keeps_what_is_pinned_and_asks_again_about_the_rest(stale: Stale) -> None:
    again = Propose((CATS, Cluster("n1", "pets")))
    state = apply(ALL, [Pin("c1"), Pin("c2"), Move(("i4",), "c3"), again])
    assert [cluster.name for cluster in state.clusters] == ["cats", "pets"]
    assert (state.pinned, state.moved) == ({"c1"}, {})
    assert apply(ALL, [Pin("c1"), Pin("c1", pinned=False)]).pinned == frozenset()
    assert stale(again) == ["i2", "i3", "i4", "i5", "i7"]


def test_undo_of_an_earlier_edit_leaves_what_a_later_one_made_stale(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.datasets.begin("d", "d", SourceAddress(), len(ASSIGNED))
    store.datasets.add("d", [ItemRow(place, item, f"{item}.jpg") for place, item in enumerate(ASSIGNED)])
    run_id = store.runs.create(RunSettings("d", "animal", 3))
    for step, values in (
        ("name", {name.ITEM: name.write(ALL)}),
        ("assign", {item: assign.write(one) for item, one in ASSIGNED.items()}),
    ):
        outcomes = [Outcome(Work(item, f"{step}-{item}"), Answer(value)) for item, value in values.items()]
        store.answers.save(run_id, cast(Held, step), "m", None, outcomes)
    start = store.answers.held(run_id, "assign")
    decisions.add(store, run_id, Delete("c2"))
    first = decisions.version(store, run_id)
    decisions.add(store, run_id, Add("p1", "boats"))  # touches the Unassigned, among them now what was in c2
    decisions.add(store, run_id, Rename("p1", "ships"))
    with pytest.raises(BadInput, match="same groups"):
        decisions.undo(store, run_id, which=store.runs.edits(run_id)[1].version)
    assert decisions.undo(store, run_id) == Rename("p1", "ships")
    assert decisions.undo(store, run_id, which=first) == Delete("c2")
    assert {item for item, (_, _, old) in store.answers.held(run_id, "assign").items() if old} == {"i2", "i4", "i7"}
    assert decisions.undo(store, run_id) == Add("p1", "boats")
    assert store.answers.held(run_id, "assign") == start
    store.close()
