"""How many images that fit no given name stay unassigned: python benchmarks/intruders.py [DRAWS].

Mixes 50 clothing photos into the flowers, gives the four species as names, and prints, for several thresholds on the
probability that an image belongs to any of the groups, the share of intruders and of flowers left unassigned; first, as
the app leaves them. Needs the evaluation data beside the repository.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from core.config import Config
from core.domain import RunSettings
from core.ingest import source
from core.pipeline import runs
from core.results import run_view
from core.workspace import Workspace

DATA = Path(__file__).parents[1].parent / "shared" / "datasets"
NAMES = ("lily", "rose", "daisy", "hyacinth")
THRESHOLDS = (0.1, 0.3, 0.5, 0.7, 0.9, 0.99)


def one_draw(seed: int, folder: Path, workspace: Workspace) -> None:
    """Mix, run, print a line a threshold."""
    clothes = sorted((DATA / "clothing" / "images").iterdir())
    chosen = np.random.default_rng(seed).choice(len(clothes), 50, replace=False)
    folder.mkdir()
    for path in [*(DATA / "flowers" / "images").iterdir(), *(clothes[place] for place in chosen)]:
        (folder / path.name).symlink_to(path)
    origin = source.find(str(folder), "", workspace.config)
    run_id = runs.start(workspace, origin, RunSettings("", "species", len(NAMES), names=NAMES))
    runs.run(workspace, run_id, "assign", origin=origin)
    rows = run_view.rows(workspace.store, run_id)
    said = run_view.assignments(workspace.store, run_id)
    belongs = np.array([sum((said[row.item_id].probabilities or {}).values()) for row in rows])
    unsure = np.array([row.cluster is None for row in rows])
    intruder = np.array([row.name.startswith("clothing") for row in rows])  # for the score only
    print(f"{seed:5d}  as it is    {unsure[intruder].mean():9.3f}  {unsure[~intruder].mean():7.3f}")
    for threshold in THRESHOLDS:
        out = belongs < threshold
        print(f"{seed:5d}  {threshold:9.2f}  {out[intruder].mean():9.3f}  {out[~intruder].mean():7.3f}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        space = Workspace(Config(Path(place) / "workspace"))
        print(" draw  threshold  intruders  flowers")
        for draw in range(int(sys.argv[1]) if len(sys.argv) > 1 else 3):
            one_draw(draw, Path(place) / str(draw), space)
        space.close()
