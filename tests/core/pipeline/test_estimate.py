"""What a run is said to take: what is known is counted step by step, and earlier runs count by what they asked."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import COLOURS
from house import EACH, House
from painter import Painter, install

from core.domain import Asking, RunSettings, StepStats
from core.ingest import source
from core.models.chat.backend import CHARS_A_TOKEN
from core.models.model_spec import BUILTIN
from core.pipeline import known_answers
from core.pipeline.estimate import Estimate, estimate
from core.prompts import worded

ALL = len(COLOURS) * EACH
CHAT = {"vision": "painter", "text": "painter"}


@pytest.fixture
def painter(house: House, monkeypatch: pytest.MonkeyPatch) -> Painter:
    painter = Painter()
    install(monkeypatch, painter)
    monkeypatch.setattr(known_answers, "LOADED", (BUILTIN, "painter"))
    return painter


def expected(house: House, run_id: str, **changes: object) -> Estimate:
    """What a run of the settings of this one would take now."""
    run = house.store.runs.get(run_id)
    assert run is not None
    items = [item.item_id for item in house.store.datasets.items(run.settings.dataset_id)]
    return estimate(house.store, replace(run.settings, **changes), items)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        CHAT,
        {**CHAT, "asking": Asking(exact=True)},
        {**CHAT, "asking": Asking(with_label=True)},
        {"text": "painter"},  # the built-in engine describes
        {},
    ],
    ids=["chat", "exact", "with label", "text alone", "built in"],
)
def test_the_same_run_again_is_known_to_ask_nothing(house: House, painter: Painter, changes: dict[str, object]) -> None:
    painter.unsure = {"red"}
    run_id = house.start(**changes)
    house.run(run_id)
    found = expected(house, run_id)
    assert {step: (one.known, one.requests) for step, one in found.steps.items()} == {
        "describe": (ALL, 0),
        "label": (ALL, 0),
        "name": (1, 0),
        "assign": (ALL, 0),
    }
    asked = len(painter.history)
    house.run(house.start(**changes))
    assert len(painter.history) == asked


def test_another_number_of_groups_asks_for_names_and_for_each_label_that_there_is(
    house: House, painter: Painter
) -> None:
    run_id = house.start(**CHAT)
    house.run(run_id, "name")
    found = expected(house, run_id)
    assert (found.steps["name"].requests, found.steps["assign"].known) == (0, 0)
    assert found.steps["assign"].requests == 2  # four labels, and perhaps descriptions where those do not tell
    found = expected(house, run_id, k=3)
    assert (found.steps["label"].known, found.steps["name"].known) == (ALL, 0)
    assert found.steps["name"].requests == 1


def test_a_run_that_was_checked_again_and_again_does_not_make_costs_negative(house: House, painter: Painter) -> None:
    exact = Asking(exact=True)
    run_id = house.start(**CHAT, asking=exact)
    house.run(run_id)
    assert expected(house, run_id, criterion="mood").steps["assign"].learnt
    for _ in range(3):
        house.run(run_id, check_all=True)
    stats = house.store.runs.get(run_id)
    assert stats is not None
    assert stats.stats["assign"].cache_hits > ALL
    found = expected(house, run_id, criterion="mood").steps["assign"]
    assert not found.learnt
    assert found.requests > 0
    assert found.seconds > 0


def past(house: House, settings: RunSettings, **stats: int) -> None:
    """An earlier run that took so much to assign."""
    run_id = house.store.runs.create(settings)
    house.store.runs.set_stats(run_id, {"assign": StepStats(**stats)})  # type: ignore[arg-type]


def test_where_labels_are_placed_an_earlier_run_counts_by_its_labels(house: House, painter: Painter) -> None:
    samples = Asking(samples=3)
    settings = RunSettings("d", "colour", 4, **CHAT, asking=samples)  # type: ignore[arg-type]
    past(house, settings, items=1_000, requests=12, cache_hits=900, prompt_tokens=5_000)  # a hundred labels
    found = estimate(house.store, settings, [str(number) for number in range(10_000)]).steps["assign"]
    assert found.learnt
    assert found.requests == pytest.approx(270 * 12 / 100)  # the samples are in what it took
    assert found.prompt_tokens == pytest.approx(270 * 50)
    assert found.items == 10_000


def test_of_a_share_as_many_items_count_and_none_is_taken_for_known(house: House, painter: Painter) -> None:
    run_id = house.start(**CHAT)
    house.run(run_id)
    found = expected(house, run_id, share=0.5)
    assert found.images == ALL // 2
    assert (found.steps["describe"].items, found.steps["describe"].known) == (ALL // 2, 0)
    assert found.steps["describe"].requests == ALL // 2


def test_a_run_of_a_share_teaches_nothing_of_assignments(house: House, painter: Painter) -> None:
    settings = RunSettings("d", "colour", 4, **CHAT)  # type: ignore[arg-type]
    past(house, replace(settings, share=0.1), items=1_000, requests=1, cache_hits=20)
    assert not estimate(house.store, settings, [str(number) for number in range(100)]).steps["assign"].learnt


def records(path: Path, number: int, words: int, *, labels: bool) -> Path:
    lines = [
        {"image": f"{row}.jpg", "description": " ".join(["word", *map(str, range(row % 7, words))])}
        for row in range(number)
    ]
    if labels:
        lines = [{**line, "label": ("dog", "cat", "sea horse")[row % 3]} for row, line in enumerate(lines)]
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


@pytest.mark.parametrize("words", [8, 400])
def test_texts_that_came_along_are_counted_as_they_are(
    house: House, painter: Painter, tmp_path: Path, words: int
) -> None:
    path = records(tmp_path / "some.jsonl", 70, words, labels=False)
    run_id = house.start(vision="records", text="painter", records=str(path), k=2)
    settings = replace(house.store.runs.get(run_id).settings, dataset_id="")  # type: ignore[union-attr]
    ids = [record.id for record in source.read_records(path).records]
    found = estimate(house.store, settings, ids).steps["label"]
    texts = {record.description for record in source.read_records(path).records}
    frame = len(worded("label", settings.wording).key()) / CHARS_A_TOKEN
    said = sum(len(text) / CHARS_A_TOKEN for text in texts)
    assert len(texts) == 7
    assert (found.items, found.known, found.requests) == (70, 0, 1), "each distinct text once"
    assert frame + said <= found.prompt_tokens <= frame + said + 7 * 5, "and its number"


def test_labels_that_came_along_are_not_asked_for_and_decide_how_many_are_placed(
    house: House, painter: Painter, tmp_path: Path
) -> None:
    path = records(tmp_path / "some.jsonl", 60, 20, labels=True)
    settings = RunSettings("", "kind", 2, vision="records", text="painter", records=str(path))
    ids = [record.id for record in source.read_records(path).records]
    found = estimate(house.store, settings, ids)
    assert (found.steps["label"].known, found.steps["label"].requests) == (60, 0)
    least = known_answers.known(house.store, settings, ids)
    assert (least.labels, least.label) == (
        3,
        pytest.approx(sum(map(len, ("dog", "cat", "sea horse"))) / 3 / CHARS_A_TOKEN),
    )


def test_the_minutes_of_the_built_in_engine_are_those_of_the_run_nearest_in_size(house: House) -> None:
    settings = RunSettings("d", "colour", 4)
    for items, seconds in ((1_000, 50.0), (20, 8.0), (100_000, 9_000.0)):
        run_id = house.store.runs.create(settings)
        done = StepStats(items=items, seconds=seconds)
        house.store.runs.set_stats(
            run_id, {"describe": done, "label": done, "name": StepStats(items=1, seconds=seconds)}
        )
    other = house.store.runs.create(replace(settings, records="some.jsonl", vision="records"))
    house.store.runs.set_stats(other, {"describe": StepStats(items=2_000, seconds=1.0)})
    found = estimate(house.store, settings, [str(number) for number in range(2_000)]).steps
    assert found["describe"].seconds == pytest.approx(100.0)
    assert found["label"].learnt
    assert found["assign"].learnt is False
    assert found["assign"].seconds > 0


def test_naming_is_learnt_by_the_number_of_items_that_were_named(house: House) -> None:
    settings = RunSettings("d", "colour", 4)
    run_id = house.store.runs.create(settings)
    stats = {"label": StepStats(items=1_000, seconds=1.0), "name": StepStats(items=1, seconds=20.0)}
    house.store.runs.set_stats(run_id, stats)
    found = estimate(house.store, settings, [str(number) for number in range(3_000)]).steps["name"]
    assert found.seconds == pytest.approx(60.0)


def test_where_nothing_is_learnt_the_time_for_texts_follows_their_length_and_how_many_differ(
    house: House, tmp_path: Path
) -> None:
    def seconds(number: int, distinct: int, text: str) -> float:
        path = tmp_path / f"{number}-{distinct}-{len(text)}.jsonl"
        lines = [{"image": f"{row}.png", "description": f"{text} {row % distinct}"} for row in range(number)]
        path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        ids = [record.id for record in source.read_records(path).records]
        settings = RunSettings("", "kind", 2, vision="records", records=str(path))
        return estimate(house.store, settings, ids).steps["name"].seconds

    short, long = "a dog " * 3, "a dog " * 60
    fixed = seconds(10, 1, short)
    assert seconds(400, 400, long) - fixed > 5 * (seconds(400, 400, short) - fixed)
    assert seconds(400, 20, long) < seconds(400, 400, long) / 2
    assert seconds(10, 10, short) < 1.2 * fixed, "groups are formed whatever the number"


SERVED = "openai:m@http://localhost:9/v1"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known of what a server answered, as it is never there."""
    monkeypatch.setattr(known_answers, "LOADED", (BUILTIN,))


@pytest.mark.parametrize(
    ("changes", "step"),
    [
        ({"vision": SERVED, "text": SERVED}, "describe"),
        ({"text": SERVED}, "describe"),  # the built-in engine describes, once the server was tried
        ({"vision": SERVED}, None),  # the built-in engine does the rest
    ],
)
@pytest.mark.usefixtures("served")
def test_the_rehearsal_of_a_server_is_counted_with_the_first_step(
    house: House, changes: dict[str, str], step: str | None
) -> None:
    settings = replace(RunSettings("d", "colour", 4, asking=Asking(exact=True)), **changes)  # type: ignore[arg-type]
    found = estimate(house.store, settings, [str(number) for number in range(30)]).steps
    described = 30 if "vision" in changes else 0
    labelled = 1 if "text" in changes else 0
    assert found["describe"].requests == described + (step == "describe")
    assert found["label"].requests == labelled
    assert found["describe"].prompt_tokens > 20 * (step == "describe")


@pytest.mark.usefixtures("served")
def test_what_an_earlier_run_took_to_rehearse_is_not_counted_again_for_each_image(house: House) -> None:
    settings = RunSettings("d", "colour", 4, vision=SERVED, text=SERVED)
    run_id = house.store.runs.create(settings)
    done = StepStats(items=10, requests=11, prompt_tokens=1_000, completion_tokens=100, seconds=5.0)
    house.store.runs.set_stats(run_id, {"describe": done, "label": replace(done, requests=1)})
    found = estimate(house.store, settings, [str(number) for number in range(1_000)]).steps
    assert found["describe"].learnt
    assert found["describe"].requests == pytest.approx(1_000 + 1)
    assert found["label"].requests == pytest.approx(100)


def test_where_nothing_is_asked_nothing_is_rehearsed(house: House, painter: Painter) -> None:
    run_id = house.start(**CHAT)
    house.run(run_id)
    assert expected(house, run_id).requests == 0
