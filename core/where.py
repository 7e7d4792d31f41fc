"""Where does this one go? One image against every criterion that a dataset was grouped by, without adding it.

Each step is the pipeline's own and goes through the same engine: what was answered before is not asked again, and what
is answered now is kept, so that adding the image later costs nothing more.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core import results
from core.domain import Assignment, Corpus, Description, Evidence, ImageInput, Step
from core.engine import run_step
from core.errors import BadInput, FacetryError
from core.ingest import source
from core.ingest.decode import image_path
from core.ingest.found import Found, refusal_by_name
from core.ingest.source import Source
from core.models.base import TextModel, VisionModel
from core.models.registry import NO_KEYS, Keys
from core.roles import Models, models_of
from core.steps import assign, describe, label
from core.store.runs import RunRow
from core.work import Ask, Outcome, Work
from core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image goes in one run. cluster: its name, "" for none, and then `said` is what was answered instead.
    cluster_id: of that cluster, or "".

    likely: (name, probability) of the clusters, the most probable first; empty when the model gives none.
    problem: why this run could not be asked, in one sentence, or "".
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


@dataclass(frozen=True, slots=True)
class Where:
    """An image with its places. picture: our own small copy of it (WebP)."""

    picture: bytes
    places: tuple[Place, ...]


def grouped(workspace: Workspace, dataset_id: str) -> list[RunRow]:
    """The newest run of each criterion that has sorted this dataset's images, the newest first."""
    found: dict[str, RunRow] = {}
    for run in workspace.store.runs.of_dataset(dataset_id):
        if "assign" in workspace.store.answers.step_counts(run.id):
            found.setdefault(run.settings.criterion.casefold(), run)
    return list(found.values())


def where(workspace: Workspace, dataset_id: str, image: Path, name: str = "", keys: Keys = NO_KEYS) -> Where:
    """Where this image file goes, for each of `grouped`. name: what the person calls it (default: the file's name).

    The dataset and its runs are left as they are. Raises BadInput when there is nothing to ask or no usable image.
    """
    runs = grouped(workspace, dataset_id)
    if not runs:
        raise BadInput("These images have not been sorted into groups yet. Group them first.")
    name = name or image.name
    with tempfile.TemporaryDirectory() as folder:
        copies = Path(folder)
        file = Found(name, image, refusal=refusal_by_name(name))
        looked = next(iter(source.look(Source("", name, {}, 1, (file,)), copies, workspace.config)))
        if looked.item.status != "ready":
            raise BadInput(f"{name}: {looked.item.reason}")
        item = looked.item.item_id
        view = image_path(copies, item, "view")
        places = tuple(_place(workspace, run, item, view, keys) for run in runs)
        return Where(image_path(copies, item, "thumb").read_bytes(), places)


def _place(workspace: Workspace, run: RunRow, item: str, view: Path, keys: Keys) -> Place:
    if run.settings.records:
        problem = "Its descriptions were brought in; there is no model to ask about another image."
        return Place(run.id, run.settings.criterion, problem=problem)
    try:
        return _Asked(workspace, run, models_of(run.settings, {}, keys), item, view).place()
    except FacetryError as error:
        return Place(run.id, run.settings.criterion, problem=str(error))


class _Asked:
    """The steps of one run for one image."""

    def __init__(self, workspace: Workspace, run: RunRow, models: Models, item: str, view: Path) -> None:
        self.store, self.run, self.models, self.item, self.view = workspace.store, run, models, item, view
        self.criterion = run.settings.criterion

    def place(self) -> Place:
        vision, labels, text = self.models.vision, self.models.labels, self.models.text
        works = describe.work(vision, self.criterion, [self.item])
        seen = describe.read(self._answer("describe", vision, works, describe.ask(vision, self.criterion, self._input)))
        by_evidence = vision.evidence_id in text.knows
        content = {self.item: works[0].key if by_evidence else describe.content(seen)}

        def corpus(label: str | None) -> Corpus:
            return self._corpus(seen, label, by_evidence)

        works = label.work(labels, self.criterion, content)
        ask = label.ask(labels, self.criterion, lambda _: corpus(None))
        said = label.read(self._answer("label", labels, works, ask))
        clusters = results.clusters(self.store, self.run.id).clusters
        given: Assignment | None = None
        for bare in (True, False) if text.by_label else (False,):  # as a run does: its label first, if that tells
            shown = {self.item: ""} if bare else content
            works = assign.work(text, self.criterion, shown, {self.item: said}, clusters)
            load = self._bare(said) if bare else corpus(said)
            ask = assign.ask(text, self.criterion, clusters, lambda _, load=load: load)  # type: ignore[misc]
            given = assign.read(self._answer("assign", text, works, ask))
            if not given.undecided:
                break
        assert given is not None
        names = {cluster.id: cluster.name for cluster in clusters}
        likely = sorted((given.probabilities or {}).items(), key=lambda one: -one[1])
        return Place(
            self.run.id,
            self.criterion,
            names.get(given.cluster_id or "", ""),
            given.cluster_id or "",
            given.confidence,
            tuple((names[cluster], share) for cluster, share in likely if cluster in names),
            seen.text,
            said,
            given.answer,
        )

    def _answer(self, step: Step, model: VisionModel | TextModel, works: Sequence[Work], ask: Ask) -> str:
        """The stored value of the one item; raises FacetryError with the reason when the model gives none."""
        failures: list[str] = []

        def save(outcomes: Sequence[Outcome]) -> None:
            failures.extend(one.failure for one in outcomes if one.failure)
            self.store.answers.save(None, step, model.id, getattr(model, "evidence_id", None), outcomes)

        run_step(step, works, ask, lookup=self.store.answers.lookup, save=save, batch_size=1)
        if failures:
            raise FacetryError(failures[0])
        return self.store.answers.lookup([works[0].key])[works[0].key]

    def _input(self, ids: Sequence[str]) -> list[ImageInput]:
        """The image, with what was measured on it for another criterion."""
        return [ImageInput(self.view, self._evidence(), self.item)]

    def _evidence(self) -> Evidence | None:
        model = self.models.vision
        spaces = self.store.answers.evidence(model.evidence_id, [self.item]) if model.evidence_id else {}
        return {space: matrix[0] for space, matrix in spaces.items()} or None

    def _bare(self, said: str) -> Corpus:
        """The label alone."""
        return Corpus([self.item], [Description("")], [said])

    def _corpus(self, seen: Description, said: str | None, by_evidence: bool) -> Corpus:
        evidence = {}
        if by_evidence:
            evidence = self.store.answers.evidence(str(self.models.vision.evidence_id), [self.item])
        return Corpus([self.item], [seen], None if said is None else [said], evidence)
