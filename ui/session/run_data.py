"""A run's results for the pages: how it stands, what was given, its scores (remembered while nothing changes)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from core.domain import DatasetRow, SourceAddress
from core.ingest import result_files
from core.ingest.sources import upload
from core.ingest.sources.source_file import DEMO
from core.models.baseline.recipe import Recipe, is_baseline
from core.pipeline import label_check
from core.pipeline import runs as pipeline_runs
from core.results import decisions
from core.results.edits import Match, Relabel
from core.results.run_view import View
from core.store.runs import RunRow
from ui import text
from ui.session import model_choice, state


def view(run: RunRow) -> View:
    """The run as it stands."""
    return View(state.workspace().store, run.id)


def is_sorted(run: RunRow) -> bool:
    """Whether images were sorted into the groups, so that edits can put some out of date."""
    return "assign" in state.workspace().store.answers.step_counts(run.id)


def scores(run: RunRow, corrected: bool = False) -> Mapping[str, Any] | None:
    """The run's scores against the person's labels, or None without labels or before anything is sorted.

    corrected: with the labels as the person corrected them.
    """
    if state.jobs().get(run.id) or (not run.settings.truth and not run.settings.records):
        return None
    return _scores(run.id, _version(run), corrected)


def dataset(run: RunRow) -> DatasetRow | None:
    """What was given."""
    return state.workspace().store.datasets.get(run.settings.dataset_id)


def has_pictures(run: RunRow) -> bool:
    """Whether the items are images (records may come without)."""
    given = dataset(run)
    return given is None or given.source.has_images


def has_lost_copies(run: RunRow) -> bool:
    """Whether somebody deleted our copies of the images: the first and the last of them tell."""
    workspace = state.workspace()
    ends = workspace.store.datasets.ends(run.settings.dataset_id)
    return has_pictures(run) and any(not workspace.image(item, "thumb").is_file() for item in ends)


def images_at_hand() -> tuple[str, str]:
    """The id of the dataset in use and what to compare with: those of the open run (all of its images, when it is on
    a sample of them), else those chosen on the page Images; ("", "") for none."""
    run_id = state.open_run_id()
    run = state.workspace().store.runs.get(run_id) if run_id else None
    if run is None:
        return state.open_images()
    given = dataset(run)
    whole = state.workspace().store.datasets.newest(given.source.whole()) if given and is_part(given) else None
    return whole.id if whole else run.settings.dataset_id, run.settings.truth


def sampled(given: DatasetRow) -> bool:
    """Whether a dataset is only a part of what was given."""
    return given.source.limit > 0


def is_part(given: DatasetRow) -> bool:
    """Whether a dataset is a sample of what was given, or of parts of its images."""
    return given.source != given.source.whole()


def siblings(given: DatasetRow, runs: Sequence[RunRow]) -> list[RunRow]:
    """Those of the runs that are on the same images, or on a sample of them."""
    whole = given.source.whole()
    ids = {key for key in {run.settings.dataset_id for run in runs} if _is_of(key, whole)}
    return [run for run in runs if run.settings.dataset_id in ids]


def _is_of(dataset_id: str, whole: SourceAddress) -> bool:
    found = state.workspace().store.datasets.get(dataset_id)
    return found is not None and found.source.whole() == whole


def images_name(given: DatasetRow) -> str:
    """What a dataset is called, as plain text: "Pictures/shop"; an upload by its own name alone; "The demo"."""
    path = Path(given.source.path or given.name)
    if path == DEMO / "images":
        return text.DEMO
    config = state.workspace().config
    if upload.home(config) in path.parents or result_files.is_kept(path, config):
        return given.name or text.UPLOADED
    return "/".join(path.parts[-2:])


def run_name(run: RunRow, groups: int = 0) -> str:
    """What a run is called, as plain text: what a person called it, or "Pictures/shop by colour, 5 groups". Where that
    holds of other runs too, the models or the time tell it from them. groups: how many there are by now, 0 where that
    is to be found out."""
    if run.name:
        return run.name
    given, settings = dataset(run), run.settings
    name = text.run_name(images_name(given) if given else "", settings.criterion, groups or _groups(run))
    parts = [name, text.only(given.given)] if given and sampled(given) else [name]
    parts += [text.only_focus(given.source.focus)] if given and given.source.focus else []
    return ", ".join([*parts, *_told_apart(run)])


def _groups(run: RunRow) -> int:
    """How many groups a person made of those that were asked for; 0 for a baseline that finds the number."""
    if state.workspace().store.runs.edits(run.id):
        return len(decisions.clusters(state.workspace().store, run.id).clusters)
    finds = is_baseline(run.settings.text) and not Recipe.parse(run.settings.text).needs_k
    return 0 if finds else run.settings.k


def _told_apart(run: RunRow) -> list[str]:
    """What a run has that others of the same name have not."""
    others = [other for other in state.workspace().store.runs.alike(run) if other.id != run.id]
    if not others:
        return []
    models = _models(run)
    if len({models, *map(_models, others)}) > 1:
        same, parts = [other for other in others if _models(other) == models], [text.with_models(models)]
    else:
        same, parts = others, []
    if same:
        times = [text.at_time(run.created_at, seconds=seconds) for seconds in (False, True)]
        taken = {text.at_time(other.created_at) for other in same}
        parts.append(times[times[0] in taken])
    return parts


def _models(run: RunRow) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(model_choice.short_name, (run.settings.vision, run.settings.text))))


def compare_with(run_id: str, truth: str) -> None:
    """Score a run against these labels from now on. Raises BadInput."""
    pipeline_runs.compare_with(state.workspace(), run_id, truth)
    for kept in (_scores, _doubts):
        kept.clear()  # the same table may hold other labels now


def _version(run: RunRow, but: tuple[type, ...] = ()) -> str:
    """Changes whenever the run's answers (each pass writes its statistics) or the person's edits do.

    but: kinds of edits that do not count.
    """
    rows = state.workspace().store.runs.edits(run.id)
    edits = [(edit.seq, edit.value) for edit in rows if not isinstance(decisions.read(edit.value), but)]
    return repr((run.status, run.stats, run.settings.truth, edits))


@st.cache_resource(max_entries=8, show_spinner=False)
def _scores(run_id: str, version: str, corrected: bool) -> Mapping[str, Any] | None:
    return View(state.workspace().store, run_id).metrics(corrected)


def doubts(run: RunRow) -> label_check.Doubts:
    """The labels that are probably wrong; what a person says of labels does not change the list."""
    return _doubts(run.id, _version(run, but=(Match, Relabel)))


@st.cache_resource(max_entries=4, show_spinner=False)
def _doubts(run_id: str, version: str) -> label_check.Doubts:
    return label_check.doubts(state.workspace().store, run_id)
