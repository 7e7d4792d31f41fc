"""What a person decided about where images of a run belong, as the store's queries take it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

PLACED = """
SELECT unnest($items::VARCHAR[]) AS item_id, unnest($places::VARCHAR[]) AS place,
    unnest($by::VARCHAR[]) AS source, unnest($sure::DOUBLE[]) AS confidence
"""
"""A query of `Decisions.values`: where images were put one by one, by whom, and how sure a
classifier was of it (NULL where none was)."""
ROUTED = """
SELECT unnest($chosen_by_model::VARCHAR[]) AS chosen, unnest($with_label::VARCHAR[]) AS label,
    unnest($route::VARCHAR[]) AS place
"""
"""A query of `Decisions.values`: where images of a cluster with a label go."""


@dataclass(frozen=True)
class Decisions:
    """Attributes:
    clusters: id of a cluster that a model knew, or a person added -> its id today, for those that are not gone.
    moved: item id -> where a person put it: a cluster's id, "" for none.
    learnt: item id -> where a classifier that learnt from the person put it, with its confidence (0 to 1); None where
        it came by the split of a group, and nobody measured how sure that is.
    routed: (cluster that a model chose, label) -> where the person put images with that label.
    """

    clusters: Mapping[str, str] = field(default_factory=dict)
    moved: Mapping[str, str] = field(default_factory=dict)
    learnt: Mapping[str, tuple[str, float | None]] = field(default_factory=dict)
    routed: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @cached_property
    def version(self) -> str:
        """Differs where decisions do."""
        parts = (self.clusters, self.moved, self.learnt, {"\0".join(key): to for key, to in self.routed.items()})
        text = json.dumps([sorted(part.items()) for part in parts], ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def values(self) -> dict[str, Any]:
        """What queries that hold PLACED and ROUTED are asked with."""
        learnt = {item: place for item, place in self.learnt.items() if item not in self.moved}
        return {
            "items": [*self.moved, *learnt],
            "places": [*self.moved.values(), *(place for place, _ in learnt.values())],
            "by": ["person"] * len(self.moved) + ["split" if sure is None else "learnt" for _, sure in learnt.values()],
            "sure": [None] * len(self.moved) + [sure for _, sure in learnt.values()],
            "chosen_by_model": [chosen for chosen, _ in self.routed],
            "with_label": [label for _, label in self.routed],
            "route": list(self.routed.values()),
        }

    def only(self, items: set[str]) -> Decisions:
        """The same for some items."""
        return Decisions(
            self.clusters,
            {item: place for item, place in self.moved.items() if item in items},
            {item: place for item, place in self.learnt.items() if item in items},
            self.routed,
        )

    def differing(self, other: Decisions) -> set[str] | None:
        """The items that these and `other` put into different places; None where more than single items differ."""
        if (self.clusters, self.routed) != (other.clusters, other.routed):
            return None
        moved, learnt = self.moved.items() ^ other.moved.items(), self.learnt.items() ^ other.learnt.items()
        return {item for item, _ in moved} | {item for item, _ in learnt}
