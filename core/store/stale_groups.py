"""A model's assignments by kind: what an edit puts out of date is decided once for all images of a kind.

There are few kinds (clusters by second choices, or by labels) however many images there are, and no image is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from core.store.decisions import PLACED, ROUTED, Decisions

_NO_DECISIONS = Decisions()
By = Literal["", "second", "label"]
Kind = tuple[str | None, str | None, str | None]
"""The cluster that a model chose, as it was called then (None: none), its second choice or the image's label, and where
what a person did put the image ("": in no cluster; None where nothing did)."""


@dataclass(frozen=True, slots=True)
class Apart:
    """What tells kinds apart besides the cluster that the model chose.

    Attributes:
        by: nothing more, its second choice (the most probable of today's clusters besides the image's own), or the
            image's label.
        decisions: what a person decided; images that it places are kinds of their own.
    """

    by: By = ""
    decisions: Decisions = _NO_DECISIONS


@dataclass(frozen=True, slots=True)
class Mark:
    """Kinds of assignments that an edit puts out of date, and how they are told apart."""

    kinds: Sequence[Kind]
    apart: Apart = Apart()


_ASSIGNED = """
FROM result r JOIN answer a USING (call_key) WHERE r.run_id = $run AND r.step = 'assign' AND r.failure = ''
"""
_CHOSEN = "json_extract_string(a.value, '$.cluster_id')"
_LABEL = """
SELECT r.item_id, json_extract_string(a.value, '$') AS other FROM result r JOIN answer a USING (call_key)
WHERE r.run_id = $run AND r.step = 'label' AND r.failure = ''
"""
_NOTHING = "SELECT CAST(NULL AS VARCHAR) AS item_id, CAST(NULL AS VARCHAR) AS other"


def counted(apart: Apart) -> str:
    """A query of `values`: (chosen, other, moved, how many images) for each kind."""
    return f"SELECT chosen, other, moved, count(*) FROM ({_each(apart)}) GROUP BY ALL ORDER BY ALL"


def members(apart: Apart) -> str:
    """A query of `values` and `kinds_as_values`: the ids of the images of these kinds."""
    return (
        f"SELECT item_id FROM ({_each(apart)}) one JOIN (SELECT unnest($chosen::VARCHAR[]) AS chosen, "
        "unnest($other::VARCHAR[]) AS other, unnest($place::VARCHAR[]) AS place) wanted "
        "ON one.chosen IS NOT DISTINCT FROM wanted.chosen AND one.other IS NOT DISTINCT FROM wanted.other "
        "AND one.moved IS NOT DISTINCT FROM wanted.place"
    )


def values(run_id: str, apart: Apart) -> dict[str, Any]:
    """What both queries ask with."""
    told = {"run": run_id} | apart.decisions.values()
    clusters = apart.decisions.clusters
    if apart.by == "second" and clusters:
        told |= {"old": list(clusters), "new": list(clusters.values())}
        told["paths"] = [f'$.probabilities."{known}"' for known in clusters]
        told["keys"] = list(_parts(apart))
    return told


def kinds_as_values(kinds: Sequence[Kind]) -> dict[str, Any]:
    """What `members` asks with besides."""
    chosen, other, place = zip(*kinds, strict=True)
    return {"chosen": list(chosen), "other": list(other), "place": list(place)}


def _each(apart: Apart) -> str:
    return (
        "SELECT r.item_id, r.chosen, o.other, coalesce(p.place, w.place) AS moved "
        f"FROM (SELECT r.item_id, {_CHOSEN} AS chosen {_ASSIGNED}) r "
        f"LEFT JOIN ({_other(apart)}) o ON o.item_id = r.item_id "
        f"LEFT JOIN ({PLACED}) p ON p.item_id = r.item_id "
        f"LEFT JOIN ({_LABEL}) l ON l.item_id = r.item_id "
        f"LEFT JOIN ({ROUTED}) w ON w.chosen = r.chosen AND w.label = l.other"
    )


def _other(apart: Apart) -> str:
    """A query of `values`: (item id, its `other`)."""
    if apart.by == "label":
        return _LABEL
    return _second(_parts(apart)) if apart.by == "second" and apart.decisions.clusters else _NOTHING


def _parts(apart: Apart) -> dict[str, list[int]]:
    """Today's cluster -> the places, from 1, of those clusters that a model knew that it consists of."""
    parts: dict[str, list[int]] = {}
    for place, now in enumerate(apart.decisions.clusters.values(), start=1):
        parts.setdefault(now, []).append(place)
    return parts


def _second(parts: Mapping[str, Sequence[int]]) -> str:
    """Probabilities of merged clusters are added up; of equal sums the first cluster's counts as larger.

    Read by paths, as a map costs twice the time.
    """
    sums = []
    for place, of_cluster in enumerate(parts.values(), start=1):
        share = " + ".join(f"coalesce(shares[{part}], 0)" for part in of_cluster)
        sums.append(f"{{'share': {share}, 'place': -{place}, 'key': $keys[{place}]}}")
    return (
        f"SELECT item_id, list_max(list_filter([{', '.join(sums)}], "
        "lambda one: one.share > 0 AND one.key IS DISTINCT FROM own)).key AS other FROM ("
        f"SELECT r.item_id, map($old::VARCHAR[], $new::VARCHAR[])[{_CHOSEN}] AS own, "
        f"CAST(json_extract_string(a.value, $paths) AS DOUBLE[]) AS shares {_ASSIGNED})"
    )
