"""What can be said of groups without labels: how they hold together, which look alike, whether they stay."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.evaluate.internal import Internal
from core.pipeline import without_truth
from core.results.caveats import alike_sentence
from core.results.run_view import View
from core.store.runs import RunRow
from ui import text
from ui.components.looking import under_way
from ui.components.safe import plain, safe_md
from ui.language import digits
from ui.session import run_data, state

_LITTLE = 0.05


def show(run: RunRow, view: View) -> None:
    """The internal metrics of each space, measured in the background, and the stability of the groups."""
    st.header(text.WITHOUT, anchor=False)
    st.caption(text.WITHOUT_NOTE)
    found = without_truth.kept(state.workspace().store, run.id)
    if found is None:
        under_way(
            without_truth.key(run),
            partial(without_truth.measure, run_id=run.id),
            label=text.WITHOUT_START,
            note=text.WITHOUT_COST,
            by_itself=view.count() <= without_truth.BY_ITSELF,
        )
    elif not found:
        st.caption(text.WITHOUT_NONE)
    for space, own in (found or {}).items():
        _space(text.WITHOUT_SPACES[space], own)
    if said := alike_sentence(view.edited.clusters):
        st.markdown(safe_md(said, 300))
    _stability(run)


def _space(title: str, own: Internal) -> None:
    st.subheader(title, anchor=False)
    st.caption(text.sampled(own.sampled))
    with st.grid(4, min_column_width=150, gap="small"):
        for name, tip, value, form in (
            (text.SILHOUETTE, text.SILHOUETTE_HELP, own.silhouette, ".3f"),
            (text.CALINSKI, text.CALINSKI_HELP, own.calinski_harabasz, ",.1f"),
            (text.DAVIES, text.DAVIES_HELP, own.davies_bouldin, ".2f"),
            (text.BALANCE, text.BALANCE_HELP, own.balance, ".2f"),
        ):
            st.metric(name, "–" if value is None else digits(value, form), help=tip, border=True)
    said = [
        *([text.silhouette_says(own.silhouette)] if own.silhouette is not None else []),
        *([text.davies_says(own.davies_bouldin)] if own.davies_bouldin is not None else []),
        *([text.CALINSKI_SAYS] if own.calinski_harabasz is not None else []),
        *([text.balance_says(own.balance)] if own.balance is not None else []),
        *[safe_md(text.look_alike(pair.one, pair.other, pair.share), 300) for pair in own.look_alike],
    ]
    if own.silhouette is not None and not own.look_alike:
        said.append(text.NONE_LOOK_ALIKE)
    st.markdown("\n".join(f"- {sentence}" for sentence in said))
    if own.silhouette is not None and own.silhouette < _LITTLE:
        st.caption(f":material/info: {text.WITHOUT_LITTLE}")


def _stability(run: RunRow) -> None:
    """How far the groups stay: when the sample changes, and in other runs by the same criterion."""
    store = state.workspace().store
    st.subheader(text.STABILITY, anchor=False, help=text.STABILITY_HELP)
    share, others = without_truth.by_sample(store, run.id), without_truth.repeated(store, run.id)
    said = [text.stays_by_sample(share)] if share is not None else []
    for one in others:
        other = store.runs.get(one.run_id)
        name = plain(run_data.run_name(other), 80) if other else one.run_id
        said.append(safe_md(text.agreement_said(name, one.differs, one.ari, one.images), 300))
    if not others:
        said.append(text.NOT_REPEATED)
    st.markdown("\n".join(f"- {sentence}" for sentence in said))
