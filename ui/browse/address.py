"""What a person looks at on Browse. The address holds all of it, so that it can be kept, sent and gone back to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import urlencode

import streamlit as st

from core.results.run_view import Order, Query
from core.results.selection import ALL as EVERYTHING
from core.results.selection import PARAMETERS, Only
from ui import text

ALL, SKIPPED = "all", "skipped"
"""What ?group= holds besides ids of groups and states: every image, and files that are in no group."""


@dataclass(frozen=True, slots=True)
class Place:
    """Attributes:
    key: the one group or state that is looked at, ALL for every image, SKIPPED, or "" for the cards of all groups.
    only: what else narrows the images; its groups are those of `key`, or several.
    like: the id of the image whose likes come first, "" for none.
    image: the id of the image that is shown large, "" for none.
    """

    run_id: str
    key: str = ""
    only: Only = EVERYTHING
    sort: Order = "sure"
    like: str = ""
    image: str = ""

    @property
    def query(self) -> Query:
        """The images, in their order."""
        return replace(self.only.query, order=self.sort, like=self.like or None)

    @property
    def narrowed(self) -> bool:
        """Whether a filter leaves out images of what `key` names."""
        return self.only.narrows or len(self.only.groups) > 1

    @property
    def parameters(self) -> dict[str, list[str]]:
        """The query of the address."""
        found = {"run": [self.run_id], **self.only.parameters}
        if self.key in (ALL, SKIPPED) and not self.only.groups:
            found["group"] = [self.key]
        more = {"sort": "" if self.sort == "sure" else self.sort, "like": self.like, "image": self.image}
        return found | {name: [value] for name, value in more.items() if value}

    @property
    def search(self) -> str:
        """The same as the browser shows it, letter for letter."""
        return urlencode(self.parameters, doseq=True)

    def without_filters(self) -> Place:
        """The same group, or all images, with nothing left out."""
        groups = self.only.groups if len(self.only.groups) == 1 else ()
        return replace(self, key=groups[0] if groups else ALL, only=Only(groups), image="")

    def narrowed_by(self, **changes: Any) -> Place:
        """The same with other filters (see `Only`)."""
        only = replace(self.only, **changes)
        key = only.groups[0] if len(only.groups) == 1 else ALL
        return replace(self, key=key, only=only, image="")


def here(run_id: str) -> Place:
    """What the address says; what makes no sense in it is left out."""
    only = Only.read({name: st.query_params.get_all(name) for name in PARAMETERS})
    key = only.groups[0] if len(only.groups) == 1 else ""
    if key in (ALL, SKIPPED):
        only = replace(only, groups=())
    like, sort = st.query_params.get("like", ""), st.query_params.get("sort", "")
    if not key and (only or like):
        key = ALL
    order = cast(Order, sort) if sort in text.ORDERS else "sure"
    return Place(run_id, key, only, order, like, st.query_params.get("image", ""))


def go(place: Place) -> None:
    """Look at something else; for callbacks too."""
    st.query_params.from_dict(place.parameters)


def open_group(run_id: str, group: str) -> None:
    """Show one group."""
    go(Place(run_id, group, Only((group,) if group not in (ALL, SKIPPED) else ())))


def open_image(run_id: str, group: str, item: str) -> None:
    """Show one image of a group, large."""
    go(Place(run_id, group, Only((group,) if group not in (ALL, SKIPPED) else ()), image=item))
