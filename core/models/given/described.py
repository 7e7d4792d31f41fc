"""Labels that the vision model gave together with its descriptions, in the role of a text model."""

from __future__ import annotations

from core.domain import Corpus, Failed
from core.models.base import TextModel
from core.models.given.records import RestOfText


class DescribedText(RestOfText):
    """Gives each item the label that stands in its description; items without one go to `rest`."""

    def __init__(self, rest: TextModel, vision: str) -> None:
        """vision: id of the model that described."""
        super().__init__(rest, f"with descriptions of {vision}+{rest.id}")

    def given(self, corpus: Corpus) -> list[str | Failed | None]:
        return [description.label or None for description in corpus.descriptions]
