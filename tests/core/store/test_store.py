"""What is kept: answers, evidence, runs and edits; and what happens to the file when things go wrong."""

from __future__ import annotations

import itertools
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import numpy as np
import pytest

from core.domain import DatasetRow, ImageRow, ItemRow, RunSettings, SourceAddress, StepStats
from core.engine.requests import Answer, Outcome, Work
from core.errors import Paused
from core.store import Store
from core.store.schema import migrate
from core.store.stale_groups import Mark

SETTINGS = RunSettings("d1", "colour", 3, names=("a", "b"))
C1, NONE = ("c1", None, None), (None, None, None)  # kinds of assignments


def filled(folder: Path) -> tuple[Store, str]:
    """A store with a dataset of two images and one run that described both."""
    store = Store(folder)
    store.datasets.begin("d1", "photos", SourceAddress("folder", "somewhere"), given=4)
    store.datasets.add(
        "d1",
        [
            ItemRow(0, "i1", "a.jpg"),
            ItemRow(1, "i2", "b/ü.jpg"),
            ItemRow(2, "i1", "copy.jpg", "duplicate", "The same as a.jpg."),
            ItemRow(3, "", "notes.txt", "skipped", "Not an image."),
        ],
        [ImageRow("i1", "JPEG", 10, 20), ImageRow("i2", "PNG", 5, 5, "first of 2 frames")],
    )
    run_id = store.runs.create(SETTINGS)
    vector = np.array([0.5, -1.25], dtype=np.float32)
    store.answers.save(
        run_id,
        "describe",
        "model/1",
        "space/1",
        [
            Outcome(Work("i1", "k1"), Answer('"A"', {"s": vector})),
            Outcome(Work("i2", "k2"), failure="too dark"),
        ],
    )
    return store, run_id


def test_a_dataset_adds_up_to_what_was_given(tmp_path: Path) -> None:
    store, _ = filled(tmp_path)
    dataset = store.datasets.get("d1")
    assert isinstance(dataset, DatasetRow)
    assert dataset.counts == {"ready": 2, "duplicate": 1, "skipped": 1}
    assert sum(dataset.counts.values()) == dataset.given
    assert [item.name for item in store.datasets.items("d1")] == ["a.jpg", "b/ü.jpg"]
    assert [item.position for item in store.datasets.skipped("d1", 1)] == [2]
    assert [item.reason for item in store.datasets.skipped("d1")] == ["The same as a.jpg.", "Not an image."]
    assert store.datasets.images(["i2", "nope"]) == {"i2": ImageRow("i2", "PNG", 5, 5, "first of 2 frames")}
    assert store.datasets.get("nope") is None


def test_truth_is_kept_by_facet_and_replaced_whole(tmp_path: Path) -> None:
    store, _ = filled(tmp_path)
    store.datasets.set_truth("d1", "colour", {"i1": "red", "i2": "blue"})
    store.datasets.set_truth("d1", "kind", {"i1": "car"})
    store.datasets.set_truth("d1", "colour", {"i1": "green"})
    assert store.datasets.facets("d1") == ["colour", "kind"]
    assert store.datasets.truth("d1", "colour") == {"i1": "green"}


def test_answers_evidence_and_failures_come_back(tmp_path: Path) -> None:
    store, run_id = filled(tmp_path)
    assert store.answers.lookup(["k1", "k2"]) == {"k1": '"A"'}
    assert store.answers.values(run_id, "describe") == {"i1": '"A"'}
    assert store.answers.values(run_id, "describe", ["i2"]) == {}
    assert store.answers.held(run_id, "describe")["i2"] == ("k2", "too dark", False)
    assert store.answers.step_counts(run_id) == {"describe": (2, 1)}
    spaces = store.answers.evidence("space/1", ["i2", "i1"])
    assert np.isnan(spaces["s"][0]).all()
    assert spaces["s"][1].tolist() == [0.5, -1.25]
    assert store.answers.evidence("other/1", ["i1"]) == {}


def test_a_run_keeps_its_settings_status_and_statistics(tmp_path: Path) -> None:
    store, run_id = filled(tmp_path)
    store.runs.set_status(run_id, "running")
    store.runs.set_stats(run_id, {"describe": StepStats(items=2, requests=1)})
    run = store.runs.get(run_id)
    assert run is not None
    assert run.settings == SETTINGS
    assert run.stats["describe"].requests == 1
    assert store.runs.interrupt_running() == [run_id]
    assert [row.status for row in store.runs.recent()] == ["interrupted"]
    assert store.runs.get("nope") is None


def test_undo_gives_back_the_answer_that_was_held_before(tmp_path: Path) -> None:
    store, run_id = filled(tmp_path)
    store.answers.save(run_id, "assign", "m", None, [Outcome(Work("i1", "old"), Answer('{"cluster_id": "c1"}'))])
    store.runs.add_edit(run_id, "{}", marks=[Mark([C1])])
    assert store.answers.held(run_id, "assign")["i1"] == ("old", "", True)
    store.answers.save(run_id, "assign", "m", None, [Outcome(Work("i1", "new"), Answer('"y"'))])
    undone = store.runs.undo_edit(run_id)
    assert undone is not None
    assert store.answers.held(run_id, "assign")["i1"] == ("old", "", False)
    assert store.answers.values(run_id, "assign") == {"i1": '{"cluster_id": "c1"}'}
    assert store.runs.undo_edit(run_id) is None


def test_undo_of_a_later_edit_leaves_stale_what_an_earlier_one_touched(tmp_path: Path) -> None:
    store, run_id = filled(tmp_path)
    chosen = {"i1": '{"cluster_id": "c1"}', "i2": '{"cluster_id": null}'}
    outcomes = [Outcome(Work(item, f"k-{item}"), Answer(value)) for item, value in chosen.items()]
    store.answers.save(run_id, "assign", "m", None, outcomes)
    assert store.runs.kinds(run_id) == [(C1, 1), (NONE, 1)]
    store.runs.add_edit(run_id, "{}", marks=[Mark([C1])])
    store.runs.add_edit(run_id, "{}", marks=[Mark([C1, NONE])])
    store.runs.undo_edit(run_id)
    held = store.answers.held(run_id, "assign")
    assert (held["i1"][2], held["i2"][2]) == (True, False)


def test_undo_makes_stale_again_what_an_earlier_edit_touched_and_a_pass_has_answered_since(tmp_path: Path) -> None:
    store, run_id = filled(tmp_path)
    store.answers.save(run_id, "assign", "m", None, [Outcome(Work("i1", "first"), Answer('{"cluster_id": "c1"}'))])
    for _ in range(2):
        store.runs.add_edit(run_id, "{}", marks=[Mark([C1])])
    store.answers.save(run_id, "assign", "m", None, [Outcome(Work("i1", "second"), Answer('{"cluster_id": "c2"}'))])
    store.runs.undo_edit(run_id)  # what was answered for both edits is not what is asked with one of them
    assert store.answers.held(run_id, "assign")["i1"] == ("second", "", True)
    store.runs.undo_edit(run_id)
    assert store.answers.held(run_id, "assign")["i1"] == ("first", "", False)


def test_everything_is_there_after_closing_and_opening(tmp_path: Path) -> None:
    store, run_id = filled(tmp_path)
    store.close()
    again = Store(tmp_path)
    assert again.answers.values(run_id, "describe") == {"i1": '"A"'}
    assert again.restorations.all() == []


@pytest.mark.parametrize("offset", [0.0, 0.3, 0.6, 0.9])
def test_a_damaged_file_is_rebuilt_from_the_copies_of_finished_steps(tmp_path: Path, offset: float) -> None:
    store, run_id = filled(tmp_path)
    store.answers.backup(run_id, "describe")
    store.close()
    path = tmp_path / "facetry.duckdb"
    content = bytearray(path.read_bytes())
    start = int(len(content) * offset)
    end = start + len(content) // 10 + 4096
    content[start:end] = b"\xff" * len(content[start:end])
    path.write_bytes(content)

    again = Store(tmp_path)
    assert all((tmp_path / found.kept).exists() for found in again.restorations.all())  # some parts of it hold nothing
    assert again.answers.values(run_id, "describe") == {"i1": '"A"'}
    assert again.answers.evidence("space/1", ["i1"])["s"].tolist() == [[0.5, -1.25]]
    assert len(again.datasets.items("d1")) == 2
    run = again.runs.get(run_id)
    assert run is not None
    assert run.settings == SETTINGS


def test_steps_that_end_at_the_same_moment_are_all_copied_and_leave_nothing_half(tmp_path: Path) -> None:
    store, first = filled(tmp_path)
    runs = [first, *(store.runs.create(SETTINGS) for _ in range(3))]
    for run_id in runs[1:]:
        store.answers.save(run_id, "describe", "m", None, [Outcome(Work("i1", f"k-{run_id}"), Answer('"v"'))])
    with ThreadPoolExecutor(len(runs)) as pool:
        for _ in range(5):
            for done in [pool.submit(store.answers.backup, run_id, "describe") for run_id in runs]:
                done.result()
    store.close()
    (tmp_path / "facetry.duckdb").write_bytes(b"damaged")
    left = tmp_path / "backup" / "run.0.part"
    left.write_bytes(b"by a process that was killed")
    again = Store(tmp_path)
    assert {row.id for row in again.runs.recent()} == set(runs)
    assert all(again.answers.values(run_id, "describe") for run_id in runs)
    assert not list((tmp_path / "backup").glob("*.part"))


def test_copies_that_cannot_be_written_pause_the_run_and_are_written_when_it_goes_on(
    tmp_path: Path,
) -> None:
    store, run_id = filled(tmp_path)
    way = tmp_path / "backup"
    way.write_bytes(b"in the way")
    with pytest.raises(Paused, match=r"safety copies in .*backup cannot be written.*then continue"):
        store.answers.backup(run_id, "describe")
    assert not list(tmp_path.glob("backup/*.part"))
    way.unlink()
    store.answers.backup(run_id, "describe")
    assert (tmp_path / "backup" / "000001" / f"answer-{run_id}-describe.parquet").is_file()


def test_a_second_process_gets_a_clear_sentence(tmp_path: Path) -> None:
    store, _ = filled(tmp_path)
    code = f"from pathlib import Path; from core.store import Store; Store(Path({str(tmp_path)!r}))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    store.close()
    assert other.returncode != 0
    assert f"WorkspaceUnavailable: The workspace {tmp_path} is open in another" in other.stderr


def test_sql_cannot_reach_files_or_python_variables(tmp_path: Path) -> None:
    store, _ = filled(tmp_path)
    secret = tmp_path.parent / "secret.csv"
    secret.write_text("a\n1\n")
    hidden = [1]
    database = store.answers._db
    for sql in (
        f"SELECT * FROM read_csv('{secret}')",
        f"SELECT * FROM read_text('{secret}')",
        f"COPY run TO '{secret}'",
        "SELECT * FROM hidden",
        "SET enable_external_access = true",
        "INSTALL httpfs",
    ):
        with pytest.raises(duckdb.Error):
            database.read(sql)
    assert secret.read_text() == "a\n1\n"
    assert hidden == [1]


def test_many_threads_may_read_and_write_at_once(tmp_path: Path) -> None:
    import threading

    store, run_id = filled(tmp_path)
    errors: list[Exception] = []

    def work(number: int) -> None:
        try:
            for turn in range(10):
                outcome = Outcome(Work("i1", f"k{number}-{turn}"), Answer('"v"'))
                store.answers.save(run_id, "label", "m", None, [outcome])
                store.runs.set_status(run_id, "running", f"{number}")
                assert store.answers.lookup([f"k{number}-{turn}"])
        except Exception as error:  # noqa: BLE001  # reported by the assertion below
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_the_schema_comes_from_any_version_up_to_today_and_applying_it_twice_changes_nothing() -> None:
    connection = duckdb.connect()
    assert migrate(connection, upto=1) == 1
    newest = migrate(connection)
    assert newest >= 1
    tables = connection.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()
    assert migrate(connection) == newest
    assert connection.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall() == tables
    assert ("answer",) in tables


def test_a_spread_is_from_all_over(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.datasets.begin("many", "many", SourceAddress(), 100)
    store.datasets.add("many", [ItemRow(place, f"i{place}", f"{place}.jpg") for place in range(100)])
    for number in (1, 7, 48, 99, 100, 300):
        shown = [item.position for item in store.datasets.spread("many", number)]
        assert len(shown) == min(number, 100)
        steps = {after - before for before, after in itertools.pairwise(shown)}
        assert not steps or max(steps) - min(steps) <= 1


def before_own_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """A database of the version before, with what it kept as preferences."""
    migrate(connection, upto=2)
    connection.executemany(
        "INSERT INTO preference VALUES (?, ?)",
        [("choices-d1", '{"cap": 5.0}'), ("rows left out of r1", '[1, [["a", "why"]]]'), ("prices", "[]")],
    )


def check_moved(store: Store) -> None:
    assert (store.datasets.options("d1"), store.datasets.options("d2")) == ('{"cap": 5.0}', "")
    assert (store.runs.left_out("r1"), store.runs.left_out("r2")) == ('[1, [["a", "why"]]]', "")
    assert store.preferences.get("prices") == "[]"
    assert store.answers._db.read("SELECT name FROM preference") == [("prices",)]


def test_what_belongs_to_images_or_a_run_moves_out_of_the_preferences(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "facetry.duckdb") as connection:
        before_own_tables(connection)
    store = Store(tmp_path)
    check_moved(store)
    store.datasets.set_options("d1", "{}")
    store.close()
    again = Store(tmp_path)
    assert again.datasets.options("d1") == "{}"
    again.close()


def test_it_moves_from_the_copies_of_an_earlier_version_too(tmp_path: Path) -> None:
    (tmp_path / "backup").mkdir()
    with duckdb.connect() as connection:
        before_own_tables(connection)
        connection.execute(f"COPY preference TO '{tmp_path}/backup/preference.parquet' (FORMAT parquet)")
    store = Store(tmp_path)  # it has no database, so it takes the copies
    check_moved(store)
    store.close()


def test_where_a_dataset_came_from_is_stored_as_it_was_by_earlier_versions() -> None:
    """Its id is a hash over this: another form would make a dataset of today's images a new one."""
    stored = [
        {"kind": "folder", "path": "/photos", "limit": "0", "spread": ""},
        {"kind": "zip", "path": "/photos.zip", "limit": "20", "spread": "yes"},
        {"kind": "pdf", "path": "/x.pdf", "limit": "0", "spread": "", "pdf": "pages"},
        {"kind": "records", "path": "/r.jsonl", "limit": "5"},
        {"kind": "records", "path": "/r.csv", "limit": "0", "form": "results"},
    ]
    assert [SourceAddress.from_json(place).to_json() for place in stored] == stored
    assert not SourceAddress.from_json(stored[3]).has_images
    assert SourceAddress.from_json(stored[1]).whole() == SourceAddress("zip", "/photos.zip")
