"""Descriptions and labels that a person brings as JSON Lines, in our own form or IC|TC's `step1_result.jsonl`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from io import BufferedReader
from json.encoder import encode_basestring_ascii
from pathlib import Path, PurePosixPath
from typing import Any
from weakref import WeakValueDictionary

from core.errors import BadInput
from core.ingest.text import lines_of
from core.typed_path import typed_path


@dataclass(frozen=True, slots=True)
class Record:
    """One line: the image it speaks of, and what it says. description or label may be empty, not both."""

    image: str
    description: str
    label: str
    truth: str

    @property
    def id(self) -> str:
        """Hash of name and text: the item id of a record that comes without an image."""
        image, description, label = map(encode_basestring_ascii, (self.image, self.description, self.label))
        return hashlib.sha256(f"[{image}, {description}, {label}]".encode()).hexdigest()  # as JSON


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Records:
    """The readable lines of one file in order, and a reason for each line that is not. version: hash of the content."""

    records: tuple[Record, ...]
    bad: tuple[tuple[int, str], ...]
    version: str


def read_records(path: Path) -> Records:
    """Read a JSONL file. Only image, description, label and truth are read (IC|TC: image_file and text); never others.

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
                records = _read(file)
    except OSError as error:
        raise BadInput(f"The records file {path} could not be read ({error.strerror or 'unknown reason'}).") from None
    if not records.records:
        detail = f" Line {records.bad[0][0]}: {records.bad[0][1]}" if records.bad else ""
        raise BadInput(
            f"{path.name} holds no usable record: one JSON object a line with image and description.{detail}"
        )
    _held[stamp] = records
    return records


_held: WeakValueDictionary[tuple[str, int, int, int], Records] = WeakValueDictionary()
"""What some run holds of files, by place and state; a million records are not read and held twice."""


def _read(file: BufferedReader) -> Records:
    """A line at a time, as a large file and its text together would take more memory than what is read of them."""
    digest, same = hashlib.file_digest(file, "sha256"), dict[str, str]()
    file.seek(0)
    good: list[Record] = []
    bad: list[tuple[int, str]] = []
    for number, line in enumerate(lines_of(file), start=1):
        if not line.strip():
            continue
        record = _record(line, same)
        if isinstance(record, Record):
            good.append(record)
        else:
            bad.append((number, record))
    return Records(tuple(good), tuple(bad), digest.hexdigest()[:16])


def _record(line: str, same: dict[str, str]) -> Record | str:
    """A line's record, or the sentence that says why there is none. same: of equal texts, the one that is kept."""
    try:
        value = json.loads(line.strip("\ufeff \t\r"))
    except (ValueError, RecursionError):
        return "This line is not valid JSON."
    if not isinstance(value, dict):
        return "This line is not a JSON object."
    name = _text(value, "image") or PurePosixPath(_text(value, "image_file").replace("\\", "/")).name
    texts = (_text(value, "description", "text"), _text(value, "label"), _text(value, "truth"))
    if not name:
        return "This line names no image."
    if not any(texts[:2]):
        return "This line has neither a description nor a label."
    return Record(name, *(same.setdefault(text, text) for text in texts))


def _text(value: dict[str, Any], *keys: str) -> str:
    """The first of the keys that is there, as clean text: a lone surrogate would make the database write fail."""
    for key in keys:
        found = value.get(key)
        if isinstance(found, (str, int, float)) and not isinstance(found, bool):
            text = str(found).strip()
            return text if text.isascii() else text.encode("utf-8", errors="replace").decode("utf-8")
    return ""
