"""The workspace database file: open it safely, bring its schema up to date, one writer at a time, back up, restore.

Only core.store speaks SQL. What was measured about DuckDB (docs/lessons.md) is handled here: a connection is never
shared between threads (a cursor a call), two writers on the same rows fail (one lock), a second process cannot open the
file, SQL can read any local file unless told not to, and one flipped byte makes the file unreadable (Parquet copies).
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from core.errors import BadInput, FacetryError, Paused
from core.store import opening, schema
from core.store.connection import Connection
from core.store.copies import Copies
from core.store.kept_rows import KeptRows, Rows, Version
from core.store.recovery import database_file, restore
from core.store.schema import DATABASE, TABLES, WHOLE_TABLES

_EVERYTHING = ""
_AT_ONCE = 20_000
"""Rows of one statement."""
_FEW = 10
"""Up to so many rows, values are quicker than an Arrow table (1 row: 2.5 ms to 7.6; 32 rows: the same)."""
_INCOMING = "incoming"
"""What the rows of a statement are called in it."""
_SIGN_IN = r"regexp_replace({column}, '://[^/@\s\"]*@', '://', 'g') AS {column}"
_WITHOUT_SECRETS = {
    table: f"SELECT * REPLACE ({_SIGN_IN.format(column=column)}) FROM {table}"
    for table, column in (("run", "settings"), ("answer", "model"))
}


class Database:
    """One DuckDB file in one workspace folder, for all threads of this process."""

    def __init__(self, folder: Path) -> None:
        """Open (or make) `folder`/facetry.duckdb. Raises WorkspaceUnavailable when another process has it open."""
        self.folder = folder.absolute()
        self.path = self.folder / DATABASE
        self._changes: Counter[str] = Counter()  # by this process, the only one that can write
        self._kept = KeptRows()
        self._lock = threading.RLock()
        self._copying = threading.Lock()
        opening.check_access(self.folder, self.path)
        self._connection = Connection(self.folder, self._open)
        self._copies = Copies(self.folder / "backup", self._count)
        self._copies.clear_up()

    def _open(self) -> duckdb.DuckDBPyConnection:
        """Open the database; restore it only if it is missing or proven to be damaged. Raises WorkspaceUnavailable."""
        restore.finish(self.folder)
        if restore.is_missing(self.folder) or restore.is_damaged(self.folder):
            restore.restore(self.folder)
        for _ in range(2):  # what was wrong may have passed
            try:
                return self._connect()
            except duckdb.ProgrammingError:
                raise  # a fault of ours
            except duckdb.Error:
                continue
        restore.restore(self.folder)
        return self._connect()

    def _connect(self) -> duckdb.DuckDBPyConnection:
        """Raises WorkspaceUnavailable where the reason is no damage, else duckdb.Error."""
        connection = None
        try:
            connection = duckdb.connect(str(self.path))
            self._prepare(connection)
            database_file.read_all(connection)
        except (duckdb.Error, MemoryError, FacetryError) as error:
            if connection:
                connection.close()  # or the next connect would get this same damaged instance
            raise (opening.explained(error, self.folder) or error) from None
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
        opening.check_version(connection, self.folder)
        schema.migrate(connection)

    def load(self, folder: Path) -> None:
        """Fill the tables from what `snapshot` wrote into a folder of this workspace. Raises BadInput for others."""
        with self.write() as cursor:
            try:
                for table in TABLES:
                    for path in (folder / f"{table}.parquet", folder / f"{table}-all.parquet"):
                        if path.exists():
                            schema.add_copy(cursor, table, path)
                schema.tidy_loaded(cursor)
            except duckdb.Error as error:
                if opening.reason(error):
                    raise  # the disk or the memory, not the tables
                raise BadInput("The tables in it are damaged or of another version of Facetry.") from None

    def snapshot(self, folder: Path) -> None:
        """Copy every table into `folder`, which lies in this workspace, as `load` reads it; all as of one moment.

        A name and password that a person put into a server's address stay out: copies travel. Raises BadInput where
        they cannot be written.
        """
        with self._connection.cursor() as cursor:
            cursor.begin()  # one view of all tables, without keeping writers waiting
            try:
                for table in TABLES:
                    name = table if table in WHOLE_TABLES else f"{table}-all"
                    place = str(folder / f"{name}.parquet").replace("'", "''")
                    query = _WITHOUT_SECRETS.get(table, f"FROM {table}")
                    cursor.execute(f"COPY ({query}) TO '{place}' (FORMAT parquet)")
            except duckdb.IOException:
                raise BadInput(
                    f"The tables could not be copied into {self.folder}. Make room on the disk, then try again."
                ) from None
            cursor.commit()

    def read(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query. Values are always parameters (in order, or by `$name`), never part of the text."""
        with self._connection.cursor() as cursor:
            return cursor.execute(sql, values).fetchall()

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
        with self._connection.cursor() as cursor:
            return cursor.execute(sql, values).fetchnumpy()

    @contextmanager
    def write(self, *about: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """A transaction: all of it or nothing. One writer at a time in the whole process.

        about: what it changes, as `read_kept` and `version` are asked: ids of runs and datasets, and names of tables
            that belong to none. Without any, everything that was kept is read anew.
        """
        with self._lock, self._connection.cursor() as cursor:
            cursor.begin()
            try:
                yield cursor
            except BaseException:
                with suppress(duckdb.Error):  # a database that was given up has rolled back
                    cursor.rollback()
                raise
            try:
                cursor.commit()
            finally:  # also where it fails: what was saved may have been all that could be
                self._changes.update(about or [_EVERYTHING])

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else in this process, the only one that can, writes in the block: what is read in it stays true."""
        with self._lock:
            yield

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
        """Make a new generation of copies: of the small tables whole, and of what `queries` select as part `part`.

        One thread at a time: several runs may finish a step at once. Raises Paused where the copies cannot be written;
        the database is whole then and the same call, when the run goes on, writes them.
        """
        jobs: dict[str, tuple[str, Sequence[Any]]] = {table: (f"SELECT * FROM {table}", ()) for table in WHOLE_TABLES}
        jobs |= {f"{table}-{part}": query for table, query in queries.items()}
        try:
            with self._copying:
                self._copies.write((name, partial(self._copy, query)) for name, query in jobs.items())
        except (OSError, Paused):
            raise Paused(
                f"The safety copies in {self._copies.folder} cannot be written. What was answered is kept. "
                "Make room on the disk, or make that folder writable, then continue."
            ) from None

    def _copy(self, query: tuple[str, Sequence[Any]], target: Path) -> int:
        """Write what a query selects as Parquet; returns the number of rows."""
        sql, values = query
        place = str(target).replace("'", "''")
        with self._connection.cursor() as cursor:
            copied = cursor.execute(f"COPY ({sql}) TO '{place}' (FORMAT parquet)", list(values)).fetchall()
        return int(copied[0][0])

    def _count(self, path: Path) -> int:
        try:
            found = self.read("SELECT num_rows FROM parquet_file_metadata(?)", [str(path)])
        except (duckdb.Error, Paused):
            return 0
        return int(found[0][0])

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def now() -> dt.datetime:
    """The time to store: UTC without a zone, which is what DuckDB's TIMESTAMP holds."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


def insert_rows(
    cursor: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[Any]], *, verb: str = "INSERT OR REPLACE"
) -> None:
    """Insert rows column by column, as Arrow tables: lists as parameters took a third more. A million rows in one go
    would be held three times over. A few rows are written as values, which takes half of the time."""
    if not rows:
        return
    if len(rows) <= _FEW:
        places = f"({', '.join('?' * len(rows[0]))})"
        values = [cell for row in rows for cell in row]
        cursor.execute(f"{verb} INTO {table} VALUES {', '.join([places] * len(rows))}", values)
        return
    import pyarrow as pa

    schema = cursor.sql(f"FROM {table} LIMIT 0").to_arrow_table().schema
    for start in range(0, len(rows), _AT_ONCE):
        cells = zip(*rows[start : start + _AT_ONCE], strict=True)
        columns = [pa.array(column, kind) for column, kind in zip(cells, schema.types, strict=True)]
        cursor.register(_INCOMING, pa.Table.from_arrays(columns, schema.names))
        cursor.execute(f"{verb} INTO {table} FROM {_INCOMING}")
        cursor.unregister(_INCOMING)
