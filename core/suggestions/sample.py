"""A sample of a dataset, spread over all of it, and what models see in it.

What was measured or described for any run is not asked again, and a run finds what was measured here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from core.domain import Description, ImageInput, Progress, StepStats, Vector
from core.engine.requests import Outcome
from core.engine.run_step import Meter, run_step
from core.models import registry
from core.models.builtin.from_pixels.evidence import MEASURED_BY
from core.models.model_spec import BUILTIN
from core.models.roles import Measuring, VisionModel
from core.propagation.sampling import place, spread
from core.steps import describe
from core.workspace import Workspace

SIZE = 120
"""Items that are looked at: about four seconds on a computer without a graphics card."""
SHOWN = 12
OnProgress = Callable[[Progress], None]


def chosen(workspace: Workspace, dataset_id: str, number: int = SIZE) -> list[str]:
    """The ids of so many usable items, evenly from all, in the order given."""
    return [item.item_id for item in workspace.store.datasets.spread(dataset_id, number)]


def measured(
    workspace: Workspace, ids: Sequence[str], cancel: threading.Event, on_progress: OnProgress | None = None
) -> Mapping[str, Vector]:
    """Space -> (n, d) of what the built-in engine measures on the images, rows of NaN where it could not look. Raises
    Cancelled."""
    measure(workspace, ids, cancel, on_progress)
    evidence = registry.vision_model(BUILTIN).evidence_id
    return workspace.store.answers.evidence(evidence, ids) if evidence else {}


def measure(
    workspace: Workspace, ids: Sequence[str], cancel: threading.Event, on_progress: OnProgress | None = None
) -> None:
    """Have the built-in engine measure what it has not measured before of these images. Raises Cancelled."""
    _look(workspace, registry.vision_model(BUILTIN), MEASURED_BY, ids, cancel, on_progress)


def described(
    workspace: Workspace,
    model: VisionModel,
    criterion: str,
    ids: Sequence[str],
    cancel: threading.Event,
    on_progress: OnProgress | None = None,
) -> tuple[dict[str, Description], StepStats]:
    """Item id -> what a model says of it, without those that failed, and what that took. Raises Cancelled, and
    FacetryError for what would end every request."""
    stats = _look(workspace, model, criterion, ids, cancel, on_progress)
    keys = {work.item_id: work.key for work in describe.work(model, criterion, list(ids))}
    values = workspace.store.answers.lookup(list(keys.values()))
    return {item: describe.read(values[key]) for item, key in keys.items() if key in values}, stats


def shown(ids: Sequence[str], evidence: Mapping[str, Vector]) -> tuple[str, ...]:
    """Some of the images, one of each kind that there is, the commonest kind first."""
    model = registry.vision_model(BUILTIN)
    if not isinstance(model, Measuring) or not evidence:
        return tuple(ids[:SHOWN])
    try:
        places = place(model.features("kind of thing", evidence, len(ids)))
    except ValueError:  # nothing was measured
        return tuple(ids[:SHOWN])
    return tuple(ids[int(row)] for row in spread(places, SHOWN))


def _look(
    workspace: Workspace,
    model: VisionModel,
    criterion: str,
    ids: Sequence[str],
    cancel: threading.Event,
    on_progress: OnProgress | None,
) -> StepStats:
    answers = workspace.store.answers
    work = describe.work(model, criterion, list(ids))

    def save(outcomes: Sequence[Outcome]) -> None:
        answers.save(None, "describe", model.id, model.evidence_id, outcomes)

    return run_step(
        "measure",
        work,
        describe.ask(model, criterion, lambda some: _inputs(workspace, model, some)),
        lookup=answers.lookup,
        save=save,
        batch_size=model.batch_size,
        concurrency=model.max_concurrency,
        cancel=cancel,
        meter=Meter("measure", len(work), on_progress),
        claims=answers.claims,
    )


def _inputs(workspace: Workspace, model: VisionModel, ids: Sequence[str]) -> list[ImageInput]:
    """Images with what the model measured on them before."""
    known = workspace.store.answers.evidence(model.evidence_id, ids) if model.evidence_id else {}
    return [
        ImageInput(
            workspace.image(item, "view"),
            {space: rows[row] for space, rows in known.items() if rows[row, 0] == rows[row, 0]} or None,
            item,
        )
        for row, item in enumerate(ids)
    ]
