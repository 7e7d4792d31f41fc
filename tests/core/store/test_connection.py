"""A database that DuckDB gives up, or that the disk has no room for, goes on once there is room."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from full_disk import no_file_larger_than

from core.engine.requests import Answer, Outcome, Work
from core.errors import Paused, WorkspaceUnavailable
from core.store import Store

EACH = 40


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "w")
    yield store
    store.close()


def save(store: Store, part: int) -> None:
    outcomes = [
        Outcome(Work(f"i{part}-{number}", f"k{part}-{number}"), Answer(f'"{part} {number}"' * 300))
        for number in range(EACH)
    ]
    store.answers.save(None, "describe", "m", None, outcomes)


def saved(store: Store) -> int:
    return len(store.answers.lookup([f"k{part}-{number}" for part in range(9) for number in range(EACH)]))


def checkpoint(store: Store) -> None:
    with store._db._connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")


def test_a_checkpoint_that_finds_the_disk_full_costs_nothing(store: Store) -> None:
    """DuckDB gives a database up then: every further statement fails until it is opened anew."""
    save(store, 0)
    checkpoint(store)
    save(store, 1)
    with no_file_larger_than(store._db.path.stat().st_size), pytest.raises(Paused, match=r"is full. What was saved is"):
        checkpoint(store)
    assert saved(store) == 2 * EACH
    save(store, 2)
    assert saved(store) == 3 * EACH
    checkpoint(store)
    assert store.restorations.all() == []


def test_a_commit_that_finds_the_disk_full_is_as_if_not_made(store: Store) -> None:
    save(store, 0)
    log = store._db.path.with_name(f"{store._db.path.name}.wal")
    with no_file_larger_than(log.stat().st_size + 100), pytest.raises(Paused, match="Make room, then continue"):
        save(store, 1)
    assert saved(store) == EACH
    save(store, 1)
    assert saved(store) == 2 * EACH


def test_threads_that_read_a_database_that_was_given_up_are_told_or_answered(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(store, 0)
    execute, given_up = duckdb.DuckDBPyConnection.execute, threading.Event()

    def fails(connection: duckdb.DuckDBPyConnection, *args: object) -> duckdb.DuckDBPyConnection:
        if given_up.is_set():
            raise duckdb.FatalException("FATAL Error: database has been invalidated")
        return execute(connection, *args)

    found: list[int | str] = []

    def read() -> None:
        for _ in range(20):
            try:
                found.append(saved(store))
            except Paused as error:
                found.append(str(error))

    monkeypatch.setattr(duckdb.DuckDBPyConnection, "execute", fails)
    connect = store._db._connection._connect
    monkeypatch.setattr(store._db._connection, "_connect", lambda: (given_up.clear(), connect())[1])
    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    given_up.set()
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads)
    assert len(found) == 80
    assert all(each == EACH or "cannot be read or written" in str(each) for each in found)
    assert saved(store) == EACH


def test_where_it_cannot_be_opened_anew_each_call_says_why_until_it_can(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(store, 0)
    with pytest.raises(Paused), store._db._connection.cursor():
        raise duckdb.FatalException("FATAL Error: a fault")

    def full(_: str) -> None:
        raise duckdb.IOException("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(duckdb, "connect", full)
        for _ in range(2):
            with pytest.raises(WorkspaceUnavailable, match="too full to open"):
                saved(store)
    assert saved(store) == EACH


def test_a_fault_of_ours_is_no_sentence(store: Store) -> None:
    with pytest.raises(duckdb.CatalogException):
        store._db.read("SELECT * FROM nothing")
    with pytest.raises(duckdb.ConstraintException), store._db.write() as cursor:
        cursor.execute("INSERT INTO answer VALUES (NULL, NULL, NULL, NULL, NULL)")
    assert saved(store) == 0


def test_closing_while_other_threads_read_tells_them_and_nobody_else(tmp_path: Path) -> None:
    """DuckDB refuses to close a connection that a call is using; the command line ended so."""

    def read(store: Store, begun: threading.Barrier, said: list[Exception]) -> None:
        begun.wait()
        try:
            while True:
                saved(store)
        except Exception as error:  # noqa: BLE001
            said.append(error)

    for turn in range(5):
        store, begun, said = Store(tmp_path / "w"), threading.Barrier(4), list[Exception]()
        threads = [threading.Thread(target=read, args=(store, begun, said)) for _ in range(3)]
        for thread in threads:
            thread.start()
        begun.wait()
        for _ in range(turn):
            saved(store)
        store.close()
        for thread in threads:
            thread.join(20)
        assert [type(error) for error in said] == [Paused] * 3, said
