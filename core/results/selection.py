"""A part of a run: some of its groups, what matches a text, or both. Pages and exports share it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.domain import UNASSIGNED, Cluster
from core.results.run_view import Query, Row, View

REST = {"unassigned": UNASSIGNED, "failed": "Failed", "pending": "Not sorted yet"}
"""State -> what images that are in no group are called in files; the states work like group ids."""


@dataclass(frozen=True, slots=True)
class Only:
    """groups: cluster ids and states of REST, empty for all. text: words that an image's name, description or label
    must hold, in any case of letters; "" for anything."""

    groups: tuple[str, ...] = ()
    text: str = ""

    def __bool__(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.groups or self.text)

    @property
    def query(self) -> Query:
        """The same as a question to the run's table."""
        return Query(tuple(self.text.split()), groups=self.groups or None)

    def rows(self, view: View) -> Iterator[Row]:
        """Its rows in the order given, so many at a time that a large run is never held whole."""
        return view.each(self.query)

    def said(self, clusters: Sequence[Cluster]) -> str:
        """What it is, in words, for example: only red, blue, with “boat”; "" for the whole run."""
        named = {cluster.id: cluster.name for cluster in clusters} | REST
        parts = []
        if self.groups:
            parts.append("only " + ", ".join(named.get(group, "a group that is gone") for group in self.groups))
        if self.text:
            parts.append(f"with “{self.text}”")
        return ", ".join(parts)


ALL = Only()
