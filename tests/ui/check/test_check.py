"""The page Check: answers are decisions, the queue goes on, what was shown is previewed and applied."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters
from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from app import ALL_IMAGES, button, fresh_server, images, make, models, open_app, shown  # noqa: F401

from core.models.embedding import kept
from core.results import decisions
from core.results.edits import Learn, Move
from core.results.run_view import rows
from ui import text
from ui.session import state


@pytest.fixture(autouse=True)
def quick_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fake models measure nothing, so words are the evidence; equal texts are alike, others are not."""
    monkeypatch.setattr(
        kept,
        "compute",
        lambda texts: np.stack([np.random.default_rng(sum(map(ord, one))).normal(size=384) for one in texts]),
    )


def moved(run_id: str) -> dict[str, str | None]:
    return dict(decisions.clusters(state.workspace().store, run_id).moved)


def test_before_anything_is_sorted_it_says_what_comes_first(make: Callable[..., str]) -> None:
    assert text.CHECK_EMPTY in shown(open_app("check", run=make(until="name")))


def test_a_confirmed_image_is_an_example_and_the_next_is_asked(make: Callable[..., str]) -> None:
    run_id = make()
    at = open_app("check", run=run_id)
    here = next(one for one in at.button if text.CHECK_HERE in one.label)
    at = here.click().run()
    assert not at.exception
    assert len(moved(run_id)) == 1
    (item, cluster), *_ = moved(run_id).items()
    row = next(row for row in rows(state.workspace().store, run_id) if row.item_id == item)
    assert row.source == "person"
    assert row.cluster
    assert row.cluster.id == cluster
    assert "1 checked" in shown(at)


def test_skip_decides_nothing_and_asks_about_another(make: Callable[..., str]) -> None:
    run_id = make()
    at = open_app("check", run=run_id)
    first = shown(at)
    at = button(at, text.CHECK_SKIP).click().run()
    assert not moved(run_id)
    assert shown(at) != first


def test_all_can_be_answered_and_the_estimate_is_exact_then(make: Callable[..., str]) -> None:
    run_id = make()
    at = open_app("check", run=run_id)
    for _ in range(ALL_IMAGES):
        at = next(one for one in at.button if text.CHECK_HERE in one.label).click().run()
        assert not at.exception
    assert text.CHECK_ALL_DONE in shown(at)
    assert text.estimate(ALL_IMAGES, ALL_IMAGES, 1, 1) in shown(at)


def test_a_new_group_and_the_image_in_it_are_one_act(make: Callable[..., str]) -> None:
    run_id = make()
    at = open_app("check", run=run_id)
    at = at.text_input[-1].set_value("scarlet").run()
    assert not at.exception
    names = {c.id: c.name for c in decisions.clusters(state.workspace().store, run_id).clusters}
    assert [names[to or ""] for to in moved(run_id).values()] == ["scarlet"]
    at = button(at, text.UNDO).click().run()
    assert not moved(run_id)
    assert "scarlet" not in {c.name for c in decisions.clusters(state.workspace().store, run_id).clusters}


def test_what_would_move_is_shown_first_then_applied_and_undone(make: Callable[..., str]) -> None:
    run_id = make()
    store = state.workspace().store
    first, *others = rows(store, run_id)
    assert first.cluster
    wrong = next(row.cluster.id for row in others if row.cluster and row.cluster.id != first.cluster.id)
    decisions.add(store, run_id, Learn((first.item_id,), (wrong,), (0.9,)))
    for row in others:
        decisions.add(store, run_id, Move((row.item_id,), row.cluster.id if row.cluster else None))
    at = button(open_app("check", run=run_id), text.CHECK_APPLY).click().run()
    assert text.would_move(1, len(others)) in shown(at)
    assert next(row for row in rows(store, run_id) if row.item_id == first.item_id).cluster != first.cluster
    at = button(at, text.apply_to(1)).click().run()
    assert not at.exception
    found = next(row for row in rows(store, run_id) if row.item_id == first.item_id)
    assert (found.cluster, found.source) == (first.cluster, "learnt")
    button(at, text.UNDO).click().run()
    assert next(row for row in rows(store, run_id) if row.item_id == first.item_id).cluster != first.cluster
