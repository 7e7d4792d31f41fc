"""Texts of the page Names: several groups at once, splitting, suggesting again, sets of names, groups alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ui.language import _
from ui.texts.common import count, images, quoted

CLEAR_CHOSEN: Final = "Clear"
MERGE_CHOSEN: Final = "Merge"
MERGE_TITLE: Final = "Merge groups"
MERGE_NAME: Final = "Name of the merged group"
PIN: Final = "Pin"
UNPIN: Final = "Take the pin off"
PINNED: Final = "pinned"
PIN_HELP: Final = "A pinned group stays when names are suggested again."
MOVE_LABELS: Final = "Move labels"
MOVE_LABELS_WHICH: Final = "Labels to move"
MOVE_LABELS_INTO: Final = "Into the group"
MOVE_LABELS_DO: Final = "Move"
LABELS_NONE: Final = "There are no labels in this group."
SPLIT: Final = "Split"
SPLIT_BY: Final = "Parts by"
SPLIT_LABELS: Final = "Its labels"
SPLIT_PICTURES: Final = "Its pictures"
SPLIT_TEXTS: Final = "Its descriptions"
SPLIT_NUMBER: Final = "Number of parts"
SPLIT_NAME: Final = "Name of this part"
SPLIT_ONE_STAYS: Final = "Leave the name of one part empty: its images stay in the group."
SPLIT_NONE: Final = "Give at least one part a name."
SPLIT_ALONE: Final = "There is nothing to split: all images in this group are alike in this."
SUGGEST: Final = "Suggest again"
SUGGEST_NUMBER: Final = "Number of groups"
SUGGEST_HINT: Final = "What should be different?"
SUGGEST_HINT_HINT: Final = "for example: finer, or: by material, not by use"
SUGGEST_NO_HINT: Final = (
    "The built-in engine reads no hints. It forms other groups when their number is another, or when groups are pinned."
)
SUGGEST_DO: Final = "Suggest names"
SUGGEST_ELSEWHERE: Final = "These groups were made elsewhere; there is no model to ask."
SUGGESTED: Final = "Suggested names"
SUGGESTED_SAME: Final = "The same names came again. Choose another number of groups, or pin what should stay."
BEFORE: Final = "Now"
AFTER: Final = "Suggested"
STAYS: Final = "stays"
GOES: Final = "goes"
COMES: Final = "new"
TAKE: Final = "Use these names"
KEEP: Final = "Keep the names as they are"
KEPT: Final = "The names stay as they were."
SETS: Final = "Sets of names"
SETS_NOTE: Final = "Keep the names of these groups, and use them for other images or another run."
SET_TITLE: Final = "Title"
SET_SAVE: Final = "Save these names"
SET_SAVED: Final = "The names are saved."
SET_WHICH: Final = "Saved set"
SET_USE: Final = "Use it here"
SET_REMOVE: Final = "Delete this set"
SET_DOWNLOAD: Final = "Download these names"
SET_UPLOAD: Final = "Names from a text file"
SET_UPLOAD_HELP: Final = "A name in each line; what belongs there may follow after a colon and a space."
SET_NONE: Final = "No set is saved yet."
FEWER: Final = "Suggest fewer groups"


def chosen(number: int) -> str:
    return _("{count} chosen").format(count=count(number, "group"))


def choose(name: str) -> str:
    return _("Choose {name}").format(name=name)


def merged(number: int, name: str) -> str:
    return _("{count} are now “{name}”.").format(count=count(number, "group"), name=name)


def will_merge(names: Sequence[str]) -> str:
    return ", ".join(map(quoted, names))


def stays_in(name: str) -> str:
    return _("stays in “{name}”").format(name=name)


def pinned(names: Sequence[str]) -> str:
    if not names:
        return _("No group is pinned: all names may change.")
    return _("Pinned, so {more}: {will_merge}.").format(
        more=_("it stays") if len(names) == 1 else _("they stay"), will_merge=will_merge(names)
    )


def moves(number: int, of: int, *, exact: bool) -> str:
    """How many images would be in another group. exact: not only as far as labels tell."""
    if not number:
        return _("No image would be in another group.") if exact else _("As far as labels tell, no image would move.")
    said = _("{images} of {of:,} would be in another group").format(images=images(number), of=of)
    return f"{said}." if exact else _("As far as labels tell, {said}.").format(said=said)


def changes(stay: int, go: int, come: int) -> str:
    return _("{count} {stays}, {go:,} {goes}, {come:,} new.").format(
        count=count(stay, "name"),
        stays=_("stays") if stay == 1 else _("stay"),
        go=go,
        goes=_("goes") if go == 1 else _("go"),
        come=come,
    )


def merge_these(number: int) -> str:
    return _("Merge these two") if number == 2 else _("Merge these {number:,}").format(number=number)


def look_twice(number: int) -> str:
    return _("Alike ({number:,})").format(number=number)


def mostly(names: Sequence[str], label: str) -> str:
    return _("{will_merge} are mostly “{label}”").format(will_merge=will_merge(names), label=label)


def set_named(title: str, number: int) -> str:
    return f"{title} ({count(number, 'name')})"
