"""A run as the files of the command line's contract: assignments.csv, clusters.csv, metrics.json, run.json."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.domain import ASSIGNMENTS, STEPS, UNASSIGNED, StepStats
from core.errors import BadInput
from core.export.tables import write_csv, write_json
from core.ingest.ground_truth import TwoLabels
from core.ingest.name_matching import Way
from core.pipeline import met_records, without_truth
from core.pipeline.label_check import CORRECTED, corrected
from core.pipeline.labels import Fit, fit_of_run
from core.pipeline.met_records import RecordsFit
from core.pipeline.sight import said_of_run, sight_of
from core.results import run_view
from core.results.caveats import said_of_groups, stability
from core.results.labels_about import other_column
from core.results.run_view import STATES, Query, Row, View, evidence_used, models_that_answered
from core.results.selection import ALL
from core.workspace import Workspace

CLUSTERS = ("cluster", "meaning", "size", "labels")


def assignment_cells(row: Row) -> tuple[object, ...]:
    """A row of assignments.csv; the cluster of what failed or is pending is empty."""
    cluster = row.cluster.name if row.cluster else UNASSIGNED if row.state == "unassigned" else ""
    confidence = None if row.confidence is None else round(row.confidence, 4)
    return (row.name, cluster, confidence, row.source, row.description, row.label, row.truth, row.reason)


def _counted(stats: StepStats) -> dict[str, Any]:
    """A step's numbers as the contract has them."""
    elsewhere = ("kinds", "prompts", "evidence", "under_way", "lost")
    return {name: value for name, value in asdict(stats).items() if name not in elsewhere}


@dataclass(frozen=True, slots=True)
class Written:
    """What was written.

    Attributes:
        failed, skipped: (file, reason).
        column: what the labels are about, where that is something else than the groups (`other_column`).
        noted: (file, how it was read), where that is not as it is.
        sizes: (cluster name, how many), Unassigned last.
    """

    failed: Sequence[tuple[str, str]]
    sizes: Sequence[tuple[str, int]]
    skipped: Sequence[tuple[str, str]]
    noted: Sequence[tuple[str, str]]
    scores: Mapping[str, Any] | None
    warnings: Sequence[str]
    labels: Fit | None = None
    column: str = ""
    records: RecordsFit | None = None


def write(workspace: Workspace, run_id: str, out: Path, without_image: Sequence[str] = ()) -> Written:
    """Write a run's files into `out`. Raises BadInput when they cannot be written.

    without_image: what results that were brought in say of images that are not here; listed, so that no row is lost.
    """
    view = run_view.View(workspace.store, run_id)
    written = _written(workspace, view)
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_csv(out / "assignments.csv", ASSIGNMENTS, map(assignment_cells, ALL.rows(view)))
        write_csv(out / "clusters.csv", CLUSTERS, _cluster_rows(view))
        internal = {space: asdict(own) for space, own in without_truth.found_now(workspace.store, run_id).items()}
        if written.scores is not None or internal:
            stays = without_truth.as_json(workspace.store, run_id)
            write_json(out / "metrics.json", {**(written.scores or {}), "internal": internal, "stability": stays})
        else:
            (out / "metrics.json").unlink(missing_ok=True)  # an earlier run's scores are not this one's
        if view.relabelled:
            write_csv(out / "labels.csv", CORRECTED, corrected(view))
        else:
            (out / "labels.csv").unlink(missing_ok=True)
        write_json(out / "run.json", _about_run(workspace, view, written, without_image))
    except OSError as error:
        raise BadInput(f"The results could not be written to {out} ({error.strerror or 'unknown reason'}).") from None
    return written


def _written(workspace: Workspace, view: View) -> Written:
    sizes, settings = view.sizes(), view.run.settings
    return Written(
        [(row.name, row.reason) for row in view.rows(Query(state="failed"))],
        [(cluster.name, sizes[cluster.id]) for cluster in view.edited.clusters]
        + [(UNASSIGNED, view.states()["unassigned"])],
        [(item.name, item.reason) for item in workspace.store.datasets.skipped(settings.dataset_id)],
        workspace.store.datasets.noted(settings.dataset_id)[1],
        view.all_metrics(),
        said_of_groups(view.edited.clusters) + said_of_run(workspace.store, settings),
        fit_of_run(workspace.store, settings.dataset_id, settings.truth),
        other_column(settings.truth, settings.criterion),
        met_records.fit_of_run(workspace.store, settings),
    )


def _cluster_rows(view: View) -> Iterator[tuple[object, ...]]:
    """The rows of clusters.csv."""
    sizes = view.sizes()
    for cluster in view.edited.clusters:
        yield cluster.name, cluster.meaning, sizes[cluster.id], "; ".join(cluster.labels)


def _about_run(workspace: Workspace, view: View, written: Written, without_image: Sequence[str]) -> dict[str, Any]:
    """What run.json holds."""
    store, run, states = workspace.store, view.run, view.states()
    dataset = store.datasets.get(run.settings.dataset_id)
    answered, sight = models_that_answered(store, run.id), sight_of(run.settings)
    return {
        "run": run.id,
        "name": run.name,
        "parent": run.parent,
        "settings": {**asdict(run.settings), "names": list(run.settings.names)},
        "models": {
            "vision": ", ".join(answered["describe"]),
            "labels": ", ".join(answered["label"]),
            "text": ", ".join(dict.fromkeys((*answered["name"], *answered["assign"]))),
        },
        "prompts": {step: ", ".join(stats.prompts) for step, stats in run.stats.items() if stats.prompts},
        "evidence": ", ".join(evidence_used(store, run)) or "text only",
        "warnings": list(written.warnings),
        "stability": stability(view.edited.clusters),
        "sight": {"by_appearance": bool(sight.why), "read_as": sight.read_as},
        "focus": dataset.source.focus if dataset else "",
        "nothing_found": [item.name for item in store.datasets.without_focus(run.settings.dataset_id)],
        "given": dataset.given if dataset else 0,
        "counts": {**{state: states[state] for state in STATES}, "skipped": len(written.skipped)},
        "labels": _labels(written.labels),
        "records": _records(written.records),
        "skipped": _reasons(written.skipped),
        "noted": [{"image": name, "note": note} for name, note in written.noted],
        "without_image": list(without_image),
        "failed": _reasons(written.failed),
        "steps": {step: _counted(run.stats.get(step, StepStats())) for step in STEPS},
        "unanswered": {step: stats.unanswered for step, stats in run.stats.items() if stats.unanswered},
        "failure_kinds": {step: dict(stats.kinds) for step, stats in run.stats.items() if stats.kinds},
    }


def _labels(found: Fit | None) -> dict[str, Any] | None:
    """How the labels that the run is compared with fit its images."""
    if found is None:
        return None
    seen = found.preview
    return {
        "images": seen.labelled,
        "column": seen.column,
        "read": seen.how,
        "met": _met(seen.ways),
        "rows_without_image": seen.unmatched,
        "two_labels": _differing(found.twice),
        "near_duplicates": _differing(found.near),
        "alike": [list(labels) for labels in seen.alike],
    }


def _records(found: RecordsFit | None) -> dict[str, Any] | None:
    """How what was brought met the images of the run."""
    if found is None:
        return None
    return {"read": found.note, "met": _met(found.ways), "rows_without_image": len(found.unmatched)}


def _met(ways: Sequence[Way]) -> list[dict[str, Any]]:
    return [{"way": way.words, "images": way.number, "example": list(way.example)} for way in ways]


def _differing(found: Sequence[TwoLabels]) -> list[list[dict[str, str]]]:
    return [[{"image": name, "label": label} for _, name, label in two.said] for two in found]


def _reasons(listed: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"image": name, "reason": reason} for name, reason in listed]
