"""Descriptions and labels that a person brought, in the role of a model: what was given is the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.domain import Assignment, Cluster, Corpus, Description, Failed, ImageInput, Seen, Sight, Step
from core.models.base import TextModel


class RecordsVision:
    """Gives each item the description that came with it."""

    evidence_id: str | None = None
    batch_size = 1000
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


class RestOfText:
    """A text model whose labels are known for some items; the other items, and the other steps, go to `rest`."""

    def __init__(self, rest: TextModel, model_id: str) -> None:
        self.id = model_id
        self.prompts = rest.prompts
        self.knows, self.by_label = rest.knows, rest.by_label
        self.batch_size = rest.batch_size
        self.max_concurrency = rest.max_concurrency
        self._rest = rest

    def given(self, corpus: Corpus) -> list[str | Failed | None]:
        """The label of each item, None where it is to be asked for."""
        raise NotImplementedError

    def label(self, corpus: Corpus, criterion: str) -> list[str | Failed]:
        given = self.given(corpus)
        missing = [place for place, label in enumerate(given) if label is None]
        if missing:
            for place, label in zip(missing, self._rest.label(corpus.take(missing), criterion), strict=True):
                given[place] = label
        return [label if label is not None else Failed("No label.") for label in given]

    def name(self, corpus: Corpus, criterion: str, k: int, given: Sequence[str] = ()) -> list[Cluster] | Failed:
        return self._rest.name(corpus, criterion, k, given)

    def assign(self, corpus: Corpus, criterion: str, clusters: Sequence[Cluster]) -> list[Assignment | Failed]:
        return self._rest.assign(corpus, criterion, clusters)


class RecordsText(RestOfText):
    """Gives each item the label that came with it."""

    def __init__(self, labels: Mapping[str, str], version: str, rest: TextModel) -> None:
        """labels: item id -> label. version: hash of the file they came from."""
        super().__init__(rest, f"records/{version}+{rest.id}")
        self._labels = labels

    def given(self, corpus: Corpus) -> list[str | Failed | None]:
        return [self._labels.get(item) for item in corpus.ids]
