"""What has been answered about items, as later steps need it: the answers that a run holds, or those found by key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from core.domain import Description, Step, Vector
from core.engine.requests import Work
from core.steps import describe, label
from core.store.answers import Answers

T = TypeVar("T")
_LOOKUP = 20_000
"""Keys in one look-up."""


class ItemAnswers(Protocol):
    """The answers that a plan builds on. Each method takes item ids and leaves out items without an answer."""

    def description_keys(self, ids: Sequence[str]) -> Mapping[str, str]:
        """Item id -> call key of its description."""
        ...

    def descriptions(self, ids: Sequence[str]) -> Mapping[str, Description]: ...

    def labels(self, ids: Sequence[str]) -> Mapping[str, str]: ...

    def evidence(self, model: str, ids: Sequence[str]) -> Mapping[str, Vector]:
        """Space -> (len(ids), d) float32 of what `model` measured; a row of NaN where an item has none."""
        ...


class RunAnswers:
    """What a run holds of its items, whichever model said it. Nothing is kept in memory."""

    def __init__(self, answers: Answers, run_id: str) -> None:
        self._answers, self._run_id = answers, run_id

    def description_keys(self, ids: Sequence[str]) -> dict[str, str]:
        held = self._answers.held(self._run_id, "describe", ids)
        return {item: of_item.key for item, of_item in held.items() if not of_item.failure}

    def descriptions(self, ids: Sequence[str]) -> dict[str, Description]:
        return _each(describe.read, self._answers.values(self._run_id, "describe", ids))

    def labels(self, ids: Sequence[str]) -> dict[str, str]:
        return _each(label.read, self._answers.values(self._run_id, "label", ids))

    def evidence(self, model: str, ids: Sequence[str]) -> dict[str, Vector]:
        return self._answers.evidence(model, ids)


class FoundAnswers:
    """Answers looked up by call key, for items that no run holds (yet). `find` and `take` make an answer known to later
    steps."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._keys: dict[str, str] = {}
        self._descriptions: dict[str, Description] = {}
        self._labels: dict[str, str] = {}

    def find(self, step: Step, work: Sequence[Work]) -> dict[str, str]:
        """Item id -> value (JSON) of the work that was answered before."""
        found: dict[str, str] = {}
        for start in range(0, len(work), _LOOKUP):
            part = work[start : start + _LOOKUP]
            values = self._answers.lookup([item.key for item in part])
            found |= {item.item_id: values[item.key] for item in part if item.key in values}
        self.take(step, work, found)
        return found

    def take(self, step: Step, work: Sequence[Work], found: Mapping[str, str]) -> None:
        """Know the values (JSON) of these items, wherever they are from."""
        if step == "describe":
            self._keys |= {item.item_id: item.key for item in work if item.item_id in found}
            self._descriptions |= _each(describe.read, found)
        elif step == "label":
            self._labels |= _each(label.read, found)

    def description_keys(self, ids: Sequence[str]) -> dict[str, str]:
        return {item: self._keys[item] for item in ids if item in self._keys}

    def descriptions(self, ids: Sequence[str]) -> dict[str, Description]:
        return {item: self._descriptions[item] for item in ids if item in self._descriptions}

    def labels(self, ids: Sequence[str]) -> dict[str, str]:
        return {item: self._labels[item] for item in ids if item in self._labels}

    def evidence(self, model: str, ids: Sequence[str]) -> dict[str, Vector]:
        return self._answers.evidence(model, ids)


def _each(read: Callable[[str], T], values: Mapping[str, str]) -> dict[str, T]:
    """Item id -> what its value (JSON) means; equal values are read once, and are one object in memory."""
    known = {value: read(value) for value in set(values.values())}
    return {item: known[value] for item, value in values.items()}
