"""The workspace database file: open it safely, bring its schema up to date, one writer at a time, back up, restore.

Only core.store speaks SQL. What was measured about DuckDB (docs/lessons.md) is handled here: a connection is never
shared between threads (a cursor a call), two writers on the same rows fail (one lock), a second process cannot open the
file, SQL can read any local file unless told not to, and one flipped byte makes the file unreadable (Parquet copies).
"""

from __future__ import annotations

import datetime as dt
import secrets
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb

from core.errors import BadInput, Paused, WorkspaceBusy
from core.store.kept_rows import KeptRows, Rows, Version

_HERE = Path(__file__).parent
WHOLE_TABLES = (
    "dataset", "image", "dataset_item", "truth", "run", "result", "edit", "preference", "dataset_option", "left_out"
)  # fmt: skip
"""Backed up whole after each finished step; the other tables only grow, so theirs are backed up in parts."""
_TABLES = (*WHOLE_TABLES, "answer", "evidence", "reply", "replied")
_EVERYTHING = ""
_SIGN_IN = r"regexp_replace({column}, '://[^/@\s\"]*@', '://', 'g') AS {column}"
_WITHOUT_SECRETS = {
    table: f"SELECT * REPLACE ({_SIGN_IN.format(column=column)}) FROM {table}"
    for table, column in (("run", "settings"), ("answer", "model"))
}


class Database:
    """One DuckDB file in one workspace folder, for all threads of this process."""

    def __init__(self, folder: Path) -> None:
        """Open (or make) `folder`/facetry.duckdb. Raises WorkspaceBusy when another process has it open."""
        self.folder = folder
        self.path = folder / "facetry.duckdb"
        self.restored_from: Path | None = None
        self._changes: Counter[str] = Counter()  # by this process, the only one that can write
        self._kept = KeptRows()
        self._lock = threading.RLock()
        self._copying = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        self._root = self._open()
        for part in (folder / "backup").glob("*.part"):  # of a process that was killed while it copied
            part.unlink(missing_ok=True)

    def _open(self) -> duckdb.DuckDBPyConnection:
        try:
            return self._connect()
        except duckdb.Error as error:
            if "Could not set lock" in str(error):
                raise WorkspaceBusy(
                    f"The workspace {self.folder} is open in another Facetry window or command. "
                    "Close that one, or choose another workspace folder."
                ) from None
            if not self.path.exists() or isinstance(error, duckdb.ProgrammingError):
                raise
            return self._restore()

    def _connect(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(str(self.path))
        try:
            self._prepare(connection)
            for table in _TABLES:  # damage shows only when a table is read, so all are read now
                connection.execute(f"SELECT bit_xor(hash({table})) FROM {table}").fetchall()
        except BaseException:
            connection.close()  # or the next connect would get this same damaged instance
            raise
        return connection

    def _prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        folder = str(self.folder).replace("'", "''")
        for setting in (
            f"allowed_directories = ['{folder}']",
            "enable_external_access = false",
            "python_enable_replacements = false",
            "autoinstall_known_extensions = false",
            "autoload_known_extensions = false",
            "lock_configuration = true",
        ):
            connection.execute(f"SET {setting}")
        migrate(connection)

    def _restore(self) -> duckdb.DuckDBPyConnection:
        """Put an unreadable file aside and rebuild from the Parquet copies that each finished step left."""
        stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%d-%H%M%S")
        self.restored_from = self.path.with_name(f"facetry.damaged-{stamp}.duckdb")
        self.path.rename(self.restored_from)
        self.path.with_name(self.path.name + ".wal").unlink(missing_ok=True)
        connection = self._connect()
        _load(connection, self.folder / "backup")
        return connection

    def load(self) -> None:
        """Fill the tables from the Parquet copies in this workspace's `backup` folder. Raises BadInput for others."""
        with self.write() as cursor:
            try:
                _load(cursor, self.folder / "backup")
            except duckdb.Error:
                raise BadInput("The tables in it are damaged or of another version of Facetry.") from None

    def snapshot(self, folder: Path) -> None:
        """Copy every table into `folder`, which lies in this workspace, as `load` reads it; all as of one moment.

        A name and password that a person put into a server's address stay out: copies travel.
        """
        with closing(self._root.cursor()) as cursor:
            cursor.begin()  # one view of all tables, without keeping writers waiting
            for table in _TABLES:
                name = table if table in WHOLE_TABLES else f"{table}-all"
                place = str(folder / f"{name}.parquet").replace("'", "''")
                cursor.execute(f"COPY ({_WITHOUT_SECRETS.get(table, f'FROM {table}')}) TO '{place}' (FORMAT parquet)")
            cursor.commit()

    def read(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query. Values are always parameters (in order, or by `$name`), never part of the text."""
        return self._root.cursor().execute(sql, values).fetchall()

    def read_kept(self, about: Sequence[str], sql: str, values: Sequence[Any] = ()) -> Rows:
        """As `read`, but asked only once for as long as nothing is written about any of `about` (see `write`).

        The rows are shared by all who ask: never change them.
        """
        query, version = repr((sql, values)), self.version(*about)
        rows = self._kept.get(query, version)
        if rows is None:
            rows = self.read(sql, values)
            self._kept.keep(query, version, rows)
        return rows

    def version(self, *about: str) -> Version:
        """Differs from an earlier one if something was written about any of `about` in between."""
        return (self._changes[_EVERYTHING], *(self._changes[each] for each in about))

    def read_columns(self, sql: str, values: Sequence[Any] = ()) -> dict[str, Any]:
        """A query's columns as numpy arrays, for results of many rows."""
        return self._root.cursor().execute(sql, values).fetchnumpy()

    @contextmanager
    def write(self, *about: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """A transaction: all of it or nothing. One writer at a time in the whole process.

        about: what it changes, as `read_kept` and `version` are asked: ids of runs and datasets, and names of tables
            that belong to none. Without any, everything that was kept is read anew.
        """
        with self._lock:
            cursor = self._root.cursor()
            cursor.begin()
            try:
                yield cursor
            except BaseException:
                cursor.rollback()
                raise
            cursor.commit()
            self._changes.update(about or [_EVERYTHING])

    def insert(
        self, table: str, rows: Sequence[Sequence[Any]], about: Sequence[str] = (), *, verb: str = "INSERT OR REPLACE"
    ) -> None:
        """Write many rows in one statement (a one-row commit costs as much as a thousand-row one).

        about: see `write`.
        """
        if rows:
            with self.write(*about) as cursor:
                insert_rows(cursor, table, rows, verb=verb)

    def backup(self, part: str, queries: dict[str, tuple[str, Sequence[Any]]]) -> None:
        """Copy the small tables whole, and what `queries` select as part `part`; each file is replaced atomically.

        One thread at a time: several runs may finish a step at once. Raises Paused where the copies cannot be written;
        the database is whole then and the same call, when the run goes on, writes them.
        """
        folder = self.folder / "backup"
        jobs: dict[str, tuple[str, Sequence[Any]]] = {table: (f"SELECT * FROM {table}", ()) for table in WHOLE_TABLES}
        jobs |= {f"{table}-{part}": query for table, query in queries.items()}
        try:
            with self._copying:
                folder.mkdir(exist_ok=True)
                for name, query in jobs.items():
                    self._copy(query, folder / f"{name}.parquet")
        except (OSError, duckdb.IOException):
            raise Paused(
                f"The safety copies in {folder} cannot be written. What was answered is kept. "
                "Make room on the disk, or make that folder writable, then continue."
            ) from None

    def _copy(self, query: tuple[str, Sequence[Any]], target: Path) -> None:
        sql, values = query
        fresh = target.with_suffix(f".{secrets.token_hex(4)}.part")
        place = str(fresh).replace("'", "''")
        try:
            self._root.cursor().execute(f"COPY ({sql}) TO '{place}' (FORMAT parquet)", list(values))
            fresh.replace(target)
        finally:
            fresh.unlink(missing_ok=True)

    def close(self) -> None:
        with self._lock:
            self._root.close()


def _load(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    for table in _TABLES:
        pattern = f"{table}.parquet" if table in WHOLE_TABLES else f"{table}-*.parquet"
        for part in sorted(folder.glob(pattern)):
            connection.execute(f"INSERT OR IGNORE INTO {table} BY NAME SELECT * FROM read_parquet(?)", [str(part)])
    # A step that had not ended when the copies were made has results there without their answers: they are asked again.
    connection.execute("DELETE FROM result WHERE failure = '' AND call_key NOT IN (SELECT call_key FROM answer)")
    connection.execute((_HERE / "migrations" / "0004_move_preferences.sql").read_text(encoding="utf-8"))


def now() -> dt.datetime:
    """The time to store: UTC without a zone, which is what DuckDB's TIMESTAMP holds."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


def insert_rows(
    cursor: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[Any]], *, verb: str = "INSERT OR REPLACE"
) -> None:
    """Insert rows column by column: lists as parameters are many times faster here than executemany."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    described = cursor.execute(f"FROM {table} LIMIT 0").description  # 2 ms less than asking duckdb_columns()
    values = ", ".join(f"unnest(?::{kind}[])" for _, kind, *_ in described)
    cursor.execute(f"{verb} INTO {table} SELECT {values}", columns)


def migrate(connection: duckdb.DuckDBPyConnection, upto: int | None = None) -> int:
    """Bring a database of any age to the current schema (or to version `upto`) and return the version.

    Version 1 is schema.sql; version N is migrations/NNNN_*.sql, applied once, each in its own transaction.
    """
    scripts = {1: _HERE / "schema.sql"}
    scripts |= {int(path.name[:4]): path for path in (_HERE / "migrations").glob("[0-9]*.sql")}
    connection.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY)")
    (current,) = connection.execute("SELECT coalesce(max(version), 0) FROM schema_version").fetchall()[0]
    for version in sorted(scripts):
        if current < version <= (upto or version):
            connection.begin()
            connection.execute(scripts[version].read_text(encoding="utf-8"))
            connection.execute("INSERT INTO schema_version VALUES (?)", [version])
            connection.commit()
            current = version
    return int(current)
