"""A table that a person brings (CSV in its many forms, JSON Lines or Parquet) as columns of text."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.errors import BadInput
from core.ingest.annotations import IMAGE_NAMES, as_rows, flat, is_image, names_image, with_labels
from core.ingest.csv_guard import unguarded
from core.ingest.json_rows import json_values, plain, texts
from core.ingest.text import UTF_8, MixedText, decoded, in_words


class Table(dict[str, list[str]]):
    """Column name -> one text a row; "" for an empty cell.

    Attributes:
        how: what was assumed to read it, in words ("read as Greek (Windows-1253), with “;” between cells"), and what
            of it is odd; "" for a CSV as it should be.
        encoding: what its text is written in, as Python calls it; "" where that is no question.
        more: of cells that hold several texts, those after the first: column -> row -> texts.
    """

    def __init__(self, columns: Mapping[str, list[str]] | None = None, how: str = "", encoding: str = "") -> None:
        super().__init__(columns or {})
        self.how, self.encoding = how, encoding
        self.more: dict[str, dict[int, list[str]]] = {}


JSON = (".jsonl", ".ndjson", ".json")
SUFFIXES = (".csv", ".tsv", ".tab", ".parquet", ".jsonl", ".ndjson")
"""Endings by which a table is told from other files."""
NAMED = (*SUFFIXES, ".json", ".txt")
"""The same where a person says that it is a table."""
_MOST_BYTES = 1024**3
csv.field_size_limit(_MOST_BYTES)  # else no cell over 131,072 letters could be read, and tables of ours may have some
_SEPARATORS = {"\t": "tabs", ";": "“;”", "|": "“|”", ",": "commas"}
"""What may stand between cells -> in words. Where two fit alike, the one that is rarer in a text."""
_NONE, _SPACE = "\x1f", " "
"""Between the cells of a table of one column, and of names and classes as data sets for research list them."""
_SPACED = re.compile(r"\S+ \S+")
_SAMPLE = 256 * 1024
_LOOKED_AT = 500
"""Rows by which the form of a table is judged."""
_TITLES = 10
_NAMED_OUT = 8
_ONE_HOT = "label"
_LONGEST = 16 * 1024
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://\S+", re.IGNORECASE)
_SEP_LINE = re.compile(r'"?sep=(.)"?\r?(?:\n|$)', re.IGNORECASE)
_LONE_CR = re.compile(r"\r(?!\n)")
_HELD_CR = "\ufdd0"  # no character: it stands for a CR within a cell while rows are read, which end at LF
_NOT_TEXT = {
    b"<?xml": "an XML file",
    b"<annotations": "an XML file",
    b"<!DOCTYPE": "a web page",
    b"<html": "a web page",
    b"%PDF": "a PDF file",
    b"\x1f\x8b": "a packed file (gzip)",
    b"PK\x03\x04": "an Excel workbook or another ZIP file",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
}
_IDS = ("id", "image_id", "img_id")


def read_table(path: Path, encoding: str = "") -> Table:
    """The columns of a table. encoding: of a text, "" to find it out. Raises BadInput.

    A CSV may be in UTF-8, UTF-16 or a code page, with commas, semicolons, tabs or pipes, old Mac line ends, Excel's
    line `sep=;`, a title above its header, no header, and empty columns and rows. Cells come without the mark that
    keeps spreadsheets from running them (`csv_guard`).
    """
    suffix = path.suffix.lower()
    try:
        if suffix == ".parquet":
            columns = _parquet(path)
        else:
            columns = (_json if suffix in JSON else _csv)(path, *_text(path, encoding))
    except OSError as error:
        raise BadInput(f"{path} could not be read ({error.strerror or 'unknown reason'}).") from None
    if not columns:
        raise BadInput(f"{path.name} has no header line with column names. Add one.")
    return _with_one_hot(columns)


def _with_one_hot(table: Table) -> Table:
    """With a column `label` more where all but the images are columns of 0 and 1, a label each (Roboflow)."""
    classes = [column for column in table if column != image_column(table)]
    marks = [[cell.strip() for cell in table[column]] for column in classes]
    if len(classes) < 2 or _ONE_HOT in table or not all({*cells} <= {"0", "1"} for cells in marks):
        return table
    table[_ONE_HOT] = []
    for row, cells in enumerate(zip(*marks, strict=True)):
        first, *others = [name for name, mark in zip(classes, cells, strict=True) if mark == "1"] or [""]
        table[_ONE_HOT].append(first)
        if others:
            table.more.setdefault(_ONE_HOT, {})[row] = others
    said = f"its columns of 0 and 1 together are the column “{_ONE_HOT}”"
    table.how = f"{table.how}; {said}" if table.how else said
    return table


def image_column(table: Table) -> str:
    """The column that names images, as far as a table tells by itself: one of the usual names, else that with most
    names of pictures, else one of ids, else the first."""
    usual = next((column for column in table if column.strip().lower() in IMAGE_NAMES), None)
    if usual is not None:
        return usual
    pictures = {column: sum(map(is_image, cells[:_LOOKED_AT])) for column, cells in table.items()}
    most = max(pictures, key=lambda column: pictures[column])
    if pictures[most]:
        return most
    return next((column for column in table if column.strip().lower() in _IDS), most)


# -- CSV


def _csv(path: Path, text: str, encoding: str) -> Table:
    said = [] if encoding in (UTF_8, "utf-8-sig") else [f"read as {in_words(encoding)}"]
    given = _SEP_LINE.match(text)
    if given:
        text = text[given.end() :]
    text = _held(text)
    separator = given[1] if given else _separator(text[:_SAMPLE])
    if separator not in (",", _NONE) and not (separator == "\t" and path.suffix.lower() in (".tsv", ".tab")):
        words = "spaces" if separator == _SPACE else _SEPARATORS.get(separator, f"“{separator}”")
        said.append(f"with {words} between cells")
    try:
        head = list(itertools.islice(_rows(text, separator), _LOOKED_AT))
        names, above, notes = _header(head)
        rows = itertools.islice(_rows(text, separator), above, None)
        table, longer = _columns(path, names, rows)
    except csv.Error as error:
        raise BadInput(f"{path.name} cannot be read as a table ({error}). Save it again as “CSV UTF-8”.") from None
    if longer:
        notes.append(f"rows with more cells than the header: {len(longer)}, the first is row {above + longer[0]}")
    table.how, table.encoding = "; ".join([", ".join(said), *notes] if said else notes), encoding
    return table


def _text(path: Path, encoding: str) -> tuple[str, str]:
    """The text of a file and its encoding, found out where it is "". Raises BadInput, OSError."""
    if path.stat().st_size > _MOST_BYTES:
        raise BadInput(f"{path.name} is larger than 1 GB. Give it in parts, or as Parquet.")
    content = path.read_bytes()
    again = "Save it again as “CSV UTF-8”."
    for beginning, what in _NOT_TEXT.items():
        if content.lstrip(b"\xef\xbb\xbf \r\n").startswith(beginning):
            raise BadInput(f"{path.name} is {what}, not a text table. {again}")
    try:
        text, encoding = decoded(content, encoding)
    except UnicodeDecodeError:
        raise BadInput(f"{path.name} cannot be read as {in_words(encoding)}. Say what else it is written in.") from None
    except MixedText as error:
        raise BadInput(f"{path.name} is in two encodings: {str(error)[0].lower()}{str(error)[1:]} {again}") from None
    if "\0" in text or not text.strip():
        raise BadInput(f"{path.name} is empty or not a text table. {again}")
    return text, encoding


def _held(text: str) -> str:
    """The text with each CR put aside that stands within a cell: rows end with LF, unless more of them end with CR."""
    if not _LONE_CR.search(text):
        return text
    bare = re.sub(r'"[^"]*"', "", text)
    return text if len(_LONE_CR.findall(bare)) > bare.count("\n") else _LONE_CR.sub(_HELD_CR, text)


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    """Rows as lists of cells, without those in which nothing stands. Raises csv.Error."""
    blanks = bool(re.search(f'{re.escape(separator)} +"', text[:_LONGEST])) and f'{separator}"' not in text[:_LONGEST]
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=blanks):
        if any(row) and not all(cell.isspace() for cell in row if cell):
            yield [cell.replace(_HELD_CR, "\r") for cell in row] if _HELD_CR in "".join(row) else row


def _separator(sample: str) -> str:
    """What stands between cells: that which parts the header, and by which most rows have as many cells, two or more.

    A first row that nothing parts is a title, or the header of a list of images. Addresses may hold any of them.
    """
    lines = [line.strip() for line in sample[:_LONGEST].split("\n")[: _TITLES + 1]]
    if any(map(_is_one_address, lines)):
        return _NONE
    found = []
    for separator in _SEPARATORS:
        head: list[list[str]] = []
        with suppress(csv.Error):  # the sample may end within quotes
            head.extend(itertools.islice(_rows(sample, separator), _LOOKED_AT))
        widths = Counter(map(len, head)).most_common(1)
        if widths and widths[0][0] > 1:
            found.append((len(head[0]) > 1, widths[0][1] / len(head), widths[0][0], separator))
    parted, *_, best = max(found, key=lambda form: form[:3], default=(False, 0.0, 0, ""))
    if parted or (best and lines[0].strip('"').lower() not in IMAGE_NAMES):
        return best
    said = [line for line in lines if line][:_TITLES]
    if not best and all(map(_SPACED.fullmatch, said)) and any(is_image(line.split()[0]) for line in said):
        return _SPACE
    most = max(_SEPARATORS, key=lines[0].count)
    return most if most in lines[0] and not best and not is_image(lines[0]) else _NONE


def _header(head: Sequence[Sequence[str]]) -> tuple[list[str], int, list[str]]:
    """Names of the columns, how many rows stand above the first of data, and what is to be said of it.

    A title is a row above the header: only its first cell is filled, or a row below it, above the first that names an
    image, has a usual name of such a column or, where all rows below name one, is the last. A row that names an image
    is no header. Where rows have one cell more than the header, it lacks the name of the first.
    """
    if not head:
        return [], 0, []
    width = Counter(map(len, head)).most_common(1)[0][0]
    data = next((place for place, row in enumerate(head[: _TITLES + 1]) if any(map(is_image, row))), len(head))
    if data == 0:
        return [""] * width, 0, ["it has no header line"]
    place = _header_row(head, data, width)
    names = [name.strip() for name in head[place]]
    if len(names) + 1 == width and all(names):
        names = ["", *names]
    title = ", ".join(cell.strip() for cell in head[0] if cell.strip())
    notes = [f"taken as a title: “{title[:60]}”" + (" and what follows" if place > 1 else "")]
    return names, place + 1, notes if place else []


def _header_row(head: Sequence[Sequence[str]], data: int, width: int) -> int:
    """The row of names; data: the first that names an image, width: cells that most rows have."""
    above = range(min(data, len(head), _TITLES))
    for place in above:
        if {cell.strip().lower() for cell in head[place]} & {*IMAGE_NAMES}:
            return place
    last = data - 1
    if last in above and data < len(head) and sum(map(bool, map(str.strip, head[last]))) >= min(width, 2):
        column = next(at for at, cell in enumerate(head[data]) if is_image(cell))
        if all(column < len(row) and is_image(row[column]) for row in head[data:]):
            return last
    place = 0
    while place + 1 < len(above) and width > 1 and _is_title(head[place]):
        place += 1
    return place


def _is_title(row: Sequence[str]) -> bool:
    filled = [cell.strip() for cell in row if cell.strip()]
    return len(filled) == 1 and bool(row[0].strip())


def _is_one_address(line: str) -> bool:
    """Whether a line is the address of a picture as a whole, and not up to something that parts cells."""
    parts = (line.partition(separator)[0] for separator in _SEPARATORS if separator in line)
    return bool(_ADDRESS.fullmatch(line)) and is_image(line) and not any(map(is_image, parts))


def _columns(path: Path, names: Sequence[str], rows: Iterator[list[str]]) -> tuple[Table, list[int]]:
    """The cells by column, and which rows (from 1) have more that are filled. Raises BadInput, csv.Error."""
    _check_names(path, [name for name in names if name])
    columns: list[list[str]] = [[] for _ in names]
    longer = []
    for number, row in enumerate(rows, start=1):
        for place, cells in enumerate(columns):
            cells.append(unguarded(row[place]) if place < len(row) else "")
        if any(cell.strip() for cell in row[len(names) :]):
            longer.append(number)
    found = Table()
    for place, (name, cells) in enumerate(zip(names, columns, strict=True), start=1):
        if name or any(map(str.strip, cells)):
            found[name or f"column {place}"] = cells
    return found, longer


# -- JSON and Parquet


def _json(path: Path, text: str, encoding: str) -> Table:
    """Objects as rows, a key a column, whatever program wrote them (`annotations`). Values that are no text, number,
    truth value or list of texts are left out, and said."""
    found = as_rows(list(json_values(text)))
    objects = [value for _, value in found if isinstance(value, dict)]
    known = {key for value in objects for key, cell in value.items() if _is_cell(cell)}
    if len(known) < 2 or not any(map(names_image, objects)):  # what else there is lies deeper
        objects = [flat(value) for value in objects]
    else:
        objects = [with_labels(value) for value in objects]
    columns = dict.fromkeys(key for value in objects for key, cell in value.items() if _is_cell(cell))
    if not columns:
        raise BadInput(f"{path.name} holds no rows. Give an object a line, a list of objects, or names with labels.")
    table = Table({name: [] for name in columns}, encoding=encoding)
    for row, value in enumerate(objects):
        for name, cells in table.items():
            first, *others = texts(value.get(name)) or [plain(value.get(name)) or ""]
            cells.append(first)
            if others:
                table.more.setdefault(name, {})[row] = others
    table.how = "; ".join(_noted(found, objects, table))
    return table


def _is_cell(value: object) -> bool:
    return plain(value) is not None or texts(value) is not None


def _noted(found: Sequence[tuple[int, Any]], objects: Sequence[Mapping[str, Any]], table: Table) -> list[str]:
    """What is to be said of JSON that was read as a table."""
    said = []
    if bad := [number for number, value in found if not isinstance(value, dict)]:
        said.append(f"lines that are no JSON object: {len(bad)}, the first is line {bad[0]}")
    if out := list(dict.fromkeys(key for value in objects for key, cell in value.items() if not _is_cell(cell))):
        said.append(f"left out, as neither text nor number: {', '.join(out[:_NAMED_OUT])}")
    if several := sum(map(len, table.more.values())):
        said.append(f"lists of several labels: {several}, each counts as one of its image")
    return said


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
    return Table({name: ["" if cell is None else cell for cell in column] for name, column in cells.items()})


def _is_simple(kind: Any) -> bool:
    import pyarrow.types as types

    if types.is_dictionary(kind):
        return _is_simple(kind.value_type)
    texts = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    return bool(texts or types.is_primitive(kind) or types.is_decimal(kind))


def _check_names(path: Path, names: Sequence[str]) -> None:
    if len(set(names)) != len(names):
        raise BadInput(f"{path.name} has two columns of the same name. Rename one.")
