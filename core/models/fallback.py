"""The second model, which is asked about what the first failed at. If it is unavailable, those items fail; the run goes
on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from core.domain import Assignment, Cluster, Corpus, Failed, ImageInput, Seen, Sight, Step
from core.engine.requests import UNASKED, take_ended
from core.errors import FacetryError, ModelUnavailable
from core.models.roles import TextModel, VisionModel

T = TypeVar("T")


class _Asked:
    """Asks a model until it proves unavailable (no key, no such model, it cannot see), and then no more."""

    def __init__(self) -> None:
        self._gone: Failed | None = None

    def __call__(self, number: int, ask: Callable[[], list[T | Failed]]) -> list[T | Failed]:
        """number: how many answers there are to be."""
        if self._gone is not None:
            return [self._gone] * number
        error: FacetryError | None
        try:
            answers = ask()
            error = take_ended(ModelUnavailable)
        except ModelUnavailable as raised:
            answers, error = [UNASKED] * number, raised
        if error is None:
            return answers
        gone = self._gone = Failed(f"The second model could not be asked: {error}")
        return [gone if answer is UNASKED else answer for answer in answers]


class SecondVision:
    """A vision model as the second one; lasts for one pass over a run."""

    def __init__(self, model: VisionModel) -> None:
        self.id, self.evidence_id = model.id, model.evidence_id
        self.prompts: Mapping[Step, str] = model.prompts
        self.batch_size, self.max_concurrency = model.batch_size, model.max_concurrency
        self._model, self._asked = model, _Asked()

    def sight(self, criterion: str) -> Sight:
        return self._model.sight(criterion)

    def describe(self, images: Sequence[ImageInput], criterion: str) -> list[Seen | Failed]:
        return self._asked(len(images), lambda: self._model.describe(images, criterion))


class SecondText:
    """A text model as the second one; lasts for one pass over a run."""

    def __init__(self, model: TextModel) -> None:
        self.id, self.knows, self.by_label = model.id, model.knows, model.by_label
        self.prompts: Mapping[Step, str] = model.prompts
        self.batch_size, self.max_concurrency = model.batch_size, model.max_concurrency
        self._model, self._asked = model, _Asked()

    def label(self, corpus: Corpus, criterion: str) -> list[str | Failed]:
        return self._asked(len(corpus), lambda: self._model.label(corpus, criterion))

    def name(self, corpus: Corpus, criterion: str, k: int, given: Sequence[str] = ()) -> list[Cluster] | Failed:
        return self._asked(1, lambda: [self._model.name(corpus, criterion, k, given)])[0]

    def assign(self, corpus: Corpus, criterion: str, clusters: Sequence[Cluster]) -> list[Assignment | Failed]:
        return self._asked(len(corpus), lambda: self._model.assign(corpus, criterion, clusters))
