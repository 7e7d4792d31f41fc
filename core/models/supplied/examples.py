"""Groups that a person makes by showing examples, in the role of a text model: nothing is sorted until they have shown
some. What follows from the examples is learnt (`core.teaching`), for criteria that no model here sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.domain import Assignment, Cluster, Corpus, Failed, Step

KIND = "examples"
"""The text model of such a run."""


class ExamplesText:
    """Gives the groups that a person named, and puts no image into any."""

    id = f"{KIND}/1"
    prompts: Mapping[Step, str] = {}
    knows: frozenset[str] = frozenset()
    by_label = False
    batch_size = 1000
    max_concurrency = 1

    def label(self, corpus: Corpus, criterion: str) -> list[str | Failed]:
        return [""] * len(corpus)

    def name(self, corpus: Corpus, criterion: str, k: int, given: Sequence[str] = ()) -> list[Cluster] | Failed:
        return [Cluster(f"c{place}", name) for place, name in enumerate(given[:k], 1)]

    def assign(self, corpus: Corpus, criterion: str, clusters: Sequence[Cluster]) -> list[Assignment | Failed]:
        return [Assignment(None)] * len(corpus)
