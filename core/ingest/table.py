"""A table that a person brings (CSV, TSV or Parquet) as columns of text."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.errors import BadInput
from core.ingest.csv_guard import unguarded

Table = dict[str, list[str]]
"""Column name -> one text a row; "" for an empty cell."""

SUFFIXES = (".csv", ".tsv", ".parquet")
_MOST_BYTES = 1024**3
csv.field_size_limit(_MOST_BYTES)  # else no cell over 131,072 letters could be read, and tables of ours may have some
_IMAGE_COLUMNS = (
    "image",
    "file",
    "filename",
    "file_name",
    "image_file",
    "path",
    "image_path",
    "url",
    "image_url",
    "name",
)


def read_table(path: Path) -> Table:
    """The columns of a CSV (comma, semicolon or tab; UTF-8 with or without BOM) or Parquet file. Raises BadInput.

    Cells of a CSV come without the mark that keeps spreadsheets from running them (`csv_guard`).
    """
    try:
        columns = _parquet(path) if path.suffix.lower() == ".parquet" else _csv(path)
    except OSError as error:
        raise BadInput(f"{path} could not be read ({error.strerror or 'unknown reason'}).") from None
    if not any(columns):
        raise BadInput(f"{path.name} has no header line with column names. Add one.")
    return columns


def image_column(columns: Sequence[str]) -> str:
    """The column that names images: one of the usual names, else the first."""
    return next((column for column in columns if column.strip().lower() in _IMAGE_COLUMNS), columns[0])


def _csv(path: Path) -> Table:
    if path.stat().st_size > _MOST_BYTES:
        raise BadInput(f"{path.name} is larger than 1 GB. Give it in parts, or as Parquet.")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(f"{path.name} is not a text table in UTF-8. Save it again as “CSV UTF-8”.") from None
    if "\0" in text or not text.strip():
        raise BadInput(f"{path.name} is empty or not a text table. Save it again as “CSV UTF-8”.")
    header = text[: text.find("\n")] if "\n" in text else text
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count), strict=True)
        names = next(reader)
        _check_names(path, names)
        columns: list[list[str]] = [[] for _ in names]
        for row in reader:
            if row:
                for place, cells in enumerate(columns):
                    cells.append(unguarded(row[place]) if place < len(row) else "")
    except csv.Error as error:
        raise BadInput(f"{path.name} cannot be read as a table ({error}). Save it again as “CSV UTF-8”.") from None
    return dict(zip(names, columns, strict=True))


def _parquet(path: Path) -> Table:
    """Columns that hold text, numbers or truth values; others (lists, images) are left out."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.stat()  # a missing file is said so as for CSV
    try:
        file = pq.ParquetFile(path)
        groups = (file.metadata.row_group(place) for place in range(file.metadata.num_row_groups))
        if sum(group.total_byte_size for group in groups) > _MOST_BYTES:
            raise BadInput(f"{path.name} unpacks to more than 1 GB. Give it in parts.")
        simple = [field.name for field in file.schema_arrow if _is_simple(field.type)]
        _check_names(path, simple)
        table = file.read(columns=simple)
        cells = {name: table.column(name).cast(pa.string()).to_pylist() for name in simple}
    except (pa.ArrowException, OSError, ValueError):
        raise BadInput(f"{path.name} is not a Parquet file that can be read. Write it again.") from None
    return {name: ["" if cell is None else cell for cell in column] for name, column in cells.items()}


def _is_simple(kind: Any) -> bool:
    import pyarrow.types as types

    if types.is_dictionary(kind):
        return _is_simple(kind.value_type)
    texts = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    return bool(texts or types.is_primitive(kind) or types.is_decimal(kind))


def _check_names(path: Path, names: Sequence[str]) -> None:
    if len(set(names)) != len(names):
        raise BadInput(f"{path.name} has two columns of the same name. Rename one.")
