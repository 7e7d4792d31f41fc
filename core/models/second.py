"""The second model, asked where the first fails: that it cannot be had fails those items, and does not end the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from core.domain import Assignment, Cluster, Corpus, Failed, ImageInput, Seen, Sight, Step
from core.errors import ModelUnavailable
from core.models.base import TextModel, VisionModel

T = TypeVar("T")


class _Asked:
    """Asks a model until it shows that it cannot be had (no key, no such model, it cannot see): then never again."""

    def __init__(self) -> None:
        self._gone: Failed | None = None

    def __call__(self, ask: Callable[[], T]) -> T | Failed:
        if self._gone is None:
            try:
                return ask()
            except ModelUnavailable as error:
                self._gone = Failed(f"The second model could not be asked: {error}")
        return self._gone

    def each(self, number: int, ask: Callable[[], list[T | Failed]]) -> list[T | Failed]:
        """The same for so many answers at once."""
        answers = self(ask)
        return [answers] * number if isinstance(answers, Failed) else answers


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
        return self._asked.each(len(images), lambda: self._model.describe(images, criterion))


class SecondText:
    """A text model as the second one; lasts for one pass over a run."""

    def __init__(self, model: TextModel) -> None:
        self.id, self.knows, self.by_label = model.id, model.knows, model.by_label
        self.prompts: Mapping[Step, str] = model.prompts
        self.batch_size, self.max_concurrency = model.batch_size, model.max_concurrency
        self._model, self._asked = model, _Asked()

    def label(self, corpus: Corpus, criterion: str) -> list[str | Failed]:
        return self._asked.each(len(corpus), lambda: self._model.label(corpus, criterion))

    def name(self, corpus: Corpus, criterion: str, k: int, given: Sequence[str] = ()) -> list[Cluster] | Failed:
        return self._asked(lambda: self._model.name(corpus, criterion, k, given))

    def assign(self, corpus: Corpus, criterion: str, clusters: Sequence[Cluster]) -> list[Assignment | Failed]:
        return self._asked.each(len(corpus), lambda: self._model.assign(corpus, criterion, clusters))
