"""A model's assignments by kind: what an edit puts out of date is decided once for all images of a kind.

There are few kinds (clusters by second choices, or by labels) however many images there are, and no image is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

By = Literal["", "second", "label"]
Kind = tuple[str | None, str | None, str | None]
"""The cluster that a model chose, as it was called then (None: none), its second choice or the image's label, and where
a person put the image ("": in no cluster; None where nobody did)."""


@dataclass(frozen=True, slots=True)
class Apart:
    """What tells kinds apart besides the cluster that the model chose.

    Attributes:
        by: nothing more, its second choice (the most probable of today's clusters besides the image's own), or the
            image's label.
        clusters: id of a cluster that a model knew -> its id today, for those that are not gone.
        moved: item id -> where a person put it: a cluster's id, "" for none.
    """

    by: By = ""
    clusters: Mapping[str, str] = field(default_factory=dict)
    moved: Mapping[str, str] = field(default_factory=dict)


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
    told = {"run": run_id, "items": list(apart.moved), "places": list(apart.moved.values())}
    if apart.by == "second" and apart.clusters:
        told |= {"old": list(apart.clusters), "new": list(apart.clusters.values())}
        told["paths"] = [f'$.probabilities."{known}"' for known in apart.clusters]
        told["keys"] = list(_parts(apart))
    return told


def kinds_as_values(kinds: Sequence[Kind]) -> dict[str, Any]:
    """What `members` asks with besides."""
    chosen, other, place = zip(*kinds, strict=True)
    return {"chosen": list(chosen), "other": list(other), "place": list(place)}


def _each(apart: Apart) -> str:
    return (
        "SELECT r.item_id, r.chosen, o.other, p.place AS moved "
        f"FROM (SELECT r.item_id, {_CHOSEN} AS chosen {_ASSIGNED}) r "
        f"LEFT JOIN ({_other(apart)}) o ON o.item_id = r.item_id "
        "LEFT JOIN (SELECT unnest($items::VARCHAR[]) AS item_id, unnest($places::VARCHAR[]) AS place) p "
        "ON p.item_id = r.item_id"
    )


def _other(apart: Apart) -> str:
    """A query of `values`: (item id, its `other`)."""
    if apart.by == "label":
        return _LABEL
    return _second(_parts(apart)) if apart.by == "second" and apart.clusters else _NOTHING


def _parts(apart: Apart) -> dict[str, list[int]]:
    """Today's cluster -> the places, from 1, of those in `apart.clusters` that it consists of."""
    parts: dict[str, list[int]] = {}
    for place, now in enumerate(apart.clusters.values(), start=1):
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
