"""The one place that orders the steps, waits for the person and resumes; the UI, the CLI and the tests all use it.

Nothing here remembers where a run stands: each step asks what is missing or out of date (by call key) and does that.
So starting, resuming after a crash, retrying failures and running again after an edit are the same call.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from core import results
from core.domain import Corpus, Description, Held, ImageInput, Progress, RunSettings, Step, StepStats
from core.edits import RESERVED
from core.engine import Meter, run_step
from core.errors import BadInput, Cancelled, FacetryError, Paused
from core.ingest import source
from core.ingest.imported import read_results
from core.ingest.source import Source
from core.intake import OnProgress, take_in
from core.models import imported, registry
from core.models.base import TextModel, VisionModel
from core.models.registry import NO_KEYS, Keys
from core.roles import Models, models_of
from core.steps import assign, describe, label, name
from core.store.runs import RunRow
from core.work import Ask, Outcome, Work
from core.workspace import Workspace

Until = Literal["name", "assign"]
_SAMPLE = 20
_SAMPLE_A_GROUP = 3


def check_settings(settings: RunSettings, given: int) -> None:
    """Raise BadInput with one sentence for what cannot work. given: how many items there are at most."""
    if not settings.criterion.strip():
        raise BadInput("Type what the images should be grouped by, for example colour.")
    if settings.k < 1:
        raise BadInput(f"The number of groups must be at least 1, not {settings.k}.")
    if settings.k > given:
        raise BadInput(f"{settings.k} groups need at least {settings.k} images; there are {given}.")
    if len(settings.names) > settings.k:
        raise BadInput(
            f"{len(settings.names)} names were given for {settings.k} groups. Ask for more groups or give fewer names."
        )
    folded = [one.strip().casefold() for one in settings.names]
    if "" in folded or len(set(folded)) < len(folded):
        raise BadInput("Group names must not be empty and must differ from each other.")
    if taken := [name for name in settings.names if name.strip().casefold() in RESERVED]:
        raise BadInput(f"“{taken[0]}” is what images without a group are called. Choose another name.")


def sample_size(k: int) -> int:
    """How many images, spread over all, show whether a grouping makes sense: 20, or three a group if that is more."""
    return max(_SAMPLE, _SAMPLE_A_GROUP * k)


def start(workspace: Workspace, origin: Source, settings: RunSettings, keys: Keys = NO_KEYS) -> str:
    """Check and store a run over what `origin` found; return the run's id. Nothing is decoded or asked yet.

    keys: server -> key given for this session; used to check that the models can be had, not stored.
    """
    check_settings(settings, origin.given)
    if settings.truth:  # a mistake in it must show before hours of work, not after
        facet, _ = source.read_truth(settings.truth, {name: name for name in source.names(origin)})
        settings = replace(settings, truth=source.full_truth_address(settings.truth, facet))
    if settings.text == imported.KIND:
        read_results(Path(settings.records))
    else:
        if settings.records:
            source.read_records(Path(settings.records))
        else:
            registry.vision_model(settings.vision, keys)
        registry.text_model(settings.text, keys)
    records = str(Path(settings.records).expanduser().resolve()) if settings.records else ""
    settings = replace(settings, dataset_id=origin.dataset_id, criterion=settings.criterion.strip(), records=records)
    if not source.is_complete(workspace.store.datasets.get(origin.dataset_id)):
        workspace.store.datasets.begin(origin.dataset_id, origin.name, origin.address, origin.given)
    return workspace.store.runs.create(settings)


def compare_with(workspace: Workspace, run_id: str, truth: str) -> int:
    """Score a run against these labels ("folder", "filename", "CSV[:COLUMN]") from now on, also one that is done.

    Returns how many images have a label. Raises BadInput; then the run keeps what it was compared with before.
    """
    settings = results.get_run(workspace.store, run_id).settings
    names = {item.item_id: item.name for item in workspace.store.datasets.items(settings.dataset_id)}
    facet, classes = source.read_truth(truth, names)
    workspace.store.datasets.set_truth(settings.dataset_id, facet, classes)
    workspace.store.runs.set_truth(run_id, source.full_truth_address(truth, facet))
    return len(classes)


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

    origin: what was given, when the caller has it at hand; otherwise it is found again where the dataset says.
    keys: server -> key given for this session, never stored.
    check_all: ask every assignment anew whose key is not today's, also those kept through edits.
    first_names: label and name a sample as soon as it is described, for the person to look at meanwhile
    (`results.first_names`); costs one naming request more.
    only: ask nothing about other items than these (ids), whatever is missing or out of date there; None for all.
    Raises Cancelled and FacetryError after storing them as the run's status.
    """
    store = workspace.store
    store.runs.set_status(run_id, "running")
    try:
        _Run(workspace, run_id, origin, cancel or threading.Event(), on_progress, keys, only).go(
            until, check_all, first_names
        )
    except Cancelled:
        store.runs.set_status(run_id, "stopped")
        raise
    except Paused as pause:
        store.runs.set_status(run_id, "stopped", str(pause))
        raise
    except FacetryError as error:
        store.runs.set_status(run_id, "failed", str(error))
        raise
    except BaseException as error:
        store.runs.set_status(run_id, "failed", f"Something unexpected went wrong: {type(error).__name__}.")
        raise
    store.runs.set_status(run_id, "waiting" if until == "name" else "done")


class _Run:
    """One pass over a run; holds what the steps share."""

    def __init__(
        self,
        workspace: Workspace,
        run_id: str,
        origin: Source | None,
        cancel: threading.Event,
        on_progress: OnProgress | None,
        keys: Keys,
        only: Collection[str] | None,
    ) -> None:
        found = workspace.store.runs.get(run_id)
        if found is None:
            raise BadInput("This run does not exist (any more).")
        self.row: RunRow = found
        self.settings = found.settings
        self.workspace, self.store, self.cancel, self.on_progress = workspace, workspace.store, cancel, on_progress
        self.origin, self.keys, self.only = origin, keys, only
        self.stats = dict(found.stats)
        self.models: Models

    def go(self, until: Until, check_all: bool, first_names: bool) -> None:
        dataset = self.store.datasets.get(self.settings.dataset_id)
        if dataset is None:
            raise BadInput("The images of this run are not in the workspace any more.")
        if source.is_complete(dataset):
            self._load_models()
            self._describe(self._items(), first_names=first_names)
        else:
            self._ingest_and_describe(self.origin or source.reopen(dataset, self.workspace.config))
        self._finish("describe")
        if self.only is None:
            check_settings(self.settings, len(self._items()))
        self._read_truth()
        self._label(self._contents())
        self._finish("label")
        self._name()
        if until == "assign":
            self._assign(check_all)

    def _items(self) -> list[str]:
        items = [item.item_id for item in self.store.datasets.items(self.settings.dataset_id)]
        return items if self.only is None else [item for item in items if item in self.only]

    def _read_truth(self) -> None:
        """Read the truth afresh at each pass (its table may have been corrected); one that has gone is kept as read."""
        if not self.settings.truth or not source.truth_exists(self.settings.truth):
            return
        names = {item.item_id: item.name for item in self.store.datasets.items(self.settings.dataset_id)}
        facet, classes = source.read_truth(self.settings.truth, names)
        self.store.datasets.set_truth(self.settings.dataset_id, facet, classes)

    def _load_models(self) -> None:
        names = {item.item_id: item.name for item in self.store.datasets.items(self.settings.dataset_id)}
        self.models = models_of(self.settings, names, self.keys)

    # -- step 1, while images still come in

    def _ingest_and_describe(self, origin: Source) -> None:
        """Describe images while the next ones are being decoded, so that the first results show within seconds."""
        self._tell(Progress("ingest", 0, origin.given))
        meter = Meter("describe", origin.given, self.on_progress)
        at_once = not self.settings.records  # records are matched by name, for which all items must be known
        if at_once:
            self._load_models()
        unusable = done = 0
        for items in take_in(self.store, self.workspace.copies, self.workspace.config, origin, self.cancel):
            ready = [item.item_id for item in items if item.status == "ready"]
            unusable += len(items) - len(ready)
            done += len(items)
            meter.set_total(origin.given - unusable)
            if at_once:
                self._describe(ready, meter)
            else:
                self._tell(Progress("ingest", done, origin.given))
        if not at_once:
            self._load_models()
            self._describe(self._items(), meter)

    def _describe(self, items: Sequence[str], meter: Meter | None = None, *, first_names: bool = False) -> None:
        model = self.models.vision
        sample = self._sample(items) if first_names else set()
        work = self._missing("describe", describe.work(model, self.settings.criterion, items))
        work.sort(key=lambda one: one.item_id not in sample)
        ask = describe.ask(model, self.settings.criterion, self._inputs)
        if meter is None:  # small at first: the person is waiting to see something (while images come in, they do so)
            meter = Meter("describe", len(work), self.on_progress)
            ahead = sum(one.item_id in sample for one in work) or 12
            for part in (work[:4], work[4:ahead]):
                self._step("describe", model, part, ask, meter)
            work = work[ahead:]
            if sample and meter.stats().requests:  # where all was known before, there is no time to bridge
                self._name_first(sample)
        self._step("describe", model, work, ask, meter)

    def _sample(self, items: Sequence[str]) -> set[str]:
        """Items spread over all, to show first names from; none where names are known or the rest is soon done."""
        size = sample_size(self.settings.k)
        if self.store.answers.held(self.row.id, "name") or len(items) < 2 * size:
            return set()
        return {items[place * len(items) // size] for place in range(size)}

    def _name_first(self, sample: set[str]) -> None:
        """Label a sample and name groups of it. The labels stay; the names are for looking at and held apart."""
        contents = {item: content for item, content in self._contents().items() if item in sample}
        self._label(contents, Meter("label", len(contents)))  # meters of its own: what the person watches goes on
        labels = self._labels(sorted(contents))
        if len(labels) >= self.settings.k:
            self._propose({item: contents[item] for item in labels}, labels, "first names", Meter("name", 1))

    def _inputs(self, ids: Sequence[str]) -> list[ImageInput]:
        """Inputs for the vision model, with the evidence it has measured before on the same images."""
        model = self.models.vision
        spaces = self.store.answers.evidence(model.evidence_id, ids) if model.evidence_id else {}
        inputs = []
        for row, item in enumerate(ids):
            path = self.workspace.image(item, "view")
            known = {space: matrix[row] for space, matrix in spaces.items() if matrix[row, 0] == matrix[row, 0]}
            inputs.append(ImageInput(path, known or None, item))
        return inputs

    # -- steps 2 and 3

    def _label(self, contents: Mapping[str, str], meter: Meter | None = None) -> None:
        model = self.models.labels
        work = self._missing("label", label.work(model, self.settings.criterion, contents))
        ask = label.ask(model, self.settings.criterion, lambda ids: self._corpus(ids, labelled=False))
        self._step("label", model, work, ask, meter)

    def _name(self) -> None:
        held = self.store.answers.held(self.row.id, "name")
        if held and (self.store.runs.edits(self.row.id) or self.store.answers.held(self.row.id, "assign")):
            return  # the person has worked with these groups; new ones would throw that away
        labels = self._labels()
        contents = {item: content for item, content in self._contents().items() if item in labels}
        if len(contents) < self.settings.k:
            raise BadInput(
                f"Only {len(contents)} images have a description and a label; {self.settings.k} groups need more. "
                "Look at the failures, then try again."
            )
        self._propose(contents, labels, "name")
        if failure := self.store.answers.held(self.row.id, "name").get(name.ITEM, ("", "", False))[1]:
            raise FacetryError(failure)
        self._finish("name")

    def _propose(
        self, contents: Mapping[str, str], labels: Mapping[str, str], held: Held, meter: Meter | None = None
    ) -> None:
        settings, model = self.settings, self.models.text
        work = name.work(model, settings.criterion, contents, labels, settings.k, settings.names)
        order = sorted(contents)  # by content hash: the proposal must not depend on file names
        ask = name.ask(
            model, settings.criterion, settings.k, settings.names, lambda: self._corpus(order, labelled=True)
        )
        self._step("name", model, self._missing(held, work), ask, meter, held=held)

    def _assign(self, check_all: bool) -> None:
        edited = results.clusters(self.store, self.row.id)
        labels = self._labels()
        contents = {item: content for item, content in self._contents().items() if item in labels}
        model = self.models.text
        work = assign.work(model, self.settings.criterion, contents, labels, edited.clusters)
        held = self.store.answers.held(self.row.id, "assign")
        placed = results.assignments(self.store, self.row.id)
        todo = []
        for item in work:
            key, failure, stale = held.get(item.item_id, ("", "", True))
            before = placed.get(item.item_id)
            gone = before is not None and before.cluster_id is not None and edited.resolve(before.cluster_id) is None
            if failure or stale or gone or (check_all and key != item.key):
                todo.append(item)
        ask = assign.ask(model, self.settings.criterion, edited.clusters, lambda ids: self._corpus(ids, labelled=True))
        self._step("assign", model, todo, ask)
        self._finish("assign")

    # -- shared

    def _missing(self, step: Held, work: Sequence[Work]) -> list[Work]:
        held = self.store.answers.held(self.row.id, step)
        return [item for item in work if held.get(item.item_id, ("", "", False))[:2] != (item.key, "")]

    def _step(
        self,
        step: Step,
        model: VisionModel | TextModel,
        work: Sequence[Work],
        ask: Ask,
        meter: Meter | None = None,
        *,
        held: Held | None = None,
    ) -> None:
        """Run a step over `work`. held: what to hold the answers as, if not as the step's."""
        evidence_model = getattr(model, "evidence_id", None)

        def save(outcomes: Sequence[Outcome]) -> None:
            self.store.answers.save(self.row.id, held or step, model.id, evidence_model, outcomes)

        before = meter.stats() if meter else StepStats()
        meter = meter or Meter(step, len(work), self.on_progress)
        try:
            run_step(
                step,
                work,
                ask,
                lookup=self.store.answers.lookup,
                save=save,
                batch_size=model.batch_size,
                concurrency=model.max_concurrency,
                cancel=self.cancel,
                meter=meter,
            )
        finally:
            self._count(step, before, meter.stats())

    def _count(self, step: Step, before: StepStats, after: StepStats) -> None:
        """Add what a pass did to the run's statistics; items and failures are what the run holds now."""
        held, failed = self.store.answers.step_counts(self.row.id).get(step, (0, 0))
        old = self.stats.get(step, StepStats())
        self.stats[step] = StepStats(
            items=held,
            requests=old.requests + after.requests - before.requests,
            cache_hits=old.cache_hits + after.cache_hits - before.cache_hits,
            failures=failed,
            prompt_tokens=old.prompt_tokens + after.prompt_tokens - before.prompt_tokens,
            completion_tokens=old.completion_tokens + after.completion_tokens - before.completion_tokens,
            seconds=round(old.seconds + after.seconds - before.seconds, 3),
            cost=old.cost,
        )
        self.store.runs.set_stats(self.row.id, self.stats)

    def _finish(self, step: Step) -> None:
        self.store.answers.backup(self.row.id, step)

    def _tell(self, progress: Progress) -> None:
        if self.on_progress:
            self.on_progress(progress)

    def _descriptions(self, ids: Sequence[str] | None = None) -> dict[str, Description]:
        values = self.store.answers.values(self.row.id, "describe", ids)
        return {item: describe.read(value) for item, value in values.items()}

    def _labels(self, ids: Sequence[str] | None = None) -> dict[str, str]:
        return {item: label.read(value) for item, value in self.store.answers.values(self.row.id, "label", ids).items()}

    def _contents(self) -> dict[str, str]:
        """Item id -> what the text model is given of it: the text, or the key that stands for text and evidence, or for
        the item itself where answers come with items."""
        if self._uses_evidence() or self.models.by_item:
            held = self.store.answers.held(self.row.id, "describe")
            known = {item: key for item, (key, failure, _) in held.items() if not failure}
        else:
            known = {item: description.text for item, description in self._descriptions().items()}
        return {item: known[item] for item in self._items() if item in known}

    def _uses_evidence(self) -> bool:
        return self.models.vision.evidence_id in self.models.text.knows

    def _corpus(self, ids: Sequence[str], *, labelled: bool) -> Corpus:
        descriptions = self._descriptions(ids)
        labels = self._labels(ids) if labelled else {}
        evidence = {}
        if self._uses_evidence():
            evidence = self.store.answers.evidence(str(self.models.vision.evidence_id), ids)
        return Corpus(
            list(ids),
            [descriptions[item] for item in ids],
            [labels[item] for item in ids] if labelled else None,
            evidence,
        )
