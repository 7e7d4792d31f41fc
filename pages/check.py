"""Check: a queue of the images that tell most; what a person shows is applied to the rest, and says how good it is."""

from __future__ import annotations

import streamlit as st

from core.errors import BadInput
from core.pipeline.checking import Lesson
from ui import text
from ui.check.lesson import desk
from ui.check.preview import SHOWN, preview
from ui.check.question import question
from ui.check.showing import to_be_shown
from ui.clusters.edit_callbacks import add
from ui.clusters.undo import undo_button
from ui.components import empty
from ui.components.head import head
from ui.components.notices import act
from ui.components.safe import safe_md
from ui.session import run_data, state

_OUTSIDE = 3

run = empty.open_run(text.CHECK_TITLE)
head(text.CHECK_TITLE, run_data.run_name(run))
empty.until_sorted(run, text.CHECK_EMPTY)
view = run_data.view(run)
own = desk(run)
now = Lesson(state.workspace().store, run.id)
known = own.lesson or now
begins = to_be_shown(run, view)

with st.container(horizontal=True, vertical_alignment="center"):
    with st.container(gap=None, width="stretch"):
        if found := now.accuracy(own.skipped):
            st.markdown(
                f"**{text.estimate(found.drawn, found.right, found.low, found.high)}**", help=text.ESTIMATE_HELP
            )
        elif not begins:
            st.caption(text.CHECK_ESTIMATE_NONE)
        st.caption(text.CHECK_SHOW_FIRST if begins else text.checked_so_far(len(now.examples), known.doubtful))
    undo_button(run)
    st.button(
        text.CHECK_APPLY,
        icon=":material/model_training:",
        help=text.CHECK_APPLY_HELP if now.examples else text.CHECK_APPLY_FIRST,
        disabled=not now.examples or now.waits,
        key="check-apply",
        on_click=st.session_state.__setitem__,
        args=(SHOWN, True),
    )

if st.session_state.get(SHOWN):
    try:
        with st.spinner(text.CHECK_LEARNING):
            preview(run, view, now)
        st.stop()
    except BadInput:  # its examples were undone meanwhile
        st.session_state.pop(SHOWN, None)
if own.asked:
    question(run, view, own)
else:
    st.info(text.CHECK_ALL_DONE, icon=":material/done_all:")

said = [(what, number) for what, number in view.answers() if what][:_OUTSIDE]
if said:
    st.header(text.CHECK_OUTSIDE, anchor=False)
    for place, (what, number) in enumerate(said):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(safe_md(text.say(number, what), 160), width="stretch")
            st.button(text.CHECK_ADD, key=f"outside-{place}", on_click=act, args=(add, run.id, what))
