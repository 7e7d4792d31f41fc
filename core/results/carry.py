"""What a person moved by hand in a run, carried over to a new version of it: where a group of that name is there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import TypeAdapter, ValidationError

from core.domain import folded
from core.results import decisions
from core.results.edits import Move, Several
from core.store import Store
from core.store.runs import RunRow


@dataclass(frozen=True, slots=True)
class Carried:
    """What became of the moves of the run before.

    Attributes:
        carried: images that were moved again.
        lost: name of a group that is not there any more -> images that a person had moved into it.
        not_here: images that were moved and are not among those of the new run.
    """

    carried: int = 0
    lost: Mapping[str, int] = field(default_factory=dict)
    not_here: int = 0


_CARRIED: TypeAdapter[Carried] = TypeAdapter(Carried)


def carry_moves(store: Store, run: RunRow) -> None:
    """Move the images of a new version as a person moved them in the version before; one decision, which can be undone.

    Done once, when the groups have names: a person may move the images otherwise from then on. Nothing where the run
    is no version of another, or that one is gone.
    """
    if not run.parent or store.catalogue.carried(run.id) or store.runs.get(run.parent) is None:
        return
    before, now = decisions.clusters(store, run.parent), decisions.clusters(store, run.id)
    names = {cluster.id: cluster.name for cluster in before.clusters}
    there = {folded(cluster.name): cluster.id for cluster in now.clusters}
    here = set(store.datasets.ids(run.settings.dataset_id)) if before.moved else set()
    into: defaultdict[str | None, list[str]] = defaultdict(list)
    lost: Counter[str] = Counter()
    for item, cluster in before.moved.items():
        if item not in here:
            continue
        if cluster is None:
            into[None].append(item)
        elif target := there.get(folded(names[cluster])):
            into[target].append(item)
        else:
            lost[names[cluster]] += 1
    if into:
        decisions.add(store, run.id, Several(tuple(Move(tuple(items), where) for where, items in into.items())))
    moved = sum(map(len, into.values()))
    found = Carried(moved, dict(lost.most_common()), len(before.moved) - moved - lost.total())
    store.catalogue.set_carried(run.id, _CARRIED.dump_json(found).decode())


def carried(store: Store, run_id: str) -> Carried | None:
    """What `carry_moves` did for a run; None where it was not asked, or another version of Facetry wrote it."""
    try:
        return _CARRIED.validate_json(store.catalogue.carried(run_id))
    except ValidationError:
        return None
