"""Ground truth, from folder names, from file names, or from a table. Used for scores only, never to group.

A label counts for its image whichever copy of it carries the label. Where copies or rows differ, the first of the kept
copy counts, and the image is listed with its labels (`TwoLabels`): nothing is dropped in silence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path, PurePosixPath

from core.config import config
from core.domain import folded
from core.errors import BadInput
from core.ingest.external_results import read_results
from core.ingest.name_matching import Images, Other, Way, from_filenames, from_folders
from core.ingest.record_matching import meet
from core.ingest.records import read_records
from core.ingest.sources import huggingface_hub
from core.ingest.table import Table, image_column, read_table
from core.ingest.text import TABLE_PAGES
from core.typed_path import kept_path, typed_path

NAMES = ("folder", "filename")
"""Addresses of truth that lies in the images' own names."""
BROUGHT = "brought:"
"""Before the path of results made elsewhere: the truth that their rows carry, whatever form they have."""
RECORDS = "records:"
"""The same of descriptions made elsewhere."""
ALONG = (BROUGHT, RECORDS)
"""Beginnings of addresses of truth that came along with something else."""
ALIKE = "alike:"
"""Before an address: labels that differ only in case, spaces or how a number is written are one."""
ENCODED = "encoding:"
"""Before the address of a table, with a colon behind: what it is written in, where a person said so."""
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
Said = tuple[str, str, str]
"""An item, the file or row that speaks of it, and its label there ("" for none)."""


@dataclass(frozen=True, slots=True)
class TwoLabels:
    """An image, or images that look nearly the same, with more than one label; of one image the first counts."""

    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """What was read.

    Attributes:
        classes: item id -> class.
        column: of a table, the one that names the images.
        ways: how names met images that are spelled otherwise.
        unmatched: names in the table that no image has.
        how: what was assumed to read the table, in words, or "".
    """

    facet: str
    classes: Mapping[str, str]
    twice: Sequence[TwoLabels] = ()
    column: str = ""
    ways: Sequence[Way] = ()
    unmatched: Sequence[str] = ()
    how: str = ""

    @property
    def alike(self) -> list[tuple[str, ...]]:
        """Labels that a person may mean as one, each set with the most frequent spelling first."""
        spelled: dict[str, list[str]] = {}
        for label, _ in Counter(self.classes.values()).most_common():
            spelled.setdefault(spelling_key(label), []).append(label)
        return [tuple(labels) for labels in spelled.values() if len(labels) > 1]


def spelling_key(label: str) -> str:
    """The same for labels that differ only in case, spaces or how a number is written (01, 1, 1.0)."""
    key = folded(label)
    return str(Decimal(key).normalize()) if _NUMBER.fullmatch(key) else key


def _settled(said: Iterable[Said]) -> tuple[dict[str, str], list[TwoLabels]]:
    """The label of each item, the first that is said, and the items of which others are said too."""
    labels: dict[str, dict[str, str]] = {}
    for item, source, label in said:
        if label:
            labels.setdefault(item, {}).setdefault(label, source)
    twice = [
        TwoLabels(tuple((item, source, label) for label, source in found.items()))
        for item, found in labels.items()
        if len(found) > 1
    ]
    return {item: next(iter(found)) for item, found in labels.items()}, twice


def read(address: str, images: Images) -> Truth:
    """From `folder`, `filename`, `[encoding:CODE PAGE:]TABLE[:COLUMN]`, `brought:PATH`, `records:PATH`,
    `hf:NAME[:SPLIT]:COLUMN`, or one after `alike:`.

    Raises BadInput when no image gets a class.
    """
    if address.startswith(ALIKE):
        return _as_one(read(address.removeprefix(ALIKE), images))
    if address in NAMES:
        return _from_names(address, images)
    if address.startswith(ALONG):
        return _along(address, images)
    return _from_hub(address, images) if address.startswith(huggingface_hub.PREFIX) else _from_table(address, images)


def read_truth(address: str, names: Mapping[str, str], others: Sequence[Other] = ()) -> tuple[str, Mapping[str, str]]:
    """Facet and classes, see `read`. names: item id -> name; others: further names of these, of their duplicates."""
    truth = read(address, Images(names, others))
    return truth.facet, truth.classes


def _as_one(truth: Truth) -> Truth:
    """The same with one spelling of labels that are alike."""
    spelled = {spelling_key(labels[0]): labels[0] for labels in truth.alike}
    said = (
        (item, source, spelled.get(spelling_key(label), label))
        for two in truth.twice
        for item, source, label in two.said
    )
    classes = {item: spelled.get(spelling_key(label), label) for item, label in truth.classes.items()}
    return replace(truth, facet=f"{ALIKE}{truth.facet}", classes=classes, twice=_settled(said)[1])


def _from_names(address: str, images: Images) -> Truth:
    read_names = from_folders if address == "folder" else from_filenames
    own = read_names(images.names)
    others = read_names({str(place): name for place, (_, name) in enumerate(images.others)})
    said = [(item, images.names[item], label) for item, label in own.items()]
    said += [(*images.others[int(place)], label) for place, label in others.items()]
    classes, twice = _settled(said)
    if not classes:
        where = "lies in a folder named after its class" if address == "folder" else "is named like 12_rose.jpg"
        raise BadInput(f"No ground truth found: no image {where}.")
    return Truth(address, classes, twice)


# -- tables


def split_encoding(address: str) -> tuple[str, str]:
    """`[encoding:CODE PAGE:]TABLE` -> the code page as Python calls it, "" where none is said, and the rest."""
    if not address.startswith(ENCODED):
        return "", address
    encoding, _, rest = address.removeprefix(ENCODED).partition(":")
    return encoding.lower(), rest


def split_address(address: str) -> tuple[Path, str]:
    """`[encoding:CODE PAGE:]FILE[:COLUMN]` -> file, column ("" if none is named); split at the last colon only if the
    whole is no path."""
    address = split_encoding(address)[1]
    whole = typed_path(address)
    if whole.exists() or ":" not in address:
        return whole, ""
    file, column = address.rsplit(":", 1)
    return typed_path(file), column


def _from_table(address: str, images: Images) -> Truth:
    """From `[encoding:CODE PAGE:]TABLE[:COLUMN]`. Raises BadInput with the columns there are, or with what does not
    fit."""
    path, column = split_address(address)
    table, called = open_table(path, images, column, split_encoding(address)[0])
    facets = [facet for facet in table if facet != called]
    if not column and len(facets) > 1:
        raise BadInput(
            f"{path.name} has several columns. Add the one to score, e.g. {path.name}:{facets[0]} "
            f"(there are: {', '.join(facets)})."
        )
    column = column or facets[0]
    if column not in facets:
        raise BadInput(f"{path.name} has no column “{column}”. It has: {', '.join(facets)}.")
    names, met = table[called], images.meet(table[called])
    more = table.more.get(column, {})
    classes, twice = _settled(
        (item, names[row].strip(), label.strip())
        for item, row in images.rows(names, met)
        for label in (table[column][row], *more.get(row, ()))
    )
    if not classes:
        raise BadInput(_nothing_met(path, called, names, images, bool(met.places)))
    used = {names[row] for row in (*met.places.values(), *met.others.values())}
    unmatched = [name for name in dict.fromkeys(names) if name.strip() and name not in used]
    return Truth(column, classes, twice, called, met.ways, unmatched, table.how)


def open_table(path: Path, images: Images, labels: str = "", encoding: str = "") -> tuple[Table, str]:
    """A truth table, and its column that names images: of all but `labels`, the one that meets most of them.
    encoding: see `read_table`.

    Raises BadInput.
    """
    if not path.exists():
        raise BadInput(f"The truth table {path} does not exist. Check its path; folder and filename need none.")
    if encoding and encoding not in TABLE_PAGES:
        raise BadInput(f"Tables are not written in “{encoding}”. Choose one of {', '.join(TABLE_PAGES)}.")
    table = read_table(path, encoding)
    if len(table) < 2:
        raise BadInput(f"{path.name} needs a column with image names and one with classes; it has: {', '.join(table)}.")
    usual = image_column(table)
    hits = {column: images.hits(cells) for column, cells in table.items() if column != labels}
    return table, usual if hits.get(usual) == max(hits.values()) else max(hits, key=lambda column: hits[column])


def _nothing_met(path: Path, called: str, cells: Sequence[str], images: Images, met: bool) -> str:
    if met:
        return f"No row of {path.name} gives one of the images a label. Choose another column."
    row, name = next(filter(str.strip, cells), ""), next(iter(images.names.values()), "")
    if not row:
        return f"{path.name} has no row that names an image. Add a row for each."
    if several := [one for one in images.names.values() if PurePosixPath(one).name == row.strip()][1:]:
        return (
            f"No row of {path.name} names one image alone. A row says “{row[:120]}” (column “{called}”), and "
            f"{len(several) + 1} images are called so, e.g. {several[0][-120:]}. Add their folders to the names."
        )
    return (
        f"No row of {path.name} names one of the images. A row says “{row[:120]}” (column “{called}”), "
        f"an image is called “{name[-120:]}”. Check the names."
    )


# -- truth that came with the images or with results


def _from_hub(address: str, images: Images) -> Truth:
    """From `hf:NAME[:SPLIT]:COLUMN`. Raises BadInput."""
    dataset, _, column = address.rpartition(":")
    facets = huggingface_hub.classes(dataset, config())
    if column not in facets:
        raise BadInput(f"{dataset} has no column of classes “{column}”. It has: {', '.join(facets) or 'none'}.")
    named = (*images.names.items(), *images.others)
    classes, twice = _settled((item, name, facets[column].get(name, "")) for item, name in named)
    return Truth(column, classes, twice)


def _along(address: str, images: Images) -> Truth:
    """The facet is the address, since each file has its own truth. Raises BadInput."""
    start = next(start for start in ALONG if address.startswith(start))
    path = Path(address.removeprefix(start))
    records = read_records(path).records if start == RECORDS else read_results(path).said
    met = meet(records, images)
    classes, twice = _settled(
        (item, records[row].image, truth)
        for item, row in met.rows
        for truth in (records[row].truth, *records[row].also)
    )
    if not classes:
        raise BadInput(f"{path.name} gives none of the images a ground truth.")
    used = {records[row].image for _, row in met.rows}
    unmatched = [one.image for one in records if one.truth and one.image not in used]
    return Truth(address, classes, twice, ways=met.ways, unmatched=list(dict.fromkeys(unmatched)))


# -- what it would give


@dataclass(frozen=True, slots=True)
class Preview:
    """How ground truth fits the images, with a few examples of each thing.

    Attributes:
        classes: images of each class.
        unlabelled: images without truth.
        alike: see `Truth`, as `column`, `ways`, `unmatched` and `how`.
    """

    facet: str
    images: int
    classes: Mapping[str, int]
    unlabelled: int
    unlabelled_examples: Sequence[str]
    unmatched: int
    unmatched_examples: Sequence[str]
    alike: Sequence[tuple[str, ...]]
    column: str
    ways: Sequence[Way]
    how: str

    @property
    def labelled(self) -> int:
        return self.images - self.unlabelled


def preview(truth: Truth, names: Mapping[str, str], examples: int = 5) -> Preview:
    """How what was read fits these images (item id -> name)."""
    without = [name for item, name in names.items() if item not in truth.classes]
    return Preview(
        facet=truth.facet,
        images=len(names),
        classes=dict(Counter(truth.classes.values()).most_common()),
        unlabelled=len(without),
        unlabelled_examples=without[:examples],
        unmatched=len(truth.unmatched),
        unmatched_examples=truth.unmatched[:examples],
        alike=truth.alike,
        column=truth.column,
        ways=truth.ways,
        how=truth.how,
    )


# -- addresses


def truth_exists(address: str) -> bool:
    """Whether the truth can be read (again) at once: names are always there, a table may have gone."""
    address = address.removeprefix(ALIKE)
    if address.startswith(huggingface_hub.PREFIX):
        return huggingface_hub.is_open(address.rpartition(":")[0])
    for start in ALONG:
        if address.startswith(start):
            return Path(address.removeprefix(start)).exists()
    return address in NAMES or split_address(address)[0].exists()


def full_truth_address(address: str, facet: str) -> str:
    """The address as it is kept with a run: readable from any folder later, with its column spelled out."""
    if address.startswith(ALIKE):
        return ALIKE + full_truth_address(address.removeprefix(ALIKE), facet.removeprefix(ALIKE))
    if address in NAMES or address.startswith((huggingface_hub.PREFIX, *ALONG)):
        return address
    encoding = split_encoding(address)[0]
    return f"{ENCODED}{encoding}:" * bool(encoding) + f"{kept_path(split_address(address)[0])}:{facet}"
