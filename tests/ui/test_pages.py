"""Group, Names and Browse in every state (empty, running, failed, finished), drawn by AppTest on quick fake models."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

import datetime as dt
import errno
from collections.abc import Callable

import pytest
import streamlit as st
from app import (  # noqa: F401
    BLUE,
    GREEN,
    RED,
    ROOT,
    button,
    component,
    fresh_server,
    images,
    make,
    matches,
    models,
    open_app,
    shown,
    wait_for,
    working,
)
from fakes import FakeText, FakeVision
from streamlit.testing.v1 import AppTest

from core.errors import ModelUnavailable
from core.results import decisions, run_view
from core.results.edits import Add, Delete, Rename
from core.store.recovery.report import REPORT, Restoration
from ui import text
from ui.clusters import edit_callbacks
from ui.components.safe import safe_md, unseen
from ui.session import state


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("a daisy", "a daisy"),
        ("![x](http://evil.example)", "\\!\\[x\\]\\(http\\:\u2060\\/\\/evil\\.example\\)"),
        (":material/home: :tada:", "\\:\u2060material\\/home\\: \\:\u2060tada\\:"),
        ("<b>\n# x\t*y*", "\\<b\\> \\# x \\*y\\*"),
        ("\u202egpj.exe", "gpj\\.exe"),
        ("$a$ me@evil.example", "\\$\u2060a\\$ me\\@\u2060evil\\.example"),
    ],
)
def test_text_of_others_is_shown_letter_for_letter(given: str, safe: str) -> None:
    assert safe_md(given) == safe


def test_a_label_that_is_only_read_aloud_has_no_backslashes_and_loads_nothing() -> None:
    assert unseen("Choose cups (2, red)") == "Choose cups (2, red)"
    assert unseen("![x](http://evil.example) <b>") == "![x]\u2060(http:\u2060//evil.example) <\u2060b>"


def test_long_text_is_cut() -> None:
    assert safe_md("abcdef", 4) == "abc…"


# -- empty


@pytest.mark.parametrize("page", ["names", "browse"])
def test_empty(page: str) -> None:
    at = open_app(page)
    assert text.NO_RECENT in shown(at)
    assert text.NO_RUN in shown(at)


@pytest.mark.parametrize("page", ["group", "names", "browse"])
def test_a_run_that_does_not_exist(page: str) -> None:
    assert text.GONE_RUN in shown(open_app(page, run="nope"))


@pytest.mark.parametrize("page", ["names", "browse"])
def test_a_run_before_its_names(page: str, make: Callable[..., str]) -> None:
    at = open_app(page, run=make(until=""))
    assert text.NAMES_EMPTY in shown(at)


# -- running


def test_run_while_it_works(working: str) -> None:
    at = open_app(run=working)
    assert at.progress
    assert button(at, text.STOP)
    assert text.STATUS["running"] in shown(at)


@pytest.mark.parametrize("page", ["names", "browse"])
def test_other_pages_show_a_banner_and_keep_the_run(page: str, working: str) -> None:
    at = open_app(run=working)
    at.switch_page(str(ROOT / "pages" / f"{page}.py"))
    del at.query_params["run"]  # what a click in the menu does
    at.run()
    assert not at.exception
    assert at.query_params["run"] == working
    assert at.progress
    assert button(at, text.SHOW)


def test_stop_and_continue(working: str, models: tuple[FakeVision, FakeText]) -> None:
    at = open_app(run=working)
    button(at, text.STOP).click().run()
    models[0].gate.set()
    wait_for(lambda: state.jobs().get(working) is None)
    at.run()
    assert text.STOPPED in shown(at)
    assert "still to be described" in shown(at)
    at.button(key=f"continue-{working}").click().run()
    wait_for(lambda: state.jobs().get(working) is None)
    assert text.NAMES_TITLE in shown(at.run())


def test_a_run_left_by_a_dead_process_is_interrupted(make: Callable[..., str]) -> None:
    run_id = make(until="")
    state.workspace().store.runs.set_status(run_id, "running")
    state.workspace().close()
    st.cache_resource.clear()  # a new process
    at = open_app(run=run_id)
    assert text.INTERRUPTED in shown(at)
    at.button(key=f"continue-{run_id}").click().run()
    wait_for(lambda: state.jobs().get(run_id) is None)
    assert text.NAMES_TITLE in shown(at.run())


# -- failed


def test_failed_says_why_and_offers_to_try_again(
    make: Callable[..., str], models: tuple[FakeVision, FakeText], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ModelUnavailable("The model server does not answer. Start it.")

    run_id = make(until="")
    with monkeypatch.context() as patch:
        patch.setattr(models[1], "label", fail)
        state.jobs().start(run_id, "name")
        wait_for(lambda: state.jobs().get(run_id) is None)
    at = open_app(run=run_id)
    assert "The model server does not answer. Start it." in shown(at)
    button(at, text.AGAIN).click().run()
    wait_for(lambda: state.jobs().get(run_id) is None)
    assert text.NAMES_TITLE in shown(at.run())
    assert not open_app("names", run=run_id).error


def test_an_unexpected_fault_is_one_sentence(make: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret detail")

    run_id = make()
    monkeypatch.setattr(decisions, "clusters", fail)
    at = open_app("names", run=run_id)
    assert [error.value for error in at.error] == [text.UNEXPECTED]
    assert "secret" not in shown(at)


def test_a_full_disk_is_said_wherever_it_is_met(make: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    run_id = make()
    monkeypatch.setattr(decisions, "clusters", fail)
    at = open_app("names", run=run_id)
    said = safe_md("The disk is full. What was saved is kept. Make room, then try again.")
    assert [error.value for error in at.error] == [said]


def test_failed_images_are_shown_with_their_reason(
    make: Callable[..., str], models: tuple[FakeVision, FakeText]
) -> None:
    first = make(until="name", k=2)
    items = [row.item_id for row in run_view.rows(state.workspace().store, first) if row.label == "red"]
    models[0].fail = set(items[:2])
    run_id = make(criterion="hue", k=2)
    at = open_app("browse", run=run_id)
    assert text.FAILED in shown(at)
    at = open_app("browse", run=run_id, group="failed", image=items[0])
    assert "The fake engine was told to fail." in shown(at)


def test_a_workspace_that_is_open_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.errors import WorkspaceUnavailable

    def busy() -> None:
        raise WorkspaceUnavailable("The workspace is open in another window.")

    with monkeypatch.context() as patch:
        patch.setattr(state, "workspace", busy)
        at = AppTest.from_file(str(ROOT / "ui" / "shell.py"), default_timeout=30).run()
    assert not at.exception
    assert "The workspace is open in another window." in shown(at)


# -- finished: names


def test_names(make: Callable[..., str]) -> None:
    run_id = make(until="name")
    at = open_app("names", run=run_id)
    assert [text_input.value for text_input in at.text_input][:3] == ["red", "green", "blue"]
    assert f"{RED} images" in shown(at)
    assert "red (5)" in shown(at)
    assert button(at, text.UNDO).disabled


def test_rename_and_undo(make: Callable[..., str]) -> None:
    run_id = make(until="name")
    at = open_app("names", run=run_id)
    at.text_input[0].set_value("scarlet").run()
    assert at.text_input[0].value == "scarlet"
    assert edit_callbacks.rename(run_id, "c1", "scarlet") is None  # the same again is not one more edit to undo
    at.text_input[1].set_value("Scarlet").run()
    assert "already a group called" in shown(at)
    button(at, text.UNDO).click().run()
    assert at.text_input[0].value == "red"
    assert [toast.value for toast in at.toast] == [safe_md("Undone: the new name “scarlet”.")]
    assert button(at, text.REDO).help == "Make the new name “scarlet” again"
    button(at, text.REDO).click().run()
    assert at.text_input[0].value == "scarlet"
    button(at, text.UNDO).click().run()
    at.text_input[1].set_value("lime").run()  # what is decided anew leaves nothing to make again
    assert text.REDO not in [one.label for one in at.button]


def test_undo_takes_back_what_this_window_did(make: Callable[..., str]) -> None:
    run_id = make(until="name")
    first, second = open_app("names", run=run_id), open_app("names", run=run_id)
    first.text_input[0].set_value("scarlet").run()
    second.run()
    second.text_input[1].set_value("lime").run()
    first.run()
    button(first, text.UNDO).click().run()
    assert [field.value for field in first.text_input][:2] == ["red", "lime"]
    second.run()
    assert button(second, text.UNDO).help == "Undo the new name “lime”"
    second.text_input[1].set_value("green").run()
    first.run()
    assert button(first, text.UNDO).disabled  # all that is left is the other's


def test_two_windows_on_one_run_are_told_of_each_other(make: Callable[..., str]) -> None:
    run_id = make(until="name")
    first, second = open_app("names", run=run_id), open_app("names", run=run_id)
    first.text_input[0].set_value("scarlet").run()
    second.text_input[0].set_value("crimson").run()  # the same group, which it still shows as it was
    assert "changed in another window meanwhile" in shown(second)
    assert second.text_input[0].value == "scarlet"
    assert any("the new name “scarlet”" in toast.value for toast in second.toast)
    second.text_input[1].set_value("lime").run()
    assert second.text_input[1].value == "lime"
    first.run()
    assert any("the new name “lime”" in toast.value for toast in first.toast)
    first.run()
    assert not first.toast


def test_edits_that_cannot_be_applied_are_said_and_undone(make: Callable[..., str]) -> None:
    run_id = make(until="name")
    for value in ('{"cluster_id":"c1","kind":"delete"}', '{"cluster_id":"c1","name":"x","kind":"rename"}'):
        state.workspace().store.runs.add_edit(run_id, value)
    at = open_app("names", run=run_id)
    assert text.skipped_edits(1) in shown(at)
    assert len(at.text_input) == 3
    button(at, text.UNDO).click().run()
    button(at, text.UNDO).click().run()
    assert [text_input.value for text_input in at.text_input][:3] == ["red", "green", "blue"]


def test_a_restored_database_is_said_on_every_page_until_it_is_read(make: Callable[..., str]) -> None:
    run_id = make(until="name")
    workspace = state.workspace()
    moment = dt.datetime(2026, 1, 1)  # noqa: DTZ001 - as stored: UTC, no zone
    report = Restoration(moment, moment, "facetry.damaged-x.duckdb", whole=False)
    workspace.store._db.insert("restoration", [(moment, REPORT.dump_json(report).decode(), False)])
    for name in ("start", "names"):
        at = open_app(name, run=run_id)
        assert f"kept as {workspace.folder / 'facetry.damaged-x.duckdb'}" in shown(at).replace("\\", "")
    next(each for each in at.button if each.label == text.RESTORED_READ).click().run()
    assert "facetry.damaged" not in shown(at)


def test_deleted_copies_are_said(make: Callable[..., str]) -> None:
    run_id = make()
    assert text.COPIES_GONE not in shown(open_app("browse", run=run_id))
    item = next(row.item_id for row in run_view.rows(state.workspace().store, run_id))
    state.workspace().image(item, "thumb").unlink()
    for name in ("browse", "names"):
        assert text.COPIES_GONE in shown(open_app(name, run=run_id))


def test_add_delete_and_merge_say_what_they_make_stale(make: Callable[..., str]) -> None:
    run_id = make()
    at = open_app("names", run=run_id)
    at.session_state[f"change-{run_id}-c3"] = True
    at.run()
    assert text.will_be_stale(BLUE) in shown(at)
    at.button(key=f"delete-change-{run_id}-c3").click().run()
    assert text.out_of_date(BLUE) in shown(at)
    button(at, text.ASSIGN_AGAIN).click().run()
    wait_for(lambda: state.jobs().get(run_id) is None)
    at.run()
    assert "out of date" not in shown(at)
    at.session_state[f"change-{run_id}-c2"] = True
    at.run()
    at.button(key=f"merge-change-{run_id}-c2").click().run()
    assert "out of date" not in shown(at)
    assert len(decisions.clusters(state.workspace().store, run_id).clusters) == 1


def test_assign_leads_to_browse(make: Callable[..., str]) -> None:
    run_id = make(until="name")
    at = open_app("names", run=run_id)
    at.button(key="assign").click().run()
    wait_for(lambda: state.jobs().get(run_id) is None)
    assert run_view.View(state.workspace().store, run_id).sizes() == {"c1": RED, "c2": GREEN, "c3": BLUE}


def test_check_all_again_asks_all_again(make: Callable[..., str], models: tuple[FakeVision, FakeText]) -> None:
    run_id = make()
    decisions.add(state.workspace().store, run_id, Rename("c1", "scarlet"))
    models[1].history.clear()
    at = open_app("names", run=run_id)
    at.button(key="check-all").click().run()
    wait_for(lambda: state.jobs().get(run_id) is None)
    assert sum(count for step, count in models[1].history if step == "assign") == RED + GREEN + BLUE


# -- finished: browse


def test_browse(make: Callable[..., str]) -> None:
    at = open_app("browse", run=make())
    for words in ("red", "green", "blue", text.UNASSIGNED, text.SKIPPED, "notes.txt", f"{RED} images"):
        assert words in shown(at)
    assert matches(1.0, RED / (RED + GREEN + BLUE), RED + GREEN + BLUE) in shown(at)
    button(at, text.SCORES).click().run()
    assert [metric.value for metric in at.metric] == ["1.000"] * 4


def test_unassigned_answers_ask_to_become_a_group(make: Callable[..., str]) -> None:
    run_id = make(k=2)
    at = open_app("browse", run=run_id)
    assert text.they_say(BLUE, "blue") in shown(at)
    button(at, text.ADD_AS_GROUP).click().run()
    assert "blue" in [cluster.name for cluster in decisions.clusters(state.workspace().store, run_id).clusters]
    assert text.out_of_date(BLUE) in shown(at)


def test_a_group_and_an_image_by_address(make: Callable[..., str]) -> None:
    run_id = make()
    rows = [row for row in run_view.rows(state.workspace().store, run_id) if row.label == "green"]
    at = open_app("browse", run=run_id, group="c2")
    assert component(at, "selecting_wall")["counted"] == f"{GREEN} images"
    at = open_app("browse", run=run_id, group="c2", image=rows[1].item_id)
    for words in ("green", "90 %", "A green picture.", "green/1_green.png"):
        assert words in shown(at)
    picture = component(at, "large_picture")
    line = [row.item_id for row in rows]
    assert [near["id"] for near in picture["near"]] == line
    assert (picture["id"], picture["first"], picture["total"]) == (line[1], 0, GREEN)
    assert picture["near"][2]["search"] == f"run={run_id}&group=c2&image={line[2]}"
    button(at, text.BACK_TO.format(group="green")).click().run()
    assert "image" not in at.query_params


def test_move_and_undo(make: Callable[..., str]) -> None:
    run_id = make()
    item = next(row.item_id for row in run_view.rows(state.workspace().store, run_id) if row.label == "green")
    at = open_app("browse", run=run_id, group="c2", image=item)
    at.selectbox(key=f"move-{item}").set_value("c1").run()
    at.button(key="move").click().run()
    row = next(row for row in run_view.rows(state.workspace().store, run_id) if row.item_id == item)
    assert (row.cluster and row.cluster.name, row.source) == ("red", "person")
    assert text.BY_PERSON in shown(at)
    at.button(key="undo").click().run()
    row = next(row for row in run_view.rows(state.workspace().store, run_id) if row.item_id == item)
    assert row.cluster is not None
    assert row.cluster.name == "green"


@pytest.mark.parametrize("params", [{"group": "nope"}, {"group": "c1", "image": "0" * 64}, {"group": "skipped"}])
def test_odd_addresses(params: dict[str, str], make: Callable[..., str]) -> None:
    at = open_app("browse", run=make(), **params)
    said = {"nope": text.GONE_GROUP, "c1": text.GONE_IMAGE, "skipped": text.SKIPPED_NOTE}[params["group"]]
    assert said in shown(at)


def test_clusters_that_were_added_or_deleted(make: Callable[..., str]) -> None:
    run_id = make()
    decisions.add(state.workspace().store, run_id, Add("p1", "[pink](http://x.example)"))
    decisions.add(state.workspace().store, run_id, Delete("c3"))
    at = open_app("browse", run=run_id)
    assert any(subheader.value.startswith("\\[pink\\]") for subheader in at.header)
    assert text.out_of_date(BLUE) in shown(at)
    assert button(at, text.UNDO).help == "Undo the deletion of a group"
