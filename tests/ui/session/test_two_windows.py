"""Two windows on one run: whatever both do, nothing is overwritten unsaid, and each is told."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app import fresh_server, images, make, models  # noqa: F401
from streamlit.testing.v1 import AppTest

from core.results import decisions
from core.results.edits import Delete, Edit, Learn, Merge, Move, MoveLabels, Pin, Redefine, Rename, meet
from core.results.run_view import View
from ui.session import state


def window() -> None:
    """What every page does with what a person decides (`ui/frame.py`): callbacks, what went wrong, then the news."""
    import streamlit as st

    from core.results import decisions
    from ui.clusters import edit_callbacks, elsewhere, undo
    from ui.components.notices import act, show_flash
    from ui.session import state

    run_id = st.session_state["run"]
    show_flash()
    elsewhere.tell(run_id)
    st.text("|".join(cluster.name for cluster in decisions.clusters(state.workspace().store, run_id).clusters))
    st.button("do", on_click=act, args=(edit_callbacks.apply, run_id, st.session_state.get("edit")))
    st.button("redo", on_click=act, args=(undo.redo, run_id))
    st.button("undo", on_click=act, args=(undo.undo, run_id, undo.last_version(run_id)))


def opened(run_id: str, edit: Edit) -> AppTest:
    at = AppTest.from_function(window, default_timeout=30)
    at.session_state["run"], at.session_state["edit"] = run_id, edit
    return at.run()


def told(at: AppTest) -> str:
    return " ".join(one.value for kind in (at.error, at.toast) for one in kind)


def decided(run_id: str) -> list[Any]:
    return decisions.since(state.workspace().store, run_id, "") or []


def test_all_pairs_of_decisions_in_all_orders(make: Callable[..., str]) -> None:
    run_id = make()
    store = state.workspace().store
    item, other = (row.item_id for row in View(store, run_id).rows()[:2])
    acts: list[Edit] = [
        Rename("c1", "scarlet"), Rename("c2", "lime"), Redefine("c1", "warm"), Merge("c1", "c2"), Merge("c2", "c3"),
        Delete("c1"), Pin("c1", True), Move((item,), "c2"), Move((item,), None), MoveLabels("c1", ("red",), "c3"),
        Learn((item, other), ("c3", "c2"), (0.9, 0.8)),
    ]  # fmt: skip
    for one in acts:
        for another in acts:
            first, second = opened(run_id, one), opened(run_id, another)
            first.button[0].click().run()
            assert decided(run_id) == [one]
            second.button[0].click().run()  # it still shows what was before
            pair = (one, another)
            if meet(another, [one]):
                assert "changed in another window meanwhile" in told(second), pair
                assert decided(run_id) == [one], pair
            else:
                assert decided(run_id) == [one, another], pair
                assert "another window" in told(second), pair
                first.run()
                assert "another window" in told(first), pair
                first.button[2].click().run()  # each takes back its own, though the other's is newer
                assert decided(run_id) == [another], pair
            assert decisions.clusters(store, run_id).skipped == (), pair
            second.run()
            shows = "|".join(cluster.name for cluster in decisions.clusters(store, run_id).clusters)
            assert second.text[0].value == shows, pair
            while decisions.undo(store, run_id):
                pass


def test_what_was_undone_is_not_made_again_over_what_another_did_and_may_be_tried_again(
    make: Callable[..., str],
) -> None:
    run_id = make()
    first, second = opened(run_id, Rename("c1", "scarlet")), opened(run_id, Rename("c1", "crimson"))
    first.button[0].click().run()
    first.button[2].click().run()
    second.run()
    second.button[0].click().run()
    first.button[1].click().run()
    assert "changed in another window meanwhile" in told(first)
    assert "the new name “crimson”" in told(first)
    assert decided(run_id) == [Rename("c1", "crimson")]
    first.button[1].click().run()  # now that it has been seen
    assert decided(run_id) == [Rename("c1", "crimson"), Rename("c1", "scarlet")]
    first.button[1].click().run()
    assert len(decided(run_id)) == 2
