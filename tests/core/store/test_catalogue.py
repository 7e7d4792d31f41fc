"""What runs are called, which are versions of which, and what becomes of those that were deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from core.domain import ItemRow, RunSettings, SourceAddress
from core.engine.requests import Answer, Outcome, Work
from core.store import Store, schema
from core.store.store import Catalogue


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    store.datasets.begin("d", "cars", SourceAddress("folder", "/cars"), 1)
    store.datasets.add("d", [ItemRow(0, "i1", "a.jpg")])
    yield store
    store.close()


def test_a_run_has_a_name_and_a_parent(store: Store) -> None:
    first, second = (store.runs.create(RunSettings("d", "colour", 2)) for _ in range(2))
    store.catalogue.set_name(first, "  the good one ")
    store.catalogue.set_parent(second, first)
    store.catalogue.set_carried(second, "{}")
    found = {run.id: (run.name, run.parent) for run in store.runs.recent()}
    assert found == {first: ("the good one", ""), second: ("", first)}
    assert (store.catalogue.carried(first), store.catalogue.carried(second)) == ("", "{}")


def test_runs_that_would_be_called_the_same(store: Store) -> None:
    settings = RunSettings("d", "Colour", 2)
    first, second = store.runs.create(settings), store.runs.create(RunSettings("d", "colour", 2))
    for other in (RunSettings("d", "colour", 3), RunSettings("e", "colour", 2), RunSettings("d", "kind", 2)):
        store.runs.create(other)
    run = store.runs.get(first)
    assert run is not None
    assert {alike.id for alike in store.runs.alike(run)} == {first, second}
    store.catalogue.set_name(second, "mine")
    assert [alike.id for alike in store.runs.alike(run)] == [first]


def test_a_deleted_run_comes_back_until_it_is_purged(store: Store) -> None:
    run_id, other = (store.runs.create(RunSettings("d", "colour", 2)) for _ in range(2))
    for each in (run_id, other):
        store.answers.save(each, "label", "m", None, [Outcome(Work("i1", "shared"), Answer('"red"'))])
        store.runs.add_edit(each, '{"kind":"delete","cluster_id":"c1"}')
    store.catalogue.delete(run_id)
    assert store.runs.get(run_id) is None
    assert [run.id for run in store.runs.recent()] == [run.id for run in store.runs.of_dataset("d")] == [other]
    store.catalogue.restore(run_id)
    assert store.runs.get(run_id) is not None
    assert store.catalogue.purge() == []
    store.catalogue.delete(run_id)
    assert store.catalogue.purge() == [run_id]
    store.catalogue.restore(run_id)
    assert store.runs.get(run_id) is None
    assert store.runs.edits(run_id) == []
    assert store.answers.value(run_id, "label", "i1") is None
    # What models answered is shared: the other run keeps it, and a later one finds it.
    assert store.answers.value(other, "label", "i1") == '"red"'
    assert len(store.runs.edits(other)) == 1


def test_a_workspace_of_before_has_runs_without_names(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / schema.DATABASE)) as connection:
        schema.migrate(connection, upto=5)
        connection.execute(
            "INSERT INTO run VALUES ('r', 'd', '{\"dataset_id\":\"d\",\"criterion\":\"colour\",\"k\":2}', 'done', '', "
            "'{}', now(), now(), '')"
        )
    store = Store(tmp_path)
    (run,) = store.runs.recent()
    assert (run.id, run.name, run.parent) == ("r", "", "")
    assert isinstance(store.catalogue, Catalogue)
    store.close()
