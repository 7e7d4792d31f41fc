"""Where the images of a dataset lie by what was measured of them or written about them, for maps and outliers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.domain import Progress, Vector
from core.errors import BadInput, Cancelled
from core.models import registry
from core.models.embedding.kept import KeptVectors
from core.models.model_spec import BUILTIN
from core.models.roles import Measuring
from core.propagation.sampling import Places, evenly, fit_axes
from core.steps.item_answers import RunAnswers
from core.suggestions import sample
from core.workspace import Workspace

By = Literal["seen", "colours", "texts"]
"""What the built-in network sees, the shares of colours, or what a run's model wrote of each image."""
OnProgress = Callable[[Progress], None]
_CRITERION = {"seen": "kind of thing", "colours": "colour"}
_SAMPLE, _BLOCK = 4_000, 4_096


@dataclass(frozen=True, slots=True)
class Placed:
    """The usable images of a dataset in the order given, and where each lies."""

    items: tuple[str, ...]
    places: Places


def evidence_of(workspace: Workspace, by: By, run_id: str) -> str:
    """What places are made of: changes when they would be others."""
    if by == "texts":
        held, failed = workspace.store.answers.step_counts(run_id).get("describe", (0, 0))
        return f"{run_id} {held - failed}"
    return str(registry.vision_model(BUILTIN).evidence_id)


def gathered(
    workspace: Workspace, dataset_id: str, by: By, run_id: str, cancel: threading.Event, on_progress: OnProgress
) -> Placed:
    """Measure what was not measured before, and place all images. Memory holds a block of features at a time.

    run_id: whose descriptions "texts" means. Raises Cancelled, and BadInput where nothing is known of any image.
    """
    ids = workspace.store.datasets.ids(dataset_id)
    read = _texts(workspace, run_id) if by == "texts" else _measured(workspace, ids, by, cancel, on_progress)
    try:
        axes = fit_axes(read([ids[row] for row in evenly(len(ids), _SAMPLE)]))
    except ValueError:
        raise BadInput(
            "Nothing is known of these images yet by which they could be placed. Group them first, or choose another "
            "kind of likeness."
        ) from None

    def blocks() -> Iterator[Vector]:
        for first in range(0, len(ids), _BLOCK):
            if cancel.is_set():
                raise Cancelled
            yield read(ids[first : first + _BLOCK])

    return Placed(tuple(ids), axes.place(blocks()))


def _measured(
    workspace: Workspace, ids: Sequence[str], by: By, cancel: threading.Event, on_progress: OnProgress
) -> Callable[[Sequence[str]], Vector]:
    """How to read features of some images; all of them are measured first."""
    model = registry.vision_model(BUILTIN)
    for first in range(0, len(ids), _BLOCK):

        def tell(now: Progress, done: int = first) -> None:
            on_progress(Progress("measure", done + now.done, len(ids), rate=now.rate))

        sample.measure(workspace, ids[first : first + _BLOCK], cancel, tell)

    def read(some: Sequence[str]) -> Vector:
        assert isinstance(model, Measuring)
        evidence = workspace.store.answers.evidence(str(model.evidence_id), some)
        return model.features(_CRITERION[by], evidence, len(some))

    return read


def _texts(workspace: Workspace, run_id: str) -> Callable[[Sequence[str]], Vector]:
    held, vectors = RunAnswers(workspace.store.answers, run_id), KeptVectors(workspace.store.text_vectors)

    def read(some: Sequence[str]) -> Vector:
        said = {item: description.text for item, description in held.descriptions(some).items() if description.text}
        known = [row for row, item in enumerate(some) if item in said]
        made = vectors([said[some[row]] for row in known])
        out = np.full((len(some), made.shape[1]), np.nan, dtype=np.float32)
        out[known] = made
        return out

    return read
