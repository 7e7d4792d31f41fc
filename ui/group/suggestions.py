"""Criteria worth trying, on the page Group: some pictures, a card for each suggestion, and shortcuts to fill the form.

They are looked for in the background; what a page shows is what is kept of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st

from core.domain import DatasetRow, RunSettings
from core.ingest.ground_truth import ALIKE, split_address
from core.jobs import Look
from core.pipeline.sight import sight_of
from core.suggestions import from_chat, labels, sample, suggest
from core.suggestions.joined import joined
from core.suggestions.labels import Column
from core.suggestions.suggestion import Found, Number, Suggestion
from ui import text
from ui.components.group_strip import group_strip
from ui.components.notices import act, guarded
from ui.components.safe import plain, safe_md
from ui.group import number_of_groups
from ui.group.start import start_all
from ui.session import lineage, model_choice, run_options, state

_CHIPS = 6
_SHOWN = 4
"""Groups of a card."""
_STRIP, _STRIP_TILES = 84, 12
"""Pictures above the form: their side in pixels, and how many."""
_USUAL_TEXT = "x" * 200


def at_hand(given: DatasetRow, truth: str) -> tuple[Found, list[Column]]:
    """What is suggested for these images by now, and the columns of labels that they have."""
    kept = suggest.kept(state.workspace(), given.id).all
    facets = repr((state.workspace().store.datasets.facets(given.id), given.counts))
    columns = _columns(given.id, truth, facets)
    several = joined(labels.suggestions(columns), kept.suggestions)
    return replace(kept, suggestions=tuple(sorted(several, key=lambda one: _is_unseen(one, given)))), columns


def _is_unseen(one: Suggestion, given: DatasetRow) -> bool:
    """Whether the model that looks at images could not see it; these come last."""
    return bool(sight_of(_settings(given, "", one)).warning)


def strip(found: Found, given: DatasetRow) -> None:
    """One row of pictures, of every kind that there is; the first ones until that is known."""
    if not given.source.has_images:
        return
    ids = found.shown or sample.chosen(state.workspace(), given.id, _STRIP_TILES)
    group_strip([("", ids)], key="strip", side=_STRIP, wide=True)


def panel(found: Found, given: DatasetRow, truth: str) -> None:
    """A card for each suggestion; what is still being looked for is said meanwhile."""
    st.header(text.SUGGESTIONS, help=text.SUGGESTIONS_HELP, anchor=False)
    look = _under_way(given)
    if look is not None:
        st.fragment(_live, run_every=1.0)(look)
    elif not found.suggestions:
        st.caption(text.SUGGESTIONS_NONE)
    ticked = [one for one in found.suggestions if _card(one, given)]
    if len(ticked) > 1:
        st.button(
            text.group_by_these(len(ticked)), icon=":material/playlist_play:", key="together", on_click=act,
            args=(_together, given, truth, ticked),
        )  # fmt: skip
    _more_ideas(given, found)


def _live(look: Look) -> None:
    with guarded():
        if not look.alive:
            st.rerun()
        now = look.progress
        done = now is None or now.done < now.total
        share = now.done / now.total if now and now.total else 0.0
        st.progress(share, text=f"{text.SUGGESTIONS_LOOKING if done else text.SUGGESTIONS_FORMING} …")


def _under_way(given: DatasetRow) -> Look | None:
    """The search that is going on; it is begun where there is nothing fresh. One that ended with an error is not
    repeated by itself."""
    look = state.jobs().suggesting(given.id)
    if look is not None and look.alive:
        return look
    if look is not None and look.error:
        st.caption(f":red[:material/error: {safe_md(look.error)}]")
        return None
    if suggest.kept(state.workspace(), given.id).fresh:
        return None
    return state.jobs().suggest(given)


def _card(one: Suggestion, given: DatasetRow) -> bool:
    """One suggestion; whether it is ticked."""
    key = f"suggestion-{one.criterion}"
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{safe_md(text.suggestion_title(one.criterion, one.number.k), 80)}**")
        said = text.SUGGESTION_ASKED if one.origin == "chat" else text.reason(one.number)
        st.caption(safe_md(said))
        group_strip(_groups(one, given.source.has_images), key=f"{key}-groups")
        unseen = _is_unseen(one, given)
        if unseen:
            st.caption(f":material/visibility_off: {text.SUGGESTION_UNSEEN}")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                text.SUGGESTION_TAKE, icon=":material/north_west:", key=f"{key}-take",
                on_click=number_of_groups.take, args=(one,),
            )  # fmt: skip
            return st.checkbox(text.SUGGESTION_TICK, key=f"{key}-tick", disabled=unseen) and not unseen


def _groups(one: Suggestion, pictures: bool) -> list[tuple[str, Sequence[str]]]:
    """The largest groups with some of their images, and how many more there are. One without a name is shown where
    there are pictures of it."""
    shown = [group for group in one.groups if group.name or (pictures and group.examples)][:_SHOWN]
    whole = sum(group.size for group in one.groups)
    found: list[tuple[str, Sequence[str]]] = [
        (
            text.group_of_sample(plain(group.name, 40), group.size / whole if whole else 0.0),
            group.examples if pictures else (),
        )
        for group in shown
    ]
    left = max(one.number.k, len(one.groups)) - len(shown)
    return [*found, (text.more_groups(left), ())] if left > 0 else found


def _together(given: DatasetRow, truth: str, ticked: Sequence[Suggestion]) -> str:
    """One run for each of these criteria; the first is opened, or all where they can be seen beside each other."""
    lineage.forget()
    begun = start_all(given, [_settings(given, truth, one) for one in ticked])
    state.go_next("compare", run=begun[0], **{state.OTHER_RUN: begun[1]})
    return text.SUGGESTIONS_BEGUN


def _settings(given: DatasetRow, truth: str, one: Suggestion) -> RunSettings:
    """A run by a suggestion with the models that are chosen, compared with the labels that it was drawn from."""
    choice = model_choice.choice()
    k = min(one.number.k, given.counts.get("ready", 0))
    plain_settings = RunSettings("", one.criterion, k, choice.vision, choice.text, truth=_truth_of(truth, one))
    return replace(run_options.applied(given, plain_settings), names=())


def _truth_of(truth: str, one: Suggestion) -> str:
    """The address of the suggestion's own column in the table that these images are compared with."""
    if one.origin != "labels" or not truth:
        return truth
    alike, address = (ALIKE, truth.removeprefix(ALIKE)) if truth.startswith(ALIKE) else ("", truth)
    path, _ = split_address(address)
    return f"{alike}{path}:{one.number.column}" if Path(path).is_file() else truth


def _more_ideas(given: DatasetRow, found: Found) -> None:
    """A chat model is asked only when a person wants it; what that takes is said before and after."""
    spec = model_choice.choice().text
    if not model_choice.is_chat(spec):
        return
    store = state.workspace().store
    for before in suggest.kept(state.workspace(), given.id).chat:
        cost = "" if before.cost is None else text.money(before.cost)
        came = text.ideas_came(len(before.suggestions), before.model, text.tokens(before.tokens), cost)
        st.caption(f":material/payments: {safe_md(came)}")
    number = min(from_chat.TEXTS, given.counts.get("ready", 0))
    tokens, dollars = from_chat.expected(store, spec, [_USUAL_TEXT] * number)
    price = "" if dollars is None else text.costs(dollars) if dollars else text.FREE
    told = text.ideas_cost(text.tokens(tokens), price)
    if st.button(
        safe_md(text.ask_for_ideas(model_choice.name(spec)), 60), icon=":material/lightbulb:", key="ideas",
        disabled=not found.sampled,
    ):  # fmt: skip
        with guarded(), st.spinner(text.READYING):
            suggest.by_chat(state.workspace(), given, spec, model_choice.keys())
            st.rerun()
    st.caption(safe_md(told))


@st.cache_data(max_entries=20, ttl=300, show_spinner=False)
def _columns(dataset_id: str, truth: str, facets: str) -> list[Column]:
    return labels.columns(state.workspace().store, dataset_id, truth)


def shortcuts(found: Found) -> None:
    """Suggestions as chips under the field; fixed examples until there are some."""
    offered = {_chip(one): one for one in found.suggestions[:_CHIPS]}
    st.pills(
        text.TRY if offered else text.EXAMPLES_LABEL,
        list(offered) or list(text.EXAMPLES),
        key="example",
        format_func=lambda chip: safe_md(chip, 60),
        label_visibility="visible" if offered else "collapsed",
        on_change=_take_chip,
        args=(offered,),
        wrap=True,
    )


def _chip(one: Suggestion) -> str:
    return text.try_one(one.criterion, [group.name for group in one.groups if group.name])


def _take_chip(offered: dict[str, Suggestion]) -> None:
    chosen = st.session_state.get("example")
    if chosen:  # a pill is a shortcut, not a choice that could contradict the field
        number_of_groups.take(offered.get(chosen) or Suggestion(str(chosen).lower(), Number(0), (), "labels"))
        st.session_state["example"] = None
