"""Groups and assignments that were made elsewhere, in the role of a text model: what was given is the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.domain import Assignment, Cluster, Corpus, Failed, Step

KIND = "imported"
"""The text model of a run that was brought in. It is chosen by bringing results in, not by name."""


class ImportedText:
    """Gives each item the label and the group that came with it, and knows no others."""

    knows: frozenset[str] = frozenset()
    by_label = False
    batch_size = 1000
    max_concurrency = 1

    def __init__(
        self,
        labels: Mapping[str, str],
        said: Mapping[str, tuple[str, str | None, float | None]],
        clusters: Sequence[Cluster],
        version: str,
    ) -> None:
        """labels: item id -> label. said: item id -> answer, cluster id or None, confidence. version: of the files."""
        self.id = f"{KIND}/{version}"
        self.prompts: Mapping[Step, str] = {}
        self._labels, self._said, self._clusters = labels, said, list(clusters)

    def label(self, corpus: Corpus, criterion: str) -> list[str | Failed]:
        return [self._labels.get(item, "") for item in corpus.ids]

    def name(self, corpus: Corpus, criterion: str, k: int, given: Sequence[str] = ()) -> list[Cluster] | Failed:
        return self._clusters

    def assign(self, corpus: Corpus, criterion: str, clusters: Sequence[Cluster]) -> list[Assignment | Failed]:
        """As given, as long as the group is still there. An answer that is no group's name stays as it was said."""
        still = {cluster.id for cluster in clusters}
        found: list[Assignment | Failed] = []
        for item in corpus.ids:
            if item not in self._said:
                found.append(Failed("What was brought in says nothing of this image."))
                continue
            answer, cluster, confidence = self._said[item]
            if cluster in still:
                found.append(Assignment(cluster, confidence))
            else:
                found.append(Assignment(None, answer=answer))
        return found
