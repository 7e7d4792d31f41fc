"""A run as downloads, each made while it is sent: a table (CSV, JSON Lines, Parquet), a ZIP of folders, a page."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath
from stat import S_ISREG

from core.config import Config
from core.domain import ASSIGNMENTS, DatasetRow
from core.errors import BadInput
from core.export import html_data
from core.export.figures import FIGURES, Form, drawn
from core.export.html_page import html_pieces
from core.export.run_files import assignment_cells
from core.export.tables import csv_pieces, jsonl_pieces, parquet_pieces
from core.export.zip_folders import zip_folders
from core.ingest import focus, source
from core.ingest.crop import crop
from core.ingest.sources.source_file import Found
from core.ingest.sources.zip_file import MAX_MEMBER, read_member
from core.results import decisions, run_view
from core.results.run_view import View
from core.results.selection import ALL, REST, Only
from core.workspace import Workspace

_LOOKED_FOR = 20_000
"""Files whose originals are looked for while a page is drawn, at most."""
_COLUMNS = {name: float if name == "confidence" else str for name in ASSIGNMENTS}


@dataclass(frozen=True, slots=True)
class Folders:
    """What a ZIP of a run will hold: so many files, of which `originals` come from where they were found.

    The others are our own copies (JPEG, at most 1,024 pixels), because the original has gone. originals: None where
    there are so many files that looking for each would keep a page waiting. pictures: False for records without
    images, which have nothing to put into folders. folders: (name, files in it), groups first.
    """

    files: int
    originals: int | None
    pictures: bool
    folders: Sequence[tuple[str, int]]


def table(workspace: Workspace, run_id: str, only: Only = ALL) -> Iterator[bytes]:
    """The rows of assignments.csv as CSV for spreadsheets, in pieces. Raises BadInput for a run that does not exist."""
    return csv_pieces(ASSIGNMENTS, _cells(workspace, run_id, only))


def lines(workspace: Workspace, run_id: str, only: Only = ALL) -> Iterator[bytes]:
    """The same as JSON Lines, which `--records` and `python -m core import` read. Raises BadInput."""
    return jsonl_pieces(ASSIGNMENTS, _cells(workspace, run_id, only))


def columns(workspace: Workspace, run_id: str, only: Only = ALL) -> Iterator[bytes]:
    """The same as Parquet; the file's metadata says which run it is, and which part of it. Raises BadInput."""
    run = run_view.get_run(workspace.store, run_id)
    part = only.said(decisions.clusters(workspace.store, run_id).clusters)
    about = {"run": run_id, "criterion": run.settings.criterion, "part": part or "all"}
    return parquet_pieces(_COLUMNS, _cells(workspace, run_id, only), about)


def page(workspace: Workspace, run_id: str, only: Only = ALL) -> Iterator[bytes]:
    """The run as one HTML file to send to somebody. Raises BadInput for a run that does not exist."""
    return html_pieces(html_data.of(workspace, run_id, only))


def figure(name: str, form: Form, workspace: Workspace, run_id: str, _: Only = ALL) -> Iterator[bytes]:
    """One of the FIGURES of a whole run. Raises BadInput where it has nothing to show."""
    return drawn(FIGURES[name](View(workspace.store, run_id)), form)


def _cells(workspace: Workspace, run_id: str, only: Only) -> Iterator[tuple[object, ...]]:
    return map(assignment_cells, only.rows(View(workspace.store, run_id)))


def about_folders(workspace: Workspace, run_id: str, only: Only = ALL) -> Folders:
    """What `folders` would give, without reading any image. Raises BadInput for a run that does not exist."""
    view = View(workspace.store, run_id)
    dataset, sizes = _dataset(workspace, view), view.files(only.query)
    pictures = dataset.source.has_images
    found: int | None = 0
    if sizes.total() > _LOOKED_FOR:
        found = None
    elif pictures and (originals := _originals(dataset, workspace.config)):
        found = sum(name in originals for name in view.file_names(only.query))
    listed = [(cluster.id, cluster.name) for cluster in view.edited.clusters] + list(REST.items())
    return Folders(sizes.total(), found, pictures, [(name, sizes[key]) for key, name in listed if sizes[key]])


def folders(workspace: Workspace, run_id: str, only: Only = ALL) -> Iterator[bytes]:
    """A ZIP with one folder a group, in pieces; exact duplicates lie beside the image that they equal.

    Each file is the original, byte for byte, while it still lies where it was found, and our own copy when it has gone
    or has changed since. Where a run looked at one part of each image, the images are sorted; of parts that a detector
    found, several of an image, the parts. Raises BadInput for a run that does not exist or has no images.
    """
    view = View(workspace.store, run_id)
    dataset = _dataset(workspace, view)
    if not dataset.source.has_images:
        raise BadInput("These are descriptions without images; there is nothing to put into folders.")
    originals, spec = _originals(dataset, workspace.config), dataset.source.focus
    sorts_parts = not spec or focus.read(spec).is_many

    def whole(item: str) -> str:
        part = None if sorts_parts else crop(workspace.copies, item)
        return part.image if part else item

    def files() -> Iterator[tuple[str, str, Callable[[], bytes]]]:
        folder_of = {**REST, **{cluster.id: cluster.name for cluster in view.edited.clusters}}
        for item, name, place in view.filed(only.query):
            shown = whole(item)
            original = _original(originals.get(name), shown)
            if original is not None:
                yield folder_of[place], name, partial(bytes, original)
            else:
                copy = workspace.image(shown, "view")
                yield folder_of[place], str(PurePosixPath(name).with_suffix(".jpg")), copy.read_bytes

    part = only.said(decisions.clusters(workspace.store, run_id).clusters)
    return zip_folders(files(), f"These are not all images of the run: {part}." if part else "")


def _dataset(workspace: Workspace, view: View) -> DatasetRow:
    dataset = workspace.store.datasets.get(view.run.settings.dataset_id)
    if dataset is None:
        raise BadInput("The images of this run are not in the workspace any more.")
    return dataset


def _originals(dataset: DatasetRow, config: Config) -> Mapping[str, Found]:
    """Name -> where the file lies now, the first of a name; without the sources that have gone or may not be read.

    What lies elsewhere is not fetched a second time, and an image inside a PDF file is no file.
    """
    found: dict[str, Found] = {}
    for address in (dataset.source, *dataset.added):
        if address.is_elsewhere:
            continue
        try:
            files = source.reopen(replace(dataset, source=address), config).files
        except BadInput:
            continue
        for file in files:
            if not (file.refusal or file.url or file.part):
                found.setdefault(file.name, file)
    return found


def _original(file: Found | None, item_id: str) -> bytes | None:
    """The file's bytes while they are still those that were sorted; None when it has gone or holds another image."""
    if file is None:
        return None
    try:
        stat = file.path.stat()
        if not S_ISREG(stat.st_mode) or (file.member is None and stat.st_size > MAX_MEMBER):
            return None  # a pipe by now; or no image that was accepted is that large
        content = file.path.read_bytes() if file.member is None else read_member(file.path, file.member)
    except OSError:
        return None
    return content if hashlib.sha256(content).hexdigest() == item_id else None
