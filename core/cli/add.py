"""`python -m core add`: later images join a run and are assigned to its groups."""

from __future__ import annotations

import argparse
import sys

from core.cli import common
from core.domain import UNASSIGNED
from core.errors import BadInput
from core.export import run_files
from core.ingest import source
from core.pipeline.add_images import add as add_images
from core.results.run_view import Query, View
from core.store.runs import RunRow
from core.workspace import Workspace

_LATEST = "latest"
_SEARCHED = 200


def act(options: argparse.Namespace) -> int:
    """Do it; returns the exit status. Raises FacetryError, OSError."""
    out = common.out_folder(options) if options.out else None
    place = common.place_of(options)
    origin = source.find(options.images, "", place, encoding=common.encoding_of_images(options))
    common.say(origin.note)
    if not place.workspace.is_dir():
        raise BadInput(f"There is no workspace at {place.workspace}. Name it with --workspace DIR.")
    with common.opened(place) as workspace:
        run = _run(workspace, options.to)
        with common.ending(workspace, run.id) as end:
            added = add_images(workspace, run.id, origin, on_progress=common.Line())
        if out:
            run_files.write(workspace, run.id, out)
        if end.sentence:
            return end.said()
        rows = View(workspace.store, run.id).rows(Query(ids=added.new))
        images = workspace.store.datasets.images(added.new)
    common.say_notes([(row.name, note) for row in rows if (note := images[row.item_id].note)])
    for item in (*added.duplicates, *added.skipped):
        print(f"Skipped: {item.name}: {item.reason}", file=sys.stderr)
    failed = [row for row in rows if row.state == "failed"]
    for row in failed:
        print(f"Failed: {row.name}: {row.reason}", file=sys.stderr)
    for row in rows:
        if row.state != "failed":
            print(f"{row.cluster.name if row.cluster else UNASSIGNED}\t{row.name}")
    counts = f"{len(added.duplicates)} duplicates, {len(added.skipped)} skipped, {added.known} known from before"
    print(f"{len(added.new)} new images in run {run.id}; {counts}.")
    if out:
        print(f"Written to {out}")
    return 1 if failed else 0


def _run(workspace: Workspace, which: str) -> RunRow:
    """The run of this id, or the newest that has sorted images."""
    if which != _LATEST:
        found = workspace.store.runs.get(which)
        if found is None:
            raise BadInput(f"There is no run {which} in this workspace. Its id is in run.json; or use --to latest.")
        return found
    for run in workspace.store.runs.recent(_SEARCHED):
        dataset = workspace.store.datasets.get(run.settings.dataset_id)
        pictures = dataset is not None and dataset.source.has_images
        if pictures and "assign" in workspace.store.answers.step_counts(run.id):
            return run
    raise BadInput("No run in this workspace has sorted images yet. Start one with: python -m core run")
