"""What a suggestion is: plain data that survives a round trip through JSON. Pages and commands put it into words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter

Origin = Literal["labels", "evidence", "texts", "chat"]
"""What a suggestion was drawn from."""
Reason = Literal["labels", "evidence", "unclear", "chat", "typed", ""]
"""Why a number of groups is proposed. labels: a column has so many. evidence: so many groups stand out. unclear: none
stands out, and this one does least badly. chat: a model said so. typed: the criterion says it. "": there is no reason.
"""
CLEAR = 0.7
"""A number of groups stands out where so many of the images stay with their group when the sample changes."""


@dataclass(frozen=True, slots=True)
class Group:
    """What one of the groups would be. size: images of the sample; for labels, all that have it. examples: item ids."""

    name: str
    size: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Number:
    """A number of groups with its reason. column: the labels it comes from. share: how many of the images of the sample
    stay with their group, 0 to 1; None where that was not tried."""

    k: int
    reason: Reason = ""
    column: str = ""
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One criterion worth trying. groups: the largest first."""

    criterion: str
    number: Number
    groups: tuple[Group, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for a dataset.

    Attributes:
        suggestions: the most promising first; no two group the same way.
        sampled: items that were looked at.
        shown: ids of some of them, spread over all kinds there are.
        model: the chat model that was asked, "" for none.
        tokens, cost: what that took; cost in US dollars, None where the price is not known.
    """

    suggestions: tuple[Suggestion, ...] = ()
    sampled: int = 0
    shown: tuple[str, ...] = ()
    model: str = ""
    tokens: int = 0
    cost: float | None = 0.0


FOUND: TypeAdapter[Found] = TypeAdapter(Found)
