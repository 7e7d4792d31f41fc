"""Damage that an attack found: logs of other databases and versions, decisions that were undone, links, odd copies."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import saved
from saved import ALL, IN_FILE, answers, change, copy_of
from shortcuts import rebuild_elsewhere, rebuild_in_process

from core.store import Store, schema
from core.store.copies import Copies
from core.store.database import now
from core.store.recovery import database_file

FILE, LOG = "facetry.duckdb", "facetry.duckdb.wal"
_DECIDED = """
import os
from pathlib import Path
from core.store import Store

store = Store(Path({folder!r}))
(run,) = store.runs.recent()
store.runs.add_edit(run.id, '"kept"')
store.runs.add_edit(run.id, '"undone"')
store.runs.undo_edit(run.id)
os._exit(0)
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    rebuild_in_process(monkeypatch)


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With two edits in the log, one of which is undone there."""
    folder = saved.make(tmp_path_factory.mktemp("decided") / "w", copies=True)
    subprocess.run([sys.executable, "-c", _DECIDED.format(folder=str(folder))], check=True)
    return folder


def edits(folder: Path) -> list[str]:
    store = Store(folder)
    (run,) = store.runs.recent()
    found = [edit.value for edit in store.runs.edits(run.id)]
    store.close()
    return found


def test_the_log_of_another_database_is_not_applied(
    left: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuild_elsewhere(monkeypatch)
    folder, other = copy_of(left, tmp_path / "w"), saved.make(tmp_path / "other", copies=False)
    store = Store(folder)
    store.close()  # all is in the file now
    shutil.copy(other / LOG, folder / LOG)
    assert answers(folder) == ALL
    store = Store(folder)
    assert len(store.runs.recent()) == 1
    assert [found.whole for found in store.restorations.all()] == [False]
    store.close()
    assert edits(folder) == ['"kept"']
    (kept,) = folder.glob("facetry.damaged-*.wal")
    assert kept.read_bytes() == (other / LOG).read_bytes()


@pytest.mark.parametrize(("file", "place"), [(LOG, 0.5), (FILE, 3 * 4096 + 10)])
def test_an_edit_that_was_undone_in_the_log_does_not_come_back(
    left: Path, tmp_path: Path, file: str, place: int | float
) -> None:
    folder = copy_of(left, tmp_path / "w")
    change(folder / file, place)
    assert answers(folder) > IN_FILE
    assert '"undone"' not in edits(folder)


def test_zeros_behind_the_log_are_the_end_that_a_crash_leaves(left: Path, tmp_path: Path) -> None:
    folder = copy_of(left, tmp_path / "w")
    with (folder / LOG).open("ab") as file:
        file.write(bytes(5000))
    assert answers(folder) == ALL
    assert edits(folder) == ['"kept"']
    store = Store(folder)
    assert all(found.whole for found in store.restorations.all())
    store.close()


@pytest.mark.parametrize("version", [1, 3])
def test_the_log_of_an_earlier_version_is_read_although_its_file_is_lost(tmp_path: Path, version: int) -> None:
    code = f"""
import os, duckdb
from core.store import schema
connection = duckdb.connect({str(tmp_path / FILE)!r})
schema.migrate(connection, upto={version})
connection.execute("CHECKPOINT")
for number in range(20):
    connection.execute("BEGIN")
    connection.execute("INSERT INTO answer VALUES (?, 'describe', 'm', '1', now()::TIMESTAMP)", [f"k{{number}}"])
    row = ["r", "describe", f"i{{number}}", f"k{{number}}", "", False, *([''] if {version} > 1 else [])]
    connection.execute(f"INSERT INTO result VALUES ({{', '.join('?' * len(row))}})", row)
    connection.execute("COMMIT")
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    change(tmp_path / FILE, 0, b"lost" * 10**6)
    store = Store(tmp_path)
    assert store.answers.step_counts("r") == {"describe": (20, 0)}
    assert len(store.answers.lookup([f"k{number}" for number in range(20)])) == 20
    assert schema.version(store._db._connection._root) == max(schema.scripts())  # type: ignore[arg-type]
    store.close()


def test_a_database_that_is_a_link_is_restored_too(left: Path, tmp_path: Path) -> None:
    folder = copy_of(left, tmp_path / "w")
    real = tmp_path / "disk"
    real.mkdir()
    for name in (FILE, LOG):
        (folder / name).rename(real / name)
    (folder / FILE).symlink_to(Path("..") / "disk" / FILE)
    change(real / LOG, 0.5)
    assert answers(folder) > ALL - 40
    store = Store(folder)
    assert len(store.restorations.all()) == 1
    store.close()


def test_a_damaged_index_is_found_at_the_opening(left: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rebuild_elsewhere(monkeypatch)
    folder = copy_of(left, tmp_path / "w")
    Store(folder).close()
    blocks = ((folder / FILE).stat().st_size - 3 * 4096) // 2**18
    for block in range(1, blocks):
        damaged = copy_of(folder, tmp_path / f"w{block}")
        for byte in (b"\x5a", b"\0") if block % 2 else (b"\0", b"\x5a"):  # each is found, the last one restored
            change(damaged / FILE, 3 * 4096 + block * 2**18, byte * 2**18)
            assert database_file.has_bad_blocks(damaged / FILE)
        store = Store(damaged)
        for number, table in enumerate(("answer", "result")):
            columns = len(store._db.read(f"SELECT * FROM {table} LIMIT 1")[0])
            row = [f"new{number}", "label", "m", '"x"', now()] if table == "answer" else None
            row = row or ["r", "label", f"new{number}", "k", "", False, ""][:columns]
            store._db.insert(table, [row])
        (run,) = store.runs.recent()
        assert set(store.answers.lookup(["k0", f"k{IN_FILE - 1}", "new0"])) == {"k0", f"k{IN_FILE - 1}", "new0"}
        assert store.answers.held("r", "label").keys() == {"new1"}
        assert store.answers.step_counts(run.id)["describe"][0] >= IN_FILE
        store.close()


@pytest.mark.parametrize(
    "about", ["[]", "{}", '[[null,"",1]]', '[[5,"",1]]', '[["answer","",Infinity]]', '[["wrong","x",1]]', "[[[["]
)
def test_copies_with_a_damaged_list_are_the_files_that_lie_there(left: Path, tmp_path: Path, about: str) -> None:
    folder = copy_of(left, tmp_path / "w")
    for name in (FILE, LOG):
        (folder / name).unlink()
    (folder / "backup" / "000001" / "about.json").write_text(about)
    assert answers(folder) == IN_FILE
    store = Store(folder)
    (run,) = store.runs.recent()
    store.answers.backup(run.id, "describe")
    store.close()


def test_a_copy_that_somebody_removed_is_taken_from_an_older_generation(tmp_path: Path) -> None:
    copies = Copies(tmp_path)

    def write(path: Path) -> int:
        path.write_bytes(b"x")
        return 1

    copies.write([("answer-a", write), ("run", write)])
    copies.write([("run", write)])
    (tmp_path / "000002" / "answer-a.parquet").unlink()
    for _ in range(4):
        copies.write([("run", write)])
        newest = copies.generations()[0]
        assert newest.files["answer-a"].path.read_bytes() == b"x"
        listed = json.loads((newest.files["run"].path.parent / "about.json").read_text())
        assert [name for name, _, _ in listed] == ["answer-a", "run"]
