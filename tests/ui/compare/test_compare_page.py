"""The page Compare: two versions and two criteria, by address and by choice, and what can be taken away."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

from app import ALL_IMAGES, BLUE, GREEN, RED, button, fresh_server, images, make, models, open_app, shown  # noqa: F401
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.results import decisions
from core.results.compare import compare
from core.results.edits import Rename
from ui import text
from ui.routes import downloads
from ui.session import state


def test_two_versions(make: Callable[..., str]) -> None:
    first, second = make(k=3), make(k=2)
    store = state.workspace().store
    decisions.add(store, second, Rename("c1", "[rosy](http://x.example)"))
    at = open_app("compare", run=second)
    assert at.query_params["with"] == first  # the only other
    said = shown(at)
    assert text.stayed(ALL_IMAGES, BLUE) in said
    assert text.RENAMED in said
    assert "red → [rosy](http:" in said
    assert text.GONE_GROUPS in said
    assert text.went([(text.UNASSIGNED, BLUE)], now=True) in said
    assert text.NEW_GROUPS not in said
    assert text.CHANGED_IMAGES in said
    assert f"{text.ARI} 1.00 · {text.NMI} 1.00" in said
    (table,) = at.table
    rows = {row.iloc[0].replace("\\", ""): (row.iloc[1], row.iloc[2]) for _, row in table.value.iterrows()}
    assert rows[text.FIGURES["groups"]] == ("3", "2")
    assert rows[text.SETTING["k"]] == ("3", "2")
    assert rows[text.FIGURES["acc"]] == ("1\\.000", "0\\.750")


def test_a_field_by_its_address(make: Callable[..., str]) -> None:
    first, second = make(k=3), make(k=3)
    at = open_app("compare", run=second, **{"with": first, "field": "c2,c2"})
    assert text.in_both(GREEN, "green", "green") in shown(at)
    for field in ("c2,c1", "c2", "nope,c1", ","):
        at = open_app("compare", run=second, **{"with": first, "field": field})
        assert "“green” and in" not in shown(at)


def test_two_criteria_are_crossed_and_swapped(make: Callable[..., str]) -> None:
    by_kind, by_colour = make(criterion="kind"), make()
    at = open_app("compare", run=by_colour, **{"with": by_kind})
    assert text.crossed("kind", "colour") in shown(at)
    assert text.CROSSED_NOTE.format(rows="kind", columns="colour") in shown(at)
    assert text.CHANGED_IMAGES not in shown(at)
    button(at, text.COMPARE_SWAP).click().run()
    assert (at.query_params["run"], at.query_params["with"]) == (by_kind, by_colour)
    assert text.crossed("colour", "kind") in shown(at)


def test_another_run_is_chosen(make: Callable[..., str]) -> None:
    runs = [make(k=k) for k in (3, 2, 1)]
    at = open_app("compare", run=runs[0], **{"with": runs[1], "field": "c1,c1"})
    at.selectbox[0].set_value(runs[2]).run()
    assert at.query_params["with"] == runs[2]
    assert "field" not in at.query_params
    at.selectbox[1].set_value(runs[1]).run()
    assert (at.query_params["run"], at.query_params["with"]) == (runs[1], runs[2])


def test_nothing_to_compare_with(make: Callable[..., str]) -> None:
    run_id = make()
    make(until="name", k=2)  # not sorted yet
    assert text.COMPARE_ALONE in shown(open_app("compare", run=run_id))
    other = make(k=2)
    assert text.COMPARE_GONE in shown(open_app("compare", run=run_id, **{"with": "nope"}))
    state.workspace().store.catalogue.delete(other)
    assert text.COMPARE_ALONE in shown(open_app("compare", run=run_id, **{"with": other}))


def test_the_version_that_it_came_from_comes_first(make: Callable[..., str]) -> None:
    old, _, new = make(k=3), make(k=2), make(k=1)
    state.workspace().store.catalogue.set_parent(new, old)
    at = open_app("compare", run=new)
    assert at.query_params["with"] == old
    # And from the old one a click leads to the same.
    at = open_app("browse", run=old)
    at.session_state["refine"] = True
    at.run()
    button(at, text.COMPARE_NEWER).click().run()
    assert (at.query_params["run"], at.query_params["with"]) == (new, old)


def test_what_can_be_taken_away(make: Callable[..., str]) -> None:
    first, second = make(k=3), make(k=2)
    client = TestClient(Starlette(routes=downloads.ROUTES))
    found = compare(state.workspace().store, first, second)
    got = {
        file: client.get(f"/download/{first}/with/{second}/{file}").content.decode("utf-8-sig")
        for file in ("matrix.csv", "images.csv", "comparison.json")
    }
    matrix = list(csv.reader(io.StringIO(got["matrix.csv"])))
    assert matrix[0] == ["", "red", "green", "Unassigned"]
    assert sum(int(cell) for row in matrix[1:] for cell in row[1:]) == found.images == ALL_IMAGES
    rows = list(csv.DictReader(io.StringIO(got["images.csv"])))
    assert len(rows) == ALL_IMAGES
    assert [row["changed"] for row in rows].count("yes") == BLUE
    assert {(row["first"], row["second"]) for row in rows if row["changed"] == "yes"} == {("blue", "Unassigned")}
    about = json.loads(got["comparison.json"])
    assert (about["first"]["run"], about["second"]["run"], about["changed"]) == (first, second, BLUE)
    assert sum(field["images"] for field in about["flow"]) == ALL_IMAGES
    for place in (f"{first}/with/nope/matrix.csv", f"{first}/with/{first}/matrix.csv", f"{first}/with/{second}/x.csv"):
        assert client.get(f"/download/{place}").status_code == 404
