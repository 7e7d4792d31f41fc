"""A workspace with quick models and a folder of pictures, for tests of the whole path."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import COLOURS, FakeText, FakeVision
from PIL import Image
from shortcuts import decode_in_process, with_blank_database, without_copies

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
        self.images = tmp_path / "images"
        if not self.images.exists():
            draw(self.images)
        self.workspace = Workspace(Config(with_blank_database(tmp_path / "workspace")))
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


@dataclass(frozen=True)
class Left:
    """A house as it was left, for many tests to go on from: a copy takes a tenth of the time of a run.

    place: where it stood. Each test finds it there again, as its dataset names its images by their path. kept: a copy
    of it. made: what whoever furnished it returned. asked: what its models had been asked.
    """

    place: Path
    kept: Path
    made: Any
    asked: tuple[list[Any], list[Any]]

    @classmethod
    def of(cls, folder: Path, furnish: Callable[[House], Any]) -> Left:
        with pytest.MonkeyPatch.context() as patch:
            house = House(folder / "house", patch)
            try:
                made = furnish(house)
            finally:
                house.workspace.close()
        shutil.copytree(folder / "house", folder / "kept")
        return cls(folder / "house", folder / "kept", made, (house.vision.history, house.text.history))

    def again(self, monkeypatch: pytest.MonkeyPatch) -> House:
        shutil.rmtree(self.place)
        shutil.copytree(self.kept, self.place)
        house = House(self.place, monkeypatch)
        house.vision.history, house.text.history = (list(asked) for asked in self.asked)
        return house


def furnished_once(name: str, furnish: Callable[[House], Any]) -> tuple[Any, Any]:
    """The fixtures `house` and `name` of a file of tests: a house that `furnish` has worked in, and what that returned,
    made once for all tests that ask for `name`. The others get an empty house."""
    left: list[Left] = []

    @pytest.fixture
    def house(
        request: pytest.FixtureRequest,
        tmp_path: Path,
        tmp_path_factory: pytest.TempPathFactory,
        monkeypatch: pytest.MonkeyPatch,
    ) -> Iterator[House]:
        if name not in request.fixturenames:
            house = House(tmp_path, monkeypatch)
        else:
            if not left:
                left.append(Left.of(tmp_path_factory.mktemp("left"), furnish))
            house = left[0].again(monkeypatch)
        yield house
        house.workspace.close()

    @pytest.fixture
    def made(house: House) -> Any:
        return left[0].made

    return house, made
