"""Names: the proposed groups as cards, to rename, merge, split, pin or have suggested again; then images are sorted."""

from __future__ import annotations

import streamlit as st

from core.pipeline import suggest_names
from core.results import decisions
from ui import text
from ui.browse.about import about
from ui.clusters import dialogs, drafted, group_data, opened, several
from ui.clusters.look_twice import look_twice
from ui.clusters.name_cards import Board, add_card, card
from ui.clusters.stale import assign_button, skipped_notice, stale_notice
from ui.clusters.suggest_again import comparison
from ui.clusters.undo import undo_button
from ui.components import empty
from ui.components.head import head, tools
from ui.components.safe import safe_md
from ui.components.sight_note import sight_note
from ui.group.first_names import first_names
from ui.session import run_data, state

_FEW = 5

run = empty.open_run(text.NAMES_TITLE)
top = head(text.NAMES_TITLE, run_data.run_name(run))
run_id = run.id
edited = decisions.clusters(state.workspace().store, run_id)
if not edited.clusters:
    empty.not_yet(text.NAMES_EMPTY_TITLE, text.NAMES_EMPTY, "group", text.SHOW)
    if state.jobs().get(run_id):
        st.fragment(first_names, run_every=2.0)(run)
    st.stop()

view = run_data.view(run)
sorted_ = run_data.is_sorted(run)
at_work = state.jobs().get(run_id) is not None
labelled = sum(number for _, _, number in view.labels())
top.caption(text.NAMES_NOTE.format(images=text.images(labelled)), width="content")
with tools():
    if not sorted_:
        assign_button(run, "assign", disabled=at_work)
    elif st.button(text.TO_BROWSE, icon=":material/arrow_forward:", icon_position="right", key="to-browse"):
        state.go_to("browse")
    for label, icon, kind in (
        (text.SUGGEST, ":material/lightbulb:", "suggest"),
        (text.SETS, ":material/playlist_add_check:", "sets"),
    ):
        st.button(label, icon=icon, key=kind, disabled=at_work, on_click=opened.ask, args=(run_id, kind))
    undo_button(run, disabled=at_work)
    alike, known = st.container(width="content"), st.container(width="content")

if at_work:
    sight_note(run.settings, edited.clusters)
    st.info(text.AT_WORK, icon=":material/hourglass_top:")
    st.stop()
# What comes and goes has a place of its own: cards that moved would lose the focus of the keyboard.
notices = st.container()
with notices:
    if error := state.jobs().ended_with(run_id):
        st.error(safe_md(error), icon=":material/error:")
    skipped_notice(view)
    if sorted_:
        stale_notice(run, view)

draft = None if sorted_ else drafted.draft_of(run, edited)
found = group_data.groups(view, draft.counted(edited.clusters) if draft else edited.clusters, sorted_)
clusters = [group.counted() for group in found]
if suggested := suggest_names.waiting(state.workspace().store, run_id):
    comparison(run, edited, clusters, suggested, sorted_)
    st.stop()

several.bar(run, clusters, edited.pinned)
board = Board(
    run, clusters, edited.pinned, len(draft.items) if draft else labelled, sorted_, run_data.has_pictures(run)
)
with st.grid(3, min_column_width=300, gap="small") as grid:
    for group in found:
        card(board, group)
    add_card(run, len(state.workspace().store.runs.edits(run_id)), sorted_)
if not sorted_ and len(clusters) > _FEW:  # the first button is out of sight by now
    assign_button(run, "assign-below")
with known:  # last, so that the pictures need not wait for it
    about(run, clusters)
with alike:
    look_twice(run, clusters)
dialogs.show(board, edited, found)
