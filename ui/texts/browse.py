"""Texts of the page Browse."""

from __future__ import annotations

from typing import Final

from ui.texts.common import images

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
FIND_HINT: Final = "Find in descriptions, labels, names"
ALL_IMAGES_HERE: Final = "All images"
ALL_GROUPS: Final = "All groups"
BACK_TO: Final = "Back to {group}"
ORDER: Final = "Show first"
ORDERS: Final = {"sure": "Best matches", "unsure": "Least certain", "given": "As in the folder"}
PREVIOUS: Final = "Previous"
NEXT: Final = "Next"
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
SELECT: Final = "Select several"
SELECT_HELP: Final = "Click images to select them, with Shift a whole range, then move them together."
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
GONE_RUN: Final = "That run does not exist (any more). Open another one, or start a new one."
GONE_GROUP: Final = "That group does not exist any more."
GONE_IMAGE: Final = "That image is not in this run."


def place(number: int, total: int) -> str:
    return f"{number:,} of {total:,}"


def selected(number: int) -> str:
    return f"{images(number)} selected"


def they_say(number: int, answer: str) -> str:
    return f"{images(number)} {'says' if number == 1 else 'say'} “{answer}”."
