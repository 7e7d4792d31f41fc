"""How much a few answers teach: python benchmarks/teaching.py [--write] [FOLDER[:COLUMN[:CRITERION]] ...].

A simulated person answers from the labels, ten images at a time, as the product's queue asks: three of ten are drawn at
random, so that they tell how good the groups are. From the groups that the built-in engine made (each stands for the
class that it is matched to), and from nothing. Printed: ACC over all images against the number of answers (those that
were answered count as right), and beside it a plain logistic regression (C = 1) on all evidence side by side,
standardised, with random images first and then the ten of least margin (mean of three draws).

Then the queue's estimate: sessions with drawing orders of their own, with 50 answers about the run's groups, after
which what was learnt is applied, and 50 more about those. How often does the true accuracy lie within the stated 95 %
interval?

Sets: those of quality.py and given FOLDERs (as there), and handwritten digits of scikit-learn as pictures. Without the
evaluation data beside the repository the demo and the digits alone are measured. With --write the tables take their
place in docs/measured.md.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from quality import DATA, DEMO, Case, cases, described, line, shown, table

from core.config import Config
from core.domain import Assignment, Corpus
from core.evaluate.confusion import confusion, matching
from core.evaluate.metrics import hungarian_accuracy
from core.models.builtin.from_pixels.evidence import TOP, class_shares
from core.models.builtin.text_model import BuiltinText
from core.propagation.sampling import Places
from core.teaching.accuracy import estimate, in_drawing_order
from core.teaching.belief import belief
from core.teaching.gaussian_process import at_first
from core.teaching.kernels import Float, kernels, of_run
from core.teaching.learn import Learnt, learn
from core.teaching.queue import BATCH, Knowledge, drawn_so_far, next_rows
from core.teaching.spaces import place_all, points
from core.workspace import Workspace

ANSWERS = (10, 20, 30, 50, 70, 100)
DRAWS = 3
SESSIONS = 200
APPLIED = 50
"""Answers after which a session applies what was learnt."""
DIGITS = 600
UNSEEN = (("mood", "mood"), ("side", "viewing side"))
"""Columns of the demo, and criteria, that no engine here sees."""


@dataclass(frozen=True)
class Set:
    """One set as a session sees it.

    truth: (n,) class of each image. belief: (n, classes) what the run said, each of its groups as the class that it is
    matched to. found: (n,) the class of the group of each image, -1 for none.
    """

    name: str
    truth: NDArray[np.intp]
    classes: tuple[str, ...]
    places: dict[str, Places]
    belief: Float
    found: NDArray[np.intp]
    evidence: Float

    @property
    def acc(self) -> float:
        """ACC of the run."""
        return accuracy(self, self.found)


def prepared(case: Case, corpus: Corpus, classes: NDArray[np.str_]) -> Set:
    """Group the images with the built-in engine, and match its groups to the classes."""
    names, truth = np.unique(classes, return_inverse=True)
    engine = BuiltinText()
    labels = [str(label) for label in engine.label(corpus, case.criterion)]
    labelled = Corpus(corpus.ids, corpus.descriptions, labels, corpus.evidence)
    clusters = engine.name(labelled, case.criterion, len(names))
    answers = [answer for answer in engine.assign(labelled, case.criterion, clusters) if isinstance(answer, Assignment)]
    counts = confusion(list(classes), [answer.cluster_id for answer in answers])
    own = {counts.clusters[column]: counts.classes[row] for row, column in matching(counts).items()}
    columns = {cluster: int(np.searchsorted(names, name)) for cluster, name in own.items() if cluster}
    found = [columns.get(answer.cluster_id or "") for answer in answers]
    values = points(corpus.evidence)
    side_by_side = np.hstack([
        class_shares(rows) if space == TOP else rows for space, rows in corpus.evidence.items()
    ])  # fmt: skip
    return Set(
        f"{case.name} | {case.column}",
        truth.astype(np.intp),
        tuple(map(str, names)),
        place_all(values, [(len(truth), values)]),
        belief(answers, found, columns, len(names)),
        np.array([-1 if place is None else place for place in found]),
        side_by_side.astype(np.float64),
    )


def accuracy(data: Set, found: NDArray[np.intp]) -> float:
    """Hungarian ACC of a class for each image, -1 for none."""
    return hungarian_accuracy(list(map(str, data.truth)), [None if j < 0 else str(j) for j in found])


class Person:
    """A session: answers from the labels what the queue asks, and applies what was learnt where told to."""

    def __init__(self, data: Set, *, from_run: bool, seed: int = 0) -> None:
        self.data, self.seed, self.number = data, seed, len(data.truth)
        self.belief = data.belief if from_run else None
        self.kernels = kernels(data.places, len(data.classes)) | ({} if self.belief is None else of_run(self.belief))
        self.weights = at_first(self.kernels, len(data.classes), self.belief)
        self.answers: dict[int, int] = {}
        self.now = data.found.copy()
        self.settled: set[int] = set()
        self.order = self._drawn_order()
        self.learnt: Learnt | None = None

    def answer(self, until: int) -> Learnt:
        """Answer batch after batch until there are so many answers."""
        while self.learnt is None or len(self.answers) < until:
            rows = next_rows(
                Knowledge(self.kernels, self.weights, self._doubt()), self.order, self.answers, count=BATCH
            )
            self.answers.update({row: int(self.data.truth[row]) for row in rows})
            self.learnt = learn(self.kernels, self.number, len(self.data.classes), self.answers, self.belief)
            self.weights = self.learnt.weights
        return self.learnt

    def apply(self) -> None:
        """Put all images where what was learnt puts them; what was answered stays out of later drawing."""
        assert self.learnt is not None
        self.now, self.settled = self.learnt.best.copy(), set(self.answers)
        self.order = self._drawn_order()

    def covered(self) -> bool:
        """Whether the accuracy of the groups, as they were drawn from, lies within the interval."""
        left = [row for row in range(self.number) if row not in self.settled]
        drawn = [row for row in drawn_so_far(self.order, self.answers) if row not in self.settled]
        right = [self.now[row] == self.data.truth[row] for row in drawn]
        found = estimate(sum(right), len(right), len(left))
        assert found is not None
        return found.low - 1e-9 <= float(np.mean(self.now[left] == self.data.truth[left])) <= found.high + 1e-9

    def _doubt(self) -> Float:
        if self.learnt is not None:
            return np.asarray(1 - self.learnt.probabilities.max(axis=1))
        return np.ones(self.number) if self.belief is None else np.asarray(1 - self.belief.max(axis=1))

    def _drawn_order(self) -> list[int]:
        """Every row in drawing order; those settled before come last, so that they are never in the way."""
        order = map(int, in_drawing_order([str(row) for row in range(self.number)], f"{self.seed}/{len(self.settled)}"))
        return sorted(order, key=lambda row: row in self.settled)


def curve(data: Set, *, from_run: bool) -> list[float]:
    """ACC after each number of ANSWERS."""
    person = Person(data, from_run=from_run)
    return [accuracy(data, person.answer(number).best) for number in ANSWERS]


def plain(data: Set) -> list[float]:
    """The same of a plain logistic regression, the mean of some draws of its first images."""
    return [float(value) for value in np.mean([_plain(data, seed) for seed in range(DRAWS)], axis=0)]


def _plain(data: Set, seed: int) -> list[float]:
    from core.libraries.sklearn import LogisticRegression

    values = data.evidence - data.evidence.mean(axis=0)
    values /= np.where(values.std(axis=0) > 0, values.std(axis=0), 1)
    asked = list(np.random.default_rng(seed).choice(len(values), BATCH, replace=False))
    reached = []
    while True:
        known = data.truth[asked]
        chances = np.ones((len(values), 1))
        best = np.full(len(values), known[0])
        if len(set(known.tolist())) > 1:
            model = LogisticRegression(max_iter=300).fit(values[asked], known)
            chances = model.predict_proba(values)
            best = model.classes_[chances.argmax(axis=1)]
        best[asked] = known
        if len(asked) in ANSWERS:
            reached.append(accuracy(data, best))
        if len(asked) >= ANSWERS[-1]:
            return reached
        top = np.sort(np.pad(chances, ((0, 0), (1, 0))), axis=1)
        margin = top[:, -1] - top[:, -2]
        margin[asked] = np.inf
        asked += list(np.argsort(margin, kind="stable")[:BATCH])


def coverage(data: Sequence[Set]) -> Iterator[str]:
    """Lines of the table of the estimate: sessions in turn over the sets."""
    hits: dict[str, list[tuple[bool, bool]]] = {}
    for seed in range(SESSIONS):
        one = data[seed % len(data)]
        person = Person(one, from_run=True, seed=seed)
        person.answer(APPLIED)
        before = person.covered()
        person.apply()
        person.answer(2 * APPLIED)
        hits.setdefault(one.name, []).append((before, person.covered()))
    for name, own in hits.items():
        yield line([name, len(own), *(f"{100 * share:.0f} %" for share in np.mean(own, axis=0))])
    both = [found for own in hits.values() for found in own]
    yield line(["all", "", len(both), *(f"{100 * share:.1f} %" for share in np.mean(both, axis=0))])


def digits(folder: Path) -> Case:
    """The handwritten digits of scikit-learn (8 x 8) as pictures, in a folder with their labels."""
    from PIL import Image
    from sklearn.datasets import load_digits

    found = load_digits()
    (folder / "images").mkdir(parents=True)
    rows = np.random.default_rng(0).permutation(len(found.images))[:DIGITS]
    with (folder / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "digit"])
        for row in rows:
            pixels = Image.fromarray((found.images[row] * 255 / 16).astype(np.uint8))
            pixels.resize((256, 256), Image.Resampling.BICUBIC).convert("RGB").save(folder / "images" / f"{row}.png")
            writer.writerow([f"{row}.png", found.target[row]])
    return Case("digits", folder / "images", folder / "labels.csv", "digit", "digit")


CURVE = ("data", "labels", "classes", "how", "at the start", *map(str, ANSWERS))
COVERAGE = ("data", "labels", "sessions", "of the run's groups", "of what was learnt")
FIRST, LAST = "<!-- made by benchmarks/teaching.py -->\n", "<!-- end of what teaching.py made -->"


def main(arguments: Sequence[str]) -> None:
    """Measure, print, and write where asked to."""
    if "--write" in arguments and not DATA.is_dir():
        sys.exit("Without the evaluation data beside the repository --write would lose what was measured on it.")
    sets, curves = [], []
    with tempfile.TemporaryDirectory() as place:
        workspace = Workspace(Config(Path(place) / "workspace"))
        found = cases([argument for argument in arguments if argument != "--write"])
        found += [
            Case("demo", DEMO / "images", DEMO / "truth.csv", c, w)
            for c, w in (("mood", "mood"), ("side", "viewing side"))
        ]
        for case in [*found, digits(Path(place) / "digits")]:
            one = prepared(case, *described(workspace, case))
            sets.append(one)
            run, nothing, beside = curve(one, from_run=True), curve(one, from_run=False), plain(one)
            for how, start, values in (
                ("from the run", shown(one.acc), run),
                ("from nothing", "–", nothing),
                ("plain", "–", beside),
            ):
                curves.append(line([one.name, len(one.classes), how, start, *map(shown, values)]))
                print(curves[-1], flush=True)
        workspace.close()
    covered = list(coverage(sets))
    body = "\n\n".join([table(CURVE, curves), table(COVERAGE, covered)])
    print("", body, sep="\n")
    if "--write" in arguments:
        path = ROOT / "docs" / "measured.md"
        before, _, rest = path.read_text(encoding="utf-8").partition(FIRST)
        path.write_text(f"{before}{FIRST}\n{body}\n\n{LAST}{rest.partition(LAST)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
