"""Texts of the page Odd images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ui.language import _, tr
from ui.texts.browse import SELECTING
from ui.texts.common import images, percent

ODD: Final = "Odd images"
ODD_HELP: Final = "Images that are blurred, nearly blank or unlike all others: exclude them, or keep them."
ODD_EMPTY: Final = "Here images are listed that are blurred, nearly blank or unlike all others. First give images."
ODD_FIND: Final = "Look for odd images"
ODD_NOTE: Final = (
    "Blurred, nearly blank and glaring images, and those that lie apart from all others. What you exclude is in no run "
    "of these images, stays listed here and on Images, and can be brought back."
)
ODD_SUBJECT: Final = "What each image should show"
ODD_SUBJECT_HELP: Final = (
    "One word that the built-in engine knows, such as vehicle, animal or clothing: images in which it sees none are "
    "listed. Leave it empty where images may show anything."
)
ODD_SUBJECT_EXAMPLE: Final = "for example: vehicle"
ODD_RECORDS: Final = "These are rows without images, so there is nothing to look at."
ODD_PARTS: Final = {"review": "To review", "excluded": "Excluded", "kept": "Kept"}
ODD_PART: Final = "Which images"
ODD_NONE: Final = {
    "review": "Nothing is left to review.",
    "excluded": "No image is excluded.",
    "kept": "You have kept none of the odd images yet.",
}
ODD_EXCLUDE: Final = "Exclude"
ODD_KEEP: Final = "Keep"
ODD_BACK: Final = "Bring back"
ODD_WORDS: Final = SELECTING | {
    "move": "Mark as:",
    "new": "",
    "hint": "Select with the tick, Ctrl- or Shift-click, or Space; then 1 or 2.",
}
ODD_UNPLACED: Final = "fits no group of the open run"
ODD_TAKEN_BACK: Final = "Taken back."
ODD_NOTHING_BACK: Final = "There is nothing to take back."


_MANY_TIMES = 100


def too_few(least: int) -> str:
    """That nothing is said of which images lie apart."""
    return _("With fewer than {least} images it cannot be told which of them lie apart from the others.").format(
        least=least
    )


def odd_reason(why: str, value: float, subject: str = "") -> str:
    """Why an image is odd, in words."""
    far = _("unlike the others: its nearest are {value:.1f} times as far as usual").format(value=value)
    if value > _MANY_TIMES:
        far = _("unlike the others: its nearest are more than {most} times as far as usual").format(most=_MANY_TIMES)
    said = {
        "blank": _("nearly blank: next to nothing can be told from the ground"),
        "blurred": _("blurred: no sharp edge anywhere"),
        "glare": _("glare or overexposure: large parts are white or nothing is dark"),
        "alone": far,
        "topic": _("no {subject} in it: {percent} of what is seen could be one").format(
            subject=subject, percent=percent(value)
        ),
    }
    return said[why]


def odd_reasons(reasons: Sequence[str]) -> str:
    """All of them as one sentence."""
    said = "; ".join(reasons)
    return f"{said[:1].upper()}{said[1:]}."


def odd_excluded(reason: str) -> str:
    """What the list of files that are in no run says."""
    return _("{reason} Excluded by you.").format(reason=reason) if reason else _("Excluded by you.")


def odd_part(part: str, number: int) -> str:
    return f"{tr(ODD_PARTS)[part]} ({number:,})"


def odd_count(number: int, usable: int) -> str:
    return _("{images} of {usable:,}").format(images=images(number), usable=usable)


def odd_done(what: str, number: int) -> str:
    """What became of the images."""
    said = {
        "out": _("excluded; they are in no run any more"),
        "keep": _("kept"),
        "back": _("brought back"),
        "let": _("to review"),
    }
    return f"{images(number)}: {said[what]}."
