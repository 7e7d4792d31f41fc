"""Start, Images and Group in every state (empty, running, failed, finished), drawn by AppTest on quick fake models."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from app import (  # noqa: F401
    BLUE,
    GREEN,
    RED,
    button,
    fresh_server,
    images,
    make,
    models,
    open_app,
    sent,
    shown,
    wait_for,
    working,
)
from fakes import FakeText, FakeVision
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.domain import Sight
from core.ingest import source
from core.ingest.sources import upload
from core.ingest.sources.source_file import is_allowed
from core.pipeline import intake, validation
from core.results import run_view
from ui import text
from ui.group import form
from ui.session import state
from ui.start import demo

ALL = RED + GREEN + BLUE


def looked_at(folder: Path, truth: str = "") -> dict[str, str]:
    """Look at a folder and give the address of a page that has it at hand."""
    workspace = state.workspace()
    origin = source.find(str(folder), "", workspace.config)
    intake.look(workspace.store, workspace.copies, workspace.config, origin, threading.Event(), lambda _: None)
    return {"dataset": origin.dataset_id, **({"truth": truth} if truth else {})}


def done_looking(dataset_id: str) -> None:
    wait_for(lambda: (look := state.jobs().look_at(dataset_id)) is not None and not look.alive)


# -- start


def test_start_offers_three_ways() -> None:
    at = open_app("start")
    for words in (text.START_TITLE, text.MINE, text.FOLDER_CHOICE, text.DEMO, text.NO_RECENT):
        assert words in shown(at)


@pytest.mark.parametrize("way", ["files", "path"])
def test_a_choice_leads_to_images(way: str) -> None:
    at = open_app("start")
    at.button(key=f"begin-{way}").click().run()
    assert text.IMAGES_TITLE in shown(at)
    assert at.segmented_control(key="way").value == way


def test_recent_runs_lead_on(make: Callable[..., str]) -> None:
    run_id = make()
    at = open_app("start")
    assert "tmp" not in shown(at)
    assert "shop by colour, 3 groups" in shown(at)
    at.button(key=f"recent-{run_id}").click().run()
    assert at.query_params["run"] == run_id


def test_an_interrupted_run_goes_on_with_one_click(make: Callable[..., str]) -> None:
    run_id = make(until="")
    state.workspace().store.runs.set_status(run_id, "interrupted")
    at = open_app("start")
    assert text.STATUS["interrupted"] in shown(at)
    assert at.button(key=f"recent-{run_id}").label == text.CONTINUE
    at.button(key=f"recent-{run_id}").click().run()
    wait_for(lambda: state.jobs().get(run_id) is None)
    assert text.NAMES_TITLE in shown(at.run())  # whoever watches is led on to the names
    assert text.NAMES_READY in shown(open_app("group", run=run_id))  # whoever comes later is not


def test_the_demo_in_one_click(images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "truth.csv"
    table.write_text("image,kind,colour\nred/0_red.png,red,red\n", encoding="utf-8")
    for name, value in {"IMAGES": images, "TRUTH": table, "_GROUPS": 3}.items():
        monkeypatch.setattr(demo, name, value)
    at = open_app("start")
    at.button(key="begin-demo").click().run()
    run_id = at.query_params["run"]
    wait_for(lambda: state.jobs().get(run_id) is None)
    at.run()
    assert text.SEE_ALL in [button.label for button in at.button]  # led on to the groups by itself
    wait_for(lambda: not state.jobs().active())
    at.run()
    button(at, text.cross_with(text.DEMO_SECOND_CRITERION)).click().run()
    assert text.crossed(text.DEMO_SECOND_CRITERION, text.DEMO_CRITERION) in shown(at)
    again = open_app("start")
    again.button(key="begin-demo").click().run()
    assert again.query_params["run"] == run_id
    assert [run.settings.criterion for run in state.workspace().store.runs.recent()] == [
        text.DEMO_SECOND_CRITERION,
        text.DEMO_CRITERION,
    ]


def test_a_missing_demo_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "IMAGES", tmp_path / "nothing")
    at = open_app("start")
    at.button(key="begin-demo").click().run()
    assert [error.value.replace("\\", "") for error in at.error] == [text.DEMO_GONE]


# -- images


@pytest.mark.parametrize(
    ("folder", "said"),
    [("", text.NO_FOLDER), ("/no/such/folder", "does not exist"), ("IMAGES/notes.txt", "lists no images")],
)
def test_a_bad_folder_is_one_sentence(folder: str, said: str, images: Path) -> None:
    at = open_app("images", way="path")
    at.text_input(key="folder").set_value(folder.replace("IMAGES", str(images))).run()
    at.button(key="look").click().run()
    assert len(at.error) == 1
    assert said in at.error[0].value.replace("\\", "")


def test_a_folder_is_looked_at_before_any_run(images: Path) -> None:
    at = open_app("images", way="path")
    at.text_input(key="folder").set_value(str(images)).run()
    assert text.found(ALL + 1) in shown(at)
    at.button(key="look").click().run()
    dataset_id = at.query_params["dataset"]
    done_looking(dataset_id)
    at.run()
    assert [metric.value for metric in at.metric] == [str(ALL), "0", "1"]
    assert "Not grouped: 1" in [expander.label for expander in at.expander]
    at.button(key="to-group").click().run()
    assert text.GROUP_TITLE in shown(at)
    assert at.query_params["dataset"] == dataset_id


def test_files_that_were_dropped(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {path.name: path.read_bytes() for path in sorted(images.rglob("*.png"))}
    table = b"file,hue\n" + b"".join(f"{name},{name[2:-4]}\n".encode() for name in files)
    again = {"again.png": files["0_red.png"], "notes.txt": b"no image", "labels.csv": table}
    at = sent({**files, **again}, monkeypatch)
    dataset_id = at.query_params["dataset"]
    done_looking(dataset_id)
    at.run()
    assert [metric.value for metric in at.metric] == [str(ALL), "1", "1"]
    assert at.title[0].value == text.UPLOADED
    assert "3 different labels" in shown(at)  # the table among the files became the labels
    assert at.session_state["open_truth"].endswith("labels.csv:hue")


def test_a_folder_that_was_dropped_keeps_its_name_and_subfolders(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = sent({f"shop/{path.relative_to(images)}": path.read_bytes() for path in images.rglob("*.png")}, monkeypatch)
    done_looking(at.query_params["dataset"])
    at.run()
    assert [metric.value for metric in at.metric] == [str(ALL), "0", "0"]
    assert at.title[0].value == "shop"
    items = state.workspace().store.datasets.items(at.query_params["dataset"])
    assert {item.name for item in items} == {str(path.relative_to(images)) for path in images.rglob("*.png")}


def test_a_zip_that_was_dropped(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in images.rglob("*.png"):
            archive.write(file, file.relative_to(images))
    at = sent({"shop.zip": packed.getvalue()}, monkeypatch)
    done_looking(at.query_params["dataset"])
    at.run()
    assert [metric.value for metric in at.metric] == [str(ALL), "0", "0"]
    assert at.title[0].value.replace("\\", "") == "shop.zip"


def test_a_zip_that_cannot_be_opened_is_one_sentence_and_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    at = sent({"shop.zip": b"no zip"}, monkeypatch)
    assert "shop.zip is not a ZIP file" in shown(at)
    assert list(upload.home(state.workspace().config).iterdir()) == []


def test_nothing_usable(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "a.jpg").write_text("no image", encoding="utf-8")
    at = open_app("images", way="path")
    at.text_input(key="folder").set_value(str(folder)).run()
    at.button(key="look").click().run()
    done_looking(at.query_params["dataset"])
    at.run()
    assert "No image here: " in shown(at)
    assert not [button for button in at.button if button.label == text.TO_GROUP]
    at.switch_page(str(Path(__file__).parents[3] / "pages" / "group.py")).run()
    assert not [button for button in at.button if button.label == text.START]


def test_looking_that_was_interrupted_goes_on(images: Path) -> None:
    workspace = state.workspace()
    origin = source.find(str(images), "", workspace.config)
    workspace.store.datasets.begin(origin.dataset_id, origin.name, origin.address, origin.given)
    at = open_app("images", dataset=origin.dataset_id)
    assert text.LOOK_STOPPED in shown(at)
    at.button(key="look-on").click().run()
    done_looking(origin.dataset_id)
    assert str(ALL) in [metric.value for metric in at.run().metric]


def test_images_that_are_gone() -> None:
    assert text.GONE_IMAGES in shown(open_app("images", dataset="nope"))


@pytest.mark.parametrize(("kind", "said"), [("folder", "3 different labels"), ("filename", "3 different labels")])
def test_truth_from_names(kind: str, said: str, images: Path) -> None:
    at = open_app("images", **looked_at(images))
    at.radio[0].set_value(kind).run()
    assert said in shown(at)
    assert at.session_state["open_truth"] == kind


def test_truth_from_a_table(images: Path, tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("image,hue,other\nred/0_red.png,warm,x\n", encoding="utf-8")
    at = open_app("images", **looked_at(images))
    at.radio[0].set_value("table").run()
    at.text_input[0].set_value(str(table)).run()
    assert at.selectbox[0].options == ["hue", "other"]
    at.selectbox[0].set_value("other").run()
    assert at.session_state["open_truth"] == f"{table}:other"
    assert "1 of 12 images have a label" in shown(at)
    at.text_input[0].set_value(str(tmp_path / "nothing.csv")).run()
    assert "does not exist" in shown(at)


def test_a_table_that_was_dropped(images: Path) -> None:
    at = open_app("images", **looked_at(images))
    at.radio[0].set_value("table").run()
    at.file_uploader[0].set_value(("labels.csv", b"image;hue\nred/0_red.png;warm\n", "text/csv")).run()
    assert "1 of 12 images have a label" in shown(at)


def test_images_of_an_open_run(make: Callable[..., str]) -> None:
    run_id = make()
    at = open_app("images", run=run_id)
    assert [metric.value for metric in at.metric] == [str(ALL), "0", "1"]
    assert text.TRUTH_KINDS["folder"] in shown(at)


def test_uploads_and_the_demo_are_allowed_below_roots(tmp_path: Path) -> None:
    from core.config import Config

    settings = Config(tmp_path, (tmp_path / "shop",))
    assert is_allowed(tmp_path / "shop" / "a", settings)
    assert is_allowed(tmp_path / "uploads" / "x", settings)
    assert is_allowed(demo.IMAGES, settings)
    for place in ("uploads", "images", "other"):
        assert not is_allowed(tmp_path / place, settings)


# -- group


def fill(at: AppTest, criterion: str, k: int) -> AppTest:
    at.text_input(key="criterion").set_value(criterion)
    at.number_input(key="k").set_value(k)
    return at.run()


def test_group_without_images_says_what_to_do() -> None:
    at = open_app("group")
    assert text.NO_IMAGES in shown(at)
    button(at, text.TO_IMAGES).click().run()
    assert text.START_TITLE in shown(at)


def test_group_waits_until_the_images_are_opened(images: Path) -> None:
    workspace = state.workspace()
    origin = source.find(str(images), "", workspace.config)
    workspace.store.datasets.begin(origin.dataset_id, origin.name, origin.address, origin.given)
    assert text.STILL_OPENING in shown(open_app("group", dataset=origin.dataset_id))


@pytest.mark.parametrize(
    ("criterion", "k", "said"), [("", 3, "should be grouped by"), ("colour", 99, "99 groups need at least 99 images")]
)
def test_bad_input_is_one_sentence(criterion: str, k: int, said: str, images: Path) -> None:
    at = fill(open_app("group", **looked_at(images)), criterion, k)
    at.button(key="start").click().run()
    assert [said in error.value.replace("\\", "") for error in at.error] == [True]
    assert not state.workspace().store.runs.recent()


def test_start_runs_to_the_names_and_keeps_the_run_in_the_address(images: Path) -> None:
    at = fill(open_app("group", **looked_at(images, "folder")), "colour", 3)
    at.button(key="start").click().run()
    run_id = at.query_params["run"]
    wait_for(lambda: state.jobs().get(run_id) is None)
    assert text.NAMES_TITLE in shown(at.run())
    at = open_app("group", run=run_id)
    assert text.NAMES_READY in shown(at)
    assert "Skipped: 1" in [expander.label for expander in at.expander]
    assert state.workspace().store.runs.recent()[0].settings.truth == "folder"
    assert "dataset" not in at.query_params


def test_an_example_fills_the_criterion(images: Path) -> None:
    at = open_app("group", **looked_at(images))
    at.pills(key="example").set_value(text.EXAMPLES[1]).run()
    assert at.text_input(key="criterion").value == text.EXAMPLES[1].lower()
    assert at.pills(key="example").value is None


def test_a_typing_error_that_was_put_right_is_said(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form, "sight_of", lambda _: Sight("colour", read_as="main colour"))
    at = fill(open_app("group", **looked_at(images)), "main coulour", 3)
    assert [caption.value for caption in at.caption if "main colour" in caption.value] == ["Read as “main colour”\\."]
    assert not at.button(key="start").disabled


def test_what_the_engine_cannot_see_is_warned_of_with_ways_on(images: Path) -> None:
    at = fill(open_app("group", **looked_at(images)), "mood", 3)
    assert "cannot see mood" in shown(at)
    labels = [button.label for button in at.button]
    assert text.SIGHT_CONNECT in labels
    assert text.SIGHT_RECORDED not in labels
    assert (at.button(key="start").label, at.button(key="start").disabled) == (text.START, True)
    assert text.START_WAITS in shown(at)
    fill(at, "colour", 3)
    assert not at.button(key="start").disabled
    assert text.START_WAITS not in shown(at)


def test_by_appearance_keeps_the_words_and_the_number_of_groups(images: Path) -> None:
    at = fill(open_app("group", **looked_at(images)), "mood", 3)
    at.button(key="appearance").click().run()
    settings = state.workspace().store.runs.recent()[0].settings
    assert (settings.criterion, settings.k) == ("mood", 3)
    assert "by mood, 3 groups" in shown(at)
    assert "Grouped by appearance, because the fake engine cannot see mood." in shown(at)


def test_the_demo_offers_its_recorded_descriptions(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = tmp_path / "descriptions.jsonl"
    recorded.write_text(
        "".join(
            f'{{"image": "{path.relative_to(images).as_posix()}", "description": "a {path.parent.name} one"}}\n'
            for path in images.rglob("*.png")
        ),
        encoding="utf-8",
    )
    table = tmp_path / "truth.csv"
    table.write_text("image,mood\nred/0_red.png,sad\n", encoding="utf-8")
    for name, value in {"IMAGES": images, "TRUTH": table, "RECORDED": recorded}.items():
        monkeypatch.setattr(demo, name, value)
    at = fill(open_app("group", **looked_at(images)), "mood", 3)
    at.button(key="recorded").click().run()
    assert text.RECORDED_NOTE in shown(at)
    settings = state.workspace().store.runs.recent()[0].settings
    assert (settings.records, settings.truth) == (str(recorded), f"{table}:mood")


def test_try_a_sample_through_all_steps(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation, "_SAMPLE", 6)
    monkeypatch.setattr(validation, "_SAMPLE_A_GROUP", 2)
    at = fill(open_app("group", **looked_at(images)), "colour", 3)
    button(at, text.try_some(6)).click().run()
    run_id = at.query_params["run"]
    wait_for(lambda: state.jobs().get(run_id) is None)
    at.run()
    assert at.title[0].value.replace("\\", "").endswith("sample of 6 images")
    assert text.SEE_ALL in [button.label for button in at.button]
    at = open_app("group", run=run_id)
    at.button(key="all").click().run()
    whole = at.query_params["run"]
    assert whole != run_id
    wait_for(lambda: state.jobs().get(whole) is None)
    assert text.NAMES_TITLE in shown(at.run())
    assert state.workspace().store.answers.step_counts(whole)["label"][0] == ALL
    assert "sample of 6 images" in shown(open_app("group", run=whole))  # listed with the groupings of these images


def test_another_run_keeps_the_images_and_reuses(make: Callable[..., str], models: tuple[FakeVision, FakeText]) -> None:
    run_id = make()
    at = open_app("group", run=run_id)
    at.button(key="another").click().run()
    assert at.query_params["truth"] == "folder"
    assert at.text_input(key="criterion").value == "colour"
    assert "by colour, 3 groups" in shown(at)  # the one before is listed
    models[0].history.clear()
    fill(at, "colour", 2)
    at.button(key="start").click().run()
    second = at.query_params["run"]
    wait_for(lambda: state.jobs().get(second) is None)
    assert second != run_id
    assert not models[0].history


def test_first_names_are_shown_while_the_rest_is_described(
    images: Path, models: tuple[FakeVision, FakeText], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validation, "_SAMPLE", 4)
    monkeypatch.setattr(validation, "_SAMPLE_A_GROUP", 1)
    vision = models[0]
    vision.free = 4
    vision.gate.clear()
    at = fill(open_app("group", **looked_at(images)), "colour", 3)
    at.button(key="start").click().run()
    run_id = at.query_params["run"]
    wait_for(lambda: bool(run_view.first_names(state.workspace().store, run_id)))
    for page in ("group", "names"):
        at = open_app(page, run=run_id)
        assert text.first_names(4) in shown(at)
    vision.gate.set()
    wait_for(lambda: state.jobs().get(run_id) is None)
    assert text.first_names(4) not in shown(open_app("names", run=run_id))


def test_near_duplicates_are_left_out_and_taken_back_in_a_click(tmp_path: Path) -> None:
    place = tmp_path / "shop"
    place.mkdir()
    noise = np.random.default_rng(1)
    for number in range(3):
        coarse = noise.integers(0, 255, (6, 8, 3)).astype(np.uint8)
        photo = Image.fromarray(coarse).resize((320, 240), Image.Resampling.BICUBIC)
        photo.save(place / f"{number}.png")
        photo.resize((160, 120)).save(place / f"{number} small.jpg")
    address = looked_at(place)
    at = open_app("images", **address)
    assert text.near(3, 3) in [expander.label for expander in at.expander]
    at.button(key="near-keep").click().run()
    given = state.workspace().store.datasets.get(address["dataset"])
    assert given is not None
    assert given.counts == {"ready": 3, "excluded": 3}
    kept = [item.name for item in state.workspace().store.datasets.items(given.id)]
    assert kept == ["0.png", "1.png", "2.png"]  # the larger ones
    assert text.left_out_by_you(3) in shown(at)
    at.button(key="near-back").click().run()
    assert text.near(3, 3) in [expander.label for expander in at.expander]
    assert text.left_out_by_you(3) not in shown(at)


@pytest.mark.parametrize("page", ["start", "images", "group"])
def test_the_menu_keeps_what_is_open(page: str, images: Path) -> None:
    address = looked_at(images, "folder")
    at = open_app("images", **address)
    for key in address:
        del at.query_params[key]  # what a click in the menu does
    at.switch_page(str(Path(__file__).parents[3] / "pages" / f"{page}.py")).run()
    assert not at.exception
    assert {key: at.query_params[key] for key in address} == address


def test_pages_by_their_address_alone(working: str) -> None:
    for page in ("start", "images", "group"):
        at = open_app(page, run=working)
        assert not at.error
    st.cache_data.clear()
