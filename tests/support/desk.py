"""One run that a person works with, and all that a person may do with it; for tests of any sequence of that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from fakes import COLOURS
from house import EACH, House
from hypothesis import strategies as st

from core.errors import BadInput
from core.pipeline.runs import Until
from core.results import decisions
from core.results.edits import (
    Add,
    Delete,
    Edit,
    Learn,
    Match,
    Merge,
    Move,
    MoveLabels,
    Part,
    Pin,
    Propose,
    Redefine,
    Relabel,
    Rename,
    Several,
    Split,
)
from core.results.run_view import View, rows

ALL = EACH * len(COLOURS)
STEPS = st.lists(st.tuples(st.integers(0, 18), st.integers(0, 99), st.integers(0, 99)), max_size=12)


class Desk:
    """One run that a person works with."""

    def __init__(self, house: House, until: Until = "assign") -> None:
        self.house, self.store, self.until = house, house.store, until
        self.run = house.start(k=3, truth="folder")
        house.run(self.run, until)
        self.undone: list[Edit] = []
        self.number = 0

    def act(self, what: int, first: int, second: int) -> None:
        """Do one thing; what may not be done changes nothing."""
        if what == 16:
            if (edit := decisions.undo(self.store, self.run)) is not None:
                self.undone.append(edit)
        elif what == 17:
            if self.undone:
                decisions.add(self.store, self.run, self.undone.pop())
        elif what == 18:
            self.house.run(self.run, self.until, check_all=bool(first % 2))
        else:
            before = self.seen()
            try:
                decisions.add(self.store, self.run, self._edit(what, first, second))
            except BadInput:
                assert self.seen() == before
            self.undone.clear()

    def _edit(self, what: int, first: int, second: int) -> Edit:
        clusters = decisions.clusters(self.store, self.run).clusters
        here, there = (clusters[place % len(clusters)].id for place in (first, second))
        items = [row.item_id for row in rows(self.store, self.run)]
        some = tuple(items[place] for place in sorted({first % ALL, second % ALL, (first * second) % ALL}))
        label = list(COLOURS)[second % len(COLOURS)]
        self.number += 1
        new = f"p{self.number}"
        makes: Sequence[Callable[[], Edit]] = (
            lambda: Rename(here, f"name {second}"),
            lambda: Redefine(here, f"meaning {second}"),
            lambda: Merge(here, there),
            lambda: Delete(here),
            lambda: Add(new, f"name {second}"),
            lambda: Split(here, (Part(new, f"part {second}", (label,)),)),
            lambda: Split(here, (Part(new, f"part {second}", items=some),)),
            lambda: MoveLabels(here, (label,), there),
            lambda: Pin(here, pinned=bool(second % 2)),
            lambda: Propose((*clusters[: first % 3], *decisions.proposal(self.store, self.run)[first % 3 :])),
            lambda: Move(some, here),
            lambda: Move(some, None),
            lambda: Learn(some, (here, there, "")[: len(some)], (0.9, 0.5, 0.7)[: len(some)]),
            lambda: Match("", label, here),
            lambda: Relabel("", some[0], label, f"label {second}"),
            lambda: Several((Merge(here, there), Rename(there, f"name {second}"))),
        )
        return makes[what]()

    def seen(self) -> list[tuple[str, str, str]]:
        """Where each image is, and the names of the groups."""
        groups = [("group", cluster.id, cluster.name) for cluster in decisions.clusters(self.store, self.run).clusters]
        return groups + [
            (row.item_id, row.state, row.cluster.id if row.cluster else "") for row in rows(self.store, self.run)
        ]

    def balances(self) -> bool:
        """Whether each image is in exactly one place, and all counts say the same."""
        view = View(self.store, self.run)
        found = view.rows()
        sizes = Counter(row.cluster.id for row in found if row.cluster)
        labels: Counter[str] = Counter()
        for cluster, _, number in view.labels():
            labels[cluster] += number
        return (
            len({row.item_id for row in found}) == ALL == view.states().total()
            and set(sizes) <= {cluster.id for cluster in view.edited.clusters}
            and view.sizes() == sizes
            and all(labels[cluster] == sizes[cluster] for cluster in sizes)
        )
