"""All runs on the same images at once: leaderboard, agreement, consensus, and the file of everything."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pandas as pd
from app import ALL_IMAGES, BLUE, GREEN, RED, button, fresh_server, images, make, models, open_app, shown  # noqa: F401
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest
from waiting import wait_for

from core.results import together
from core.results.run_view import View
from ui import text
from ui.routes import downloads
from ui.session import state


def test_a_leaderboard_and_how_far_runs_agree(make: Callable[..., str]) -> None:
    fine, coarse = make(k=3), make(k=2)
    at = open_app("compare", run=fine)
    board, matrix = (frame.value for frame in at.dataframe[-2:])
    assert next(iter(board[text.FIGURES["ari"]])).startswith("1.000")
    assert list(board[text.TOGETHER_COVERED]) == [1.0, (ALL_IMAGES - BLUE) / ALL_IMAGES]
    assert len(board) == len(matrix) == 2
    assert matrix["1"][0] == matrix["2"][1] == 1.0
    assert matrix["1"][1] == matrix["2"][0]
    assert coarse != fine


def consensus_of(at: AppTest) -> View:
    """The run that a consensus becomes at the click of its button."""
    button(at, text.CONSENSUS_MAKE).click().run()
    store = state.workspace().store

    def made() -> list[str]:
        runs = store.runs.recent()
        return [run.id for run in runs if run.settings.criterion == text.CONSENSUS_NAME and run.status == "done"]

    wait_for(lambda: bool(made()))
    return View(store, made()[0])


def test_a_consensus_becomes_a_run(make: Callable[..., str]) -> None:
    first, second = make(k=3), make(k=2)
    at = open_app("compare", run=first)
    dataset = View(state.workspace().store, first).run.settings.dataset_id
    at.multiselect(key=f"trust-{dataset}").set_value([first, second]).run()
    assert text.disputed(BLUE, ALL_IMAGES) in shown(at)
    view = consensus_of(at)
    assert sorted(view.sizes().values()) == sorted([RED, GREEN, BLUE])
    assert {row.confidence for row in view.rows()} == {1.0, 0.5}


def test_whom_to_trust_is_said_zone_by_zone(make: Callable[..., str]) -> None:
    first, second = make(k=3), make(k=2)
    dataset = View(state.workspace().store, first).run.settings.dataset_id
    at = open_app("compare", run=first)
    at.multiselect(key=f"trust-{dataset}").set_value([first, second]).run()
    (zone,) = together.zones(state.workspace().store, [first, second])
    assert zone.names == ("blue", "")
    assert text.images(BLUE) in shown(at)
    at.selectbox(key=f"zone-{dataset}-{'-'.join([first, second, *zone.said])}").set_value(second).run()
    assert sorted(consensus_of(at).sizes().values()) == sorted([RED, GREEN])


def test_everything_leaves_as_one_file(make: Callable[..., str]) -> None:
    first, second = make(k=3), make(k=2)
    dataset = View(state.workspace().store, first).run.settings.dataset_id
    client = TestClient(Starlette(routes=downloads.ROUTES))
    got = client.get(downloads.bundle_address(dataset, "bundle.parquet"))
    assert got.status_code == 200
    table = pd.read_parquet(io.BytesIO(got.content))
    assert len(table) == ALL_IMAGES
    assert {f"colour ({first})", f"colour ({second})", "image"} < set(table)
    assert table[f"colour ({second})"].isna().sum() == BLUE
    whole = json.loads(client.get(downloads.bundle_address(dataset, "bundle.json")).content)
    assert [run["run"] for run in whole["runs"]] == [second, first]
    for wrong in ("/download/dataset/00/bundle.json", downloads.bundle_address(dataset, "bundle.exe")):
        assert client.get(wrong).status_code == 404
