"""Into what a group may be split: by the labels in it, or by what was measured on its images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.domain import folded
from core.models.embedding.kept import KeptVectors
from core.models.model_spec import BUILTIN
from core.models.registry import How
from core.pipeline import draft as drafts
from core.pipeline.run_models import text_models_of
from core.results import decisions
from core.results.edits import Part
from core.results.run_view import Query, View
from core.steps.item_answers import RunAnswers
from core.steps.plan import Plan
from core.store import Store
from core.store.runs import RunRow

MOST_PARTS = 8
Member = tuple[str, str]
"""(item id, label)."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """A part that a group may be split into.

    Attributes:
        items: ids of its images, the most typical first.
        labels: where it is the images with these labels, these.
        inside: how many of each label it takes.
    """

    name: str
    items: tuple[str, ...]
    labels: tuple[str, ...] = ()
    inside: Mapping[str, int] = field(default_factory=dict)

    def part(self, cluster_id: str, name: str) -> Part:
        """The edit's part, under this id and name."""
        return Part(cluster_id, name, self.labels, () if self.labels else self.items, self.inside)


def members(store: Store, run: RunRow, cluster_id: str) -> list[Member]:
    """What a cluster holds: as images were sorted, or as they would be now."""
    if "assign" in store.answers.step_counts(run.id):
        rows = View(store, run.id).rows(Query(cluster_id=cluster_id, order="sure"))
        return [(row.item_id, row.label) for row in rows]
    edited = decisions.clusters(store, run.id)
    return drafts.draft(store, run, edited, drafts.chosen(store, run, edited.asked)).members(cluster_id)


def by_labels(store: Store, own: Sequence[Member], n: int, taken: Collection[str] = ()) -> list[Proposed]:
    """At most n parts, the largest first: the commonest labels, each with the others that lie nearest to it.

    taken: names that parts may not have.
    """
    counts = Counter(label for _, label in own if label)
    ranked = sorted(counts, key=lambda label: (-counts[label], label))
    seeds, rest = ranked[:n], ranked[n:]
    home = {label: label for label in seeds}
    if rest and seeds:
        vectors = KeptVectors(store.text_vectors)
        nearest = (vectors(rest) @ vectors(seeds).T).argmax(axis=1)
        home |= {label: seeds[int(place)] for label, place in zip(rest, nearest, strict=True)}
    found = []
    for seed in seeds:
        labels = tuple(label for label in ranked if home[label] == seed)
        items = tuple(item for item, label in own if home.get(label) == seed)
        found.append(Proposed(seed, items, labels, {label: counts[label] for label in labels}))
    return _named(sorted(found, key=lambda part: -len(part.items)), taken)


def by_pictures(
    store: Store, run: RunRow, own: Sequence[Member], n: int, taken: Collection[str] = ()
) -> list[Proposed]:
    """At most n parts, the largest first, by what the built-in engine measured on the images, or, where it measured
    nothing, by their descriptions. Asks nobody."""
    n = min(n, len(own))
    if n < 1:
        return []
    models = text_models_of(replace(run.settings, text=BUILTIN, fallback=""), How(keeper=store.text_vectors))
    items = sorted(item for item, _ in own)
    answers = RunAnswers(store.answers, run.id)
    labels, described = answers.labels(items), answers.descriptions(items)
    items = [item for item in items if item in labels and item in described]
    corpus = Plan(models, run.settings, answers).corpus(items, labelled=True)
    clusters = models.text.name(corpus, run.settings.criterion, min(n, len(items)))
    if not isinstance(clusters, list) or not items:
        return []
    placed = models.text.assign(corpus, run.settings.criterion, clusters)
    homes = {item: getattr(said, "cluster_id", None) for item, said in zip(items, placed, strict=True)}
    found = []
    for cluster in clusters:
        first = {item: rank for rank, item in enumerate(cluster.examples)}
        inner = [(item, label) for item, label in own if homes.get(item) == cluster.id]
        inner.sort(key=lambda member: first.get(member[0], len(first)))
        inside = Counter(label for _, label in inner)
        found.append(Proposed(cluster.name, tuple(item for item, _ in inner), (), dict(inside.most_common())))
    return _named(sorted((part for part in found if part.items), key=lambda part: -len(part.items)), taken)


def _named(parts: Sequence[Proposed], taken: Collection[str]) -> list[Proposed]:
    """The parts under names that nothing else has."""
    used, out = {folded(name) for name in taken}, []
    for part in parts:
        name, number = part.name, 2
        while folded(name) in used:
            name, number = f"{part.name} {number}", number + 1
        used.add(folded(name))
        out.append(replace(part, name=name))
    return out
