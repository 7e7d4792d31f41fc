"""Several groups chosen at once: the bar that says so, and merging them under a new name."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.domain import Cluster
from core.store.runs import RunRow
from ui import text
from ui.clusters import edit_callbacks, opened
from ui.components.dialog import dialog
from ui.components.notices import act, guarded
from ui.components.safe import safe_md, unseen

_MERGED = "merged-groups"
"""Those that were chosen for it, and are not any more; their boxes are on the page already when they are merged."""


def choose_box(run_id: str, cluster: Cluster) -> None:
    """The box on a card that chooses its group."""
    st.checkbox(
        unseen(text.choose(cluster.name)), key=_key(run_id, cluster.id), label_visibility="collapsed", width="content"
    )


def chosen(run_id: str, clusters: Sequence[Cluster]) -> list[Cluster]:
    """The groups that are chosen."""
    return [cluster for cluster in clusters if st.session_state.get(_key(run_id, cluster.id))]


def bar(run: RunRow, clusters: Sequence[Cluster], pinned: frozenset[str]) -> None:
    """What can be done with the groups that are chosen, in sight wherever the page is; nothing while none is.

    Comes before the cards.
    """
    clear(run.id, st.session_state.pop(_MERGED, ()))
    some = chosen(run.id, clusters)
    if not some:
        return
    with st.bottom, st.container(horizontal=True, vertical_alignment="center", key="chosen-groups"):
        st.markdown(f"**{text.chosen(len(some))}**", width="stretch")
        st.button(
            text.MERGE_CHOSEN,
            type="primary",
            icon=":material/merge:",
            key="merge-chosen",
            disabled=len(some) < 2,
            on_click=opened.ask,
            args=(run.id, "merge", *(cluster.id for cluster in some)),
        )
        all_pinned = all(cluster.id in pinned for cluster in some)
        st.button(
            text.UNPIN if all_pinned else text.PIN,
            icon=":material/keep_off:" if all_pinned else ":material/keep:",
            key="pin-chosen",
            help=text.PIN_HELP,
            on_click=act,
            args=(edit_callbacks.pin, run.id, [cluster.id for cluster in some], not all_pinned),
        )
        st.button(text.CLEAR_CHOSEN, icon=":material/close:", key="clear-chosen", on_click=clear, args=(run.id, some))


def clear(run_id: str, clusters: Sequence[Cluster]) -> None:
    """Choose none of these any more."""
    for cluster in clusters:
        st.session_state[_key(run_id, cluster.id)] = False


@dialog(lambda: text.MERGE_TITLE, on_dismiss=opened.close)
def merge_dialog(run: RunRow, clusters: Sequence[Cluster]) -> None:
    """Ask what the merged group is called; Enter merges."""
    whole = max(clusters, key=lambda cluster: cluster.size or 0)
    with guarded(), st.form("merge-several", border=False):
        st.markdown(safe_md(text.will_merge([cluster.name for cluster in clusters]), 600))
        name = st.text_input(text.MERGE_NAME, value=whole.name, key=f"merge-name-{whole.id}")
        if st.form_submit_button(text.MERGE_CHOSEN, type="primary", icon=":material/merge:"):
            others = [cluster.id for cluster in clusters if cluster.id != whole.id]
            edit_callbacks.merge_several(run.id, others, whole.id, name or "")
            st.session_state[_MERGED] = clusters
            opened.close()
            st.rerun()


def _key(run_id: str, cluster_id: str) -> str:
    return f"choose-{run_id}-{cluster_id}"
