"""Descriptions and labels that a person brought, in the role of a model: what was given is the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from core.domain import Assignment, Cluster, Corpus, Description, Failed, ImageInput, Seen, Sight, Step
from core.models.roles import TextModel


class RecordsVision:
    """Gives each item the description that came with it."""

    evidence_id: str | None = None
    batch_size = 20_000
    max_concurrency = 1

    def __init__(self, descriptions: Mapping[str, str], version: str) -> None:
        """descriptions: item id -> text. version: hash of the file they came from."""
        self.id = f"records/{version}"
        self.prompts: Mapping[Step, str] = {}
        self._descriptions = descriptions

    def sight(self, criterion: str) -> Sight:
        """Whatever the descriptions speak of can be grouped by."""
        return Sight("text")

    def describe(self, images: Sequence[ImageInput], criterion: str) -> list[Seen | Failed]:
        return [
            Seen(Description(self._descriptions[image.id]))
            if image.id in self._descriptions
            else Failed("The records file has no line for this image.")
            for image in images
        ]


class LabelledText:
    """A text model that knows the labels of some items; the other items, and the other steps, go to `rest`."""

    def __init__(self, rest: TextModel, source: str, known: Callable[[Corpus], Sequence[str | None]]) -> None:
        """source: names where the labels are from, in the model's id. known: the label of each item of a corpus, None
        where it is to be asked for."""
        self.id = f"{source}+{rest.id}"
        self.prompts = rest.prompts
        self.knows, self.by_label = rest.knows, rest.by_label
        self.batch_size = rest.batch_size
        self.max_concurrency = rest.max_concurrency
        self._rest, self.known = rest, known

    def label(self, corpus: Corpus, criterion: str) -> list[str | Failed]:
        known = self.known(corpus)
        asked = iter(self._rest.label(corpus.take(missing), criterion) if (missing := _missing(known)) else [])
        return [next(asked) if label is None else label for label in known]

    def name(self, corpus: Corpus, criterion: str, k: int, given: Sequence[str] = ()) -> list[Cluster] | Failed:
        return self._rest.name(corpus, criterion, k, given)

    def assign(self, corpus: Corpus, criterion: str, clusters: Sequence[Cluster]) -> list[Assignment | Failed]:
        return self._rest.assign(corpus, criterion, clusters)


def _missing(known: Sequence[str | None]) -> list[int]:
    return [place for place, label in enumerate(known) if label is None]
