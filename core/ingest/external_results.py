"""Results made elsewhere, as one thing: a table or JSON Lines of image and cluster, or IC|TC's result files.

Nothing is dropped: a row without a usable answer keeps its text, and an unreadable line is counted with its reason.
Ground truth is passed on to the metrics and not used here.
"""

from __future__ import annotations

import hashlib
import json
import weakref
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from core.domain import ASSIGNMENTS, RESERVED, UNASSIGNED
from core.errors import BadInput
from core.ingest.annotations import as_rows
from core.ingest.ictc_files import clean_answer, first_line, normal, read_answers, read_names, short_names
from core.ingest.json_rows import json_values, texts
from core.ingest.name_matching import Images, from_filenames
from core.ingest.record_matching import MetRecords, meet
from core.ingest.records import Record, Records
from core.ingest.table import JSON, SUFFIXES, Table, image_column, read_table
from core.ingest.text import lenient
from core.typed_path import typed_path

_STEP1, _STEP2A, _STEP2B, _STEP3 = "step1_result.jsonl", "step2a_result.txt", "step2b_result.txt", "step3_result.txt"
_CLUSTER = ("cluster", "group", "assigned", "assignment", "predicted", "prediction", "answer")
_DESCRIPTION = ("description", "text", "caption")
_LABEL = ("label",)
_CATEGORY = ("labels", "category", "categories", "choice", "choices", "tag", "tags", "class_name")
"""What programs for annotation call the column of groups, where none is called so."""
_CONFIDENCE = ("confidence",)
_TRUTH = ("truth", "ground_truth", "gt", "class", "target")
_IMAGE = ("image", "image_file", "file", "filename", "file_name", "path", "name")
_EARLIER = ASSIGNMENTS[:-1]
"""The columns that tables of ours had before they had reasons, which are not read."""
_NO_IMAGE = {*_CLUSTER, *_LABEL, *_DESCRIPTION, *_TRUTH}
_NO_GROUP = {"", *RESERVED}
_NO_ANSWER = {"none", "unknown", "n/a", "nan", "null"}
"""What a model answers where no name fits. In a table these are values like others."""
_LONGEST_NAME = 80
"""Without a list of names every answer of at most so many letters is one; longer ones are prose."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One row. answer: what was said, None when nothing was. confidence: 0 to 1, None when unknown."""

    record: Record
    answer: str | None
    confidence: float | None = None


@dataclass(frozen=True)
class Imported:
    """A whole result. names: (name, meaning) of the groups, in order. bad: (where, reason) of lines not understood.

    version: hash of all that was read. exact: it is a table of ours, in which every text is as it was.
    note: what was assumed to read it, as a sentence, or "". second: rows with another answer for their image.
    """

    rows: tuple[Answered, ...]
    names: tuple[tuple[str, str], ...]
    bad: tuple[tuple[int, str], ...]
    version: str
    exact: bool = False
    note: str = ""
    second: tuple[Record, ...] = ()

    @property
    def said(self) -> Sequence[Record]:
        """All records, those of second answers last: of truth each counts."""
        return [*(row.record for row in self.rows), *self.second]

    def meet(self, images: Images) -> MetRecords:
        """Which rows mean which images."""
        return meet([row.record for row in self.rows], images)

    def group_of(self, answer: str | None) -> str | None:
        """The key (see there) of the group that an answer names, by its first line; None when it names none."""
        said = self.key(answer if self.exact else first_line(answer)) if answer else ""
        return said if said in self._known else None

    def key(self, name: str) -> str:
        """What a group is known by here: its name in its normal spelling or, in a table of ours, as it is."""
        return name if self.exact else normal(name)

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.key(name) for name, _ in self.names)

    @property
    def records(self) -> Records:
        """The rows as items of their own, for results whose images are not here."""
        return Records(tuple(row.record for row in self.rows), self.bad, self.version)

    @property
    def numbered(self) -> bool:
        """Whether every image is called `{n}_{class}`, as IC|TC's are."""
        names = {str(place): row.record.image for place, row in enumerate(self.rows)}
        return len(from_filenames(names)) == len(names)


_read: weakref.WeakValueDictionary[tuple[Path, int, int], Imported] = weakref.WeakValueDictionary()
"""Results that are still in use: an import reads the same large file at each of its steps."""


def _read_once(path: Path) -> Imported:
    stat = path.stat()
    key = (path.resolve(), stat.st_size, stat.st_mtime_ns)
    found = _read.get(key)
    if found is None:
        found = _read[key] = _from_jsonl(path) if path.suffix.lower() in JSON else _from_table(path)
    return found


def read_results(path: Path) -> Imported:
    """Read a table (CSV, TSV, Parquet), a JSONL file, or IC|TC's result files, by folder or by one. Raises BadInput."""
    path = typed_path(path)
    if path.is_dir():
        return _from_ictc(path)
    if not path.exists():
        raise BadInput(f"{path} does not exist. Give a CSV, a JSONL file, or a folder with IC|TC's result files.")
    if path.suffix.lower() == ".txt":
        return _from_ictc(path.parent, path.name)
    if path.suffix.lower() in (*JSON, *SUFFIXES):
        return _read_once(path)
    raise BadInput(f"{path.name} is not a CSV, a JSONL file, a Parquet file or a folder with IC|TC's {_STEP3}.")


# -- a table or JSON Lines


def _from_table(path: Path) -> Imported:
    table = read_table(path)
    return _grouped(path, table, range(2, 2 + len(next(iter(table.values())))), [])


def _grouped(path: Path, table: Table, numbers: Sequence[int], bad: list[tuple[int, str]]) -> Imported:
    """From a table, whatever its columns are called. numbers: the line of each row. Raises BadInput."""
    columns = list(table)
    image = image_column(table)
    others = [column for column in columns if column != image]
    known = {column.strip().lower() for column in others}
    if image.strip().lower() in _NO_IMAGE:
        raise BadInput(f"{path.name} has no column that names the images. It has: {', '.join(columns)}.")
    how = [table.how] if table.how else []
    keys = ["image" if column == image else column.strip().lower() for column in columns]
    cells = [_with_more(cells, table.more.get(column, {})) for column, cells in table.items()]
    values = [dict(zip(keys, row, strict=True)) for row in zip(*cells, strict=True)]
    if not known & {*_CLUSTER}:
        usual = (*_LABEL, *_CATEGORY, *(other.strip().lower() for other in others))
        chosen = next((key for key in usual if key in known), "")
        if not chosen:
            raise BadInput(f"{path.name} needs a column of images and one of groups; it has: {', '.join(columns)}.")
        for value in values:
            value["cluster"] = value.pop(chosen)
        if len(others) > 1:
            how.append(f"groups are those of its column “{chosen}”")
    read = _from_values(path.name, list(zip(numbers, values, strict=True)), bad, path.read_bytes())
    said = f"{path.name}: {'; '.join(how)}." if how else ""
    return replace(read, note=" ".join(filter(None, (said, read.note))))


def _with_more(cells: Sequence[str], more: Mapping[int, list[str]]) -> Sequence[Any]:
    return [[cell, *more[row]] if row in more else cell for row, cell in enumerate(cells)] if more else cells


def _from_jsonl(path: Path) -> Imported:
    content = _bytes(path)
    values: list[tuple[int, dict[str, Any]]] = []
    bad: list[tuple[int, str]] = []
    for number, value in as_rows(list(json_values(lenient(content))), "cluster"):
        if isinstance(value, dict):
            values.append((number, value))
        else:
            bad.append((number, "This line is not a JSON object."))
    if values and not any(key in value for _, value in values for key in _CLUSTER):
        table = read_table(path)
        if {column.strip().lower() for column in table} <= {*_IMAGE, *_DESCRIPTION, *_TRUTH, *_CONFIDENCE}:
            raise BadInput(f"{path.name} says of no image which group it is in (a key like cluster).")
        return _grouped(path, table, [number for number, _ in values], bad)
    return _from_values(path.name, values, bad, content)


def _from_values(
    name: str, values: Sequence[tuple[int, Mapping[str, Any]]], bad: list[tuple[int, str]], content: bytes
) -> Imported:
    """values: line number and what it holds, by lower-case names."""
    exact = bool(values) and all(tuple(value) in (ASSIGNMENTS, _EARLIER) for _, value in values)
    rows, answers, second = list[Answered](), dict[str, str | None](), list[Record]()
    for number, value in values:
        row = _own_row(value) if exact else _row(value)
        if not row.record.image:
            bad.append((number, "This line names no image."))
            continue
        others = [row.answer] if row.answer and answers.setdefault(row.record.id, row.answer) != row.answer else []
        bad += [
            (number, f"{row.record.image} has a second answer ({other[:60]}); the first counts.")
            for other in (*others, *_several(value, _CLUSTER)[1:])
        ]
        if others:
            second.append(row.record)
        else:
            rows.append(row)
    if not rows:
        raise BadInput(f"{name} holds no row that names an image.")
    version = hashlib.sha256(content).hexdigest()[:16]
    note = _said_of_confidence(value.get(_CONFIDENCE[0]) for _, value in values)
    if exact:
        names = Counter(row.answer for row in rows if row.answer not in (None, UNASSIGNED))
        ranked = [(name, "") for name, _ in sorted(names.items(), key=lambda said: (-said[1], said[0])) if name]
        return Imported(tuple(rows), tuple(ranked), tuple(bad), version, exact, note, tuple(second))
    images = [record.image for record in (*(row.record for row in rows), *second)]
    short = short_names(images) if any(image.startswith("/") or ":\\" in image for image in images) else {}
    rows = [replace(row, record=_renamed(row.record, short)) for row in rows]
    second = [_renamed(record, short) for record in second]
    said = tuple(_names_said(rows, _NO_GROUP))
    return Imported(tuple(rows), said, tuple(bad), version, note=note, second=tuple(second))


def _row(value: Mapping[str, Any]) -> Answered:
    truth, *also = _several(value, _TRUTH) or [""]
    record = Record(
        _first(value, _IMAGE), _first(value, _DESCRIPTION), _first(value, _LABEL), truth, tuple(dict.fromkeys(also))
    )
    return Answered(record, _first(value, _CLUSTER), _share(value.get(_CONFIDENCE[0])))


def _own_row(value: Mapping[str, Any]) -> Answered:
    """A row of a table of ours: every text exactly as it was. Without a cluster, there was no answer."""
    image, cluster, _, _, description, label, truth = (_text_of(value[name]) for name in _EARLIER)
    return Answered(Record(image, description, label, truth), cluster or None, _share(value["confidence"]))


def _text_of(found: object) -> str:
    """Clean text: a lone surrogate would make the database write fail."""
    known = isinstance(found, (str, int, float)) and not isinstance(found, bool)
    return str(found).encode("utf-8", errors="replace").decode("utf-8") if known else ""


def _renamed(record: Record, short: Mapping[str, str]) -> Record:
    return replace(record, image=short.get(record.image, record.image))


def _first(value: Mapping[str, Any], keys: Sequence[str]) -> str:
    """The first of the keys that is there, as clean text without blanks around it; of several texts, the first."""
    return next(iter(_several(value, keys)), "")


def _several(value: Mapping[str, Any], keys: Sequence[str]) -> list[str]:
    """All texts of the first of the keys that is there: one, or those of a list."""
    for key in keys:
        found = value.get(key)
        if isinstance(found, list):
            return [_text_of(one).strip() for one in texts(found) or ()]
        if isinstance(found, (str, int, float)) and not isinstance(found, bool):
            return [_text_of(found).strip()]
    return []


def _share(value: object) -> float | None:
    """A confidence from 0 to 1, also as people and spreadsheets write it (0,9; 95 %); None for anything else."""
    number, percent, rest = str(value).strip().replace("％", "%").partition("%")
    try:
        share = float(number.strip().replace(",", ".")) / (100 if percent else 1)
    except ValueError:
        return None
    return share if 0 <= share <= 1 and not rest else None


def _said_of_confidence(values: Iterable[object]) -> str:
    """What to say of confidences that are none, as a sentence, or ""."""
    given = [str(value).strip() for value in values if value is not None]
    odd = [value for value in given if value and _share(value) is None]
    if not odd:
        return ""
    return f"Confidences that are no number from 0 to 1 are left out: {len(odd)}, e.g. “{odd[0][:40]}”."


# -- IC|TC's files


def _from_ictc(folder: Path, step3: str = _STEP3) -> Imported:
    """step3 gives the answers; step1 the descriptions, step2a the labels and step2b the names, where they are there.

    An image that any of the files names is a row. The files may lie in a folder within the folder.
    """
    places = [folder] if (folder / step3).is_file() else sorted(path.parent for path in folder.rglob(step3))
    if not places:
        raise BadInput(f"{folder} holds no {step3}. Give the folder with IC|TC's result files, a CSV or a JSONL file.")
    if len(places) > 1:
        raise BadInput(f"{folder} holds {len(places)} results. Give one of them, for example {places[0]}.")
    folder = places[0]
    texts = {name: _text(folder / name) for name in (_STEP1, _STEP2A, _STEP2B, step3)}
    descriptions, bad = _descriptions(texts[_STEP1])
    labels, labelled = _answers(_STEP2A, texts[_STEP2A], list(descriptions))
    answers, answered = _answers(step3, texts[step3], list(descriptions))
    bad += labelled + answered
    images = list(dict.fromkeys([*descriptions, *labels, *answers]))
    if not images:
        raise BadInput(f"{step3} in {folder} holds no line that names an image.")
    short = short_names(images)
    rows = [
        Answered(Record(short[image], descriptions.get(image, ""), labels.get(image, ""), ""), answers.get(image))
        for image in images
    ]
    names = read_names(texts[_STEP2B]) or _names_said(rows, _NO_GROUP | _NO_ANSWER)
    version = hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:16]
    return Imported(tuple(rows), tuple(names), tuple(bad), version)


def _descriptions(text: str) -> tuple[dict[str, str], list[tuple[int, str]]]:
    """Image -> description. A second line of one image is counted as bad; a line without an image is called by its
    number, as answers may stand in the same order."""
    found: dict[str, str] = {}
    bad: list[tuple[int, str]] = []
    for number, value in json_values(text):
        if not isinstance(value, dict):
            bad.append((number, f"{_STEP1}: this line is not a JSON object."))
            continue
        image = _first(value, _IMAGE) or f"line {number}"
        if image in found:
            bad.append((number, f"{_STEP1}: {image} is described a second time."))
        found.setdefault(image, _first(value, _DESCRIPTION))
    return found, bad


def _answers(name: str, text: str, order: Sequence[str]) -> tuple[dict[str, str], list[tuple[int, str]]]:
    """Image -> answer. Answers without images belong to the images of step 1 in order, if there are as many."""
    lines = read_answers(text)
    bad = [(number, f"{name}: {reason}") for number, reason in lines.bad]
    if lines.answers and not lines.answers[0][1]:
        if not order:
            raise BadInput(f"{name} names no images. Give it together with {_STEP1}, which names them in order.")
        if len(lines.answers) != len(order):
            raise BadInput(f"{name} names no images, and has {len(lines.answers)} lines for {len(order)} images.")
        return {image: answer for image, (_, _, answer) in zip(order, lines.answers, strict=True)}, bad
    spelled = {image.casefold(): image for image in order}
    found: dict[str, str] = {}
    for number, image, answer in lines.answers:
        known = spelled.get(image.casefold(), image)
        if known in found:
            bad.append((number, f"{name}: {image} has a second answer ({answer[:60]}); the first counts."))
        found.setdefault(known, answer)
    return found, bad


def _names_said(rows: Sequence[Answered], no_group: Set[str]) -> list[tuple[str, str]]:
    """The answers themselves as names but for `no_group`, the most frequent first, each in its most frequent
    spelling."""
    spellings: dict[str, Counter[str]] = {}
    for row in rows:
        said = first_line(clean_answer(row.answer or "")).strip()
        if normal(said) not in no_group and len(said) <= _LONGEST_NAME and not normal(said).startswith("none of "):
            spellings.setdefault(normal(said), Counter())[said.strip(" \"'.*")] += 1
    ranked = sorted(spellings.items(), key=lambda spelling: (-spelling[1].total(), spelling[0]))
    return [(spelled.most_common(1)[0][0], "") for _, spelled in ranked]


def _text(path: Path) -> str:
    return lenient(_bytes(path)) if path.is_file() else ""


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} could not be read ({error.strerror or 'unknown reason'}).") from None
