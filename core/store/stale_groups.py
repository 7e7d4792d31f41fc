"""A model's assignments by kind: what an edit puts out of date is decided once for all images of a kind.

There are few kinds (clusters by second choices, or by labels) however many images there are, and no image is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

By = Literal["", "second", "label"]
"""What tells kinds apart besides the cluster that the model chose: nothing, its second choice, or the image's label."""
Kind = tuple[str | None, str | None]
"""The cluster that a model chose, as it was called then (None: none), and its second choice or the image's label."""

# The second choice is the second most probable cluster; of equal ones the one that the model gave first.
_SECOND = (
    "list_sort(list_transform(map_entries(CAST(json_extract(a.value, '$.probabilities') AS MAP(VARCHAR, DOUBLE))), "
    "lambda one, place: {'falling': -one.value, 'place': place, 'key': one.key}))[2].key"
)
_OTHER: dict[By, tuple[str, str]] = {
    "": ("CAST(NULL AS VARCHAR)", ""),
    "second": (_SECOND, ""),
    "label": (
        "json_extract_string(l.value, '$')",
        "LEFT JOIN (SELECT r.item_id, a.value FROM result r JOIN answer a USING (call_key) "
        "WHERE r.run_id = $run AND r.step = 'label' AND r.failure = '') l ON l.item_id = r.item_id ",
    ),
}


def counted(by: By) -> str:
    """A query of the run `$run`: (chosen, other, how many images) for each kind."""
    return f"SELECT chosen, other, count(*) FROM ({_each(by)}) GROUP BY ALL ORDER BY ALL"


def members(by: By) -> str:
    """A query of the run `$run`: the ids of the images of the kinds that `values` makes."""
    return (
        f"SELECT item_id FROM ({_each(by)}) one JOIN (SELECT unnest($chosen::VARCHAR[]) AS chosen, "
        "unnest($other::VARCHAR[]) AS other) wanted ON one.chosen IS NOT DISTINCT FROM wanted.chosen "
        "AND one.other IS NOT DISTINCT FROM wanted.other"
    )


def values(run_id: str, kinds: Sequence[Kind]) -> dict[str, Any]:
    """What `members` asks with."""
    return {"run": run_id, "chosen": [chosen for chosen, _ in kinds], "other": [other for _, other in kinds]}


def _each(by: By) -> str:
    other, join = _OTHER[by]
    return (
        f"SELECT r.item_id, json_extract_string(a.value, '$.cluster_id') AS chosen, {other} AS other "
        f"FROM result r JOIN answer a USING (call_key) {join}"
        "WHERE r.run_id = $run AND r.step = 'assign' AND r.failure = ''"
    )
