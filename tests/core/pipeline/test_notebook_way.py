"""The whole way of a notebook that clusters cars, on made-up descriptors: four pickles, a list of paths and a ZIP
file of images; scaled, PCA, three algorithms, criteria over K, pictures, comparison, export."""

from __future__ import annotations

import io
import json
import pickle
import threading
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from shortcuts import decode_in_process, with_blank_database, without_copies
from sklearn.metrics import adjusted_rand_score

from core.classical.groups import Method
from core.classical.reduce import Reduction
from core.config import Config
from core.errors import BadInput
from core.export import bundle
from core.ingest import source
from core.models.baseline.recipe import Features, Recipe
from core.pipeline import baselines, how_many_groups, runs
from core.results import together
from core.results.run_view import View
from core.workspace import Workspace

CARS, GROUPS = 60, 4
ALGORITHMS: tuple[Method, ...] = ("k-means", "agglomerative", "dbscan")


@pytest.fixture
def cars(tmp_path: Path) -> Path:
    """images.zip, images_paths.csv with another computer's paths, truth.csv, and a pickle for each of four networks:
    protocol and shape differ."""
    draw = np.random.default_rng(0)
    truth = np.arange(CARS) % GROUPS
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        for place in range(CARS):
            content = io.BytesIO()
            pixels = draw.integers(0, 255, (24, 32, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(content, "PNG")
            archive.writestr(f"cars/{truth[place]}/{place:06d}.png", content.getvalue())
    order = draw.permutation(CARS)
    paths = [f"/home/somebody/data/cars/{truth[place]}/{place:06d}.png" for place in order]
    pd.DataFrame({"paths": paths}).to_csv(tmp_path / "images_paths.csv", index=False)
    names = [f"{place:06d}.png" for place in range(CARS)]
    pd.DataFrame({"image": names, "type": [f"type {kind}" for kind in truth]}).to_csv(
        tmp_path / "truth.csv", index=False
    )
    for protocol, (name, size) in enumerate(
        {"osnet": 64, "vdc_color": 32, "vdc_type": 48, "efficientnet": 128}.items()
    ):
        centres = draw.normal(size=(GROUPS, size)) * 6
        rows = centres[truth[order]] + draw.normal(size=(CARS, size))
        rows = rows.astype(np.float32)
        held = rows if protocol < 2 else list(rows) if protocol == 2 else rows.reshape(CARS, size, 1, 1)
        (tmp_path / f"{name}.pickle").write_bytes(pickle.dumps(held, protocol=protocol + 1))
    return tmp_path


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    decode_in_process(monkeypatch)
    without_copies(monkeypatch)
    opened = Workspace(Config(with_blank_database(tmp_path / "workspace")))
    yield opened
    opened.close()


def group(workspace: Workspace, cars: Path, pickled: str, recipe: Recipe, k: int = GROUPS) -> str:
    features = Features("file", str(cars / f"{pickled}.pickle"), str(cars / "images_paths.csv"))
    settings = baselines.settings_of(features, recipe, k, f"{cars / 'truth.csv'}:type")
    origin = source.find(str(cars / "images.zip"), "", workspace.config)
    run_id = runs.start(workspace, origin, settings)
    runs.run(workspace, run_id, "assign", origin=origin)
    return run_id


def test_the_whole_way(workspace: Workspace, cars: Path) -> None:
    store = workspace.store
    made = [group(workspace, cars, "osnet", Recipe(method, Reduction("standard", 0.9))) for method in ALGORITHMS]
    made += [group(workspace, cars, name, Recipe("k-means")) for name in ("vdc_color", "vdc_type", "efficientnet")]
    for run_id in made:
        view = View(store, run_id)
        assert sum(view.states().values()) == CARS
        assert not view.states()["failed"]
        assert (view.metrics() or {})["ari"] > 0.8
        assert all(cluster.needs_name for cluster in view.edited.clusters)
    assert {row.state for row in View(store, made[2]).rows()} <= {"assigned", "unassigned"}  # noise is Not sure

    # Criteria over K, without a look at any image.
    dataset = View(store, made[0]).run.settings.dataset_id
    features = Features.parse(View(store, made[0]).run.settings.vision)
    found = how_many_groups.counted(workspace, dataset, features, Recipe("k-means"), threading.Event())
    assert [one.k for one in found.at] == list(range(2, 21))
    assert found.answers["calinski_harabasz"] == found.answers["davies_bouldin"] == GROUPS
    assert found.lowest <= GROUPS <= found.highest

    # Pictures, out of the ZIP file.
    for cluster in View(store, made[0]).edited.clusters:
        assert cluster.examples
        assert all(workspace.image(item, "view").is_file() for item in cluster.examples)

    # Comparison: they agree, and what they say together is what they say.
    agreed = together.agreements(store, made)
    assert min(agreed.values()) > 0.8
    board = together.leaderboard(store, together.views_of(store, dataset), "type")
    assert len(board) == len(made)
    assert all(one.scores["ari"] >= other.scores["ari"] for one, other in pairwise(board))
    said = together.consensus(store, made)
    assert len(said.groups) == CARS

    # Export: a notebook opens it in three lines.
    path = cars / "bundle.parquet"
    path.write_bytes(b"".join(bundle.parquet(store, dataset)))
    images = pd.read_parquet(path)
    assert len(images) == CARS
    columns = [name for name in images if name.endswith(f"({made[0]})")]
    assert adjusted_rand_score(images["truth: type"], images[columns[0]]) == pytest.approx(
        next(one.scores["ari"] for one in board if one.run_id == made[0])
    )
    whole = json.loads(b"".join(bundle.as_json(store, dataset)))
    assert {run["run"] for run in whole["runs"]} == set(made)
    assert len(whole["agreement"]) == len(made)


def test_the_same_baseline_again_asks_nothing_and_other_descriptors_do(workspace: Workspace, cars: Path) -> None:
    first = group(workspace, cars, "osnet", Recipe("agglomerative"))
    again = group(workspace, cars, "osnet", Recipe("agglomerative"))
    stats = View(workspace.store, again).run.stats
    assert not any(step.requests for step in stats.values())
    assert View(workspace.store, first).sizes() == View(workspace.store, again).sizes()
    rows = pickle.loads((cars / "osnet.pickle").read_bytes())
    (cars / "osnet.pickle").write_bytes(pickle.dumps(rows[::-1].copy()))
    other = group(workspace, cars, "osnet", Recipe("agglomerative"))
    assert View(workspace.store, other).run.stats["name"].requests == 1


def test_lda_says_that_it_has_seen_the_labels(workspace: Workspace, cars: Path) -> None:
    labels = f"{cars / 'truth.csv'}:type"
    run_id = group(workspace, cars, "vdc_type", Recipe("k-means", Reduction("standard", 0, True), labels))
    settings = View(workspace.store, run_id).run.settings
    assert baselines.has_seen_labels(settings)
    assert any("seen the labels" in sentence for sentence in baselines.said_of(settings))
    assert not baselines.has_seen_labels(baselines.settings_of(Features("hog"), Recipe("k-means"), 4))


def test_descriptors_that_fit_no_image_are_refused_before_anything_runs(workspace: Workspace, cars: Path) -> None:
    (cars / "images_paths.csv").write_text(
        "paths\n" + "\n".join(f"/x/photo-{place}-of-nothing.tif" for place in range(CARS))
    )
    with pytest.raises(BadInput, match="names an image"):
        group(workspace, cars, "osnet", Recipe("k-means"))
    (cars / "osnet.pickle").write_bytes(pickle.dumps(Path("/")))
    with pytest.raises(BadInput, match="could run a program"):
        group(workspace, cars, "osnet", Recipe("k-means"))


def test_a_consensus_follows_whom_one_trusts(workspace: Workspace, cars: Path) -> None:
    store = workspace.store
    good, coarse = (group(workspace, cars, "osnet", Recipe("k-means"), k) for k in (GROUPS, 2))
    other = group(workspace, cars, "vdc_color", Recipe("k-means"))
    names = {row.item_id: row.cluster.name for row in View(store, good).rows() if row.cluster}
    said = together.consensus(store, [good, coarse, other])
    assert {item: group for item, (group, _) in said.groups.items()} == names  # two of three
    assert 0 < said.disputed < CARS
    alone = together.consensus(store, [good, coarse], coarse)
    away = [item for item, (group, _) in alone.groups.items() if group != names[item]]
    assert len(away) == alone.disputed > 0
    zones = together.zones(store, [good, coarse])
    assert sorted(item for zone in zones for item in zone.items) == sorted(away)
    assert [len(zone.items) for zone in zones] == sorted((len(zone.items) for zone in zones), reverse=True)
    first, *others = zones
    assert all(names[item] == first.names[0] for item in first.items)
    mixed = together.consensus(store, [good, coarse], coarse, {first.said: good}).groups
    assert all(mixed[item][0] == names[item] for item in first.items)
    assert all(mixed[item][0] == zone.names[1] for zone in others for item in zone.items)
    assert all(mixed[item] == (names[item], 1.0) for item in names if item not in away)
    with pytest.raises(BadInput):
        together.consensus(store, [good])
    path, _ = bundle.consensus_file(workspace, said, View(store, good).run.settings.dataset_id)
    assert len(pd.read_csv(path)) == CARS
