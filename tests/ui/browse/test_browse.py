"""Browse by its address: filters and their fields, an empty result, the wall's data, acts, and the large view."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from app import (  # noqa: F401
    BLUE,
    GREEN,
    RED,
    button,
    component,
    fresh_server,
    images,
    make,
    models,
    open_app,
    shown,
)
from streamlit.testing.v1 import AppTest

from core.results import decisions, run_view
from core.results.edits import Merge
from core.results.run_view import Query, View
from core.results.selection import Only
from ui import text
from ui.browse import acts
from ui.browse.address import ALL, Place
from ui.components.selecting_wall import Act
from ui.session import run_data, state

TOTAL = RED + GREEN + BLUE


def wall(at: AppTest) -> dict[str, Any]:
    return component(at, "selecting_wall")


def field(at: AppTest, name: str) -> str:
    """The key of a field that shows what the address says."""
    return f"browse-{name}-{at.session_state[f'browse-{name}']}"


def test_words_narrow_what_is_shown(make: Callable[..., str]) -> None:
    run_id = make()
    at = open_app("browse", run=run_id)
    at.text_input(key=field(at, "find")).set_value("GREEN picture").run()
    assert wall(at)["counted"] == f"{GREEN} of {TOTAL} images"
    assert at.query_params["text"] == "GREEN picture"
    at.text_input(key=field(at, "find")).set_value("no such thing").run()
    assert text.NOTHING_FOUND in shown(at)
    at.button(key="clear-all").click().run()
    assert "text" not in at.query_params
    assert wall(at)["counted"] == f"{TOTAL} images"
    at = open_app("browse", run=run_id, group="c2")
    at.text_input(key=field(at, "find")).set_value("1_").run()
    assert wall(at)["counted"] == f"1 of {GREEN} images"


def test_filters_combine_in_the_address(make: Callable[..., str]) -> None:
    run_id = make()
    at = open_app("browse", run=run_id, group="c2", sure="50-95", folder="green", right="yes")
    assert wall(at)["counted"] == f"{GREEN} images"
    assert "50 to 95 % sure" in shown(at)
    assert at.slider(key=field(at, "sure")).value == (50, 95)
    assert at.selectbox(key=field(at, "folder")).value == "green"
    at.slider(key=field(at, "sure")).set_value((95, 100)).run()
    assert at.query_params["sure"] == "95-100"
    assert text.NOTHING_FOUND in shown(at)
    at.button(key="everywhere").click().run()
    assert at.query_params["group"] == "all"
    assert at.query_params["folder"] == "green"
    at.button(key="clear-filters").click().run()
    assert wall(at)["counted"] == f"{TOTAL} images"
    at.multiselect(key=field(at, "groups")).set_value(["c1", "c2"]).run()
    assert at.query_params["group"] == ["c1", "c2"]
    assert wall(at)["counted"] == f"{RED + GREEN} of {TOTAL} images"
    at.selectbox(key=field(at, "sort")).set_value("name").run()
    names = [row.name for row in View(state.workspace().store, run_id).rows(Query(groups=("c1", "c2"), order="name"))]
    rows = {row.item_id: row.name for row in run_view.rows(state.workspace().store, run_id)}
    assert [rows[tile["id"]] for tile in wall(at)["tiles"]] == names


def test_export_these_takes_the_filters_along(make: Callable[..., str]) -> None:
    run_id = make()
    at = open_app("browse", run=run_id, group="c2", sure="50-95", text="1_")
    at.button(key="export-these").click().run()
    assert text.export_part(1, TOTAL) in shown(at)
    assert "50 to 95 % sure" in shown(at)
    links = [str(link.proto.url) for link in at.get("link_button") if "table.csv" in str(link.proto.url)]
    assert links == [f"/download/{run_id}/table.csv?group=c2&text=1_&sure=50-95"]
    at = open_app("export", run=run_id, group="c2", sure="50-95", right="yes")
    at.button(key="clear-filters").click().run()
    assert text.export_part(GREEN, TOTAL) in shown(at)
    assert "sure" not in at.query_params


def test_between_two_groups_by_a_slider(make: Callable[..., str]) -> None:
    run_id = make()
    at = open_app("browse", run=run_id, group="c2")
    at.button(key="between").click().run()
    assert at.query_params["between"] == "c2,c1"
    assert text.NOTHING_FOUND in shown(at)
    at.slider(key=field(at, "at")).set_value(0).run()
    assert at.query_params["at"] == "0"
    assert wall(at)["counted"] == f"{GREEN} of {TOTAL} images"
    at.selectbox(key=field(at, "between-0")).set_value("c3").run()
    assert at.query_params["between"] == "c3,c1"
    assert wall(at)["counted"] == f"{BLUE} of {TOTAL} images"
    decisions.add(state.workspace().store, run_id, Merge("c3", "c2"))
    assert text.GONE_GROUP in shown(at.run())


def test_a_wall_knows_where_its_images_may_go(make: Callable[..., str]) -> None:
    at = open_app("browse", run=make(), group="c2")
    data = wall(at)
    assert [group["name"] for group in data["groups"]] == ["red", "green", "blue"]
    assert [(tile["group"], tile["shares"]) for tile in data["tiles"]] == [("c2", {"c2": 0.9})] * GREEN
    assert data["unsure"]
    assert not wall(open_app("browse", run=make(k=2), group="unassigned"))["unsure"]


@pytest.fixture
def run_and_view(make: Callable[..., str]) -> tuple[Any, Callable[[], View]]:
    run = state.workspace().store.runs.get(make())
    assert run is not None
    return run, lambda: run_data.view(run)


def test_acts_are_said_and_taken_back(run_and_view: tuple[Any, Callable[[], View]]) -> None:
    run, view = run_and_view
    place = Place(run.id, "c2", Only(("c2",)))
    green = view().ids(place.query)
    done = acts.do(run, place, Act("move", tuple(green[:2]), to="c1"))
    assert done.said == text.moved(2, "red")
    assert view().sizes()["c1"] == RED + 2
    assert done.back is not None
    undone = acts.do(run, place, done.back)
    assert view().sizes()["c1"] == RED
    assert undone.back is not None
    acts.do(run, place, undone.back)
    assert view().sizes()["c1"] == RED + 2
    # All here means all that is looked at now, also on other pages, but what was taken out.
    done = acts.do(run, place, Act("move", everything=True, out=(green[2],), to=None))
    assert done.said == text.moved(GREEN - 3, text.UNASSIGNED)
    assert view().ids(place.query) == [green[2]]
    assert acts.do(run, place, Act("move", (), to="c1")).back is None


def test_a_range_goes_by_the_order_that_is_looked_at(run_and_view: tuple[Any, Callable[[], View]]) -> None:
    run, view = run_and_view
    place = Place(run.id, ALL, sort="name")
    order = sorted((row.name.lower(), row.item_id) for row in view().rows())
    ids = [item for _, item in order]
    assert acts.between(run, place, ids[2], ids[6]) == ids[2:7]
    assert acts.between(run, place, ids[6], ids[2]) == ids[2:7]
    assert acts.between(run, place, "gone", ids[3]) == [ids[3]]
    assert acts.between(run, place, "gone", "gone too") == []


def test_a_new_group_for_what_is_selected_is_one_act(run_and_view: tuple[Any, Callable[[], View]]) -> None:
    run, view = run_and_view
    place = Place(run.id, ALL)
    blue = view().ids(Query(cluster_id="c3"))
    done = acts.do(run, place, Act("new", tuple(blue), name="sky"))
    assert text.moved(BLUE, "sky") in done.said
    assert {row.cluster.name for row in view().rows(Query(ids=tuple(blue))) if row.cluster} == {"sky"}
    assert done.back is not None
    acts.do(run, place, done.back)
    assert [cluster.name for cluster in view().edited.clusters] == ["red", "green", "blue"]
    assert view().sizes()["c3"] == BLUE


def test_the_large_view_tells_who_moved_an_image(make: Callable[..., str]) -> None:
    run_id = make()
    item = View(state.workspace().store, run_id).ids(Query(cluster_id="c2"))[0]
    at = open_app("browse", run=run_id, group="c2", image=item)
    assert text.HISTORY not in shown(at)
    at.selectbox(key=f"move-{item}").set_value("c1").run()
    at.button(key="move").click().run()
    assert "moved by you to red" in shown(at)
    assert text.model_said("green", 0.9) in shown(at)
    picture = component(at, "large_picture")  # it has left the group that it was opened from: the next one follows
    assert item not in [near["id"] for near in picture["near"]]
    assert picture["follows"] == 0


def test_find_similar(make: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = make()
    item = View(state.workspace().store, run_id).ids(Query(cluster_id="c2"))[0]
    at = open_app("browse", run=run_id, group="c2", image=item)
    monkeypatch.setattr("core.results.likeness.KeptVectors", lambda _: _vectors)
    at.button(key="find-similar").click().run()
    assert at.query_params["like"] == item
    tiles = wall(at)["tiles"]
    assert tiles[0]["id"] == item
    assert [tile["group"] for tile in tiles[:GREEN]] == ["c2"] * GREEN
    assert at.selectbox(key=field(at, "sort")).value == "like"
    at.selectbox(key=field(at, "sort")).set_value("given").run()
    assert "like" not in at.query_params


def _vectors(texts: list[str]) -> Any:
    import numpy as np

    return np.array([[float("green" in text), float("green" not in text)] for text in texts], dtype=np.float32)
