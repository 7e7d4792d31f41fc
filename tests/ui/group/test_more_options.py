"""More choices, the estimate and the price table on the page Group, for the built-in engine and for chat models."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from app import button, fresh_server, images, make, models, open_app, shown, wait_for  # noqa: F401
from openai_server import Server
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import prompts
from core.domain import Asking, RunSettings, Wording
from core.ingest import source
from core.models import prices, registry
from core.models.model_spec import OPENAI_BATCH
from core.pipeline import intake
from core.pipeline.estimate import ESTIMATE
from core.prompts import presets
from ui import text
from ui.connect import price_table
from ui.group import estimate
from ui.session import model_choice as chosen_models
from ui.session import run_options, state

CHAT_VISION, CHAT_TEXT = registry.VISION["openai"], registry.TEXT["openai"]  # before any test replaces them
BATCH_VISION, BATCH_TEXT = registry.VISION[OPENAI_BATCH], registry.TEXT[OPENAI_BATCH]
FAR = "openai:eyes@https://models.example/v1"


@pytest.fixture
def chat(models: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Both roles are done by a chat model on a server of the test's own; gives its spec."""
    monkeypatch.setattr(registry, "VISION", {**registry.VISION, "openai": CHAT_VISION})
    monkeypatch.setattr(registry, "TEXT", {**registry.TEXT, "openai": CHAT_TEXT})
    server = Server()
    spec = f"openai:small@{server.url}"
    chosen_models.choose(spec, spec)
    yield spec
    server.shutdown()
    server.server_close()


@pytest.fixture
def far(chat: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both roles are done by a model on a server elsewhere, which nothing is sent to; gives its spec."""
    for table in ("VISION", "TEXT"):
        both = {**getattr(registry, table), OPENAI_BATCH: BATCH_VISION if table == "VISION" else BATCH_TEXT}
        monkeypatch.setattr(registry, table, both)
    monkeypatch.setattr(state.jobs(), "start", lambda *_, **__: None)
    chosen_models.choose(FAR, FAR)
    return FAR


@pytest.fixture
def address(images: Path) -> dict[str, str]:
    return opened(images)


def opened(images: Path) -> dict[str, str]:
    workspace = state.workspace()
    origin = source.find(str(images), "", workspace.config)
    intake.look(workspace.store, workspace.copies, workspace.config, origin, threading.Event(), lambda _: None)
    return {"dataset": origin.dataset_id}


def form(address: dict[str, str], section: str = "", criterion: str = "mood") -> AppTest:
    at = open_app("group", **address)
    at.text_input(key="criterion").set_value(criterion)
    at.number_input(key="k").set_value(3)
    at.session_state["more"] = True
    at.run()
    if section:
        at.segmented_control(key="more-section").set_value(section).run()
    assert not at.exception
    return at


def begun(at: AppTest) -> RunSettings:
    """The settings of the run that Start begins."""
    at.button(key="start").click().run()
    assert not at.error, [error.value for error in at.error]
    run = state.workspace().store.runs.recent()[0]
    state.jobs().stop(run.id)
    return run.settings


# -- the built-in engine


def test_the_built_in_engine_offers_names_alone(address: dict[str, str]) -> None:
    at = form(address, criterion="colour")
    assert text.MORE_BUILTIN in shown(at)
    assert [text_area.label for text_area in at.text_area] == [text.OWN_NAMES]
    assert text.NOTHING_SENT in shown(at)
    at.text_area(key="more-names").set_value("red, green").run()
    assert begun(at).names == ("red", "green")


def test_folded_it_draws_nothing_and_says_what_is_chosen(address: dict[str, str]) -> None:
    at = form(address, criterion="colour")
    at.text_area(key="more-names").set_value("red").run()
    at.session_state["more"] = False
    at.run()
    assert not at.text_area
    assert text.MORE_NAMES["names"] in shown(at)
    at.button(key="more-reset").click().run()
    assert text.MORE_NAMES["names"] not in shown(at)
    assert begun(at).names == ()


def test_choices_outlive_a_page_and_a_refresh(address: dict[str, str]) -> None:
    at = form(address, criterion="colour")
    at.text_area(key="more-names").set_value("red\ngreen").run()
    again = form(address, criterion="colour")  # another session
    assert again.text_area(key="more-names").value == "red\ngreen"


# -- chat models


def test_a_chat_model_may_decide_how_many_groups_there_are(chat: str, address: dict[str, str]) -> None:
    at = form(address)
    counted = next(line for line in shown(at).splitlines() if "requests" in line)
    at.checkbox(key="k-decides").check().run()
    assert at.number_input(key="k").disabled
    assert counted not in shown(at)  # the questions are part of the estimate
    assert "requests" in shown(at)
    at.multiselect(key=f"further-{address['dataset']}").set_value(["place"]).run()
    assert [field.key for field in at.number_input if field.key and "place" in field.key] == []
    begun(at)
    assert [one.settings.k for one in state.workspace().store.runs.recent()[:2]] == [0, 0]
    wait_for(lambda: not state.jobs().active())
    at = open_app("group", run=state.workspace().store.runs.recent()[0].id)
    at.button(key="another").click().run()
    assert at.checkbox(key="k-decides").value
    at.checkbox(key="k-decides").uncheck().run()
    assert not at.number_input(key="k").disabled
    assert not at.exception


def test_the_built_in_engine_leaves_the_number_to_the_person(address: dict[str, str]) -> None:
    at = open_app("group", **{**address, "k": "0"})
    assert not [box for box in at.checkbox if box.key == "k-decides"]
    assert at.number_input(key="k").value >= 1


def test_rules_names_and_limits_become_the_run(chat: str, address: dict[str, str]) -> None:
    at = form(address)
    at.text_area(key="more-names").set_value("joyful")
    at.segmented_control(key="more-sizes").set_value("even")
    at.segmented_control(key="more-grain").set_value("fine")
    at.text_input(key="more-never").set_value("gender")
    at.text_input(key="more-language").set_value("German").run()
    at.segmented_control(key="more-section").set_value("asking").run()
    assert text.exact_costs(1) in shown(at)
    at.checkbox(key="more-exact").check()
    at.number_input(key="more-samples").set_value(3)
    at.number_input(key="more-items").set_value(10)
    at.text_input(key="more-also").set_value("place, colour")
    at.selectbox(key="more-fallback").set_value(chat).run()
    at.segmented_control(key="more-section").set_value("limits").run()
    assert not at.slider  # there are too few images for that
    at.number_input(key="more-cap").set_value(1.5).run()
    settings = begun(at)
    wording = settings.wording
    assert (wording.sizes, wording.grain, wording.never, wording.language) == ("even", "fine", "gender", "German")
    assert settings.asking == Asking(exact=True, items=10, samples=3, also=("place", "colour"))
    assert wording.questions == presets.questions(("place", "colour"), presets.shipped())
    assert len(wording.questions) == 2
    assert (settings.names, settings.fallback, settings.cap, settings.share) == (("joyful",), chat, 1.5, 1.0)


def test_the_label_comes_with_the_description(chat: str, address: dict[str, str]) -> None:
    at = form(address, "asking")
    at.text_input(key="more-also").set_value("place")
    at.checkbox(key="more-with-label").check().run()
    assert at.text_input(key="more-also").disabled
    assert text.MORE_NAMES["with-label"] in shown(at)
    assert text.MORE_NAMES["also"] not in at.caption[-2].value
    assert begun(at).asking == Asking(with_label=True)


def test_only_what_is_sent_is_offered_and_said(chat: str, address: dict[str, str]) -> None:
    at = form(address, "words")
    at.text_area(key="more-prompt-describe").set_value("Tell me of $criterion.").run()
    assert f"{text.MORE_SET}: {text.MORE_NAMES['edited']}." in shown(at)
    at.segmented_control(key="more-section").set_value("asking").run()
    at.text_input(key="more-also").set_value("Mood, place").run()  # mood is what is grouped by
    assert f"{text.MORE_SET}: {text.MORE_NAMES['also']}." in shown(at)
    at.segmented_control(key="more-section").set_value("words").run()
    assert text.WORDS_OF["describe_several"] in at.selectbox(key="more-form").options
    assert text.WORDS_OF["describe"] not in at.selectbox(key="more-form").options
    settings = begun(at)
    assert (settings.asking.also, settings.wording.edited) == (("place",), ())


def test_a_part_of_many_images(chat: str, address: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_options, "MANY", 10)
    at = form(address, "limits")
    at.slider(key="more-share").set_value(50).run()
    assert text.looked_at(6, 12) in shown(at)
    assert text.to_look_at(6, 0) in shown(at)
    assert begun(at).share == 0.5


def test_a_second_model_outlives_the_session_that_listed_it(chat: str, address: dict[str, str]) -> None:
    second = chat.replace("small", "large")
    at = form(address, "asking")
    at.session_state[chosen_models.LISTED] = {chosen_models.server_of(chat): ["large"]}
    at.run()
    at.selectbox(key="more-fallback").set_value(second).run()
    again = form(address, "asking")  # after a reload: nothing is listed
    assert again.selectbox(key="more-fallback").value == second
    assert text.MORE_NAMES["fallback"] in shown(again)
    assert begun(again).fallback == second


def test_a_second_model_counts_for_what_leaves_and_for_prices(chat: str, address: dict[str, str]) -> None:
    state.workspace().store.datasets.set_options(address["dataset"], json.dumps({"fallback": FAR}))
    at = form(address)
    assert text.LEAVES_AGAIN.format(host="models.example", side="768") in shown(at)
    assert text.LEAVES_LOCAL not in shown(at)
    assert text.no_price("eyes (models.example)") in shown(at)
    assert text.FREE in shown(at)  # the first model's price is known
    at.button(key="more-reset").click().run()
    assert text.LEAVES_LOCAL in shown(at)
    assert "No price is known" not in shown(at)


def test_overnight_is_offered_for_servers_elsewhere(far: str, address: dict[str, str]) -> None:
    at = form(address, "asking")
    assert text.OVERNIGHT_NOTE in shown(at)
    at.checkbox(key="more-overnight").check().run()
    assert f"eyes (models.example, {text.IN_BATCHES})" in shown(at)
    assert text.MORE_NAMES["overnight"] in shown(at)
    settings = begun(at)
    batch = f"{OPENAI_BATCH}:{FAR.partition(':')[2]}"
    assert (settings.vision, settings.text) == (batch, batch)
    assert chosen_models.choice() == chosen_models.Choice(FAR, FAR)
    choices_again = open_app("group", run=state.workspace().store.runs.recent()[0].id)
    choices_again.button(key="another").click().run()
    assert begun(choices_again).vision == batch


def test_overnight_is_not_for_models_on_this_computer(chat: str, address: dict[str, str]) -> None:
    state.workspace().store.datasets.set_options(address["dataset"], json.dumps({"overnight": True}))
    at = form(address, "asking")
    assert text.OVERNIGHT not in [checkbox.label for checkbox in at.checkbox]
    assert text.MORE_NAMES["overnight"] not in shown(at)
    assert begun(at).vision == chat


def test_a_try_looks_at_all_of_its_images_at_once_and_the_choice_comes_back(
    far: str, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        Image.new("RGB", (40, 30), (number, 9 * number, 200)).save(images / f"{number}.png")
    monkeypatch.setattr(run_options, "MANY", 20)
    at = form(address := opened(images), "limits")
    at.slider(key="more-share").set_value(10)
    at.session_state["more-overnight"] = True
    at.run()
    at.button(key="try").click().run()
    assert not at.error, [error.value for error in at.error]
    tried = state.workspace().store.runs.recent()[0]
    assert (tried.settings.share, tried.settings.vision, tried.settings.text) == (1.0, FAR, FAR)
    for way in ("all", "another"):
        page = open_app("group", run=tried.id)  # another session
        page.button(key=way).click().run()
        settings = begun(page) if way == "another" else state.workspace().store.runs.recent()[0].settings
        assert settings.share == 0.1
        assert {settings.vision, settings.text} == {f"{OPENAI_BATCH}:{FAR.partition(':')[2]}"}
        assert settings.dataset_id == address["dataset"]


def test_the_preset_that_fits_is_taken_and_can_be_left(chat: str, address: dict[str, str]) -> None:
    at = form(address, "question")
    mood = presets.fitting("mood", presets.shipped())
    assert mood is not None
    assert at.text_area(key="more-question").value == mood.question
    at.selectbox(key="more-preset").set_value("none").run()
    assert "more-question" not in [text_area.key for text_area in at.text_area]
    assert begun(at).wording == Wording()


def test_the_preset_follows_the_criterion_also_while_it_is_folded(chat: str, address: dict[str, str]) -> None:
    at = open_app("group", **address)
    at.text_input(key="criterion").set_value("mood").run()
    at.text_input(key="criterion").set_value("action")
    at.number_input(key="k").set_value(3).run()
    action = presets.fitting("action", presets.shipped())
    assert action is not None
    assert begun(at).wording.question == action.question


def test_own_words_become_a_preset(chat: str, address: dict[str, str]) -> None:
    at = form(address, "question", "shine")
    at.text_area(key="more-question").set_value("Does it shine?").run()
    assert at.selectbox(key="more-preset").value == run_options.OWN
    at.button(key="save-preset").click().run()
    assert "name of its own" in shown(at)  # it has none yet
    at.text_input(key="preset-name").set_value("Shine").run()
    at.button(key="save-preset").click().run()
    assert at.selectbox(key="more-preset").value == run_options.AUTO
    assert presets.fitting("shine", run_options.own_presets()) is not None
    at.button(key="delete-preset").click().run()
    assert presets.fitting("shine", run_options.own_presets()) is None
    assert run_options.own_presets() == presets.shipped()


def test_a_shipped_preset_that_was_changed_comes_back(chat: str, address: dict[str, str]) -> None:
    at = form(address, "question")
    at.text_area(key="more-question").set_value("Sad or not?").run()
    at.text_input(key="preset-name").set_value("mood").run()
    at.button(key="save-preset").click().run()
    assert at.text_area(key="more-question").value == "Sad or not?"
    at.button(key="restore-presets").click().run()
    assert set(presets.shipped()) <= set(run_options.own_presets())


def test_prompts_are_shown_as_they_are_sent(chat: str, address: dict[str, str]) -> None:
    at = form(address, "words")
    assert at.selectbox(key="more-form").options == [text.WORDS_OF[form] for form in (
        "describe", "label", "name", "assign", "assign_labels")]  # fmt: skip
    assert "criterion: mood" in at.code[0].value
    field = at.text_area(key="more-prompt-describe")
    field.set_value("Tell me of $criterion.\n$question").run()
    assert at.code[0].value.startswith("Tell me of mood.")
    at.text_area(key="more-prompt-describe").set_value("Tell me.").run()
    assert "must hold $criterion" in shown(at)
    at.button(key="start").click().run()
    assert len(at.error) == 1  # and nothing was begun
    assert not state.workspace().store.runs.recent()
    at.button(key="reset-prompt").click().run()
    assert at.text_area(key="more-prompt-describe").value == prompts.newest("describe").text
    assert begun(at).wording.edited == ()


@pytest.mark.parametrize("which", prompts.FORMS)
def test_every_message_can_be_seen(which: Any) -> None:
    from ui.group import prompt_editor

    also = ("place",) if which == "describe_several" else ()
    asking = Asking(also=also, with_label=which == "describe_label")
    settings = RunSettings("d", "mood", 3, names=("joyful",), asking=asking, wording=Wording(never="gender"))
    sent = prompt_editor.preview(which, settings)
    assert "mood" in sent
    assert "gender" in sent
    assert "$" not in sent
    assert (which == "name") == ("joyful" in sent)


def test_new_run_brings_the_choices_back(chat: str, make: Callable[..., str]) -> None:
    wording = Wording(never="gender", sizes="even", edited=(("label", "$criterion $items"),))
    run_id = make(until="name")
    run = state.workspace().store.runs.get(run_id)
    assert run is not None
    settings = RunSettings(
        run.settings.dataset_id, "mood", 3, chat, chat, names=("sad",), wording=wording, cap=2.0,
        asking=Asking(exact=True, samples=5),
    )  # fmt: skip
    second = state.workspace().store.runs.create(settings)
    at = open_app("group", run=second)
    at.button(key="another").click().run()
    assert at.text_input(key="criterion").value == "mood"
    again = begun(at)
    assert again.wording == wording
    assert (again.names, again.cap, again.asking) == (("sad",), 2.0, Asking(exact=True, samples=5, items=50))


# -- the estimate


def test_the_estimate_says_what_is_sent(chat: str, address: dict[str, str]) -> None:
    at = form(address)
    for words in (text.to_look_at(12, 0), "requests", "tokens", text.FREE):
        assert words in shown(at)
    at.button(key="start").click().run()
    run = state.workspace().store.runs.recent()[0]
    state.jobs().stop(run.id)
    kept = ESTIMATE.validate_json(state.workspace().store.runs.estimate(run.id))
    assert kept.images == 12


def test_a_price_that_is_missing_is_added(chat: str, address: dict[str, str]) -> None:
    chosen_models.choose(FAR, FAR)
    at = form(address)
    assert "No price is known for eyes" in shown(at)
    assert at.button(key="add-price")
    columns = {"model": ["eyes"], "prompt": [1.0], "completion": [2.0], "as_of": ["2026-01-01"], "source": ["web"]}
    price_table.save(columns)
    assert prices.price_of(FAR, price_table.table()) is not None
    assert "No price is known" not in shown(at.run())
    assert "$" in shown(at)


@pytest.mark.parametrize("value", [None, -1.0])
def test_a_price_must_be_a_number(value: float | None) -> None:
    columns = {"model": ["eyes"], "prompt": [value], "completion": [2.0], "as_of": [None], "source": [None]}
    with pytest.raises(Exception, match="price must be a number"):
        price_table.save(columns)


def test_many_images_are_reckoned_without_looking_each_up(
    chat: str, address: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = form(address)
    before = shown(at)
    monkeypatch.setattr(estimate, "COUNTED", 5)
    assert text.NOT_COUNTED in at.run().caption[-1].help or text.NOT_COUNTED in str(
        [caption.help for caption in at.caption]
    )
    assert shown(at) == before
