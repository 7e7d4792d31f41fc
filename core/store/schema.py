"""The tables of a workspace, and how a database of any age gets today's."""

from __future__ import annotations

from pathlib import Path

import duckdb

_HERE = Path(__file__).parent
DATABASE = "facetry.duckdb"
"""The name of the file in a workspace's folder."""
MOVE_PREFERENCES = 4
"""The migration that copies of an earlier version need as well, once they are loaded."""
WHOLE_TABLES = (
    "dataset", "image", "dataset_item", "truth", "run", "result", "edit", "preference", "dataset_option", "left_out",
    "suggestion", "kept_item",
)  # fmt: skip
"""Copied whole after each finished step; the other tables only grow, so theirs are copied in parts."""
TABLES = (*WHOLE_TABLES, "answer", "evidence", "reading", "reply", "replied")
"""What must survive damage. `placement` and `placed` are made from these."""


def scripts() -> dict[int, Path]:
    """Version -> its script. Version 1 is schema.sql; version N is migrations/NNNN_*.sql."""
    found = {int(path.name[:4]): path for path in (_HERE / "migrations").glob("[0-9]*.sql")}
    return {1: _HERE / "schema.sql", **dict(sorted(found.items()))}


def version(connection: duckdb.DuckDBPyConnection) -> int:
    """The schema version of a database; 0 for an empty one. Changes nothing."""
    known = connection.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'schema_version'").fetchall()
    if not known[0][0]:
        return 0
    (found,) = connection.execute("SELECT coalesce(max(version), 0) FROM schema_version").fetchall()[0]
    return int(found)


def migrate(connection: duckdb.DuckDBPyConnection, upto: int | None = None) -> int:
    """Bring a database of any age to the current schema (or to version `upto`) and return the version.

    Each script is applied once, in its own transaction.
    """
    connection.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY)")
    current = version(connection)
    for number, script in scripts().items():
        if current < number <= (upto or number):
            connection.begin()
            connection.execute(script.read_text(encoding="utf-8"))
            connection.execute("INSERT INTO schema_version VALUES (?)", [number])
            connection.commit()
            current = number
    return current


def add_copy(connection: duckdb.DuckDBPyConnection, table: str, path: Path) -> None:
    """Add the rows of a Parquet file that a table lacks. Raises duckdb.Error."""
    connection.execute(f"INSERT OR IGNORE INTO {table} BY NAME SELECT * FROM read_parquet(?)", [str(path)])


def tidy_loaded(connection: duckdb.DuckDBPyConnection) -> None:
    """Make tables that were loaded from copies agree with each other."""
    # A step that had not ended when the copies were made has results there without their answers: they are asked again.
    connection.execute("DELETE FROM result WHERE failure = '' AND call_key NOT IN (SELECT call_key FROM answer)")
    connection.execute(scripts()[MOVE_PREFERENCES].read_text(encoding="utf-8"))
