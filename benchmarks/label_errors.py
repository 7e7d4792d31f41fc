"""How many planted label errors the list finds: python benchmarks/label_errors.py [--cleanlab PYTHON].

Of the labels of flowers and clothing 5 and 10 % are replaced by another one at random (three draws). Printed: precision
and recall of the list at its default length, mean of the draws, and beside it that of cleanlab (AGPL: no part of this
project) on the same probabilities, where the Python given has it installed (an environment of its own, made by hand).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from quality import DATA, cases, described, line, table

from core.config import Config
from core.domain import Corpus, Vector
from core.evaluate.cross_validated import probabilities
from core.evaluate.label_errors import label_errors
from core.teaching.spaces import place_all, points
from core.workspace import Workspace

SHARES, DRAWS = (0.05, 0.1), 3
_ORACLE = """
import sys, numpy as np
from cleanlab.filter import find_label_issues
held = np.load(sys.argv[1])
np.save(sys.argv[2], find_label_issues(held["labels"], held["probabilities"], n_jobs=1))
"""


def features(corpus: Corpus) -> Vector:
    """(n, dimensions): the evidence of all images as the list uses it."""
    held = points(corpus.evidence or {})
    places = place_all(held, [(len(corpus.ids), held)])
    return np.concatenate([own.values for own in places.values()], axis=1)


def planted(truth: NDArray[np.int64], share: float, seed: int) -> NDArray[np.int64]:
    """The labels with this share replaced by another one."""
    draw, labels = np.random.default_rng(seed), truth.copy()
    wrong = draw.choice(len(truth), round(share * len(truth)), replace=False)
    labels[wrong] = (labels[wrong] + draw.integers(1, truth.max() + 1, len(wrong))) % (truth.max() + 1)
    return labels


def oracle(python: str, labels: NDArray[np.int64], chances: NDArray[np.float64]) -> NDArray[np.bool_]:
    """What cleanlab lists."""
    with tempfile.TemporaryDirectory() as place:
        given, answer = f"{place}/given.npz", f"{place}/answer.npy"
        np.savez(given, labels=labels, probabilities=chances)
        subprocess.run([python, "-c", _ORACLE, given, answer], check=True)
        return np.asarray(np.load(answer), dtype=bool)


def quality(listed: NDArray[np.bool_], wrong: NDArray[np.bool_]) -> tuple[float, float]:
    """Precision and recall; an empty list is precise."""
    hits = int((listed & wrong).sum())
    return hits / max(int(listed.sum()), 1), hits / int(wrong.sum())


def main(arguments: list[str]) -> None:
    python = arguments[arguments.index("--cleanlab") + 1] if "--cleanlab" in arguments else ""
    lines = []
    with tempfile.TemporaryDirectory() as place:
        workspace = Workspace(Config(Path(place) / "workspace"))
        for case in (one for one in cases([]) if DATA in one.images.parents):
            corpus, names = described(workspace, case)
            truth = np.unique(names, return_inverse=True)[1]
            seen = features(corpus)
            for share in SHARES:
                ours, theirs, lengths = [], [], []
                for seed in range(DRAWS):
                    labels = planted(truth, share, seed)
                    chances = probabilities(seen, labels)
                    listed = np.zeros(len(labels), dtype=bool)
                    listed[[one.row for one in label_errors(labels, chances)]] = True
                    lengths.append(int(listed.sum()))
                    ours.append(quality(listed, labels != truth))
                    if python:
                        theirs.append(quality(oracle(python, labels, chances), labels != truth))
                means = [f"{value:.3f}" for value in np.mean(ours, axis=0)]
                means += [f"{value:.3f}" for value in np.mean(theirs, axis=0)] if theirs else ["–", "–"]
                row = (case.name, case.column, len(truth), f"{share:.0%}", f"{np.mean(lengths):.0f}", *means)
                lines.append(line(row))
        workspace.close()
    head = ("data", "labels", "images", "planted", "listed", "precision", "recall", "of cleanlab", "recall of it")
    print(table(head, lines))


if __name__ == "__main__":
    main(sys.argv[1:])
