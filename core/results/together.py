"""All runs over a dataset side by side: how far they agree, how they score, and what they say together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from core.errors import BadInput
from core.evaluate.confusion import Confusion, from_counts, matching
from core.evaluate.intervals import intervals
from core.evaluate.metrics import agreement
from core.results.compare import Spent, spent
from core.results.run_view import View
from core.results.selection import REST
from core.store import Store

MOST = 20
"""Runs that are set side by side, the newest: the matrix has a field for each pair."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A run against one column of ground truth.

    Attributes:
        n: images with a class. assigned: how many of them are in a group.
        scores: "acc", "nmi", "ari"; Unassigned is one more cluster that is matched to no class.
        intervals: of each score the bootstrap 95 % interval (see core.evaluate.intervals).
    """

    run_id: str
    n: int
    assigned: int
    scores: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    took: Spent


@dataclass(frozen=True, slots=True)
class Consensus:
    """What several runs say together. groups: item id -> (name of its group or "", share of the runs that say so).
    disputed: how many images not all of them put into the same group."""

    groups: Mapping[str, tuple[str, float]]
    disputed: int


Said = tuple[str, ...]
"""What each of several runs says of an image: the id of a group of the first run, "" for none of them."""


@dataclass(frozen=True, slots=True)
class Zone:
    """Images of which several runs say the same different things. names: of the groups in `said`; items: their ids."""

    said: Said
    names: tuple[str, ...]
    items: tuple[str, ...]


def views_of(store: Store, dataset_id: str) -> list[View]:
    """The newest runs whose images are sorted, at most MOST, each brought up to date."""
    runs = [run for run in store.runs.of_dataset(dataset_id) if "assign" in store.answers.step_counts(run.id)]
    return [View(store, run.id) for run in runs[:MOST]]


def agreements(store: Store, runs: Sequence[str]) -> dict[tuple[str, str], float]:
    """(run, another) -> ARI over the images that both have sorted, both ways; 1 with itself."""
    found = {(run, run): 1.0 for run in runs}
    for one, other in combinations(runs, 2):
        value, _ = agreement_of(store, one, other)
        found[one, other] = found[other, one] = value
    return found


def leaderboard(store: Store, views: Sequence[View], facet: str) -> list[Standing]:
    """Each run against a column of ground truth, the highest ARI first; runs without a labelled image are left out."""
    found = []
    for view in views:
        counts = store.placements.against(view.run.id, view.run.settings.dataset_id, facet)
        if counts:
            table = from_counts({(name, cluster or None): number for name, cluster, number in counts})
            found.append(_standing(view, table))
    return sorted(found, key=lambda one: (-one.scores["ari"], -one.scores["acc"]))


def zones(store: Store, runs: Sequence[str]) -> list[Zone]:
    """Where these runs do not all say the same, by what each of them says; the zone with most images first. Raises
    BadInput for fewer than two runs."""
    found: dict[Said, list[str]] = {}
    for item, said in _votes(store, runs).items():
        if len(set(said)) > 1:
            found.setdefault(said, []).append(item)
    names = _names(store, runs[0])
    known = [Zone(said, tuple(names.get(group, "") for group in said), tuple(own)) for said, own in found.items()]
    return sorted(known, key=lambda zone: (-len(zone.items), zone.said))


def consensus(
    store: Store, runs: Sequence[str], trusted: str = "", by_zone: Mapping[Said, str] | None = None
) -> Consensus:
    """What these runs say of each image, in the groups of the first: each run's groups are matched to them by most
    images in common, and most runs decide; where as many say one as another, the run that comes first.

    Args:
        trusted: the run that decides alone where not all agree; "" for most of them.
        by_zone: `Zone.said` -> the run that decides there, whoever decides elsewhere.

    Raises BadInput for fewer than two runs.
    """
    names, found, disputed = _names(store, runs[0]) if runs else {}, {}, 0
    for item, said in _votes(store, runs).items():
        whom = (by_zone or {}).get(said, trusted)
        group, share = _decided(said, runs.index(whom) if whom in runs else -1)
        disputed += len(set(said)) > 1
        found[item] = (names.get(group, ""), share)
    return Consensus(found, disputed)


def _votes(store: Store, runs: Sequence[str]) -> dict[str, Said]:
    """Item id -> what each run says of it, for the items that all of them have sorted."""
    if len(runs) < 2:
        raise BadInput("A consensus needs at least two runs.")
    View(store, runs[0])
    votes: dict[str, list[str]] = {}
    for run in runs:
        View(store, run)  # which brings its placements up to date
        home = _matched(store, runs[0], run)
        for item, _, group in store.placements.groups(run):
            votes.setdefault(item, []).append(home.get(group, ""))
    return {item: tuple(said) for item, said in votes.items() if len(said) == len(runs)}


def _names(store: Store, run: str) -> dict[str, str]:
    return {cluster.id: cluster.name for cluster in View(store, run).edited.clusters}


def _decided(said: Said, trusted: int) -> tuple[str, float]:
    """The group that is decided for, and the share of the votes for it."""
    counts = Counter(said)
    if trusted >= 0 and len(counts) > 1:
        group = said[trusted]
    else:
        group = max(counts, key=lambda one: (counts[one], -said.index(one)))
    return group, counts[group] / len(said)


def _matched(store: Store, first: str, run: str) -> dict[str, str]:
    """Group of a run -> group of the first run that it is; those that are none are left out."""
    if run == first:
        return {group: group for _, _, group in store.placements.groups(first) if group not in REST}
    counts: dict[tuple[str, str | None], int] = {
        (one, other): number
        for one, other, number in store.placements.flow(first, run)
        if one not in REST and other not in REST
    }
    if not counts:
        return {}
    table = from_counts(counts)
    return {str(table.clusters[column]): table.classes[row] for row, column in matching(table).items()}


def agreement_of(store: Store, one: str, other: str) -> tuple[float, int]:
    """(ARI, how many images both runs have sorted); 0 where there are none."""
    left_out = REST.keys() - {"unassigned"}
    counts = {
        (here, None if there == "unassigned" else there): number
        for here, there, number in store.placements.flow(one, other)
        if not left_out & {here, there}
    }
    return (agreement(from_counts(counts))["ari"] if counts else 0.0), sum(counts.values())


def _standing(view: View, table: Confusion) -> Standing:
    n = int(table.counts.sum())
    named = [place for place, cluster in enumerate(table.clusters) if cluster is not None]
    right = sum(int(table.counts[row, column]) for row, column in matching(table).items())
    scores = {"acc": right / n, **agreement(table)}
    return Standing(
        view.run.id,
        n,
        int(table.counts[:, named].sum()),
        scores,
        intervals(table) or {},
        spent(view.run.stats),
    )
