"""A source of images or records as one thing: found, identified, looked at, matched."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from core.config import Config
from core.domain import DatasetRow, ImageRow, ItemRow, SourceAddress
from core.errors import BadInput
from core.ingest import address
from core.ingest.decode import Unusable
from core.ingest.decode_pool import expand, prepare_all
from core.ingest.external_results import Imported, read_results
from core.ingest.ground_truth import full_truth_address, truth_exists
from core.ingest.name_matching import Images
from core.ingest.records import Records, read_records
from core.ingest.sources import huggingface_hub
from core.ingest.sources.source_file import Found, some_images
from core.ingest.sources.zip_file import EARLIER
from core.typed_path import kept_path, typed_path

__all__ = [
    "RECORD_TRUTH",
    "Looked",
    "Source",
    "as_given",
    "as_named",
    "find",
    "from_results",
    "full_truth_address",
    "go_on",
    "is_complete",
    "known_as",
    "look",
    "names",
    "own_truth",
    "read_records",
    "record_truth",
    "reopen",
    "truth_exists",
]

_MISSING = "It was there at the beginning, and was gone before it was looked at. What it was called is not known."
RECORD_TRUTH = "record"
"""The facet under which the truth that records carry is kept before there is a run."""


@dataclass(frozen=True, slots=True)
class Source:
    """A source as found, before anything is opened.

    Attributes:
        given: how many files or records it holds.
        records: set when the items are records without images.
        address: how to find it again.
        note: what was assumed to read it, as a sentence, or "".
        held: what was looked at before, when the files have changed since; `files` are then the others.
    """

    dataset_id: str
    name: str
    address: SourceAddress
    given: int
    files: tuple[Found, ...] = ()
    records: Records | None = None
    held: tuple[ItemRow, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """One given file or record after a look: its row, and the image's when it is one.

    whole: the image that this is a part of, if it is. is_further: whether another part of that image came before.
    """

    item: ItemRow
    image: ImageRow | None = field(default=None)
    whole: ImageRow | None = field(default=None)
    is_further: bool = False

    @property
    def images(self) -> list[ImageRow]:
        """The images that are to be known."""
        return [image for image in (self.image, self.whole) if image]


def find(
    images: str,
    records: str,
    config: Config,
    limit: int = 0,
    *,
    spread: bool = False,
    pdf_pages: bool = False,
    encoding: str = "",
    focus: str = "",
) -> Source:
    """Find images, or records when `images` is "". Raises BadInput.

    Args:
        images: a folder, a ZIP file, a PDF file, a table that lists images, `s3://BUCKET/FOLDER` or another fsspec
            address, or `hf:NAME[:SPLIT]`.
        limit: so many images only (0: all), the first ones or, with `spread`, evenly from all.
        pdf_pages: PDF files count as their pages, not as the images in them. The id covers names, sizes and times
            of the files: a changed folder is another dataset and an unchanged one is not looked at again.
        encoding: of file names that do not say theirs, or of a table that lists images; "" to find it out.
        focus: the part of each image that counts as the image, as `core.ingest.focus` reads it; "" for all of it.
    """
    if images:
        where, found, note = address.scan(images, config, encoding)
        where = replace(where, limit=limit, spread=spread, pdf_pages=pdf_pages, focus=focus)
        return replace(_found(where, found, config), note=note)
    if not records:
        raise BadInput("Give a folder of images (--images) or a file of descriptions (--records).")
    path = typed_path(records)
    read = read_records(path)
    if limit:
        read = Records(read.records[:limit], (), f"{read.version}-{limit}")
    where = SourceAddress("records", kept_path(path), limit)
    given = len(read.records) + len(read.bad)
    return Source(_identity(where, read.version), path.name, where, given, records=read)


def _found(where: SourceAddress, found: Sequence[Found], config: Config) -> Source:
    files = some_images(expand(found, where.pdf_pages, config), where.limit, spread=where.spread)
    stamps = [(file.name, file.stamp) for file in files]
    name = address.name_of(where.kind, Path(where.path), config)
    return Source(_identity(where, stamps), name, where, len(files), files)


def from_results(found: Imported, path: Path, name: str = "") -> Source:
    """The rows of results made elsewhere as what was given, for those whose images are not here."""
    where = SourceAddress("records", kept_path(typed_path(path)), is_results=True)
    given = len(found.rows) + len(found.bad)
    name = name or typed_path(path).resolve().name
    return Source(_identity(where, found.version), name, where, given, records=found.records)


def as_given(dataset: DatasetRow, names: Sequence[str]) -> Source:
    """A dataset that was looked at completely, as what was given then: its files are not opened again."""
    files = tuple(Found(name, Path()) for name in names)
    return Source(dataset.id, dataset.name, dataset.source, dataset.given, files)


def reopen(dataset: DatasetRow, config: Config) -> Source:
    """Find a dataset's source again, to go on after an interruption. Raises BadInput when it has gone."""
    where = dataset.source
    if where.is_results:
        return from_results(read_results(Path(where.path)), Path(where.path), dataset.name)
    if not where.has_images:
        return find("", where.path, config, where.limit)
    earlier = "" if where.kind == "csv" else EARLIER
    _, found, _ = address.scan(where.path, config, where.encoding or earlier)
    return _found(where, found, config)


def go_on(dataset: DatasetRow, held: Sequence[ItemRow], config: Config) -> Source:
    """Find the source of a dataset again that was looked at in part, for the rest. Raises BadInput when it has gone.

    held: what was looked at. It stays as it was then, also if the file has gone or holds something else by now: there
    are copies of it. New files come after it. Each file that was there at the beginning, was never looked at and is
    gone counts as one that could not be read.
    """
    origin = reopen(dataset, config)
    if origin.dataset_id == dataset.id or origin.records is not None:
        return replace(origin, dataset_id=dataset.id)
    known = Counter(item.name for item in held)
    rest = []
    for file in origin.files:
        if known[file.name]:
            known[file.name] -= 1
        else:
            rest.append(file)
    missing = range(1, dataset.given - len(held) - len(rest) + 1)
    rest += [Found(f"missing file {number}", Path(), refusal=_MISSING) for number in missing]
    given = len(held) + len(rest)
    return replace(origin, dataset_id=dataset.id, files=tuple(rest), held=tuple(held), given=given)


def is_complete(dataset: DatasetRow | None) -> bool:
    """Whether everything given was looked at."""
    return dataset is not None and sum(dataset.counts.values()) == dataset.given


def look(source: Source, copies: Path, config: Config) -> Iterator[Looked]:
    """Look at everything given, in order, but for what was looked at before. A second item of the same content is a
    duplicate of the first."""
    seen = {item.item_id: item.name for item in reversed(source.held) if item.status in ("ready", "excluded")}
    for item, image in _look(source, copies, config):
        if item.status == "ready" and item.item_id in seen:
            reason = f"The same as {seen[item.item_id]}; grouped once."
            yield Looked(ItemRow(item.position, item.item_id, item.name, "duplicate", reason))
            continue
        if item.status == "ready":
            seen[item.item_id] = item.name
        yield Looked(item, image)


def _look(source: Source, copies: Path, config: Config) -> Iterator[tuple[ItemRow, ImageRow | None]]:
    if source.records is not None:
        for place, record in enumerate(source.records.records):
            yield ItemRow(place, record.id, record.image), None
        for place, (line, reason) in enumerate(source.records.bad, start=len(source.records.records)):
            yield ItemRow(place, "", f"line {line}", "skipped", reason), None
        return
    outcomes = prepare_all([file for file in source.files if not file.refusal], copies, config)
    first = 1 + max((item.position for item in source.held), default=-1)
    for place, file in enumerate(source.files, start=first):
        outcome = Unusable(file.refusal) if file.refusal else next(outcomes)
        if isinstance(outcome, Unusable):
            yield ItemRow(place, "", file.name, "skipped", outcome.reason), None
        else:
            yield ItemRow(place, outcome.id, file.name), outcome


def names(source: Source) -> list[str]:
    """The names of everything given."""
    if source.records is not None:
        return [record.image for record in source.records.records]
    return [file.name for file in source.files]


def known_as(source: Source) -> list[str]:
    """The item ids of records; the names of files, whose ids show only when they are looked at."""
    if source.records is not None:
        return [record.id for record in source.records.records]
    return names(source)


def record_truth(records: Records) -> dict[str, str]:
    """Item id -> the class that its record carries, the first of several."""
    return {record.id: record.truth for record in reversed(records.records) if record.truth}


def own_truth(source: Source, config: Config) -> dict[str, dict[str, str]]:
    """Ground truth that the images came with, as the columns of classes of a data set: facet -> name -> class."""
    return huggingface_hub.classes(source.address.path, config) if source.address.kind == "hub" else {}


def as_named(source: Source) -> Images:
    """What was given by its names, before it is looked at. Several files of one name and the same content are one
    image, as they will be then, so that their name is no doubt."""
    if source.records is not None:
        return Images({name: name for name in names(source)})
    times = Counter((PurePosixPath(file.name).name, file.stamp[0]) for file in source.files)
    first: dict[object, str] = {}
    others: list[tuple[str, str]] = []
    for file in source.files:
        alike = (PurePosixPath(file.name).name, file.stamp[0])
        kept = first.setdefault((alike, _content(file)) if times[alike] > 1 else file.name, file.name)
        others += [(kept, file.name)] if kept != file.name else []
    return Images({name: name for name in first.values()}, others)


def _content(file: Found) -> object:
    """The same for files of one name and size that hold the same, as far as can be told before they are looked at."""
    if file.url or file.member is not None:
        return file.stamp if any(file.stamp) and not file.url else file.name
    try:
        with file.path.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").digest()
    except OSError:
        return file.name


def _identity(where: SourceAddress, content: object) -> str:
    return hashlib.sha256(json.dumps([where.to_json(), content], sort_keys=True).encode()).hexdigest()[:16]
