"""JSON as programs for annotation and data write it, as one flat object an image.

COCO (categories apart from images), VGG VIA, columns or rows apart from their names (pandas), one object of names and
labels, of labels and names, a list within an object; nested objects (Label Studio, Labelbox) as columns `a.b`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from core.ingest.json_rows import plain, texts
from core.ingest.sources.file_kind import SUFFIXES

Row = dict[str, Any]
IMAGE_NAMES = (
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
"""What the column that names images is usually called."""
_LABELS = re.compile("label|choice|class|categor|tag|annotation|attribute", re.IGNORECASE)
_DEEP = 12
"""Levels of nested objects that are read."""


def is_image(name: str) -> bool:
    """Whether a text is the name of a picture."""
    return PurePosixPath(name.strip().partition("?")[0]).suffix.lower() in SUFFIXES


def names_image(row: Mapping[str, Any]) -> bool:
    """Whether a flat object says which image it is about."""
    return any(
        isinstance(cell, str) and (key.strip().lower() in IMAGE_NAMES or is_image(cell)) for key, cell in row.items()
    )


def rows(value: Any, said: str = "label") -> list[Any]:
    """The rows that one object, or one list of lists, holds; said: what an image's text is, where only names are keys.

    An object that is a row itself is the only one.
    """
    if not isinstance(value, dict):
        return [value]
    if {key.strip().lower() for key in value} & {*IMAGE_NAMES} and not any(
        isinstance(cell, (list, dict)) and cell for key, cell in value.items() if key.strip().lower() in IMAGE_NAMES
    ):
        return [value]
    for form in (_coco, _via, _pandas, _within, _named):
        found = form(value, said)
        if found:
            return found
    return [value]


def _coco(value: Row, _: str) -> list[Row]:
    images, said = _objects(value.get("images")), value.get("annotations")
    if not images or not isinstance(said, list):
        return []
    names = {str(one.get("id")): str(one.get("name", one.get("id"))) for one in _objects(value.get("categories"))}
    of: dict[str, list[str]] = {}
    captions: dict[str, list[str]] = {}
    for one in _objects(said):
        image, category = str(one.get("image_id")), one.get("category_id")
        if category is not None:
            of.setdefault(image, []).append(names.get(str(category), str(category)))
        if isinstance(one.get("caption"), str):
            captions.setdefault(image, []).append(one["caption"])
    told = {"category": of, "description": captions}
    return [
        {"image": one.get("file_name") or one.get("id")}
        | {key: [*dict.fromkeys(by.get(str(one.get("id")), ()))] for key, by in told.items() if by}
        for one in images
    ]


def _via(value: Row, _: str) -> list[Row]:
    """VGG VIA: an object of images, each with its attributes and those of its regions."""
    held = value.get("_via_img_metadata", value)
    if not isinstance(held, dict) or not held:
        return []
    images = list(held.values())
    if not all(isinstance(one, dict) and "filename" in one and "regions" in one for one in images):
        return []
    found = []
    for one in images:
        row: dict[str, list[str]] = {}
        regions = one["regions"].values() if isinstance(one["regions"], dict) else one["regions"] or ()
        for said in (one.get("file_attributes"), *(region.get("region_attributes") for region in regions)):
            for key, cell in flat(said or {}).items():
                row.setdefault(key, []).extend([cell] if isinstance(cell, str) else cell)
        found.append({"image": one["filename"], **row})
    return found


def _pandas(value: Row, _: str) -> list[Row]:
    """Columns as lists or as objects by row, or names and rows apart ("split")."""
    names, data = value.get("columns"), value.get("data")
    if isinstance(names, list) and isinstance(data, list) and all(isinstance(row, list) for row in data):
        return [dict(zip(map(str, names), row, strict=False)) for row in data]
    if not {key.strip().lower() for key in value} & {*IMAGE_NAMES}:
        return []
    columns = [[*cells.values()] if isinstance(cells, dict) else cells for cells in value.values()]
    if not all(isinstance(cells, list) and len(cells) == len(columns[0]) for cells in columns):
        return []
    return [dict(zip(value, row, strict=True)) for row in zip(*columns, strict=True)]


def _within(value: Row, _: str) -> list[Row]:
    """The one list of objects that name images which an object holds."""
    lists = [cells for cells in map(_objects, value.values()) if any(map(names_image, cells))]
    return lists[0] if len(lists) == 1 else []


def _named(value: Row, said: str) -> list[Row]:
    """Names with what is said of each, or labels with the names of their images."""
    held = value.values()
    lists = [texts(cell) or [] for cell in held]
    if all(lists) and not any(map(is_image, value)) and any(map(is_image, itertools.chain(*lists))):
        return [{"image": one, said: key} for key, cell in zip(value, lists, strict=True) for one in cell]
    if held and all(isinstance(cell, dict) for cell in held):
        return [{"image": key, **cell} for key, cell in value.items()] if any(map(is_image, value)) else []
    told = {key: cell for key, cell in value.items() if plain(cell) is not None or texts(cell)}
    if len(told) < len(value) and not any(map(is_image, told)):
        return []
    return [{"image": key, said: cell} for key, cell in told.items()]


def flat(value: Mapping[str, Any], before: str = "", deep: int = 0) -> dict[str, str | list[str]]:
    """An object with its nested objects as keys `a.b`; of lists of objects, the values that stand alike together.
    Lists of numbers (boxes, points) are no labels and are left out."""
    found: dict[str, list[str]] = {}
    for key, cell in value.items():
        name = f"{before}{key}"
        inner = cell if isinstance(cell, list) else [cell]
        for one in inner if deep < _DEEP else ():
            if isinstance(one, dict):
                for place, held in flat(one, f"{name}.", deep + 1).items():
                    found.setdefault(place, []).extend([held] if isinstance(held, str) else held)
            elif isinstance(one, str) or not isinstance(cell, list):
                text = plain(one)
                if text is not None:
                    found.setdefault(name, []).append(text)
    several = {name: [*dict.fromkeys(cells)] for name, cells in found.items()}
    return {name: cells[0] if len(cells) == 1 else cells for name, cells in several.items()}


def with_labels(row: Row) -> Row:
    """A row with its nested objects that are called labels as keys `a.b`."""
    nested = {key: cell for key, cell in row.items() if isinstance(cell, (dict, list)) and _LABELS.search(key)}
    deep = {key: cell for key, cell in nested.items() if texts(cell) is None}
    return {**{key: cell for key, cell in row.items() if key not in deep}, **flat(deep)} if deep else row


def as_rows(values: Sequence[tuple[int, Any]], said: str = "label") -> list[tuple[int, Any]]:
    """Values by line as rows: what is one object is opened (`rows`); a list of lists has its names in the first."""
    if len(values) == 1:
        return list(enumerate(rows(values[0][1], said), start=1)) if isinstance(values[0][1], dict) else [*values]
    if values and all(isinstance(row, list) for _, row in values):
        return _lists(values, said)
    return [*values]


def _lists(values: Sequence[tuple[int, Any]], said: str) -> list[tuple[int, Any]]:
    first = values[0][1]
    if any(str(cell).strip().lower() in IMAGE_NAMES for cell in first):
        return [(number, dict(zip(map(str, first), row, strict=False))) for number, row in values[1:]]
    pairs = all(len(row) == 2 and isinstance(row[0], str) for _, row in values)
    return [(number, {"image": row[0], said: row[1]}) for number, row in values] if pairs else [*values]


def _objects(value: Any) -> list[Row]:
    """A list of objects; any other value as none."""
    return value if isinstance(value, list) and all(isinstance(one, dict) for one in value) else []
