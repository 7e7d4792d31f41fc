"""Descriptors that a person brings: a vector for each image, made by whatever program, met with the images by names.

A matrix without names (`.npy`, `.npz`, `.pickle`) needs a list of paths, a row for each of its rows
(`images_paths.csv`). A table (CSV, Parquet) names its images itself.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.domain import Vector
from core.errors import BadInput
from core.ingest.annotations import IMAGE_NAMES, is_image
from core.ingest.descriptor_tables import NO_ROWS, UNEQUAL, called, read_csv, read_parquet
from core.ingest.name_matching import Images, Way
from core.ingest.safe_pickle import read_arrays
from core.ingest.table import Table, image_column, read_table

SUFFIXES = (".npy", ".npz", ".pickle", ".pkl", ".parquet", ".csv", ".tsv")
_MOST_BYTES = 8 * 1024**3
_LARGEST = 1e15
"""Beyond it squares of single precision overflow; such numbers stand for what is missing."""


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
    """Meet the rows with images by name. Raises BadInput where rows have no names, where two contradict each other, and
    where none meets an image."""
    if not found.names:
        raise BadInput(
            "These descriptors do not say which image each row is of. Add a list of paths with as many rows "
            "(such as images_paths.csv)."
        )
    _check_repeated(found)
    matched = images.meet(found.names)
    rows = dict(matched.places)
    if not rows:
        own = next(iter(images.names.values()), "")
        raise BadInput(f"No row of the descriptors names an image: they say “{found.names[0]}”, the images “{own}”.")
    used = {*rows.values(), *matched.others.values()}
    left = [name for row, name in enumerate(found.names) if row not in used]
    return Aligned(rows, matched.ways, (len(left), left[0] if left else ""))


def _check_repeated(found: Descriptors) -> None:
    """Raises BadInput where two rows name one image and say different things of it: nothing tells which is right."""
    first: dict[str, int] = {}
    for row, name in enumerate(found.names):
        before = first.setdefault(name, row)
        if before != row and name and not np.array_equal(found.features[before], found.features[row]):
            raise BadInput(
                f"The descriptors have two rows for “{name}” that differ: rows {before + 1} and {row + 1}. Keep one."
            )


def _checked(path: Path, features: Any) -> Vector:
    """The features as (n, dimensions) of finite single precision. Raises BadInput."""
    matrix = np.asarray(features)
    if matrix.ndim < 2 or not matrix.size or matrix.dtype.kind not in "biuf":
        raise BadInput(NO_ROWS.format(name=path.name))
    if matrix.ndim > 2:
        matrix = matrix.reshape(len(matrix), -1)  # maps of features, a row for each image
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is said
        matrix = matrix.astype(np.float32, copy=False)
    bad = np.flatnonzero(~((matrix > -_LARGEST) & (matrix < _LARGEST)).all(axis=1))
    if len(bad):
        has, them = ("1 row", "it") if len(bad) == 1 else (f"{len(bad)} rows", "the first")
        raise BadInput(
            f"{path.name} has {has} with values that are missing, no numbers or beyond {_LARGEST:.0e}; {them} is row "
            f"{bad[0] + 1}."
        )
    return matrix


def _listed(paths: Path, number: int, of: Path) -> tuple[str, ...]:
    """The names in a list of paths; its header, where it has one, is told by the number of rows. Raises BadInput."""
    table = read_table(paths)
    column = image_column(table)
    names = table[column]
    if len(names) + 1 == number and _is_a_path(column, names):
        names = [column, *names]  # what was taken for a header is the first path
    if len(names) != number:
        raise BadInput(
            f"{paths.name} has {len(names)} rows and {of.name} has {number}. They must be of the same images in the "
            "same order."
        )
    return tuple(names)


def _is_a_path(header: str, names: Sequence[str]) -> bool:
    """Whether what stands above names is one of them: else a list that lacks a row would meet all rows wrongly."""
    if any(map(is_image, names)):
        return is_image(header)
    return header.strip().lower() not in IMAGE_NAMES and not re.fullmatch(r"column \d+", header)


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
        with path.open("rb") as file, zipfile.ZipFile(file), np.load(path, allow_pickle=False) as held:
            return _of_parts(path, {name: held[name] for name in held.files})
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError):
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
    held = {name: _as_array(value) for name, value in parts.items()}
    matrices = {name: value for name, value in held.items() if value.ndim >= 2}
    if not matrices and held and all(value.ndim == 1 and value.dtype.kind in "biuf" for value in held.values()):
        return Descriptors(_stacked(path, list(held.values())), tuple(held))
    if len(matrices) != 1:
        what = f"{len(matrices)} tables of numbers ({', '.join(matrices)})" if matrices else "no table of numbers"
        raise BadInput(f"{path.name} holds {what}. Save one matrix, and a list of names if you have it.")
    [features] = matrices.values()
    texts = Table(
        {
            name: [cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell) for cell in value]
            for name, value in held.items()
            if value.ndim == 1 and value.dtype.kind in "US" and len(value) == len(features)
        }
    )
    return Descriptors(features, called(texts, texts))


def _as_array(value: Any) -> NDArray[Any]:
    """What an archive or a pickle holds under one name; rows of different lengths are an array of objects."""
    try:
        return np.asarray(value)
    except ValueError:
        return np.empty(0, dtype=object)


def _stacked(path: Path, found: Any) -> Any:
    try:
        return np.stack([np.asarray(row) for row in found]) if isinstance(found, list) else found
    except ValueError:
        raise BadInput(UNEQUAL.format(name=path.name)) from None


def _csv(path: Path) -> Descriptors:
    return Descriptors(*read_csv(path))


def _parquet(path: Path) -> Descriptors:
    return Descriptors(*read_parquet(path))


_READERS = {
    ".npy": _npy,
    ".npz": _npz,
    ".pickle": _pickle,
    ".pkl": _pickle,
    ".parquet": _parquet,
    ".csv": _csv,
    ".tsv": _csv,
}
