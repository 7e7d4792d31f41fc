"""DuckDB's database file: whether its blocks are what was written.

Blocks of 256 KiB follow three headers of 4 KiB; each begins with its checksum. A damaged block that is in use ends the
connection that reads it, an index's at the first insert, long after the opening. Which blocks are in use cannot be told
from outside; one that is not may be half written by a process that was killed, and a restore then finds all rows.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from core.store import schema
from core.store.recovery.checksums import checksum

_HEADER = 4096
_HEADERS = 3 * _HEADER
_USED = 512
"""Bytes of a header that may hold something; the others are zero."""
_BLOCK = 256 * 1024
_SUM = 8


def has_bad_blocks(database: Path) -> bool:
    """Whether a block is not what was written. Reads the whole file, which must not be open in this process (see
    `log_file.read`)."""
    try:
        with database.open("rb") as file:
            file.seek(_HEADERS)
            return any(_is_bad(block) for block in iter(lambda: file.read(_BLOCK), b""))
    except FileNotFoundError:
        return False


def has_bad_headers(database: Path) -> bool:
    """Whether one of the three headers is damaged, without which DuckDB opens nothing."""
    with database.open("rb") as file:
        headers = file.read(_HEADERS)
    return any(not _is_right(headers[at : at + _HEADER]) for at in range(0, _HEADERS, _HEADER))


def mend_headers(database: Path, like: Path) -> None:
    """Mend damaged headers of a copy as far as they are known: where only zeros stand; the first as in another database
    of this version, `like`; of the other two, which take turns, the one as the other, though it may be one turn old."""
    with like.open("rb") as file:
        usual = file.read(_HEADER)
    with database.open("r+b") as file:
        pages = [file.read(_HEADER).ljust(_HEADER, b"\0") for _ in range(3)]
        pages = [page if _is_right(page) else _sealed(page[:_SUM], page[_SUM:_USED]) for page in pages]
        if not _is_right(pages[0]):
            pages[0] = _sealed(b"", usual[_SUM:_USED])
        if not _is_right(pages[1]):
            pages[1] = pages[2]
        elif not _is_right(pages[2]):
            pages[2] = pages[1]
        file.seek(0)
        file.write(b"".join(pages))


def _sealed(stored: bytes, used: bytes) -> bytes:
    """A header that holds this. stored: its checksum; b"" to make it."""
    content = used.ljust(_HEADER - _SUM, b"\0")
    return (stored or checksum(content).to_bytes(_SUM, "little")) + content


def _is_right(page: bytes) -> bool:
    return len(page) == _HEADER and int.from_bytes(page[:_SUM], "little") == checksum(page[_SUM:])


def read_all(connection: duckdb.DuckDBPyConnection) -> None:
    """Read every row of every table, as a last check. Raises duckdb.Error."""
    for table in schema.TABLES:
        connection.execute(f"SELECT bit_xor(hash({table})) FROM {table}").fetchall()


def _is_bad(block: bytes) -> bool:
    if len(block) < _BLOCK:
        return True
    return int.from_bytes(block[:_SUM], "little") != checksum(block[_SUM:])
