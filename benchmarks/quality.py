"""How well the built-in engine groups: python benchmarks/quality.py [--write] [FOLDER[:COLUMN[:CRITERION]] ...].

Images are described once, by the product's own way in; the engine then groups, names and assigns all of them, and five
resamples of 80 % (seeds 0 to 4). Beside it: k-means alone, on the same points. Then names that are given, of which some
do not occur. A FOLDER holds labels.csv (first column: file names; COLUMN: one of the others, all without it; CRITERION:
the words the engine is asked, COLUMN's without it) and the images, or a folder `images` with them. Without the
evaluation data beside the repository the demo alone is measured. Takes a few minutes. With --write the tables take
their places in docs/measured.md and README.md, between the two comments that say so.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from propagation import calibration_error

from core.config import Config
from core.domain import Assignment, Cluster, Corpus, RunSettings
from core.evaluate import metrics
from core.evaluate.confusion import Confusion, confusion
from core.evaluate.metrics import hungarian_accuracy, names_meant
from core.ingest import source
from core.models.builtin.criterion.routing import route
from core.models.builtin.from_pixels import clusters as pixel_clusters
from core.models.builtin.from_pixels.evidence import EVIDENCE_ID
from core.models.builtin.from_pixels.word_senses import word_senses
from core.models.builtin.text_model import BuiltinText
from core.pipeline import runs
from core.results import run_view
from core.results.caveats import stability
from core.steps.item_answers import RunAnswers
from core.workspace import Workspace

DATA = ROOT.parent / "shared" / "datasets"
DEMO = ROOT / "data" / "demo"
RESAMPLES, SHARE = 5, 0.8
CHOICES = 5
NOT_THERE = {"species": ("tulip", "sunflower", "orchid"), "colour": ("blue", "green", "black", "brown", "orange")}
"""Names for the flowers of which none shows."""


@dataclass(frozen=True)
class Case:
    """One grouping to measure. labels: a CSV whose first column names the files."""

    name: str
    images: Path
    labels: Path
    column: str
    criterion: str


@dataclass(frozen=True)
class Measured:
    """Scores of one grouping, 0 to 1. None: nothing to measure (auc: all images are right, or all are wrong)."""

    acc: float
    nmi: float
    name_acc: float | None
    right_names: float | None
    ece: float | None
    auc: float | None
    stability: float | None
    plain: float
    chance: float


# -- what is measured


def cases(given: Sequence[str]) -> list[Case]:
    """The sets that are there, and the folders that were given."""
    found = [
        Case("flowers", DATA / "flowers" / "images", DATA / "flowers" / "labels.csv", "species", "species"),
        Case("flowers", DATA / "flowers" / "images", DATA / "flowers" / "labels.csv", "colour", "colour"),
        Case("clothing", DATA / "clothing" / "images", DATA / "clothing" / "labels.csv", "garment", "garment"),
    ]
    if not DATA.is_dir():
        print("The evaluation data is not beside the repository: of the sets the demo alone is measured.")
        found = []
    found += [Case("demo", DEMO / "images", DEMO / "truth.csv", "kind", "kind of thing")]
    found += [Case("demo", DEMO / "images", DEMO / "truth.csv", "colour", "colour")]
    for address in given:
        found += _in_folder(address)
    return found


def _in_folder(address: str) -> list[Case]:
    folder, column, criterion = (*address.split(":"), "", "")[:3]
    place = Path(folder)
    labels = place / "labels.csv"
    if not labels.is_file():
        sys.exit(f"{labels} is missing: it has to name the images and their labels.")
    with labels.open(encoding="utf-8-sig", newline="") as file:
        columns = next(csv.reader(file))[1:]
    if column and column not in columns:
        sys.exit(f"{labels} has no column {column}; it has {', '.join(columns)}.")
    images = place / "images" if (place / "images").is_dir() else place
    return [Case(place.name, images, labels, c, criterion or c) for c in ([column] if column else columns)]


def described(workspace: Workspace, case: Case) -> tuple[Corpus, NDArray[np.str_]]:
    """The images that have a label, as the engine's text steps get them, and their classes."""
    with case.labels.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    key = next(iter(rows[0]))
    classes = {row[key]: row[case.column] for row in rows if row[case.column]}
    origin = source.find(str(case.images), "", workspace.config)
    run_id = runs.start(workspace, origin, RunSettings("", case.criterion, len(set(classes.values()))))
    runs.run(workspace, run_id, "name", origin=origin)
    items = [(row.item_id, classes[row.name]) for row in run_view.rows(workspace.store, run_id) if row.name in classes]
    if not items:
        sys.exit(f"None of the files that {case.labels} names lies in {case.images}.")
    print(f"{case.name}, {case.column}: {len(items)} images with a label", flush=True)
    ids = [item for item, _ in items]
    held = RunAnswers(workspace.store.answers, run_id)
    said = held.descriptions(ids)
    corpus = Corpus(ids, [said[item] for item in ids], None, held.evidence(EVIDENCE_ID, ids))
    return corpus, np.array([name for _, name in items])


def grouped(
    corpus: Corpus, criterion: str, k: int, given: Sequence[str] = ()
) -> tuple[list[Cluster], list[str | None], NDArray[np.float64]]:
    """The groups, the group of each image (None: not sure), and the confidence in it (0 without one)."""
    engine = BuiltinText()
    labels = [str(label) for label in engine.label(corpus, criterion)]
    labelled = Corpus(corpus.ids, corpus.descriptions, labels, corpus.evidence)
    clusters = engine.name(labelled, criterion, k, given)
    answers = [answer for answer in engine.assign(labelled, criterion, clusters) if isinstance(answer, Assignment)]
    assert len(answers) == len(corpus)
    return clusters, [a.cluster_id for a in answers], np.array([a.confidence or 0.0 for a in answers])


def measure(corpus: Corpus, truth: NDArray[np.str_], criterion: str) -> Measured:
    """One grouping of these images into as many groups as there are classes, and k-means beside it."""
    k = len(set(truth))
    clusters, found, confidence = grouped(corpus, criterion, k)
    table = confusion(list(truth), found)
    names = {cluster.id: cluster.name for cluster in clusters}
    hints = {cluster.id for cluster in clusters if cluster.needs_name}
    scores = metrics.score_table(table, names, word_senses(), hints)
    meant = names_meant(table, names, word_senses(), hints)
    right, assigned = hits(table, truth, found), np.array([cluster is not None for cluster in found])
    points = pixel_clusters.points(route(criterion).aspect, corpus.evidence)
    return Measured(
        acc=scores["acc"],
        nmi=scores["nmi"],
        name_acc=scores["name_acc"],
        right_names=None if meant is None else right_names(table, meant),
        ece=calibration_error(confidence[assigned], right[assigned]) if assigned.any() else None,
        auc=auc(confidence[assigned], right[assigned]),
        stability=stability(clusters),
        plain=hungarian_accuracy(list(truth), k_means(points, k)),
        chance=scores["chance"],
    )


def k_means(points: NDArray[np.floating], k: int) -> list[str]:
    """The group of each of n points by k-means alone, the best of 20 starts."""
    from core.libraries.sklearn import KMeans

    placed = points.astype(np.float64) - points.mean(axis=0)
    if len(placed) < placed.shape[1]:  # n points have the same distances in n dimensions
        values, vectors = np.linalg.eigh(placed @ placed.T)
        placed = vectors * np.sqrt(np.maximum(values, 0.0))
    return [str(j) for j in KMeans(k, n_init=20, random_state=0).fit_predict(placed)]


# -- measures of our own


def hits(table: Confusion, truth: NDArray[np.str_], found: Sequence[str | None]) -> NDArray[np.bool_]:
    """(n,) which images are in the group that is matched to their class (Hungarian)."""
    own = {table.clusters[column]: table.classes[row] for row, column in metrics.matching(table).items()}
    return np.array(
        [cluster is not None and own.get(cluster) == name for name, cluster in zip(truth, found, strict=True)]
    )


def right_names(table: Confusion, meant: dict[str, str]) -> float | None:
    """Share of the groups with images whose name a stranger would give: it means the class of most of their images."""
    held = [(column, cluster) for column, cluster in enumerate(table.clusters) if cluster is not None]
    right = [meant.get(cluster) == table.classes[int(table.counts[:, column].argmax())] for column, cluster in held]
    return sum(right) / len(right) if right else None


def auc(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float | None:
    """How surely a right image has the higher confidence of a right and a wrong one; None where there are not both."""
    from core.libraries.sklearn import metrics as sklearn_metrics

    return float(sklearn_metrics.roc_auc_score(right, confidence)) if 0 < right.sum() < len(right) else None


def resamples(number: int) -> Iterator[NDArray[np.intp]]:
    """The rows of each resample, in order."""
    for seed in range(RESAMPLES):
        yield np.sort(np.random.default_rng(seed).choice(number, round(SHARE * number), replace=False))


def given_shares(
    truth: Sequence[str], found: Sequence[str | None], names: Sequence[str]
) -> tuple[float, float | None, float | None]:
    """For given names, of which some occur: the share of all images under a name that is not their class; of the
    images whose class was given, the share under it; of the others, the share under none.

    found: the name that each image is under, None for not sure.
    """
    wrong = [name is not None and name != own for own, name in zip(truth, found, strict=True)]
    under = [name == own for own, name in zip(truth, found, strict=True) if own in names]
    left = [name is None for own, name in zip(truth, found, strict=True) if own not in names]
    return float(np.mean(wrong)), _mean(under), _mean(left)


def _mean(values: Sequence[float | bool | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


# -- tables


def quality(case: Case, corpus: Corpus, truth: NDArray[np.str_]) -> tuple[str, str]:
    """The line of README.md and the line of docs/measured.md for one case."""
    whole = measure(corpus, truth, case.criterion)
    parts = [measure(corpus.take(list(rows)), truth[rows], case.criterion) for rows in resamples(len(truth))]

    def both(get: Callable[[Measured], float | None], worst: Callable[[list[float]], float] = min) -> str:
        known = [value for part in parts if (value := get(part)) is not None]
        return f"{shown(_mean(known))} ({shown(worst(known))})" if known else "–"

    short = [case.name, case.column, len(set(truth)), *map(shown, (whole.acc, whole.name_acc, whole.chance))]
    long = [
        case.name,
        case.column,
        len(set(truth)),
        both(lambda part: part.acc),
        both(lambda part: part.plain),
        shown(whole.chance),
        both(lambda part: part.nmi),
        both(lambda part: part.name_acc),
        both(lambda part: part.right_names),
        both(lambda part: part.ece, max),
        both(lambda part: part.auc),
        both(lambda part: part.stability),
    ]
    return line(short), line(long)


def given(case: Case, corpus: Corpus, truth: NDArray[np.str_]) -> Iterator[str]:
    """A line for each choice of names for the flowers: three that occur, and one or two that do not."""
    classes, outside = sorted(set(truth)), NOT_THERE[case.column]
    draw = np.random.default_rng(0)
    for three in draw.permutation(list(combinations(classes, 3)))[:CHOICES]:
        names = [*map(str, three), *map(str, draw.choice(outside, len(classes) - 3, replace=False))]
        clusters, found, _ = grouped(corpus, case.criterion, len(names), names)
        called = {cluster.id: cluster.name for cluster in clusters}
        under = [None if cluster is None else called[cluster] for cluster in found]
        yield line([case.name, case.column, ", ".join(names), *map(shown, given_shares(list(truth), under, names))])


def shown(value: float | None) -> str:
    """A share as the tables have it: ".811", "–" for none."""
    return "–" if value is None else f"{value:.3f}".replace("0.", ".", 1)


def line(cells: Sequence[object]) -> str:
    """A line of a table."""
    return f"| {' | '.join(map(str, cells))} |"


SHORT = ("data", "criterion", "groups", "ACC", "name accuracy", "ACC by chance")
LONG = (
    "data",
    "criterion",
    "groups",
    "ACC",
    "ACC of k-means",
    "ACC by chance",
    "NMI",
    "name accuracy",
    "right names",
    "ECE",
    "AUC",
    "stability",
)
GIVEN = (
    "data",
    "criterion",
    "names given",
    "under a name that does not fit",
    "under the right one",
    "left, where none fits",
)


def replaced(text: str, body: str) -> str:
    """A document with the part between the two comments anew. Raises ValueError where it has none."""
    first, last = "<!-- made by benchmarks/quality.py -->\n", "<!-- end of what it made -->"
    before, _, rest = text.partition(first)
    _, found, after = rest.partition(last)
    if not found:
        raise ValueError("the document has no place for the tables")
    return f"{before}{first}\n{body}\n\n{last}{after}"


def table(head: Sequence[str], lines: Sequence[str]) -> str:
    """A table in Markdown."""
    return "\n".join([line(head), f"|{'---|' * len(head)}", *lines])


def main(arguments: Sequence[str]) -> None:
    """Measure, print, and write where asked to."""
    if "--write" in arguments and not DATA.is_dir():
        sys.exit("Without the evaluation data beside the repository --write would lose what was measured on it.")
    short, long, names = [], [], []
    with tempfile.TemporaryDirectory() as place:
        workspace = Workspace(Config(Path(place) / "workspace"))
        for case in cases([argument for argument in arguments if argument != "--write"]):
            corpus, truth = described(workspace, case)
            lines = quality(case, corpus, truth)
            print(*lines, sep="\n", flush=True)
            short.append(lines[0])
            long.append(lines[1])
            if case.images.parent == DATA / "flowers":
                names += given(case, corpus, truth)
        workspace.close()
    tables = [table(LONG, long)] + ([table(GIVEN, names)] if names else [])
    print("", table(SHORT, short), *tables, sep="\n\n")
    if "--write" in arguments:
        for document, body in (("README.md", table(SHORT, short)), ("docs/measured.md", "\n\n".join(tables))):
            path = ROOT / document
            path.write_text(replaced(path.read_text(encoding="utf-8"), body), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
