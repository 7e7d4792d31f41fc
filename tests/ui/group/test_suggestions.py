"""Suggestions on the page Group: pictures in sight, cards and shortcuts that fill the form, the number of groups."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from app import ALL_IMAGES, button, fresh_server, images, make, models, open_app, shown, wait_for  # noqa: F401
from fakes import FakeBackend
from streamlit.testing.v1 import AppTest

from core.ingest import source
from core.jobs import Jobs
from core.models import registry
from core.pipeline import intake
from core.suggestions import suggest
from core.suggestions.suggestion import FOUND, Found, Group, Number, Suggestion
from ui import text
from ui.session import model_choice, state

SEARCH = Jobs.suggest  # before any test replaces it


@pytest.fixture
def address(images: Path) -> dict[str, str]:
    """Images that were looked at, compared with the column size of a table that has two columns of labels."""
    workspace = state.workspace()
    origin = source.find(str(images), "", workspace.config)
    intake.look(workspace.store, workspace.copies, workspace.config, origin, threading.Event(), lambda _: None)
    table = images.parent / "labels.csv"
    files = sorted(images.rglob("*.png"))
    rows = [f"{file.relative_to(images)},{place % 2},{file.parent.name}" for place, file in enumerate(files)]
    table.write_text("\n".join(["image,size,colour", *rows]), encoding="utf-8")
    return {"dataset": origin.dataset_id, "truth": f"{table}:size"}


def keep(address: dict[str, str], *found: Suggestion) -> None:
    """Have these as what was found in the sample."""
    workspace = state.workspace()
    given = workspace.store.datasets.get(address["dataset"])
    assert given is not None
    suggest.by_builtin(workspace, given, threading.Event())
    made_of, _ = workspace.store.suggestions.get(given.id)["builtin"]
    value = FOUND.dump_json(Found(found, ALL_IMAGES)).decode()
    workspace.store.suggestions.set(given.id, "builtin", made_of, value)


def kind(address: dict[str, str], k: int = 4) -> Suggestion:
    ids = state.workspace().store.datasets.ids(address["dataset"])
    groups = (Group("cup", 8, tuple(ids[:3])), Group("jug", 4, (ids[3],)), Group("", 2, (ids[4],)))
    return Suggestion("kind of thing", Number(k, "evidence", share=0.9), groups, "evidence")


def strips(at: AppTest) -> list[dict[str, object]]:
    """What the strips of pictures were given, in order."""
    found = [element.proto for element in at.get("bidi_component")]
    data = [json.loads(proto.json) for proto in found if proto.component_name == "facetry_group_strip"]
    return list(data)


def k_of(at: AppTest) -> int:
    return int(at.number_input(key="k").value or 0)


def test_the_number_of_groups_starts_at_what_the_labels_say(address: dict[str, str]) -> None:
    at = open_app("group", **address)
    assert k_of(at) == 5
    at.text_input(key="criterion").set_value("colour").run()
    assert k_of(at) == 3
    assert "Suggested: 3. The column colour has 3 labels." in shown(at)
    at.text_input(key="criterion").set_value("2 kinds of colour").run()
    assert k_of(at) == 2
    at.number_input(key="k").set_value(6).run()
    at.text_input(key="criterion").set_value("colour").run()
    assert k_of(at) == 6  # what a person set stays
    assert "Suggested: 3." in shown(at)


def test_a_number_in_the_address_stays(address: dict[str, str]) -> None:
    at = open_app("group", **address, k="7", criterion="colour")
    assert k_of(at) == 7


def test_a_card_fills_the_form_and_says_why(address: dict[str, str]) -> None:
    keep(address, kind(address))
    at = open_app("group", **address)
    said = shown(at)
    assert "kind of thing · 4 groups" in said
    assert "So many stand out in the sample: 90 % stay in their group when the sample changes." in said
    assert "size · 2 groups" in said
    at.number_input(key="k").set_value(9).run()
    at.button(key="suggestion-kind of thing-take").click().run()
    assert (at.text_input(key="criterion").value, k_of(at)) == ("kind of thing", 4)


def test_a_shortcut_does_the_same(address: dict[str, str]) -> None:
    at = open_app("group", **{"dataset": address["dataset"]})
    assert at.pills(key="example").options[0] == "Colour"  # fixed examples as long as nothing is known
    keep(address, kind(address))
    at.run()
    (chip,) = [option for option in at.pills(key="example").options if "kind" in option]
    at.pills(key="example").set_value("kind of thing (cup, jug)").run()
    assert chip.replace("\\", "") == "kind of thing (cup, jug)"
    assert (at.text_input(key="criterion").value, k_of(at)) == ("kind of thing", 4)


def test_what_the_engine_cannot_see_is_said_and_cannot_be_added(address: dict[str, str]) -> None:
    mood = Suggestion("mood", Number(2, "evidence", share=0.8), (Group("calm", 3), Group("wild", 2)), "evidence")
    keep(address, mood, kind(address))
    at = open_app("group", **address)
    assert text.SUGGESTION_UNSEEN in shown(at)
    assert not [found for found in at.button if found.key and found.key.endswith("-add")]  # to nothing
    at.text_input(key="criterion").set_value("kind of thing").run()
    assert at.button(key="suggestion-mood-add").disabled
    assert not at.button(key="suggestion-colour-add").disabled
    taken = [found.key for found in at.button if found.key and found.key.endswith("-take")]
    assert taken[-1] == "suggestion-mood-take"


def test_several_are_run_together(address: dict[str, str]) -> None:
    keep(address, kind(address))
    at = open_app("group", **address)
    at.button(key="suggestion-kind of thing-take").click().run()
    at.button(key="suggestion-colour-add").click().run()
    assert "suggestion-colour-add" not in [found.key for found in at.button]  # once is enough
    assert not at.exception
    at.button(key="start").click().run()
    assert not at.exception
    runs = state.workspace().store.runs.of_dataset(address["dataset"])
    assert {(run.settings.criterion, run.settings.k) for run in runs} == {("colour", 3), ("kind of thing", 4)}
    truths = {run.settings.criterion: run.settings.truth.rpartition(":")[2] for run in runs}
    assert truths["colour"] == "colour"
    wait_for(lambda: {run.status for run in state.workspace().store.runs.of_dataset(address["dataset"])} == {"done"})


def test_they_are_looked_for_in_the_background(address: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "suggest", SEARCH)
    at = open_app("group", **address)
    wait_for(lambda: suggest.kept(state.workspace(), address["dataset"]).fresh)
    at.run()
    look = state.jobs().suggesting(address["dataset"])
    assert look is not None
    assert not look.error
    assert len(strips(at)[0]["groups"][0]["items"]) == ALL_IMAGES  # type: ignore[index]
    at.run()
    assert state.jobs().suggesting(address["dataset"]) is look  # once is enough


def test_an_error_of_the_search_is_said_and_the_form_works(
    address: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Found:
        raise RuntimeError("out of order")

    monkeypatch.setattr(Jobs, "suggest", SEARCH)
    monkeypatch.setattr(suggest, "by_builtin", broken)
    at = open_app("group", **address)
    wait_for(lambda: bool((look := state.jobs().suggesting(address["dataset"])) and not look.alive))
    at.run()
    assert not at.exception
    assert "out of order" not in shown(at)
    look = state.jobs().suggesting(address["dataset"])
    assert look is not None
    assert look.error in shown(at)
    assert at.button(key="start")


def test_a_chat_model_is_asked_when_a_person_wants_it(address: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    groups = [{"name": "near", "pictures": [1]}, {"name": "far", "pictures": [2]}]
    backend = FakeBackend(json.dumps({"criteria": [{"criterion": "distance", "groups": groups}]}))
    monkeypatch.setattr(registry, "CHAT", {"openai": lambda *_: backend})
    model_choice.choose(text_model="openai:small@http://127.0.0.1:1")
    keep(address, kind(address))
    at = open_app("group", **address)
    assert backend.history == []
    assert "One request about a sample in words" in shown(at)
    at.button(key="ideas").click().run()
    assert not at.exception
    assert len(backend.history) == 1
    assert "distance · 2 groups" in shown(at)
    assert "1 idea of small: 11 tokens, $0." in shown(at)
