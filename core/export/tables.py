"""A run's results as files: assignments.csv, clusters.csv, metrics.json, run.json."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

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


def csv_pieces(header: Sequence[str], rows: Sequence[Sequence[object]], at_once: int = 2000) -> Iterator[bytes]:
    """The same CSV piece by piece, in UTF-8; marked as such (BOM) where it matters, or Excel garbles every umlaut."""
    if not all(cell.isascii() for row in rows for cell in row if isinstance(cell, str)):
        yield codecs.BOM_UTF8
    yield csv_text(header, ()).encode()
    for start in range(0, len(rows), at_once):
        first, *rest = rows[start : start + at_once]
        yield csv_text([str(cell) for cell in _cells(first)], rest).encode()


def _cells(row: Sequence[object]) -> list[object]:
    return ["" if cell is None else safe_cell(cell) if isinstance(cell, str) else cell for cell in row]


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV in UTF-8."""
    path.write_text(csv_text(header, rows), encoding="utf-8", newline="")


def write_json(path: Path, value: Mapping[str, object]) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
