"""What the built-in engine could not see stays on every page that shows the result, and on no page of another run."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

from collections.abc import Callable

import pytest
from app import fresh_server, images, make, models, open_app, shown  # noqa: F401

from core.results import run_view
from ui.session import state

SAID = "Grouped by appearance, because the fake engine cannot see mood."
PAGES = ["group", "names", "browse", "evaluate", "where", "export"]


@pytest.mark.parametrize("page", PAGES)
def test_it_is_said_beside_the_result(page: str, make: Callable[..., str]) -> None:
    assert shown(open_app(page, run=make("assign", criterion="mood"))).count(SAID) == 1
    assert "by appearance" not in shown(open_app(page, run=make("assign")))


def test_it_is_said_with_a_group_and_with_an_image(make: Callable[..., str]) -> None:
    run = make("assign", criterion="mood")
    row = run_view.rows(state.workspace().store, run)[0]
    group = row.cluster.id if row.cluster else ""
    assert SAID in shown(open_app("browse", run=run, group=group))
    assert SAID in shown(open_app("browse", run=run, group=group, image=row.item_id))
