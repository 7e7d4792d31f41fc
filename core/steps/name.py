"""Step 2b: the labels are merged into K named clusters. One request for the whole run."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from pydantic import TypeAdapter

from core.domain import RESERVED, UNCLEAR, Cluster, Corpus, Failed, folded
from core.engine.requests import Answer, Ask, Outcome, Work, call_key
from core.models.roles import TextModel

ITEM = "*"
"""The id of the one item of this step."""
_CLUSTERS: TypeAdapter[tuple[Cluster, ...]] = TypeAdapter(tuple[Cluster, ...])


def work(
    model: TextModel,
    criterion: str,
    contents: Mapping[str, str],
    labels: Mapping[str, str],
    k: int,
    given: Sequence[str],
) -> list[Work]:
    """contents and labels: item id -> what is known of it; their order does not matter."""
    whole = sorted((contents[item], labels[item]) for item in contents)
    content = hashlib.sha256(json.dumps(whole).encode()).hexdigest()
    prompt = f"{model.prompts.get('name', '')}\n{criterion}\n{k}"
    return [Work(ITEM, call_key(model=model.id, prompt=prompt, content=content, choices=given))]


def ask(model: TextModel, criterion: str, k: int, given: Sequence[str], load: Callable[[], Corpus]) -> Ask:
    """load: gives the whole labelled corpus, in an order that depends on its content only."""

    def call(batch: Sequence[Work]) -> list[Answer | Failed]:
        clusters = model.name(load(), criterion, k, given)
        if isinstance(clusters, Failed):
            return [clusters]
        return [Answer(write(clusters), text=", ".join(cluster.name for cluster in clusters))]

    return call


def from_labels(labels: Mapping[str, str], k: int, given: Sequence[str], model: str) -> Outcome | None:
    """Clusters called after the given names and the most frequent labels, for when a model gave no usable ones: hints
    that ask for better names. None where there are too few distinct labels.

    labels: item id -> label. model: id of the model that was asked, which may be asked again.
    """
    counts = Counter(" ".join(label.split()) for label in labels.values())
    taken = {UNCLEAR, *RESERVED, *map(folded, given)}
    names = list(given)
    for label, _ in sorted(counts.items(), key=lambda counted: (-counted[1], counted[0])):
        if label and folded(label) not in taken:
            taken.add(folded(label))
            names.append(label)
    if len(names) < k:
        return None
    clusters = [
        Cluster(f"c{place}", name, labels=(name,) if name in counts else (), needs_name=name not in given)
        for place, name in enumerate(names[:k], start=1)
    ]
    content = hashlib.sha256(json.dumps(sorted(counts.items())).encode()).hexdigest()
    key = call_key(model=f"most frequent labels/1+{model}", prompt=str(k), content=content, choices=given)
    return Outcome(Work(ITEM, key), Answer(write(clusters), asked=False))


def write(clusters: Sequence[Cluster]) -> str:
    return _CLUSTERS.dump_json(tuple(clusters)).decode()


def read(value: str) -> tuple[Cluster, ...]:
    return _CLUSTERS.validate_json(value)
