"""The two roles a model can play. A backend implements one or both; it knows nothing of runs, stores or pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from core.domain import Assignment, Cluster, Corpus, Failed, ImageInput, Seen, Sight, Step, Vector


@runtime_checkable
class VisionModel(Protocol):
    """Describes images.

    Attributes:
        id: the model with every option that changes a reply; part of every call key.
        prompts: step -> prompt version and text, part of that step's call keys; empty for a model without prompts.
        evidence_id: names the evidence this model measures, independent of any criterion; None if it measures none.
        batch_size, max_concurrency: what one `describe` call should hold, and how many may run at once.
    """

    id: str
    prompts: Mapping[Step, str]
    evidence_id: str | None
    batch_size: int
    max_concurrency: int

    def sight(self, criterion: str) -> Sight:
        """Say whether this model can see what the criterion asks for. Cheap; called while the person types."""
        ...

    def describe(self, images: Sequence[ImageInput], criterion: str) -> list[Seen | Failed]:
        """Describe each image with the criterion in mind; one answer per image, in order.

        An image that cannot be read is `Failed`, never an exception that loses its neighbours.
        """
        ...


@runtime_checkable
class Measuring(VisionModel, Protocol):
    """A vision model whose evidence says how alike images are."""

    def features(self, criterion: str, evidence: Mapping[str, Vector], number: int) -> Vector:
        """(number, d) float32 of so many images: nearer means more alike in what the criterion asks for.

        evidence: space -> (number, d) as it was measured; an image without evidence gets a row of NaN.
        """
        ...


@runtime_checkable
class TextModel(Protocol):
    """Labels descriptions, names K clusters, assigns items to them.

    Attributes:
        knows: the evidence ids whose vectors it uses; for any other vision model it works from text alone.
        by_label: `assign` may be asked about labels alone (items with empty descriptions) and then says which of
            them do not tell enough; so each distinct label is asked once, not each item. The rest is as in
            VisionModel.
    """

    id: str
    prompts: Mapping[Step, str]
    knows: frozenset[str]
    by_label: bool
    batch_size: int
    max_concurrency: int

    def label(self, corpus: Corpus, criterion: str) -> list[str | Failed]:
        """Draw a short label in the criterion's terms from each description."""
        ...

    def name(self, corpus: Corpus, criterion: str, k: int, given: Sequence[str] = ()) -> list[Cluster] | Failed:
        """Form exactly k clusters of the labelled corpus and name them.

        given: up to k names the person fixed beforehand; they come back first, in order, spelled as given.
        Deterministic for the same corpus, criterion, k and given, as far as the model is. 1 <= k <= len(corpus).
        Failed when the model gave no usable groups.
        """
        ...

    def assign(self, corpus: Corpus, criterion: str, clusters: Sequence[Cluster]) -> list[Assignment | Failed]:
        """Assign each item to one of the clusters or to none. Each item is judged by itself: its answer does not
        depend on which other items are in the corpus, so that batches and later images give the same result."""
        ...


@runtime_checkable
class Rehearsing(TextModel, Protocol):
    """A text model that can tell ahead, for the price of a request, whether the later steps would fail."""

    def rehearse(self) -> None:
        """Ask one short question as the steps ask. Raises FacetryError for what would end them."""
        ...


@runtime_checkable
class Labelled(TextModel, Protocol):
    """A text model that knows some labels without asking."""

    def known(self, corpus: Corpus) -> Sequence[str | None]:
        """The label of each item; None where `label` has to ask for it."""
        ...


@runtime_checkable
class Merging(TextModel, Protocol):
    """A text model that can tell which groups belong together, so that nobody has to count them beforehand.

    Attributes:
        merging: what is asked ("alike", "formed") -> prompt version and text, part of the call keys.
    """

    merging: Mapping[str, str]

    def alike(self, pairs: Sequence[tuple[str, str]], criterion: str) -> list[bool | Failed]:
        """Whether the two groups of each pair, known by their labels, belong together; each is judged by itself."""
        ...

    def call(
        self, groups: Sequence[Sequence[str]], criterion: str, given: Sequence[str] = ()
    ) -> list[tuple[str, str]] | Failed:
        """(name, meaning) of each group, known by its labels; all names differ, also from those given to others."""
        ...


@runtime_checkable
class Keeping(TextModel, Protocol):
    """A text model that can form other groups beside some that stay with what they hold."""

    def name_beside(
        self, corpus: Corpus, criterion: str, k: int, kept: Sequence[str], held: Sequence[int]
    ) -> list[Cluster]:
        """Exactly k clusters, the first of them those that stay, by their names.

        held: for each item the place in `kept` of the cluster that holds it, -1 for none.
        """
        ...
