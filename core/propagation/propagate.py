"""Sample and propagate: a model looks at some images, a calibrated classifier on features gives the rest a cluster.

Pure: rows and clusters in, rows and probabilities out. `Propagation` says round by round which rows the model should
see; `propagate` is the classifier, `next_rows` the choice between rounds. Nothing here asks a model or reads a store.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import threads
from core.propagation.sampling import Places, Rows, Vector, evenly, spread

Float = NDArray[np.float64]

_STRENGTH = 30.0
"""Inverse regularisation of the logistic regression, for places of length about 1."""
_FIT = 8000
"""Seen rows that the regression is fitted on at most."""
_GRAPH = 4000
"""Rows in the neighbour graph at most: all that were seen and evenly taken others."""
_NEIGHBOURS = 12
_PASS = 0.9
"""Share of its neighbours' opinion that a row takes on in each of `_STEPS`."""
_STEPS = 40
_FLOOR = 1e-4
"""Least probability either classifier may give, so that neither can veto the other."""
_USUAL_TEMPERATURE = 0.6
"""Where the temperature lies when little was seen: both classifiers shrink towards not knowing."""
_PRIOR = 6.0
"""How strongly it is held there: the weight of its squared logarithmic distance beside the rows' likelihood."""
_NEW = 0.03
"""Least share of rows taken to be of a kind that was not seen, before looking at how far they lie."""
_SURE_OF_NEW = 0.95
_FAR = 2.0
"""Robust deviations beyond the usual distance at which a row is as likely as not to be of a kind that was not seen.
Seen rows are spread, so that the rest lies nearer to them than they do to each other."""
_WITNESSES = 4000
"""Seen rows that distances are taken to at most."""
_TYPICAL = 8
"""Rows a cluster that the first round takes."""
_ROUNDS = 3
"""Rounds after the first."""
_BLOCK = 2048


@dataclass(frozen=True, slots=True)
class Propagated:
    """What follows for the rest from what was seen.

    rows: (m,) the rows that were not seen, ascending. classes: the c clusters seen, sorted, and None (Unassigned) last.
    probabilities: (m, c + 1), each row summing to 1, in the order of classes. Where an image resembles nothing seen,
    or was not measured, they come near to equal: not sure.
    """

    rows: Rows
    probabilities: Vector
    classes: tuple[str | None, ...]

    @property
    def confidence(self) -> Vector:
        """(m,) the probability of the likeliest class."""
        return np.asarray(self.probabilities.max(axis=1), dtype=np.float32)

    def clusters(self, threshold: float = 0.0) -> list[str | None]:
        """The likeliest class of each row; None (Unassigned) also where its probability is below the threshold."""
        best = self.probabilities.argmax(axis=1)
        sure = self.confidence >= threshold
        return [self.classes[j] if ok else None for j, ok in zip(best, sure, strict=True)]


@threads.limited
def propagate(places: Places, seen: Sequence[int] | Rows, clusters: Sequence[str | None]) -> Propagated:
    """Give the rows that were not seen a distribution over the clusters of those that were.

    seen: rows a model saw. clusters: what it said of each, None for Unassigned, which is learned like a cluster. Seen
    rows without features teach nothing.

    Two classifiers are multiplied, as each errs in its own way: multinomial logistic regression on the places, which
    is best when much was seen, and label spreading over the nearest neighbours (Zhou et al., NIPS 2003), which is best
    when little was. Their product is given the temperature (Guo et al., ICML 2017, arXiv 1706.04599) that fits the
    seen rows when these are held out in turn. Last, every row gets some chance of being something new: as many as there
    are clusters seen just once among all seen (Good, Biometrika 1953), more for rows far from all that was seen.
    Raises ValueError when nothing was seen or a row number is out of range or given twice.
    """
    n = len(places.values)
    rows = np.asarray(seen, dtype=np.intp)
    if not len(rows) or len(rows) != len(clusters):
        raise ValueError(f"{len(rows)} rows were seen and {len(clusters)} clusters given for them")
    if rows.min() < 0 or rows.max() >= n or len(np.unique(rows)) < len(rows):
        raise ValueError("the rows seen must be different rows of the features")
    names = sorted({cluster for cluster in clusters if cluster is not None})
    classes: tuple[str | None, ...] = (*names, None)
    number = {name: j for j, name in enumerate(classes)}
    order = np.argsort(rows)  # the order in which answers came in must not matter
    target = np.array([number[cluster] for cluster in clusters], dtype=np.intp)[order]
    rest = np.setdiff1d(np.arange(n), rows)
    usable = places.measured[rows[order]]
    known, label = rows[order][usable], target[usable]
    probabilities = np.full((len(rest), len(classes)), 1 / len(classes), dtype=np.float32)
    judged = np.flatnonzero(places.measured[rest])
    if len(known) and len(judged):
        probabilities[judged] = _judge(places, known, label, rest[judged], len(classes))
    return Propagated(rest, probabilities, classes)


def _judge(places: Places, known: Rows, label: Rows, rest: Rows, width: int) -> Vector:
    """(len(rest), width) probabilities of rows with features."""
    kinds, within = np.unique(label, return_inverse=True)
    if len(kinds) == 1:
        shares = np.ones((len(rest), 1))
    else:
        model = _Classifiers(places.values, known, within, rest)
        shares = _softmax(model.logits(np.arange(len(known)), rest), _temperature(model))
    new = _newness(places, known, within, rest)[:, None]
    out = np.zeros((len(rest), width))
    out[:, kinds] = shares
    return np.asarray((1 - new) * out + new / width, dtype=np.float32)


class _Classifiers:
    """Regression and label spreading over one set of rows; `logits` can hold out some of the seen ones."""

    def __init__(self, values: Vector, known: Rows, label: Rows, rest: Rows) -> None:
        self.values, self.known, self.label = values, known, label
        self.width = int(label.max()) + 1
        self.graph: Any = None
        if 2 * len(known) <= _GRAPH:  # where more was seen, the regression alone is as good
            others = rest[evenly(len(rest), _GRAPH - len(known))]
            self.nodes = np.sort(np.concatenate([known, others]))
            self.graph, self.reach = _neighbour_graph(values[self.nodes])

    def logits(self, used: Rows, asked: Rows) -> Float:
        """(len(asked), width) of the rows asked, learned from the seen ones at positions `used` alone."""
        total = np.log(self._regression(used, asked) + _FLOOR)
        if self.graph is not None:
            total = (total + np.log(self._spreading(used, asked) + _FLOOR)) / 2
        return np.asarray(total)

    def _regression(self, used: Rows, asked: Rows) -> Float:
        from core.libraries.sklearn import ConvergenceWarning, LogisticRegression

        out = np.zeros((len(asked), self.width))
        used = used[evenly(len(used), _FIT)]
        label = self.label[used]
        if len(np.unique(label)) == 1:
            out[:, label[0]] = 1
            return out
        with warnings.catch_warnings():
            # A fit that was stopped is a model all the same: it is calibrated by what it gets right.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = LogisticRegression(C=_STRENGTH, max_iter=500)
            model.fit(self.values[self.known[used]].astype(np.float64), label)
        for start in range(0, len(asked), _BLOCK):
            part = slice(start, start + _BLOCK)
            chances = model.predict_proba(self.values[asked[part]].astype(np.float64))
            out[part, model.classes_] = chances
        return out

    def _spreading(self, used: Rows, asked: Rows) -> Float:
        start = np.zeros((len(self.nodes), self.width))
        size = np.maximum(np.bincount(self.label[used], minlength=self.width), 1)
        start[np.searchsorted(self.nodes, self.known[used]), self.label[used]] = 1 / np.sqrt(size[self.label[used]])
        spread_out = start
        for _ in range(_STEPS):
            spread_out = _PASS * (self.graph @ spread_out) + (1 - _PASS) * start
        place = np.minimum(np.searchsorted(self.nodes, asked), len(self.nodes) - 1)
        out = spread_out[place]
        away = np.flatnonzero(self.nodes[place] != asked)  # not in the graph: the nearest rows in it speak for them
        for part in np.array_split(away, -(-len(away) // _BLOCK) or 1):
            near, squared = _nearest(self.values[asked[part]], self.values[self.nodes], _NEIGHBOURS)
            weight = _closeness(squared, np.sqrt(self._own_reach(squared)[:, None] * self.reach[near]))
            out[part] = (weight[:, :, None] * spread_out[near]).sum(axis=1)
        total = out.sum(axis=1, keepdims=True) + 1e-9
        return np.asarray(out / total + (1e-9 / total) / self.width)

    def _own_reach(self, squared: Float) -> Float:
        return np.asarray(np.maximum(squared[:, squared.shape[1] // 2], self.reach.min()))


def _neighbour_graph(values: Vector) -> tuple[Any, Float]:
    """The symmetric normalised graph of m rows, and (m,) the squared distance that is near for each.

    Nearness is relative to each row's own surroundings (self-tuning, Zelnik-Manor & Perona, NIPS 2004).
    """
    from core.libraries.scipy import sparse

    m = len(values)
    count = min(_NEIGHBOURS, m - 1)
    near, squared = np.empty((m, count), np.intp), np.empty((m, count))
    for start in range(0, m, _BLOCK):
        part = slice(start, start + _BLOCK)
        own = np.arange(start, min(start + _BLOCK, m))
        near[part], squared[part] = _nearest(values[part], values, count, own)
    middle = squared[:, count // 2]
    # Copies lie at no distance from each other; they must not be cut off from the others by that.
    reach = np.maximum(middle, max(1e-3 * float(np.median(middle)), 1e-6))
    weight = _closeness(squared, np.sqrt(reach[:, None] * reach[near]))
    graph = sparse.csr_matrix((weight.ravel(), (np.repeat(np.arange(m), count), near.ravel())), shape=(m, m))
    graph = graph.maximum(graph.T)
    degree = sparse.diags(1 / np.sqrt(np.maximum(np.asarray(graph.sum(axis=1)).ravel(), 1e-12)))
    return (degree @ graph @ degree).tocsr(), reach


def _closeness(squared: Float, reach: Float) -> Float:
    return np.asarray(np.exp(-squared / np.maximum(reach, 1e-12)))


def _nearest(rows: Vector, others: Vector, count: int, own: Rows | None = None) -> tuple[Rows, Float]:
    """The `count` nearest of the others for each row, nearest first, and their squared distances; own: the position of
    each row among the others, where it must not find itself."""
    squared = _squared(rows, others)
    if own is not None:
        squared[np.arange(len(rows)), own] = np.inf
    count = min(count, squared.shape[1])
    near = np.argpartition(squared, count - 1, axis=1)[:, :count]
    found = np.take_along_axis(squared, near, axis=1)
    order = np.argsort(found, axis=1, kind="stable")
    return np.take_along_axis(near, order, axis=1), np.take_along_axis(found, order, axis=1).astype(np.float64)


def _squared(rows: Vector, others: Vector) -> Vector:
    squared = rows @ others.T
    squared *= -2
    squared += (rows**2).sum(axis=1)[:, None]
    squared += (others**2).sum(axis=1)
    return np.asarray(np.maximum(squared, 0, out=squared))


def _softmax(logits: Float, temperature: float) -> Float:
    scaled = logits / temperature
    chances = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(chances / chances.sum(axis=1, keepdims=True))


def _temperature(model: _Classifiers) -> float:
    """The temperature that gives the seen rows most likelihood when they are held out in turn.

    A cluster's only row can't be known once it is held out; `_newness` answers for those. The fewer rows, the nearer to
    the usual temperature.
    """
    from core.libraries.scipy import minimize_scalar

    known, label = model.known, model.label
    folds = 10 if len(known) <= 500 else 5 if len(known) <= 2000 else 3
    fold = np.empty(len(known), dtype=np.intp)
    fold[np.argsort(label, kind="stable")] = np.arange(len(known)) % folds
    logits, judged = np.zeros((len(known), model.width)), np.zeros(len(known), dtype=np.bool_)
    for j in range(min(folds, len(known))):
        used, held = np.flatnonzero(fold != j), np.flatnonzero(fold == j)
        held = held[np.isin(label[held], label[used])]
        if len(held):
            logits[held] = model.logits(used, known[held])
            judged[held] = True
    logits, right = logits[judged], label[judged]

    def loss(log_temperature: float) -> float:
        chances = _softmax(logits, float(np.exp(log_temperature)))
        hit = 0.98 * chances[np.arange(len(right)), right] + 0.02 / model.width  # one mislabelled row must not rule
        return float(-np.log(hit).sum() + _PRIOR * (log_temperature - np.log(_USUAL_TEMPERATURE)) ** 2)

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def _newness(places: Places, known: Rows, label: Rows, rest: Rows) -> Float:
    """(len(rest),) the chance that a row belongs to nothing that was seen."""
    prior = min(float((np.bincount(label) == 1).sum()) / len(label), _SURE_OF_NEW)
    if len(known) < 2:
        return np.full(len(rest), prior)
    some = evenly(len(known), _WITNESSES)
    known, label = known[some], label[some]
    same, other = _to_nearest(places, known, known, label)
    away = _to_nearest(places, rest, known)[0]
    # Nothing seen is as far from its nearest as this: the usual distance and its deviation, robustly.
    usual = float(np.median(same))
    deviation = max(1.4826 * float(np.median(np.abs(same - usual))), 0.05 * usual, 0.02)
    chance = _logistic(away, usual + _FAR * deviation, deviation / 3)
    if np.isfinite(other).all():
        # How far a row lies from its nearest when its own cluster was seen, and when it was not. Fitted as two normal
        # distributions of one width: where clusters overlap, distance says little and the prior stays.
        width = max(float(((same.var() + other.var()) / 2) ** 0.5), 0.02)
        gap = max(float(other.mean() - same.mean()), 0.0)
        prior = max(prior, _NEW)
        middle = (same.mean() + other.mean()) / 2
        odds = np.log(prior / (1 - prior)) + (away - middle) * gap / width**2
        chance = np.maximum(chance, _logistic(odds, 0, 1))
    return np.asarray(np.clip(chance, 0, _SURE_OF_NEW))


def _logistic(values: Float, middle: float, width: float) -> Float:
    return np.asarray(1 / (1 + np.exp(-np.clip((values - middle) / width, -50, 50))))


def _to_nearest(places: Places, rows: Rows, known: Rows, label: Rows | None = None) -> tuple[Float, Float]:
    """(len(rows),) distance to the nearest known row; with the labels of the rows, which are then the known ones, not
    to itself, and second to the nearest of another label (infinity when there is none)."""
    first, second = np.full(len(rows), np.inf), np.full(len(rows), np.inf)
    block = max(1, _BLOCK * _GRAPH // max(len(known), 1))
    others = places.values[known]
    for start in range(0, len(rows), block):
        part = np.arange(start, min(start + block, len(rows)))
        # What lies off the axes is near to nothing seen.
        squared = _squared(places.values[rows[part]], others) + (places.beyond[rows[part]] ** 2)[:, None]
        if label is not None:
            second[part] = np.where(label[part][:, None] != label[None], squared, np.inf).min(axis=1)
            squared[np.arange(len(part)), part] = np.inf
        first[part] = squared.min(axis=1)
    return np.sqrt(first), np.sqrt(second)


def next_rows(places: Places, found: Propagated, number: int, choice: int = 3) -> Rows:
    """(at most number,) rows of the rest that the model should see next: unsure ones that differ from each other.

    Of `choice` times as many rows as wanted, those with the smallest margin between the two likeliest classes, one is
    taken from each of `number` branches of Ward's tree, the least sure (filtered, then clustered: Zhdanov 2019, arXiv
    1901.05954). Fifty near copies are one branch. Rows without features are never chosen.
    """
    able = np.flatnonzero(places.measured[found.rows])
    if number <= 0 or not len(able):
        return found.rows[:0]
    # A column of zeros: where only Unassigned was seen there is no second class.
    top = np.sort(np.pad(found.probabilities[able], ((0, 0), (1, 0))), axis=1)[:, -2:]
    margin = top[:, 1] - top[:, 0]
    order = np.argsort(margin, kind="stable")[: choice * number]
    return spread(places, number, found.rows[able[order]], -margin[order])


@dataclass
class Propagation:
    """A budget of rows for the model, spent in rounds: first spread over all images, then on what is least sure.

    Call `ask` with all answers so far, send its rows to the model, repeat until it returns none, then `finish`. It
    keeps no answers. The rows of a round follow from the answers to earlier rounds alone, so a program that was stopped
    asks for the same rows again when it is given the answers that it kept.

    budget: rows the model may see. clusters: about how many clusters are expected. The first round takes eight rows a
    cluster, and a quarter of the budget at least; before that, typical images teach more than doubtful ones (measured
    here as in TypiClust, arXiv 2202.02794). What is left goes out in three equal rounds.
    """

    places: Places
    budget: int
    clusters: int
    _asked: list[Rows] = field(default_factory=list, init=False, repr=False)

    def ask(self, answers: Mapping[int, str | None], failed: Collection[int] = ()) -> Rows:
        """Rows to send next; none when the budget is used or every row with features was asked.

        answers: row -> cluster, None for Unassigned. failed: rows the model could not answer; they count against the
        budget, are not asked again here and are judged like the rest. Together with the answers and failures given,
        never more than `budget` rows are asked.
        """
        done = set(answers) | set(failed)
        for number in range(_ROUNDS + 1):
            if number == len(self._asked):
                self._asked.append(self._choose(number, answers))
            wanted = [row for row in self._asked[number].tolist() if row not in done]
            if wanted:
                return np.array(wanted[: max(self.budget - len(done), 0)], dtype=np.intp)
        return np.zeros(0, dtype=np.intp)

    def finish(self, answers: Mapping[int, str | None]) -> Propagated:
        """Clusters with probabilities for every row without an answer. Raises ValueError when there are no answers."""
        return propagate(self.places, list(answers), list(answers.values()))

    def _choose(self, number: int, answers: Mapping[int, str | None]) -> Rows:
        first = min(self.budget, max(_TYPICAL * self.clusters, self.budget // 4))
        if number == 0:
            return spread(self.places, first)
        ends = np.linspace(first, self.budget, _ROUNDS + 1).round().astype(int)
        size = int(ends[number] - ends[number - 1])
        before = np.concatenate(self._asked)
        seen = [row for row in before.tolist() if row in answers]
        if not seen or size <= 0:
            return before[:0]
        found = propagate(self.places, seen, [answers[row] for row in seen])
        fresh = ~np.isin(found.rows, before)  # rows that failed are among the rest, and not to be asked again
        return next_rows(self.places, Propagated(found.rows[fresh], found.probabilities[fresh], found.classes), size)
