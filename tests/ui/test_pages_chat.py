"""A chat model's run on the pages: kinds of failures, cost, a reached cap, and what was said of one image."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from app import button, fresh_server, images, make, models, open_app, shown, wait_for  # noqa: F401
from streamlit.testing.v1 import AppTest

from core.domain import Asking, Failed, RunSettings
from core.errors import ModelUnavailable
from core.ingest import source
from core.models import prices, registry
from core.models.chat.backend import Can, Reply, Request
from core.models.chat.text import ChatText
from core.models.chat.vision import ChatVision
from core.models.prices import Price
from core.pipeline import runs
from core.pipeline.estimate import Estimate, StepEstimate
from ui import text
from ui.browse import explanation
from ui.group import estimate
from ui.session import model_choice as chosen_models
from ui.session import state

SPEC = "openai:talker@https://models.example/v1"


class Talker:
    """Describes every picture by the number of requests so far, and answers from the text alone."""

    id = "talker/1"
    can = Can(vision=True)

    def __init__(self) -> None:
        self.fail: list[Failed] = []

    def reply(self, requests: list[Request]) -> list[Reply | Failed]:
        return [self._one(request) for request in requests]

    def _one(self, request: Request) -> Reply | Failed:
        if request.image is not None:
            return self.fail.pop() if self.fail else Reply(f"A red one, {request.image.stem[:6]}.", 100, 10)
        items = re.findall(r"(?m)^(\d+)\. ", request.text.split("\n\n")[-1])
        if '"groups"' in request.text:
            groups = [{"name": colour, "meaning": "", "labels": [colour]} for colour in ("red", "green", "blue")]
            return Reply(json.dumps({"groups": groups}), 100, 10)
        if '"quote"' in request.text:
            return Reply(json.dumps({item: {"group": "A", "quote": "A red one"} for item in items}), 100, 10)
        code = "A" if "a code, such as" in request.text else "red"
        return Reply(json.dumps(dict.fromkeys(items, code)), 100, 10)


@pytest.fixture
def talker(models: object, monkeypatch: pytest.MonkeyPatch) -> Talker:
    talker = Talker()
    vision = lambda model, how: ChatVision(talker, how.wording, how.asking)  # noqa: E731
    language = lambda model, how: ChatText(talker, how.wording, how.asking)  # noqa: E731
    monkeypatch.setattr(registry, "VISION", {**registry.VISION, "openai": vision})
    monkeypatch.setattr(registry, "TEXT", {**registry.TEXT, "openai": language})
    table = [Price("talker", 1000.0, 1000.0)]
    state.workspace().store.preferences.set(prices.PREFERENCE, prices.write(table))
    return talker


@pytest.fixture
def chat_run(talker: Talker, images: Path) -> Callable[..., str]:
    """Make a run with the chat model; until "" only stores it."""

    def run(until: str = "assign", **more: object) -> str:
        origin = source.find(str(images), "", state.workspace().config)
        run_id = runs.start(state.workspace(), origin, RunSettings("", "mood", 3, SPEC, SPEC, **more))
        if until:
            runs.run(state.workspace(), run_id, until, origin=origin)
        return run_id

    return run


def test_failures_are_told_apart(chat_run: Callable[..., str], talker: Talker) -> None:
    talker.fail = [Failed("No.", "refused"), Failed("No!", "refused"), Failed("Hm.", "filtered")]
    at = open_app("group", run=chat_run())
    assert text.kinds({"refused": 2, "filtered": 1}) in shown(at)
    assert text.cost_so_far(sum_of(at), 0) in shown(at)


def sum_of(at: AppTest) -> float:
    run = state.workspace().store.runs.recent()[0]
    return sum(stat.cost for stat in run.stats.values())


def test_a_reached_cap_can_be_raised(chat_run: Callable[..., str]) -> None:
    run_id = chat_run(until="", cap=0.3)
    state.jobs().start(run_id, "name")
    wait_for(lambda: state.jobs().get(run_id) is None)
    at = open_app("group", run=run_id)
    assert "The spending cap of $0.30 is reached." in shown(at)
    assert at.number_input(key=f"cap-{run_id}").value > 0.3
    at.number_input(key=f"cap-{run_id}").set_value(0.1)
    at.button(key=f"raise-{run_id}").click().run()
    assert text.CAP_TOO_LOW in shown(at)
    at.number_input(key=f"cap-{run_id}").set_value(100.0)
    at.button(key=f"raise-{run_id}").click().run()
    wait_for(lambda: state.jobs().get(run_id) is None)
    run = state.workspace().store.runs.get(run_id)
    assert run is not None
    assert (run.settings.cap, run.status) == (100.0, "waiting")
    assert text.NAMES_TITLE in shown(at.run())


def test_a_server_that_is_away_is_one_sentence_and_continue(make: Callable[..., str]) -> None:
    run_id = make(until="")
    state.workspace().store.runs.set_status(run_id, "stopped", "The server does not answer. Start it, then continue.")
    at = open_app("group", run=run_id)
    assert "The server does not answer." in shown(at)
    assert text.PAUSED_TITLE in shown(at)
    assert at.button(key=f"continue-{run_id}")
    assert text.RAISE not in [button.label for button in at.button]


def test_estimate_and_actual_stand_side_by_side(chat_run: Callable[..., str]) -> None:
    run_id = chat_run()
    at = open_app("group", run=run_id)
    assert not at.table
    estimate.keep(run_id, Estimate(12, {"describe": StepEstimate(12, 0, 12.0, 10.0, 2.0, 60.0, 0.5)}))
    at = open_app("group", run=run_id)
    table = at.table[0].value
    assert list(table.iloc[:, 0]) == list(text.AGAINST_ROWS.values())
    run = state.workspace().store.runs.get(run_id)
    assert run is not None
    assert str(sum(stat.requests for stat in run.stats.values())) in list(table.iloc[:, 2])
    assert "\\$0.50" in list(table.iloc[:, 1])


@pytest.mark.parametrize("exact", [True, False])
def test_an_image_says_why_it_is_where_it_is(chat_run: Callable[..., str], exact: bool) -> None:
    run_id = chat_run(asking=Asking(exact=exact))
    item = next(iter(state.workspace().store.answers.held(run_id, "assign")))
    at = open_app("browse", run=run_id, group="c1", image=item)
    assert ("“A red one”" in shown(at)) == exact
    assert (text.BY_LABEL in shown(at)) != exact
    assert text.CONFIDENCE_UNKNOWN in shown(at)
    at.session_state[f"raw-{run_id}-{item}"] = True
    at.run()
    assert at.code[0].value.startswith("A red one")
    assert len(at.code) == 3  # described, labelled, sorted
    assert not at.exception


def test_a_failed_image_shows_what_was_said(chat_run: Callable[..., str], talker: Talker) -> None:
    original = talker._one

    def one(request: Request) -> Reply | Failed:
        said_ = original(request)
        if request.image is None and "give a label" in request.text and '"quote"' not in request.text:
            return Reply("I do not know ![x](http://evil.example)", 1, 1)
        return said_

    talker._one = one  # type: ignore[method-assign]
    with pytest.raises(Exception, match="Only 0 images"):
        chat_run()
    run = state.workspace().store.runs.recent()[0]
    item = next(iter(state.workspace().store.answers.held(run.id, "label")))
    assert [step for step, _ in explanation.raw(run, item)] == ["describe", "label"]
    assert "I do not know" in explanation.raw(run, item)[1][1]


def test_the_built_in_engine_has_no_replies(make: Callable[..., str]) -> None:
    run_id = make()
    item = next(iter(state.workspace().store.answers.held(run_id, "assign")))
    at = open_app("browse", run=run_id, group="c1", image=item)
    assert text.RAW not in [expander.label for expander in at.expander]


# -- connect


def test_a_model_without_a_server(talker: Talker, monkeypatch: pytest.MonkeyPatch) -> None:
    chat = lambda model, how: ChatText(talker, how.wording, how.asking)  # noqa: E731
    monkeypatch.setattr(registry, "TEXT", {**registry.TEXT, "llama_cpp": chat})
    at = open_app("connect")
    at.button(key="local-add").click().run()
    assert text.LOCAL_EMPTY in shown(at)
    at.text_input(key="local-llama_cpp").set_value("/models/small.gguf").run()
    at.button(key="local-add").click().run()
    spec = "llama_cpp:/models/small.gguf"
    shown_as = f"small.gguf ({text.ON_THIS_COMPUTER})"
    assert shown_as in at.selectbox(key="role-text").options
    assert shown_as not in at.selectbox(key="role-vision").options  # here it only reads
    at.selectbox(key="role-text").set_value(spec).run()
    assert text.LEAVES_NOTHING in shown(at)
    at.button(key="test-models").click().run()
    assert text.CAN_UNSURE in shown(at)
    at.button(key="use-models").click().run()
    assert chosen_models.choice().text == spec


def test_a_model_that_cannot_load_is_one_sentence(models: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(model: str, how: object) -> None:
        raise ModelUnavailable("There is no file /nowhere.gguf.")

    monkeypatch.setattr(registry, "TEXT", {**registry.TEXT, "llama_cpp": none})
    chosen_models.choose(text_model="llama_cpp:/nowhere.gguf")
    at = open_app("connect")
    at.button(key="test-models").click().run()
    assert [error.value.replace("\\", "") for error in at.error] == ["There is no file /nowhere.gguf."]


def test_known_servers_and_a_pattern_to_fill_in() -> None:
    at = open_app("connect")
    at.pills(key="known-server").set_value("vLLM").run()
    assert at.text_input(key="server-url").value == text.CONNECT_SERVERS["vLLM"]
    at.pills(key="known-server").set_value("Azure").run()
    assert at.text_input(key="server-url").value == ""
    assert "your-resource.openai.azure.com" in at.text_input(key="server-url").placeholder
