"""Names: several groups at once, splitting, moving labels, pins, suggesting again, sets of names, groups alike."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from app import BLUE, GREEN, RED, button, fresh_server, images, make, models, open_app, shown, wait_for  # noqa: F401
from streamlit.testing.v1 import AppTest

from core.pipeline import suggest_names
from core.results import decisions, name_sets
from core.results.edits import Merge, Pin
from ui import text
from ui.components.safe import safe_md
from ui.session import state


@pytest.fixture
def run_id(make: Callable[..., str]) -> str:
    return make(until="name")


def names(run_id: str) -> list[str]:
    return [cluster.name for cluster in decisions.clusters(state.workspace().store, run_id).clusters]


def add_up(at: AppTest) -> bool:
    """Whether the labels on each card add up to its number of images, and all cards to all images."""
    sizes = [int(found) for one in at.markdown for found in re.findall(r"^\*\*(\d+) images?\*\*", one.value)]
    inside = [
        sum(map(int, re.findall(r"\((\d+)\)", one.value))) for one in at.caption if one.value.startswith(text.LABELS)
    ]
    return [size for size in sizes if size] == inside and sum(sizes) == RED + GREEN + BLUE


def test_a_refused_name_puts_the_old_one_back(run_id: str) -> None:
    at = open_app("names", run=run_id)
    at.text_input[1].set_value("Red").run()
    assert "already a group called" in shown(at)
    assert at.text_input[1].value == "green"
    at.text_input[1].set_value("lime").run()
    assert (at.text_input[1].value, names(run_id)) == ("lime", ["red", "lime", "blue"])


def test_several_groups_are_merged_under_a_new_name_and_one_undo_takes_it_back(run_id: str) -> None:
    at = open_app("names", run=run_id)
    assert add_up(at)
    for key in ("c1", "c3"):
        at.checkbox(key=f"choose-{run_id}-{key}").check()
    at.run()
    assert text.chosen(2) in shown(at)
    at.button(key="merge-chosen").click().run()
    assert at.text_input(key="merge-name-c1").value == "red"
    at.text_input(key="merge-name-c1").set_value("green")
    button(at, text.MERGE_CHOSEN).click().run()
    assert "already a group called" in shown(at)  # the field is still there to be put right
    at.text_input(key="merge-name-c1").set_value("not green")
    button(at, text.MERGE_CHOSEN).click().run()
    at.run()
    assert names(run_id) == ["not green", "green"]
    assert add_up(at)
    assert "red (5), blue (3)" in shown(at)
    assert text.chosen(2) not in shown(at)
    assert text.chosen(1) not in shown(at)
    assert button(at, text.UNDO).help == "Undo the merge of 2 groups"
    button(at, text.UNDO).click().run()
    assert names(run_id) == ["red", "green", "blue"]
    assert add_up(at)


@pytest.mark.parametrize("way", [text.SPLIT_LABELS, text.SPLIT_PICTURES])
def test_a_group_is_split_into_parts_with_names(run_id: str, way: str) -> None:
    decisions.add(state.workspace().store, run_id, Merge("c3", "c1"))
    at = open_app("names", run=run_id)
    at.session_state[f"change-{run_id}-c1"] = True
    at.run()
    at.button(key=f"split-change-{run_id}-c1").click().run()
    at.segmented_control(key=f"split-by-{run_id}-c1").set_value(way).run()
    stays, goes = (field for field in at.text_input if field.label == text.SPLIT_NAME)
    assert (stays.value, goes.value) == ("", "blue")
    assert text.stays_in("red") == stays.placeholder
    stays.set_value("x").run()
    at.button(key="do-split").click().run()
    assert safe_md(text.SPLIT_ONE_STAYS) in [error.value for error in at.error]
    next(field for field in at.text_input if field.label == text.SPLIT_NAME).set_value("").run()
    at.button(key="do-split").click().run()
    at.run()
    assert names(run_id) == ["red", "green", "blue"]
    assert add_up(at)
    assert button(at, text.UNDO).help == "Undo the split into “blue”"


def test_labels_are_moved_to_another_group(run_id: str) -> None:
    decisions.add(state.workspace().store, run_id, Merge("c3", "c1"))
    at = open_app("names", run=run_id)
    at.session_state[f"change-{run_id}-c1"] = True
    at.run()
    at.button(key=f"move-labels-change-{run_id}-c1").click().run()
    at.multiselect(key=f"labels-picked-{run_id}-c1").select("blue").run()
    at.button(key="do-move-labels").click().run()
    at.run()
    assert "green (4), blue (3)" in shown(at)
    assert add_up(at)
    assert button(at, text.UNDO).help == "Undo the move of 1 label"


def test_delete_and_add_before_sorting_show_what_sorting_would_give(run_id: str) -> None:
    at = open_app("names", run=run_id)
    at.session_state[f"change-{run_id}-c2"] = True
    at.run()
    at.button(key=f"delete-change-{run_id}-c2").click().run()
    assert "green" not in names(run_id)
    assert f"**{GREEN} images**" not in shown(at)
    at.text_input(key=f"add-{run_id}-1").set_value("green").run()
    at.button(key=f"do-add-{run_id}-1").click().run()
    assert add_up(at)
    assert f"{GREEN} images" in shown(at)


def test_pinned_names_stay_when_names_are_suggested_again(run_id: str) -> None:
    at = open_app("names", run=run_id)
    at.button(key=f"pin-{run_id}-c3").click().run()
    assert button(at, text.UNDO).help == "Undo the pin"
    at.button(key="suggest").click().run()
    assert text.pinned(["blue"]) in shown(at)
    assert text.SUGGEST_NO_HINT in shown(at)
    assert text.NOTHING_SENT in shown(at)
    at.number_input(key=f"suggest-number-{run_id}-0").set_value(2).run()
    at.button(key="do-suggest").click().run()
    wait_for(lambda: state.jobs().get(run_id) is None)
    at.run()
    assert f"{text.changes(2, 1, 0)} {text.moves(GREEN, RED + GREEN + BLUE, exact=True)}" in shown(at)
    assert names(run_id) == ["red", "green", "blue"]
    at.button(key="take").click().run()
    assert names(run_id) == ["blue", "red"]
    assert button(at, text.UNDO).help == "Undo the new proposal of names"
    button(at, text.UNDO).click().run()
    assert names(run_id) == ["red", "green", "blue"]


def test_a_suggestion_may_be_refused_and_what_cannot_work_is_said(run_id: str) -> None:
    store = state.workspace().store
    suggest_names.suggest_names(state.workspace(), run_id, suggest_names.Wanted(3))
    at = open_app("names", run=run_id)
    assert text.SUGGESTED_SAME in shown(at)
    at.button(key="keep-names").click().run()
    assert names(run_id) == ["red", "green", "blue"]
    assert suggest_names.waiting(store, run_id) == ()
    at.button(key="suggest").click().run()
    at.number_input(key=f"suggest-number-{run_id}-0").set_value(200).run()
    at.button(key="do-suggest").click().run()
    assert "There can be 1 to 12 groups" in shown(at)


def test_sets_of_names_are_saved_and_used(run_id: str) -> None:
    at = open_app("names", run=run_id)
    at.button(key="sets").click().run()
    at.text_input(key=f"set-title-{run_id}").set_value("shop")
    button(at, text.SET_SAVE).click().run()
    store = state.workspace().store
    assert [name for name, _ in name_sets.saved(store)["shop"]] == ["red", "green", "blue"]
    decisions.add(store, run_id, Merge("c3", "c1"))
    decisions.add(store, run_id, Pin("c1"))
    at.button(key="set-use-saved").click().run()
    wait_for(lambda: state.jobs().get(run_id) is None)
    at.run()
    at.button(key="take").click().run()
    assert names(run_id) == ["red", "green", "blue"]


def test_groups_that_look_alike_are_merged_by_a_click(run_id: str) -> None:
    decisions.add(state.workspace().store, run_id, Merge("c2", "c1"))
    at = open_app("names", run=run_id)
    at.text_input[1].set_value("reds").run()
    assert "“red” and “reds” mean the same" in shown(at)
    at.button(key="merge-alike-c1-c3").click().run()
    button(at, text.MERGE_CHOSEN).click().run()
    assert names(run_id) == ["red"]


def test_how_well_groups_match_labels_is_said_once_images_are_sorted(
    run_id: str, make: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(run: str) -> list[str]:
        at = open_app("names", run=run)
        return [block.proto.popover.label for block in at.get("popover") if block.proto.id.endswith("about")]

    assert said(run_id) == []
    (found,) = said(make())
    assert "match" in found
    monkeypatch.setattr("ui.browse.about.said_of_groups", lambda groups: ("These groups are shaky.",))
    (found,) = said(run_id)
    assert ("1 note" in found, "match" in found) == (True, False)
