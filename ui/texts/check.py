"""Texts of the page on which a person checks images and teaches by example."""

from __future__ import annotations

from typing import Final

from ui.language import _
from ui.texts.common import count, images, percent, quoted

CHECK_PAGE: Final = "Check"
CHECK_HELP: Final = "Answer for the images that tell most, and see how good the groups are."
CHECK_TITLE: Final = "Please check these"
CHECK_EMPTY: Final = "Once the images are sorted, the most useful ones to check are asked about here."
CHECK_LEARNING: Final = "Looking for the images that tell most"
CHECK_WHERE: Final = "Where does this one belong?"
CHECK_NOT_SURE: Final = "In none of them"
CHECK_NOT_SURE_HELP: Final = "It belongs to no group: it goes to Not sure."
CHECK_SKIP: Final = "Skip"
CHECK_SKIP_HELP: Final = "Decide nothing about this image."
CHECK_ANOTHER: Final = "Another group"
CHECK_NEW: Final = "New group"
CHECK_NEW_HINT: Final = "Name of a new group for it"
CHECK_HERE: Final = "here now"
CHECK_ALL_DONE: Final = "There is nothing left to ask about."
CHECK_ESTIMATE_NONE: Final = (
    "Three of ten images are drawn at random. After the first ones you see here how good the groups are."
)
CHECK_APPLY: Final = "Apply what I showed"
CHECK_APPLY_HELP: Final = "See first which images would move. What you decided yourself stays."
CHECK_APPLY_FIRST: Final = "Check or move a few images first."
CHECK_SHOW_FIRST: Final = "Show a few pictures of each group first; then you see here how good the groups are."
CHECK_BACK: Final = "Go on checking"
CHECK_NOTHING_MOVES: Final = (
    "By what you showed so far, no other image would move: an image leaves its group only once your answers show that "
    "what follows from them is right more often than the groups are. A few more answers may show it."
)
CHECK_OUTSIDE: Final = "Said of images in no group"
CHECK_ADD: Final = "Add as a group"


def checked_so_far(number: int, unsure: float) -> str:
    return _("{number:,} checked, about {percent} of the rest still unsure").format(
        number=number, percent=percent(unsure)
    )


def estimate(drawn: int, right: int, low: float, high: float) -> str:
    """What the checks say of all images."""
    share = percent(right / drawn)
    limits = _("between {low:.0f} and {high:.0f}").format(low=100 * low, high=100 * high)
    return _("Of {drawn} drawn at random {right} {was} right: {share}, {limits}").format(
        drawn=drawn, right=right, was=_("was") if right == 1 else _("were"), share=share, limits=limits
    )


ESTIMATE_HELP: Final = (
    "The 95 % confidence interval of the share of images in the right group, as the groups were made. Images that are "
    "asked about because they tell most are harder than others and are not counted, unless their turn came by chance."
)


def show_examples(number: int) -> str:
    return _("Show at least {number} pictures of each group: select them, then press its number. So far:").format(
        number=number
    )


def say(number: int, what: str) -> str:
    verb = _("says") if number == 1 else _("say")
    return f"{images(number)} {verb} {quoted(what)}"


def would_move(number: int, examples: int) -> str:
    return _("{images} would move, by {count} of yours.").format(
        images=images(number), count=count(examples, "example")
    )


def flow(number: int, old: str, new: str) -> str:
    return f"{images(number)}: {old} → {new}"


def apply_to(number: int) -> str:
    return _("Move {images}").format(images=images(number))


def applied(number: int) -> str:
    return _("{images} moved as you showed.").format(images=images(number))


def more_flows(number: int) -> str:
    return _("And {count} of this kind between other groups.").format(count=count(number, "more move"))
