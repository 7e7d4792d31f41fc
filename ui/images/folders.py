"""A folder of this computer chosen by looking through folders, without typing a path."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.errors import FacetryError
from core.ingest.sources import local_folders
from core.ingest.sources.local_folders import Count
from ui import text
from ui.components.notices import guarded
from ui.components.safe import safe_md
from ui.routes import owner
from ui.session import state

_PLACE, _CHOSEN, _OPEN = "folder-place", "folder-chosen", "folders are shown"


def chosen() -> str:
    """The folder that was just chosen in the dialog, or ""; once."""
    return str(st.session_state.pop(_CHOSEN, ""))


def browse_button() -> None:
    """Offer the dialog, to the owner of the server alone: it shows what folders are called."""
    if not owner.is_here():
        return
    label, icon = text.FOLDERS_OPEN, ":material/folder_open:"
    st.button(label, type="primary", icon=icon, key="folders-open", on_click=_turn, args=(True,))
    if st.session_state.get(_OPEN):  # it stays when the page is drawn anew
        dialog = st.dialog(text.FOLDERS_TITLE, width="medium", icon=icon, on_dismiss=lambda: _turn(False))
        dialog(_dialog)()


def _turn(is_open: bool) -> None:
    st.session_state[_OPEN] = is_open


def _dialog() -> None:
    with guarded():
        place = str(st.session_state.get(_PLACE, ""))
        if not place:
            _roots()
            return
        try:
            _trail(Path(place))
            _folder(Path(place))
        except FacetryError:
            st.session_state.pop(_PLACE, None)  # it has gone; the next time begins at the roots
            raise


def _roots() -> None:
    roots = local_folders.roots(state.workspace().config)
    for root in roots:
        icon = ":material/home:" if root == Path.home().resolve() else ":material/hard_drive:"
        st.button(
            safe_md(_called(root), 60), icon=icon, key=f"folder-{root}", width="stretch", on_click=_open, args=(root,)
        )
    if not roots:
        st.info(text.FOLDERS_NONE, icon=":material/info:")


def _trail(place: Path) -> None:
    """The folders above this one, each one click away."""
    trail = local_folders.trail(place, state.workspace().config)
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall"):
        st.button(text.FOLDERS_TOP, type="tertiary", key="folder-top", on_click=_open, args=(None,))
        for above in trail:
            st.markdown("›", width="content")
            label = safe_md(_called(above) if above == trail[0] else above.name, 40)
            st.button(
                label, type="tertiary", key=f"trail-{above}", disabled=above == place, on_click=_open, args=(above,)
            )


def _folder(place: Path) -> None:
    found = _listing(str(place))
    with st.container(height=320, gap="xxsmall"):
        for folder, count in found.folders:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.button(
                    safe_md(folder.name, 60),
                    icon=":material/folder:",
                    type="tertiary",
                    key=f"folder-{folder}",
                    on_click=_open,
                    args=(folder,),
                )
                st.space("stretch")
                st.caption(_counted(count), width="content")
        if not found.folders:
            st.caption(text.FOLDERS_NO_MORE)
        if found.left_out:
            st.caption(text.folders_left_out(found.left_out))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(text.FOLDERS_HERE.format(images=_counted(found.here)), width="stretch")
        usable = bool(found.here.images) or not found.here.whole
        if st.button(text.FOLDERS_USE, type="primary", icon=":material/check:", key="folder-use", disabled=not usable):
            _turn(False)
            st.session_state[_CHOSEN] = str(place)
            st.rerun()


@st.cache_data(ttl=10, max_entries=20, show_spinner=False)
def _listing(place: str) -> local_folders.Listing:
    """Remembered for seconds, as the dialog is drawn at every click. Raises BadInput."""
    return local_folders.listing(Path(place), state.workspace().config)


def _open(place: Path | None) -> None:
    st.session_state[_PLACE] = str(place or "")


def _called(root: Path) -> str:
    """What a root is called: the home folder by its word, others by their names."""
    return text.FOLDERS_HOME if root == Path.home().resolve() else safe_md(root.name or str(root), 60)


def _counted(count: Count) -> str:
    return text.images(count.images) if count.whole else text.folders_at_least(count.images)
