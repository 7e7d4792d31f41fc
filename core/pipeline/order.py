"""One pass over a run: the steps in their order, each over what is missing or out of date."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence

from core import results
from core.domain import Assignment, Cluster, Corpus, Description, Held, ImageInput, Progress
from core.edits import Edited
from core.engine import Meter
from core.errors import BadInput, FacetryError
from core.ingest import source
from core.ingest.source import Source
from core.intake import OnProgress, take_in
from core.models import registry
from core.models.base import TextModel, VisionModel
from core.models.registry import Keys
from core.pipeline.check import check_settings, sample_size
from core.pipeline.runner import Runner, chunks
from core.roles import Models, models_of
from core.steps import assign, describe, label, name
from core.store.runs import RunRow
from core.work import Ask, Work
from core.workspace import Workspace

NAMED_FROM = 30_000
"""Groups are formed of so many items at most, drawn by their content's hash: more would change no name and not fit."""


class Pass:
    """One pass over a run; holds what the steps share."""

    def __init__(
        self,
        workspace: Workspace,
        row: RunRow,
        origin: Source | None,
        cancel: threading.Event,
        on_progress: OnProgress | None,
        keys: Keys,
        only: Collection[str] | None,
    ) -> None:
        self.row, self.settings, self.workspace, self.store = row, row.settings, workspace, workspace.store
        self.runner = Runner(workspace, row, cancel, on_progress)
        self.origin, self.keys, self.only = origin, keys, only
        self.models: Models

    def go(self, *, names_only: bool, check_all: bool, first_names: bool) -> None:
        dataset = self.store.datasets.get(self.settings.dataset_id)
        if dataset is None:
            raise BadInput("The images of this run are not in the workspace any more.")
        if source.is_complete(dataset):
            self._load_models()
            self._describe(self._items(), first_names=first_names)
        else:
            self._ingest_and_describe(self.origin or source.reopen(dataset, self.workspace.config))
        self.runner.finish("describe")
        if self.only is None:
            check_settings(self.settings, len(self._items()))
        self._read_truth()
        self._label(self._items())
        self.runner.finish("label")
        self._name()
        if not names_only:
            self._assign(check_all)

    def _in_batches(self) -> bool:
        return self.settings.vision.partition(":")[0] == registry.BATCH

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
        names = {}
        if self.settings.records:  # matched by name
            names = {item.item_id: item.name for item in self.store.datasets.items(self.settings.dataset_id)}
        self.models = models_of(self.settings, names, self.keys, self.workspace.folder, self._say)

    def _say(self, sentence: str) -> None:
        """What goes on while a model loads."""
        self.runner.tell(Progress("load", 0, 1, latest=("", sentence)))

    # -- step 1, while images still come in

    def _ingest_and_describe(self, origin: Source) -> None:
        """Describe images while the next ones are being decoded, so that the first results show within seconds."""
        self.runner.tell(Progress("ingest", 0, origin.given))
        meter = Meter("describe", origin.given, self.runner.on_progress)
        # Records are matched by name, for which all items must be known; a batch is to hold all of them.
        at_once = not self.settings.records and not self._in_batches()
        if at_once:
            self._load_models()
        unusable = done = 0
        for items in take_in(self.store, self.workspace.copies, self.workspace.config, origin, self.runner.cancel):
            ready = [item.item_id for item in items if item.status == "ready"]
            unusable += len(items) - len(ready)
            done += len(items)
            meter.set_total(origin.given - unusable)
            if at_once:
                self._describe_part(ready, meter)
            else:
                self.runner.tell(Progress("ingest", done, origin.given))
        if not at_once:
            self._load_models()
            self._describe(self._items())

    def _describe(self, items: Sequence[str], *, first_names: bool = False) -> None:
        """Small parts first, the person is waiting to see something; with `first_names` a sample, then names of it."""
        sample = self._sample(items) if first_names else []
        shown = set(sample)
        items = [*sample, *(item for item in items if item not in shown)] if sample else items
        meter = Meter("describe", len(items), self.runner.on_progress)
        ahead = len(sample) or 12
        for part in (items[:4], items[4:ahead]):
            self._describe_part(part, meter)
        if sample and meter.stats().requests:  # where all was known before, there is no time to bridge
            self._name_first(sample)
        for part in chunks(items[ahead:]):
            self._describe_part(part, meter)

    def _describe_part(self, items: Sequence[str], meter: Meter) -> None:
        def put(model: VisionModel, some: Sequence[str] | None) -> tuple[list[Work], Ask]:
            work = describe.work(model, self.settings.criterion, items if some is None else some)
            return work, describe.ask(model, self.settings.criterion, lambda ids: self._inputs(model, ids))

        if items:
            self.runner.run("describe", (self.models.vision, self.models.second_vision), put, meter=meter)

    def _sample(self, items: Sequence[str]) -> list[str]:
        """Items spread over all, to show first names from; none where names are known or the rest is soon done."""
        size = sample_size(self.settings.k)
        if self._in_batches():  # the sample would wait for a batch of its own
            return []
        if self.store.answers.held(self.row.id, "name") or len(items) < 2 * size:
            return []
        return [items[place * len(items) // size] for place in range(size)]

    def _name_first(self, sample: Sequence[str]) -> None:
        """Label a sample and name groups of it. The labels stay; the names are for looking at and held apart."""
        self._label(sample, quiet=True)
        labels = self.labels(sample)
        if len(labels) >= self.settings.k:
            self._propose(sorted(labels), "first names", Meter("name", 1))

    def _inputs(self, model: VisionModel, ids: Sequence[str]) -> list[ImageInput]:
        """Inputs for a vision model, with the evidence it has measured before on the same images."""
        spaces = self.store.answers.evidence(model.evidence_id, ids) if model.evidence_id else {}
        inputs = []
        for row, item in enumerate(ids):
            path = self.workspace.image(item, "view")
            known = {space: matrix[row] for space, matrix in spaces.items() if matrix[row, 0] == matrix[row, 0]}
            inputs.append(ImageInput(path, known or None, item))
        return inputs

    # -- steps 2 and 3

    def _label(self, items: Sequence[str], *, quiet: bool = False) -> None:
        """quiet: what the person watches meanwhile goes on to be shown."""
        meter = Meter("label", len(items), None if quiet else self.runner.on_progress)
        for part in chunks(items):
            contents = self.contents(part)

            def put(
                model: TextModel, some: Sequence[str] | None, contents: Mapping[str, str] = contents
            ) -> tuple[list[Work], Ask]:
                asked = contents if some is None else {item: contents[item] for item in some}
                work = label.work(model, self.settings.criterion, asked)
                return work, label.ask(model, self.settings.criterion, lambda ids: self.corpus(ids, labelled=False))

            self.runner.run("label", (self.models.labels, self.models.second_text), put, meter=meter)

    def _name(self) -> None:
        if self.store.answers.held(self.row.id, "name"):
            counts = self.store.answers.step_counts(self.row.id)
            if self.store.runs.edits(self.row.id) or "assign" in counts:
                return  # the person has worked with these groups; new ones would throw that away
        labelled = sorted(self._labelled())  # by content hash: the proposal must not depend on names or their order
        if len(labelled) < self.settings.k:
            raise BadInput(
                f"Only {len(labelled)} images have a description and a label; {self.settings.k} groups need more. "
                "Look at the failures, then try again."
            )
        self._propose(labelled[:NAMED_FROM], "name")
        if failure := self.store.answers.held(self.row.id, "name").get(name.ITEM, ("", "", False))[1]:
            self._name_by_labels(labelled, failure)
        self.runner.finish("name")

    def _name_by_labels(self, labelled: Sequence[str], failure: str) -> None:
        """A model that answered, but not in a usable way, need not end the run: its labels name the groups for now, and
        the person is asked for better names. Raises FacetryError with the failure where that does not help."""
        store, settings = self.store, self.settings
        key = store.answers.held(self.row.id, "name")[name.ITEM][0]
        if "unusable" not in store.answers.kinds(self.row.id).get("name", {}) or not store.answers.raw(key):
            raise FacetryError(failure)
        model = self.models.text.id
        outcome = name.from_labels(self.labels(labelled), settings.k, settings.names, model)
        if outcome is None:
            raise FacetryError(failure)
        store.answers.save(self.row.id, "name", model, None, [outcome])

    def _labelled(self) -> list[str]:
        """The items that have a description and a label."""
        described, labelled = (self.store.answers.held(self.row.id, step) for step in ("describe", "label"))
        return [
            item
            for item in self._items()
            if item in labelled and not labelled[item][1] and item in described and not described[item][1]
        ]

    def _propose(self, items: Sequence[str], held: Held, meter: Meter | None = None) -> None:
        """items: in the order in which the model is shown them."""
        contents, labels = self.contents(items), self.labels(items)
        settings = self.settings

        def put(model: TextModel, _: Sequence[str] | None) -> tuple[list[Work], Ask]:
            work = name.work(model, settings.criterion, contents, labels, settings.k, settings.names)
            ask = name.ask(
                model, settings.criterion, settings.k, settings.names, lambda: self.corpus(items, labelled=True)
            )
            return work, ask

        self.runner.run("name", (self.models.text, self.models.second_text), put, held=held, meter=meter)

    def _assign(self, check_all: bool) -> None:
        edited = results.clusters(self.store, self.row.id)
        todo = [
            item
            for part in chunks(self._labelled())
            for item in (part if check_all else self._out_of_date(part, edited))
        ]
        meter = Meter("assign", len(todo), self.runner.on_progress)
        models = (self.models.text, self.models.second_text)
        for part in chunks(todo):
            step = _Assigning(self, part, edited.clusters)
            rest = list(part)
            if self.models.text.by_label:
                self.runner.run("assign", models, step.by_label, meter=meter, known=True)
                placed = results.assignments(self.store, self.row.id, part)
                rest = [item for item in part if item in placed and placed[item].undecided]
                meter.again(len(rest))
            if rest:
                step.items = rest
                self.runner.run("assign", models, step.by_description, meter=meter, known=True)
        self.runner.finish("assign")

    def _out_of_date(self, items: Sequence[str], edited: Edited) -> list[str]:
        """Items without an answer of today: none, a failed one, one that an edit touched, or half of one."""
        held = self.store.answers.held(self.row.id, "assign", items)
        placed = results.assignments(self.store, self.row.id, items)
        return [item for item in items if _is_due(held.get(item), placed.get(item), edited)]

    # -- what the run knows of its items

    def _descriptions(self, ids: Sequence[str]) -> dict[str, Description]:
        values = self.store.answers.values(self.row.id, "describe", ids)
        return {item: describe.read(value) for item, value in values.items()}

    def labels(self, ids: Sequence[str]) -> dict[str, str]:
        return {item: label.read(value) for item, value in self.store.answers.values(self.row.id, "label", ids).items()}

    def contents(self, ids: Sequence[str]) -> dict[str, str]:
        """Item id -> what the text model is given of it: the text, or the key that stands for text and evidence, or for
        the item itself where answers come with items. Items without a description are left out."""
        if self._uses_evidence() or self.models.by_item:
            held = self.store.answers.held(self.row.id, "describe", ids)
            known = {item: key for item, (key, failure, _) in held.items() if not failure}
        else:
            known = {item: describe.content(one) for item, one in self._descriptions(ids).items()}
        return {item: known[item] for item in ids if item in known}

    def _uses_evidence(self) -> bool:
        return self.models.vision.evidence_id in self.models.text.knows

    def corpus(self, ids: Sequence[str], *, labelled: bool) -> Corpus:
        """Described items as a text model takes them."""
        descriptions = self._descriptions(ids)
        labels = self.labels(ids) if labelled else {}
        evidence = {}
        if self._uses_evidence():
            evidence = self.store.answers.evidence(str(self.models.vision.evidence_id), ids)
        return Corpus(
            list(ids),
            [descriptions[item] for item in ids],
            [labels[item] for item in ids] if labelled else None,
            evidence,
        )


class _Assigning:
    """Step 3 for some items of a run: what a model is asked of them."""

    def __init__(self, run: Pass, items: Sequence[str], clusters: Sequence[Cluster]) -> None:
        self._run, self.items, self._clusters = run, items, clusters
        self._contents, self._labels = run.contents(items), run.labels(items)

    def by_label(self, model: TextModel, some: Sequence[str] | None) -> tuple[list[Work], Ask]:
        """Only the label is shown: items of one label share one request."""
        if not model.by_label:  # a second model that must see more
            return self.by_description(model, some)
        return self._put(model, dict.fromkeys(self.items if some is None else some, ""), self._bare)

    def by_description(self, model: TextModel, some: Sequence[str] | None) -> tuple[list[Work], Ask]:
        asked = {item: self._contents[item] for item in (self.items if some is None else some)}
        return self._put(model, asked, lambda ids: self._run.corpus(ids, labelled=True))

    def _put(
        self, model: TextModel, contents: Mapping[str, str], load: Callable[[Sequence[str]], Corpus]
    ) -> tuple[list[Work], Ask]:
        criterion = self._run.settings.criterion
        work = assign.work(model, criterion, contents, self._labels, self._clusters)
        return work, assign.ask(model, criterion, self._clusters, load)

    def _bare(self, ids: Sequence[str]) -> Corpus:
        return Corpus(list(ids), [Description("")] * len(ids), [self._labels[item] for item in ids])


def _is_due(held: tuple[str, str, bool] | None, placed: Assignment | None, edited: Edited) -> bool:
    if held is None or held[1] or held[2] or placed is None:
        return True
    gone = placed.cluster_id is not None and edited.resolve(placed.cluster_id) is None
    return gone or placed.undecided
