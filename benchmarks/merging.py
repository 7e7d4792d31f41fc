"""How many groups are found where nobody counted them, and what that takes: python benchmarks/merging.py [SET ...]

The recorded GPT-4 answers of a data set (STL-10, PPMI) are given by a server on this computer: it labels descriptions,
says of two groups whether most images of their first labels were put into one, and sorts. In a second and third pass it
is wrong about 2 and 5 % of these pairs, each pair always the same way. Beside them, the same run with the number given.

For each: labels, groups formed (K), scores over all images, questions about pairs, requests for them and in all.
"""

from __future__ import annotations

import json
import sys
import tempfile
import zlib
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "support")]

from conftest import DATASETS
from openai_server import Server
from recorded import Recorded

from core.config import Config
from core.domain import RunSettings
from core.ingest import source
from core.pipeline import runs
from core.results import run_view
from core.workspace import Workspace

SETS = ("replay-stl10", "replay-ppmi")
WRONG = (0.0, 0.02, 0.05)
TEXT_STEPS = ("label", "name", "assign")


class Sometimes(Recorded):
    """Recorded answers, wrong about a share of the pairs of groups."""

    def __init__(self, folder: Path, wrong: float) -> None:
        super().__init__(folder)
        self.wrong = wrong

    def _alike(self, text: str) -> bool:
        return super()._alike(text) ^ (zlib.crc32(text.encode()) / 2**32 < self.wrong)


def measured(folder: Path, k: int, wrong: float) -> str:
    """A line of the table: one run from descriptions alone. k: 0 where the model is to count."""
    about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    rows = [json.loads(line) for line in (folder / "records.jsonl").read_text(encoding="utf-8").splitlines()]
    server = Server(Sometimes(folder, wrong))
    with tempfile.TemporaryDirectory() as place:
        records = Path(place) / "descriptions.jsonl"
        kept = ("image", "description", "truth")  # neither labels nor assignments: those are the server's to give
        records.write_text("\n".join(json.dumps({key: row[key] for key in kept}) for row in rows), encoding="utf-8")
        workspace = Workspace(Config(Path(place) / "workspace"))
        origin = source.find("", str(records), workspace.config)
        settings = RunSettings("", about["criterion"], k, "records", f"openai:recorded@{server.url}", str(records))
        run_id = runs.start(workspace, origin, settings)
        runs.run(workspace, run_id, "assign", origin=origin)
        view = run_view.View(workspace.store, run_id)
        scores, stats = view.metrics() or {}, view.run.stats
        pairs, _ = workspace.store.answers.step_counts(run_id).get("alike", (0, 0))
        labels = len({label for _, label, _ in view.labels()})
        found = len(view.edited.clusters)
        workspace.close()
    server.shutdown()
    server.server_close()
    asked = sum(stats[step].requests for step in TEXT_STEPS)
    title = f"K = {k} given" if k else f"counted, {wrong:.0%} wrong"
    numbers = " ".join(f"{float(str(scores[name])):7.4f}" for name in ("acc", "nmi", "ari"))
    return f"{title:20}{labels:8}{found:4} {numbers}{pairs:10}{stats['name'].requests:10}{asked:8}"


def main(names: tuple[str, ...] = SETS) -> None:
    for name in names:
        folder = DATASETS / name
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
        print(f"{name}: {about['criterion']}, {about['k']} classes")
        scores = " ".join(f"{score:>7}" for score in ("ACC", "NMI", "ARI"))
        print(f"{'':20}{'labels':>8}{'K':>4} {scores}{'questions':>10}{'requests':>10}{'in all':>8}")
        print(measured(folder, about["k"], 0.0))
        for wrong in WRONG:
            print(measured(folder, 0, wrong))


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or SETS)
