"""What is suggested beside what sets are labelled by: python benchmarks/suggestions.py [FOLDER[:COLUMN[:CRITERION]]]

Labels are not shown to the suggestions. For each column of each set: the suggestion that looks at what the column is
about, the number of groups that it proposes beside the number of labels, and how much its groups on the sample agree
with the labels (adjusted Rand index). Then the same for descriptions alone, and the seconds of the first suggestions on
images that nothing was measured of. A FOLDER is as for benchmarks/quality.py.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from quality import DATA, Case, cases

from core.config import Config
from core.domain import DatasetRow
from core.ingest import ground_truth, source
from core.models.builtin.criterion.routing import route
from core.pipeline import intake
from core.pipeline.labels import images_of
from core.suggestions import suggest
from core.suggestions.number import number_for
from core.suggestions.suggestion import Found, Suggestion
from core.workspace import Workspace

HEAD = ("set", "labelled by", "labels", "suggested", "groups", "stay", "reason")


def looked_at(workspace: Workspace, images: str, records: str = "") -> DatasetRow:
    """The dataset, with all of it looked at."""
    origin = source.find(images, records, workspace.config)
    given = workspace.store.datasets.get(origin.dataset_id)
    if not source.is_complete(given):
        intake.look(workspace.store, workspace.copies, workspace.config, origin, threading.Event(), lambda _: None)
        given = workspace.store.datasets.get(origin.dataset_id)
    assert given is not None
    return given


def suggested(workspace: Workspace, given: DatasetRow) -> Found:
    """What the built-in engine suggests, made once for each set."""
    kept = suggest.kept(workspace, given.id)
    if kept.builtin and kept.fresh:
        return kept.builtin
    began, worked = time.monotonic(), time.process_time()
    found = suggest.by_builtin(workspace, given, threading.Event())
    took, worked = time.monotonic() - began, time.process_time() - worked
    print(
        f"{given.name}: {found.sampled} of {given.given} looked at in {took:.1f} s ({worked:.1f} s of work)", flush=True
    )
    return found


def classes(workspace: Workspace, given: DatasetRow, case: Case) -> int:
    """How many labels the column has."""
    truth = ground_truth.read(f"{case.labels}:{case.column}", images_of(workspace.store, given.id))
    return len(set(truth.classes.values()))


def meant(found: Found, criterion: str) -> Suggestion | None:
    """The suggestion that looks at what a criterion is about; None where there is none."""
    aspect = route(criterion)
    alike = [one for one in found.suggestions if not aspect.why and route(one.criterion).aspect == aspect.aspect]
    return alike[0] if alike else None


def line(name: str, column: str, labels: int, found: Found, criterion: str) -> None:
    one, number = meant(found, criterion), number_for(criterion, found, [])
    stay = "" if number.share is None else f"{number.share:.2f}"
    cells = (name, column, labels, one.criterion if one else "-", number.k or "-", stay, number.reason or "-")
    print("{:16}{:14}{:>7}  {:18}{:>7}{:>6}  {}".format(*cells), flush=True)


def main(given: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Config(Path(folder)))
        several = [(case, looked_at(workspace, str(case.images))) for case in cases(given)]
        found = {dataset.id: suggested(workspace, dataset) for _, dataset in several}
        print("{:16}{:14}{:>7}  {:18}{:>7}{:>6}  {}".format(*HEAD))
        for case, dataset in several:
            line(case.name, case.column, classes(workspace, dataset, case), found[dataset.id], case.criterion)
        for name in ("replay-ppmi", "replay-stl10"):
            records = DATA / name / "records.jsonl"
            if records.is_file():
                dataset = looked_at(workspace, "", str(records))
                about = json.loads((DATA / name / "about.json").read_text(encoding="utf-8"))
                texts = suggested(workspace, dataset)
                line(name, "truth", about["k"], texts, next((one.criterion for one in texts.suggestions), ""))
        workspace.close()


if __name__ == "__main__":
    main(sys.argv[1:])
