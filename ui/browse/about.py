"""What is to be known of a run's groups as a whole, folded into one button so that the pictures come first."""

from __future__ import annotations

import streamlit as st

from core.pipeline.sight import said_of_sight
from core.results.caveats import said_of_groups
from core.results.run_view import View
from core.store.runs import RunRow
from ui import text
from ui.clusters.stale import check_all_button
from ui.components.sight_note import sight_note
from ui.import_results.panel import left_out
from ui.session import run_data


def about(run: RunRow, view: View) -> None:
    """What the model could not see and how far groups stay, and *Check all again*. The button says how many notes there
    are, and how well the groups match labels. The first time, models load: pages that show pictures call this last."""
    found = run_data.scores(run)
    notes = len(said_of_groups(view.edited.clusters)) + len(said_of_sight(run.settings))
    parts = [text.match_in_short(found)] if found else []
    parts += [text.count(notes, "note")] if notes else []
    icon = ":orange[:material/warning:]" if notes else ":material/info:"
    with st.popover(f"{icon} {' · '.join(parts) or text.ABOUT}", key="about", wrap=False):
        sight_note(run.settings, view.edited.clusters)
        left_out(run)
        check_all_button(run)
