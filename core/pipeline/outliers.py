"""Which images of a dataset are unlike the others and why, computed once in the background and kept.

What a person decides of them is a decision on the dataset: excluded images are in no run (`Datasets.exclude`), kept
ones are not asked about again (`Explorations.keep`); both can be taken back.
"""

from __future__ import annotations

import hashlib
import json
import threading
import zlib
from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from core.domain import Progress, Vector
from core.errors import BadInput, Cancelled
from core.explore.outliers import Odd, Why, alone, faults, off_topic
from core.models.builtin.from_pixels.appearance import STATISTICS as NAMES
from core.models.builtin.from_pixels.evidence import EVIDENCE_ID, STATISTICS, TOP, class_shares
from core.models.builtin.from_pixels.topic import topic
from core.pipeline.places import OnProgress, evidence_of, gathered
from core.workspace import Workspace

_VERSION = "1"
"""Bump when others would be found."""
_BLOCK = 4_096


class Reason(NamedTuple):
    """Why an image is unlike the others; see `core.explore.outliers.Odd`."""

    why: Why
    value: float


Found = Mapping[str, tuple[Reason, ...]]
"""Item id -> its reasons."""


def what(subject: str) -> str:
    """What the store calls the images that are unlike the others, or show nothing of a subject ("" for none)."""
    return f"outliers/{subject}" if subject else "outliers"


def _made_of(workspace: Workspace) -> str:
    return hashlib.sha256(repr((_VERSION, evidence_of(workspace, "seen", ""))).encode()).hexdigest()


def kept(workspace: Workspace, dataset_id: str, subject: str = "") -> Found | None:
    """What was found, of the images that were given, excluded ones too; None where nobody has looked, or images have
    come since."""
    store = workspace.store.explorations
    if store.made_of(dataset_id).get(what(subject)) != _made_of(workspace):
        return None
    value = json.loads(zlib.decompress(store.get(dataset_id, what(subject))))
    known = {*value["looked_at"], *value["found"]}
    if not known.issuperset(workspace.store.datasets.ids(dataset_id)):
        return None
    return {item: tuple(Reason(why, number) for why, number in reasons) for item, reasons in value["found"].items()}


def find(
    workspace: Workspace, cancel: threading.Event, show: OnProgress, *, dataset_id: str, subject: str = ""
) -> None:
    """Look at all images, and keep what is found. subject: a word for what each image should show, "" for none.

    Raises Cancelled, and BadInput for a word that the built-in engine does not know.
    """
    classes = topic(subject) if subject else None
    if subject and classes is None:
        raise BadInput(
            f"The built-in engine has no word for “{subject}”. Take a broader or more usual one, such as vehicle, "
            "animal, clothing, plant, food or furniture."
        )
    placed = gathered(workspace, dataset_id, "seen", "", cancel, show)

    def tick(share: float) -> None:
        if cancel.is_set():
            raise Cancelled
        show(Progress("outliers", round(100 * share), 100))

    measured = np.flatnonzero(placed.places.measured)
    found: dict[str, list[Reason]] = defaultdict(list)
    for odd in alone(placed.places.values[measured], tick):
        found[placed.items[int(measured[odd.row])]].append(Reason(odd.why, round(odd.value, 4)))
    for odd in _by_measures(workspace, placed.items, classes):
        found[placed.items[odd.row]].append(Reason(odd.why, round(odd.value, 4)))
    value = {"looked_at": [item for item in placed.items if item not in found], "found": found}
    _keep(workspace, dataset_id, subject, value)


def _keep(workspace: Workspace, dataset_id: str, subject: str, value: Mapping[str, object]) -> None:
    """value: "found" as `Found`, and "looked_at", the ids of the images that are not in it."""
    packed = zlib.compress(json.dumps(value).encode())
    workspace.store.explorations.set(dataset_id, what(subject), _made_of(workspace), packed)


def _by_measures(workspace: Workspace, items: tuple[str, ...], classes: Vector | None) -> list[Odd]:
    """Faults and what is off the topic, read block by block; nothing where another engine measured."""
    statistics = np.full((len(items), len(NAMES)), np.nan, dtype=np.float32)
    odd: list[Odd] = []
    for first in range(0, len(items), _BLOCK):
        evidence = workspace.store.answers.evidence(EVIDENCE_ID, items[first : first + _BLOCK])
        if STATISTICS in evidence:
            statistics[first : first + _BLOCK] = evidence[STATISTICS]
        if classes is not None and TOP in evidence:
            seen = np.flatnonzero(np.isfinite(evidence[TOP]).all(axis=1))
            off = off_topic(class_shares(evidence[TOP][seen]), classes)
            odd += [Odd(first + int(seen[one.row]), one.why, one.value) for one in off]
    return faults({name: statistics[:, place] for place, name in enumerate(NAMES)}) + odd
