"""Suggestions of a dataset: made of a sample, kept, fresh until images are added; nothing is looked at twice."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from fakes import FakeBackend
from house import House
from PIL import Image

from core.domain import DatasetRow, Failed
from core.errors import BadInput, Cancelled, FacetryError
from core.ingest import source
from core.models import registry
from core.models.builtin.text_model import BuiltinText
from core.pipeline import intake
from core.pipeline.add_images import add
from core.suggestions import from_texts, suggest
from core.suggestions.suggestion import FOUND, Found, Group, Number, Suggestion

IDEAS = {
    "criteria": [
        {"criterion": "mood", "groups": [{"name": "calm", "pictures": [1, 2]}, {"name": "wild", "pictures": [3, 99]}]},
        {"criterion": "just one", "groups": [{"name": "all", "pictures": [1]}]},
    ]
}


def looked_at(house: House, images: str = "", records: str = "") -> DatasetRow:
    place = house.workspace
    origin = source.find(images or ("" if records else str(house.images)), records, place.config)
    intake.look(place.store, place.copies, place.config, origin, threading.Event(), lambda _: None)
    found = place.store.datasets.get(origin.dataset_id)
    assert found is not None
    return found


def test_a_run_finds_what_the_sample_measured(house: House) -> None:
    given = looked_at(house)
    found = suggest.by_builtin(house.workspace, given, threading.Event())
    assert found.sampled == 16
    assert set(found.shown) <= set(house.store.datasets.ids(given.id))
    assert len(house.vision.history) == 16
    house.run(house.start(criterion="mood"))
    assert len(house.vision.history) == 16  # no image was looked at twice


def test_what_was_found_is_kept_until_images_are_added(house: House, tmp_path: Path) -> None:
    given = looked_at(house)
    assert suggest.kept(house.workspace, given.id) == suggest.Kept()
    found = suggest.by_builtin(house.workspace, given, threading.Event())
    kept = suggest.kept(house.workspace, given.id)
    assert (kept.builtin, kept.fresh) == (found, True)
    run_id = house.start()
    house.run(run_id)
    (tmp_path / "more").mkdir()
    Image.new("RGB", (30, 30), (200, 180, 20)).save(tmp_path / "more" / "new.png")
    add(house.workspace, run_id, source.find(str(tmp_path / "more"), "", house.workspace.config))
    kept = suggest.kept(house.workspace, given.id)
    assert (kept.builtin, kept.fresh) == (found, False)


def test_what_was_found_survives_json_and_what_cannot_be_read_counts_as_nothing(house: House) -> None:
    one = Suggestion("colour", Number(2, "evidence", share=0.9), (Group("red", 3, ("a",)), Group("blue")), "evidence")
    found = Found((one,), 5, ("a", "b"), "m", 12, None)
    assert FOUND.validate_json(FOUND.dump_json(found)) == found
    house.store.suggestions.set("d", "builtin", "x", '{"suggestions": 3}')
    assert suggest.kept(house.workspace, "d") == suggest.Kept()


def test_a_stop_ends_the_search(house: House) -> None:
    given, stop = looked_at(house), threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        suggest.by_builtin(house.workspace, given, stop)
    assert suggest.kept(house.workspace, given.id).builtin is None


def chat(monkeypatch: pytest.MonkeyPatch, *replies: str | Failed | FacetryError) -> FakeBackend:
    backend = FakeBackend(*replies)
    monkeypatch.setattr(registry, "CHAT", {"openai": lambda *_: backend})
    return backend


def test_a_chat_model_is_asked_once_and_what_it_took_is_known(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = chat(monkeypatch, json.dumps(IDEAS))
    given = looked_at(house)
    suggest.by_builtin(house.workspace, given, threading.Event())
    found = suggest.by_chat(house.workspace, given, "openai:small@http://127.0.0.1:1")
    assert len(backend.history) == 1
    assert "16 pictures" in backend.history[0].text
    assert "A red picture." in backend.history[0].text
    (mood,) = found.suggestions
    assert (mood.criterion, mood.number, mood.origin) == ("mood", Number(2, "chat"), "chat")
    assert [(group.name, len(group.examples)) for group in mood.groups] == [("calm", 2), ("wild", 1)]
    assert (found.model, found.tokens, found.cost) == ("small", 11, 0.0)
    kept = suggest.kept(house.workspace, given.id)
    assert kept.chat == (found,)
    assert kept.all.suggestions == found.suggestions


def test_an_answer_that_cannot_be_read_is_asked_for_once_more_and_then_said(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = looked_at(house)
    chat(monkeypatch, "no idea", json.dumps(IDEAS))
    assert len(suggest.by_chat(house.workspace, given, "openai:m").suggestions) == 1
    backend = chat(monkeypatch, "no", "no")
    with pytest.raises(FacetryError, match="proposed no criteria that could be read"):
        suggest.by_chat(house.workspace, given, "openai:m")
    assert len(backend.history) == 2
    chat(monkeypatch, Failed("The server is away."))
    with pytest.raises(FacetryError, match=r"No suggestions came\. The server is away\."):
        suggest.by_chat(house.workspace, given, "openai:m")
    with pytest.raises(BadInput, match="need a chat model"):
        suggest.by_chat(house.workspace, given, "builtin")


def test_records_are_grouped_by_what_they_say(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = ("A dog runs over a meadow.", "A violin lies on a table.", "Ships wait in the harbour.")
    rows = [
        {"image": f"{place}.jpg", "description": f"{said[place % 3]} It is picture {place}.", "truth": str(place % 3)}
        for place in range(30)
    ]
    path = tmp_path / "records.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    monkeypatch.setattr(registry, "TEXT", {"builtin": lambda *_: BuiltinText()})
    given = looked_at(house, records=str(path))
    found = suggest.by_builtin(house.workspace, given, threading.Event())
    (one,) = found.suggestions
    assert (one.criterion, one.number.k, one.number.reason) == (from_texts.CRITERION, 3, "evidence")
    assert sum(group.size for group in one.groups) == 30
    backend = chat(monkeypatch, json.dumps(IDEAS))
    suggest.by_chat(house.workspace, given, "openai:m")
    assert "A violin lies on a table." in backend.history[0].text
    assert from_texts.CRITERION in backend.history[0].text  # what is known need not be proposed
