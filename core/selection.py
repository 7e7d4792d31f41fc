"""A part of a run: some of its groups, what matches a text, or both. The pages and the exports mean the same by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from core.domain import Cluster
from core.results import UNASSIGNED, Row

REST = {"unassigned": UNASSIGNED, "failed": "Failed", "pending": "Not sorted yet"}
"""State -> what images that are in no group are called in files; the states work like group ids."""


@dataclass(frozen=True, slots=True)
class Only:
    """groups: cluster ids and states of REST, empty for all. text: what an image's name, description, label, group or
    odd answer must hold, in any case of letters; "" for anything."""

    groups: tuple[str, ...] = ()
    text: str = ""

    def __bool__(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.groups or self.text)

    def rows(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Those of the rows that belong to it, in their order."""
        return (row for row in rows if self._holds(row))

    def _holds(self, row: Row) -> bool:
        if self.groups and (row.cluster.id if row.cluster else row.state) not in self.groups:
            return False
        words = (row.name, row.description, row.label, row.reason, row.cluster.name if row.cluster else "")
        return not self.text or any(self.text.casefold() in one.casefold() for one in words)

    def said(self, clusters: Sequence[Cluster]) -> str:
        """What it is, in words: “only red, blue, with “boat””; "" for the whole run."""
        named = {cluster.id: cluster.name for cluster in clusters} | REST
        parts = []
        if self.groups:
            parts.append("only " + ", ".join(named.get(group, "a group that is gone") for group in self.groups))
        if self.text:
            parts.append(f"with “{self.text}”")
        return ", ".join(parts)


ALL = Only()
