"""The main job with chat models: how little is asked, what a second model does, caps, shares, and what is kept."""

from __future__ import annotations

import itertools
import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fakes import COLOURS
from house import EACH, House, draw
from painter import ANSWER_TOKENS, PROMPT_TOKENS, Painter, install, step_of

from core import prompts
from core.cli.asking_options import with_presets
from core.domain import Asking, Failed, Progress, RunSettings, Wording
from core.errors import BadInput, FacetryError, Paused
from core.models import prices, registry
from core.models.chat.backend import Reply, Request
from core.models.chat.text import ChatText
from core.models.prices import Price
from core.models.registry import How
from core.pipeline.estimate import estimate
from core.pipeline.validation import check_cap
from core.results import decisions, run_view
from core.results.edits import Add, Delete, Rename

ALL = len(COLOURS) * EACH
CHAT = {"vision": "painter", "text": "painter"}


@pytest.fixture
def painter(house: House, monkeypatch: pytest.MonkeyPatch) -> Painter:
    painter = Painter()
    install(monkeypatch, painter)
    return painter


def counts(painter: Painter) -> dict[str, int]:
    return dict(Counter(step_of(asked) for asked in painter.history))


def test_each_distinct_label_is_asked_once_and_descriptions_only_where_labels_do_not_tell(
    house: House, painter: Painter
) -> None:
    painter.unsure = {"red"}
    run_id = house.start(**CHAT, truth="folder")
    house.run(run_id)
    assert house.sizes(run_id) == dict.fromkeys(COLOURS, EACH)
    # 16 images; 16 descriptions in one request; names; four labels in one request, then the red ones' descriptions.
    assert counts(painter) == {"describe": ALL, "label": 1, "name": 1, "assign": 2}
    assert "1. red: A red picture, number" in painter.history[-1].text
    view = run_view.View(house.store, run_id)
    stats = view.run.stats["assign"]
    assert (stats.items, stats.requests, stats.failures) == (ALL, 2, 0)
    assigned = run_view.assignments(house.store, run_id)
    assert Counter(assignment.quote for assignment in assigned.values()) == {"": ALL - EACH, "A red picture": EACH}
    house.run(run_id)
    assert len(painter.history) == ALL + 4


def test_exact_runs_read_every_description_and_share_all_but_the_assignments(house: House, painter: Painter) -> None:
    house.run(house.start(**CHAT))
    before = len(painter.history)
    exact = house.start(**CHAT, asking=Asking(exact=True, items=5))
    house.run(exact)
    assert len(painter.history) - before == -(-ALL // 5)
    assert all(
        "A red picture" in assignment.quote or assignment.quote
        for assignment in run_view.assignments(house.store, exact).values()
    )


def test_edits_ask_about_what_they_touch_only(house: House, painter: Painter) -> None:
    run_id = house.start(**CHAT)
    house.run(run_id)
    asked = len(painter.history)
    decisions.add(house.store, run_id, Rename(house.id_of(run_id, "red"), "crimson"))
    house.run(run_id)
    assert len(painter.history) == asked
    decisions.add(house.store, run_id, Delete(house.id_of(run_id, "blue")))
    house.run(run_id)
    assert len(painter.history) == asked + 1
    assert "1. blue" in painter.history[-1].text
    assert "red" not in painter.history[-1].text.rsplit("\n\n", 1)[-1]
    assert house.sizes(run_id)["unassigned"] == EACH
    decisions.add(house.store, run_id, Add("new", "blue"))
    house.run(run_id)
    assert house.sizes(run_id)["blue"] == EACH


def test_labels_that_come_with_descriptions_need_no_request(house: House, painter: Painter) -> None:
    run_id = house.start(**CHAT, asking=Asking(with_label=True))
    house.run(run_id)
    assert house.sizes(run_id) == dict.fromkeys(COLOURS, EACH)
    assert counts(painter) == {"describe": ALL, "name": 1, "assign": 1}
    stats = run_view.View(house.store, run_id).run.stats["label"]
    assert (stats.items, stats.requests, stats.cache_hits) == (ALL, 0, ALL)


def test_further_criteria_are_described_in_the_same_call_and_known_to_later_runs(
    house: House, painter: Painter
) -> None:
    house.run(house.start(**CHAT, asking=Asking(also=("mood",))))
    assert painter.asked("describe") == ALL
    later = house.start(**CHAT, criterion="mood")
    house.run(later)
    assert painter.asked("describe") == ALL
    stats = run_view.View(house.store, later).run.stats["describe"]
    assert (stats.requests, stats.cache_hits) == (0, ALL)


def test_further_criteria_are_known_to_later_runs_with_presets_too(house: House, painter: Painter) -> None:
    def settings(criterion: str, *also: str) -> dict[str, Any]:
        said = RunSettings(
            "", criterion, 4, wording=Wording(never="gender", language="French"), asking=Asking(also=also)
        )
        found = with_presets(said, "", "")
        return {"criterion": criterion, "wording": found.wording, "asking": found.asking}

    house.run(house.start(**CHAT, **settings("colour", "mood", "brand")))
    assert "Which colour does the main subject have" in painter.history[0].text
    assert "mood: What mood does the image convey?" in painter.history[0].text
    for criterion in ("mood", "brand"):
        later = house.start(**CHAT, **settings(criterion))
        house.run(later)
        assert painter.asked("describe") == ALL
        described = [row.description for row in run_view.rows(house.store, later)]
        assert len(described) == ALL
        assert all(f"({('mood', 'brand').index(criterion) + 2})" in text for text in described)


def test_rewritten_words_for_several_criteria_are_asked_anew(house: House, painter: Painter) -> None:
    for words in ("Say $criteria, please.", "Write of $criteria.", "Write of $criteria."):
        wording = Wording(edited=(("describe_several", words),))
        house.run(house.start(**CHAT, asking=Asking(also=("mood",)), wording=wording))
    assert painter.asked("describe") == 2 * ALL
    assert painter.asked("describe") == ALL + sum(
        asked.text == "Write of 1. colour\n2. mood." for asked in painter.history
    )


def test_settings_of_earlier_versions_are_read(house: House, painter: Painter) -> None:
    run_id = house.start(**CHAT, asking=Asking(also=("mood",)))
    with house.store.runs._db.write() as cursor:
        (value,) = cursor.execute("SELECT settings FROM run WHERE id = ?", [run_id]).fetchall()[0]
        before = json.loads(value)
        del before["wording"]["questions"]
        cursor.execute("UPDATE run SET settings = ? WHERE id = ?", [json.dumps(before), run_id])
    run = house.store.runs.get(run_id)
    assert run is not None
    assert (run.settings.asking.also, run.settings.wording.questions) == (("mood",), ())


@pytest.mark.parametrize(
    ("asking", "edited", "sentence"),
    [
        (Asking(with_label=True, also=("mood",)), "", "do not go together"),
        (Asking(with_label=True), "describe", "“describe” would not be used: what is sent is describe_label, label"),
        (Asking(also=("mood",)), "describe", "what is sent is describe_several"),
        (Asking(), "describe_label", "what is sent is describe, label"),
        (Asking(exact=True), "assign_labels", "“assign_labels” would not be used"),
    ],
)
def test_what_would_not_be_used_is_said(
    house: House, painter: Painter, asking: Asking, edited: prompts.Form, sentence: str
) -> None:
    wording = Wording(edited=((edited, prompts.newest(edited).text),)) if edited else Wording()
    with pytest.raises(BadInput, match=sentence):
        house.start(**CHAT, asking=asking, wording=wording)


def test_a_second_model_is_asked_where_the_first_fails(
    house: House, painter: Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    strong = Painter("strong")
    install(monkeypatch, strong)
    seen: list[str] = []

    def refuse(request: object) -> Failed | None:
        assert hasattr(request, "image")
        step = step_of(request)  # type: ignore[arg-type]
        seen.append(step)
        if step == "name" or (step == "describe" and seen.count("describe") <= 3):
            return Failed("The model refused.", "refused")
        return None

    painter.fail = refuse
    run_id = house.start(**CHAT, fallback="strong")
    house.run(run_id)
    assert house.sizes(run_id) == dict.fromkeys(COLOURS, EACH)
    assert counts(strong) == {"describe": 3, "name": 1}
    stats = run_view.View(house.store, run_id).run.stats
    assert (stats["describe"].failures, stats["describe"].requests) == (0, ALL + 3)
    house.run(run_id)  # what the second model answered is an answer: nothing is asked again
    assert counts(strong) == {"describe": 3, "name": 1}
    assert painter.asked("describe") == ALL


def test_kinds_of_failures_are_told_apart_and_their_replies_kept(house: House, painter: Painter) -> None:
    count = itertools.count()

    def trouble(request: object) -> Failed | None:
        if step_of(request) != "describe":  # type: ignore[arg-type]
            return None
        place = next(count)
        if place == 0:
            return Failed("No.", "refused")
        return Failed("Nothing.", "empty") if place == 1 or place >= ALL else None  # it is asked about once more

    painter.fail = trouble
    run_id = house.start(**CHAT)
    house.run(run_id)
    stats = run_view.View(house.store, run_id).run.stats
    assert stats["describe"].kinds == {"refused": 1, "empty": 1}
    held = house.store.answers.held(run_id, "label")
    raw = {house.store.answers.raw(key) for key, _, _ in held.values()}
    assert len(raw) == 1  # one call for all
    assert all(colour in next(iter(raw)) for colour in COLOURS)


def test_where_no_names_can_be_used_the_commonest_labels_stand_in_and_ask_for_better_ones(
    house: House, painter: Painter
) -> None:
    painter.silly = True
    run_id = house.start(**CHAT, names=("green",))
    house.run(run_id, "name")
    clusters = decisions.clusters(house.store, run_id).clusters
    assert [(cluster.name, cluster.needs_name) for cluster in clusters] == [
        ("green", False),
        ("blue", True),
        ("grey", True),
        ("red", True),
    ]
    house.run(run_id)
    assert house.sizes(run_id) == dict.fromkeys(COLOURS, EACH)
    painter.fail = lambda request: Failed("No connection.") if step_of(request) == "name" else None
    with pytest.raises(FacetryError, match="No connection"):
        house.run(house.start(**CHAT, k=3))


def test_a_spending_cap_stops_cleanly_and_can_be_raised(house: House, painter: Painter) -> None:
    dollar = 1_000_000 / (PROMPT_TOKENS + ANSWER_TOKENS)
    table = (Price("small", dollar, dollar, "2026-01-01", "made up"),)
    house.store.preferences.set(prices.PREFERENCE, prices.write(table))
    run_id = house.start(vision="painter:small", text="painter:small", cap=5.0)
    with pytest.raises(Paused, match=r"spending cap of \$5.00 is reached"):
        house.run(run_id)
    run = house.store.runs.get(run_id)
    assert run is not None
    assert run.status == "stopped"
    assert "Raise the cap" in run.message
    assert 5 <= painter.asked("describe") <= 5 + painter.can.concurrency
    spent = sum(stat.cost for stat in run.stats.values())
    assert spent == pytest.approx(len(painter.history))
    dataset = house.store.datasets.get(run.settings.dataset_id)
    assert dataset is not None
    assert dataset.given == ALL  # those that were not looked at any more are still to come
    again = house.start(vision="painter:small", text="painter:small", cap=1000.0)
    house.run(again)
    assert house.sizes(again) == dict.fromkeys(COLOURS, EACH)
    assert painter.asked("describe") == ALL  # what was paid for is not paid for again


def test_an_estimate_counts_what_is_known_and_learns_from_earlier_runs(house: House, painter: Painter) -> None:
    run_id = house.start(**CHAT)
    run = house.store.runs.get(run_id)
    assert run is not None
    house.run(run_id)
    items = [item.item_id for item in house.store.datasets.items(run.settings.dataset_id)]
    found = estimate(house.store, run.settings, items)
    assert found.steps["describe"].learnt
    assert found.cost == 0
    assert found.steps["describe"].requests == pytest.approx(ALL)
    assert found.steps["describe"].prompt_tokens == pytest.approx(ALL * PROMPT_TOKENS)


def test_models_look_at_a_share_and_the_rest_follows(house: House, painter: Painter) -> None:
    draw(house.images, 20)
    total, share = 20 * len(COLOURS), 0.4
    run_id = house.start(**CHAT, share=share, truth="folder")
    house.run(run_id, "name")
    asked = painter.asked("describe")
    assert 0 < asked <= share * total
    house.run(run_id)
    assert painter.asked("describe") <= share * total
    assert sum(house.sizes(run_id).values()) == total
    view = run_view.View(house.store, run_id)
    sources = Counter(row.source for row in view.rows())
    assert sources["propagated"] == total - painter.asked("describe")
    scores = view.metrics()
    assert scores is not None
    assert float(str(scores["acc"])) > 0.95
    before = len(painter.history)
    house.run(run_id)
    assert len(painter.history) == before


def test_local_models_load_where_it_is_seen(house: House, painter: Painter, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = []

    def load(model: str, how: How) -> ChatText:
        loaded.append(model)
        how.say("Loading about 1.0 GB.")
        return ChatText(painter, how.wording, how.asking)

    monkeypatch.setattr(registry, "TEXT", {**registry.TEXT, "llama_cpp": load})
    run_id = house.start(vision="painter", text="llama_cpp:/models/x.gguf")
    assert not loaded
    seen: list[Progress] = []
    house.run(run_id, on_progress=seen.append)
    assert [answer.latest[1] for answer in seen if answer.step == "load"] == ["Loading about 1.0 GB."]
    assert house.sizes(run_id) == dict.fromkeys(COLOURS, EACH)


def test_a_share_that_is_too_small_for_the_groups_is_said(house: House, painter: Painter) -> None:
    with pytest.raises(BadInput, match="Let models look at a larger share"):
        house.run(house.start(**CHAT, share=0.05))


FAR = "openai:gpt-4o@https://far.example/v1"


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"vision": "openai:eyes@https://far.example/v1"}, "price of “eyes”, which is not known. Add it in the app"),
        ({"text": "openai:maker/words@https://far.example/v1"}, "price of “maker/words”"),
        ({"vision": FAR, "text": FAR, "fallback": "openai:third@https://far.example/v1"}, "price of “third”"),
        ({"text": "openai-batch:gpt-4o@https://far.example/v1"}, "cannot hold with openai-batch.*Use openai:gpt-4o@"),
    ],
)
def test_a_cap_that_could_not_hold_is_refused_before_anything_is_asked(
    house: House, painter: Painter, chosen: dict[str, str], sentence: str
) -> None:
    with pytest.raises(BadInput, match=sentence):
        house.start(**(CHAT | chosen), cap=1.0)
    assert not house.store.runs.recent()


def test_a_cap_is_no_matter_for_models_that_cost_nothing_and_prices_hold_for_names_with_their_maker(
    house: House, painter: Painter
) -> None:
    near = "openai-batch:llava@http://localhost:8000/v1"
    check_cap(RunSettings("", "colour", 4, vision=near, text="llama_cpp:x.gguf", cap=1.0), ())
    check_cap(RunSettings("", "colour", 4, vision="openai:gone", records="some.jsonl", cap=1.0), ())
    table = (Price("gpt-4o", 1, 1), Price("other/gpt-4o", 2, 2))
    assert prices.price_of("openai:openai/gpt-4o-2024-08-06@https://openrouter.ai/api/v1", table) == table[0]
    assert prices.price_of("openai:other/gpt-4o", table) == table[1]
    assert prices.price_of("openai:other/unknown", table) is None
    house.run(house.start(**CHAT, cap=1.0))


def test_a_cap_that_is_reached_within_a_call_keeps_what_was_answered_and_says_so(
    house: House, painter: Painter
) -> None:
    dollar = 1_000_000 / (PROMPT_TOKENS + ANSWER_TOKENS)
    house.store.preferences.set(prices.PREFERENCE, prices.write([Price("words", dollar, dollar)]))
    # 16 descriptions in one call, asked about again together, four at a time and singly: the cap is reached meanwhile.
    answer, answered = painter._answer, []

    def answer_singles(request: Request) -> str:
        if step_of(request) == "label" and "2. " in request.text:
            return "what?"
        answered.extend(["label"] * (step_of(request) == "label"))
        return answer(request)

    painter._answer = answer_singles  # type: ignore[method-assign]
    run_id = house.start(vision="painter", text="painter:words", cap=11.0)
    with pytest.raises(Paused, match=r"spending cap of \$11.00 is reached"):
        house.run(run_id)
    assert painter.asked("label") == 11
    assert 0 < len(answered) < ALL
    assert house.store.answers.step_counts(run_id)["label"] == (len(answered), 0)
    run = house.store.runs.get(run_id)
    assert run is not None
    assert run.stats["label"].cost == pytest.approx(11)


def test_two_runs_on_the_same_images_at_once_pay_for_them_once(house: House, painter: Painter) -> None:
    draw(house.images, 10)
    plain = painter._one

    def slowly(request: Request) -> Reply | Failed:
        time.sleep(0.03)
        return plain(request)

    painter._one = slowly  # type: ignore[method-assign]
    house.run(house.start(vision="builtin", text="builtin"), "name")  # the images are looked at
    four, three = house.start(**CHAT), house.start(**CHAT, k=3)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(house.run, four, "name")
        time.sleep(0.3)
        pool.submit(house.run, three, "name").result()
        first.result()
    assert painter.asked("describe") == 10 * len(COLOURS)
    assert painter.asked("label") == 1
    for run_id in (four, three):
        counts = house.store.answers.step_counts(run_id)
        assert counts["describe"] == counts["label"] == (10 * len(COLOURS), 0)
