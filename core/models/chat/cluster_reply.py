"""The reply to step 2b: what form is asked for, and the clusters that it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.domain import RESERVED, Cluster
from core.models.chat.replies import read_json, text_schema
from core.models.chat.send import LABEL_CHARS

_MEANING_CHARS = 200


def groups_schema(k: int) -> dict[str, Any]:
    """JSON Schema of k named groups; an object around the list, as some servers take nothing else."""
    fields = {"name": text_schema(LABEL_CHARS), "meaning": text_schema(_MEANING_CHARS, least=0)}
    labels = {"type": "array", "items": text_schema(LABEL_CHARS)}
    group = {
        "type": "object",
        "properties": {**fields, "labels": labels},
        "required": ["name", "meaning", "labels"],
        "additionalProperties": False,
    }
    groups = {"type": "array", "items": group, "minItems": k, "maxItems": k}
    return {"type": "object", "properties": {"groups": groups}, "required": ["groups"], "additionalProperties": False}


def read_clusters(text: str, k: int, given: Sequence[str], counts: Mapping[str, int]) -> list[Cluster] | str:
    """The clusters in a reply, the given ones first, or what is wrong with it."""
    value = read_json(text)
    if isinstance(value, dict):  # {"groups": [...]} or {"name": ...} for K = 1
        lists = [one for one in value.values() if isinstance(one, list) and one and isinstance(one[0], dict)]
        value = lists[0] if lists else [value]
    if not isinstance(value, list):
        return "it held no JSON list"
    groups = [one for one in value if isinstance(one, dict) and str(one.get("name", "")).strip()]
    names = [_line(one["name"])[:LABEL_CHARS].strip() for one in groups]
    if len(names) != k:
        return f"it held {len(names)} groups instead of {k}"
    folded = [_folded(name) for name in names]
    if len(set(folded)) < k:
        return "two groups had the same name"
    if kept := [name for name in names if name.casefold() in RESERVED]:
        return f"a group was called “{kept[0]}”, which is what images without a group are called"
    missing = [name for name in given if _folded(name) not in folded]
    if missing:
        return f"these groups were missing: {', '.join(missing)}"
    spelled = {_folded(name): name for name in given}
    known = {label.casefold(): label for label in counts}
    taken: set[str] = set()
    clusters = []
    for group, name in zip(groups, names, strict=True):
        offered = group.get("labels")
        said = [str(one).casefold().strip() for one in offered] if isinstance(offered, list) else []
        labels = tuple(dict.fromkeys(known[one] for one in said if one in known and one not in taken))
        taken.update(label.casefold() for label in labels)
        name = spelled.get(_folded(name), name)
        clusters.append(Cluster("", name, _line(group.get("meaning") or ""), labels))
    clusters.sort(key=lambda cluster: list(given).index(cluster.name) if cluster.name in given else len(given))
    return [replace(cluster, id=f"c{number}") for number, cluster in enumerate(clusters, start=1)]


def _line(value: object) -> str:
    """A text on one line."""
    return " ".join(str(value).split())


def _folded(name: str) -> str:
    """A name for comparing; of one that is longer than names may be, what the model could give."""
    return _line(name)[:LABEL_CHARS].strip().casefold()
