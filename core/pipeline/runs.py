"""The one place that orders the steps, waits for the person and resumes; the UI, the CLI and the tests all use it.

Nothing here remembers where a run stands: each step asks what is missing or out of date (by call key) and does that.
So starting, resuming after a crash, retrying failures and running again after an edit are the same call.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Literal

from core.domain import ItemRow, RunSettings
from core.errors import Cancelled, FacetryError, Paused, told
from core.ingest import ground_truth, source
from core.ingest.external_results import read_results
from core.ingest.name_matching import Images
from core.ingest.source import Source
from core.models import prices, registry
from core.models.baseline.recipe import is_baseline
from core.models.registry import NO_KEYS, How, Keys
from core.models.supplied import examples, imported
from core.pipeline import baselines
from core.pipeline.full_pass import Pass
from core.pipeline.intake import OnProgress
from core.pipeline.labels import images_of
from core.pipeline.sampled_pass import SampledPass
from core.pipeline.validation import check_cap, check_settings, check_share
from core.results import run_view
from core.typed_path import kept_path, typed_path
from core.workspace import Workspace

Until = Literal["name", "assign"]


def start(
    workspace: Workspace, origin: Source, settings: RunSettings, keys: Keys = NO_KEYS, *, go_on: bool = False
) -> str:
    """Check and store a run over what `origin` found; return the run's id. Nothing is decoded or asked yet.

    Args:
        keys: server -> key given for this session; used to check that the models can be had, not stored.
        go_on: where a run of these settings has begun and not ended, and nobody has edited it, it is that one,
            under the cap of these settings: what it cost so far counts.
    """
    settings = check(workspace, origin, settings, keys)
    if not source.is_complete(workspace.store.datasets.get(origin.dataset_id)):
        workspace.store.datasets.begin(origin.dataset_id, origin.name, origin.address, origin.given)
    if go_on and (begun := _begun(workspace, settings)):
        workspace.store.runs.set_cap(begun, settings.cap)
        return begun
    return workspace.store.runs.create(settings)


def check(workspace: Workspace, origin: Source, settings: RunSettings, keys: Keys = NO_KEYS) -> RunSettings:
    """The settings as a run over what `origin` found would have them. Raises FacetryError for what cannot work."""
    refused = [ItemRow(0, "", file.name, "skipped", file.refusal) for file in origin.files if file.refusal]
    check_settings(settings, origin.given - len(refused), refused)
    check_share(settings, origin.given)
    check_cap(settings, prices.read(workspace.store.preferences.get(prices.PREFERENCE)))
    if settings.truth:  # a mistake in it must show before hours of work, not after
        found = ground_truth.read(settings.truth, _images(workspace, origin))
        settings = replace(settings, truth=source.full_truth_address(settings.truth, found.facet))
    how = How(keys, settings.wording, settings.asking, workspace.folder)
    if settings.text == imported.KIND:
        read_results(Path(settings.records))
    elif is_baseline(settings.text):
        settings = baselines.check(settings, _images(workspace, origin))
    elif settings.text != examples.KIND:
        if settings.records:
            carried = any(record.truth for record in source.read_records(Path(settings.records)).records)
            if carried and not settings.truth:
                settings = replace(settings, truth=f"{ground_truth.RECORDS}{kept_path(typed_path(settings.records))}")
        else:
            registry.check(settings.vision, "", "", how)
        registry.check("", settings.text, settings.fallback, how)
    records = kept_path(typed_path(settings.records)) if settings.records else ""
    return replace(settings, dataset_id=origin.dataset_id, criterion=settings.criterion.strip(), records=records)


def _images(workspace: Workspace, origin: Source) -> Images:
    """What was given, with copies as one image: as it was looked at, or else by its names."""
    if origin.records is None and source.is_complete(workspace.store.datasets.get(origin.dataset_id)):
        return images_of(workspace.store, origin.dataset_id)
    return source.as_named(origin)


def _begun(workspace: Workspace, settings: RunSettings) -> str:
    """The newest run of these settings, whatever its cap, that has not ended; "" where there is none."""
    runs = workspace.store.runs
    for run in runs.of_dataset(settings.dataset_id):
        alike = replace(run.settings, cap=settings.cap) == settings
        if alike and run.status not in ("done", "waiting") and not runs.edits(run.id):
            return run.id
    return ""


def compare_with(workspace: Workspace, run_id: str, truth: str) -> int:
    """Score a run against these labels ("folder", "filename", "CSV[:COLUMN]") from now on, also one that is done.

    Returns how many images have a label. Raises BadInput; then the run keeps what it was compared with before.
    """
    settings = run_view.get_run(workspace.store, run_id).settings
    found = ground_truth.read(truth, images_of(workspace.store, settings.dataset_id))
    workspace.store.datasets.set_truth(settings.dataset_id, found.facet, found.classes)
    workspace.store.runs.set_truth(run_id, source.full_truth_address(truth, found.facet))
    return len(found.classes)


def run(
    workspace: Workspace,
    run_id: str,
    until: Until,
    *,
    origin: Source | None = None,
    cancel: threading.Event | None = None,
    on_progress: OnProgress | None = None,
    check_all: bool = False,
    first_names: bool = False,
    only: Collection[str] | None = None,
    keys: Keys = NO_KEYS,
) -> None:
    """Do whatever is missing up to and with step `until`; leaves the run waiting (names to edit) or done.

    Args:
        origin: what was given, when the caller has it at hand; otherwise it is found again where the dataset says.
        keys: server -> key given for this session, never stored.
        check_all: ask every assignment anew whose key is not today's, also those kept through edits.
        first_names: label and name a sample as soon as it is described, for the person to look at meanwhile
            (`run_view.first_names`); costs one naming request more.
        only: ask nothing about other items than these (ids), whatever is missing or out of date there; None for
            all.

    Raises Cancelled and FacetryError after storing them as the run's status.
    """
    store = workspace.store
    store.runs.set_status(run_id, "running")
    try:
        row = run_view.get_run(store, run_id)
        check_cap(row.settings, prices.read(store.preferences.get(prices.PREFERENCE)))  # it may have changed since
        kind = SampledPass if row.settings.share < 1 and only is None else Pass
        kind(workspace, row, origin, cancel or threading.Event(), on_progress, keys, only).go(
            names_only=until == "name", check_all=check_all, first_names=first_names
        )
    except Cancelled:
        store.runs.set_status(run_id, "stopped")
        raise
    except Paused as error:
        store.runs.set_status(run_id, "stopped", str(error))
        raise
    except FacetryError as error:
        store.runs.set_status(run_id, "failed", str(error))
        raise
    except BaseException as error:
        store.runs.set_status(run_id, "failed", told(error))
        raise
    store.runs.set_status(run_id, "waiting" if until == "name" else "done")
