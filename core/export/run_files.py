"""A run as the files of the command line's contract: assignments.csv, clusters.csv, metrics.json, run.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.domain import STEPS, StepStats
from core.errors import BadInput
from core.export.tables import write_csv, write_json
from core.pipeline.run_models import models_of
from core.results import run_view
from core.results.run_view import UNASSIGNED, Query, Row
from core.results.selection import ALL
from core.workspace import Workspace

ASSIGNMENTS = ("image", "cluster", "confidence", "source", "description", "label", "truth")
CLUSTERS = ("cluster", "meaning", "size", "labels")


def assignment_cells(row: Row) -> tuple[object, ...]:
    """A row of assignments.csv; the cluster of what failed or is pending is empty."""
    cluster = row.cluster.name if row.cluster else UNASSIGNED if row.state == "unassigned" else ""
    confidence = None if row.confidence is None else round(row.confidence, 4)
    return (row.name, cluster, confidence, row.source, row.description or row.reason, row.label, row.truth)


def _counted(stats: StepStats) -> dict[str, Any]:
    """A step's numbers as the contract has them."""
    return {name: value for name, value in asdict(stats).items() if name != "kinds"}


@dataclass(frozen=True, slots=True)
class Written:
    """What was written. failed, skipped: (file, reason). sizes: (cluster name, how many), Unassigned last."""

    failed: Sequence[tuple[str, str]]
    sizes: Sequence[tuple[str, int]]
    skipped: Sequence[tuple[str, str]]
    scores: Mapping[str, Any] | None
    warnings: Sequence[str]


def write(workspace: Workspace, run_id: str, out: Path, without_image: Sequence[str] = ()) -> Written:
    """Write a run's files into `out`. Raises BadInput when they cannot be written.

    without_image: what results that were brought in say of images that are not here; listed, so that no row is lost.
    """
    store = workspace.store
    run = run_view.get_run(store, run_id)
    view = run_view.View(store, run_id)
    sizes, edited, scores, states = view.sizes(), view.edited, view.metrics(), view.states()
    failed = [(row.name, row.reason) for row in view.rows(Query(state="failed"))]
    dataset = store.datasets.get(run.settings.dataset_id)
    skipped = store.datasets.skipped(run.settings.dataset_id)
    skips = [(item.name, item.reason) for item in skipped]
    # Only what a person brought is matched by name: the names of all images are not held for other runs.
    items = store.datasets.items(run.settings.dataset_id) if run.settings.records else []
    models = models_of(run.settings, {item.item_id: item.name for item in items})
    warning = models.vision.sight(run.settings.criterion).warning
    warnings = [warning] if warning else []
    counts = {state: states[state] for state in ("assigned", "unassigned", "failed", "pending")}
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_csv(out / "assignments.csv", ASSIGNMENTS, map(assignment_cells, ALL.rows(view)))
        write_csv(
            out / "clusters.csv",
            CLUSTERS,
            ((one.name, one.meaning, sizes[one.id], "; ".join(one.labels)) for one in edited.clusters),
        )
        if scores is not None:
            write_json(out / "metrics.json", scores)
        else:
            (out / "metrics.json").unlink(missing_ok=True)  # an earlier run's scores are not this one's
        write_json(
            out / "run.json",
            {
                "run": run_id,
                "settings": {**asdict(run.settings), "names": list(run.settings.names)},
                "models": {"vision": models.vision.id, "labels": models.labels.id, "text": models.text.id},
                "prompts": {
                    step: text.partition("\n")[0]
                    for step, text in {**models.text.prompts, **models.labels.prompts, **models.vision.prompts}.items()
                },
                "evidence": models.vision.evidence_id
                if models.vision.evidence_id in models.text.knows
                else "text only",
                "warnings": warnings,
                "given": dataset.given if dataset else 0,
                "counts": {**counts, "skipped": len(skipped)},
                "skipped": [{"image": name, "reason": reason} for name, reason in skips],
                "without_image": list(without_image),
                "failed": [{"image": name, "reason": reason} for name, reason in failed],
                "steps": {step: _counted(run.stats.get(step, StepStats())) for step in STEPS},
                "failure_kinds": {step: dict(one.kinds) for step, one in run.stats.items() if one.kinds},
            },
        )
    except OSError as error:
        raise BadInput(f"The results could not be written to {out} ({error.strerror or 'unknown reason'}).") from None
    listed = [(one.name, sizes[one.id]) for one in edited.clusters] + [(UNASSIGNED, counts["unassigned"])]
    return Written(failed, listed, skips, scores, warnings)
