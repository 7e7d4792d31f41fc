"""What a person is to know of a result wherever it is shown: what the model could not see, and how far groups stay."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.domain import Cluster, RunSettings
from core.pipeline.sight import said_of_run
from core.results.caveats import said_of_groups
from ui.components.safe import safe_md
from ui.session import state


def sight_note(settings: RunSettings, clusters: Sequence[Cluster] = (), of: str = "") -> None:
    """A line each; nothing where the criterion was seen as typed and the groups stay. The first time, a model that
    reads criteria is loaded: pages that show pictures call this last.

    of: what the run is called, on pages that show several.
    """
    name = f"**{safe_md(of, 90)}:** " if of else ""
    for sentence in said_of_groups(clusters):
        st.markdown(f":orange[:material/vibration:] {name}{sentence}")
    for sentence in said_of_run(state.workspace().store, settings):
        st.markdown(f":orange[:material/visibility_off:] {name}{safe_md(sentence, 300)}")
