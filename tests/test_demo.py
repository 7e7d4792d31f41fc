"""The demo that ships: its pictures match its truth, its script makes them again, and it groups as its README says."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.config import Config
from core.domain import RunSettings
from core.ingest import source
from core.models.builtin.criterion.routing import route
from core.pipeline import runs
from core.results import decisions, run_view
from core.workspace import Workspace

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "data" / "demo"
RECORDED = "descriptions.jsonl"
# criterion, truth column, how many groups, recorded descriptions or "": the rows of the table in the demo's README.
GROUPINGS = [
    ("kind of thing", "kind", 6, ""),
    ("colour", "colour", 6, ""),
    ("mood", "mood", 4, RECORDED),
    ("viewing side", "side", 3, RECORDED),
]


def truth() -> list[dict[str, str]]:
    with (DEMO / "truth.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_picture_has_its_truth_and_its_description() -> None:
    rows = truth()
    names = [row["image"] for row in rows]
    assert sorted(path.name for path in (DEMO / "images").iterdir()) == sorted(names)
    assert 150 <= len(names) <= 300
    lines = [json.loads(line) for line in (DEMO / RECORDED).read_text(encoding="utf-8").splitlines()]
    assert [line["image"] for line in lines] == names
    assert all(line["recorded"] is True for line in lines)
    assert len({line["description"] for line in lines}) == len(lines)


def test_the_facets_are_in_balance_and_independent() -> None:
    rows = truth()
    for one, other in (("kind", "colour"), ("kind", "side"), ("kind", "mood"), ("colour", "side")):
        pairs = Counter((row[one], row[other]) for row in rows)
        combinations = len({row[one] for row in rows}) * len({row[other] for row in rows})
        assert len(pairs) == combinations, f"some {one} is never shown in some {other}"
        assert max(pairs.values()) <= 2 * len(rows) / combinations


def test_the_pictures_are_small_and_say_nothing_by_their_names() -> None:
    files = sorted((DEMO / "images").iterdir())
    assert sum(path.stat().st_size for path in files) < 6_000_000
    for path in files:
        assert re.fullmatch(r"demo-\d{3}\.jpg", path.name)
        with Image.open(path) as image:
            assert (image.size, image.mode) == ((400, 400), "RGB")


def render(folder: Path, *options: str) -> None:
    subprocess.run([sys.executable, str(DEMO / "render.py"), "--out", str(folder), *options], check=True, timeout=300)


def test_the_script_writes_the_same_tables(tmp_path: Path) -> None:
    render(tmp_path, "--tables-only")
    for name in ("truth.csv", RECORDED):
        assert (tmp_path / name).read_bytes() == (DEMO / name).read_bytes(), f"run data/demo/render.py: {name} is old"


def test_the_script_renders_the_same_pictures(tmp_path: Path) -> None:
    render(tmp_path, "--only", "2")
    for row in truth()[:2]:
        with Image.open(tmp_path / "images" / row["image"]) as new, Image.open(DEMO / "images" / row["image"]) as old:
            difference = np.abs(np.asarray(new, dtype=np.int16) - np.asarray(old, dtype=np.int16))
        # Another version of numpy or of the JPEG library may round a few pixels otherwise.
        assert difference.mean() < 1.0
        assert np.quantile(difference, 0.99) <= 8


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """One for all criteria, so that the network looks at each picture once."""
    workspace = Workspace(Config(tmp_path_factory.mktemp("demo")))
    yield workspace
    workspace.close()


@pytest.mark.parametrize(("criterion", "column", "k", "records"), GROUPINGS)
def test_the_demo_groups_as_its_readme_says(
    workspace: Workspace, criterion: str, column: str, k: int, records: str
) -> None:
    given = str(DEMO / records) if records else ""
    settings = RunSettings(
        "",
        criterion,
        k,
        vision="records" if records else "builtin",
        records=given,
        truth=f"{DEMO / 'truth.csv'}:{column}",
    )
    origin = source.find(str(DEMO / "images"), given, workspace.config)
    run_id = runs.start(workspace, origin, settings)
    runs.run(workspace, run_id, "assign")
    scores = run_view.View(workspace.store, run_id).metrics()
    assert scores is not None
    assert scores["n"] == len(truth())
    assert float(str(scores["acc"])) >= 0.90
    clusters = decisions.clusters(workspace.store, run_id).clusters
    assert not [cluster.name for cluster in clusters if cluster.needs_name]
    said = re.search(rf"^\| {criterion} \| {k} \| .* \| ([\d.]+) \|$", (DEMO / "README.md").read_text(), re.MULTILINE)
    assert said is not None, "the README's table has no such row"
    assert float(str(scores["acc"])) == pytest.approx(float(said[1]), abs=0.02)


def test_the_engine_says_which_criteria_it_cannot_see() -> None:
    warned = {criterion: route(criterion).warning is not None for criterion, *_ in GROUPINGS}
    assert warned == {"kind of thing": False, "colour": False, "mood": True, "viewing side": True}
