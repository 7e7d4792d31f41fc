"""Tables of descriptors (CSV, Parquet): which columns are the numbers of a vector, and which one names the images."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput
from core.ingest.annotations import IMAGE_NAMES
from core.ingest.table import Table, image_column, read_table

NO_ROWS = "{name} holds no table of numbers with a row for each image."
UNEQUAL = "{name} holds vectors of different lengths, or none."
_LABELS = {"label", "labels", "class", "truth", "target", "cluster"}
"""Columns that say what an image is: as a dimension they would give it away."""
_IDS = {"id", "image_id", "img_id"}
_ROW_NUMBERS = re.compile(r"column 1|unnamed: 0|__index_level_0__|index", re.IGNORECASE)
"""The first column, where a program wrote the numbers of the rows along."""
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(,\d{3})+")
"""One thousand, or little more than one: not to be told."""

Numbers = NDArray[np.floating[Any] | np.integer[Any]]
Named = tuple[Any, tuple[str, ...]]
"""(n, dimensions) features, and what the table calls each row's image; () where it does not say."""


def read_csv(path: Path) -> Named:
    """Each column of numbers is a dimension; a cell of it without a number is NaN. Raises BadInput."""
    table = read_table(path)
    numbers = {name: found for name, cells in table.items() if (found := _numbers(cells)) is not None}
    return _parted(path, numbers, table)


def read_parquet(path: Path) -> Named:
    """A column of lists of numbers holds the vectors; without one, each column of numbers is a dimension. Raises
    BadInput, OSError."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    import pyarrow.types as types

    try:
        with pq.ParquetFile(path) as file:
            table = file.read()
    except (pa.ArrowException, ValueError, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise BadInput(f"{path.name} is not a Parquet file that can be read. Write it again.") from None
    kinds = {field.name: field.type for field in table.schema}
    if len(kinds) < len(table.schema):
        raise BadInput(f"{path.name} has two columns of the same name. Rename one.")
    vectors = [name for name, kind in kinds.items() if _is_vector(kind)]
    numbers = [name for name, kind in kinds.items() if types.is_floating(kind) or types.is_integer(kind)]
    texts = Table()
    for name in kinds:
        if name not in (*vectors, *numbers) or _may_name(name):
            texts[name] = [_as_text(cell) for cell in table.column(name).to_pylist()]
    if len(vectors) > 1:
        raise BadInput(f"{path.name} has {len(vectors)} columns of vectors ({', '.join(vectors)}). Keep one of them.")
    if vectors:
        names = called({name: cells for name, cells in texts.items() if name not in numbers}, texts)
        return _vectors(path, table.column(vectors[0])), names
    return _parted(path, {name: table.column(name).to_numpy() for name in numbers}, texts)


def _parted(path: Path, numbers: Mapping[str, Numbers], texts: Mapping[str, list[str]]) -> Named:
    """Features and names. numbers: the columns of numbers. texts: the cells of all columns that may be names."""
    others = {name: cells for name, cells in texts.items() if name not in numbers}
    about = {name for name in (*numbers, *others) if _may_name(name) or name.strip().lower() in _LABELS}
    first = next(iter(numbers), "")
    if _ROW_NUMBERS.fullmatch(first) and _counts_up(numbers[first]):
        about.add(first)
    columns = [values for name, values in numbers.items() if name not in about]
    if not columns:
        raise BadInput(NO_ROWS.format(name=path.name))
    return np.column_stack(columns), called(others, texts)


def called(others: Mapping[str, list[str]], texts: Mapping[str, list[str]]) -> tuple[str, ...]:
    """The cells of the column that names images: one of a usual name, whatever is in it, or one of texts; () for none.
    others: the columns that are no numbers."""
    may = {name: cells for name, cells in texts.items() if _may_name(name)}
    may |= {name: cells for name, cells in others.items() if name.strip().lower() not in _LABELS}
    return tuple(may[image_column(Table(may))]) if may else ()


def _may_name(column: str) -> bool:
    return column.strip().lower() in _IDS.union(IMAGE_NAMES)


def _counts_up(values: Numbers) -> bool:
    return len(values) > 1 and values[0] in (0, 1) and bool((np.diff(values) == 1).all())


# -- cells


def _numbers(cells: Sequence[str]) -> Numbers | None:
    """The numbers of a column, NaN where a cell has none; None where most of the filled cells are no numbers."""
    try:
        return np.array(cells, dtype=np.float64)
    except ValueError:
        pass
    filled = [cell.strip() for cell in cells if cell.strip()]
    is_decimal = not all(_THOUSANDS.fullmatch(cell) for cell in filled if "," in cell)
    found = np.array([_number(cell.replace(",", ".") if is_decimal else cell) for cell in cells])
    return found if filled and 2 * np.isfinite(found).sum() >= len(filled) else None


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return np.nan


def _as_text(cell: Any) -> str:
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    return "" if cell is None else str(cell)


# -- lists


def _is_vector(kind: Any) -> bool:
    """Whether an Arrow type is lists of numbers, or lists of such."""
    import pyarrow.types as types

    if not (types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)):
        return False
    own = kind.value_type
    return types.is_floating(own) or types.is_integer(own) or _is_vector(own)


def _vectors(path: Path, column: Any) -> Numbers:
    """(n, dimensions) of a column of lists, or of lists of lists. Raises BadInput where they differ in length."""
    import pyarrow.compute as pc

    rows, one = len(column), column
    while _is_vector(one.type):
        if one.null_count or len(pc.unique(pc.list_value_length(one))) != 1:
            raise BadInput(UNEQUAL.format(name=path.name))
        one = pc.list_flatten(one)
    return np.asarray(one.to_numpy()).reshape(rows, -1)
