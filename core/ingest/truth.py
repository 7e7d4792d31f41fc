"""Ground truth, from folder names, from file names, or from a table. Used for scores only, never to group."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from core.errors import BadInput
from core.ingest.names import match_names

_IMAGE_COLUMNS = ("image", "file", "filename", "file_name", "image_file", "path", "name")
_NUMBERED = re.compile(r"^\d+_(?P<cls>.+)$")


def from_folders(names: Mapping[str, str]) -> dict[str, str]:
    """Class = the name of the folder an image lies in. names: item id -> relative path."""
    found = {item: PurePosixPath(name).parent.name for item, name in names.items()}
    return {item: cls for item, cls in found.items() if cls}


def from_filenames(names: Mapping[str, str]) -> dict[str, str]:
    """Class = what follows the first underscore of `{n}_{class}.{ext}` (IC|TC); it may hold underscores."""
    matches = {item: _NUMBERED.match(PurePosixPath(name).stem) for item, name in names.items()}
    return {item: match["cls"] for item, match in matches.items() if match}


def read_table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Columns and rows of a CSV (comma, semicolon or tab; UTF-8 with or without BOM). Raises BadInput."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(f"{path.name} is not a text table in UTF-8. Save it again as “CSV UTF-8”.") from None
    except OSError as error:
        raise BadInput(f"{path} could not be read ({error.strerror or 'unknown reason'}).") from None
    if "\0" in text or not text.strip():
        raise BadInput(f"{path.name} is empty or not a text table. Save it again as “CSV UTF-8”.")
    header = text.splitlines()[0]
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count), strict=True)
        columns = list(reader.fieldnames or [])
        rows = [{column: row.get(column) or "" for column in columns} for row in reader]
    except csv.Error as error:
        raise BadInput(f"{path.name} cannot be read as a table ({error}). Save it again as “CSV UTF-8”.") from None
    if not any(columns):
        raise BadInput(f"{path.name} has no header line with column names. Add one.")
    if len(set(columns)) != len(columns):
        raise BadInput(f"{path.name} has two columns of the same name. Rename one.")
    return columns, rows


def image_column(columns: Sequence[str]) -> str:
    """The column that names images: one of the usual names, else the first."""
    return next((one for one in columns if one.strip().lower() in _IMAGE_COLUMNS), columns[0])


def split_address(address: str) -> tuple[Path, str]:
    """`FILE[:COLUMN]` -> file, column ("" if none is named); split at the last colon only if the whole is no path."""
    whole = Path(address).expanduser()
    if whole.exists() or ":" not in address:
        return whole, ""
    file, column = address.rsplit(":", 1)
    return Path(file).expanduser(), column


def from_table(address: str, names: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The facet's name and item id -> class, from `CSV[:COLUMN]`. Raises BadInput with the columns there are.

    Rows are matched to images by core.ingest.names.match_names.
    """
    path, column = split_address(address)
    if not path.exists():
        raise BadInput(f"The truth table {path} does not exist. Give folder, filename, or a CSV file.")
    columns, rows = read_table(path)
    names_in = image_column(columns)
    classes = [one for one in columns if one != names_in]
    if not classes:
        raise BadInput(
            f"{path.name} needs a column with image names and one with classes; it has: {', '.join(columns)}."
        )
    if not column and len(classes) > 1:
        raise BadInput(
            f"{path.name} has several columns. Add the one to score, e.g. {path.name}:{classes[0]} "
            f"(there are: {', '.join(classes)})."
        )
    column = column or classes[0]
    if column not in classes:
        raise BadInput(f"{path.name} has no column “{column}”. It has: {', '.join(classes)}.")
    places = match_names([row[names_in] for row in rows], names)
    matched = {item: rows[place][column].strip() for item, place in places.items() if rows[place][column].strip()}
    if not matched:
        raise BadInput(f"No row of {path.name} names one of the images (column “{names_in}”). Check the names.")
    return column, matched


def truth_exists(address: str) -> bool:
    """Whether the truth can be read (again): names are always there, a table may have gone."""
    return address in ("folder", "filename") or split_address(address)[0].exists()


def full_truth_address(address: str, facet: str) -> str:
    """The address as it is kept with a run: readable from any folder later, with its column spelled out."""
    return address if address in ("folder", "filename") else f"{split_address(address)[0].resolve()}:{facet}"


def read_truth(address: str, names: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Facet and classes for `folder`, `filename` or `CSV[:COLUMN]`. Raises BadInput when no image gets a class."""
    if address in ("folder", "filename"):
        classes = from_folders(names) if address == "folder" else from_filenames(names)
        if not classes:
            where = "lies in a folder named after its class" if address == "folder" else "is named like 12_rose.jpg"
            raise BadInput(f"No ground truth found: no image {where}.")
        return address, classes
    return from_table(address, names)
