"""Two runs over the same images, side by side: where the images of each group of one are in the other.

Runs by one criterion are versions of each other: groups correspond, were renamed, came or went, and images changed.
Runs by two criteria are crossed: each pair of groups is a field of the cross-tab, and there is nothing to correspond.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from core.domain import Cluster, RunSettings, StepStats, folded, same_name
from core.errors import BadInput
from core.evaluate.confusion import from_counts, matching
from core.evaluate.metrics import agreement
from core.models.baseline.recipe import is_baseline
from core.results.run_view import Query, View
from core.results.selection import REST
from core.store import Store
from core.store.flows import Flow

Pair = tuple[str, str]
"""A group of the first run and one of the second; a group is a cluster's id, or a state outside all clusters."""
_SORTED = "unassigned"
_NOT_COMPARED = ("dataset_id", "truth", "cap", "limit")
"""Settings that decide no answer, or that are said elsewhere."""


@dataclass(frozen=True, slots=True)
class Alone:
    """A group that corresponds to none of the other run. elsewhere: group there -> how many of its images, most
    first."""

    cluster: Cluster
    size: int
    elsewhere: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run has taken so far. cost: US dollars."""

    requests: int
    tokens: int
    seconds: float
    cost: float


@dataclass(frozen=True)
class Comparison:
    """See `compare`. flow: (group in the first, group in the second) -> how many of the images that both have."""

    store: Store
    first: View
    second: View
    flow: Mapping[Pair, int] = field(default_factory=dict)

    @property
    def crossed(self) -> bool:
        """Whether these are two criteria and not two versions of one grouping. A baseline has no criterion of its own:
        its groups correspond to those of any run that hold the same images."""
        one, other = self.first.run, self.second.run
        if is_baseline(one.settings.text) or is_baseline(other.settings.text):
            return False
        is_version = one.id == other.parent or other.id == one.parent
        return not is_version and not same_name(one.settings.criterion, other.settings.criterion)

    @property
    def images(self) -> int:
        """How many images both have."""
        return sum(self.flow.values())

    @cached_property
    def alone(self) -> tuple[int, int]:
        """How many images only the first has, and only the second."""
        return self.first.count() - self.images, self.second.count() - self.images

    @cached_property
    def sizes(self) -> tuple[Counter[str], Counter[str]]:
        """Group -> how many of the images that both have, in the first run and in the second."""
        here, there = Counter[str](), Counter[str]()
        for (one, other), number in self.flow.items():
            here[one] += number
            there[other] += number
        return here, there

    @cached_property
    def names(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Group -> what it is called, in the first run and in the second."""
        here, there = ({c.id: c.name for c in view.edited.clusters} for view in (self.first, self.second))
        return here | REST, there | REST

    @cached_property
    def matched(self) -> Mapping[str, str]:
        """Cluster of the first -> the cluster of the second that it is: of the same name, or with more than half of
        the images of both (the Hungarian matching of most overlap). Empty for two criteria."""
        if self.crossed:
            return {}
        by_name = {folded(cluster.name): cluster.id for cluster in self.second.edited.clusters}
        found = {
            cluster.id: by_name[folded(cluster.name)]
            for cluster in self.first.edited.clusters
            if folded(cluster.name) in by_name
        }
        here, there = self.sizes
        rest = self._overlapping(set(found), set(found.values()))
        return found | {
            one: other for one, other in rest.items() if 2 * self.flow[one, other] > max(here[one], there[other])
        }

    @cached_property
    def renamed(self) -> list[Pair]:
        """The corresponding clusters that are called otherwise, the largest first."""
        here, there = self.names
        pairs = [(a, b) for a, b in self.matched.items() if not same_name(here[a], there[b])]
        return sorted(pairs, key=lambda pair: -self.flow.get(pair, 0))

    @cached_property
    def gone(self) -> list[Alone]:
        """The clusters of the first that are none of the second, and where their images are now."""
        return self._alone(self.first, set(self.matched), side=0)

    @cached_property
    def new(self) -> list[Alone]:
        """The clusters of the second that are none of the first, and where their images were."""
        return self._alone(self.second, set(self.matched.values()), side=1)

    @cached_property
    def changed(self) -> tuple[Pair, ...]:
        """The fields of images that are in another group than before."""
        if self.crossed:
            return ()
        return tuple(
            (one, other)
            for one, other in self.flow
            if self.matched.get(one, "") != other and not _same_state(one, other)
        )

    def number(self, pairs: Sequence[Pair]) -> int:
        """How many images these fields hold."""
        return sum(self.flow.get(pair, 0) for pair in pairs)

    def each(self, at_once: int = 20_000) -> Iterator[tuple[str, str, str]]:
        """(file name, group in the first, in the second) of the images that both have, in the order given."""
        last = -1
        while part := self.store.placements.paired(self.first.run.id, self.second.run.id, last, at_once):
            yield from ((name, one, other) for _, name, one, other in part)
            last = part[-1][0]

    def query(self, pairs: Sequence[Pair], of: str = "") -> Query:
        """The images of these fields, as a question to the run of this id; to the first by default."""
        if of == self.second.run.id:
            return Query(flow=Flow(self.first.run.id, tuple((there, here) for here, there in pairs)))
        return Query(flow=Flow(self.second.run.id, tuple(pairs)))

    @cached_property
    def rows(self) -> list[str]:
        """The groups of the first run that hold images, the largest first; those outside all clusters last."""
        return _largest(self.sizes[0])

    @cached_property
    def columns(self) -> list[str]:
        """The groups of the second run that hold images: what a row corresponds to below it, then the largest; those
        outside all clusters last."""
        there = _largest(self.sizes[1])
        own = [self.matched[row] for row in self.rows if self.matched.get(row) in there]
        return own + [group for group in there if group not in own]

    @cached_property
    def agreement(self) -> dict[str, float | int]:
        """How far the two group the same way: images (that both have sorted), nmi and ari; Unassigned is one more
        group. What is failed or pending counts nowhere."""
        unsorted = REST.keys() - {_SORTED}
        kept = tuple(sorted((pair, number) for pair, number in self.flow.items() if not unsorted & {*pair}))
        return {"images": sum(number for _, number in kept), **(_agreement(kept) if kept else {})}

    def _overlapping(self, but_first: set[str], but_second: set[str]) -> dict[str, str]:
        """The matching with most images in common of the clusters that are not left out."""
        left_out = but_first | REST.keys(), but_second | REST.keys()
        kept: dict[tuple[str, str | None], int] = {
            (one, other): number
            for (one, other), number in self.flow.items()
            if one not in left_out[0] and other not in left_out[1]
        }
        if not kept:
            return {}
        table = from_counts(kept)
        return {table.classes[row]: str(table.clusters[column]) for row, column in matching(table).items()}

    def _alone(self, view: View, matched: set[str], side: int) -> list[Alone]:
        found = []
        for cluster in view.edited.clusters:
            if cluster.id not in matched and not self.crossed:
                spread = Counter(
                    {pair[1 - side]: number for pair, number in self.flow.items() if pair[side] == cluster.id}
                )
                found.append(Alone(cluster, spread.total(), dict(spread.most_common())))
        return sorted(found, key=lambda alone: -alone.size)


@lru_cache(maxsize=32)
def _agreement(flow: tuple[tuple[Pair, int], ...]) -> dict[str, float]:
    """Kept, as it takes as long as there are images, and a page is drawn anew at each click."""
    return agreement(from_counts({(one, None if other == _SORTED else other): number for (one, other), number in flow}))


def compare(store: Store, first: str, second: str) -> Comparison:
    """Compare two runs by the images that both have, whatever else each has. Raises BadInput where there are none."""
    if first == second:
        raise BadInput("These are the same run. Choose two that differ.")
    views = View(store, first), View(store, second)  # which brings their placements up to date
    found = Comparison(
        store, *views, {(one, other): number for one, other, number in store.placements.flow(first, second)}
    )
    if not found.flow:
        raise BadInput("These two runs have no images in common, so there is nothing to compare.")
    return found


def differing(first: RunSettings, second: RunSettings) -> list[tuple[str, Any, Any]]:
    """(setting, its value in the first, in the second) where these differ; "wording.sizes" is one inside another."""
    one, other = _flat(asdict(first)), _flat(asdict(second))
    return [(key, one[key], other[key]) for key in one if key not in _NOT_COMPARED and one[key] != other[key]]


def spent(stats: Mapping[str, StepStats]) -> Spent:
    """What all steps of a run took together."""
    steps = list(stats.values())
    return Spent(
        sum(step.requests for step in steps),
        sum(step.prompt_tokens + step.completion_tokens for step in steps),
        sum(step.seconds for step in steps),
        sum(step.cost for step in steps),
    )


def _flat(values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        found |= _flat(value, f"{before}{key}.") if isinstance(value, dict) else {f"{before}{key}": value}
    return found


def _same_state(one: str, other: str) -> bool:
    return one == other and one in REST


def _largest(sizes: Counter[str]) -> list[str]:
    groups = [group for group, _ in sorted(sizes.items(), key=lambda entry: (-entry[1], entry[0]))]
    return [*(g for g in groups if g not in REST), *(g for g in REST if g in sizes)]
