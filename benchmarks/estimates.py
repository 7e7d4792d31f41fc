"""Estimate against actual: python benchmarks/estimates.py [ROWS] [IMAGES]

On sets beside the repository. Tokens: descriptions of two recorded sets, with and without their labels, sorted by a
server on this computer that speaks the OpenAI protocol and answers as GPT-4 did; printed is what the estimate said
before and what the server counted. Time: the built-in engine on descriptions and on images; printed is what was
estimated at first, by rules of thumb, and for a second set after the first one was done.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "support")]

from conftest import DATASETS
from openai_server import Server
from recorded import Recorded

from core.cli import estimate
from core.config import Config
from core.domain import Asking, RunSettings
from core.ingest import source
from core.pipeline import runs
from core.pipeline.estimate import Estimate
from core.results import run_view
from core.workspace import Workspace


def records(folder: Path, name: str, rows: int, start: int = 0, *, labels: bool) -> Path:
    """Some rows of a recorded set, without what the server is to answer."""
    lines = (DATASETS / name / "records.jsonl").read_text(encoding="utf-8").splitlines()[start : start + rows]
    kept = ("image", "description", "label") if labels else ("image", "description")
    path = folder / f"{name}-{start}-{labels}.jsonl"
    path.write_text("\n".join(json.dumps({key: json.loads(line)[key] for key in kept}) for line in lines))
    return path


def both(workspace: Workspace, images: str, path: str, settings: RunSettings) -> tuple[Estimate, Estimate]:
    """What the estimate says of a run, and what the run takes, in the same form."""
    origin = source.find(images, path, workspace.config, settings.limit)
    settings = runs.check(workspace, origin, replace(settings, records=path, vision="records" if path else "builtin"))
    before = estimate.of(workspace, origin, settings)
    run_id = runs.start(workspace, origin, settings)
    runs.run(workspace, run_id, "assign", origin=origin)
    took = run_view.get_run(workspace.store, run_id).stats
    steps = {
        step: replace(
            expected,
            requests=took[step].requests,
            prompt_tokens=took[step].prompt_tokens,
            completion_tokens=took[step].completion_tokens,
            seconds=took[step].seconds,
        )
        for step, expected in before.steps.items()
        if step in took
    }
    return before, Estimate(before.images, steps)


def show_tokens(folder: Path, rows: int) -> None:
    print(f"{'tokens':44}{'estimate':>10}{'actual':>10}{'ratio':>8}")
    for name, k, criterion in (("replay-ppmi", 7, "musical instrument"), ("replay-stl10", 10, "object")):
        server = Server(Recorded(DATASETS / name))
        for labels in (False, True):
            path = str(records(folder, name, rows, labels=labels))
            for exact in (False, True):
                workspace = Workspace(Config(folder / f"{name}-{labels}-{exact}"))
                asked = RunSettings("", criterion, k, text=f"openai:gpt-4@{server.url}", asking=Asking(exact=exact))
                before, after = both(workspace, "", path, asked)
                workspace.close()
                title = f"{name}, {'labels too' if labels else 'texts'}, {'each text' if exact else 'by label'}"
                print(f"{title:44}{before.tokens:10,.0f}{after.tokens:10,.0f}{before.tokens / after.tokens:8.2f}")
        server.shutdown()


def show_seconds(folder: Path, rows: int, images: int) -> None:
    print(f"{'seconds of the built-in engine':44}{'estimate':>10}{'actual':>10}{'ratio':>8}")
    workspace = Workspace(Config(folder / "seconds"))
    for place, part in enumerate((rows // 2, rows)):
        path = str(records(folder, "replay-stl10", part, start=place * rows, labels=False))
        before, after = both(workspace, "", path, RunSettings("", "object", 10))
        line(f"{part} texts, {'learnt' if place else 'at first'}", before, after)
    for place, name in enumerate(("flowers", "clothing")):
        settings = RunSettings("", "colour", 5, limit=images // 2 if not place else images)
        before, after = both(workspace, str(DATASETS / name / "images"), "", settings)
        line(f"{settings.limit} images of {name}, {'learnt' if place else 'at first'}", before, after)
    workspace.close()


def line(title: str, before: Estimate, after: Estimate) -> None:
    print(f"{title:44}{before.seconds:10,.1f}{after.seconds:10,.1f}{before.seconds / after.seconds:8.2f}", flush=True)


def main(rows: int = 700, images: int = 200) -> None:
    with tempfile.TemporaryDirectory() as name:
        show_tokens(Path(name), rows)
        show_seconds(Path(name), rows, images)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
