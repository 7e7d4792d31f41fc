"""A workspace with quick models and a folder of pictures, for tests of the whole path."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import COLOURS, FakeText, FakeVision
from PIL import Image
from shortcuts import decode_in_process, without_copies

from core.config import Config
from core.domain import RunSettings
from core.ingest import source
from core.models import registry
from core.pipeline import runs
from core.results import decisions, run_view
from core.workspace import Workspace

EACH = 4


def draw(folder: Path, each: int = EACH) -> Path:
    """A folder of small pictures: `each` of every colour, in a sub-folder named after it, no two alike."""
    noise = np.random.default_rng(0)
    for name, colour in COLOURS.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(each):
            pixels = np.array(colour) + noise.integers(-15, 15, (24, 32, 3))
            Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(folder / name / f"{number}.png")
    return folder


class House:
    """A workspace with quick models and a folder of pictures."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        decode_in_process(monkeypatch)
        without_copies(monkeypatch)
        self.vision, self.text = FakeVision(), FakeText()
        monkeypatch.setattr(registry, "VISION", {"builtin": lambda *_: self.vision})
        monkeypatch.setattr(registry, "TEXT", {"builtin": lambda *_: self.text})
        self.images = draw(tmp_path / "images")
        self.workspace = Workspace(Config(tmp_path / "workspace"))
        self.store = self.workspace.store

    def start(self, **changes: object) -> str:
        settings = replace(RunSettings("", "colour", 4), **changes)  # type: ignore[arg-type]
        images = "" if settings.records and settings.vision == "records" else str(self.images)
        origin = source.find(images, settings.records, self.workspace.config, settings.limit)
        return runs.start(self.workspace, origin, settings)

    def run(self, run_id: str, until: runs.Until = "assign", **options: object) -> None:
        runs.run(self.workspace, run_id, until, **options)  # type: ignore[arg-type]

    def sizes(self, run_id: str) -> dict[str, int]:
        return dict(
            Counter(row.cluster.name if row.cluster else row.state for row in run_view.rows(self.store, run_id))
        )

    def id_of(self, run_id: str, name: str) -> str:
        return next(cluster.id for cluster in decisions.clusters(self.store, run_id).clusters if cluster.name == name)
