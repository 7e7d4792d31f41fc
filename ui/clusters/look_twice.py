"""Groups whose names may mean the same, or that look alike: each with a button that puts it right."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.domain import Cluster
from core.models.builtin.from_pixels.word_senses import word_senses
from core.models.embedding.minilm import embed
from core.results import caveats
from core.store.runs import RunRow
from ui import text
from ui.clusters import opened
from ui.components.safe import safe_md

Found = tuple[str, list[Cluster]]


def look_twice(run: RunRow, clusters: Sequence[Cluster]) -> None:
    """A line for each, behind a button that says how many. clusters: with what is counted inside."""
    alike = caveats.look_alike(clusters)
    found: list[Found] = [(text.mostly([cluster.name for cluster in own], label), own) for label, own in alike]
    met = {frozenset(cluster.id for cluster in own) for _, own in found}
    by_id = {cluster.id: cluster for cluster in clusters}
    names = tuple((cluster.id, cluster.name) for cluster in clusters if not cluster.needs_name)
    found += [
        (why, [by_id[one], by_id[other]])
        for one, other, why in _same_meaning(names)
        if not any({one, other} <= ids for ids in met)
    ]
    if not found:
        return
    with st.popover(text.look_twice(len(found)), icon=":material/difference:", key="look-twice"):
        for line in found:
            _line(run, *line)
        fewer = sum(len(own) - 1 for _, own in alike)
        if fewer > 1:
            st.button(
                text.FEWER,
                icon=":material/lightbulb:",
                key="suggest-fewer",
                on_click=opened.ask,
                args=(run.id, "suggest", str(len(clusters) - fewer)),
            )


def _line(run: RunRow, sentence: str, own: Sequence[Cluster]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":orange[:material/difference:] {safe_md(sentence, 300)}.", width="content")
        key = f"merge-alike-{'-'.join(cluster.id for cluster in own)}"
        st.button(
            text.merge_these(len(own)),
            icon=":material/merge:",
            type="tertiary",
            key=key,
            on_click=opened.ask,
            args=(run.id, "merge", *(cluster.id for cluster in own)),
        )


@st.cache_data(max_entries=16, show_spinner=False)
def _same_meaning(names: tuple[tuple[str, str], ...]) -> list[tuple[str, str, str]]:
    """(id, another id, why) of groups whose names may mean the same; names: (id, name)."""
    clusters = [Cluster(key, name) for key, name in names]
    return [(one.id, other.id, why) for one, other, why in caveats.same_meaning(clusters, word_senses(), embed)]
