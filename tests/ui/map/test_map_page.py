"""The page Map: drawn in the background, coloured, in the address; what is chosen on it is shown below and moved."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
from app import ALL_IMAGES, BLUE, GREEN, RED, component, fresh_server, images, make, models, open_app, shown  # noqa: F401
from streamlit.testing.v1 import AppTest
from waiting import wait_for

from core.results.run_view import View
from ui import language, text
from ui.browse import acts
from ui.browse.address import ALL, Place
from ui.components.selecting_wall import Act
from ui.map import chosen
from ui.session import state


def open_map(run_id: str, **params: str) -> AppTest:
    at = open_app("map", run=run_id, **params)
    wait_for(lambda: all(not look.alive for look in state.jobs()._exploring.values()))
    return at.run()


def points(at: AppTest) -> dict[str, Any]:
    return component(at, "point_map")


def kinds(at: AppTest) -> list[str]:
    data = points(at)
    numbers = np.frombuffer(base64.b64decode(data["kinds"]), dtype=np.uint8)
    return [data["legend"][number]["name"] for number in numbers]


def test_a_map_is_drawn_by_itself_and_says_what_it_shows(make: Callable[..., str]) -> None:
    at = open_map(make(), method="pca")
    data = points(at)
    places = np.frombuffer(base64.b64decode(data["points"]), dtype="<f4")
    assert (len(data["ids"].split("\n")), data["dimensions"], places.size) == (ALL_IMAGES, 2, 2 * ALL_IMAGES)
    assert [(kind["name"], kind["count"]) for kind in data["legend"]] == [
        ("red", RED),
        ("green", GREEN),
        ("blue", BLUE),
    ]
    assert data["names"].split("\n")[kinds(at).index("red")].endswith("red.png")
    assert data["alt"].startswith(f"A map of {ALL_IMAGES} images by what is seen (PCA)")
    assert "stand nearest to each other" in shown(at)
    assert "are also nearest to it on the map" in shown(at)
    assert text.MAP_LIMITS in shown(at)
    table = at.dataframe[0].value
    assert list(table[text.MAP_KIND]) == ["red", "green", "blue"]
    assert list(table[text.MAP_IMAGES]) == [RED, GREEN, BLUE]


def test_the_address_holds_the_map(make: Callable[..., str]) -> None:
    run_id, other = make(), make(k=2)
    at = open_map(run_id, method="pca", dimensions="3", colour="truth")
    assert points(at)["dimensions"] == 3
    assert set(kinds(at)) == {"red", "green", "blue"}
    at.selectbox(key="map-colour").set_value("confidence").run()
    assert at.query_params["colour"] == "confidence"
    assert sum(kind["count"] for kind in points(at)["legend"]) == ALL_IMAGES
    at.selectbox(key="map-colour").set_value(other).run()
    assert kinds(at).count(text.MAP_NOT_SORTED) == BLUE  # that run has no group for them
    at = open_map(run_id, method="nonsense", by="nonsense", colour="gone", dimensions="7")
    assert [at.selectbox(key=f"map-{name}").value for name in ("method", "by", "colour", "dimensions")] == [
        "tsne", "seen", "group", "2",
    ]  # fmt: skip


def test_what_is_chosen_is_shown_and_moved(make: Callable[..., str]) -> None:
    run_id = make()
    at = open_map(run_id, method="pca")
    assert text.MAP_CHOOSE_HINT in shown(at)
    ids = points(at)["ids"].split("\n")
    blue = [item for item, kind in zip(ids, kinds(at), strict=True) if kind == "blue"]
    at.session_state[f"map-chosen-{run_id}"] = tuple(blue)
    wall = component(at.run(), "selecting_wall")
    assert [tile["id"] for tile in wall["tiles"]] == blue
    assert [group["name"] for group in wall["groups"]] == ["red", "green", "blue"]
    run = state.workspace().store.runs.get(run_id)
    assert run
    done = chosen._do(run, tuple(blue), Act("move", everything=True, out=(blue[0],), to="c1"))
    assert done.said == text.moved(BLUE - 1, "red")
    assert View(state.workspace().store, run_id).sizes()["c1"] == RED + BLUE - 1
    assert kinds(at.run()).count("red") == RED + BLUE - 1  # the map shows it
    assert done.back
    acts.do(run, Place(run_id, ALL), done.back)
    assert kinds(at.run()).count("blue") == BLUE


def test_no_map_before_images_are_sorted(make: Callable[..., str]) -> None:
    at = open_app("map", run=make("name"))
    assert text.MAP_EMPTY in shown(at)


def test_umap_is_said_to_be_a_part(make: Callable[..., str], monkeypatch: Any) -> None:
    monkeypatch.setattr("core.explore.layout.importlib.util.find_spec", lambda _: None)
    at = open_app("map", run=make(), method="umap")
    assert text.MAP_UMAP_MISSING in shown(at)


def test_who_reads_another_language_gets_the_map_in_it(make: Callable[..., str]) -> None:
    run_id = make()
    assert points(open_map(run_id, method="pca"))["alt"].startswith("A map of")
    state.workspace().store.preferences.set(language.PREFERENCE, "de")
    assert points(open_map(run_id, method="pca"))["alt"].startswith("Eine Karte")
