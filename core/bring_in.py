"""Results made elsewhere become a run like any other: to browse, correct, score and compare."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core import pipeline
from core.domain import RunSettings
from core.errors import BadInput
from core.ingest import source
from core.ingest.imported import Imported, as_source, read_results
from core.intake import OnProgress
from core.models.imported import KIND
from core.workspace import Workspace

_FACET = "brought in"


@dataclass(frozen=True, slots=True)
class Brought:
    """The run that was made, and what was said of images that are not among those given."""

    run_id: str
    without_image: tuple[str, ...]


def bring_in(
    workspace: Workspace,
    path: Path,
    *,
    images: str = "",
    truth: str = "",
    name: str = "",
    on_progress: OnProgress | None = None,
) -> Brought:
    """Make a run from a CSV or JSONL file of image and cluster, or from a folder of IC|TC's result files.

    images: a folder, ZIP file or CSV, so that the run is on the same images as others and shows them; without it the
    rows themselves are what was given. truth: as elsewhere; by default what the rows carry and, where all images are
    called `{n}_{class}`, that. name: what was grouped by, as the run is called. Raises BadInput.
    """
    found = read_results(path)
    if not found.names:
        raise BadInput(f"{path} gives no image a group. It needs a column or answers with the names of groups.")
    origin = source.find(images, "", workspace.config) if images else as_source(found, path)
    names = {one: one for one in source.names(origin)} if images else {row.record.id: "" for row in found.rows}
    places = found.places(names)
    if not places:
        raise BadInput(f"No row of {path.name} names one of the images in {images}. Check the names.")
    if not truth and not any(row.record.truth for row in found.rows) and found.numbered:
        truth = "filename"
    settings = RunSettings(
        "",
        name.strip() or path.expanduser().resolve().stem,
        min(len(found.names), len(places)),
        vision="records",
        text=KIND,
        records=str(path),
        truth=truth,
    )
    run_id = pipeline.start(workspace, origin, settings)
    pipeline.run(workspace, run_id, "assign", origin=origin, on_progress=on_progress)
    if images and not truth:
        _keep_truth(workspace, run_id, found)
    without = set(range(len(found.rows))) - set(places.values()) if images else set()
    return Brought(run_id, tuple(found.rows[place].record.image for place in sorted(without)))


def _keep_truth(workspace: Workspace, run_id: str, found: Imported) -> None:
    """The truth that rows carry, kept with their images under a facet of its own: other runs have theirs."""
    run = workspace.store.runs.get(run_id)
    assert run is not None
    dataset = run.settings.dataset_id
    items = {item.item_id: item.name for item in workspace.store.datasets.items(dataset)}
    classes = {item: found.rows[place].record.truth for item, place in found.places(items).items()}
    known = {item: one for item, one in classes.items() if one}
    if known:
        facet = f"{_FACET} {found.version}"
        workspace.store.datasets.set_truth(dataset, facet, known)
        workspace.store.runs.set_truth(run_id, facet)
