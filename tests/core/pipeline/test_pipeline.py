"""The whole main job with quick models: what is reused, what is asked again, what a person decided, what adds up."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import threading
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from fakes import COLOURS
from house import EACH, House
from shortcuts import with_copies

from core.domain import Progress, RunSettings
from core.errors import BadInput, Cancelled
from core.ingest import source
from core.jobs import Jobs
from core.pipeline import runs, validation
from core.pipeline.intake import take_in
from core.results import decisions, run_view
from core.results.edits import Add, Delete, Merge, Move, Rename
from core.store import answers, database
from core.store import runs as store_runs
from core.workspace import Workspace


def test_the_main_job_from_folder_to_scores(house: House) -> None:
    (house.images / "notes.txt").write_text("x")
    run_id = house.start(truth="folder")
    house.run(run_id, "name")
    run = house.store.runs.get(run_id)
    assert run is not None
    assert run.status == "waiting"
    assert house.sizes(run_id) == {"pending": 16}
    house.run(run_id)
    assert house.sizes(run_id) == dict.fromkeys(COLOURS, EACH)
    scores = run_view.View(house.store, run_id).metrics()
    assert scores is not None
    assert (scores["acc"], scores["n"], scores["name_acc"]) == (1.0, 16, 1.0)
    run = house.store.runs.get(run_id)
    assert run is not None
    assert run.status == "done"
    assert run.stats["describe"].items == 16
    assert run.stats["describe"].cache_hits == 0
    dataset = house.store.datasets.get(run.settings.dataset_id)
    assert dataset is not None
    assert dataset.given == 17 == sum(house.sizes(run_id).values()) + dataset.counts["skipped"]


def test_first_names_come_from_a_sample_and_ask_no_label_twice(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation, "_SAMPLE", 4)
    monkeypatch.setattr(validation, "_SAMPLE_A_GROUP", 1)
    kept = []

    def watch(progress: Progress) -> None:
        if progress.step == "describe" and progress.done == 16:
            kept.extend(run_view.first_names(house.store, run_id))

    source_ = source.find(str(house.images), "", house.workspace.config)
    for _ in take_in(house.store, house.workspace.copies, house.workspace.config, source_, threading.Event()):
        pass  # first names are for runs on images that were looked at before
    run_id = house.start()
    house.run(run_id, "name", first_names=True, on_progress=watch)
    assert sorted(item.name for item in kept) == sorted(COLOURS)  # four images, spread over the four folders
    assert run_view.first_names(house.store, run_id) == ()  # by now the whole has names
    assert sum(items for step, items in house.text.history if step == "label") == 16
    assert [items for step, items in house.text.history if step == "name"] == [4, 16]
    # Where every description is known there is nothing to bridge.
    house.run(house.start(k=3), "name", first_names=True)
    assert [items for step, items in house.text.history if step == "name"] == [4, 16, 16]


def test_another_k_reuses_descriptions_and_labels(house: House) -> None:
    house.run(house.start())
    seen, said = len(house.vision.history), Counter(step for step, _ in house.text.history)
    second = house.start(k=2)
    house.run(second)
    assert len(house.vision.history) == seen
    assert Counter(step for step, _ in house.text.history)["label"] == said["label"]
    assert house.sizes(second) == {"blue": 4, "green": 4, "unassigned": 8}
    run = house.store.runs.get(second)
    assert run is not None
    assert (run.stats["describe"].requests, run.stats["describe"].cache_hits) == (0, 16)


def test_another_criterion_runs_no_network_again(house: House) -> None:
    house.run(house.start())
    seen = len(house.vision.history)
    second = house.start(criterion="colour of the thing")
    house.run(second)
    assert len(house.vision.history) == seen == 16
    run = house.store.runs.get(second)
    assert run is not None
    assert (run.stats["describe"].requests, run.stats["describe"].cache_hits) == (0, 16)


def test_running_a_finished_run_again_asks_nothing(house: House) -> None:
    run_id = house.start()
    house.run(run_id)
    before = (list(house.vision.history), list(house.text.history), run_view.rows(house.store, run_id))
    house.run(run_id)
    assert (list(house.vision.history), list(house.text.history), run_view.rows(house.store, run_id)) == before


def test_failures_are_listed_and_only_they_are_retried(house: House) -> None:
    run_id = house.start()
    origin = source.find(str(house.images), "", house.workspace.config)
    first = next(source.look(origin, house.workspace.copies, house.workspace.config)).item.item_id
    house.vision.fail = {first}
    house.run(run_id)
    failed = [row for row in run_view.rows(house.store, run_id) if row.state == "failed"]
    assert [(row.item_id, row.reason) for row in failed] == [(first, "The fake engine was told to fail.")]
    house.vision.fail = set()
    seen = len(house.vision.history)
    house.run(run_id)
    assert len(house.vision.history) == seen + 1
    assert house.sizes(run_id) == dict.fromkeys(COLOURS, EACH)


def test_stop_keeps_what_was_finished_and_continue_does_the_rest(house: House) -> None:
    run_id = house.start()
    cancel = threading.Event()

    def stop_after_eight(progress: Progress) -> None:
        if progress.step == "describe" and progress.done >= 8:
            cancel.set()

    with pytest.raises(Cancelled):
        house.run(run_id, cancel=cancel, on_progress=stop_after_eight)
    run = house.store.runs.get(run_id)
    assert run is not None
    assert run.status == "stopped"
    kept = house.store.answers.step_counts(run_id)["describe"][0]
    assert 8 <= kept < 16
    house.run(run_id)
    assert len(house.vision.history) == 16
    assert house.sizes(run_id) == dict.fromkeys(COLOURS, EACH)


def test_names_edited_before_assignment_are_used_and_survive_a_rerun(house: House) -> None:
    run_id = house.start(k=3)
    house.run(run_id, "name")
    grey = house.id_of(run_id, "grey")
    decisions.add(house.store, run_id, Rename(grey, "concrete"))
    decisions.add(house.store, run_id, Add("p1", "red"))
    house.run(run_id)
    assert house.sizes(run_id) == {"blue": 4, "green": 4, "concrete": 4, "red": 4}
    house.run(run_id, "name")
    house.run(run_id)
    assert house.sizes(run_id) == {"blue": 4, "green": 4, "concrete": 4, "red": 4}


def test_renaming_and_merging_after_assignment_ask_nothing(house: House) -> None:
    run_id = house.start()
    house.run(run_id)
    asked = len(house.text.history)
    assert decisions.add(house.store, run_id, Rename(house.id_of(run_id, "grey"), "concrete")) == 0
    merge = Merge(house.id_of(run_id, "red"), house.id_of(run_id, "blue"))
    assert decisions.add(house.store, run_id, merge) == 0
    house.run(run_id)
    assert len(house.text.history) == asked
    assert house.sizes(run_id) == {"blue": 8, "green": 4, "concrete": 4}


def test_deleting_reasks_its_members_only_and_undo_gives_them_back(house: House) -> None:
    run_id = house.start()
    house.run(run_id)
    asked = len(house.text.history)
    delete = Delete(house.id_of(run_id, "grey"))
    assert decisions.preview(house.store, run_id, delete) == EACH
    assert decisions.add(house.store, run_id, delete) == EACH
    assert sum(row.earlier for row in run_view.rows(house.store, run_id)) == EACH
    house.run(run_id)
    assert sum(count for step, count in house.text.history[asked:] if step == "assign") == EACH
    assert house.sizes(run_id) == {"blue": 4, "green": 4, "red": 4, "unassigned": 4}
    assert {row.reason for row in run_view.rows(house.store, run_id) if row.state == "unassigned"} == {"grey"}
    asked = len(house.text.history)
    house.store.runs.undo_edit(run_id)
    assert house.sizes(run_id) == dict.fromkeys(COLOURS, EACH)
    house.run(run_id)
    assert len(house.text.history) == asked


def test_deleting_leaves_alone_what_a_person_had_moved_away(house: House) -> None:
    run_id = house.start()
    house.run(run_id)
    grey = house.id_of(run_id, "grey")
    away = next(row.item_id for row in run_view.rows(house.store, run_id) if row.cluster and row.cluster.id == grey)
    decisions.add(house.store, run_id, Move((away,), house.id_of(run_id, "blue")))
    asked = len(house.text.history)
    assert decisions.add(house.store, run_id, Delete(grey)) == EACH - 1
    assert run_view.View(house.store, run_id).earlier() == EACH - 1
    house.run(run_id)
    assert sum(count for step, count in house.text.history[asked:] if step == "assign") == EACH - 1
    assert house.sizes(run_id) == {"blue": EACH + 1, "green": EACH, "red": EACH, "unassigned": EACH - 1}


def test_what_a_person_moves_afterwards_is_no_longer_out_of_date(house: House) -> None:
    run_id = house.start()
    house.run(run_id)
    decisions.add(house.store, run_id, Delete(house.id_of(run_id, "grey")))
    loose = [row.item_id for row in run_view.rows(house.store, run_id) if row.earlier]
    decisions.add(house.store, run_id, Move(tuple(loose), house.id_of(run_id, "blue")))
    assert run_view.View(house.store, run_id).earlier() == 0
    asked = len(house.text.history)
    house.run(run_id)
    assert len(house.text.history) == asked
    decisions.add(house.store, run_id, Delete(house.id_of(run_id, "blue")))
    assert run_view.View(house.store, run_id).earlier() == 2 * EACH  # now nobody says where they belong


def test_check_all_again_asks_what_was_kept_through_edits(house: House) -> None:
    run_id = house.start()
    house.run(run_id)
    decisions.add(house.store, run_id, Rename(house.id_of(run_id, "grey"), "concrete"))
    asked = len(house.text.history)
    house.run(run_id, check_all=True)
    assert sum(count for step, count in house.text.history[asked:] if step == "assign") == 16


def test_a_move_by_hand_wins_over_the_model_and_can_be_undone(house: House) -> None:
    run_id = house.start()
    house.run(run_id)
    some = run_view.rows(house.store, run_id)[0]
    assert some.cluster is not None
    target = next(
        cluster for cluster in decisions.clusters(house.store, run_id).clusters if cluster.id != some.cluster.id
    )
    decisions.add(house.store, run_id, Move((some.item_id,), target.id))
    house.run(run_id, check_all=True)
    moved = run_view.rows(house.store, run_id)[0]
    assert (moved.cluster and moved.cluster.id, moved.source) == (target.id, "person")
    house.store.runs.undo_edit(run_id)
    assert run_view.rows(house.store, run_id)[0] == some


def test_given_names_come_first_and_the_rest_is_filled(house: House) -> None:
    run_id = house.start(k=2, names=("red", "green"))
    house.run(run_id)
    assert house.sizes(run_id) == {"red": 4, "green": 4, "unassigned": 8}


def test_records_without_images_run_through_the_text_steps(house: House, tmp_path: Path) -> None:
    file = tmp_path / "r.jsonl"
    values = [
        {"image": f"{n}.jpg", "description": f"The thing is {c}.", "truth": c}
        for n in range(3)
        for c in ("red", "blue")
    ]
    file.write_text("\n".join(map(json.dumps, [*values, {"image": "x.jpg", "label": "red", "truth": "red"}])))
    run_id = house.start(k=2, records=str(file), vision="records")
    house.run(run_id)
    assert house.vision.history == []
    assert house.sizes(run_id) == {"red": 4, "blue": 3}
    scores = run_view.View(house.store, run_id).metrics()
    assert scores is not None
    assert scores["acc"] == 1.0


def test_records_for_images_describe_those_they_name_and_list_the_others(house: House, tmp_path: Path) -> None:
    file = tmp_path / "r.jsonl"
    file.write_text(
        "\n".join(json.dumps({"image": f"{c}/{n}.png", "label": c}) for n in (0, 1) for c in ("red", "blue"))
    )
    run_id = house.start(k=2, records=str(file))
    house.run(run_id)
    assert house.sizes(run_id) == {"red": 2, "blue": 2, "failed": 12}
    assert house.vision.history == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"k": 0}, "at least 1"),
        ({"k": -3}, "at least 1"),
        ({"k": 17}, "17 groups need at least 17 images; there are 16"),
        ({"criterion": "  "}, "Type what the images should be grouped by"),
        ({"vision": "nonsense"}, "no vision model of kind “nonsense”"),
        ({"text": "nonsense:x"}, "no text model of kind “nonsense”"),
        ({"k": 2, "names": ("a", "b", "c")}, "3 names were given for 2 groups"),
        ({"names": ("a", "A ")}, "must differ"),
        ({"truth": "nope.csv:colour"}, "does not exist"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_done(
    house: House, changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(BadInput, match=sentence):
        house.start(**changes)
    assert house.store.runs.recent() == []
    assert house.vision.history == []


def test_more_groups_than_usable_images_is_said_after_looking(house: House) -> None:
    for path in list(house.images.rglob("*.png"))[3:]:
        path.write_text("not an image")
    run_id = house.start()
    with pytest.raises(BadInput, match="4 groups need at least 4 images; there are 3"):
        house.run(run_id)
    run = house.store.runs.get(run_id)
    assert run is not None
    assert run.status == "failed"
    assert re.fullmatch(
        r"4 groups need at least 4 images; there are 3\. Not used: \S+\.png: This is not an image.+", run.message
    )


@pytest.mark.parametrize(
    ("images", "k", "said"),
    [
        (0, 2, "2 groups need at least 2 images; there is none. Not used: 0.txt: Not an image (.txt)."),
        (1, 2, "2 groups need at least 2 images; there is 1. Not used: 0.txt: Not an image (.txt)."),
        (0, 1, "A group needs an image; there is none. Not used: 0.txt: Not an image (.txt)."),
    ],
)
def test_what_is_no_image_does_not_count_as_one(house: House, tmp_path: Path, images: int, k: int, said: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for path in sorted(house.images.rglob("*.png"))[:images]:
            archive.write(path, path.name)
        for place in range(3):
            archive.writestr(f"{place}.txt", "some words that are no image")
    origin = source.find(str(tmp_path / "a.zip"), "", house.workspace.config)
    with pytest.raises(BadInput, match=f"^{re.escape(said)}"):
        runs.start(house.workspace, origin, RunSettings("", "colour", k))


def test_a_folder_without_one_usable_image_is_said(house: House) -> None:
    for path in house.images.rglob("*.png"):
        path.write_text("not an image")
    with pytest.raises(BadInput, match="None of the 16 files can be used"):
        house.run(house.start())


def test_a_job_works_in_the_background_and_can_be_stopped_and_continued(house: House) -> None:
    jobs = Jobs(house.workspace)
    run_id = house.start()
    house.vision.gate.clear()
    job = jobs.start(run_id, "assign")
    with pytest.raises(BadInput, match="at work already"):
        jobs.start(run_id, "assign")
    assert [job.run_id for job in jobs.active()] == [run_id]
    jobs.stop(run_id)
    house.vision.gate.set()
    assert jobs.get(run_id) is None
    run = house.store.runs.get(run_id)
    assert run is not None
    assert run.status == "stopped"
    job = jobs.start(run_id, "assign")
    assert job.thread is not None
    job.thread.join(30)
    assert house.sizes(run_id) == dict.fromkeys(COLOURS, EACH)
    assert job.progress is not None
    assert job.progress.step == "assign"


def test_a_job_that_fails_leaves_its_sentence_with_the_run(house: House) -> None:
    jobs = Jobs(house.workspace)
    run_id = house.start()
    for path in house.images.rglob("*.png"):
        path.unlink()
    job = jobs.start(run_id, "name")
    assert job.thread is not None
    job.thread.join(30)
    run = house.store.runs.get(run_id)
    assert run is not None
    assert run.status == "failed"
    assert "is empty" in run.message


def test_records_of_the_same_words_keep_their_own_labels(house: House, tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    lines = [
        {"image": f"{n}.jpg", "description": "A thing.", "label": label} for n, label in enumerate(("red", "blue"))
    ]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    run_id = house.start(records=str(path), vision="records", k=2)
    house.run(run_id)
    assert [row.label for row in run_view.rows(house.store, run_id)] == ["red", "blue"]


def test_a_run_whose_answers_were_lost_with_the_file_asks_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies are made whenever a step of any run ends: what another run held then may have no answer among them."""
    with_copies(monkeypatch)
    begun, cancel = house.start(), threading.Event()

    def stop_soon(progress: Progress) -> None:
        if progress.step == "describe" and progress.done:
            cancel.set()

    with pytest.raises(Cancelled):
        house.run(begun, cancel=cancel, on_progress=stop_soon)
    assert 0 < house.store.answers.step_counts(begun)["describe"][0] < EACH * len(COLOURS)
    house.run(house.start(criterion="shade"))
    house.workspace.close()
    (house.workspace.folder / "facetry.duckdb").write_bytes(b"damaged")
    house.workspace = Workspace(house.workspace.config)
    house.store = house.workspace.store
    house.run(begun)
    assert house.sizes(begun) == dict.fromkeys(COLOURS, EACH)


def test_copies_that_were_deleted_are_made_again_from_the_originals(house: House) -> None:
    house.run(house.start())
    shutil.rmtree(house.workspace.copies)
    run_id = house.start(criterion="shade")
    house.vision.evidence_id = "another/1"  # so that it has to look at the pictures again
    house.run(run_id)
    assert house.sizes(run_id) == dict.fromkeys(COLOURS, EACH)
    for row in run_view.rows(house.store, run_id):
        assert all(house.workspace.image(row.item_id, kind).is_file() for kind in ("view", "thumb"))


def test_copies_whose_originals_are_gone_too_fail_alone_and_say_why(house: House) -> None:
    house.run(house.start())
    run_id = house.start(criterion="shade")
    house.vision.evidence_id = "another/1"
    gone = run_view.rows(house.store, run_id)[3]
    house.workspace.image(gone.item_id, "view").unlink()
    (house.images / gone.name).unlink()
    house.run(run_id)
    failed = [row for row in run_view.rows(house.store, run_id) if row.state == "failed"]
    assert [(row.item_id, row.reason) for row in failed] == [
        (gone.item_id, "The copy of this image was deleted, and its original cannot be read. Give the images again.")
    ]


def test_a_run_of_another_version_is_said_and_hinders_no_other(house: House) -> None:
    good, bad = house.start(), house.start(criterion="shade")
    with house.store._db.write() as cursor:
        cursor.execute("UPDATE run SET settings = '{\"k\": []}' WHERE id = ?", [bad])
    house.run(good)
    assert [run.id for run in house.store.runs.recent()] == [good]
    assert house.store.runs.unreadable() == 1
    for act in (house.store.runs.get, lambda run: run_view.View(house.store, run), house.run):
        with pytest.raises(BadInput, match="settings of this run cannot be read"):
            act(bad)


def test_a_clock_that_is_set_back_changes_no_result(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = house.start()
    house.run(run_id, until="name")
    for module in (database, store_runs, answers):
        monkeypatch.setattr(module, "now", lambda: dt.datetime(2020, 1, 1))  # noqa: DTZ001 - as stored: UTC, no zone
    seen = decisions.version(house.store, run_id)
    decisions.add(house.store, run_id, Rename("c1", "scarlet"), seen)
    decisions.add(house.store, run_id, Rename("c2", "lime"), seen)
    house.run(run_id)
    assert {cluster.name for cluster in decisions.clusters(house.store, run_id).clusters} >= {"scarlet", "lime"}
    assert sum(house.sizes(run_id).values()) == EACH * len(COLOURS)
    assert decisions.undo(house.store, run_id, decisions.version(house.store, run_id)) == Rename("c2", "lime")
