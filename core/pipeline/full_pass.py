"""One pass over a run: the steps in their order, each over what is missing or out of date."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from functools import partial

from core.domain import Assignment, DatasetRow, Progress
from core.engine.requests import Outcome, stopping
from core.engine.run_step import Meter
from core.errors import BadInput, FacetryError, TooFewAnswers
from core.ingest import ground_truth, source
from core.ingest.name_matching import Images
from core.ingest.source import Source
from core.models import registry
from core.models.model_spec import OPENAI_BATCH, ModelSpec
from core.models.registry import How, Keys
from core.pipeline.baselines import needs_all_images
from core.pipeline.intake import OnProgress, bring_back_copies, rest_of, take_in
from core.pipeline.labels import images_of
from core.pipeline.rehearsal import Rehearsal
from core.pipeline.run_models import models_of
from core.pipeline.step_runner import Runner, chunks
from core.pipeline.validation import check_settings, sample_size
from core.results import decisions, run_view
from core.results.carry import carry_moves
from core.results.edited import Edited
from core.steps import merge, name
from core.steps.item_answers import RunAnswers
from core.steps.plan import NAMED_FROM, Plan
from core.store.answers import HeldAnswer
from core.store.runs import RunRow
from core.workspace import Workspace


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
        self.answers = RunAnswers(self.store.answers, row.id)
        self.plan: Plan

    def go(self, *, names_only: bool, check_all: bool, first_names: bool) -> None:
        dataset = self.store.datasets.get(self.settings.dataset_id)
        if dataset is None:
            raise BadInput("The images of this run are not in the workspace any more.")
        if source.is_complete(dataset):
            items = self._items()
            self._bring_back_copies(dataset, items)
            self._load_models()
            self._describe(items, first_names=first_names)
        else:
            self._ingest_and_describe(self.origin or rest_of(self.store, dataset, self.workspace.config))
        self.runner.finish("describe")
        if self.only is None:
            check_settings(self.settings, len(self._items()), self.store.datasets.skipped(dataset.id, 100))
        self._read_truth()
        self._label(self._items())
        self.runner.finish("label")
        self._name()
        carry_moves(self.store, self.row)
        if not names_only:
            self._assign(check_all)

    def _bring_back_copies(self, dataset: DatasetRow, items: Sequence[str]) -> None:
        if dataset.source.has_images:
            place = self.workspace
            bring_back_copies(self.store, place.copies, place.config, dataset, items, self.runner.cancel)

    def _in_batches(self) -> bool:
        return ModelSpec.parse(self.settings.vision).kind == OPENAI_BATCH

    def _items(self) -> list[str]:
        return self._asked(self.store.datasets.ids(self.settings.dataset_id))

    def _asked(self, items: list[str]) -> list[str]:
        """Those of the items that this pass may ask about."""
        return items if self.only is None else [item for item in items if item in self.only]

    def _read_truth(self) -> None:
        """Read the ground truth again, as its table may have been corrected. If the table has gone, what was read
        before stays."""
        if not self.settings.truth or not source.truth_exists(self.settings.truth):
            return
        try:
            truth = ground_truth.read(self.settings.truth, images_of(self.store, self.settings.dataset_id))
        except BadInput:
            if self.settings.truth.startswith(ground_truth.ALONG):
                return  # nobody chose these labels; that they fit no image is no reason to stop
            raise
        self.store.datasets.set_truth(self.settings.dataset_id, truth.facet, truth.classes)

    def _load_models(self) -> None:
        # Records, descriptors and the labels of a baseline are matched by name.
        by_name = self.settings.records or needs_all_images(self.settings)
        images = images_of(self.store, self.settings.dataset_id) if by_name else Images({})
        registry.give_back(self.settings.vision, self.settings.text, self.settings.fallback)
        with stopping(self.runner.cancel.is_set):  # loading takes minutes
            how = How(
                self.keys,
                folder=self.workspace.folder,
                say=self._say,
                keeper=self.store.text_vectors,
                readings=self.store.readings,
            )
            models = models_of(self.settings, images, how)
        if self.only is None:
            self.runner.rehearsal = Rehearsal(models.text)
        # No function that holds this pass: in a circle, the models would stay in memory after the run.
        self.plan = Plan(models, self.settings, self.answers, partial(self.workspace.image, kind="view"))

    def _say(self, sentence: str) -> None:
        """What goes on while a model loads."""
        self.runner.tell(Progress("load", 0, 1, latest=("", sentence)))

    # -- step 1, while images still come in

    def _ingest_and_describe(self, origin: Source) -> None:
        """Describe images while the next ones are being decoded, so that the first results show within seconds."""
        self.runner.tell(Progress("ingest", 0, origin.given))
        meter = self.runner.meter("describe", origin.given)
        # Records are matched by name, for which all items must be known; a batch is to hold all of them.
        at_once = not self.settings.records and not self._in_batches() and not needs_all_images(self.settings)
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
        """Describe small parts first, so that results show soon. With `first_names`, describe a sample and name its
        groups first."""
        sample = self._sample(items) if first_names else []
        shown = set(sample)
        items = [*sample, *(item for item in items if item not in shown)] if sample else items
        meter = self.runner.meter("describe", len(items))
        ahead = len(sample) or 12
        for part in (items[:4], items[4:ahead]):
            self._describe_part(part, meter)
        if sample and meter.stats().requests:  # if all was known, the names come at once anyway
            self._name_first(sample)
        for part in chunks(items[ahead:]):
            self._describe_part(part, meter)

    def _describe_part(self, items: Sequence[str], meter: Meter) -> None:
        if items:
            self.runner.run(self.plan.describe(items), meter=meter)

    def _sample(self, items: Sequence[str]) -> list[str]:
        """Items spread over all, for the first names. Empty if names are known or there are few items."""
        size = sample_size(self.settings.k)
        if self._in_batches() or not self.settings.k:  # the sample would wait for a batch of its own
            return []
        if self.store.answers.held(self.row.id, "name") or len(items) < 2 * size:
            return []
        return [items[place * len(items) // size] for place in range(size)]

    def _name_first(self, sample: Sequence[str]) -> None:
        """Label a sample and name its groups. The labels stay; the names are only shown, and are stored apart."""
        self._label(sample, quiet=True)
        labelled = self.answers.labels(sample)
        if len(labelled) >= self.settings.k:
            meter = self.runner.meter("name", 1, quiet=True)
            self.runner.run(self.plan.name(list(labelled)), meter=meter, held="first names")

    # -- steps 2 and 3

    def _label(self, items: Sequence[str], *, quiet: bool = False) -> None:
        """quiet: report no progress, so that the page keeps showing the step before."""
        meter = self.runner.meter("label", len(items), quiet=quiet)
        for part in chunks(items):
            self.runner.run(self.plan.label(part), meter=meter)

    def _name(self) -> None:
        if self.store.answers.held(self.row.id, "name"):
            counts = self.store.answers.step_counts(self.row.id)
            if self.store.runs.edits(self.row.id) or "assign" in counts:
                return  # the person has worked with these groups; new ones would throw that away
        labelled, k = self._labelled(), self.settings.k
        if len(labelled) < max(k, 1):
            raise TooFewAnswers(
                f"Only {len(labelled)} images have a description and a label; {k or 'any'} groups need more. "
                "Look at the failures, then try again."
            )
        formed = () if k else self._formed(labelled)
        self.runner.run(self.plan.name_formed(formed) if formed else self.plan.name(labelled))
        proposal = self.store.answers.held(self.row.id, "name").get(name.ITEM)
        if proposal and proposal.failure:
            self._name_by_labels(labelled, formed, proposal)
        self.runner.finish("name")

    def _formed(self, labelled: Sequence[str]) -> merge.Formed:
        """The groups that the labels form, by asking which belong together; what was asked before is known."""

        def ask(pairs: Sequence[merge.Texts]) -> list[bool]:
            self.runner.run(self.plan.alike(pairs), held="alike")
            ids = [merge.pair_id(pair) for pair in pairs]
            said = self.store.answers.values(self.row.id, "alike", ids)
            return [merge.is_yes(said.get(one)) for one in ids]

        formed = merge.formed(self.answers.labels(sorted(labelled)[:NAMED_FROM]), self.settings.names, ask)
        self.store.answers.backup(self.row.id, "alike")
        return formed

    def _name_by_labels(self, labelled: Sequence[str], formed: merge.Formed, proposal: HeldAnswer) -> None:
        """Name the groups by their labels, if the model answered but gave no usable names; the person is asked for
        better ones. Raises FacetryError with the failure otherwise."""
        store, settings = self.store, self.settings
        kinds = store.answers.kinds(self.row.id).get("name", {})
        if "unusable" not in kinds or not store.answers.raw(proposal.key):
            raise FacetryError(proposal.failure)
        model, labels = self.plan.models.text.id, self.answers.labels(labelled)
        if formed:
            outcome: Outcome | None = merge.from_commonest(formed, settings.names, model)
        else:
            outcome = name.from_labels(labels, settings.k, settings.names, model)
        if outcome is None:
            raise FacetryError(proposal.failure)
        store.answers.save(self.row.id, "name", model, None, [outcome])

    def _labelled(self) -> list[str]:
        """The items that have a description and a label."""
        return self._asked(self.store.answers.answered(self.row.id, self.settings.dataset_id, "describe", "label"))

    def _assign(self, check_all: bool) -> None:
        edited = decisions.clusters(self.store, self.row.id)
        todo = [
            item
            for part in chunks(self._labelled())
            for item in (part if check_all else self._out_of_date(part, edited))
        ]
        self.store.runs.keep_for_undo(self.row.id, todo)
        meter = self.runner.meter("assign", len(todo))
        for part in chunks(todo):
            rest = list(part)
            first, *further = self.plan.assign(part, edited.asked)
            self.runner.run_again(first, rest, meter)
            for stage in further:
                if rest := self._undecided(rest):
                    meter.again(len(rest))
                    self.runner.run_again(stage, rest, meter)
        self.runner.finish("assign")

    def _undecided(self, items: Sequence[str]) -> list[str]:
        """The items whose label did not tell, by their newest answer."""
        placed = run_view.assignments(self.store, self.row.id, items)
        return [item for item in items if item in placed and placed[item].undecided]

    def _out_of_date(self, items: Sequence[str], edited: Edited) -> list[str]:
        """Items whose assignment is due: missing, failed, or, where no person has put them, stale after an edit
        or undecided."""
        held = self.store.answers.held(self.row.id, "assign", items)
        placed = run_view.assignments(self.store, self.row.id, items)
        labels = self.answers.labels(items) if edited.routed else {}
        return [item for item in items if _is_due(item, held.get(item), placed.get(item), edited, labels.get(item, ""))]


def _is_due(item: str, held: HeldAnswer | None, placed: Assignment | None, edited: Edited, label: str) -> bool:
    if held is None or held.failure or placed is None:
        return True
    if edited.is_placed(item, placed.cluster_id, label):  # a person has decided
        return False
    if held.stale:
        return True
    gone = placed.cluster_id is not None and edited.resolve(placed.cluster_id) is None
    return gone or placed.undecided
