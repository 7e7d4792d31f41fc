"""One image among the groups: drop it, see its group for every criterion, and add it if it should stay."""

from __future__ import annotations

import hashlib
import secrets
import tempfile
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.errors import BadInput
from core.ingest import source
from core.ingest.sources import upload
from core.ingest.sources.file_kind import HEAD
from core.pipeline.add_images import add
from core.pipeline.place_image import Place, Where, where
from core.store.runs import RunRow
from ui import text
from ui.components.notices import act
from ui.components.safe import safe_md
from ui.session import model_choice, state

_LIKELY, _LEAST = 4, 0.005  # what rounds to 0 % says nothing
_FOUND = "where-found"


def drop_zone() -> UploadedFile | None:
    """Where the person drops one image."""
    return st.file_uploader(text.WHERE_DROP, help=text.WHERE_NOTE, key="where-file")


def find(run: RunRow, given: UploadedFile) -> Where:
    """Where the image goes, in this run first; asked once for each image that is dropped. Raises BadInput."""
    found: Where | None
    kept, found = st.session_state.get(_FOUND, ("", None))
    asked = f"{run.id} {given.file_id}"
    if kept != asked or found is None:
        with st.spinner(text.WHERE_WORKING), tempfile.TemporaryDirectory() as folder:
            image = Path(folder) / "image"
            image.write_bytes(given.getbuffer())
            dataset = run.settings.dataset_id
            found = where(state.workspace(), dataset, image, given.name, model_choice.keys(), first=run.id)
        st.session_state[_FOUND] = (asked, found)
    return found


def show(given: UploadedFile, found: Where, run_id: str) -> None:
    """The image beside what the open run says, and below it a card for each other criterion."""
    left, right = st.columns([1, 2], gap="medium")
    with left, st.container(border=True):
        st.image(found.picture, width="stretch", alt=safe_md(found.places[0].description or given.name, 200))
        st.caption(safe_md(given.name, 80))
        if found.note:
            st.caption(safe_md(f"{text.NOTE}: {found.note}", 200))
        st.button(
            text.WHERE_ADD,
            icon=":material/add_photo_alternate:",
            help=text.WHERE_ADD_HELP,
            key="where-add",
            on_click=act,
            args=(_add, found, given.name, given.getvalue()),
        )
    own = [place for place in found.places if place.run_id == run_id]
    others = [place for place in found.places if place.run_id != run_id]
    with right:
        for place in own:
            _card(place)
        if own and others:
            st.markdown(text.WHERE_OTHERS)
        with st.grid(2, min_column_width=260, gap="small"):
            for place in others:
                _card(place)


def _card(place: Place) -> None:
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.caption(safe_md(text.where_by(place.criterion), 80))
        if place.problem:
            st.warning(safe_md(place.problem, 300), icon=":material/error:")
            return
        st.header(safe_md(place.cluster or text.WHERE_NOWHERE, 80), anchor=False)
        if not place.cluster and place.said:
            st.markdown(safe_md(text.WHERE_SAID.format(said=place.said[:120])))
        for name, share in [entry for entry in place.likely if entry[1] >= _LEAST][:_LIKELY]:
            st.progress(min(1.0, max(0.0, share)), text=f"{safe_md(name, 60)} · {text.percent(share)}")
        st.caption(safe_md(place.description, 400))
        for sentence in place.sight:
            st.caption(f":orange[:material/visibility_off:] {safe_md(sentence, 300)}")
        st.space("stretch")
        if place.cluster_id and st.button(
            text.WHERE_OPEN, icon=":material/grid_view:", type="tertiary", key=f"where-open-{place.run_id}"
        ):
            state.go_to("browse", place.run_id, group=place.cluster_id)


def _add(found: Where, name: str, content: bytes) -> str:
    """Add the image for every run that was asked; what was answered above is not asked again."""
    workspace = state.workspace()
    runs = [place.run_id for place in found.places if not place.problem]
    if any(state.jobs().get(run) for run in runs):
        raise BadInput(text.WHERE_BUSY)
    stamp = int.from_bytes(hashlib.sha256(content).digest()[:6])  # another image may have the same name and size
    file = upload.announced(name, len(content), stamp, content[:HEAD].hex())
    kept = upload.announce(upload.home(workspace.config), [file], secrets.token_hex(16))
    kept.write(file.key, 0, content)
    kept.finish()
    origin = source.find(str(kept.folder), "", workspace.config)
    added = [add(workspace, run, origin, keys=model_choice.keys()) for run in runs]
    new = any(item.new for item in added)
    return text.where_added(len(runs)) if new else text.where_known(len(runs))
