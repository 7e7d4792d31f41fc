"""Bring results in, drawn by AppTest: what fits is said before, what does not is one sentence, nothing is lost."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from app import (  # noqa: F401
    BLUE,
    GREEN,
    RED,
    button,
    fresh_server,
    images,
    make,
    matches,
    models,
    open_app,
    shown,
    wait_for,
)
from streamlit.testing.v1 import AppTest

from core.ingest import result_files, source
from core.pipeline import import_results, intake
from core.results import run_view
from ui import text
from ui.session import state

ALL = RED + GREEN + BLUE
ROWS = [(f"{name}/{number}_{name}.png", name) for name, many in (("red", 5), ("green", 4), ("blue", 3))
        for number in range(many)]  # fmt: skip


def table(rows: list[tuple[str, str]] = ROWS) -> bytes:
    return "\n".join(
        ["image,cluster,truth", *(f"{image},a {cluster} one,{cluster}" for image, cluster in rows)]
    ).encode()


def drop(at: AppTest, *files: tuple[str, bytes]) -> AppTest:
    return at.file_uploader(key="bring-drop").set_value([(*file, "text/plain") for file in files]).run()


def start(at: AppTest) -> str:
    """Bring in what was chosen; the id of the run, once it is sorted."""
    at.button(key="bring-start").click().run()
    one = state.jobs().bringing(at.query_params.get("bring", "")) or next(iter(state.jobs()._bringing.values()))
    wait_for(lambda: not one.alive)
    assert one.error == ""
    at.run()
    return one.run_id


def at_hand(folder: Path) -> dict[str, str]:
    workspace = state.workspace()
    origin = source.find(str(folder), "", workspace.config)
    intake.look(workspace.store, workspace.copies, workspace.config, origin, threading.Event(), lambda _: None)
    return {"dataset": origin.dataset_id}


def test_start_leads_there() -> None:
    at = open_app("start")
    at.button(key="begin-bring").click().run()
    assert text.BRING_TITLE in shown(at)


def test_rows_without_images() -> None:
    at = drop(open_app("bring"), ("groups.csv", table()))
    for said in ("12 rows, 3 groups", "12 of 12 images have a group", "12 images have a label"):
        assert said in shown(at)
    run_id = start(at)
    assert at.query_params["run"] == run_id  # led on
    run = run_view.get_run(state.workspace().store, run_id)
    assert (run.status, run.settings.criterion) == ("done", "groups")
    assert state.workspace().folder in Path(run.settings.records).parents
    at = open_app("evaluate", run=run_id)
    assert matches(1.0, RED / 12, 12) in shown(at)
    at = open_app("browse", run=run_id)
    assert "groups.csv by groups" in shown(at)
    assert text.BRING_BY_HAND in shown(open_app("group", run=run_id))
    assert not open_app("export", run=run_id).error


def test_rows_of_the_images_at_hand(images: Path, make: Callable[..., str]) -> None:
    """What has no image, no row or no place is counted and told, and a new run may use the labels that came along."""
    at = open_app("images", **at_hand(images))
    at.button(key="to-bring").click().run()
    assert text.BRING_TITLE in shown(at)
    at = open_app("bring", **at_hand(images))
    rows = [*ROWS[1:], ("gone.png", "red"), ("notes.txt", "red"), (ROWS[1][0], "blue"), ("", "red")]
    drop(at, ("mine.csv", table(rows)))
    assert at.selectbox(key="bring-images").value == at.query_params["dataset"]
    assert "11 of 12 images have a group" in shown(at)
    assert "4 rows cannot be used" in shown(at)
    run_id = start(at)
    view = run_view.View(state.workspace().store, run_id)
    assert dict(view.states()) == {"assigned": 11, "failed": 1}
    number, first = import_results.rows_left_out(state.workspace().store, run_id)
    assert (number, [name for name, _ in first]) == (4, ["gone.png", "notes.txt", "line 15", "line 16"])
    assert [reason.split(" ")[0] for _, reason in first] == ["No", "The", ROWS[1][0], "This"]
    at = open_app("browse", run=run_id)
    assert text.rows_left_out(4) in [expander.label for expander in at.expander]
    assert matches(11 / 11, 4 / 11, 11) in shown(open_app("evaluate", run=run_id))
    # A new run on the same images is compared with the same labels.
    at = open_app("group", run=run_id)
    at.button(key="another").click().run()
    assert at.session_state["open_truth"].startswith("brought:")
    at.text_input(key="criterion").set_value("colour")
    at.number_input(key="k").set_value(3).run()
    at.button(key="start").click().run()
    assert not at.error
    other = at.query_params["run"]
    wait_for(lambda: state.jobs().get(other) is None)
    assert run_view.get_run(state.workspace().store, other).settings.truth.startswith("brought:")


def test_a_folder_by_its_path(images: Path, tmp_path: Path) -> None:
    path = tmp_path / "groups.parquet"
    columns = {"file": [image for image, _ in ROWS], "group": [cluster for _, cluster in ROWS]}
    pq.write_table(pa.table(columns), path)
    at = open_app("bring")
    at.text_input(key="bring-path").set_value(str(path)).run()
    at.selectbox(key="bring-images").set_value("folder").run()
    at.text_input(key="bring-folder").set_value(str(images)).run()
    assert text.found(ALL + 1) in shown(at)
    run_id = start(at)
    assert run_view.View(state.workspace().store, run_id).states() == {"assigned": ALL}


def test_ictc_files_dropped_together() -> None:
    said = "\n".join(
        f"Image file-/data/{place}_{name}.jpg Answer: {name}" for place, name in enumerate(["cat", "dog"] * 3)
    )
    at = drop(open_app("bring"), ("step3_result (1).txt", said.encode()), ("step2b_result.txt", b"1: dog\n2: cat\n"))
    run_id = start(at)
    assert run_view.View(state.workspace().store, run_id).metrics()["acc"] == 1  # type: ignore[index]
    again = result_files.keep(
        state.workspace().config, [("step3_result.txt", said.encode()), ("step2b.txt", b"1: dog\n2: cat\n")]
    )
    assert str(again[0]) == run_view.get_run(state.workspace().store, run_id).settings.records  # kept once


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([("a.csv", b"image,cluster\na,b\n"), ("b.csv", b"image,cluster\na,b\n")], "Give one table"),
        ([("step3_result.txt", b"x"), ("step3_result (1).txt", b"y")], "given twice"),
        ([("step1_result.jsonl", b"{}"), ("step2b_result.txt", b"1: a")], "IC|TC results holds no step3_result.txt"),
        ([("step1_result.jsonl", b'{"image_file": "a.jpg", "text": "b"}')], "step1_result.jsonl says of no image"),
        ([("a.csv", b"")], "a.csv is empty"),
        ([("a.csv", b"\xff\xfe\x00")], "needs a column of images"),
        ([("a.csv", b"image\na.jpg\n")], "needs a column of images and one of groups"),
        ([("a.csv", b"image,cluster\na.jpg,\n")], "gives no image a group"),
        ([("a.parquet", b"PAR1")], "not a Parquet file"),
        ([("a.json", b"[1, 2]")], "no row that names an image"),
        ([("a.txt", b"nothing here")], "names no images. Give it together"),
        (
            [("a.csv", b"image,cluster\n" + b"".join(b"%d,%d\n" % (n, n) for n in range(1100)))],
            "1,100 different groups",
        ),
    ],
)
def test_what_cannot_be_brought_in_is_one_sentence(files: list[tuple[str, bytes]], said: str) -> None:
    at = drop(open_app("bring"), *files)
    assert said in shown(at)
    assert str(state.workspace().folder) not in shown(at)
    assert all(button.disabled for button in at.button if button.key == "bring-start")
    assert not state.workspace().store.runs.recent()


@pytest.mark.parametrize("path", ["/no/such/place", "IMAGES"])
def test_a_wrong_path_is_one_sentence(path: str, images: Path) -> None:
    at = open_app("bring")
    at.text_input(key="bring-path").set_value(path.replace("IMAGES", str(images))).run()
    assert ("does not exist" if path != "IMAGES" else "holds no step3_result.txt") in shown(at)


def test_results_that_fit_none_of_the_images(images: Path) -> None:
    at = drop(open_app("bring", **at_hand(images)), ("a.csv", b"image,cluster\nx.jpg,a\n"))
    assert "0 of 12 images have a group" in shown(at)
    assert at.button(key="bring-start").disabled
    at.button(key="bring-other").click().run()
    assert at.file_uploader(key="bring-drop") is not None


def test_what_results_are_written_in_can_be_changed(images: Path) -> None:
    content = "image;cluster\na.png;жар\nb.png;лёд\n".encode("cp1251")
    at = drop(open_app("bring", **at_hand(images)), ("groups.csv", content))
    box = next(box for box in at.selectbox if box.label == "The table was taken for")
    right, other = (text.encode("cp1251").decode("cp1257") for text in ("жар", "лёд"))
    box.set_value("cp1257").run()
    assert f"2 groups: {', '.join(sorted([right, other]))}" in shown(at)
    assert "groups.csv: with “;” between cells." in shown(at)


def test_large_results_are_not_read_by_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    from ui.import_results import panel

    monkeypatch.setattr(panel, "_LOOKED_AT", 10)
    at = drop(open_app("bring"), ("groups.csv", b"image\na.jpg\nb.jpg\n"))
    assert text.BRING_LARGE in shown(at)
    at.button(key="bring-start").click().run()
    (one,) = state.jobs()._bringing.values()
    wait_for(lambda: not one.alive)
    at.run()
    assert "groups.csv needs a column of images and one of groups" in shown(at)
    assert at.button(key="bring-start") is not None  # what was chosen is still there


def test_bringing_in_goes_on_after_an_interruption(images: Path, tmp_path: Path) -> None:
    """All is looked at before there is a run: what was stored of it is enough to go on."""
    path = tmp_path / "t.csv"
    path.write_bytes(table())
    stop = threading.Event()
    ids: list[str] = []

    def begun(run_id: str) -> None:
        ids.append(run_id)
        stop.set()

    with pytest.raises(Exception, match="Stopped"):
        import_results.bring_in(state.workspace(), path, images=str(images), cancel=stop, on_run=begun)
    at = open_app("start")
    at.button(key=f"recent-{ids[0]}").click().run()
    wait_for(lambda: state.jobs().get(ids[0]) is None)
    assert text.NAMES_TITLE in shown(at.run())
