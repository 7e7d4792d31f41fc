"""Finds the place of one image under every criterion that a dataset was grouped by, without adding it.

The steps are those of a run (core/steps/plan.py). Answers are looked up and kept as in a run, so that what was answered
is not asked again when the image is added later. Of an image that the run has, the run's own answers count.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from core.domain import Assignment, Cluster, SourceAddress, folded
from core.engine.requests import Outcome, Work
from core.engine.run_step import run_step
from core.errors import BadInput, FacetryError
from core.ingest.decode import image_path
from core.ingest.name_matching import Images
from core.ingest.source import Source
from core.ingest.sources.file_kind import recognised
from core.ingest.sources.source_file import Found, opened_head
from core.models.registry import NO_KEYS, How, Keys
from core.pipeline import looking
from core.pipeline.run_models import models_of
from core.pipeline.sight import said_of_run
from core.results import decisions
from core.steps import assign, describe, label
from core.steps.item_answers import FoundAnswers
from core.steps.plan import Model, Models, Plan, StepPlan
from core.store.runs import RunRow
from core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image goes in one run.

    Attributes:
        cluster: its name, "" for none, and then `said` is what was answered instead.
        cluster_id: of that cluster, or "".
        likely: (name, probability) of the clusters, the most probable first; empty when the model gives none.
        problem: why this run could not be asked, in one sentence, or "".
        sight: what is to be known of what its vision model saw, a sentence each.
    """

    run_id: str
    criterion: str
    cluster: str = ""
    cluster_id: str = ""
    confidence: float | None = None
    likely: tuple[tuple[str, float], ...] = ()
    description: str = ""
    label: str = ""
    said: str = ""
    problem: str = ""
    sight: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Where:
    """An image with its places. picture: our own small copy of it (WebP). note: how it was read where that is not as it
    is, or ""."""

    picture: bytes
    places: tuple[Place, ...]
    note: str = ""


def grouped(workspace: Workspace, dataset_id: str, first: str = "") -> list[RunRow]:
    """The newest run of each criterion that has sorted this dataset's images, the newest first.

    first: a run that comes before all others and, whenever it was made, answers for its criterion.
    """
    found: dict[str, RunRow] = {}
    for run in sorted(workspace.store.runs.of_dataset(dataset_id), key=lambda run: run.id != first):
        if "assign" in workspace.store.answers.step_counts(run.id):
            found.setdefault(folded(run.settings.criterion), run)
    return list(found.values())


def where(
    workspace: Workspace, dataset_id: str, image: Path, name: str = "", keys: Keys = NO_KEYS, *, first: str = ""
) -> Where:
    """Where this image file goes, for each of `grouped`. name: what the person calls it (default: the file's name).

    first: the id of the run that answers first, if it has sorted its images.

    The dataset and its runs are left as they are. Raises BadInput when there is nothing to ask or no usable image.
    """
    runs = grouped(workspace, dataset_id, first)
    if not runs:
        raise BadInput("These images have not been sorted into groups yet. Group them first.")
    name = name or image.name
    with tempfile.TemporaryDirectory() as folder:
        copies = Path(folder)
        kind, refusal = recognised(name, partial(opened_head, image))
        file = Found(name, image, refusal=refusal, kind=kind)
        origin = Source("", name, SourceAddress(focus=_focus(workspace, dataset_id)), 1, (file,))
        looked = next(looking.look(workspace.store, copies, workspace.config, origin))
        if looked.item.status != "ready":
            raise BadInput(f"{name}: {looked.item.reason}")
        item = looked.item.item_id
        view = image_path(copies, item, "view")
        places = tuple(_place(workspace, run, item, view, keys) for run in runs)
        note = looked.image.note if looked.image else ""
        return Where(image_path(copies, item, "thumb").read_bytes(), places, note)


def _focus(workspace: Workspace, dataset_id: str) -> str:
    dataset = workspace.store.datasets.get(dataset_id)
    return dataset.source.focus if dataset else ""


def _place(workspace: Workspace, run: RunRow, item: str, view: Path, keys: Keys) -> Place:
    if run.settings.records:
        problem = "Its descriptions were brought in; there is no model to ask about another image."
        return Place(run.id, run.settings.criterion, problem=problem)
    store = workspace.store
    try:
        models = models_of(run.settings, Images({}), How(keys, keeper=store.text_vectors, readings=store.readings))
        return _Placing(workspace, run, models, item, view).place()
    except FacetryError as error:
        return Place(run.id, run.settings.criterion, problem=str(error))


class _Placing:
    """The steps of one run for one image."""

    def __init__(self, workspace: Workspace, run: RunRow, models: Models, item: str, view: Path) -> None:
        self.store, self.run, self.item = workspace.store, run, item
        self.answers = FoundAnswers(workspace.store.answers)
        self.plan = Plan(models, run.settings, self.answers, lambda _: view)

    def place(self) -> Place:
        """Describe, label and assign the image. Raises FacetryError with the reason where a model gives no answer."""
        description = describe.read(self._answer(self.plan.describe([self.item])))
        said = label.read(self._answer(self.plan.label([self.item])))
        edited = decisions.clusters(self.store, self.run.id)
        assignment = self._assign(edited.asked)
        names = {cluster.id: cluster.name for cluster in edited.clusters}
        cluster = edited.resolve(assignment.cluster_id) or ""
        by_probability = sorted(edited.chances(assignment.probabilities or {}).items(), key=lambda share: -share[1])
        return Place(
            self.run.id,
            self.run.settings.criterion,
            names.get(cluster, ""),
            cluster,
            assignment.confidence,
            tuple((names[cluster], share) for cluster, share in by_probability if cluster in names),
            description.text,
            said,
            assignment.answer,
            sight=said_of_run(self.store, self.run.settings),
        )

    def _assign(self, clusters: Sequence[Cluster]) -> Assignment:
        first, *further = self.plan.assign([self.item], clusters)
        assignment = assign.read(self._answer(first))
        for stage in further:
            if assignment.undecided:
                assignment = assign.read(self._answer(stage))
        return assignment

    def _answer(self, plan: StepPlan[Model]) -> str:
        """The value (JSON) that the run holds, else what the first model gives, or the second where the first fails."""
        if held := self._held(plan):
            return held
        value, failure = self._ask(plan, plan.first)
        if failure and plan.second is not None:
            value, failure = self._ask(plan, plan.second)
        if failure:
            raise FacetryError(failure)
        return value

    def _held(self, plan: StepPlan[Model]) -> str:
        """The value (JSON) of either model's answer that the run holds of this image and that counts today, or ""."""
        held = self.store.answers.held(self.run.id, plan.step, [self.item]).get(self.item)
        if held is None or held.failure or held.key not in plan.keys(plan.requests(plan.first, None))[self.item]:
            return ""
        return self.answers.find(plan.step, [Work(self.item, held.key)]).get(self.item, "")

    def _ask(self, plan: StepPlan[Model], model: Model) -> tuple[str, str]:
        """Ask one model; its value (JSON) and why there is none, one of them "". What it says is kept for later."""
        requests, answers = plan.requests(model, None), self.store.answers
        failures: list[str] = []

        def save(outcomes: Sequence[Outcome]) -> None:
            failures.extend(outcome.failure for outcome in outcomes if outcome.failure)
            answers.save(None, plan.step, model.id, getattr(model, "evidence_id", None), outcomes)

        run_step(
            plan.step,
            requests.work,
            requests.ask,
            lookup=answers.lookup,
            save=save,
            batch_size=1,
            claims=answers.claims,  # a run may be asking the same
        )
        return ("", failures[0]) if failures else (self.answers.find(plan.step, requests.work)[self.item], "")
