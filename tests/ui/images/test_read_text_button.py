"""*Read all text* on Images, and on Browse where words are looked for that may stand in images not read yet."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from app import ALL_IMAGES, button, fresh_server, images, make, models, open_app, shown  # noqa: F401
from waiting import wait_for
from written import line

from core.domain import Line
from core.models.reading import kept
from ui import text
from ui.session import state


def test_words_are_found_once_all_text_was_read(make: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    def read(path: Path) -> tuple[Line, ...]:
        return (line("big SALE"),)

    monkeypatch.setattr(kept, "read", read)
    run_id = make()
    at = open_app("browse", run=run_id, group="all", text="sale")
    assert text.text_read(0, ALL_IMAGES) in shown(at)
    assert text.NOTHING_FOUND in shown(at)
    button(at, text.READ_TEXT).click().run()
    wait_for(lambda: all(not look.alive for look in state.jobs()._exploring.values()))
    at.run()
    assert text.NOTHING_FOUND not in shown(at)
    assert text.READ_TEXT not in [each.label for each in at.button]
    at = open_app("images", run=run_id)
    assert text.text_found(ALL_IMAGES, ALL_IMAGES) in shown(at)
