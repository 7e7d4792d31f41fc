"""Step 3: each image is assigned to one of the clusters, or honestly to none."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

from pydantic import TypeAdapter

from core.domain import Assignment, Cluster, Corpus, Failed
from core.engine.requests import Answer, Ask, Work, key_of
from core.models.roles import TextModel
from core.steps import name

_ASSIGNMENT: TypeAdapter[Assignment] = TypeAdapter(Assignment)


def work(
    model: TextModel,
    criterion: str,
    contents: Mapping[str, str],
    labels: Mapping[str, str],
    clusters: Sequence[Cluster],
) -> list[Work]:
    """contents and labels: item id -> what is known of it; a content of "" asks about the label alone. The clusters as
    they stand are the allowed answers."""
    prompt = f"{model.prompts.get('assign', '')}\n{criterion}"
    choices = [hashlib.sha256(name.write([cluster]).encode()).hexdigest() for cluster in clusters]
    key = key_of(model=model.id, prompt=prompt, choices=choices)
    return [Work(item, key(f"{content}\n{labels[item]}")) for item, content in contents.items()]


def ask(model: TextModel, criterion: str, clusters: Sequence[Cluster], load: Callable[[Sequence[str]], Corpus]) -> Ask:
    """load: item ids -> their labelled descriptions."""

    def call(batch: Sequence[Work]) -> list[Answer | Failed]:
        assignments = model.assign(load([item.item_id for item in batch]), criterion, clusters)
        names = {cluster.id: cluster.name for cluster in clusters}
        return [
            assignment if isinstance(assignment, Failed) else Answer(write(assignment), text=_shown(assignment, names))
            for assignment in assignments
        ]

    return call


def _shown(assignment: Assignment, names: Mapping[str, str]) -> str:
    if assignment.undecided:
        return "to be told from its description"
    return names[assignment.cluster_id] if assignment.cluster_id else f"Unassigned ({assignment.answer})"


def write(assignment: Assignment) -> str:
    return _ASSIGNMENT.dump_json(assignment).decode()


def read(value: str) -> Assignment:
    return _ASSIGNMENT.validate_json(value)
