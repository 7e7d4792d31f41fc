"""Runs where they are listed: what they are called, their pictures, a name of their own, and deleting with Undo."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from app import button, fresh_server, images, make, models, open_app, shown, wait_for, working  # noqa: F401

from core.store.runs import RunRow
from ui import text
from ui.session import run_data, state


def run_of(run_id: str) -> RunRow:
    run = state.workspace().store.runs.get(run_id)
    assert run is not None
    return run


def began(run_id: str, *, seconds: int) -> None:
    """Have a run made so long after it was."""
    with state.workspace().store.runs._db.write() as cursor:
        cursor.execute("UPDATE run SET created_at = created_at + to_seconds(?) WHERE id = ?", [seconds, run_id])


def test_two_runs_by_the_same_criterion_are_told_apart(make: Callable[..., str]) -> None:
    first = make(until="")
    plain = run_data.run_name(run_of(first))
    assert plain.endswith("by colour, 3 groups")
    other_k, second = make(until="", k=2), make(until="", criterion="Colour")
    assert run_data.run_name(run_of(other_k)).endswith("by colour, 2 groups")
    began(second, seconds=-90)
    names = [run_data.run_name(run_of(run_id)) for run_id in (first, second)]
    assert len({name.casefold() for name in names}) == 2
    assert names[0].startswith(f"{plain}, ")
    began(second, seconds=-86_400)
    assert run_data.run_name(run_of(first)) == f"{plain}, {text.at_time(run_of(first).created_at)}"
    store = state.workspace().store
    third = store.runs.create(replace(run_of(first).settings, vision="openai:gpt-tiny@http://127.0.0.1:9/v1"))
    assert run_data.run_name(run_of(third)).endswith(text.with_models(("gpt-tiny", text.BUILTIN)))
    store.catalogue.set_name(first, "mine")
    store.catalogue.set_name(third, "another")
    assert run_data.run_name(run_of(first)) == "mine"
    assert run_data.run_name(run_of(second)) == plain.replace("colour", "Colour")  # nothing to tell it from


def test_a_run_gets_a_name_and_loses_it(make: Callable[..., str]) -> None:
    run_id = make()
    at = open_app("group", run=run_id)
    at.session_state[f"menu-{run_id}"] = True
    at.run()
    at.text_input(key=f"name-{run_id}").set_value("  [the](good) one ").run()
    assert at.title[0].value == "\\[the\\]\\(good\\) one"
    assert run_of(run_id).name == "[the](good) one"
    at.text_input(key=f"name-{run_id}").set_value("").run()
    assert "by colour, 3 groups" in at.title[0].value.replace("\\", "")


def test_a_run_is_deleted_and_comes_back(make: Callable[..., str]) -> None:
    kept, gone = make(k=2), make(k=3)
    name = run_data.run_name(run_of(gone))
    at = open_app("group", run=gone)
    at.session_state[f"menu-{gone}"] = True
    at.run()
    button(at, text.RUN_DELETE).click().run()
    assert state.workspace().store.runs.get(gone) is None
    # The form on the same images, with the way back and the other run.
    assert text.GROUP_TITLE in shown(at)
    assert text.run_deleted(name) in shown(at)
    assert [each.key for each in at.button if each.key and each.key.startswith("recent-")] == [f"recent-{kept}"]
    button(at, text.RUN_BACK).click().run()
    assert run_of(gone).id == gone
    assert text.run_deleted(name) not in shown(at)


def test_a_run_at_work_is_stopped_first(working: str) -> None:
    at = open_app("group", run=working)
    at.session_state[f"menu-{working}"] = True
    at.run()
    button(at, text.RUN_DELETE).click().run()
    wait_for(lambda: state.jobs().get(working) is None)
    assert state.workspace().store.runs.get(working) is None


def test_the_next_start_removes_it(make: Callable[..., str]) -> None:
    run_id = make()
    state.workspace().store.catalogue.delete(run_id)
    state.workspace().close()
    state.workspace.clear()
    state.workspace().store.catalogue.restore(run_id)
    assert state.workspace().store.runs.get(run_id) is None


def test_a_grouping_beside_the_open_one_is_compared(make: Callable[..., str]) -> None:
    other, run_id = make(k=2), make(k=3)
    at = open_app("group", run=run_id)
    at.button(key=f"beside-{other}").click().run()
    assert (at.query_params["run"], at.query_params["with"]) == (run_id, other)
