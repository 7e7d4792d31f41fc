"""What the page Compare asks of two runs over 100,000 images.

    python benchmarks/compare_runs.py [IMAGES]

A made-up run as in benchmarks/scale.py, and a second one of the same answers in which a twentieth of the images is in
another group. Printed in milliseconds, median of 7, nothing kept between two calls: the comparison, its agreement, the
images that changed (count, first and last page), the images of the largest field, and all images as a table.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import scale

from core.config import Config
from core.results import compare as comparing
from core.results.compare import Comparison, compare
from core.store import Store
from core.store.kept_rows import KeptRows
from core.workspace import Workspace

TIMES = 7
PAGE = 60
MOVED = 20


def second_run(store: Store, first: str) -> str:
    """A run that holds what the first one does, but for one image in MOVED, which has the answer of one other."""
    run = store.runs.get(first)
    assert run is not None
    run_id = store.runs.create(replace(run.settings))
    with store.runs._db.write() as cursor:
        cursor.execute("INSERT INTO result SELECT ?, * EXCLUDE run_id FROM result WHERE run_id = ?", [run_id, first])
        of_run = "run_id = ? AND step = 'assign'"
        sql = f"UPDATE result SET call_key = (SELECT min(call_key) FROM result WHERE {of_run}) WHERE {of_run} "
        cursor.execute(sql + f"AND hash(item_id) % {MOVED} = 0", [first, run_id])
    return run_id


def milliseconds(store: Store, call: Callable[[], object]) -> float:
    took = []
    for _ in range(TIMES):
        store.placements._db._kept = KeptRows()
        comparing._agreement.cache_clear()
        began = time.monotonic()
        call()
        took.append(time.monotonic() - began)
    return 1000 * statistics.median(took)


def asked(store: Store, found: Comparison) -> dict[str, Callable[[], object]]:
    """What the page asks, by name."""
    changed = found.query(found.changed)
    last = max(found.number(found.changed) - PAGE, 0)
    largest = found.query([max(found.flow, key=found.flow.__getitem__)])
    one, other = found.first.run.id, found.second.run.id
    return {
        "comparison": lambda: compare(store, one, other),
        "agreement": lambda: compare(store, one, other).agreement,
        "images that changed: count": lambda: found.first.count(changed),
        "images that changed: first page": lambda: found.first.rows(changed, PAGE),
        "images that changed: last page": lambda: found.first.rows(changed, PAGE, last),
        "largest field: first page": lambda: found.first.rows(largest, PAGE),
        "all images as a table": lambda: sum(1 for _ in found.each()),
    }


def main(arguments: Sequence[str]) -> None:
    total = int(arguments[0]) if arguments else 100_000
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Config(Path(folder)))
        store = workspace.store
        first, _ = scale.fill(store, total)
        found = compare(store, first, second_run(store, first))
        print(f"{found.images:,} images in both, {found.number(found.changed):,} changed, {len(found.flow)} fields")
        for name, call in asked(store, found).items():
            print(f"{name:32} {milliseconds(store, call):7.0f} ms")
        workspace.close()


if __name__ == "__main__":
    main(sys.argv[1:])
