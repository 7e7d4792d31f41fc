"""The page Baseline: each method makes a run, descriptors are dropped, and how many groups stand out is taken over."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from app import ALL_IMAGES, BLUE, GREEN, RED, button, fresh_server, images, make, models, open_app, shown  # noqa: F401
from streamlit.testing.v1 import AppTest
from waiting import wait_for

from core.results.run_view import View
from ui import text
from ui.session import state


def matrix(images: Path, each: int = 6) -> tuple[bytes, bytes]:
    """Descriptors that tell the three colours apart, as .npy, and the list of their paths."""
    draw, rows, names = np.random.default_rng(0), [], []
    for place, folder in enumerate(sorted(path for path in images.iterdir() if path.is_dir())):
        for file in sorted(folder.iterdir()):
            rows.append(draw.normal(10 * place, 1, each))
            names.append(f"{folder.name}/{file.name}")
    content = io.BytesIO()
    np.save(content, np.array(rows))
    return content.getvalue(), ("path\n" + "\n".join(names) + "\n").encode()


def dropped(run: str, images: Path) -> AppTest:
    """The page with descriptors, and the list of their paths, dropped on it."""
    at = open_app("baseline", run=run)
    at.selectbox(key="baseline-features").select("file").run()
    content, names = matrix(images)
    at.file_uploader(key="baseline-drop").set_value(
        [("four.npy", content, "application/octet-stream"), ("images_paths.csv", names, "text/csv")]
    ).run()
    return at


def test_dropped_descriptors_make_a_run_for_each_method(make: Callable[..., str], images: Path) -> None:
    at = dropped(make(), images)
    at.get("button_group")[0].set_value(["k-means", "gaussian mixture"]).run()
    at.number_input(key="baseline-k").set_value(3).run()
    button(at, text.BASELINE_START).click().run()
    assert not at.exception
    store = state.workspace().store
    begun = [run for run in store.runs.recent() if run.settings.text.startswith("baseline:")]
    assert {run.settings.text for run in begun} == {
        "baseline:k-means/standard/0.9",
        "baseline:gaussian mixture/standard/0.9",
    }
    wait_for(lambda: all(store.runs.get(run.id).status == "done" for run in begun))
    for run in begun:
        view = View(store, run.id)
        assert sorted(view.sizes().values()) == sorted([RED, GREEN, BLUE])
        assert (view.metrics() or {})["acc"] == 1.0
        assert run.settings.vision.endswith("images_paths.csv")
    again = open_app("group", run=begun[0].id)
    assert not [one for one in again.button if one.label == text.NEW_VERSION]
    button(again, text.NEW_RUN).click().run()
    assert again.text_input(key="criterion").value == ""


def test_what_the_criteria_recommend_is_taken(make: Callable[..., str], images: Path) -> None:
    at = dropped(make(), images)
    button(at, text.COUNT).click().run()
    wait_for(lambda: all(not count.alive for count in state.jobs()._counts.values()))
    at.run()
    (count,) = state.jobs()._counts.values()
    assert count.found
    assert 3 in count.found.answers.values()
    assert text.recommended(count.found.lowest, count.found.highest, ALL_IMAGES) in shown(at)
    button(at, text.COUNT_TAKE.format(k=count.found.recommended)).click().run()
    assert at.number_input(key="baseline-k").value == count.found.recommended
    store = state.workspace().store
    dataset = store.runs.recent()[0].settings.dataset_id
    store.datasets.exclude(dataset, {store.datasets.ids(dataset)[0]: "not one of them"})
    assert button(at.run(), text.COUNT)  # what was counted was counted on other images


def test_lda_asks_for_labels(make: Callable[..., str]) -> None:
    at = open_app("baseline", run=make(truth=""))
    at.get("button_group")[2].set_value("lda").run()
    assert text.BASELINE_LDA_NONE in shown(at)
    assert button(at, text.BASELINE_START).disabled
