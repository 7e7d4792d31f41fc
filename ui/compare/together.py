"""All runs over the same images at once: a leaderboard a column of labels, how far they agree, and a consensus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from core.export.bundle import consensus_file
from core.pipeline import baselines
from core.results import together as results
from core.results.run_view import Query, View
from core.results.together import Said, Standing
from core.store.runs import RunRow
from ui import text
from ui.components.gallery import Tile, wall
from ui.components.notices import guarded
from ui.components.safe import plain, safe_md
from ui.routes.downloads import bundle_address
from ui.session import run_data, state

_NAME = 60
_ZONES, _TILES = 8, 8
"""Zones that can be decided about, and images of each that are shown."""


def together(run: RunRow) -> None:
    """Show it; nothing where there is only one run."""
    store = state.workspace().store
    dataset = run.settings.dataset_id
    views = results.views_of(store, dataset)
    if len(views) < 2:
        return
    names = {view.run.id: plain(run_data.run_name(view.run, len(view.edited.clusters)), _NAME) for view in views}
    st.header(text.TOGETHER, anchor=False, help=text.TOGETHER_HELP)
    facets = store.datasets.facets(dataset)
    if facets:
        facet = facets[0]
        if len(facets) > 1:
            facet = st.selectbox(text.TOGETHER_TRUTH, facets, format_func=lambda one: plain(one, _NAME), key="facet")
        _leaderboard(results.leaderboard(store, views, facet), names)
    _agreement(views, names)
    _consensus(run, names)
    with st.container(horizontal=True):
        for file, label in text.BUNDLES.items():
            st.link_button(label, bundle_address(dataset, file), icon=":material/download:", key=f"get-{file}")


def _leaderboard(standings: Sequence[Standing], names: Mapping[str, str]) -> None:
    seen = {view.run_id for view in standings if _has_seen_labels(view.run_id)}
    st.dataframe(
        {
            text.TOGETHER_RUN: [f"{names[one.run_id]}{'*' if one.run_id in seen else ''}" for one in standings],
            **{
                text.FIGURES[key]: [text.with_interval(one.scores[key], one.intervals.get(key)) for one in standings]
                for key in ("acc", "nmi", "ari")
            },
            text.TOGETHER_COVERED: [one.assigned / one.n for one in standings],
            text.FIGURES["cost"]: [text.money(one.took.cost) for one in standings],
            text.FIGURES["seconds"]: [text.duration(one.took.seconds) for one in standings],
        },
        hide_index=True,
        column_config={
            text.TOGETHER_RUN: st.column_config.TextColumn(width="large"),
            text.TOGETHER_COVERED: st.column_config.NumberColumn(format="percent"),
        },
        alt=text.TOGETHER,
        height="content",
    )
    st.caption(text.INTERVALS_NOTE)
    if seen:
        st.caption(f"\\* {text.SEEN_LABELS}")


def _has_seen_labels(run_id: str) -> bool:
    run = state.workspace().store.runs.get(run_id)
    return bool(run and baselines.has_seen_labels(run.settings))


def _agreement(views: Sequence[View], names: Mapping[str, str]) -> None:
    """The matrix of ARI; a field leads to the two runs side by side."""
    ids = [view.run.id for view in views]
    values = results.agreements(state.workspace().store, ids)
    st.subheader(text.AGREEMENT_MATRIX, anchor=False, help=text.AGREEMENT_MATRIX_HELP)
    columns = {f"{place}": one for place, one in enumerate(ids, start=1)}
    event = st.dataframe(
        {
            text.TOGETHER_RUN: [f"{place} · {names[one]}" for place, one in columns.items()],
            **{place: [values[row, one] for row in ids] for place, one in columns.items()},
        },
        hide_index=True,
        column_config={
            text.TOGETHER_RUN: st.column_config.TextColumn(width="large"),
            **{place: st.column_config.NumberColumn(format="%.2f", width="small") for place in columns},
        },
        on_select="rerun",
        selection_mode="single-cell",
        key=f"agree-{ids[0]}",
        alt=text.AGREEMENT_MATRIX,
        height="content",
    )
    for row, column in event.selection.cells:
        if column in columns and columns[column] != ids[row]:
            state.go_to("compare", ids[row], **{state.OTHER_RUN: columns[column]})


def _consensus(run: RunRow, names: Mapping[str, str]) -> None:
    """Choose which runs to trust, in this order, and make a run of what they say together."""
    with st.expander(text.CONSENSUS, icon=":material/how_to_vote:"), guarded():
        st.caption(text.CONSENSUS_NOTE)
        chosen = st.multiselect(
            text.CONSENSUS_RUNS, list(names), format_func=names.__getitem__, key=f"trust-{run.settings.dataset_id}"
        )
        ways = {"": text.CONSENSUS_VOTES} | {one: names[one] for one in chosen}
        trusted = st.selectbox(
            text.CONSENSUS_DISPUTED, list(ways), format_func=ways.__getitem__, key="trusted", help=text.CONSENSUS_HELP
        )
        if len(chosen) < 2:
            return
        whom = _by_zone(run, chosen, ways)
        found = results.consensus(state.workspace().store, chosen, trusted, whom)
        st.markdown(safe_md(text.disputed(found.disputed, len(found.groups))))
        if st.button(text.CONSENSUS_MAKE, icon=":material/how_to_vote:", key="consensus"):
            given = run_data.dataset(run)
            assert given is not None  # its runs are shown
            path, called = consensus_file(state.workspace(), found, run.settings.dataset_id)
            key = state.jobs().bring(path, given, name=text.CONSENSUS_NAME, called=called)
            state.go_to("bring", bring=key)


def _by_zone(run: RunRow, chosen: Sequence[str], names: Mapping[str, str]) -> dict[Said, str]:
    """For each of the largest zones where the runs disagree, whom to trust there. names: of the chosen runs by id."""
    found: dict[Said, str] = {}
    zones = results.zones(state.workspace().store, chosen)
    if not zones:
        return found
    st.subheader(text.ZONES, anchor=False, help=text.ZONES_HELP)
    if len(zones) > _ZONES:
        st.caption(text.zones_shown(_ZONES, len(zones)))
    for zone in zones[:_ZONES]:
        with st.container(border=True):
            said = dict(zip(chosen, zone.names, strict=True))
            lines = [safe_md(text.zone_says(names[one], group), 200) for one, group in said.items()]
            st.markdown("\n".join([f"**{text.images(len(zone.items))}**\n", *(f"- {line}" for line in lines)]))
            if run_data.has_pictures(run):
                rows = View(state.workspace().store, run.id).rows(Query(ids=zone.items[:_TILES]))
                tiles = [Tile(row.item_id, row.name, "", True) for row in rows]
                wall(tiles, text.ZONES, key=f"zone-{'-'.join(zone.said)}", size=72)
            whom = st.selectbox(
                text.ZONE_TRUST,
                ["", *chosen],
                format_func=lambda one: names[one] if one else text.ZONE_AS_ELSEWHERE,
                key=f"zone-{run.settings.dataset_id}-{'-'.join([*chosen, *zone.said])}",
            )
            if whom:
                found[zone.said] = whom
    return found
