"""Names suggested again: what is asked for and what that takes; and the suggestion beside the names as they are."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import streamlit as st

from core.domain import Cluster
from core.errors import BadInput
from core.pipeline import suggest_names
from core.pipeline.draft import Draft
from core.pipeline.suggest_names import HINT_CHARS, Wanted
from core.results.edited import Edited, applied
from core.results.edits import Propose
from core.results.run_view import View
from core.store.runs import RunRow
from ui import text
from ui.clusters import drafted, edit_callbacks, opened
from ui.components.dialog import dialog
from ui.components.gallery import Tile, wall
from ui.components.notices import act, guarded
from ui.components.safe import safe_md
from ui.session import model_choice, run_data, state

_TILES = 5
_MOST = 200


@dialog(lambda: text.SUGGEST, on_dismiss=opened.close)
def suggest_dialog(run: RunRow, edited: Edited, number: int = 0) -> None:
    """Ask for other names. number: how many groups to offer first; 0 for as many as there are."""
    with guarded():
        if not suggest_names.can_suggest(run.settings):
            st.info(text.SUGGEST_ELSEWHERE, icon=":material/info:")
            return
        pinned = [cluster.name for cluster in edited.clusters if cluster.id in edited.pinned]
        least = len(pinned) + 1
        k = st.number_input(
            text.SUGGEST_NUMBER,
            min_value=least,
            max_value=max(_MOST, least),
            value=max(number or len(edited.clusters), least),
            key=f"suggest-number-{run.id}-{number}",
        )
        hint = ""
        if suggest_names.reads_hints(run.settings):
            hint = st.text_input(
                text.SUGGEST_HINT,
                placeholder=text.SUGGEST_HINT_HINT,
                max_chars=HINT_CHARS,
                key=f"suggest-hint-{run.id}",
            )
        else:
            st.caption(text.SUGGEST_NO_HINT)
        st.caption(safe_md(text.pinned(pinned), 600))
        wanted = Wanted(int(k), (hint or "").strip())
        takes(run, wanted)
        if st.button(text.SUGGEST_DO, type="primary", icon=":material/lightbulb:", key="do-suggest"):
            ask(run.id, wanted)
            opened.close()
            st.rerun()


def takes(run: RunRow, wanted: Wanted) -> None:
    """Say what asking takes, before it is done."""
    found = suggest_names.costs(state.workspace().store, run, wanted)
    if not found.requests:
        st.caption(f":material/timer: {text.NOTHING_SENT}, {text.about(found.seconds)}.")
        return
    cost = text.no_price(model_choice.name(run.settings.text)) if found.cost is None else text.FREE
    if found.cost:
        cost = text.costs(found.cost)
    parts = [text.requests(found.requests), text.tokens(found.tokens), cost, text.about(found.seconds)]
    st.caption(f":material/timer: {safe_md(' · '.join(parts))}")


def ask(run_id: str, wanted: Wanted) -> None:
    """Ask for names in the background. Raises BadInput."""
    state.jobs().suggest_names(run_id, wanted, model_choice.keys())


def comparison(run: RunRow, edited: Edited, now: Sequence[Cluster], clusters: Sequence[Cluster], sorted_: bool) -> None:
    """The suggestion beside the names as they are, and the choice between the two. now: today's groups as they are
    counted."""
    then = edited
    with suppress(BadInput):
        then = applied(edited, Propose(tuple(clusters)))
    draft = drafted.draft_of(run, then)
    new = draft.counted(then.clusters)
    found = suggest_names.difference(edited, clusters, _places(run, edited, sorted_), _by_item(draft))
    st.header(text.SUGGESTED)
    with st.container(horizontal=True, vertical_alignment="center"):
        exact = not sorted_ and not suggest_names.reads_hints(run.settings)
        said = text.changes(len(found.stay), len(found.go), len(found.come))
        st.markdown(f"{said} {text.moves(found.moves, found.images, exact=exact)}", width="stretch")
        st.button(
            text.TAKE, type="primary", icon=":material/check:", key="take", on_click=act, args=(_take, run.id, clusters)
        )
        st.button(text.KEEP, icon=":material/close:", key="keep-names", on_click=act, args=(_keep, run.id))
    if not found.go and not found.come:
        st.caption(text.SUGGESTED_SAME)
    pictures = run_data.has_pictures(run)
    left, right = st.columns(2)
    with left:
        _listed(text.BEFORE, now, dict.fromkeys(found.go, ":orange-badge"), text.GOES, "old", pictures)
    with right:
        _listed(text.AFTER, new, dict.fromkeys(found.come, ":green-badge"), text.COMES, "new", pictures)


def _listed(
    title: str, clusters: Sequence[Cluster], marked: dict[str, str], mark: str, key: str, pictures: bool
) -> None:
    """One of the two: its groups, those that only it has first."""
    st.markdown(f"**{title}**")
    for cluster in sorted(clusters, key=lambda cluster: cluster.name not in marked):
        badge = f"{marked[cluster.name]}[{mark}]" if cluster.name in marked else f":gray-badge[{text.STAYS}]"
        with st.container(border=True, gap="xsmall"):
            st.markdown(f"**{safe_md(cluster.name, 60)}** {badge} · {text.images(cluster.size or 0)}")
            if pictures and cluster.examples:
                tiles = [Tile(item, cluster.name) for item in cluster.examples[:_TILES]]
                wall(tiles, cluster.name, key=f"suggested-{key}-{cluster.id}", size=56)


def _places(run: RunRow, edited: Edited, sorted_: bool) -> dict[str, str]:
    if not sorted_:
        return _by_item(drafted.draft_of(run, edited))
    rows = View(state.workspace().store, run.id).each()
    return {row.item_id: row.cluster.id if row.cluster else "" for row in rows}


def _by_item(draft: Draft) -> dict[str, str]:
    return dict(zip(draft.items, draft.places, strict=True))


def _take(run_id: str, clusters: Sequence[Cluster]) -> str | None:
    said = edit_callbacks.propose(run_id, clusters)
    suggest_names.drop(state.workspace().store, run_id)
    return said


def _keep(run_id: str) -> str:
    suggest_names.drop(state.workspace().store, run_id)
    return text.KEPT
