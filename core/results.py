"""What a run says, put together: the clusters as the person left them, and every item with where it belongs and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from core import edits as editing
from core.domain import Assignment, Cluster, Source, Step
from core.edits import EDIT, Edit, Edited
from core.errors import BadInput
from core.evaluate.metrics import score
from core.ingest.source import RECORD_TRUTH
from core.models.embedder import embed
from core.steps import assign, describe, label, name
from core.store import Store
from core.store.runs import RunRow

UNASSIGNED = "Unassigned"
State = Literal["assigned", "unassigned", "failed", "pending"]


@dataclass(frozen=True, slots=True)
class Row:
    """One item of a run. cluster is None unless assigned; reason: why it failed, or what the model answered instead.

    earlier: the assignment was made under earlier names and an edit since touched it.
    """

    item_id: str
    name: str
    state: State
    cluster: Cluster | None
    source: Source
    confidence: float | None
    probabilities: Mapping[str, float]
    description: str
    label: str
    truth: str
    reason: str = ""
    earlier: bool = False


def get_run(store: Store, run_id: str) -> RunRow:
    """The run, or BadInput with a sentence for the person."""
    run = store.runs.get(run_id)
    if run is None:
        raise BadInput("This run does not exist (any more). Choose another one or start a new one.")
    return run


def proposal(store: Store, run_id: str) -> tuple[Cluster, ...]:
    """The clusters as the model proposed them; empty before the name step."""
    values = store.answers.values(run_id, "name")
    return name.read(values[name.ITEM]) if name.ITEM in values else ()


def first_names(store: Store, run_id: str) -> tuple[Cluster, ...]:
    """Groups of a first sample, to look at while the rest is described; empty before, and once all have names."""
    values = store.answers.values(run_id, "first names")
    return name.read(values[name.ITEM]) if name.ITEM in values and not proposal(store, run_id) else ()


def clusters(store: Store, run_id: str) -> Edited:
    """The clusters as they stand after the person's edits."""
    return editing.apply(proposal(store, run_id), [EDIT.validate_json(row.value) for row in store.runs.edits(run_id)])


def assignments(store: Store, run_id: str) -> dict[str, Assignment]:
    """Item id -> what the model decided; a person's moves are not in it."""
    return {item: assign.read(value) for item, value in store.answers.values(run_id, "assign").items()}


def preview_edit(store: Store, run_id: str, edit: Edit) -> list[str]:
    """The ids of the assignments an edit would put out of date. Raises BadInput when it cannot be applied."""
    state = clusters(store, run_id)
    editing.apply(state.clusters, [edit])
    assigned = assignments(store, run_id)
    if not assigned:
        return []
    nearer = _nearer(store, run_id, edit.name, state, assigned) if isinstance(edit, editing.Add) else set()
    return editing.stale_items(edit, state, assigned, lambda item, _: item in nearer)


def add_edit(store: Store, run_id: str, edit: Edit) -> int:
    """Record a person's decision; return how many assignments it put out of date. Raises BadInput."""
    stale = preview_edit(store, run_id, edit)
    store.runs.add_edit(run_id, EDIT.dump_json(edit).decode(), stale)
    return len(stale)


def _nearer(store: Store, run_id: str, new: str, state: Edited, assigned: Mapping[str, Assignment]) -> set[str]:
    """Items whose label lies nearer to the name `new` than to the name of the cluster they are in."""
    labels = {item: label.read(value) for item, value in store.answers.values(run_id, "label").items()}
    where = {item: state.resolve(one.cluster_id) for item, one in assigned.items() if item in labels}
    names = [cluster.name for cluster in state.clusters] + [new]
    vectors = embed(names)
    place = {cluster.id: vectors[row] for row, cluster in enumerate(state.clusters)}
    distinct = sorted(set(labels.values()))
    by_label = dict(zip(distinct, embed(distinct), strict=True))
    return {
        item
        for item, cluster in where.items()
        if cluster and by_label[labels[item]] @ vectors[-1] > by_label[labels[item]] @ place[cluster]
    }


def rows(store: Store, run_id: str) -> list[Row]:
    """Every ready item of a run's dataset, in the order given, with what the run says of it."""
    run = get_run(store, run_id)
    edited = clusters(store, run_id)
    by_id = {cluster.id: cluster for cluster in edited.clusters}
    per_image: tuple[Step, ...] = ("describe", "label", "assign")
    answers = {step: store.answers.values(run_id, step) for step in per_image}
    held = {step: store.answers.held(run_id, step) for step in per_image}
    truth = _truth(store, run)
    found = []
    for item in store.datasets.items(run.settings.dataset_id):
        key = item.item_id
        failure = next((held[step][key][1] for step in held if key in held[step] and held[step][key][1]), "")
        given = assign.read(answers["assign"][key]) if key in answers["assign"] else None
        chosen = edited.resolve(given.cluster_id) if given else None
        by_person = key in edited.moved
        if by_person:
            chosen = edited.moved[key]
        state: State = (
            "assigned" if chosen else "failed" if failure else "unassigned" if given or by_person else "pending"
        )
        found.append(
            Row(
                key,
                item.name,
                state,
                by_id[chosen] if chosen else None,
                "person" if by_person else "model" if chosen else "none",
                given.confidence if given and chosen and not by_person else None,
                _probabilities(given, edited),
                describe.read(answers["describe"][key]).text if key in answers["describe"] else "",
                label.read(answers["label"][key]) if key in answers["label"] else "",
                truth.get(key, ""),
                failure or (given.answer if given and not chosen else ""),
                bool(given) and held["assign"][key][2],
            )
        )
    return found


def _probabilities(given: Assignment | None, edited: Edited) -> dict[str, float]:
    """Cluster id -> probability under today's clusters: merged ones are added up, removed ones left out."""
    total: dict[str, float] = defaultdict(float)
    for cluster_id, probability in ((given.probabilities if given else None) or {}).items():
        now = edited.resolve(cluster_id)
        if now:
            total[now] += probability
    return dict(total)


def _truth(store: Store, run: RunRow) -> dict[str, str]:
    facets = store.datasets.facets(run.settings.dataset_id)
    facet = facet_of(run.settings.truth, facets)
    return store.datasets.truth(run.settings.dataset_id, facet) if facet else {}


def facet_of(address: str, facets: Sequence[str]) -> str:
    """The stored facet that a run's truth setting ("folder", "filename", "CSV[:COLUMN]", "") speaks of, or ""."""
    if not address:
        return RECORD_TRUTH if RECORD_TRUTH in facets else ""
    column = address.rsplit(":", 1)[-1]
    return next((facet for facet in (address, column) if facet in facets), "")


def sizes(found: Sequence[Row]) -> Counter[str]:
    """Cluster id -> how many items it holds."""
    return Counter(row.cluster.id for row in found if row.cluster)


def metrics(found: Sequence[Row]) -> dict[str, object] | None:
    """Scores over all rows with truth (see core.evaluate.metrics.score), or None when none has any."""
    known = [row for row in found if row.truth]
    if not known:
        return None
    predicted = [row.cluster.id if row.cluster else None for row in known]
    names = {row.cluster.id: row.cluster.name for row in known if row.cluster}
    return dict(score([row.truth for row in known], predicted, names, embed))
