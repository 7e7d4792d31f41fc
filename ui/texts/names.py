"""Texts of the page Names: several groups at once, splitting, suggesting again, sets of names, groups alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ui.texts.common import count, images

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
    return f"{count(number, 'group')} chosen"


def choose(name: str) -> str:
    return f"Choose {name}"


def merged(number: int, name: str) -> str:
    return f"{count(number, 'group')} are now “{name}”."


def will_merge(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)


def stays_in(name: str) -> str:
    return f"stays in “{name}”"


def split_into(number: int) -> str:
    return f"{count(number, 'new group')}."


def labels_moved(number: int, name: str) -> str:
    return f"{count(number, 'label')} moved to “{name}”."


def pinned(names: Sequence[str]) -> str:
    if not names:
        return "No group is pinned: all names may change."
    return f"Pinned, so {'it stays' if len(names) == 1 else 'they stay'}: {will_merge(names)}."


def moves(number: int, of: int, *, exact: bool) -> str:
    """How many images would be in another group. exact: not only as far as labels tell."""
    if not number:
        return "No image would be in another group." if exact else "As far as labels tell, no image would move."
    said = f"{images(number)} of {of:,} would be in another group"
    return f"{said}." if exact else f"As far as labels tell, {said}."


def changes(stay: int, go: int, come: int) -> str:
    return (
        f"{count(stay, 'name')} {'stays' if stay == 1 else 'stay'}, {go:,} {'goes' if go == 1 else 'go'}, {come:,} new."
    )


def merge_these(number: int) -> str:
    return "Merge these two" if number == 2 else f"Merge these {number:,}"


def look_twice(number: int) -> str:
    return f"Alike ({number:,})"


def mostly(names: Sequence[str], label: str) -> str:
    return f"{will_merge(names)} are mostly “{label}”"


def set_named(title: str, number: int) -> str:
    return f"{title} ({count(number, 'name')})"
