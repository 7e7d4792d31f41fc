"""A wall of thumbnails that a person selects in the browser, without a rerun, and then acts on together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from ui import text
from ui.components.asset import asset
from ui.components.gallery import Tile, laid_out, told
from ui.components.notices import sentence_of

_wall = st.components.v2.component(
    "facetry_selecting_wall",
    html=asset("selecting_wall.html"),
    css=asset("tiles.css", "selecting_wall.css"),
    js=asset("tiles.js", "selecting_wall.js"),
)


@dataclass(frozen=True, slots=True)
class Choice(Tile):
    """A tile with what is known of where it may go. group: the id of the group it is in, "" for none. shares: group id
    -> probability, of the likeliest groups."""

    group: str = ""
    shares: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Act:
    """What a person does with what is selected.

    Attributes:
        kind: "move" into the group `to` (None: into none), "new" for a new group `name`, "undo" of the act `which`,
            "redo" of the one that was undone last.
        items: what is selected; where `everything` is, all that is looked at but `out`.
    """

    kind: str
    items: tuple[str, ...] = ()
    everything: bool = False
    out: tuple[str, ...] = ()
    to: str | None = None
    name: str = ""
    which: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """What to say of an act. back: the act that takes it back, offered beside it; None for none."""

    said: str
    back: Act | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a wall is a page of. scope: differs where other images are looked at, so that nothing stays selected.

    Attributes:
        total: how many images there are on all pages.
        counted: the sentence that says so.
        groups: (id, name) of those that images can be moved to, in the order of their numbers.
        unsure: whether images can be put into no group.
        words: what the bar says, None for what it says on Browse; without a word for "new" it makes no new groups.
    """

    scope: str
    total: int
    counted: str
    groups: Sequence[tuple[str, str]]
    unsure: bool = True
    words: Mapping[str, str] | None = None


def selecting_wall(
    tiles: Sequence[Choice],
    seen: Seen,
    label: str,
    *,
    key: str,
    on_open: Callable[[str], None],
    on_act: Callable[[Act], Done],
    between: Callable[[str, str], Sequence[str]] | None = None,
    lines: int = 1,
) -> None:
    """Show the wall with a bar that stays in sight: how many are selected, and what can be done with them.

    Args:
        on_act: does it. What it raises is said, and all stays selected.
        between: the images from one to another in their order, both included, so that a range may begin on one page and
            end on another; None where there is one page.
        lines: how many lines of caption are shown.
    """

    def opened() -> None:
        if item := told(key, "opened"):
            on_open(str(item))

    def acted() -> None:
        if wanted := told(key, "acted"):
            _say(key, seen.scope, lambda: on_act(_read(wanted)))

    def ranged() -> None:
        if (ends := told(key, "ranged")) and between:
            last = _range(key, seen.scope)
            found = list(between(str(ends.get("from")), str(ends.get("to"))))
            on = bool(ends.get("on"))
            st.session_state[f"{key}-range"] = {"id": last["id"] + 1, "scope": seen.scope, "ids": found, "on": on}

    data = laid_out(tiles, label, 148, lines) | {
        "clickable": True,
        "scope": seen.scope,
        "total": seen.total,
        "counted": seen.counted,
        "groups": [{"id": group, "name": name} for group, name in seen.groups],
        "unsure": seen.unsure,
        "message": _message(key, seen.scope),
        "range": _range(key, seen.scope) if between else None,
        "words": dict(seen.words or text.SELECTING),
    }
    _wall(key=key, data=data, on_opened_change=opened, on_acted_change=acted, on_ranged_change=ranged)


def _message(key: str, scope: str) -> dict[str, Any]:
    """What was said last, while the same images are looked at; its id counts the acts."""
    last = st.session_state.get(f"{key}-message") or {"id": 0, "scope": None}
    return last if last["scope"] == scope else {"id": last["id"], "text": "", "back": None, "wrong": False}


def _range(key: str, scope: str) -> dict[str, Any]:
    """The images between the two ends that were asked about last; its id counts them."""
    last = st.session_state.get(f"{key}-range") or {"id": 0, "scope": None}
    return last if last["scope"] == scope else {"id": last["id"], "ids": [], "on": False}


def _say(key: str, scope: str, act: Callable[[], Done]) -> None:
    wrong = False
    try:
        done = act()
    except Exception as error:  # noqa: BLE001 - a person gets a sentence, never a traceback
        done, wrong = Done(sentence_of(error)), True
    back = {"kind": done.back.kind, "which": done.back.which} if done.back else None
    number = _message(key, scope)["id"] + 1
    st.session_state[f"{key}-message"] = {"id": number, "scope": scope, "text": done.said, "back": back, "wrong": wrong}


def _read(wanted: Mapping[str, Any]) -> Act:
    """What the browser sends, as far as it makes sense."""
    to = wanted.get("to")
    return Act(
        str(wanted.get("kind")),
        tuple(str(item) for item in wanted.get("items") or ()),
        bool(wanted.get("all")),
        tuple(str(item) for item in wanted.get("except") or ()),
        None if to is None else str(to),
        str(wanted.get("name") or ""),
        str(wanted.get("which") or ""),
    )
