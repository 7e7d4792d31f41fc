"""Baseline: group the images at hand by features alone, as notebooks do."""

from __future__ import annotations

import streamlit as st

from core.ingest import source
from ui import text
from ui.baseline.form import costs, form
from ui.components import empty
from ui.components.head import head
from ui.components.safe import safe_md
from ui.session import run_data, state

head(text.BASELINE_TITLE)
dataset_id, truth = run_data.images_at_hand()
images = state.workspace().store.datasets.get(dataset_id) if dataset_id else None
if not dataset_id:
    empty.nowhere(text.NO_IMAGES_TITLE, text.NO_IMAGES, "start", text.TO_IMAGES)
if images is None or not source.is_complete(images) or not images.counts.get("ready") or not images.source.has_images:
    empty.nowhere(text.IMAGES, text.STILL_OPENING, "images", text.TO_THESE)
assert images is not None
st.caption(f"{safe_md(run_data.images_name(images), 60)} · {text.images(images.counts.get('ready', 0))}")
st.markdown(text.BASELINE_NOTE)
form(images, truth)
costs()
