"""Starts runs on the images at hand."""

from __future__ import annotations

from collections.abc import Sequence

from core.domain import DatasetRow, RunSettings
from core.ingest import source
from core.pipeline import runs, validation
from core.pipeline.runs import Until
from ui.group import estimate
from ui.session import model_choice, state


def begin(given: DatasetRow, settings: RunSettings) -> None:
    """Check everything, store the run over all images, set it to work up to the names, open it. Raises FacetryError."""
    state.go_to("group", start_all(given, [settings], "name")[0])


def start_all(given: DatasetRow, several: Sequence[RunSettings], until: Until = "assign") -> list[str]:
    """Check these runs over all images, store each and set it to work; their ids. Raises FacetryError, and then none
    has begun."""
    workspace, keys = state.workspace(), model_choice.keys()
    for settings in several:
        validation.check_settings(settings, given.counts.get("ready", 0))
    origin = source.reopen(given, workspace.config)
    if len(several) > 1:
        for settings in several:
            runs.check(workspace, origin, settings, keys)
    begun = []
    for settings in several:
        expected = estimate.of(given, settings)
        run_id = runs.start(workspace, origin, settings, keys)
        estimate.keep(run_id, expected)
        state.jobs().start(run_id, until, origin=origin, keys=keys)
        begun.append(run_id)
    return begun
