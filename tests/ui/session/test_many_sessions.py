"""What keeps pages quick for many sessions: they share what all of them see, and see each other's edits at once."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from app import fresh_server, images, make, models, open_app, shown  # noqa: F401
from streamlit.testing.v1 import AppTest
from waiting import wait_for

from core.models import registry
from core.models.builtin import text_model, vision_model
from core.results import decisions, run_view
from core.results.edits import Move, Rename
from core.store.database import Database
from ui import text
from ui.session import state

PAGES = ("browse", "names", "evaluate", "group", "start")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The queries that the database was asked."""
    queries: list[str] = []
    read = Database.read

    def noted(self: Database, sql: str, values: Any = ()) -> list[tuple[Any, ...]]:
        queries.append(sql)
        return read(self, sql, values)

    monkeypatch.setattr(Database, "read", noted)
    return queries


def test_a_second_session_asks_the_database_nothing(make: Callable[..., str], asked: list[str]) -> None:
    run_id = make()
    first = [open_app(page, run=run_id) for page in PAGES]
    wait_for(lambda: not any(look.alive for look in state.jobs()._exploring.values()))  # Evaluate measures beside
    before = [shown(at.run()) for at in first]
    asked.clear()
    assert [shown(open_app(page, run=run_id)) for page in PAGES] == before
    assert asked == []


@pytest.mark.parametrize("page", ["browse", "names"])
def test_an_edit_shows_in_another_session_at_its_next_rerun(page: str, make: Callable[..., str]) -> None:
    run_id = make()
    first, second = open_app(page, run=run_id), open_app(page, run=run_id)
    red = decisions.clusters(state.workspace().store, run_id).clusters[0]
    key = f"name-{run_id}-{red.id}"
    (first if page == "names" else open_app("names", run=run_id)).text_input(key=key).set_value("scarlet").run()
    second.run()
    names = [field.value for field in second.text_input] + [heading.value for heading in second.header]
    assert "scarlet" in names
    assert red.name not in names


def matrix(at: AppTest) -> Any:
    return at.get("vega_lite_chart")[0].proto


def test_an_edit_changes_the_numbers_of_the_matrix_and_not_its_drawing(make: Callable[..., str]) -> None:
    run_id, store = make(), state.workspace().store
    before = matrix(open_app("evaluate", run=run_id))
    row, other = run_view.rows(store, run_id)[0], decisions.clusters(store, run_id).clusters[0]
    assert row.cluster != other
    decisions.add(store, run_id, Move((row.item_id,), other.id))
    after = matrix(open_app("evaluate", run=run_id))
    assert after.spec == before.spec
    assert [part.data.data for part in after.datasets] != [part.data.data for part in before.datasets]
    decisions.add(store, run_id, Rename(other.id, "scarlet"))
    assert "scarlet" in matrix(open_app("evaluate", run=run_id)).spec


def test_garbage_is_not_collected_after_each_page() -> None:
    assert st.get_option("runner.postScriptGC") is False  # it took 0.19 s of 0.24


@pytest.mark.parametrize(("page", "needed"), [("start", False), ("images", True), ("evaluate", True)])
def test_the_first_page_alone_needs_no_models(page: str, needed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "_gone_on", threading.Event())
    open_app(page)
    assert state._gone_on.is_set() == needed


def test_collections_leave_out_what_the_libraries_keep(monkeypatch: pytest.MonkeyPatch) -> None:
    frozen, sights = threading.Event(), []
    monkeypatch.setattr(state, "_gone_on", threading.Event())
    monkeypatch.setattr(state, "_DRAWN_BY_THEN", 0.0)
    monkeypatch.setattr(text_model, "warm_up", lambda: None)
    monkeypatch.setattr(vision_model, "warm_up", lambda: sights.append("models"))
    monkeypatch.setattr(registry, "vision_model", lambda *_: SimpleNamespace(sight=sights.append))
    monkeypatch.setattr(gc, "freeze", frozen.set)
    state.warm_up()
    assert sights == []  # nobody has gone on yet
    state.go_on()
    assert frozen.wait(20)
    assert sights == ["models", text.DEMO_CRITERION]
