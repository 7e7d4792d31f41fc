"""Texts of the page Browse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ui.language import _
from ui.texts.common import images, percent, quoted
from ui.texts.edits import REDO, UNDO

BROWSE_EMPTY_TITLE: Final = "Nothing is sorted yet"
BROWSE_SOON: Final = "The groups appear here as soon as the images are sorted into them."
BROWSE_EMPTY: Final = "Check the names first; then the images are sorted into the groups."
UNASSIGNED: Final = "Not sure"
UNASSIGNED_NOTE: Final = "Images that fit none of the groups well enough."
FAILED: Final = "Failed"
FAILED_NOTE: Final = "Images without an answer. They are asked again when the run continues."
PENDING: Final = "Still to be sorted"
PENDING_NOTE: Final = "Images that the run has not reached."
SEE_ALL: Final = "See all"
FIND: Final = "Find images"
FIND_HINT: Final = "Find words"
ALL_IMAGES_HERE: Final = "All images"
ALL_GROUPS: Final = "All groups"
BACK_TO: Final = "Back to {group}"
ORDER: Final = "Show first"
ORDERS: Final = {"sure": "Best matches", "unsure": "Least certain", "given": "As in the folder", "name": "By name"}
ORDER_LIKE: Final = "Most alike"
MEASURING: Final = "Comparing all images with this one…"
ABOUT: Final = "About"
FILTER: Final = "Filter"
CLEAR_FILTERS: Final = "Clear filters"
ONLY: Final = "Only images"
GROUPS: Final = "Groups"
BY: Final = "Placed by"
SOURCES: Final = {
    "model": "the model",
    "person": "you",
    "propagated": "likeness",
    "learnt": "what you showed",
    "split": "a split",
}
SURE: Final = "Confidence"
SURE_HELP: Final = "Images without a known confidence, such as those that you moved, are in no range."
RIGHT: Final = "Your labels"
RIGHTS: Final = {"yes": "In the group of their label", "no": "In another, or in none"}
IN_FOLDER: Final = "Folder"
ANY_FOLDER: Final = "Any folder"
COPIES: Final = "Only what looks nearly the same as another"
BETWEEN: Final = "Between two groups"
BETWEEN_HELP: Final = "Images that the model found as likely in one of two groups as in the other."
BETWEEN_AT: Final = "How far from the first group to the second"
BETWEEN_GROUPS: Final = ("From the group", "To the group")
BETWEEN_UNKNOWN: Final = (
    "The model that sorted these images gave no probabilities, so nothing is known to lie between two groups. "
    "Clear the filters, or show the least certain images first."
)
NOTHING_FOUND: Final = "No image is left. Clear the filters, take one of them back, or look in all groups."
LOOK_EVERYWHERE: Final = "Look in all groups"
NOTHING_SELECTED: Final = "Nothing is selected any more."
FIND_SIMILAR: Final = "Find similar"
FIND_SIMILAR_HELP: Final = "Show all images, those most like this one first, by what was measured of them."
ALL_GROUPS_HELP: Final = "Back to the cards of all groups"
HISTORY: Final = "History"
BY_LEARNING: Final = "sorted by what you showed"
BY_SPLIT: Final = "split off by you"
SELECTING: Final = {
    "numbers": "en-US",
    "bar": "Selected images",
    "select": "Select",
    "selected": "{n} selected",
    "all": "All {n} here",
    "clear": "Clear",
    "move": "Move to",
    "keep": "Keep in {group}",
    "new": "New group",
    "name": "Name of the new group",
    "add": "Add",
    "unsure": "Not sure",
    "undo": UNDO,
    "redo": REDO,
    "hint": "Select with the tick, Ctrl- or Shift-click, or Space; then 1 to 9 move.",
}
"""Words of the bar above a wall of images; numbers: the locale that they are written in (BCP 47)."""
LARGE_PICTURE: Final = {"numbers": "en-US", "previous": "Previous", "next": "Next", "place": "{n} of {total}"}
CONFIDENCE: Final = "Confidence"
CONFIDENCE_HELP: Final = "How sure the model is of this group, from 0 to 100 %."
CONFIDENCE_UNKNOWN: Final = "unknown: the model does not tell"
BECAUSE: Final = "Why here"
BY_LIKENESS: Final = "sorted by likeness"
BY_LIKENESS_WHY: Final = "by its likeness to images that a model looked at"
BY_LABEL: Final = "by its label"
SHARES: Final = "How likely each group is"
RAW: Final = "What the model said"
RAW_NONE: Final = "No reply was kept for this image."
RAW_SHARED: Final = "A reply to one request, which may be about many images or labels."
SECOND: Final = "Second choice"
LABEL: Final = "Label"
YOUR_LABEL: Final = "Your label"
DESCRIPTION: Final = "Description"
BY_PERSON: Final = "moved by you"
EARLIER: Final = "sorted under earlier names"
MOVE_TO: Final = "Move to"
MOVE: Final = "Move"
SAID: Final = "The answer was"
WHY: Final = "Why"
ADD_AS_GROUP: Final = "Add it as a group"
SCORES: Final = "All scores"
ACC: Final = "Accuracy (ACC)"
ACC_HELP: Final = (
    "Share of images in the group that matches their label, when groups and labels are paired as well as possible."
)
NMI: Final = "NMI"
NMI_HELP: Final = "Normalised mutual information: how much the groups tell about your labels. 0 is nothing, 1 is all."
ARI: Final = "ARI"
ARI_HELP: Final = "Adjusted Rand index: agreement on pairs of images. 0 is chance, 1 is perfect."
NAME_ACC: Final = "Name accuracy"
NAME_ACC_HELP: Final = (
    "Share of images whose group's name is the same word as their label, or means it by a dictionary of things and "
    "colours. A name that only hints (“Group 2 (looks like …)”) does not count."
)
READ_TEXT: Final = "Read all text"
GONE_RUN: Final = "That run does not exist (any more). Open another one, or start a new one."
GONE_GROUP: Final = "That group does not exist any more."
GONE_IMAGE: Final = "That image is not in this run."


def of_images(number: int, whole: int) -> str:
    """How many of a group's images a filter leaves."""
    return (
        images(number) if number == whole else _("{number:,} of {images}").format(number=number, images=images(whole))
    )


def text_read(read: int, whole: int) -> str:
    """What *Find* knows of the text in the images, before all of them were read."""
    if not read:
        return _("Find the words in your images: their text is read once, on this computer.")
    return _("{read:,} of {images} were read. Words in the others are not found yet.").format(
        read=read, images=images(whole)
    )


def text_found(with_text: int, whole: int) -> str:
    return _("Text was found in {number:,} of {images}; Find knows its words.").format(
        number=with_text, images=images(whole)
    )


def match_in_short(scores: Mapping[str, Any]) -> str:
    """scores: as `metrics.json` has them."""
    return _("{percent} match").format(percent=percent(scores["acc"]))


def moved(number: int, group: str) -> str:
    return _("Moved {images} to {group}.").format(images=images(number), group=group)


def confirm(group: str) -> str:
    return _("Keep in {group}").format(group=group)


def put_there(by: str, when: str, group: str, confidence: float | None) -> str:
    """by: "person", "split" or "learnt"."""
    who = {"person": _("moved by you"), "split": _("split off by you")}.get(by) or _("sorted by what you showed")
    return _("{when}: {who} to {group}").format(when=when, who=who, group=group) + (
        "" if confidence is None else f", {percent(confidence)}"
    )


def model_said(group: str, confidence: float | None) -> str:
    return _("the model said {group}").format(group=group) + ("" if confidence is None else f", {percent(confidence)}")


def they_say(number: int, answer: str) -> str:
    return f"{images(number)} {_('says') if number == 1 else _('say')} {quoted(answer)}."
