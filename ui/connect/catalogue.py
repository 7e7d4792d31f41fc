"""Cards of models that can be had at a button: what each is good at and takes, how far it is, and what it said here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from core.config import config
from core.models import parts, registry
from core.models.catalogue import getting, room
from core.models.catalogue.entries import Entry, entries
from core.models.catalogue.getting import Getting
from core.models.catalogue.shelf import Place
from ui import text
from ui.components.notices import act
from ui.components.safe import safe_md
from ui.session import model_choice, state

_POLL_SECONDS = 1.0
_KEY = "hub-token"


def places() -> list[Place]:
    """All models of the catalogue whose kind this installation knows."""
    able = {*registry.VISION, *registry.TEXT}
    return [Place(entry, config().models) for entry in entries().values() if entry.kind in able]


def got() -> list[str]:
    """Those that are here, as specs."""
    return [place.spec for place in places() if place.is_whole()]


def catalogue() -> None:
    """The cards: first those that a processor is enough for."""
    found = places()
    if not found:
        return
    st.header(text.CATALOGUE_TITLE, anchor=False)
    st.caption(text.CATALOGUE_NOTE)
    _cards([place for place in found if not place.entry.graphics_card])
    large = [place for place in found if place.entry.graphics_card]
    now = getting.now()
    is_open = bool(now and now.place in large) or any(place.is_whole() for place in large)
    with st.expander(text.CATALOGUE_LARGE, icon=":material/developer_board:", expanded=is_open):
        if not room.has_graphics_card():
            st.caption(f":orange[:material/info:] {text.CATALOGUE_NO_CARD}")
        _cards(large)


def _cards(found: Sequence[Place]) -> None:
    for first in range(0, len(found), 2):
        for column, place in zip(st.columns(2), found[first : first + 2], strict=False):
            with column, st.container(border=True, gap="small", height="stretch"):
                _card(place)


def _card(place: Place) -> None:
    entry, now = place.entry, getting.now()
    mine = now if now and now.place == place else None
    with st.container(gap=None):
        st.markdown(f"**{entry.name}** :small[:gray[{_does(entry)}]]")
        st.caption(text.translated(entry.good_at))
    st.caption(_facts(entry))
    if entry.speed:  # no caption: a link in one has too little contrast
        st.markdown(f":small[{text.translated(entry.speed)} ([{text.CATALOGUE_SOURCE}]({entry.source})).]")
    if mine and not mine.over:
        _progress()
        return
    if mine and mine.error:
        st.error(safe_md(mine.error, 600), icon=":material/error:")
        if mine.refused:
            st.text_input(
                text.CATALOGUE_KEY, type="password", key=_KEY, help=text.CATALOGUE_KEY_HELP,
                icon=":material/key:", autocomplete="off",
            )  # fmt: skip
    _status(place, mine)
    _buttons(place, is_free=now is None or now.over)


def _does(entry: Entry) -> str:
    labels = {"vision": text.CONNECT_VISION, "text": text.CONNECT_TEXT}
    return " · ".join(labels[role] for role in entry.roles)


def _facts(entry: Entry) -> str:
    takes = text.catalogue_takes(entry.size / 1e9, entry.memory_gb, entry.licence, card=entry.graphics_card)
    if not parts.is_here(entry.kind):
        part = parts.part_of(entry.kind)
        takes += f" {text.catalogue_part(text.PART_ADDING[entry.kind], part.fetch_gb, part.minutes)}"
    return takes


def _status(place: Place, mine: Getting | None) -> None:
    """What is here of it, and what it said when it was tried."""
    record = place.record()
    if place.is_whole() and record and record.seconds:
        asked = text.CONNECT_ASKED_IMAGE if "vision" in place.entry.roles else text.CONNECT_ASKED_TEXT
        said = text.catalogue_tested(asked, record.seconds, record.said or text.CONNECT_EMPTY_REPLY)
        mark = ":green[:material/check_circle:]" if record.right else ":orange[:material/warning:]"
        st.caption(f"{mark} {safe_md(said, 400)}{'' if record.right else f' {text.CATALOGUE_WRONG}'}")
    elif place.is_whole():
        st.caption(f":material/help: {text.CATALOGUE_UNTRIED}")
    elif here := place.here():
        st.caption(f":material/pause_circle: {text.catalogue_partly(here / 1e9, place.total() / 1e9)}")
    elif not (mine and mine.error) and room.is_tight(place.entry) and not place.entry.graphics_card:
        st.caption(f":orange[:material/memory:] {text.CATALOGUE_TIGHT}")


def _buttons(place: Place, *, is_free: bool) -> None:
    entry, chosen = place.entry, model_choice.choice()
    with st.container(horizontal=True):
        if not place.is_whole():
            label = text.CATALOGUE_CONTINUE if place.here() else text.CATALOGUE_GET
            _button(label, f"get-{entry.id}", ":material/download:", _get, place, disabled=not is_free)
        elif not (record := place.record()) or not record.seconds:
            _button(text.CATALOGUE_TRY, f"get-{entry.id}", ":material/bolt:", _get, place, disabled=not is_free)
        elif place.spec in (chosen.vision, chosen.text):
            st.badge(text.CATALOGUE_IN_USE, icon=":material/check:", color="green")
        else:
            _button(text.CATALOGUE_USE, f"use-{entry.id}", ":material/check:", _use, place)
        if place.here():
            _button(text.CATALOGUE_REMOVE, f"remove-{entry.id}", ":material/delete:", _remove, place)


def _button(
    label: str, key: str, icon: str, do: Callable[[Place], str | None], place: Place, *, disabled: bool = False
) -> None:
    st.button(label, key=key, icon=icon, on_click=act, args=(do, place), disabled=disabled)


@st.fragment(run_every=_POLL_SECONDS)
def _progress() -> None:
    """How far it is, drawn anew each second; the whole page once it is over."""
    now = getting.now()
    if now is None or now.over:
        st.rerun()
    said, share = _how_far(now)
    if share is None:
        st.caption(f":material/hourglass_top: {said}")
    else:
        st.progress(share, said)
    st.button(text.PART_CANCEL, icon=":material/close:", key="get-cancel", on_click=getting.cancel)


def _how_far(now: Getting) -> tuple[str, float | None]:
    """What is being done, and which share of it is done; None where nobody knows."""
    if now.step == "part":
        adding = parts.adding()
        doing = safe_md(adding.said) if adding and adding.said else text.PART_BEGINS
        return f"{text.PART_ADDING[now.place.entry.kind]}: {doing}", adding.share if adding else None
    if now.step == "fetching":
        said = text.catalogue_fetching(now.here / 1e9, now.total / 1e9, now.seconds_left)
        return said, min(now.here / now.total, 1.0) if now.total else None
    return text.CATALOGUE_STEPS[now.step], None


def _get(place: Place) -> None:
    """Begin, or go on. Once it has passed its test it is used, in all sessions and also where this one has gone."""
    preferences = state.workspace().store.preferences

    def ready(done: Place) -> None:
        for role in done.entry.roles:
            preferences.set(role, done.spec)

    getting.start(place, ready, str(st.session_state.get(_KEY) or "").strip())


def _use(place: Place) -> str:
    model_choice.choose(**_with(place, place.spec))
    return text.CONNECT_USED


def _remove(place: Place) -> str:
    if place.spec in (model_choice.choice().vision, model_choice.choice().text):
        model_choice.choose(**_with(place, model_choice.BUILTIN))
    getting.forget()
    place.remove()
    return text.CATALOGUE_REMOVED


def _with(place: Place, spec: str) -> dict[str, str]:
    """The choice of today with this model in the roles that it plays."""
    now = model_choice.choice()
    roles = place.entry.roles
    return {"vision": spec if "vision" in roles else now.vision, "text_model": spec if "text" in roles else now.text}
