"""What a person's decisions are called, for undo, redo and other windows."""

from __future__ import annotations

from typing import Final

from core.results import edits
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
            return f"the new name “{edit.name.strip()}”"
        case edits.Redefine():
            return "the new meaning"
        case edits.Merge():
            return "the merge of two groups"
        case edits.Delete():
            return "the deletion of a group"
        case edits.Add():
            return f"the new group “{edit.name.strip()}”"
        case edits.Split():
            return f"the split into “{'”, “'.join(part.name.strip() for part in edit.parts)}”"
        case edits.MoveLabels():
            return f"the move of {count(len(edit.labels), 'label')}"
        case edits.Pin():
            return "the pin" if edit.pinned else "the pin that was taken off"
        case edits.Propose():
            return "the new proposal of names"
        case edits.Move():
            return f"the move of {images(len(edit.items))}"
        case edits.Learn():
            return f"the sorting of {images(len(edit.items))} by your examples"
        case edits.Several():
            merges = sum(isinstance(part, edits.Merge) for part in edit.edits)
            if merges:
                return f"the merge of {merges + 1} groups"
            main = [part for part in edit.edits if not isinstance(part, edits.Rename)]
            return decision((main or edit.edits)[-1])


def undo_of(what: str) -> str:
    return f"Undo {what}"


def redo_of(what: str) -> str:
    return f"Make {what} again"


def undone(what: str) -> str:
    return f"Undone: {what}."


def redone(what: str) -> str:
    return f"Made again: {what}."
