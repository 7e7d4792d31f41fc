"""A part of a run, by conditions that combine. Pages and exports share it, and addresses hold it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Literal

from core.domain import UNASSIGNED, Cluster
from core.results.run_view import Between, Query, Row, View

REST = {"unassigned": UNASSIGNED, "failed": "Failed", "pending": "Not sorted yet"}
"""State -> what images that are in no group are called in files; the states work like group ids."""
SOURCES = {
    "model": "the model",
    "person": "a person",
    "propagated": "likeness",
    "learnt": "what was shown",
    "split": "a split",
}
"""Who placed an image -> what that is called in files."""
Right = Literal["", "yes", "no"]


@dataclass(frozen=True, slots=True)
class Only:
    """Conditions that combine; what is empty leaves nothing out.

    Attributes:
        groups: cluster ids and states of REST.
        text: words that an image's name, description or label must hold, in any case of letters.
        sure: the confidence in whole per cent, from the one to the other.
        by: who placed the images, of SOURCES.
        right: "yes" for images in the group that their label is matched to, "no" for those that are not.
        folder: a folder, by the images' names.
        copies: images that look nearly the same as another.
        between: two cluster ids.
        at: how far from the first of these two to the second, in per cent.
        given: the label that a person gave the images.
    """

    groups: tuple[str, ...] = ()
    text: str = ""
    sure: tuple[int, int] | None = None
    by: tuple[str, ...] = ()
    right: Right = ""
    folder: str = ""
    copies: bool = False
    between: tuple[str, str] | None = None
    at: int = 50
    given: str = ""

    def __bool__(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.groups) or self.narrows

    @property
    def narrows(self) -> bool:
        """Whether it may leave out some images of a group."""
        return any((self.text, self.sure, self.by, self.right, self.folder, self.copies, self.between, self.given))

    @classmethod
    def read(cls, asked: Mapping[str, Sequence[str]]) -> Only:
        """What an address asks for (see `parameters`); what makes no sense is left out."""
        first = {key: values[0] for key, values in asked.items() if values}
        right, between = first.get("right", ""), tuple(first.get("between", "").split(","))
        return cls(
            tuple(asked.get("group", ())),
            first.get("text", "").strip(),
            _range(first.get("sure", "")),
            tuple(source for source in asked.get("by", ()) if source in SOURCES),
            right if right in ("yes", "no") else "",  # type: ignore[arg-type]
            first.get("folder", ""),
            first.get("copies") == "yes",
            (between[0], between[1]) if len(between) == 2 and all(between) and between[0] != between[1] else None,
            min(int(first["at"]), 100) if first.get("at", "").isdecimal() else 50,
            first.get("given", ""),
        )

    @property
    def parameters(self) -> dict[str, list[str]]:
        """What an address holds for `read`; nothing for what leaves nothing out."""
        found: dict[str, list[str]] = {
            "group": list(self.groups),
            "text": [self.text],
            "sure": ["{}-{}".format(*self.sure) if self.sure else ""],
            "by": list(self.by),
            "right": [self.right],
            "folder": [self.folder],
            "copies": ["yes" if self.copies else ""],
            "between": [",".join(self.between or ())],
            "at": [str(self.at) if self.between and self.at != 50 else ""],
            "given": [self.given],
        }
        return {key: values for key, values in found.items() if any(values)}

    @property
    def query(self) -> Query:
        """The same as a question to the run's table."""
        return Query(
            tuple(self.text.split()),
            groups=self.groups or None,
            sources=self.by or None,
            # Whole per cent are what a person reads: 20 to 60 holds all that are shown as such.
            confidence=((self.sure[0] - 0.5) / 100, (self.sure[1] + 0.5) / 100) if self.sure else None,
            folder=self.folder or None,
            right={"yes": True, "no": False}.get(self.right),
            copies=self.copies,
            truth=self.given or None,
            between=Between(*self.between, self.at / 100) if self.between else None,
        )

    def rows(self, view: View) -> Iterator[Row]:
        """Its rows in the order given, so many at a time that a large run is never held whole."""
        return view.each(self.query)

    def said(self, clusters: Sequence[Cluster]) -> str:
        """What it is, in words, for example: only red, blue, with “boat”; "" for the whole run."""
        named = {cluster.id: cluster.name for cluster in clusters} | REST
        gone = "a group that is gone"
        parts = []
        if self.groups:
            parts.append("only " + ", ".join(named.get(group, gone) for group in self.groups))
        if self.text:
            parts.append(f"with “{self.text}”")
        if self.between:
            first, second = (named.get(group, gone) for group in self.between)
            parts.append(f"{self.at} % of the way from {first} to {second}")
        if self.sure:
            parts.append("{} to {} % sure".format(*self.sure))
        if self.by:
            parts.append("placed by " + " or ".join(SOURCES[source] for source in self.by))
        if self.right:
            parts.append("in the group of their label" if self.right == "yes" else "not in the group of their label")
        if self.given:
            parts.append(f"with the label “{self.given}”")
        if self.folder:
            parts.append(f"in the folder {self.folder}")
        if self.copies:
            parts.append("that look nearly the same as another")
        return ", ".join(parts)


def _range(value: str) -> tuple[int, int] | None:
    """(20, 60) of "20-60"; None for what is no range, or leaves nothing out."""
    found = re.fullmatch(r"(\d{1,3})-(\d{1,3})", value)
    low, high = (min(int(part), 100) for part in found.groups()) if found else (0, 100)
    return None if (low, high) == (0, 100) or low > high else (low, high)


ALL = Only()
PARAMETERS = ("group", *(field.name for field in fields(Only)[1:]))
"""The names that `Only.read` knows."""
