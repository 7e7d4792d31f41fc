"""Rows as files: CSV, JSON Lines and Parquet, whole or piece by piece, and JSON."""

from __future__ import annotations

import codecs
import contextlib
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from core.export.sink import Sink
from core.ingest.csv_guard import guarded

_AT_ONCE = 5000
_QUOTED = re.compile(r'[",;\x00-\x1f\x7f-\x9f\u2028\u2029]|^\s|\s$')
_HARMLESS = re.compile(r"(?:[0-9A-Za-z](?:[ !#-:<-~]*[!#-:<-~])?)?")
"""Most texts: nothing in it is marked, and only a comma has it quoted."""
_NO_TEXT = str.maketrans({"\0": "\ufffd"})


def csv_pieces(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """A CSV for spreadsheets, piece by piece: the one form in which tables leave, by whatever door.

    UTF-8, marked as such (BOM): without the mark Excel garbles every umlaut. Lines end with LF. Texts are marked where
    a spreadsheet would run them (`csv_guard`); numbers stay numbers, None is an empty cell. A cell is quoted where any
    character in it could be taken for the end of a cell or of a row, bare CR, tab, semicolon and U+2028 among them; all
    of them are kept but a zero byte, which no text table may hold (U+FFFD stands for it). Not Python's csv: before 3.13
    it does not quote a bare CR, and can't be told to.
    """
    yield codecs.BOM_UTF8 + _line(header)
    for part in _parts(rows):
        yield b"".join(map(_line, part))


def _line(row: Sequence[object]) -> bytes:
    line = ",".join(map(_cell, row)) + "\n"
    return line.encode("utf-8", "replace")


def _cell(value: object) -> str:
    if not isinstance(value, str):
        return "" if value is None else str(value)
    if _HARMLESS.fullmatch(value):
        return f'"{value}"' if "," in value else value
    cell = guarded(value.translate(_NO_TEXT))
    return '"' + cell.replace('"', '""') + '"' if _QUOTED.search(cell) else cell


def jsonl_pieces(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """The rows as JSON Lines, one object a row under the header's names; None is null and nothing is escaped away."""
    for part in _parts(rows):
        lines = [json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False) for row in part]
        yield ("\n".join(lines) + "\n").encode()


def parquet_pieces(
    columns: Mapping[str, type], rows: Iterable[Sequence[object]], about: Mapping[str, str]
) -> Iterator[bytes]:
    """The rows as Parquet, a row group at a time. columns: name -> str or float. about: kept in the file's metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {str: pa.string(), float: pa.float64()}
    schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()], metadata=dict(about))
    sink = Sink()
    with pq.ParquetWriter(sink, schema) as writer:
        for part in _parts(rows):
            arrays = [pa.array(cells, kind) for cells, kind in zip(zip(*part, strict=True), schema.types, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            yield sink.take()
    yield sink.take()


def _parts(rows: Iterable[Sequence[object]]) -> Iterator[list[Sequence[object]]]:
    """The rows in lists of at most _AT_ONCE, which are all that is held of a file at a time."""
    left = iter(rows)
    while part := list(itertools.islice(left, _AT_ONCE)):
        yield part


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write the same CSV into a file: the whole table, or what was there before. Raises OSError."""
    write_pieces(path, csv_pieces(header, rows))


def write_json(path: Path, value: Mapping[str, object]) -> None:
    """Write a value: all of it, or what was there before stays. Raises OSError."""
    write_pieces(path, [(json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")])


def write_pieces(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file: all of it, or what was there before stays. Raises OSError."""
    fresh = path.with_name(f"{path.name}.part")
    try:
        with fresh.open("wb") as file:
            for piece in pieces:
                file.write(piece)
        fresh.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise
