"""Texts of a run at work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from ui.language import _, digits, tr
from ui.texts.common import duration, images

STEPS: Final = {"describe": "Describe", "label": "Label", "name": "Name groups", "assign": "Sort into groups"}
STEPS_DOING: Final = {
    "ingest": "Opening the images",
    "load": "Loading a model",
    "measure": "Measuring the images",
    "map": "Drawing the map, per cent",
    "outliers": "Looking for unlike images, per cent",
    "scores": "Measuring the groups, per cent",
    "read": "Reading the text in the images",
    "describe": "Describing",
    "label": "Labelling",
    "name": "Finding groups and names",
    "assign": "Sorting into groups",
}
READYING: Final = "Getting ready"
STOP: Final = "Stop"
STOPPING: Final = "Stopping"
CONTINUE: Final = "Continue"
AGAIN: Final = "Try again"
NEW_RUN: Final = "New run"
FIRST_NAMES: Final = "First names"
LATEST: Final = "Latest"
ERRORS: Final = "Errors so far"
TO_NAMES: Final = "Check the names"
TO_BROWSE: Final = "Look at the groups"
NAMES_READY: Final = "The groups have names. Check them, then sort the images into them."
DONE: Final = "All images are sorted."
STOPPED: Final = "Stopped. What was finished is kept."
INTERRUPTED: Final = "This run was interrupted. What was finished is kept."
FAILED_TITLE: Final = "This run could not go on"
SHOW: Final = "Show progress"
RECENT: Final = "Recent runs"
NO_RECENT: Final = "Your runs will be listed here."
OPEN: Final = "Open"
STATUS: Final = {
    "running": "At work",
    "waiting": "Names to check",
    "new": "Not started",
    "stopped": "Stopped",
    "interrupted": "Interrupted",
    "failed": "Failed",
    "done": "Done",
}
SKIPPED: Final = "Skipped"
SKIPPED_NOTE: Final = "Files that could not be used, and exact duplicates. Correct them and run again."
FILE: Final = "File"
REASON: Final = "Reason"
NAME_LEFT: Final = "Only the groups are still to be found and named."


PAUSED_TITLE: Final = "This run waits"
RAISE_CAP: Final = "Let it cost at most, in US dollars"
RAISE: Final = "Raise the cap and continue"
CAP_TOO_LOW: Final = "The new cap must be more than the run has cost so far."
KINDS: Final = {
    "failed": "without an answer",
    "refused": "refused",
    "filtered": "filtered",
    "empty": "empty",
    "too long": "too long",
    "late": "late",
    "unusable": "not usable",
    "crashed": "crashed",
}
KINDS_HELP: Final = {
    "failed": "Without an answer: the model could not be reached or failed.",
    "refused": "Refused: the model would not answer.",
    "filtered": "Filtered: the provider's content filter stopped the answer.",
    "empty": "Empty: the answer said nothing.",
    "late": "No answer in time. Try again; FACETRY_REQUEST_SECONDS=300 before the start gives the server more.",
    "too long": "Too long: the answer, or what was asked, passed a length limit.",
    "unusable": "Not usable: the answer was not in the form that was asked for.",
    "crashed": "Crashed: the model ended unexpectedly, also when asked once more. Try again, or choose another model.",
}


def kinds(found: Mapping[str, int]) -> str:
    """How many failed in which way: "2 refused, 1 empty"."""
    return ", ".join(f"{digits(number)} {tr(KINDS).get(kind, kind)}" for kind, number in found.items())


def kinds_help(found: Iterable[str]) -> str:
    return " ".join(tr(KINDS_HELP)[kind] for kind in found if kind in tr(KINDS_HELP))


def first_names(number: int) -> str:
    return _("Groups found in {images} from all over, while the rest is described. They may still change.").format(
        images=images(number)
    )


def left(number: int, step: str) -> str:
    """How much is still to do: what a person needs to know before they click Continue."""
    verb = {"describe": _("described"), "label": _("labelled"), "assign": _("sorted")}.get(step, _("done"))
    return _("{images} {verb} still to be {done}.").format(
        images=images(number), verb=_("is") if number == 1 else _("are"), done=verb
    )


def failed(number: int) -> str:
    return _("{images} failed. Browse shows the reasons.").format(images=images(number))


def doing(step: str, done: int, total: int, rate: float, seconds_left: float | None) -> str:
    """One line on a step at work: "Describing: 120 of 533 · 31 a second · 13 s left"."""
    parts = [
        _("{steps_doing}: {done:,} of {total:,}").format(steps_doing=tr(STEPS_DOING)[step], done=done, total=total)
        if total > 1
        else tr(STEPS_DOING)[step]
    ]
    if rate >= 0.05 and done < total:
        parts.append(
            _("{rate:.0f} a second").format(rate=rate) if rate >= 2 else _("{rate:.1f} a second").format(rate=rate)
        )
    if seconds_left is not None and done < total:
        parts.append(_("{duration} left").format(duration=duration(seconds_left)))
    return " · ".join(parts)
