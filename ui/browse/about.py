"""What is to be known of a run's groups as a whole, folded into one button so that the pictures come first."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.domain import Cluster
from core.pipeline.sight import said_of_run
from core.results.caveats import said_of_groups
from core.store.runs import RunRow
from ui import text
from ui.clusters.stale import check_all_button
from ui.components.sight_note import sight_note
from ui.import_results.panel import left_out
from ui.session import run_data, state


def about(run: RunRow, clusters: Sequence[Cluster]) -> None:
    """What the model could not see and how far groups stay, and *Check all again*. The button says how many notes there
    are, and how well the groups match labels. The first time, models load: pages that show pictures call this last.
    Before the images are sorted there is nothing without a note.

    clusters: the groups, with what is counted inside.
    """
    sorted_ = run_data.is_sorted(run)
    found = run_data.scores(run) if sorted_ else None
    notes = len(said_of_groups(clusters)) + len(said_of_run(state.workspace().store, run.settings))
    if not (notes or sorted_):
        return
    parts = [text.match_in_short(found)] if found else []
    parts += [text.count(notes, "note")] if notes else []
    icon = ":orange[:material/warning:]" if notes else ":material/info:"
    with st.popover(f"{icon} {' · '.join(parts) or text.ABOUT}", key="about", wrap=False):
        sight_note(run.settings, clusters)
        left_out(run)
        if sorted_:
            check_all_button(run)
