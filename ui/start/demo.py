"""The demo in one click: pictures that Facetry renders itself, grouped by the built-in engine."""

from __future__ import annotations

import base64
from dataclasses import replace
from functools import cache
from pathlib import Path

import streamlit as st

from core.domain import DatasetRow, RunSettings
from core.errors import BadInput
from core.ingest import source
from core.ingest.source import Source
from core.ingest.sources.source_file import DEMO
from core.pipeline.runs import start
from ui import text
from ui.session import follow_run, state

IMAGES, TRUTH, RECORDED = DEMO / "images", DEMO / "truth.csv", DEMO / "descriptions.jsonl"
_GROUPS = 6
_TRUTH_OF = {"mood": "mood", "atmosphere": "mood", "side": "side", "view": "side", "angle": "side"}
"""Words of criteria that the built-in engine cannot see -> the column of the demo's truth."""
_SHOWN = (1, 4, 7, 12)


def pictures() -> None:
    """Four of the pictures, as a foretaste; nothing when they are missing."""
    files = [IMAGES / f"demo-{number:03}.jpg" for number in _SHOWN]
    if all(file.is_file() for file in files):
        st.html(f'<div style="display: flex; gap: 8px">{"".join(map(_inline, files))}</div>')


@cache
def _inline(file: Path) -> str:
    """A picture inside the page itself: files behind st.image are gone (404) when the page is left before they load."""
    data = base64.b64encode(file.read_bytes()).decode()
    style = "flex: 1; min-width: 0; border-radius: 8px"
    return f'<img alt="{text.DEMO_PICTURE}" src="data:image/jpeg;base64,{data}" style="{style}">'


def begin() -> None:
    """Group the demo by kind of thing and, once that is done, by colour, or open the runs that did so before; the two
    can be crossed. Raises FacetryError."""
    if not IMAGES.is_dir():
        raise BadInput(text.DEMO_GONE)
    origin = source.find(str(IMAGES), "", state.workspace().config)
    kinds = _run(origin, text.DEMO_CRITERION, "kind")
    colours = _run(origin, text.DEMO_SECOND_CRITERION, "colour")
    for run_id, after in ((kinds, ""), (colours, kinds)):
        if not state.jobs().get(run_id) and not follow_run.is_sorted(run_id):
            state.jobs().start(run_id, "assign", after=after)
    follow_run.follow(kinds)


def _run(origin: Source, criterion: str, column: str) -> str:
    """The id of the demo's run by this criterion, which is compared with this column of its truth."""
    workspace = state.workspace()
    settings = RunSettings(origin.dataset_id, criterion, _GROUPS, truth=f"{TRUTH.resolve()}:{column}")
    found = next((run.id for run in workspace.store.runs.recent(200) if run.settings == settings), "")
    return found or start(workspace, origin, replace(settings, dataset_id=""))


def has_recorded(given: DatasetRow) -> bool:
    """Whether these are the demo's images, for which there are recorded descriptions."""
    return given.source.path == str(IMAGES.resolve()) and RECORDED.is_file()


def with_recorded(settings: RunSettings) -> RunSettings:
    """The same run on the descriptions that were written by hand, and compared with the demo's truth if it has it."""
    column = next((column for word, column in _TRUTH_OF.items() if word in settings.criterion.lower()), "")
    return replace(settings, records=str(RECORDED), truth=f"{TRUTH}:{column}" if column else settings.truth)
