"""Names suggested again: pinned groups stay, what is asked says so, and nothing changes before a person takes it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from fakes import FakeBackend
from house import EACH, House, furnished_once

from core.domain import Asking, Cluster, Corpus, Wording
from core.errors import BadInput, FacetryError
from core.models import registry
from core.models.chat.text import ChatText
from core.pipeline import draft as drafts
from core.pipeline import suggest_names
from core.pipeline.suggest_names import Wanted, difference, waiting
from core.results import decisions, run_view
from core.results.edits import Pin, Propose, Redefine, Rename


def _named(house: House) -> str:
    run_id = house.start(k=3)
    house.run(run_id, "name")
    return run_id


house, run_id = furnished_once("run_id", _named)


def names(clusters: Sequence[Cluster]) -> list[str]:
    return [cluster.name for cluster in clusters]


def test_a_suggestion_waits_and_taking_it_is_one_edit(house: House, run_id: str) -> None:
    found = suggest_names.suggest_names(house.workspace, run_id, Wanted(4))
    assert names(found) == ["blue", "green", "grey", "red"]
    assert waiting(house.store, run_id) == found
    edited = decisions.clusters(house.store, run_id)
    assert names(edited.clusters) == ["blue", "green", "grey"]
    assert [cluster.id for cluster in found[:3]] == [cluster.id for cluster in edited.clusters]
    assert found[3].id not in {"c1", "c2", "c3", "c4"}
    decisions.add(house.store, run_id, Propose(found))
    suggest_names.drop(house.store, run_id)
    assert waiting(house.store, run_id) == ()
    house.run(run_id)
    assert house.sizes(run_id) == dict.fromkeys(("blue", "green", "grey", "red"), EACH)
    decisions.undo(house.store, run_id)
    assert names(decisions.clusters(house.store, run_id).clusters) == ["blue", "green", "grey"]


def test_what_a_person_said_of_pinned_groups_stays(house: House, run_id: str) -> None:
    grey = house.id_of(run_id, "grey")
    for edit in (Rename(grey, "stone"), Redefine(grey, "Like pebbles"), Pin(grey)):
        decisions.add(house.store, run_id, edit)
    found = suggest_names.suggest_names(house.workspace, run_id, Wanted(2))
    assert names(found) == ["stone", "blue"]
    assert (found[0].id, found[0].meaning, found[0].labels) == (grey, "Like pebbles", ("grey", "stone"))
    assert "grey" not in found[1].labels


def test_difference_names_what_stays_goes_and_comes(house: House, run_id: str) -> None:
    run, edited = run_view.get_run(house.store, run_id), decisions.clusters(house.store, run_id)
    found = suggest_names.suggest_names(house.workspace, run_id, Wanted(1, names=(("red", "warm"), ("blue", ""))))
    assert [(cluster.name, cluster.meaning) for cluster in found] == [
        ("red", "warm"), ("blue", "Pictures that are blue"),
    ]  # fmt: skip
    new = decisions.editing.applied(edited, Propose(found))
    now = drafts.places_now(house.store, run, edited)
    then = drafts.draft(house.store, run, new, drafts.chosen(house.store, run, new.asked))
    told = difference(edited, found, now, dict(zip(then.items, then.places, strict=True)))
    assert (told.stay, told.go, told.come) == (("blue",), ("green", "grey"), ("red",))
    assert (told.moves, told.images) == (3 * EACH, 4 * EACH)  # red gets a group, green and grey have none


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (Wanted(0), "There can be 1 to 16 groups"),
        (Wanted(17), "There can be 1 to 16 groups"),
        (Wanted(3, "finer"), "reads no hints"),
        (Wanted(3, "x" * 201), "at most 200"),
        (Wanted(1), "pinned"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_asked(
    house: House, run_id: str, wanted: Wanted, sentence: str
) -> None:
    decisions.add(house.store, run_id, Pin(house.id_of(run_id, "red" if wanted.k == 9 else "grey")))
    with pytest.raises(BadInput, match=sentence):
        suggest_names.suggest_names(house.workspace, run_id, wanted)
    assert waiting(house.store, run_id) == ()


GROUPS = (
    '{"groups": [{"name": "grey", "meaning": "", "labels": []}, {"name": "vivid", "meaning": "", "labels": [1, 2, 4]}]}'
)


def test_a_chat_model_is_told_the_hint_and_what_was_proposed(
    house: House, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = FakeBackend(GROUPS, "no groups", "no groups")
    monkeypatch.setattr(registry, "check", lambda *_: None)
    monkeypatch.setattr(registry, "TEXT", {"openai": lambda _, how: ChatText(backend, how.wording, how.asking)})
    settings = run_view.get_run(house.store, run_id).settings
    run = house.store.runs.create(settings.__class__(settings.dataset_id, "colour", 3, text="openai:m"))
    house.store.answers._db.insert(
        "result",
        house.store.answers._db.read(
            "SELECT ?, step, item_id, call_key, failure, stale, kind FROM result WHERE run_id = ?", [run, run_id]
        ),
    )
    decisions.add(house.store, run, Pin(house.id_of(run, "grey")))
    found = suggest_names.suggest_names(house.workspace, run, Wanted(2, "by how bright they are"))
    assert names(found) == ["grey", "vivid"]
    asked = backend.history[0].text
    assert "What the person wants instead: by how bright they are" in asked
    assert "proposed before and are not what is wanted: blue, green." in asked
    assert "spelled just so: grey" in asked
    assert suggest_names.costs(house.store, run_view.get_run(house.store, run), Wanted(2)).requests == 1
    with pytest.raises(FacetryError, match="did not give 2 usable groups"):
        suggest_names.suggest_names(house.workspace, run, Wanted(2, "another way"))
    assert waiting(house.store, run) == ()


def test_the_hint_is_part_of_what_decides_an_answer() -> None:
    plain, told = (ChatText(FakeBackend(), Wording(again=again), Asking()).prompts for again in ("", "finer"))
    assert plain["name"] != told["name"]
    assert {step: text for step, text in plain.items() if step != "name"} == {
        step: text for step, text in told.items() if step != "name"
    }


def test_a_model_that_can_keep_groups_is_told_what_they_hold(house: House, run_id: str) -> None:
    seen: list[tuple[int, list[str], list[int]]] = []

    def beside(corpus: Corpus, _: str, k: int, kept: Sequence[str], held: Sequence[int]) -> list[Cluster]:
        seen.append((k, list(kept), sorted(held)))
        return [Cluster(f"c{place}", name) for place, name in enumerate([*kept, "rest"], 1)]

    house.text.name_beside = beside  # type: ignore[attr-defined]
    blue = house.id_of(run_id, "blue")
    decisions.add(house.store, run_id, Pin(blue))
    found = suggest_names.suggest_names(house.workspace, run_id, Wanted(2))
    assert seen == [(2, ["blue"], [-1] * (3 * EACH) + [0] * EACH)]
    assert [(cluster.id == blue, cluster.name) for cluster in found] == [(True, "blue"), (False, "rest")]
