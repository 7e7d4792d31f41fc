"""What each step asks of a run's items, in one place and as data.

A pass over a run asks it, an estimate counts it, and One image asks it for one image. A `StepPlan` says who is asked (a
first model, and perhaps a second where the first fails) and gives each model's requests: the items with their call
keys, and the function that asks about them. A step builds on the answers of those before, read from an `ItemAnswers`.

What it does not do: ask, save, or decide what is out of date.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from core.domain import Cluster, Corpus, Description, ImageInput, RunSettings, Step
from core.engine.requests import Ask, Work
from core.models.roles import Merging, TextModel, VisionModel
from core.steps import assign, describe, label, merge, name
from core.steps.item_answers import ItemAnswers

NAMED_FROM = 30_000
"""Clusters are formed of at most so many items, drawn by their content's hash: more would change no name."""

Model = TypeVar("Model", VisionModel, TextModel)


@dataclass(frozen=True, slots=True)
class Models:
    """Who does what in a run: `labels` is `text` unless labels come with the descriptions or from the person.

    Attributes:
        by_item: answers belong to items and not to what these say, so that two of the same text may have different
            ones.
        second_vision, second_text: whom to ask where the first fails, or None. One that cannot be had fails those
            items.
    """

    vision: VisionModel
    labels: TextModel
    text: TextModel
    by_item: bool = False
    second_vision: VisionModel | None = None
    second_text: TextModel | None = None


@dataclass(frozen=True, slots=True)
class Requests:
    """What one model is asked in a step. work: the items with their call keys. ask: asks about any part of the work."""

    work: Sequence[Work]
    ask: Ask


@dataclass(frozen=True, slots=True)
class StepPlan(Generic[Model]):
    """One step over some items.

    first, second: who is asked, and who is asked about what the first failed at (None: nobody).
    requests: model and item ids (None for all items of the plan) -> what that model is asked.
    """

    step: Step
    first: Model
    second: Model | None
    requests: Callable[[Model, Sequence[str] | None], Requests]

    def keys(self, first: Requests) -> dict[str, set[str]]:
        """Item id -> the call keys of the answers that count today: those of either model. first: what the first model
        is asked about all items."""
        keys = {work.item_id: {work.key} for work in first.work}
        if self.second is not None:
            for work in self.requests(self.second, None).work:
                keys[work.item_id].add(work.key)
        return keys


class Plan:
    """The steps of a run over any of its items."""

    def __init__(
        self, models: Models, settings: RunSettings, answers: ItemAnswers, image: Callable[[str], Path] | None = None
    ) -> None:
        """answers: what is known of the items. image: item id -> the copy that vision models are shown; it is needed
        where images are described, not where requests are only counted."""
        self.models, self.settings, self.answers = models, settings, answers
        self._image = image

    def describe(self, items: Sequence[str], criterion: str = "") -> StepPlan[VisionModel]:
        """Step 1: each image. Further criteria, and the label where it is asked for, come with the description.

        criterion: another than the run's."""
        criterion = criterion or self.settings.criterion

        def requests(model: VisionModel, some: Sequence[str] | None) -> Requests:
            work = describe.work(model, criterion, items if some is None else some)
            return Requests(work, describe.ask(model, criterion, lambda ids: self._inputs(model, ids)))

        return StepPlan("describe", self.models.vision, self.models.second_vision, requests)

    def label(self, items: Sequence[str]) -> StepPlan[TextModel]:
        """Step 2a: each described item."""
        criterion, contents = self.settings.criterion, self._contents(items)

        def requests(model: TextModel, some: Sequence[str] | None) -> Requests:
            work = label.work(model, criterion, _some(contents, some))
            return Requests(work, label.ask(model, criterion, lambda ids: self.corpus(ids, labelled=False)))

        return StepPlan("label", self.models.labels, self.models.second_text, requests)

    def name(self, items: Sequence[str]) -> StepPlan[TextModel]:
        """Step 2b: one request about all labelled items, or so many of them as it takes."""
        items = sorted(items)[:NAMED_FROM]  # by content hash: the clusters must not depend on file names or their order
        contents, labels = self._contents(items), self.answers.labels(items)
        criterion, k, given = self.settings.criterion, self.settings.k, self.settings.names

        def requests(model: TextModel, _: Sequence[str] | None) -> Requests:
            work = name.work(model, criterion, contents, labels, k, given)
            return Requests(work, name.ask(model, criterion, k, given, lambda: self.corpus(items, labelled=True)))

        return StepPlan("name", self.models.text, self.models.second_text, requests)

    def alike(self, pairs: Sequence[merge.Texts]) -> StepPlan[TextModel]:
        """Step 2b where nobody said how many groups there are: whether the two groups of each pair belong together."""
        criterion = self.settings.criterion

        def requests(model: TextModel, some: Sequence[str] | None) -> Requests:
            assert isinstance(model, Merging)
            wanted = None if some is None else set(some)
            asked = [pair for pair in pairs if wanted is None or merge.pair_id(pair) in wanted]
            return Requests(merge.work(model, criterion, asked), merge.ask(model, criterion, asked))

        return StepPlan("name", self.models.text, self._second_merging(), requests)

    def name_formed(self, groups: merge.Formed) -> StepPlan[TextModel]:
        """Step 2b for groups that were formed: what each is called."""
        criterion, given = self.settings.criterion, self.settings.names

        def requests(model: TextModel, _: Sequence[str] | None) -> Requests:
            assert isinstance(model, Merging)
            work = merge.name_work(model, criterion, groups, given)
            return Requests(work, merge.name_ask(model, criterion, groups, given))

        return StepPlan("name", self.models.text, self._second_merging(), requests)

    def _second_merging(self) -> TextModel | None:
        second = self.models.second_text
        return second if isinstance(second, Merging) else None

    def assign(self, items: Sequence[str], clusters: Sequence[Cluster]) -> list[StepPlan[TextModel]]:
        """Step 3 over labelled items, in one or two stages: by label alone where the first model can do so, then by
        description for the items whose label does not tell (`Assignment.undecided`)."""
        criterion = self.settings.criterion
        contents, labels = self._contents(items), self.answers.labels(items)

        def by_description(model: TextModel, some: Sequence[str] | None) -> Requests:
            work = assign.work(model, criterion, _some(contents, some), labels, clusters)
            return Requests(work, assign.ask(model, criterion, clusters, lambda ids: self.corpus(ids, labelled=True)))

        def by_label(model: TextModel, some: Sequence[str] | None) -> Requests:
            if not model.by_label:  # a second model that must see more
                return by_description(model, some)
            work = assign.work(model, criterion, dict.fromkeys(_some(contents, some), ""), labels, clusters)

            def load(ids: Sequence[str]) -> Corpus:
                return Corpus(list(ids), [Description("")] * len(ids), [labels[item] for item in ids])

            return Requests(work, assign.ask(model, criterion, clusters, load))

        first, second = self.models.text, self.models.second_text
        stages = [by_label, by_description] if first.by_label else [by_description]
        return [StepPlan("assign", first, second, requests) for requests in stages]

    # -- what models are given

    def _contents(self, ids: Sequence[str]) -> dict[str, str]:
        """Item id -> what the text model is given of it: the text, or the key that stands for text and evidence, or for
        the item itself where answers come with items. Items without a description are left out."""
        known: Mapping[str, str]
        if self._uses_evidence() or self.models.by_item:
            known = self.answers.description_keys(ids)
        else:
            known = {item: describe.content(seen) for item, seen in self.answers.descriptions(ids).items()}
        return {item: known[item] for item in ids if item in known}

    def _uses_evidence(self) -> bool:
        return self.models.vision.evidence_id in self.models.text.knows

    def _inputs(self, model: VisionModel, ids: Sequence[str]) -> list[ImageInput]:
        """Images with the evidence that the model has measured on them before, for any criterion."""
        assert self._image is not None
        spaces = self.answers.evidence(model.evidence_id, ids) if model.evidence_id else {}
        inputs = []
        for row, item in enumerate(ids):
            known = {space: matrix[row] for space, matrix in spaces.items() if matrix[row, 0] == matrix[row, 0]}
            shown = None if self.settings.records else self._image(item)  # descriptions that came along need no look
            inputs.append(ImageInput(shown, known or None, item))
        return inputs

    def corpus(self, ids: Sequence[str], *, labelled: bool) -> Corpus:
        """Described items as a text model takes them."""
        descriptions = self.answers.descriptions(ids)
        labels = self.answers.labels(ids) if labelled else {}
        vision = self.models.vision.evidence_id
        return Corpus(
            list(ids),
            [descriptions[item] for item in ids],
            [labels[item] for item in ids] if labelled else None,
            self.answers.evidence(vision, ids) if vision and self._uses_evidence() else {},
        )


def _some(contents: Mapping[str, str], some: Sequence[str] | None) -> Mapping[str, str]:
    """The contents of some items; None for all."""
    return contents if some is None else {item: contents[item] for item in some}
