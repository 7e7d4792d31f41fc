"""What a person points at (images, records, or both) as one thing: found, identified, looked at, matched."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.config import Config
from core.domain import DatasetRow, ImageRow, ItemRow
from core.errors import BadInput
from core.ingest.decode import Unusable
from core.ingest.decode_pool import expand, prepare_all
from core.ingest.external_results import Imported, read_results
from core.ingest.ground_truth import full_truth_address, preview_truth, read_truth, truth_exists
from core.ingest.name_matching import match_names
from core.ingest.records import Record, Records, read_records
from core.ingest.sources import folder, huggingface_hub, image_list, object_store, upload, upload_scan, zip_file
from core.ingest.sources.source_file import Found, check_allowed, some_images
from core.ingest.table import SUFFIXES as TABLES

__all__ = [
    "ELSEWHERE",
    "RECORD_TRUTH",
    "Looked",
    "Source",
    "as_given",
    "find",
    "from_results",
    "full_truth_address",
    "is_complete",
    "look",
    "match_records",
    "names",
    "own_truth",
    "preview_truth",
    "read_records",
    "read_truth",
    "record_truth",
    "reopen",
    "truth_exists",
]

ELSEWHERE = ("bucket", "hub")
"""Kinds of sources that do not lie on this computer."""
RECORD_TRUTH = "record"
"""The facet under which the truth that records carry is kept."""


@dataclass(frozen=True, slots=True)
class Source:
    """A source as found, before anything is opened. given: how many files or records it holds.

    records: set when the items are records without images. address: how to find it again (kind, paths, limit).
    """

    dataset_id: str
    name: str
    address: Mapping[str, str]
    given: int
    files: tuple[Found, ...] = ()
    records: Records | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """One given file or record after a look: its row, and the image's when it is one."""

    item: ItemRow
    image: ImageRow | None = field(default=None)


def find(
    images: str, records: str, config: Config, limit: int = 0, *, spread: bool = False, pdf_pages: bool = False
) -> Source:
    """Find images, or records when `images` is "". Raises BadInput.

    images: a folder, a ZIP file, a PDF file, a table that lists images, `s3://BUCKET/FOLDER` or another fsspec address,
    or `hf:NAME[:SPLIT]`. limit: so many images only (0: all), the first ones or, with `spread`, evenly from all.
    pdf_pages: PDF files count as their pages, not as the images in them. The id covers names, sizes and times of the
    files: a changed folder is another dataset and an unchanged one is not looked at again.
    """
    if images:
        kind, place, found = _scan(images, config)
        files = some_images(expand(found, pdf_pages, config), limit, spread=spread)
        address = {"kind": kind, "path": place, "limit": str(limit), "spread": "yes" if spread else ""}
        if pdf_pages:
            address["pdf"] = "pages"
        stamps = [(file.name, file.stamp) for file in files]
        return Source(_identity(address, stamps), _name(kind, Path(place), config), address, len(files), files)
    if not records:
        raise BadInput("Give a folder of images (--images) or a file of descriptions (--records).")
    path = Path(records).expanduser()
    read = read_records(path)
    if limit:
        read = Records(read.records[:limit], (), f"{read.version}-{limit}")
    address = {"kind": "records", "path": str(path.resolve()), "limit": str(limit)}
    given = len(read.records) + len(read.bad)
    return Source(_identity(address, read.version), path.name, address, given, records=read)


def from_results(found: Imported, path: Path, name: str = "") -> Source:
    """The rows of results made elsewhere as what was given, for those whose images are not here."""
    address = {"kind": "records", "path": str(path.expanduser().resolve()), "limit": "0", "form": "results"}
    given = len(found.rows) + len(found.bad)
    name = name or path.expanduser().resolve().name
    return Source(_identity(address, found.version), name, address, given, records=found.records)


def as_given(dataset: DatasetRow, names: Sequence[str]) -> Source:
    """A dataset that was looked at completely, as what was given then: its files are not opened again."""
    files = tuple(Found(name, Path()) for name in names)
    return Source(dataset.id, dataset.name, dataset.source, dataset.given, files)


def _name(kind: str, place: Path, config: Config) -> str:
    """What was given is called as the person called it, also where its file has a name of ours."""
    home = upload.home(config)
    folder = place if kind == "upload" else place.parent
    if folder.parent == home and (folder / "plan.json").is_file():
        return upload.find(home, folder.name).name
    return place.name


def reopen(dataset: DatasetRow, config: Config) -> Source:
    """Find a dataset's source again, to go on after an interruption. Raises BadInput when it has gone."""
    address = dataset.source
    if address.get("form") == "results":
        path = Path(address["path"])
        return from_results(read_results(path), path, dataset.name)
    images, records = ("", address["path"]) if address["kind"] == "records" else (address["path"], "")
    return find(
        images,
        records,
        config,
        int(address["limit"]),
        spread=bool(address.get("spread")),
        pdf_pages=address.get("pdf") == "pages",
    )


def _scan(images: str, config: Config) -> tuple[str, str, list[Found]]:
    """What kind of source it is, where it can be found again, and what is in it."""
    if images.startswith(huggingface_hub.PREFIX):
        return "hub", images, huggingface_hub.scan(images, config)
    if "://" in images:
        return "bucket", images, object_store.scan(images, config)
    if "\0" in images:
        raise BadInput("This is not a path that can be read.")
    path = Path(images).expanduser()
    suffix = path.suffix.lower() if path.is_file() else ""
    place = str(path.resolve())
    if path.resolve().parent == upload.home(config):
        return "upload", place, upload_scan.scan(path, config)
    if suffix == ".zip":
        return "zip", place, zip_file.scan(path, config)
    if suffix in TABLES:
        return "csv", place, image_list.scan(path, config)
    if suffix == ".pdf":
        check_allowed(path.resolve(), config)
        stat = path.stat()
        return "pdf", place, [Found(path.name, path, stamp=(stat.st_size, stat.st_mtime_ns))]
    return "folder", place, folder.scan(path, config)


def is_complete(dataset: DatasetRow | None) -> bool:
    """Whether everything given was looked at."""
    return dataset is not None and sum(dataset.counts.values()) == dataset.given


def look(source: Source, copies: Path, config: Config) -> Iterator[Looked]:
    """Look at everything given, in order. A second item of the same content is a duplicate of the first."""
    seen: dict[str, str] = {}
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
    for place, file in enumerate(source.files):
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


def record_truth(records: Records) -> dict[str, str]:
    """Item id -> the class that its record carries."""
    return {record.id: record.truth for record in records.records if record.truth}


def own_truth(source: Source, config: Config) -> dict[str, dict[str, str]]:
    """Ground truth that the images came with, as the columns of classes of a data set: facet -> name -> class."""
    return huggingface_hub.classes(source.address["path"], config) if source.address["kind"] == "hub" else {}


def match_records(records: Records, names: Mapping[str, str]) -> dict[str, Record]:
    """Item id -> its record: by id for items that are records, else by relative path or file name."""
    by_id = {record.id: record for record in records.records}
    by_name = match_names([record.image for record in records.records], names)
    matched = {item: records.records[place] for item, place in by_name.items()}
    return matched | {item: by_id[item] for item in names if item in by_id}


def _identity(address: Mapping[str, str], content: object) -> str:
    return hashlib.sha256(json.dumps([address, content], sort_keys=True).encode()).hexdigest()[:16]
