"""Criteria worth trying, on the page Group: some pictures, a card for each suggestion, and shortcuts to fill the form.

They are looked for in the background; what a page shows is what is kept of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.domain import DatasetRow, RunSettings, same_name
from core.jobs import Look
from core.pipeline.sight import sight_of
from core.suggestions import from_chat, labels, sample, suggest
from core.suggestions.joined import joined
from core.suggestions.labels import Column
from core.suggestions.suggestion import Found, Number, Suggestion
from ui import text
from ui.components.group_strip import group_strip
from ui.components.notices import guarded
from ui.components.safe import plain, safe_md
from ui.group import further, number_of_groups
from ui.session import model_choice, state

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
    return replace(kept, suggestions=tuple(sorted(several, key=_is_unseen))), columns


def _is_unseen(one: Suggestion) -> bool:
    """Whether the model that looks at images could not see it; these come last."""
    return bool(sight_of(RunSettings("", one.criterion, one.number.k, model_choice.choice().vision)).warning)


def strip(found: Found, given: DatasetRow) -> None:
    """One row of pictures, of every kind that there is; the first ones until that is known."""
    if not given.source.has_images:
        return
    ids = found.shown or sample.chosen(state.workspace(), given.id, _STRIP_TILES)
    group_strip([("", ids)], key="strip", side=_STRIP, wide=True)


def panel(found: Found, given: DatasetRow) -> None:
    """A card for each suggestion; what is still being looked for is said meanwhile."""
    st.header(text.SUGGESTIONS, help=text.SUGGESTIONS_HELP, anchor=False)
    look = _under_way(given)
    if look is not None:
        st.fragment(_live, run_every=1.0)(look)
    elif not found.suggestions:
        st.caption(text.SUGGESTIONS_NONE)
    for one in found.suggestions:
        _card(one, given)
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


def _card(one: Suggestion, given: DatasetRow) -> None:
    key = f"suggestion-{one.criterion}"
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{safe_md(text.suggestion_title(one.criterion, one.number.k), 80)}**")
        said = text.SUGGESTION_ASKED if one.origin == "chat" else text.reason(one.number)
        st.caption(safe_md(said))
        group_strip(_groups(one, given.source.has_images), key=f"{key}-groups")
        if unseen := _is_unseen(one):
            st.caption(f":material/visibility_off: {text.SUGGESTION_UNSEEN}")
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(
                text.SUGGESTION_TAKE, icon=":material/north_west:", key=f"{key}-take",
                on_click=number_of_groups.take, args=(one,),
            )  # fmt: skip
            typed = str(st.session_state.get("criterion") or "")
            if typed and not same_name(typed, one.criterion) and not further.holds(given, one.criterion):
                st.button(
                    text.SUGGESTION_ADD, icon=":material/add:", key=f"{key}-add", type="tertiary", disabled=unseen,
                    help=text.SUGGESTION_ADD_HELP, on_click=further.add, args=(given, one.criterion, one.number.k),
                )  # fmt: skip


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
