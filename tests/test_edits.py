"""A person's edits: applied in order, undoable, and each says just what it puts out of date."""

from __future__ import annotations

import pytest

from core.domain import Assignment, Cluster
from core.edits import EDIT, Add, Delete, Merge, Move, Redefine, Rename, apply, stale_items
from core.errors import BadInput

CATS = Cluster("c1", "cats", "Felines", ("cat", "kitten"), 0.8)
DOGS = Cluster("c2", "dogs", "Canines", ("dog",), 0.4, needs_name=True)
BIRDS = Cluster("c3", "birds", "", ("owl",))
ALL = (CATS, DOGS, BIRDS)
ASSIGNED = {
    "i1": Assignment("c1", 0.9, {"c1": 0.9, "c2": 0.1}),
    "i2": Assignment("c2", 0.6, {"c2": 0.6, "c1": 0.4}),
    "i3": Assignment("c3", 0.8, {"c3": 0.8, "c2": 0.2}),
    "i4": Assignment(None, None, None, "a boat"),
}


def never(item: str, cluster: Cluster) -> bool:
    return False


def test_rename_changes_the_name_only_and_asks_nothing() -> None:
    state = apply(ALL, [Rename("c2", " Hounds ")])
    renamed = state.get("c2")
    assert (renamed.name, renamed.labels, renamed.needs_name) == ("Hounds", ("dog",), False)
    assert stale_items(Rename("c2", "Hounds"), apply(ALL, []), ASSIGNED, never) == []


def test_merge_remaps_members_and_moves_and_asks_nothing() -> None:
    state = apply(ALL, [Move(("i9",), "c2"), Merge("c2", "c1")])
    assert [cluster.id for cluster in state.clusters] == ["c1", "c3"]
    assert state.get("c1").labels == ("cat", "kitten", "dog")
    assert state.resolve("c2") == "c1"
    assert state.moved == {"i9": "c1"}
    assert stale_items(Merge("c2", "c1"), apply(ALL, []), ASSIGNED, never) == []


def test_chained_merges_resolve_to_the_last() -> None:
    state = apply(ALL, [Merge("c1", "c2"), Merge("c2", "c3")])
    assert state.resolve("c1") == "c3"


def test_delete_makes_its_members_stale_and_releases_what_was_moved_there() -> None:
    assert stale_items(Delete("c2"), apply(ALL, []), ASSIGNED, never) == ["i2"]
    state = apply(ALL, [Move(("i1",), "c2"), Delete("c2")])
    assert state.resolve("c2") is None
    assert state.moved == {}


def test_deleting_after_a_merge_touches_the_merged_members_too() -> None:
    state = apply(ALL, [Merge("c2", "c1")])
    assert stale_items(Delete("c1"), state, ASSIGNED, never) == ["i1", "i2"]


def test_add_touches_the_unassigned_and_what_now_lies_nearer() -> None:
    edit = Add("p1", "boats")
    assert stale_items(edit, apply(ALL, []), ASSIGNED, lambda item, cluster: item == "i3") == ["i3", "i4"]
    added = apply(ALL, [edit]).get("p1")
    assert added.added
    assert added.labels == ()


def test_a_changed_meaning_touches_members_and_second_choices() -> None:
    assert stale_items(Redefine("c2", "Wolves too"), apply(ALL, []), ASSIGNED, never) == ["i1", "i2", "i3"]
    assert apply(ALL, [Redefine("c2", "Wolves too")]).get("c2").meaning == "Wolves too"


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
        apply(ALL, [edit])  # type: ignore[list-item]


def test_the_last_group_stays() -> None:
    with pytest.raises(BadInput, match="last group"):
        apply([CATS], [Delete("c1")])


@pytest.mark.parametrize(
    "edit", [Rename("a", "b"), Redefine("a", "b"), Merge("a", "b"), Delete("a"), Add("a", "b"), Move(("x",), None)]
)
def test_edits_survive_storage(edit: object) -> None:
    assert EDIT.validate_json(EDIT.dump_json(edit)) == edit  # type: ignore[arg-type]
