"""From the form to groups that follow a few pictures that a person picked."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from app import ALL_IMAGES, button, fresh_server, images, models, open_app, shown, wait_for  # noqa: F401

from core.ingest import source
from core.models.supplied.examples import KIND
from core.pipeline import intake
from core.pipeline.checking import FIRST_EXAMPLES
from core.results import decisions
from core.results.edits import Move
from core.results.run_view import rows
from ui import text
from ui.session import state


@pytest.fixture
def dataset(images: Path) -> str:
    workspace = state.workspace()
    origin = source.find(str(images), "", workspace.config)
    intake.look(workspace.store, workspace.copies, workspace.config, origin, threading.Event(), lambda _: None)
    return origin.dataset_id


def begin(dataset: str, names: str) -> str:
    """Name groups in the dialog; the id of the run, or what was said."""
    at = open_app("group", dataset=dataset)
    at.text_input(key="criterion").set_value("whose it is").run()
    at.button(key="by-examples").click().run()
    at.text_area(key="example-names").set_value(names)
    at.button(key="by-examples-go").click().run()
    if at.error:
        return str(at.error[0].value)
    run = state.workspace().store.runs.recent()[0]
    wait_for(lambda: state.workspace().store.runs.get(run.id).status == "done")
    return run.id


def test_names_then_pictures_then_the_rest(dataset: str) -> None:
    run_id = begin(dataset, "mine\nyours")
    store = state.workspace().store
    run = store.runs.get(run_id)
    assert run
    assert (run.settings.text, run.settings.names, run.settings.k) == (KIND, ("mine", "yours"), 2)
    at = open_app("browse", run=run_id, group="unassigned")
    assert f"{text.show_examples(FIRST_EXAMPLES)} 1 mine: **0** · 2 yours: **0**" in shown(at)
    assert button(at, text.CHECK_APPLY).disabled
    assert text.CHECK_SHOW_FIRST in shown(open_app("check", run=run_id))
    clusters = decisions.clusters(store, run_id).clusters
    by_colour = {name: [row.item_id for row in rows(store, run_id) if name in row.name] for name in ("red", "green")}
    for cluster, items in zip(clusters, by_colour.values(), strict=True):
        decisions.add(store, run_id, Move(tuple(items[:FIRST_EXAMPLES]), cluster.id))
    at = open_app("browse", run=run_id, group="unassigned")
    assert not button(at, text.CHECK_APPLY).disabled
    at = open_app("check", run=run_id)
    at = button(at, text.CHECK_APPLY).click().run()
    at = at.button(key="check-learn").click().run()
    assert not at.exception
    found = rows(store, run_id)
    assert len(found) == ALL_IMAGES
    assert {row.cluster.name for row in found if row.cluster and "red" in row.name} == {"mine"}
    assert text.show_examples(FIRST_EXAMPLES) not in shown(open_app("browse", run=run_id))


@pytest.mark.parametrize("names", ["", "one", "same\nSame"])
def test_too_few_names_are_one_sentence(dataset: str, names: str) -> None:
    assert begin(dataset, names).endswith(".")
    assert not state.workspace().store.runs.recent()
