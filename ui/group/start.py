"""Starts runs on the images at hand."""

from __future__ import annotations

from collections.abc import Sequence

from core.domain import DatasetRow, RunSettings
from core.ingest import source
from core.pipeline import runs, validation
from core.pipeline.runs import Until
from ui.group import estimate
from ui.session import follow_run, lineage, model_choice, state


def begin(given: DatasetRow, settings: RunSettings) -> None:
    """Check everything, store the run over all images, set it to work, open it. It waits at the names; a new version of
    another run, whose groups were looked at before, goes on to be set beside that one. Raises FacetryError."""
    [run_id] = start_all(given, [settings], "assign" if lineage.parent() else "name")
    follow_run.follow(run_id)


def start_all(given: DatasetRow, several: Sequence[RunSettings], until: Until = "assign") -> list[str]:
    """Check these runs over all images, store each and set them to work one after the other, so that what the first one
    measures is there for the next; their ids. The first is the new version of another, where one was asked for.

    Raises FacetryError, and then none has begun.
    """
    workspace, keys = state.workspace(), model_choice.keys()
    for settings in several:
        validation.check_settings(settings, given.counts.get("ready", 0))
    origin = source.reopen(given, workspace.config)
    if len(several) > 1:
        for settings in several:
            runs.check(workspace, origin, settings, keys)
    begun: list[str] = []
    for settings in several:
        expected = estimate.of(given, settings)
        begun.append(runs.start(workspace, origin, settings, keys))
        estimate.keep(begun[-1], expected)
    lineage.keep(begun[0])
    for run_id, before in zip(begun, ["", *begun], strict=False):
        state.jobs().start(run_id, until, origin=origin, keys=keys, after=before)
    return begun
