"""What a run said of its images, as shares of the groups that there are today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from core.domain import Assignment
from core.teaching.kernels import Float

_SURE = 0.8
"""How sure a model is taken to be that did not say."""
_LEAST = 0.01
"""Share of an image that is dealt out evenly at least: no group is impossible."""


def belief(
    assignments: Sequence[Assignment | None], places: Sequence[int | None], columns: Mapping[str, int], width: int
) -> Float:
    """(n, width) shares of the groups, rows summing to 1.

    assignments: what the model said of each image, None where it said nothing. places: the column of the group where
    that puts it, after a person's edits of the groups; None for no group. columns: id of a group that a model knew ->
    its column today; "" -> the column of no group, where that is one of them.
    """
    shares = np.zeros((len(assignments), width))
    for row, (assignment, place) in enumerate(zip(assignments, places, strict=True)):
        if assignment is None:
            continue
        _add(shares[row], assignment, columns)
        own = columns.get("") if place is None else place
        if own is not None and shares[row, own] < shares[row].max(initial=0.0):
            most = int(shares[row].argmax())
            if place is None:  # the model was not sure enough: it may as well be where it most nearly was
                shares[row, own] = shares[row, most]
            else:  # a person has changed the groups since: the share goes with the images
                shares[row, own], shares[row, most] = shares[row, most], shares[row, own]
        if own is not None and not shares[row].any():
            shares[row, own] = _SURE if assignment.confidence is None else assignment.confidence
    rest = np.maximum(1 - shares.sum(axis=1, keepdims=True), _LEAST)
    shares = shares + rest / width
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def _add(row: Float, assignment: Assignment, columns: Mapping[str, int]) -> None:
    """Add what a model said of one image to its shares."""
    said = assignment.probabilities or {}
    for cluster, share in said.items():
        if cluster in columns:
            row[columns[cluster]] += max(share, 0.0)
    if said and "" in columns:
        row[columns[""]] += max(1.0 - sum(said.values()), 0.0)
