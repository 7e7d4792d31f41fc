"""What is said of a run whose vision model could not see what the criterion asks for, and of no other run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.domain import RunSettings
from core.pipeline.sight import said_of_sight, sight_of

MOOD = RunSettings("", "mood", 4)
BY_APPEARANCE = "Grouped by appearance, because the built-in engine cannot see “mood”."


def test_the_built_in_engine_warns_however_it_is_named() -> None:
    for spec in ("builtin", "builtin:"):
        settings = replace(MOOD, vision=spec, text=spec)
        assert sight_of(settings).warning == (
            "The built-in engine cannot see “mood”. Connect a vision-language model, or group by appearance instead."
        )
        assert said_of_sight(settings) == (BY_APPEARANCE,)


def test_a_chat_model_groups_by_what_the_engine_described() -> None:
    (said,) = said_of_sight(replace(MOOD, text="openai:gpt@http://127.0.0.1:1/v1"))
    assert said == "The images were described by appearance, because the built-in engine cannot see “mood”."


@pytest.mark.parametrize(
    "settings",
    [
        replace(MOOD, criterion="colour"),
        replace(MOOD, vision="openai:gpt@http://127.0.0.1:1/v1"),
        replace(MOOD, records="descriptions.jsonl"),
        replace(MOOD, records="results.csv", text="imported"),
    ],
    ids=["seen", "another model looked", "descriptions came along", "results came along"],
)
def test_nothing_is_said_where_nothing_was_missed(settings: RunSettings) -> None:
    assert said_of_sight(settings) == ()


@pytest.mark.parametrize("criterion", ["mood", "colour and mood", "surprise me", "Stimmung", "qzxv"])
def test_every_reason_makes_one_sentence(criterion: str) -> None:
    (said,) = said_of_sight(replace(MOOD, criterion=criterion))
    assert said.startswith("Grouped by appearance, because ")
    assert criterion in said
    assert said.count(".") == 1


def test_what_was_read_otherwise_than_typed_is_said() -> None:
    assert said_of_sight(replace(MOOD, criterion=" main coulour ")) == ("“main coulour” was read as “main colour”.",)
