"""Descriptions and labels that a person brings, in our own form or IC|TC's `step1_result.jsonl`."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from json.encoder import encode_basestring_ascii
from pathlib import Path, PurePosixPath
from typing import Any
from weakref import WeakValueDictionary

from core.errors import BadInput
from core.ingest.annotations import as_rows
from core.ingest.json_rows import json_values_in, texts
from core.ingest.table import Table, image_column, read_table
from core.typed_path import typed_path


@dataclass(frozen=True, slots=True)
class Record:
    """One line: the image it speaks of, and what it says. description or label may be empty, not both.

    also: further classes, where it carries several.
    """

    image: str
    description: str
    label: str
    truth: str
    also: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Hash of name and text: the item id of a record that comes without an image."""
        image, description, label = map(encode_basestring_ascii, (self.image, self.description, self.label))
        return hashlib.sha256(f"[{image}, {description}, {label}]".encode()).hexdigest()  # as JSON


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Records:
    """The readable lines of one file in order, and a reason for each line that is not.

    version: hash of the content. note: what was assumed to read it, as a sentence, or "".
    """

    records: tuple[Record, ...]
    bad: tuple[tuple[int, str], ...]
    version: str
    note: str = ""


def read_records(path: Path) -> Records:
    """Read JSON Lines, or any other JSON of such objects (`json_rows`).

    Also a table with such columns. Only image, description, label and truth, in capitals or not, are read (file_name
    or filename, text or caption; IC|TC: image_file); never others.

    A file that has not changed is read once for all who hold its records, and equal texts are one string in memory.
    Raises BadInput when the file is missing or holds no usable line.
    """
    place = typed_path(path)
    try:
        found = place.stat()
        stamp = (str(place.resolve()), found.st_ino, found.st_size, found.st_mtime_ns)
        records = _held.get(stamp)
        if records is None:
            with place.open("rb") as file:
                records = _read(file, place)
    except OSError as error:
        raise BadInput(f"The records file {path} could not be read ({error.strerror or 'unknown reason'}).") from None
    if not records.records:
        detail = f" Line {records.bad[0][0]}: {records.bad[0][1]}" if records.bad else ""
        raise BadInput(
            f"{path.name} holds no usable record: give a JSON object a line with image and description.{detail}"
        )
    _held[stamp] = records
    return records


_IMAGE = ("image", "file_name", "filename")
_DESCRIPTION = ("description", "text", "caption")
_TABLES = (".csv", ".tsv", ".tab", ".parquet")
_held: WeakValueDictionary[tuple[str, int, int, int], Records] = WeakValueDictionary()
"""What some run holds of files, by place and state; a million records are not read and held twice."""


def _read(file: BufferedReader, path: Path) -> Records:
    """JSON Lines a line at a time: a large file and its text would take more memory than what is read of them."""
    digest, same = hashlib.file_digest(file, "sha256"), dict[str, str]()
    file.seek(0)
    good: list[Record] = []
    bad: list[tuple[int, str]] = []
    several: list[int] = []
    table = read_table(path) if path.suffix.lower() in _TABLES else None
    for number, value in _values(file) if table is None else enumerate(_rows(table), start=2):
        record = _record(value, same)
        if isinstance(record, Record):
            good.append(record)
            several += [number] if _has_several(value) else []
        else:
            bad.append((number, record))
    notes = [f"{path.name}: {table.how}."] if table and table.how else []
    if several:
        notes.append(
            f"Lines with several texts: {len(several)}, the first is line {several[0]}; the first of each counts."
        )
    return Records(tuple(good), tuple(bad), digest.hexdigest()[:16], " ".join(notes))


def _rows(table: Table) -> Iterator[dict[str, str]]:
    image = image_column(table)
    columns = {"image" if column == image else column: cells for column, cells in table.items()}
    return (dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True))


def _values(file: BufferedReader) -> Iterator[tuple[int, Any]]:
    """Line numbers and values; what is no file of lines as rows. A text beside a name alone is a description."""
    values = json_values_in(file)
    first = list(itertools.islice(values, 2))
    if len(first) == 2 and isinstance(first[0][1], dict):
        yield from first
        yield from values
    else:
        yield from as_rows([*first, *values], "description")


def _record(value: Any, same: dict[str, str]) -> Record | str:
    """A line's record, or the sentence that says why there is none. same: of equal texts, the one that is kept."""
    if value is None:
        return "This line is not valid JSON."
    if not isinstance(value, dict):
        return "This line is not a JSON object."
    value = {key.strip().lower(): cell for key, cell in value.items()}
    name = _text(value, *_IMAGE) or PurePosixPath(_text(value, "image_file").replace("\\", "/")).name
    said = (_text(value, *_DESCRIPTION), _text(value, "label"), _text(value, "truth"))
    if not name:
        return "This line names no image."
    if not any(said[:2]):
        return "This line has neither a description nor a label."
    also = tuple(same.setdefault(text, text) for text in (texts(value.get("truth")) or ())[1:])
    description, label, truth = (same.setdefault(text, text) for text in said)
    return Record(name, description, label, truth, also)


def _has_several(value: dict[str, Any]) -> bool:
    said = (cell for key, cell in value.items() if key.strip().lower() in (*_DESCRIPTION, "label"))
    return any(len(texts(cell) or ()) > 1 for cell in said)


def _text(value: dict[str, Any], *keys: str) -> str:
    """The first of the keys that is there, as clean text: a lone surrogate would make the database write fail. Of
    several texts, the first."""
    for key in keys:
        found = value.get(key)
        if isinstance(found, list):
            found = next(iter(texts(found) or ()), None)
        if isinstance(found, (str, int, float)) and not isinstance(found, bool):
            text = str(found).strip()
            return text if text.isascii() else text.encode("utf-8", errors="replace").decode("utf-8")
    return ""
