"""Descriptors that a person brings: a vector for each image, made by whatever program, met with the images by names.

A matrix without names (`.npy`, `.npz`, `.pickle`) needs a list of paths, a row for each of its rows
(`images_paths.csv`). A table (CSV, Parquet) names its images itself.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.domain import Vector
from core.errors import BadInput
from core.ingest.name_matching import Images, Way
from core.ingest.safe_pickle import read_arrays
from core.ingest.table import Table, image_column, read_table

SUFFIXES = (".npy", ".npz", ".pickle", ".pkl", ".parquet", ".csv", ".tsv")
_MOST_BYTES = 8 * 1024**3
_NO_ROWS = "{name} holds no table of numbers with a row for each image."


@dataclass(frozen=True, slots=True)
class Descriptors:
    """What a file of descriptors holds.

    Attributes:
        features: (n, dimensions).
        names: what the file calls each row's image; empty where it does not say.
    """

    features: Vector
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Aligned:
    """Descriptors met with images.

    Attributes:
        rows: item id -> row of the features.
        ways: how names met that are not the same path.
        without_image: how many rows met no image, and the first name of one; 0 and "" for none.
    """

    rows: Mapping[str, int]
    ways: Sequence[Way]
    without_image: tuple[int, str]


def read_descriptors(path: Path, paths: Path | None = None) -> Descriptors:
    """Read a file of descriptors.

    Args:
        path: `.npy`, `.npz`, `.pickle` (numpy arrays alone), `.parquet` or `.csv`.
        paths: a table with a row for each of the file's rows that names its image.

    Raises BadInput with what is wrong and what would do.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadInput(f"{path.name} is larger than 8 GB. Give fewer dimensions, such as half precision.")
        read = _READERS.get(path.suffix.lower())
        if read is None:
            raise BadInput(f"{path.name} is no file of descriptors. Give one of: {', '.join(SUFFIXES)}.")
        found = read(path)
    except OSError as error:
        raise BadInput(f"{path} could not be read ({error.strerror or 'unknown reason'}).") from None
    features = _checked(path, found.features)
    if paths is None:
        return Descriptors(features, found.names)
    return Descriptors(features, _listed(paths, len(features), path))


def align(found: Descriptors, images: Images) -> Aligned:
    """Meet the rows with images by name. Raises BadInput where the rows have no names, or none meets an image."""
    if not found.names:
        raise BadInput(
            "These descriptors do not say which image each row is of. Add a list of paths with as many rows "
            "(such as images_paths.csv)."
        )
    matched = images.meet(found.names)
    rows = dict(matched.places)
    if not rows:
        own = next(iter(images.names.values()), "")
        raise BadInput(f"No row of the descriptors names an image: they say “{found.names[0]}”, the images “{own}”.")
    used = {*rows.values(), *matched.others.values()}
    left = [name for row, name in enumerate(found.names) if row not in used]
    return Aligned(rows, matched.ways, (len(left), left[0] if left else ""))


def _checked(path: Path, features: Any) -> Vector:
    """The features as (n, dimensions) of finite single precision. Raises BadInput."""
    matrix = np.asarray(features)
    if matrix.ndim > 2:
        matrix = matrix.reshape(len(matrix), -1)  # maps of features, a row for each image
    if matrix.ndim != 2 or not matrix.size or matrix.dtype.kind not in "biuf":
        raise BadInput(_NO_ROWS.format(name=path.name))
    matrix = matrix.astype(np.float32, copy=False)
    bad = np.flatnonzero(~np.isfinite(matrix).all(axis=1))
    if len(bad):
        raise BadInput(
            f"{path.name} has {len(bad)} rows with values that are no numbers; the first is row {bad[0] + 1}."
        )
    return matrix


def _listed(paths: Path, number: int, of: Path) -> tuple[str, ...]:
    """The names in a list of paths; its header, where it has one, is told by the number of rows. Raises BadInput."""
    table = read_table(paths)
    column = image_column(table)
    names = table[column]
    if len(names) + 1 == number:
        names = [column, *names]  # what was taken for a header is the first path
    if len(names) != number:
        raise BadInput(
            f"{paths.name} has {len(names)} rows and {of.name} has {number}. They must be of the same images in the "
            "same order."
        )
    return tuple(names)


# -- the kinds of files


def _npy(path: Path) -> Descriptors:
    try:
        return Descriptors(np.load(path, mmap_mode="r", allow_pickle=False))
    except (ValueError, EOFError):
        raise BadInput(
            f"{path.name} is damaged, or holds Python objects, which could run a program. Save the array of numbers "
            "alone with numpy.save."
        ) from None


def _npz(path: Path) -> Descriptors:
    try:
        with np.load(path, allow_pickle=False) as held:
            return _of_parts(path, {name: held[name] for name in held.files})
    except (ValueError, EOFError, zipfile.BadZipFile):
        raise BadInput(
            f"{path.name} is damaged, or holds Python objects, which could run a program. Save arrays of numbers and "
            "texts alone with numpy.savez."
        ) from None


def _pickle(path: Path) -> Descriptors:
    found = read_arrays(path.read_bytes())
    if isinstance(found, dict):
        return _of_parts(path, found)
    return Descriptors(_stacked(path, found))


def _of_parts(path: Path, parts: Mapping[str, Any]) -> Descriptors:
    """A matrix and, where there is one, a list of as many names; or a vector for each name."""
    matrices = {name: value for name, value in parts.items() if np.ndim(value) >= 2}
    if not matrices and parts and all(np.ndim(value) == 1 for value in parts.values()):
        lengths = {len(value) for value in parts.values()}
        if len(lengths) == 1 and all(np.asarray(value).dtype.kind in "biuf" for value in parts.values()):
            return Descriptors(_stacked(path, list(parts.values())), tuple(parts))
    if len(matrices) != 1:
        what = f"{len(matrices)} tables of numbers ({', '.join(matrices)})" if matrices else "no table of numbers"
        raise BadInput(f"{path.name} holds {what}. Save one matrix, and a list of names if you have it.")
    [features] = matrices.values()
    for value in parts.values():
        texts = np.asarray(value)
        if texts.ndim == 1 and texts.dtype.kind == "U" and len(texts) == len(features):
            return Descriptors(features, tuple(map(str, texts)))
    return Descriptors(features)


def _stacked(path: Path, found: Any) -> Any:
    try:
        return np.stack([np.asarray(row) for row in found]) if isinstance(found, list) else found
    except ValueError:
        raise BadInput(f"{path.name} holds vectors of different lengths, or none.") from None


def _table(path: Path) -> Descriptors:
    table = read_table(path)
    numbers: dict[str, Any] = {}
    for name, cells in table.items():
        try:
            numbers[name] = np.array(cells, dtype=np.float32)
        except ValueError:
            continue
    others = Table({name: cells for name, cells in table.items() if name not in numbers})
    names = tuple(others[image_column(others)]) if others else ()
    if not numbers:
        raise BadInput(_NO_ROWS.format(name=path.name))
    return Descriptors(np.column_stack(list(numbers.values())), names)


def _parquet(path: Path) -> Descriptors:
    """A column of lists holds the vectors; without one, each column of numbers is a dimension."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    import pyarrow.types as types

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, ValueError):
        raise BadInput(f"{path.name} is not a Parquet file that can be read. Write it again.") from None
    kinds = {field.name: field.type for field in table.schema}
    lists = [
        name for name, kind in kinds.items()
        if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    ]  # fmt: skip
    texts = Table({name: [] for name, kind in kinds.items() if types.is_string(kind) or types.is_large_string(kind)})
    for name in texts:
        texts[name] = ["" if cell is None else cell for cell in table.column(name).to_pylist()]
    names = tuple(texts[image_column(texts)]) if texts else ()
    if len(lists) == 1:
        return Descriptors(_stacked(path, table.column(lists[0]).to_pylist()), names)
    if lists:
        raise BadInput(f"{path.name} has {len(lists)} columns of vectors ({', '.join(lists)}). Keep one of them.")
    columns = [table.column(name).to_numpy() for name, kind in kinds.items() if types.is_floating(kind)]
    if not columns:
        raise BadInput(_NO_ROWS.format(name=path.name))
    return Descriptors(np.column_stack(columns), names)


_READERS = {
    ".npy": _npy,
    ".npz": _npz,
    ".pickle": _pickle,
    ".pkl": _pickle,
    ".parquet": _parquet,
    ".csv": _table,
    ".tsv": _table,
}
