"""The page Labels and what Evaluate says beyond the headline: by hand, by keys, and never silently."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters
from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from app import button, fresh_server, images, make, models, open_app, shown, wait_for  # noqa: F401

from core.models.embedding import kept
from core.pipeline import label_check, without_truth
from core.results import decisions
from core.results.edits import Match, Relabel
from core.results.run_view import Row, View, rows
from ui import text
from ui.session import state

WRONG = "red"


@pytest.fixture(autouse=True)
def quick_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fake models measure nothing, so words are the evidence; equal texts are alike, others are not."""

    def vector(words: str) -> np.ndarray:
        drawn = np.random.default_rng(sum(map(ord, words))).normal(size=384)
        return np.asarray(drawn / np.linalg.norm(drawn), dtype=np.float32)

    monkeypatch.setattr(kept, "compute", lambda texts: np.stack([vector(one) for one in texts]))


def doubted(run_id: str) -> Row:
    """An image whose label is not WRONG."""
    return next(row for row in rows(state.workspace().store, run_id) if row.truth and row.truth != WRONG)


@pytest.fixture
def one_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list holds one image of which the label is said to be wrong."""

    def listed(store: object, run_id: str) -> label_check.Doubts:
        row = doubted(run_id)
        return label_check.Doubts([label_check.Doubt(row.item_id, row.name, row.truth, WRONG, 0.1, "")], 12)

    monkeypatch.setattr(label_check, "doubts", listed)


def said(run_id: str) -> dict[str, tuple[str, str]]:
    return View(state.workspace().store, run_id).relabelled


@pytest.mark.usefixtures("one_doubt")
def test_a_label_is_corrected_kept_and_undone_and_the_given_one_stays(make: Callable[..., str]) -> None:
    run_id = make()
    row = doubted(run_id)
    at = button(open_app("labels", run=run_id), text.DOUBTS_TAKE.format(label=WRONG)).click().run()
    assert not at.exception
    assert said(run_id) == {row.item_id: (row.truth, WRONG)}
    assert text.DOUBTS_NONE in shown(open_app("labels", run=run_id))
    view = View(state.workspace().store, run_id)
    assert next(one for one in view.rows() if one.item_id == row.item_id).truth == row.truth
    assert (row.name, row.truth, WRONG, "person") in [one[:4] for one in label_check.corrected(view)]
    button(at, text.UNDO).click().run()
    assert not said(run_id)


@pytest.mark.usefixtures("one_doubt")
def test_a_label_is_kept_or_skipped(make: Callable[..., str]) -> None:
    run_id = make()
    at = button(open_app("labels", run=run_id), text.DOUBTS_SKIP).click().run()
    assert text.DOUBTS_NONE in shown(at)
    assert not said(run_id)
    row = doubted(run_id)
    button(open_app("labels", run=run_id), text.DOUBTS_KEEP.format(label=row.truth)).click().run()
    assert said(run_id) == {row.item_id: (row.truth, row.truth)}
    assert not any(one.label == text.WHICH_LABELS for one in open_app("evaluate", run=run_id).segmented_control)


def test_labels_spelled_in_two_ways_become_one_by_a_key_or_stay_apart(make: Callable[..., str]) -> None:
    run_id = make()
    store, row = state.workspace().store, doubted(run_id)
    decisions.add(store, run_id, Relabel("folder", row.item_id, row.truth, f"{row.truth.upper()} "))
    at = open_app("labels", run=run_id)
    assert f"“{row.truth.upper()}” (1 image) beside “{row.truth}”" in shown(at)
    button(at, text.SPELLING_TAKE.format(label=row.truth)).click().run()
    assert said(run_id) == {row.item_id: (row.truth, row.truth)}
    decisions.undo(store, run_id)
    at = button(open_app("labels", run=run_id), text.SPELLING_DIFFERENT).click().run()
    assert text.SPELLING_DIFFERENT not in shown(at)
    assert said(run_id) == {row.item_id: (row.truth, row.truth.upper())}


def test_an_image_with_two_labels_says_both(make: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = make()
    row = doubted(run_id)
    both = label_check.Doubts([label_check.Doubt(row.item_id, row.name, row.truth, WRONG, None, "")], 12)
    monkeypatch.setattr(label_check, "doubts", lambda store, run_id: both)
    at = open_app("labels", run=run_id)
    assert text.given_both(row.truth, WRONG, "") in shown(at)
    button(at, text.DOUBTS_TAKE.format(label=WRONG)).click().run()
    assert said(run_id) == {row.item_id: (row.truth, WRONG)}


def test_scores_against_corrected_labels_are_shown_by_choice(make: Callable[..., str]) -> None:
    run_id = make()
    store, row = state.workspace().store, doubted(run_id)
    decisions.add(store, run_id, Relabel("folder", row.item_id, row.truth, WRONG))
    assert text.matches(View(store, run_id).metrics() or {}) in shown(open_app("evaluate", run=run_id))
    corrected = View(store, run_id).metrics(corrected=True) or {}
    assert corrected["acc"] < 1
    at = open_app("evaluate", run=run_id)
    at = at.segmented_control(key="labels-as").set_value("corrected").run()
    assert text.matches(corrected) in shown(at)
    both = View(store, run_id).all_metrics() or {}
    assert (both["acc"], both["corrected"]["acc"], both["corrected"]["labels"]) == (1.0, corrected["acc"], 1)


def test_a_label_is_paired_by_hand(make: Callable[..., str]) -> None:
    run_id = make()
    at = open_app("evaluate", run=run_id)
    label = at.selectbox(key="match-label").value
    own = at.selectbox(key=f"match-{run_id}-{label}")
    here = (View(state.workspace().store, run_id).metrics() or {})["per_class"][label]["cluster"]
    other = next(one.id for one in View(state.workspace().store, run_id).edited.clusters if one.name != here)
    at = own.set_value(other).run()
    assert not at.exception
    assert View(state.workspace().store, run_id).by_hand == {label: other}
    assert text.MATCHED_BY_HAND in shown(at)
    button(at, text.UNDO).click().run()
    assert not View(state.workspace().store, run_id).by_hand


def test_hostile_labels_do_no_harm(make: Callable[..., str]) -> None:
    run_id = make()
    store, row = state.workspace().store, doubted(run_id)
    for label in ("**bold**, [x](http://y) $a$", 'ä,"b"\n:red[c]', "=1+1"):
        decisions.add(store, run_id, Relabel("folder", row.item_id, row.truth, label))
        assert label in (View(store, run_id).metrics(corrected=True) or {})["per_class"]
        open_app("evaluate", run=run_id)
        open_app("labels", run=run_id)


def test_without_labels_the_page_measures_in_the_background(make: Callable[..., str]) -> None:
    run_id = make(truth="")
    assert text.NO_LABELS in shown(open_app("labels", run=run_id))
    open_app("evaluate", run=run_id)
    run = state.workspace().store.runs.get(run_id)
    assert run
    wait_for(lambda: (look := state.jobs().exploring(without_truth.key(run))) is not None and not look.alive)
    at = open_app("evaluate", run=run_id)
    assert text.SILHOUETTE in shown(at)
    assert text.silhouette_says(1.0) in shown(at)
    assert text.NONE_LOOK_ALIKE in shown(at)
    assert text.NOT_REPEATED in shown(at)
    found = (without_truth.kept(state.workspace().store, run_id) or {})["description"]
    assert found.n == 12
    assert found.silhouette == pytest.approx(1.0)
    assert 0.9 < (found.balance or 0) <= 1


def test_one_label_for_all_says_why_there_is_no_list(make: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = make()
    only = doubted(run_id).truth
    asked = View.each
    monkeypatch.setattr(View, "each", lambda view: [row for row in asked(view) if row.truth == only])
    assert "at least two labels" in label_check.doubts(state.workspace().store, run_id).why
    monkeypatch.setattr(View, "each", lambda view: list(asked(view))[:1])
    assert label_check.doubts(state.workspace().store, run_id).why


def test_a_match_goes_to_one_label_only(make: Callable[..., str]) -> None:
    run_id = make()
    store = state.workspace().store
    cluster = View(store, run_id).edited.clusters[0].id
    decisions.add(store, run_id, Match("folder", "red", cluster))
    decisions.add(store, run_id, Match("folder", "blue", cluster))
    assert View(store, run_id).by_hand == {"blue": cluster}
