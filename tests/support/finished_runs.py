"""The app on a workspace with three finished runs on the same photos, for the browser tests that look at results."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import chromium as kit

from core.config import Config
from core.domain import RunSettings
from core.ingest import source
from core.pipeline import runs
from core.workspace import Workspace

EACH = 18
"""Photos of each species: so many that a group's pictures do not all fit on the screen."""
GROUPS = {"species": 4, "colour": 3, "Species": 2}


@dataclass(frozen=True, slots=True)
class Finished:
    """runs: criterion -> id; tests leave them as they were. images: the folder with the photos."""

    server: kit.Server
    runs: dict[str, str]
    images: Path


@contextmanager
def serving(place: Path) -> Iterator[Finished]:
    """Group the photos by each criterion with the built-in engine, then serve the workspace."""
    images = kit.flowers(place / "garden", EACH)
    workspace = Workspace(Config(place / "workspace"))
    try:
        origin = source.find(str(images), "", workspace.config)
        made = {criterion: _made(workspace, origin, criterion) for criterion in GROUPS}
    finally:
        workspace.close()
    with kit.running(place / "workspace") as server:
        yield Finished(server, made, images)


def _made(workspace: Workspace, origin: source.Source, criterion: str) -> str:
    labels = f"{kit.DATASETS / 'flowers' / 'labels.csv'}:species"
    run_id = runs.start(workspace, origin, RunSettings("", criterion, GROUPS[criterion], truth=labels))
    runs.run(workspace, run_id, "assign", origin=origin)
    return run_id
