"""Accuracy against the share of images a model looks at: python benchmarks/propagation.py [CACHE_FOLDER].

Truth stands in for the model's answers. Features are measured by the built-in network through the product's own code
(about a minute and a half; kept in CACHE_FOLDER where one is given). For each share the rows are chosen in the rounds
of `Propagation`, and beside it at random (mean of five draws), with the same classifier. Printed: accuracy over all
images (those seen count as right) and over the propagated ones alone, the expected calibration error of the latter (ten
bins), the share of them below 0.6, and the accuracy of the others. Then, as a test of "not sure": 50 clothing photos
mixed into the flowers, none of them ever seen by the model. Needs the evaluation data beside the repository.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from core.domain import ImageInput, Seen, Vector
from core.models.builtin.from_pixels.clusters import points
from core.models.builtin.vision_model import BuiltinVision
from core.propagation.propagate import Propagated, Propagation, propagate
from core.propagation.sampling import place, spread

DATA = Path(__file__).parents[1].parent / "shared" / "datasets"
CASES = (
    ("flowers", "species", "subject"),
    ("clothing", "garment", "subject"),
    ("flowers", "colour", "colour"),
    ("clothing", "wearer", "subject"),
)
SHARES = (0.02, 0.05, 0.1, 0.2, 0.5)
DRAWS = 5
SURE = 0.6


def truth(dataset: str, column: str) -> tuple[list[str], np.ndarray]:
    """File names and the class of each."""
    with (DATA / dataset / "labels.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [row["image"] for row in rows], np.array([row[column] for row in rows])


def measured(dataset: str, names: list[str], cache: Path | None) -> dict[str, Vector]:
    """Space -> (n, d), as the store would give it back."""
    kept = cache / f"{dataset}-evidence.npz" if cache else None
    if kept and kept.is_file():
        with np.load(kept) as stored:
            return {space.replace("|", "/"): stored[space] for space in stored.files}
    vision = BuiltinVision()
    rows: list[Seen] = []
    for start in range(0, len(names), vision.batch_size):
        batch = [ImageInput(DATA / dataset / "images" / name) for name in names[start : start + vision.batch_size]]
        rows += [seen for seen in vision.describe(batch, "subject") if isinstance(seen, Seen)]
    assert len(rows) == len(names)
    spaces = {space: np.stack([row.evidence[space] for row in rows]) for space in rows[0].evidence}
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez(kept, **{space.replace("/", "|"): values for space, values in spaces.items()})
    return spaces


def calibration_error(confidence: Vector, right: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error (Guo et al., arXiv 1706.04599)."""
    bucket = np.minimum((confidence * bins).astype(int), bins - 1)
    parts = (bucket == j for j in range(bins))
    return float(sum(abs(confidence[p].mean() - right[p].mean()) * p.mean() for p in parts if p.any()))


def judged(found: Propagated, classes: np.ndarray) -> list[float]:
    """Accuracy over all, over the propagated, calibration error, share below SURE, accuracy of the others."""
    right = np.array(found.clusters(), dtype=object) == classes[found.rows]
    sure = found.confidence >= SURE
    over_all = (len(classes) - len(right) + right.sum()) / len(classes)
    above = right[sure].mean() if sure.any() else np.nan
    return [over_all, right.mean(), calibration_error(found.confidence, right), 1 - sure.mean(), above]


def in_rounds(values: Vector, classes: np.ndarray, share: float) -> Iterator[Propagated]:
    """What the product does."""
    plan = Propagation(place(values), round(share * len(classes)), len(set(classes)))
    answers: dict[int, str | None] = {}
    while len(rows := plan.ask(answers)):
        answers.update({int(row): str(classes[row]) for row in rows})
    yield plan.finish(answers)


def at_random(values: Vector, classes: np.ndarray, share: float) -> Iterator[Propagated]:
    """The same classifier on rows drawn at random."""
    places = place(values)
    for draw in range(DRAWS):
        rows = np.random.default_rng(draw).choice(len(classes), round(share * len(classes)), replace=False)
        yield propagate(places, rows, [str(name) for name in classes[rows]])


def strangers(cache: Path | None) -> None:
    """How sure it is of clothing among flowers."""
    names, classes = truth("flowers", "species")
    flowers = points("subject", measured("flowers", names, cache))
    clothes = points("subject", measured("clothing", truth("clothing", "garment")[0], cache))
    print(f"\n50 clothing photos among the flowers: share below {SURE}\n draw  seen   clothing  flowers")
    for draw in range(3):
        some = np.random.default_rng(draw).choice(len(clothes), 50, replace=False)
        places = place(np.vstack([flowers, clothes[some]]))
        for share in (0.05, 0.1, 0.2):
            rows = spread(places, round(share * len(flowers)))
            rows = rows[rows < len(flowers)]
            found = propagate(places, rows, [str(name) for name in classes[rows]])
            unsure, odd = found.confidence < SURE, found.rows >= len(flowers)
            print(f"{draw:5d}  {share:4.0%}  {unsure[odd].mean():9.2f}  {unsure[~odd].mean():7.3f}")


def main(cache: Path | None) -> None:
    """Print the tables."""
    for dataset, column, aspect in CASES:
        names, classes = truth(dataset, column)
        values = points(aspect, measured(dataset, names, cache))
        print(f"\n{dataset} {column}: {len(classes)} images, {len(set(classes))} classes")
        print(f"{'':9}|{'in rounds':^42}|{'at random':^42}")
        head = f"{'all':>7} {'prop.':>7} {'ECE':>7} {'<' + str(SURE):>7} {'sure':>7}   "
        print(f"described|{head}|{head}")
        for share in SHARES:
            both = [
                np.nanmean([judged(found, classes) for found in way(values, classes, share)], axis=0)
                for way in (in_rounds, at_random)
            ]
            print(
                f"{share:8.0%} |" + "|".join(" ".join(f"{x:7.3f}" for x in line) + "   " for line in both), flush=True
            )
    strangers(cache)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
