"""A server with a quirk is learnt at the start of a run: no image is lost, and what it refuses is sent once.

benchmarks/quirks.py tells the same for each step by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from error_shapes import SHAPES, WORDS
from quirk_trial import ANSWERS, EACH, NONE, REFUSALS, Quirk, Trials, lessons, trials

from core.domain import STEPS

COLOURS = 4
CLEAN = Counter({"check": 1, "describe": EACH * COLOURS, "label": 1, "name": 1, "assign": 1})

# Servers are real, and so is a machine that does other things: tried once more, and the report says so.
pytestmark = pytest.mark.flaky(reruns=1)


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trials]:
    with trials(tmp_path_factory.mktemp("quirks")) as tried:
        yield tried


@pytest.mark.parametrize("name", REFUSALS)
def test_what_a_server_refuses_is_sent_once_and_nothing_is_lost(tried: Trials, name: str) -> None:
    cost = lessons(name, REFUSALS[name], tried)
    assert (cost.lost, cost.ended) == (0, "")
    assert cost.met == (2 if "no words" in name else 1)  # without words it is made sure that it was no chance
    more = cost.asked - CLEAN
    if name.startswith("context"):  # each half is a request of its own
        assert more == Counter({"label": 2})
    else:
        assert set(more) <= {"check", "assign"}
        assert more["assign"] <= 1  # a second sample
        assert more["check"] == cost.met


@pytest.mark.parametrize("name", ["none", *ANSWERS])
def test_answers_in_odd_shapes_cost_nothing_more(tried: Trials, name: str) -> None:
    cost = tried.run(ANSWERS.get(name, NONE))
    assert (cost.lost, cost.ended, cost.asked) == (0, "", CLEAN)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("name", ["temperature (Python)", "max_tokens (nested)", "response_format (text)"])
def test_a_step_that_alone_meets_a_quirk_learns_it_from_one_request(tried: Trials, name: str, step: str) -> None:
    cost = lessons(name, REFUSALS[name], tried, step)
    sends = step != "describe" or not name.startswith("response_format")
    assert (cost.lost, cost.ended, cost.met) == (0, "", int(sends))
    assert cost.asked - CLEAN == (Counter({step: 1}) if sends else Counter())


@pytest.mark.parametrize(
    ("meant", "sentence"),
    [("key", "key"), ("model", "has no model"), ("unloaded", "no model loaded"), ("credit", "no credit left")],
)
@pytest.mark.parametrize("shape", ["list of mappings", "status 200", "JSON in a text"])
def test_what_would_end_a_later_step_is_found_out_before_anything_is_paid(
    tried: Trials, meant: str, sentence: str, shape: str
) -> None:
    """The text steps alone are refused, as where another server does them."""
    status, body = SHAPES[shape](*WORDS[meant][0])

    def refuse(handler: object, asked: object) -> bool:
        handler.send(status, body)  # type: ignore[attr-defined]
        return True

    quirk: Quirk = refuse
    cost = tried.run(quirk, "check")
    assert sentence in cost.ended
    assert cost.asked == Counter({"check": 1})


@pytest.mark.parametrize("body", [b"", {"message": "no"}])
def test_a_text_model_that_refuses_everything_is_found_out_before_anything_is_paid(tried: Trials, body: object) -> None:
    def refuse(handler: object, asked: object) -> bool:
        handler.send(400, body)  # type: ignore[attr-defined]
        return True

    cost = tried.run(refuse, "check")
    assert cost.ended.startswith("The text model refuses even a short question.")
    assert cost.asked == Counter({"check": 3})
