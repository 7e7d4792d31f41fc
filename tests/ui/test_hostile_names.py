"""Names that would load a picture from elsewhere or lead there stay letters, on every page and in every element."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from app import fresh_server, images, make, models, open_app  # noqa: F401 - fixtures
from streamlit.testing.v1 import AppTest

from core.results import decisions, name_sets
from core.results.edits import Add, Rename
from ui.session import state

EVIL = "![x](http://evil.example/x.png) [y](http://evil.example)"
_LIVE = re.compile(r"(?<!\\)\]\(http")
_MARKDOWN = ("label", "body", "help", "caption", "title", "text")
"""Fields that Streamlit reads as Markdown; values, choices and placeholders are shown as they are."""


@pytest.fixture
def run(make: Callable[..., str]) -> str:  # noqa: F811
    run_id = make()
    other = make(criterion=EVIL)
    store = state.workspace().store
    for own in (run_id, other):
        for cluster in decisions.clusters(store, own).clusters:
            decisions.add(store, own, Rename(cluster.id, f"{EVIL} {cluster.id}"))
        decisions.add(store, own, Add("p1", f"{EVIL} new"))
        store.catalogue.set_name(own, EVIL)
    name_sets.save(store, EVIL, [(f"{EVIL} saved", "")])
    return run_id


def texts(at: AppTest) -> Iterator[str]:
    """Everything on the page that is read as Markdown."""
    for element in at._tree:
        for field in _MARKDOWN:
            value = getattr(getattr(element, "proto", None), field, "")
            if isinstance(value, str):
                yield value


@pytest.mark.parametrize(
    ("page", "params"),
    [
        *((page, {}) for page in ("start", "images", "group", "names", "browse", "where", "check", "evaluate")),
        *((page, {}) for page in ("compare", "export", "connect", "bring")),
        ("browse", {"group": "c1"}),
        ("browse", {"group": "all", "text": EVIL}),
        ("browse", {"group": "c1", "between": "c1,c2"}),
        ("browse", {"group": "c1", "image": "FIRST"}),
    ],
)
def test_names_stay_letters(page: str, params: dict[str, str], run: str) -> None:
    store = state.workspace().store
    first = store.datasets.ids(store.runs.recent()[0].settings.dataset_id)[0]
    at = open_app(page, run=run, **{key: value.replace("FIRST", first) for key, value in params.items()})
    found = list(texts(at))
    assert len(found) > 3
    assert [value for value in found if _LIVE.search(value)] == []
