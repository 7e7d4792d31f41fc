"""Damaged, missing and locked databases: what can be had is had, the rest is said, nothing is overwritten."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest
import saved
from saved import ALL, AT_ONCE, IN_FILE, IN_LOG, answers, change, copy_of
from shortcuts import rebuild_elsewhere, rebuild_in_process

from core.errors import WorkspaceUnavailable
from core.store import Store, opening
from core.store.database import now
from core.store.recovery import rebuild

FILE, LOG = "facetry.duckdb", "facetry.duckdb.wal"
ZEROS = bytes(4096)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    rebuild_in_process(monkeypatch)


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved.make(tmp_path_factory.mktemp("saved") / "w", copies=False)


@pytest.fixture(scope="module")
def left_with_copies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved.make(tmp_path_factory.mktemp("copied") / "w", copies=True)


def rebuilt(folder: Path) -> tuple[int, bool]:
    """How many answers a rebuilt database has, and whether it says that nothing was lost."""
    scratch = folder / "scratch"
    scratch.mkdir()
    found = rebuild.rebuild(folder, scratch)
    with duckdb.connect(scratch / "new.duckdb") as connection:
        rows = connection.execute("SELECT call_key, value FROM answer").fetchall()
    assert all(value == f'"what image {key[1:]} shows"' for key, value in rows)
    return len(rows), found.whole


@pytest.mark.parametrize("place", [0, 20, -1, -10])
def test_a_damaged_head_or_end_of_the_log_loses_nothing(left: Path, tmp_path: Path, place: int) -> None:
    folder = copy_of(left, tmp_path / "w")
    change(folder / LOG, place)
    assert rebuilt(folder) == (ALL, True)


@pytest.mark.parametrize("place", [60, 0.5, -40])
def test_a_flipped_byte_in_the_log_loses_one_transaction(left: Path, tmp_path: Path, place: int | float) -> None:
    folder = copy_of(left, tmp_path / "w")
    change(folder / LOG, place)
    kept, whole = rebuilt(folder)
    assert ALL - 2 * AT_ONCE <= kept < ALL
    assert not whole


@pytest.mark.parametrize(
    ("file", "place", "content", "at_least"),
    [
        (LOG, 0, ZEROS, ALL - 8 * AT_ONCE),
        (LOG, 0.5, ZEROS, ALL - 8 * AT_ONCE),
        (LOG, 0, b"\xff" * 10**7, IN_FILE),
        (FILE, 0, None, ALL),  # the first header: as in any database of this version
        (FILE, 30, None, ALL),
        (FILE, 0, ZEROS, ALL),
        (FILE, 8192 + 100, None, ALL),  # the header whose turn it is not
        (FILE, 4096 + 2000, None, ALL),  # where a header holds nothing
        (FILE, 3 * 4096 + 10, None, IN_LOG),  # the block that says where everything lies
        (FILE, 0, b"not a database" * 10**6, IN_LOG),
    ],
)
def test_what_can_be_read_is_there(
    left: Path, tmp_path: Path, file: str, place: int | float, content: bytes | None, at_least: int
) -> None:
    folder = copy_of(left, tmp_path / "w")
    change(folder / file, place, content)
    kept, whole = rebuilt(folder)
    assert kept >= at_least
    assert kept == ALL or not whole


@pytest.mark.parametrize("block", range(5))
def test_a_damaged_block_is_found_at_the_opening_and_copies_make_up_for_it(
    left_with_copies: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    rebuild_elsewhere(monkeypatch)
    folder = copy_of(left_with_copies, tmp_path / "w")
    if (folder / FILE).stat().st_size <= 3 * 4096 + block * 2**18:
        pytest.skip("the file has no such block")
    change(folder / FILE, 3 * 4096 + block * 2**18 + 1000, b"\x5a" * 9000)
    assert answers(folder) == ALL
    store = Store(folder)
    store.answers._db.insert("answer", [("new", "label", "m", '"x"', now())])  # an index's block, too
    assert all((folder / found.kept).exists() for found in store.restorations.all())
    store.close()


@pytest.mark.parametrize("gone", [[FILE], [FILE, LOG]])
def test_a_missing_database_is_restored_from_its_log_and_copies(
    left_with_copies: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: list[str]
) -> None:
    rebuild_elsewhere(monkeypatch)
    folder = copy_of(left_with_copies, tmp_path / "w")
    for name in gone:
        (folder / name).unlink()
    assert answers(folder) == (IN_FILE if LOG in gone else ALL)
    store = Store(folder)
    (found,) = store.restorations.all()
    assert found.until is not None
    assert not found.whole
    assert "was missing and was restored on" in found.sentence(folder)
    store.restorations.mark_read()
    assert store.restorations.unread() == []
    store.close()


def test_a_damaged_copy_is_left_out_for_an_earlier_one_and_said(left_with_copies: Path, tmp_path: Path) -> None:
    folder = copy_of(left_with_copies, tmp_path / "w")
    store = Store(folder)
    (run,) = store.runs.recent()
    store.answers.backup(run.id, "describe")
    store.close()
    (folder / FILE).unlink()
    change(folder / "backup" / "000002" / f"answer-{run.id}-describe.parquet", 0.5)
    change(folder / "backup" / "000002" / "result.parquet", 0, b"nothing")
    assert answers(folder) == IN_FILE
    store = Store(folder)
    (found,) = store.restorations.all()
    assert set(found.bad_copies) == {f"000002/answer-{run.id}-describe.parquet", "000002/result.parquet"}
    assert "2 of the safety copies could not be read" in found.sentence(folder)
    store.close()


def test_an_edit_that_was_undone_does_not_come_back_with_the_copies(left: Path, tmp_path: Path) -> None:
    folder = copy_of(left, tmp_path / "w")
    store = Store(folder)
    (run,) = store.runs.recent()
    store.runs.add_edit(run.id, "{}")
    store.answers.backup(run.id, "describe")
    store.runs.undo_edit(run.id)
    store.close()
    change(folder / FILE, 30)
    store = Store(folder)
    assert len(store.restorations.all()) == 1
    assert store.runs.edits(run.id) == []
    store.close()


def test_a_restore_that_is_killed_again_and_again_ends_whole(left_with_copies: Path, tmp_path: Path) -> None:
    folder = copy_of(left_with_copies, tmp_path / "w")
    change(folder / FILE, 3 * 4096 + 10)
    code = f"from pathlib import Path; from core.store import Store; Store(Path({str(folder)!r})).close()"
    for kill in range(8):
        process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
        time.sleep(0.3 + kill * 0.1)  # a restore ends within the second on a machine that does nothing else
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert answers(folder) == ALL
    store = Store(folder)
    assert len(store.restorations.all()) == 1
    store.close()
    assert len(list(folder.glob("facetry.damaged-*.duckdb"))) == 1
    assert not list(folder.glob("*restor*"))


def test_at_each_step_of_putting_it_in_place_a_kill_loses_nothing(
    left_with_copies: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def failing(number: int, real: Callable[..., object]) -> Callable[..., object]:
        calls = 0

        def call(*args: object, **named: object) -> object:
            nonlocal calls
            calls += 1
            if calls == number:
                raise Killed
            return real(*args, **named)

        return call

    for number in range(1, 4):
        for name in ("unlink", "replace"):
            folder = copy_of(left_with_copies, tmp_path / f"{name}-{number}")
            change(folder / FILE, 3 * 4096 + 10)
            with monkeypatch.context() as patch, suppress(Killed):
                patch.setattr(Path, name, failing(number, getattr(Path, name)))
                Store(folder).close()
            assert answers(folder) == ALL


def in_another_process(folder: Path, before: str) -> str:
    """The last line on stderr of a process that does `before` and then opens the workspace."""
    code = f"""
import os, resource
from pathlib import Path
from core.store import Store, opening
{before}
Store(Path({str(folder)!r})).close()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    said = done.stderr.strip().splitlines()
    return said[-1] if done.returncode and said else ""


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize(("name", "mode"), [(FILE, 0o444), (LOG, 0o444), (FILE, 0o000), (LOG, 0o000), (".", 0o555)])
def test_what_may_not_be_written_is_said_and_nothing_is_changed(
    left: Path, request: pytest.FixtureRequest, name: str, mode: int
) -> None:
    folder = copy_of(left, Path(tempfile.mkdtemp()) / "w")  # where other users may look, which tmp_path is not
    request.addfinalizer(lambda: shutil.rmtree(folder.parent))
    folder.parent.chmod(0o755)
    for path in (folder, *folder.iterdir()):
        os.chown(path, 12345, 12345)
    (folder / name).chmod(mode)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    said = in_another_process(folder, "os.setgid(12345); os.setuid(12345)")
    assert "cannot be used" in said
    assert "may not be read or written by this user. Nothing was changed." in said
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    (folder / name).chmod(0o755)
    assert answers(folder) == ALL


def test_too_little_memory_is_said_and_nothing_is_set_aside(left: Path, tmp_path: Path) -> None:
    folder = copy_of(left, tmp_path / "w")
    said = set()
    for megabytes in (60, 150):
        limit = (
            "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
            f"resource.setrlimit(resource.RLIMIT_AS, (used + {megabytes} * 2**20,) * 2)"
        )
        said.add(in_another_process(folder, limit))
    assert not list(folder.glob("facetry.damaged-*"))
    assert answers(folder) == ALL
    # Where even a thread has no memory, the C library ends the process before anybody can say so.
    assert all("too little free memory" in line or line.endswith("ABORT") for line in said - {""})
    assert "too little free memory" in str(opening.explained(duckdb.OutOfMemoryException("x"), folder))


def test_a_newer_schema_and_a_newer_file_are_said(left: Path, tmp_path: Path) -> None:
    folder = copy_of(left, tmp_path / "w")
    with duckdb.connect(folder / FILE) as connection:
        connection.execute("INSERT INTO schema_version VALUES (999)")
    with pytest.raises(WorkspaceUnavailable, match=r"made by a newer version of Facetry. Nothing was changed"):
        Store(folder)
    assert not list(folder.glob("facetry.damaged-*"))


@pytest.mark.parametrize("name", ["a?b", "a\\b"])
def test_a_path_that_duckdb_cannot_open_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(WorkspaceUnavailable, match="cannot be a workspace"):
        Store(tmp_path / name)


def test_a_file_is_no_workspace(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(WorkspaceUnavailable, match="is not a folder, so it cannot be a workspace"):
            Store(place)


def test_a_second_process_is_kept_out_of_a_workspace_that_looks_damaged(left: Path, tmp_path: Path) -> None:
    """What looks like damage may be the work of the process that has it open."""
    folder = copy_of(left, tmp_path / "w")
    held = f"held = Store(Path({str(folder)!r}))\nimport subprocess, sys\n"
    held += f"log = Path({str(folder / LOG)!r}); log.write_bytes(b'damaged' * 100)\n"
    code = f"from pathlib import Path; from core.store import Store; Store(Path({str(folder)!r}))"
    held += (
        f"print(subprocess.run([sys.executable, '-c', {code!r}], capture_output=True, text=True).stderr)\nos._exit(0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import os\nfrom pathlib import Path\nfrom core.store import Store\n{held}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "is open in another Facetry window" in done.stdout
    assert not list(folder.glob("facetry.damaged-*"))


def test_an_empty_file_is_no_database(left_with_copies: Path, tmp_path: Path) -> None:
    """DuckDB would make a new one of it."""
    folder = copy_of(left_with_copies, tmp_path / "w")
    (folder / FILE).write_bytes(b"")
    (folder / LOG).unlink()
    assert answers(folder) == IN_FILE


def test_a_folder_in_the_place_of_the_database_is_said(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(WorkspaceUnavailable, match="is a folder, where a database should be"):
        Store(tmp_path)


@pytest.mark.parametrize("name", ["out of memory", "permission denied", "no space left"])
def test_the_name_of_a_folder_is_no_reason(left: Path, tmp_path: Path, name: str) -> None:
    folder = copy_of(left, tmp_path / name)
    change(folder / FILE, 30)
    assert answers(folder) == ALL


def test_while_another_process_restores_nobody_clears_up_after_it(left: Path, tmp_path: Path) -> None:
    folder = copy_of(left, tmp_path / "w")
    scratch = folder / "restoring"
    scratch.mkdir()
    (scratch / "half built").write_bytes(b"")
    code = f"import duckdb, time; held = duckdb.connect({str(folder / 'restoring.lock')!r}); "
    code += "print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as other:
        assert other.stdout
        other.stdout.readline()
        with pytest.raises(WorkspaceUnavailable, match="open in another Facetry window"):
            Store(folder)
        assert (scratch / "half built").exists()
        other.kill()
    assert answers(folder) == ALL
    assert not scratch.exists()
