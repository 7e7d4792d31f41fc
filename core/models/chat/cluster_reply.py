"""The reply to step 2b: what form is asked for, and the clusters that it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.domain import Cluster, folded, is_reserved
from core.models.chat.replies import read_json, text_schema
from core.models.chat.send import LABEL_CHARS

_MEANING_CHARS = 200
_NAMED = {"name": text_schema(LABEL_CHARS), "meaning": text_schema(_MEANING_CHARS, least=0)}


def groups_schema(k: int) -> dict[str, Any]:
    """JSON Schema of k named groups, their labels by number (to write 300 labels back takes longer than all else); an
    object around the list, as some servers take nothing else."""
    return _schema_of(k, {**_NAMED, "labels": {"type": "array", "items": {"type": "integer"}}})


def read_clusters(text: str, k: int, given: Sequence[str], listed: Sequence[str]) -> list[Cluster] | str:
    """The clusters in a reply, the given ones first, or what is wrong with it. listed: the labels that were shown, by
    their numbers from 1 on."""
    groups = _groups_in(read_json(text))
    if groups is None:
        return "it held no JSON list"
    names = [_line(group["name"])[:LABEL_CHARS].strip() for group in groups]
    if problem := _problem_with(names, k, given):
        return problem
    spelled = {_folded(name): name for name in given}
    clusters = [
        Cluster("", spelled.get(_folded(name), name), _line(group.get("meaning") or ""), labels)
        for name, group, labels in zip(names, groups, _labels_of(groups, listed), strict=True)
    ]
    clusters.sort(key=lambda cluster: list(given).index(cluster.name) if cluster.name in given else len(given))
    return [replace(cluster, id=f"c{number}") for number, cluster in enumerate(clusters, start=1)]


def names_schema(k: int) -> dict[str, Any]:
    """JSON Schema of the names of k groups that were formed, each with the group's number."""
    return _schema_of(k, {"number": {"type": "integer"}, **_NAMED})


def _schema_of(k: int, fields: Mapping[str, Any]) -> dict[str, Any]:
    group = {
        "type": "object",
        "properties": dict(fields),
        "required": list(fields),
        "additionalProperties": False,
    }
    groups = {"type": "array", "items": group, "minItems": k, "maxItems": k}
    return {"type": "object", "properties": {"groups": groups}, "required": ["groups"], "additionalProperties": False}


def read_names(text: str, k: int, taken: Sequence[str]) -> list[tuple[str, str]] | str:
    """(name, meaning) of each of k groups by their numbers, or what is wrong with the reply. taken: names that none of
    them may have."""
    groups = _groups_in(read_json(text))
    if groups is None:
        return "it held no JSON list"
    names = [_line(group["name"])[:LABEL_CHARS].strip() for group in groups]
    if problem := _problem_with(names, k, ()):
        return problem
    if twice := {_folded(name) for name in names} & {_folded(name) for name in taken}:
        return f"these names are taken: {', '.join(sorted(twice))}"
    numbers = [_place(group.get("number"), {}) for group in groups]
    order = numbers if sorted(numbers) == list(range(k)) else range(k)
    said = dict(
        zip(order, zip(names, (_line(group.get("meaning") or "") for group in groups), strict=True), strict=True)
    )
    return [said[place] for place in range(k)]


def _groups_in(value: object) -> list[dict[str, Any]] | None:
    """The groups with a name in what was read; None where there is no list of groups."""
    if isinstance(value, dict):  # {"groups": [...]} or {"name": ...} for K = 1
        lists = [found for found in value.values() if isinstance(found, list) and found and isinstance(found[0], dict)]
        value = lists[0] if lists else [value]
    if not isinstance(value, list):
        return None
    return [group for group in value if isinstance(group, dict) and str(group.get("name", "")).strip()]


def _problem_with(names: Sequence[str], k: int, given: Sequence[str]) -> str:
    """Why these names cannot be used, or ""."""
    if len(names) != k:
        return f"it held {len(names)} groups instead of {k}"
    present = {_folded(name) for name in names}
    if len(present) < k:
        return "two groups had the same name"
    if reserved := [name for name in names if is_reserved(name)]:
        return f"a group was called “{reserved[0]}”, which is what images without a group are called"
    if missing := [name for name in given if _folded(name) not in present]:
        return f"these groups were missing: {', '.join(missing)}"
    return ""


def _labels_of(groups: Sequence[Mapping[str, Any]], listed: Sequence[str]) -> list[tuple[str, ...]]:
    """The labels of each group: those that were shown, each in the first group that claims it."""
    places = {folded(label): place for place, label in enumerate(listed)}
    taken: set[int] = set()
    found = []
    for group in groups:
        offered = group.get("labels")
        said = [_place(label, places) for label in offered] if isinstance(offered, list) else []
        mine = dict.fromkeys(place for place in said if 0 <= place < len(listed) and place not in taken)
        taken.update(mine)
        found.append(tuple(listed[place] for place in mine))
    return found


def _place(said: object, places: Mapping[str, int]) -> int:
    """Which label is meant: a number, or the label itself where a prompt in words of its own asked for it; -1 for
    none."""
    if isinstance(said, int) and not isinstance(said, bool):
        return said - 1
    text = str(said).strip()
    if (place := places.get(folded(text))) is not None:
        return place
    return int(text) - 1 if text.isdecimal() and len(text) < 9 else -1


def _line(value: object) -> str:
    """A text on one line."""
    return " ".join(str(value).split())


def _folded(name: str) -> str:
    """A name for comparing. Longer names are cut to the length that the model could give."""
    return folded(_line(name)[:LABEL_CHARS])
