"""A run as it stands: its clusters after the person's edits, and each item with its cluster and the reason."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from core.domain import STEPS, Assignment, Cluster, Source, Step, StepStats
from core.errors import BadInput
from core.evaluate.confusion import Confusion, from_counts, matching
from core.evaluate.intervals import intervals
from core.evaluate.metrics import score_table
from core.ingest.ground_truth import ALIKE
from core.ingest.source import RECORD_TRUTH
from core.models.baseline.recipe import is_baseline
from core.models.builtin.from_pixels.word_senses import word_senses
from core.models.model_spec import BUILTIN, ModelSpec
from core.results import decisions
from core.results.ranks import ranked
from core.steps import assign, name
from core.store import Store
from core.store.placements import Placement
from core.store.query import Between, Order, Query
from core.store.runs import RunRow

__all__ = ["EVERYTHING", "Between", "Order", "Query", "Row", "View"]

EVERYTHING = Query()
_ALL = 2**62
State = Literal["assigned", "unassigned", "failed", "pending"]
STATES: tuple[State, ...] = ("assigned", "unassigned", "failed", "pending")


@dataclass(frozen=True, slots=True)
class Row:
    """One item of a run. cluster is None unless assigned;

    Attributes:
        reason: why it failed, or what the model answered instead.
        earlier: the assignment was made under earlier names and an edit since touched it.
    """

    item_id: str
    name: str
    state: State
    cluster: Cluster | None
    source: Source
    confidence: float | None
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


def models_that_answered(store: Store, run_id: str) -> dict[Step, list[str]]:
    """Step -> the ids of the models whose answers the run holds, whatever would be asked today."""
    found = store.answers.models(run_id)
    return {step: found.get(step, []) for step in STEPS}


def evidence_used(store: Store, run: RunRow) -> list[str]:
    """The ids of the evidence that the run's clusters were formed from; empty where its text model read texts alone.

    Runs of an earlier version did not keep them: for these it is all that is known of their images.
    """
    settings = run.settings
    if is_baseline(settings.text):
        return list(run.stats.get("describe", StepStats()).evidence)
    kinds = {ModelSpec.parse(settings.vision).kind, ModelSpec.parse(settings.text).kind}
    if kinds != {BUILTIN} or settings.records:
        return []
    described = run.stats.get("describe", StepStats())
    return list(described.evidence) or store.answers.evidence_models(run.id)


def first_names(store: Store, run_id: str) -> tuple[Cluster, ...]:
    """Groups of a first sample, to look at while the rest is described; empty before, and once all have names."""
    value = store.answers.value(run_id, "first names", name.ITEM)
    return name.read(value) if value and not decisions.proposal(store, run_id) else ()


def assignments(store: Store, run_id: str, items: Sequence[str] | None = None) -> dict[str, Assignment]:
    """Item id -> what the model decided, for all or some; a person's moves are not in it."""
    return {item: assign.read(value) for item, value in store.answers.values(run_id, "assign", items).items()}


class View:
    """A run as it stands now, to look up, count and page through; nothing is loaded before it is asked for."""

    def __init__(self, store: Store, run_id: str) -> None:
        """Raises BadInput when there is no such run."""
        self.run = get_run(store, run_id)
        self.edited = decisions.clusters(store, run_id)
        self._store = store
        self._by_id = {cluster.id: cluster for cluster in self.edited.clusters}
        dataset = self.run.settings.dataset_id
        store.placements.refresh(
            run_id,
            dataset,
            facet_of(self.run.settings.truth, store.datasets.facets(dataset)),
            self.edited.decisions,
        )

    def rows(self, query: Query = EVERYTHING, limit: int = _ALL, offset: int = 0) -> list[Row]:
        """The items of a query from place `offset` on, in its order."""
        query = self._matched(query)
        order = self._ranked(query)
        if order is None:
            return self._rows(self._store.placements.search(self.run.id, query, limit, offset))
        wanted = order[max(offset, 0) : max(offset, 0) + limit].tolist()
        found = self._store.placements.search(self.run.id, Query(positions=tuple(wanted)), len(wanted))
        place = {position: number for number, position in enumerate(wanted)}
        return self._rows(sorted(found, key=lambda placement: place[placement.position]))

    def each(self, query: Query = EVERYTHING, at_once: int = 20_000) -> Iterator[Row]:
        """The items of a query in the order given; a large run is never held whole, and none is passed over twice."""
        query = replace(self._plain(query), order="given")
        while part := self._store.placements.search(self.run.id, query, at_once):
            yield from self._rows(part)
            query = replace(query, after=part[-1].position)

    def examples(self, number: int) -> list[Row]:
        """The surest items of each cluster, and of each state outside all clusters, the surest first."""
        return self._rows(self._store.placements.examples(self.run.id, number))

    def _rows(self, found: Sequence[Placement]) -> list[Row]:
        return [
            Row(
                placement.item_id,
                placement.name,
                cast(State, placement.state),
                self._by_id[placement.cluster_id] if placement.cluster_id else None,
                cast(Source, placement.source),
                placement.confidence,
                placement.description,
                placement.label,
                placement.truth,
                placement.reason,
                placement.earlier,
            )
            for placement in found
        ]

    def count(self, query: Query = EVERYTHING) -> int:
        query = replace(self._matched(query), like=None)
        order = self._ranked(query)
        return self._store.placements.count(self.run.id, query) if order is None else len(order)

    def ids(self, query: Query = EVERYTHING) -> list[str]:
        """The ids of a query's items, in the order given."""
        return self._store.measures.items(self.run.id, self._plain(query))

    def place(self, query: Query, item_id: str) -> int | None:
        """How many items of a query come before this one; None when it is not among them."""
        query = self._matched(query)
        order = self._ranked(query)
        if order is None:
            return self._store.placements.place(self.run.id, query, item_id)
        own = self._store.placements.search(self.run.id, Query(ids=(item_id,)), 1)
        places = [] if not own else (order == own[0].position).nonzero()[0].tolist()
        return places[0] if places else None

    def _ranked(self, query: Query) -> NDArray[np.int64] | None:
        once: dict[str, list[str]] = defaultdict(list)
        for known, now in self.edited.today().items():
            once[now].append(known)
        return ranked(self._store, self.run, query, once)

    def _matched(self, query: Query) -> Query:
        """The query with which ground truth each cluster is matched to, where it asks for what is right."""
        if query.right is None:
            return query
        table = self.confusion()
        pairs = [
            (table.classes[row], table.clusters[column] or "") for row, column in matching(table, self.by_hand).items()
        ]
        return replace(query, pairs=tuple(pairs))

    def _plain(self, query: Query) -> Query:
        """The same items by what the table holds alone."""
        query = replace(self._matched(query), like=None)
        order = self._ranked(query)
        return query if order is None else replace(query, between=None, copies=False, positions=tuple(order.tolist()))

    def states(self) -> Counter[str]:
        """State -> how many items."""
        found: Counter[str] = Counter()
        for (state, _), number in self._store.placements.counts(self.run.id).items():
            found[state] += number
        return found

    def sizes(self) -> Counter[str]:
        """Cluster id -> how many items it holds."""
        counts = self._store.placements.counts(self.run.id)
        return Counter({cluster: number for (_, cluster), number in counts.items() if cluster})

    def files(self, query: Query = EVERYTHING) -> Counter[str]:
        """Cluster id, or state outside all clusters, -> how many files of a query there are, duplicates included."""
        counts = self._store.placements.files(self.run.id, self._plain(query))
        return Counter({cluster or state: number for (state, cluster), number in counts.items()})

    def file_names(self, query: Query = EVERYTHING) -> list[str]:
        """What these files are called."""
        return self._store.placements.file_names(self.run.id, self._plain(query))

    def filed(self, query: Query, at_once: int = 5_000) -> Iterator[tuple[str, str, str]]:
        """(item id, file name, cluster id or state outside all clusters) of these files, in the order given; a large
        run is never held whole."""
        last, query = -1, self._plain(query)
        while part := self._store.placements.filed(self.run.id, query, last, at_once):
            yield from ((item, file, cluster or state) for _, item, file, state, cluster in part)
            last = part[-1][0]

    def earlier(self) -> int:
        """How many images were assigned under earlier names that an edit has changed since."""
        return self._store.placements.earlier(self.run.id)

    def labels(self) -> list[tuple[str, str, int]]:
        """(cluster id or "", label, how many items), the commonest label first."""
        found = self._store.placements.frequent(self.run.id, "label")
        return [(cluster, value, number) for _, cluster, value, number in found]

    def answers(self) -> list[tuple[str, int]]:
        """What the model said of unassigned items instead of a cluster's name, the most frequent first."""
        found = self._store.placements.frequent(self.run.id, "reason")
        return [(value, number) for state, _, value, number in found if state == "unassigned"]

    def probabilities(self, item_id: str) -> dict[str, float]:
        """Cluster id -> probability of one item under today's clusters: merged ones added up, removed ones left out."""
        return self.shares([item_id]).get(item_id, {})

    def shares(self, items: Sequence[str]) -> dict[str, dict[str, float]]:
        """Item id -> as `probabilities`, for the items of which the model gave any."""
        found = self._store.measures.probabilities(self.run.id, items)
        return {item: self.edited.chances(given) for item, given in found.items()}

    @property
    def by_hand(self) -> dict[str, str]:
        """Label -> the cluster that a person matched it to."""
        column, own = self.run.settings.truth, self.edited.matched.items()
        return {label: now for (of, label), to in own if of == column and (now := self.edited.resolve(to))}

    @property
    def relabelled(self) -> dict[str, tuple[str, str]]:
        """Item id -> (given label, the one that a person says it has), for the labels that the run is compared with."""
        column = self.run.settings.truth
        return {item: said for (of, item), said in self.edited.relabelled.items() if of == column}

    def confusion(self, corrected: bool = False) -> Confusion:
        """How many items with ground truth of each class are in each cluster.

        corrected: with the labels as a person corrected them, in place of the given ones.
        """
        counts = Counter(
            {(name, cluster or None): n for name, cluster, n in self._store.placements.confusion(self.run.id)}
        )
        changed = {item: new for item, (old, new) in self.relabelled.items() if old != new} if corrected else {}
        for row in self.rows(Query(ids=tuple(changed))) if changed else ():
            cluster = row.cluster.id if row.cluster else None
            if counts[row.truth, cluster] > 0:  # else it is not scored
                counts[row.truth, cluster] -= 1
                counts[changed[row.item_id], cluster] += 1
        return from_counts({key: number for key, number in counts.items() if number})

    def metrics(self, corrected: bool = False) -> dict[str, Any] | None:
        """Scores over all items with ground truth (see core.evaluate.metrics.score) with their 95 % intervals, or None
        when none has any. corrected: see `confusion`."""
        table = self.confusion(corrected)
        if not table.classes:
            return None
        names = {cluster.id: cluster.name for cluster in self.edited.clusters if cluster.id in table.clusters}
        hints = {cluster.id for cluster in self.edited.clusters if cluster.needs_name}
        scores = score_table(table, names, word_senses(), hints, self.by_hand)
        return scores | {"intervals": intervals(table, by_hand=self.by_hand)}

    def all_metrics(self) -> dict[str, Any] | None:
        """What metrics.json holds: the scores against the given labels and, where a person corrected any, those
        against the corrected ones under "corrected"."""
        scores, changed = self.metrics(), sum(old != new for old, new in self.relabelled.values())
        if scores is None:
            return None
        again = {"labels": changed, **(self.metrics(corrected=True) or {})} if changed else None
        return scores | {"corrected": again}


def rows(store: Store, run_id: str) -> list[Row]:
    """Every ready item of a run's dataset, in the order given, with what the run says of it."""
    return View(store, run_id).rows()


def facet_of(address: str, facets: Sequence[str]) -> str:
    """The stored facet that a run's truth setting ("folder", "filename", "CSV[:COLUMN]", "") speaks of, or ""."""
    if not address:
        return RECORD_TRUTH if RECORD_TRUTH in facets else ""
    column = (ALIKE if address.startswith(ALIKE) else "") + address.rsplit(":", 1)[-1]
    return next((facet for facet in (address, column) if facet in facets), "")
