"""What is said of groups without labels: kept while they stay as they are, and set against other runs."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from fakes import COLOURS
from house import EACH, House

from core.domain import Progress, Wording
from core.errors import Cancelled
from core.export import run_files
from core.pipeline import without_truth
from core.results import decisions
from core.results.edits import Merge, Rename


@pytest.fixture
def run_id(house: House) -> str:
    run_id = house.start()
    house.run(run_id)
    return run_id


def test_what_was_measured_holds_until_the_groups_change(
    house: House, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Progress] = []
    assert without_truth.kept(house.store, run_id) is None
    without_truth.measure(house.workspace, threading.Event(), seen.append, run_id=run_id)
    found = without_truth.kept(house.store, run_id)
    assert found
    assert found["description"].n == len(COLOURS) * EACH
    assert seen[0].step == "scores"
    with monkeypatch.context() as without:
        without.delattr(without_truth, "measured")  # what is kept is not measured again
        assert without_truth.found_now(house.store, run_id) == found
    decisions.add(house.store, run_id, Merge(house.id_of(run_id, "red"), house.id_of(run_id, "blue")))
    assert without_truth.kept(house.store, run_id) is None
    again = without_truth.found_now(house.store, run_id)
    assert again["description"].balance != found["description"].balance


def test_look_alikes_bear_the_names_of_today(house: House, run_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.evaluate.internal.ALIKE", 0.0)  # every pair counts
    decisions.add(house.store, run_id, Rename(house.id_of(run_id, "red"), "crimson"))
    pairs = without_truth.measured(house.store, run_id)["description"].look_alike
    assert {name for pair in pairs for name in (pair.one, pair.other)} == {"crimson", "green", "blue", "grey"}


def test_a_stop_ends_the_measuring(house: House, run_id: str) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        without_truth.measure(house.workspace, cancel, lambda _: None, run_id=run_id)
    assert without_truth.kept(house.store, run_id) is None


def test_other_runs_by_the_criterion_say_whether_groups_stay(house: House, run_id: str, tmp_path: Path) -> None:
    assert without_truth.repeated(house.store, run_id) == []
    house.run(house.start())  # the same answers again, which say nothing
    house.run(house.start(criterion="mood"))
    assert without_truth.repeated(house.store, run_id) == []
    fewer, worded = house.start(k=2), house.start(wording=Wording(never="shape"))
    for other in (fewer, worded):
        house.run(other)
    house.vision.id = "another-vision/1"
    changed = house.start(criterion="Colour", fallback="")
    house.run(changed)
    found = {one.run_id: one for one in without_truth.repeated(house.store, run_id)}
    assert {key: one.differs for key, one in found.items()} == {fewer: "number", worded: "wording", changed: "wording"}
    assert found[worded].ari == 1
    assert found[fewer].ari < 1
    assert found[fewer].images == len(COLOURS) * EACH
    run_files.write(house.workspace, run_id, tmp_path / "out")
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["internal"]["description"]["look_alike"] == []
    told = {one["run"]: (one["differs"], one["ari"]) for one in metrics["stability"]["runs"]}
    assert told[fewer] == ("number", pytest.approx(found[fewer].ari))
    assert metrics["stability"]["by_sample"] == without_truth.by_sample(house.store, run_id)
