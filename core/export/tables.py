"""Rows as files: CSV, JSON Lines and Parquet, whole or piece by piece, and JSON."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from core.export.sink import Sink

_AT_ONCE = 5000
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: str) -> str:
    """A cell that no spreadsheet runs as a formula."""
    return f"'{value}" if value.startswith(_FORMULA_STARTS) else value


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A CSV with formula-safe cells; numbers stay numbers, None is an empty cell."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(map(_cells, rows))
    return out.getvalue()


def csv_pieces(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """The same CSV piece by piece, in UTF-8 and marked as such (BOM): without the mark Excel garbles every umlaut."""
    yield codecs.BOM_UTF8 + csv_text(header, ()).encode()
    for part in _parts(rows):
        first, *rest = part
        yield csv_text([str(cell) for cell in _cells(first)], rest).encode()


def jsonl_pieces(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """The rows as JSON Lines, one object a row under the header's names; None is null and nothing is escaped away."""
    for part in _parts(rows):
        lines = [json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False) for row in part]
        yield ("\n".join(lines) + "\n").encode()


def parquet_pieces(
    columns: Mapping[str, type], rows: Iterable[Sequence[object]], about: Mapping[str, str]
) -> Iterator[bytes]:
    """The rows as Parquet, a row group at a time. columns: name -> str or float. about: kept in the file's metadata."""
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


def _cells(row: Sequence[object]) -> list[object]:
    return ["" if cell is None else safe_cell(cell) if isinstance(cell, str) else cell for cell in row]


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV in UTF-8, a part of the rows at a time."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(csv_text(header, ()))
        for first, *rest in _parts(rows):
            file.write(csv_text([str(cell) for cell in _cells(first)], rest))


def write_json(path: Path, value: Mapping[str, object]) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
