"""Texts of the page Names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ui.language import _, tr
from ui.texts.common import count, images

NAMES_TITLE: Final = "Check the names"
NAMES_NOTE: Final = "Groups of {images}. Click a name to change it."
NAMES_EMPTY_TITLE: Final = "No groups to name yet"
NAMES_EMPTY: Final = "Groups get their names after all images are described and labelled."
NO_RUN: Final = "No run is open. Start one, or open a recent one."
TO_RUN: Final = "Go to Start"
NAME: Final = "Name"
NEEDS_NAME: Final = "needs a name"
NEEDS_NAME_HELP: Final = "The engine is not sure what these have in common. Look at the examples and type a name."
ADDED: Final = "added by you"
LABELS: Final = "Labels inside"
NO_EXAMPLES: Final = "No images yet."
NOTHING_FITS: Final = "No image fits this name. Images like it, added later, go here."
CHANGE: Final = "Change"
MEANING: Final = "What belongs here"
MEANING_SAVE: Final = "Save"
MERGE_INTO: Final = "Merge into"
MERGE: Final = "Merge"
DELETE: Final = "Delete this group"
ADD: Final = "Add a group"
ADD_NAME: Final = "Name of the new group"
ADD_NAME_HINT: Final = "for example: pink"
ASSIGN: Final = "Sort images into groups"
ASSIGN_AGAIN: Final = "Bring them up to date"
CHECK_ALL: Final = "Check all again"
CHECK_ALL_HELP: Final = "Sort every image anew under the names as they stand now. Images that you moved by hand stay."
AT_WORK: Final = "This run is at work. Names can be changed when it is done."
NO_STALE: Final = "No image needs to be sorted again."


def more_labels(number: int) -> str:
    return _("and {number:,} more").format(number=number)


def all_labels(number: int) -> str:
    return _("All {number:,} labels").format(number=number)


def changed_elsewhere(changes: Sequence[str]) -> str:
    """What other windows did to the groups, the newest last."""
    return _("Changed in another window: {changes}.").format(changes=", ".join(changes))


def skipped_edits(number: int) -> str:
    what = _("It is") if number == 1 else _("They are")
    return _("{count} cannot be applied to the groups as they are now. {what} left out:").format(
        count=count(number, "earlier change"), what=what
    )


def out_of_date(number: int) -> str:
    return _("{images} {verb} out of date since you edited the groups.").format(
        images=images(number), verb=_("is") if number == 1 else _("are")
    )


def will_be_stale(number: int) -> str:
    if not number:
        return tr(NO_STALE)
    return _("{images} will have to be sorted again.").format(images=images(number))
