"""What sorting would give now, while a person still works with the names: which image goes where, what groups hold.

Where sorting costs nothing (the built-in engine) it is done, and not saved. Of other models' groups, the members are
the images whose label is in the group.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.domain import EXAMPLES, Assignment, Cluster, RunSettings
from core.engine.requests import Answer
from core.models.model_spec import BUILTIN, ModelSpec
from core.models.registry import How
from core.pipeline.run_models import text_models_of
from core.results.edited import Edited
from core.results.run_view import View
from core.steps import assign
from core.steps.item_answers import RunAnswers
from core.steps.plan import NAMED_FROM, Models, Plan
from core.store import Store
from core.store.runs import RunRow

Chosen = Mapping[str, tuple[str | None, float]]
"""Item id -> the cluster that the model chooses for it, and how sure it is (0 where it does not say)."""


@dataclass(frozen=True, slots=True)
class Draft:
    """n items of a run as they would be sorted now.

    Attributes:
        items: their ids.
        labels: of each.
        places: of each the id of its cluster, "" for none.
        sure: of each how sure that is, 0 to 1; 0 where it is unknown.
    """

    items: Sequence[str]
    labels: Sequence[str]
    places: Sequence[str]
    sure: Sequence[float]

    def members(self, cluster_id: str) -> list[tuple[str, str]]:
        """(item id, label) of what a cluster holds, the surest first."""
        own = [row for row, place in enumerate(self.places) if place == cluster_id]
        return [(self.items[row], self.labels[row]) for row in sorted(own, key=lambda row: -self.sure[row])]

    def counted(self, clusters: Sequence[Cluster]) -> tuple[Cluster, ...]:
        """The clusters with their sizes, the labels inside and typical items as they are here."""
        out = []
        for cluster in clusters:
            own = self.members(cluster.id)
            inside = dict(sorted(Counter(label for _, label in own).items(), key=lambda of: (-of[1], of[0])))
            examples = tuple(item for item, _ in own[:EXAMPLES])
            out.append(replace(cluster, size=len(own), inside=inside, examples=examples))
        return tuple(out)


def is_free(settings: RunSettings) -> bool:
    """Whether sorting asks nobody outside this program."""
    return ModelSpec.parse(settings.text).kind == BUILTIN


def is_measured(store: Store, run: RunRow, models: Models) -> bool:
    """Whether the run holds what its text model knows how to use: a version before may have measured something else."""
    evidence = models.vision.evidence_id
    return evidence not in models.text.knows or evidence in store.answers.evidence_models(run.id)


def labelled(store: Store, run: RunRow) -> list[str]:
    """The items that groups are formed of: those with a label, or as many of them as that takes."""
    found = store.answers.answered(run.id, run.settings.dataset_id, "describe", "label")
    return sorted(found)[:NAMED_FROM]


def chosen(store: Store, run: RunRow, clusters: Sequence[Cluster]) -> Chosen | None:
    """What the run's text model chooses among these clusters; None where asking it costs anything, or where its images
    would be measured anew first."""
    if not is_free(run.settings):
        return None
    models = text_models_of(run.settings, How(keeper=store.text_vectors))
    if not is_measured(store, run, models):
        return None
    items = labelled(store, run)
    (stage,) = Plan(models, run.settings, RunAnswers(store.answers, run.id)).assign(items, clusters)
    requests = stage.requests(models.text, None)
    found: dict[str, tuple[str | None, float]] = {}
    for start in range(0, len(items), models.text.batch_size):
        work = requests.work[start : start + models.text.batch_size]
        for item, answer in zip(work, requests.ask(work), strict=True):
            given = assign.read(answer.value) if isinstance(answer, Answer) else Assignment(None)
            found[item.item_id] = (given.cluster_id, given.confidence or 0.0)
    return found


def draft(store: Store, run: RunRow, edited: Edited, found: Chosen | None) -> Draft:
    """Where images would be if they were sorted now. found: what `chosen` gives for `edited.asked`."""
    items = labelled(store, run)
    labels = RunAnswers(store.answers, run.id).labels(items)
    if found is None:
        homes = {label: cluster.id for cluster in reversed(edited.clusters) for label in cluster.labels}
        found = {item: (homes.get(labels[item]), 0.0) for item in items}
    said = [found.get(item, (None, 0.0)) for item in items]
    places = [edited.place_of(item, place, labels[item]) or "" for item, (place, _) in zip(items, said, strict=True)]
    return Draft(items, [labels[item] for item in items], places, [sure for _, sure in said])


def places_now(store: Store, run: RunRow, edited: Edited) -> dict[str, str]:
    """Item id -> the id of its cluster, "" for none: as the run is sorted, or as it would be."""
    if "assign" in store.answers.step_counts(run.id):
        return {row.item_id: row.cluster.id if row.cluster else "" for row in View(store, run.id).each()}
    found = draft(store, run, edited, chosen(store, run, edited.asked))
    return dict(zip(found.items, found.places, strict=True))
