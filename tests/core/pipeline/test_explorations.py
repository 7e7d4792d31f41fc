"""Maps and odd images of a dataset: computed once, kept, used again, stopped; what becomes of exclusions."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest
from fakes import COLOURS
from house import EACH, House, draw

from core.domain import Description, ItemRow
from core.engine.requests import Answer, Outcome, Work
from core.errors import BadInput, Cancelled
from core.export import run_files
from core.models import registry
from core.models.builtin.from_pixels.appearance import STATISTICS as NAMES
from core.models.builtin.from_pixels.evidence import COLOURS as SHARES
from core.models.builtin.from_pixels.evidence import EVIDENCE_ID, STATISTICS, SUBJECT, TOP, pack_top
from core.models.builtin.vision_model import BuiltinVision
from core.pipeline import maps, outliers
from core.pipeline.maps import Wanted
from core.results import run_view
from core.steps import describe

ALL = EACH * len(COLOURS)


def drawn(house: House, wanted: Wanted) -> maps.Map:
    maps.draw(house.workspace, threading.Event(), lambda _: None, wanted=wanted)
    found = maps.kept(house.workspace, wanted)
    assert found
    return found


def test_a_map_is_kept_and_used_again(house: House) -> None:
    run_id = house.start()
    house.run(run_id)
    dataset = run_view.get_run(house.store, run_id).settings.dataset_id
    wanted = Wanted(dataset, "pca")
    assert maps.kept(house.workspace, wanted) is None
    looked = len(house.vision.history)
    found = drawn(house, wanted)
    assert len(house.vision.history) == looked  # the run has measured the images
    assert (found.items, found.asked, found.laid_out) == (tuple(house.store.datasets.ids(dataset)), ALL, ALL)
    colour = [row.cluster.name for row in run_view.rows(house.store, run_id) if row.cluster]
    middles = {name: found.points[np.array(colour) == name].mean(axis=0) for name in COLOURS}
    for point, name in zip(found.points, colour, strict=True):  # each image stands with those of its colour
        assert min(middles, key=lambda other: float(np.linalg.norm(point - middles[other]))) == name
    assert maps.kept(house.workspace, Wanted(dataset, "tsne")) is None
    assert maps.kept(house.workspace, Wanted(dataset, "pca", 3)) is None


def test_a_map_outlasts_exclusions_but_no_new_images(house: House) -> None:
    run_id = house.start()
    house.run(run_id)
    dataset = run_view.get_run(house.store, run_id).settings.dataset_id
    before = drawn(house, Wanted(dataset, "pca"))
    house.store.datasets.exclude(dataset, {before.items[0]: "blurred"})
    after = maps.kept(house.workspace, Wanted(dataset, "pca"))
    assert after
    assert after.items == before.items[1:]
    assert np.array_equal(after.points, before.points[1:])
    house.store.datasets.add(dataset, [ItemRow(ALL, "0" * 64, "new.png")])
    assert maps.kept(house.workspace, Wanted(dataset, "pca")) is None


def test_a_map_by_descriptions(house: House) -> None:
    run_id = house.start()
    house.run(run_id)
    dataset = run_view.get_run(house.store, run_id).settings.dataset_id
    found = drawn(house, Wanted(dataset, "pca", by="texts", run_id=run_id))
    assert len(np.unique(found.points.round(4), axis=0)) == len(COLOURS)  # one description a colour
    with pytest.raises(BadInput, match="Nothing is known"):
        drawn(house, Wanted(dataset, "pca", by="texts", run_id="another"))


def test_a_map_can_be_stopped(house: House) -> None:
    dataset = run_view.get_run(house.store, house.start()).settings.dataset_id
    house.run(house.start(), "name")
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        maps.draw(house.workspace, stop, lambda _: None, wanted=Wanted(dataset, "pca"))
    assert maps.kept(house.workspace, Wanted(dataset, "pca")) is None


def test_an_excluded_image_is_in_no_run_and_is_counted(house: House, tmp_path: Path) -> None:
    """Given = in groups + not sure + failed or pending + excluded + skipped, before and after."""
    run_id = house.start()
    house.run(run_id)
    dataset = run_view.get_run(house.store, run_id).settings.dataset_id
    out = house.store.datasets.ids(dataset)[:3]
    house.store.datasets.exclude(dataset, dict.fromkeys(out, "Blurred. Excluded by you."))
    later = house.start(criterion="mood")
    house.run(later)
    for each in (run_id, later):
        assert sum(house.sizes(each).values()) == ALL - 3
        written = run_files.write(house.workspace, each, tmp_path / each)
        told = json.loads((tmp_path / each / "run.json").read_text(encoding="utf-8"))
        assert written
        assert [row["reason"] for row in told["skipped"]] == ["Blurred. Excluded by you."] * 3
        assert told["given"] == ALL
        assert sum(house.sizes(each).values()) + len(told["skipped"]) == told["given"]
    house.store.datasets.include(dataset, out)
    assert sum(house.sizes(run_id).values()) == ALL


@pytest.fixture
def measured(house: House, monkeypatch: pytest.MonkeyPatch) -> tuple[House, str, list[str]]:
    """A dataset of 60 images on which the built-in engine measured cars, the last of which are planted: one blank, one
    blurred, one of a dog, one like nothing else."""
    draw(house.images, 15)
    run_id = house.start()
    house.run(run_id, "name")
    dataset = run_view.get_run(house.store, run_id).settings.dataset_id
    monkeypatch.setattr(registry, "VISION", {"builtin": lambda *_: BuiltinVision()})
    items = house.store.datasets.ids(dataset)
    random = np.random.default_rng(0)
    usual = dict.fromkeys(NAMES, 0.2) | {"highlights": 0.8, "crispness": 0.5, "paper share": 0.0}
    outcomes = []
    model = registry.vision_model("builtin")
    for row, (item, work) in enumerate(zip(items, describe.work(model, "colour", items), strict=True)):
        own = dict(usual)
        if row == 56:
            own["contrast"] = 0.004
        if row == 57:
            own |= {"crispness": 0.04, "edge share": 0.0}
        shares = np.zeros(1000, dtype=np.float32)
        shares[207 if row == 58 else 817] = 0.9  # a retriever, a sports car
        subject = 1 + 0.3 * random.random(3840) if row != 59 else np.arange(3840) % 7 * random.random(3840)
        evidence = {
            SUBJECT: subject,
            TOP: pack_top(shares),
            SHARES: np.full(24, 1 / 24),
            STATISTICS: np.array(list(own.values())),
        }  # fmt: skip
        kept = {space: np.float32(value) for space, value in evidence.items()}
        answer = Answer(describe.write(Description("A picture.")), kept)
        outcomes.append(Outcome(Work(item, work.key), answer))
    house.store.answers.save(None, "describe", model.id, EVIDENCE_ID, outcomes)
    return house, dataset, items


def test_planted_images_are_found_each_with_its_reason(measured: tuple[House, str, list[str]]) -> None:
    house, dataset, items = measured
    assert outliers.kept(house.workspace, dataset) is None
    outliers.find(house.workspace, threading.Event(), lambda _: None, dataset_id=dataset, subject="vehicles")
    found = outliers.kept(house.workspace, dataset, "vehicles")
    assert found
    reasons = {items.index(item): {reason.why for reason in own} for item, own in found.items()}
    for row, why in {56: "blank", 57: "blurred", 58: "topic", 59: "alone"}.items():
        assert why in reasons[row]
    assert {row for row in reasons if reasons[row] - {"alone"}} == {56, 57, 58}
    assert len(reasons) <= 10  # and few others
    assert outliers.kept(house.workspace, dataset) is None  # without a subject nobody has looked


def test_a_word_that_the_engine_does_not_know_is_said(measured: tuple[House, str, list[str]]) -> None:
    house, dataset, _ = measured
    with pytest.raises(BadInput, match="no word for “qwertz”"):
        outliers.find(house.workspace, threading.Event(), lambda _: None, dataset_id=dataset, subject="qwertz")


def test_what_a_person_keeps_and_excludes_is_known(measured: tuple[House, str, list[str]]) -> None:
    house, dataset, items = measured
    outliers.find(house.workspace, threading.Event(), lambda _: None, dataset_id=dataset)
    before = outliers.kept(house.workspace, dataset)
    house.store.explorations.keep(dataset, items[56:58])
    house.store.datasets.exclude(dataset, {items[59]: "apart"})
    assert outliers.kept(house.workspace, dataset) == before  # nobody need look again
    assert set(house.store.explorations.kept(dataset)) == set(items[56:58])
    house.store.explorations.let_go(dataset, [items[56]])
    assert house.store.explorations.kept(dataset) == [items[57]]
