"""Checking and teaching a run: which images to ask a person about, what follows from the answers, and how good it is.

All of it follows from what the run holds and from the person's decisions, so nothing more is stored: an image that a
person moved is an example, one that was put where it was already has been confirmed, and which images were drawn at
random follows from the drawing order (`core.teaching.accuracy`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from core.domain import Assignment, StepStats, Vector
from core.errors import BadInput
from core.models.builtin.from_pixels.evidence import EVIDENCE_ID
from core.models.embedding.kept import KeptVectors
from core.models.supplied import examples
from core.propagation.sampling import Places, evenly
from core.results import decisions, run_view
from core.results import edited as editing
from core.results.edited import Edited
from core.results.edits import Learn, Move, each
from core.steps.item_answers import RunAnswers
from core.store import Store
from core.teaching.accuracy import Accuracy, estimate, in_drawing_order
from core.teaching.belief import belief
from core.teaching.gaussian_process import Weights, at_first
from core.teaching.kernels import Float, Kernel, kernels, of_run
from core.teaching.learn import Learnt, learn
from core.teaching.queue import BATCH, Knowledge, drawn_so_far, next_rows
from core.teaching.spaces import place_all, points

__all__ = ["BATCH", "Change", "Checked", "Lesson", "evidence_of"]

LEAST = 0.5
"""Where nothing was sorted before, an image that is less sure than this of any group stays in none."""
FIRST_EXAMPLES = 3
"""So many pictures of each group show what is meant by it."""
_SAMPLE = 4_000
_BLOCK = 4_096


@dataclass(frozen=True, slots=True)
class Checked:
    """What a person decided about images since what was learnt was applied last, or from the start.

    settled: the images decided about before. said: image -> the cluster where the run had it when the person first
    decided about it, None for none. state: names what the groups were made by, for the drawing order.
    """

    settled: frozenset[str]
    said: Mapping[str, str | None]
    state: str


@dataclass(frozen=True, slots=True)
class Change:
    """What applying what was learnt would do. moves: (from, to) cluster ids, None for none -> the images, the surest
    first. edit: to be recorded (`core.results.decisions.add`); None where nothing would move."""

    moves: Mapping[tuple[str | None, str | None], Sequence[str]]
    edit: Learn | None

    @property
    def number(self) -> int:
        """How many images would move."""
        return sum(map(len, self.moves.values()))


class Lesson:
    """A run as a person teaches it, as it stands now. Raises BadInput where nothing of it is sorted yet."""

    def __init__(self, store: Store, run_id: str) -> None:
        self._store, self._run_id = store, run_id
        self.edited = decisions.clusters(store, run_id)
        settings = run_view.get_run(store, run_id).settings
        dataset, self.from_nothing = settings.dataset_id, settings.text == examples.KIND
        self.items: tuple[str, ...] = tuple(store.answers.answered(run_id, dataset, "assign"))
        if not self.items or not self.edited.clusters:
            raise BadInput("Nothing is sorted into groups yet. Sort the images first, then check some.")
        self.columns: tuple[str | None, ...] = (*(cluster.id for cluster in self.edited.clusters), None)
        self._row = {item: row for row, item in enumerate(self.items)}
        self._column = {cluster: column for column, cluster in enumerate(self.columns)}

    @cached_property
    def examples(self) -> dict[int, int]:
        """Row of the items -> column: what a person decided."""
        moved = self.edited.moved.items()
        return {self._row[item]: self._column[to] for item, to in moved if item in self._row and to in self._column}

    @cached_property
    def checked(self) -> Checked:
        return checked(self._store, self._run_id)

    @cached_property
    def learnt(self) -> Learnt:
        """What follows from the examples for all items."""
        return learn(self._kernels, len(self.items), len(self.columns), self.examples, self._belief)

    @property
    def doubtful(self) -> float:
        """Share of the images nobody decided about that are unsure: expected to be in a wrong group."""
        rest = np.setdiff1d(np.arange(len(self.items)), list(self.examples))
        return float(self._doubt[rest].mean()) if len(rest) else 0.0

    def likely(self, item: str, number: int = 3) -> list[tuple[str, float]]:
        """The likeliest clusters of an item with their chances, the likeliest first."""
        chances = self._chances[self._row[item]]
        order = [int(column) for column in np.argsort(-chances, kind="stable") if self.columns[int(column)]]
        return [(str(self.columns[column]), float(chances[column])) for column in order[:number]]

    def shown(self) -> dict[str, int]:
        """Cluster id -> how many examples it has."""
        count = Counter(self.examples.values())
        return {cluster.id: count[self._column[cluster.id]] for cluster in self.edited.clusters}

    @property
    def waits(self) -> bool:
        """Whether groups that a person makes by examples still have too few of them to learn from."""
        return self.from_nothing and min(self.shown().values()) < min(FIRST_EXAMPLES, len(self.items))

    def next_items(self, skipped: Collection[str] = (), count: int = BATCH) -> list[str]:
        """What to ask about next; see `core.teaching.queue`."""
        known = Knowledge(self._kernels, self._weights, self._doubt)
        out = [self._row[item] for item in skipped if item in self._row]
        return [self.items[row] for row in next_rows(known, self._order, self.examples, out, count)]

    def accuracy(self, skipped: Collection[str] = ()) -> Accuracy | None:
        """How many of the images, but those settled before, are where they belong; None before one was drawn, and where
        nothing was sorted yet."""
        if self.from_nothing and not self.checked.state:
            return None  # nothing was sorted that could be right
        said = self.checked.said
        fresh = [row for row in self.examples if self.items[row] in said]
        out = [self._row[item] for item in skipped if item in self._row]
        drawn = [self.items[row] for row in drawn_so_far(self._order, fresh, out)]
        right = sum(self.edited.resolve(said[item]) == self.edited.moved[item] for item in drawn)
        return estimate(right, len(drawn), len(self._order))

    def change(self) -> Change:
        """What applying what was learnt would do to the images that nobody decided about."""
        if not self.examples:
            raise BadInput("Check or move a few images first: there is nothing to learn from yet.")
        best = self.learnt.best
        sure = self.learnt.probabilities[np.arange(len(best)), best]
        moves: dict[tuple[str | None, str | None], list[str]] = {}
        if self.from_nothing:
            best = np.where(sure < LEAST, len(self.columns) - 1, best)
        rows = [
            row
            for row in np.argsort(-sure, kind="stable").tolist()
            if row not in self.examples and self.columns[best[row]] != self._places[row]
        ]
        for row in rows:
            moves.setdefault((self._places[row], self.columns[best[row]]), []).append(self.items[row])
        if not rows:
            return Change({}, None)
        edit = Learn(
            tuple(self.items[row] for row in rows),
            tuple(self.columns[best[row]] or "" for row in rows),
            tuple(round(float(sure[row]), 4) for row in rows),
        )
        return Change(dict(sorted(moves.items(), key=lambda own: -len(own[1]))), edit)

    @cached_property
    def _order(self) -> list[int]:
        fresh = [item for item in self.items if item not in self.checked.settled]
        return [self._row[item] for item in in_drawing_order(fresh, f"{self._run_id}/{self.checked.state}")]

    @cached_property
    def _labels(self) -> dict[str, str]:
        return RunAnswers(self._store.answers, self._run_id).labels(self.items)

    @cached_property
    def _said(self) -> list[Assignment | None]:
        """What the model said of each item."""
        found = run_view.assignments(self._store, self._run_id, self.items)
        return [found.get(item) for item in self.items]

    def _placed(self, edited: Edited) -> list[str | None]:
        """The cluster of each item under these decisions."""
        return [
            edited.place_of(item, one.cluster_id if one else None, self._labels.get(item, ""))
            for item, one in zip(self.items, self._said, strict=True)
        ]

    @cached_property
    def _places(self) -> list[str | None]:
        """Where each item is today."""
        return self._placed(self.edited)

    @cached_property
    def _belief(self) -> Float | None:
        """What the run said, of the groups as they were split and merged, whatever was moved or learnt since.

        None where it sorted nothing.
        """
        if self.from_nothing:
            return None
        split = {item: placed for item, placed in self.edited.learnt.items() if placed[1] is None}
        before = Edited(self.edited.clusters, self.edited.merged, self.edited.routed, learnt=split)
        columns = {old: self._column[now] for old, now in self.edited.today().items()} | {"": len(self.columns) - 1}
        places = [self._column[place] for place in self._placed(before)]
        return belief(self._said, places, columns, len(self.columns))

    @cached_property
    def _kernels(self) -> dict[str, Kernel]:
        alike = _likeness(self._store, self._run_id, self.items)
        return alike if self._belief is None else alike | of_run(self._belief)

    @cached_property
    def _chances(self) -> Float:
        if self.examples:
            return self.learnt.probabilities
        if self._belief is not None:
            return self._belief
        return np.full((len(self.items), len(self.columns)), 1 / len(self.columns))

    @property
    def _weights(self) -> Weights:
        return self.learnt.weights if self.examples else at_first(self._kernels, len(self.columns), self._belief)

    @cached_property
    def _doubt(self) -> Float:
        """The chance that each item is not where it is today."""
        here = [self._column[place] for place in self._places]
        return np.asarray(1 - self._chances[np.arange(len(here)), here])


def checked(store: Store, run_id: str) -> Checked:
    """What a person decided about single images, read from the recorded edits."""
    state = Edited(decisions.proposal(store, run_id))
    said: dict[str, str | None] = {}
    settled: frozenset[str] = frozenset()
    name = ""
    rows = [(row, edit) for row in store.runs.edits(run_id) if (edit := decisions.read(row.value))]
    moved = [item for _, edit in rows for part in each(edit) if isinstance(part, Move) for item in part.items]
    chosen = run_view.assignments(store, run_id, moved) if moved else {}
    labels = RunAnswers(store.answers, run_id).labels(moved) if moved else {}
    for row, edit in rows:
        for part in each(edit):
            if isinstance(part, Learn):
                settled, said, name = frozenset(state.moved), {}, row.version
            elif isinstance(part, Move):
                for item in part.items:
                    if item not in said and item not in settled and item in chosen:
                        said[item] = state.place_of(item, chosen[item].cluster_id, labels.get(item, ""))
            with suppress(BadInput):
                state = editing.applied(state, part)
    return Checked(settled, said, name)


@lru_cache(maxsize=4)
def _likeness(store: Store, run_id: str, items: tuple[str, ...]) -> dict[str, Kernel]:
    """How alike the images are in each kind of evidence, read block by block; kept, as all answers use the same.

    Words that the built-in engine made of what it measured say nothing that this does not.
    """
    places = evidence_of(store, run_id, items)
    return kernels(places, run_view.get_run(store, run_id).settings.k or len(decisions.proposal(store, run_id)))


def evidence_of(store: Store, run_id: str, items: Sequence[str]) -> dict[str, Places]:
    """Space (see `core.teaching.spaces`) -> where the items lie by what was measured on them and said of them."""
    run = run_view.get_run(store, run_id)
    in_words = EVIDENCE_ID not in run.stats.get("describe", StepStats()).evidence
    held, vectors = RunAnswers(store.answers, run_id), KeptVectors(store.text_vectors)

    def read(ids: Sequence[str]) -> dict[str, Vector]:
        texts: dict[str, Mapping[str, str]] = {}
        if in_words:
            texts["description"] = {item: said.text for item, said in held.descriptions(ids).items()}
            texts["label"] = held.labels(ids)
        return points(
            held.evidence(EVIDENCE_ID, ids),
            {name: _embedded(ids, own, vectors) for name, own in texts.items() if any(own.values())},
        )

    sample = read([items[row] for row in evenly(len(items), _SAMPLE)])
    parts = (items[start : start + _BLOCK] for start in range(0, len(items), _BLOCK))
    return place_all(sample, ((len(part), read(part)) for part in parts))


def _embedded(ids: Sequence[str], texts: Mapping[str, str], vectors: KeptVectors) -> Vector:
    known = [row for row, item in enumerate(ids) if texts.get(item)]
    made = vectors([texts[ids[row]] for row in known])
    out = np.full((len(ids), made.shape[1]), np.nan, dtype=np.float32)
    out[known] = made
    return out
