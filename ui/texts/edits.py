"""What a person's decisions are called, for undo, redo and other windows."""

from __future__ import annotations

from typing import Final

from core.results import edits
from ui.language import _
from ui.texts.common import count, images

UNDO: Final = "Undo"
REDO: Final = "Redo"
NOTHING_TO_UNDO: Final = "Nothing to undo"
NOTHING_TO_REDO: Final = "Nothing to redo"
UNDO_UNKNOWN: Final = "Undo a change that another version of Facetry made"
UNDONE_ELSEWHERE: Final = "In another window, a change was undone."


def decision(edit: edits.Edit) -> str:
    """An edit as a noun, for example: the new name “red”."""
    match edit:
        case edits.Rename():
            return _("the new name “{name}”").format(name=edit.name.strip())
        case edits.Redefine():
            return _("the new meaning")
        case edits.Merge():
            return _("the merge of two groups")
        case edits.Delete():
            return _("the deletion of a group")
        case edits.Add():
            return _("the new group “{name}”").format(name=edit.name.strip())
        case edits.Split():
            return _("the split into “{name}”").format(name="”, “".join(part.name.strip() for part in edit.parts))
        case edits.MoveLabels():
            return _("the move of {count}").format(count=count(len(edit.labels), "label"))
        case edits.Pin():
            return _("the pin") if edit.pinned else _("the pin that was taken off")
        case edits.Propose():
            return _("the new proposal of names")
        case edits.Move():
            return _("the move of {images}").format(images=images(len(edit.items)))
        case edits.Learn():
            return _("the sorting of {images} by your examples").format(images=images(len(edit.items)))
        case edits.Match() | edits.Relabel():
            return _("what you said of the label “{label}”").format(label=edit.label)
        case edits.Several():
            merges = sum(isinstance(part, edits.Merge) for part in edit.edits)
            if merges:
                return _("the merge of {merges} groups").format(merges=merges + 1)
            main = [part for part in edit.edits if not isinstance(part, edits.Rename)]
            return decision((main or edit.edits)[-1])


def undo_of(what: str) -> str:
    return _("Undo {what}").format(what=what)


def redo_of(what: str) -> str:
    return _("Make {what} again").format(what=what)


def undone(what: str) -> str:
    return _("Undone: {what}.").format(what=what)


def redone(what: str) -> str:
    return _("Made again: {what}.").format(what=what)
