"""Words that several pages share: the menu, counts, durations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from ui.language import _, digits, plural

APP: Final = "Facetry"
TAGLINE: Final = "Give it a folder of images, say what to group by, and get named groups that you can check."
UNEXPECTED: Final = "Something unexpected went wrong. The details are in the terminal window that runs Facetry."
BUSY_TITLE: Final = "This workspace cannot be opened now"
COPIES_GONE: Final = (
    "Copies of these images were deleted, so pictures are missing here. Sort the images again, or start a new run on "
    "them: copies are then made again from the originals."
)
RESTORED_READ: Final = "I have read this"
START_PAGE: Final = "Start"
SECTION_IMAGES: Final = "Images"
SECTION_GROUP: Final = "Group"
BY_WORDS: Final = "By words"
SECTION_GROUPS: Final = "Groups"
SECTION_CHECK: Final = "Check"
SECTION_EVALUATE: Final = "Evaluate"
SECTION_SHARE: Final = "Share"
SECTION_MODELS: Final = "Models"
IMAGES: Final = "Your images"
GROUP: Final = "Group"
NAMES: Final = "Names"
BROWSE: Final = "Browse"
EVALUATE: Final = "Scores"
LABELS_PAGE: Final = "Labels"
EXPORT: Final = "Export"
CONNECT: Final = "Connect a model"
START_PAGE_HELP: Final = "Choose images, try the demo, or go on with an earlier run."
IMAGES_HELP: Final = "What was given, what can be used, and labels to compare with."
GROUP_HELP: Final = "Say what to group by and how many groups, and watch the work."
NAMES_HELP: Final = "Check the proposed groups: rename, add, merge or delete them."
EVALUATE_HELP: Final = "How well the groups match labels you have."
LABELS_HELP: Final = "Labels of yours that are probably wrong, to check one by one."
EXPORT_HELP: Final = "Take the groups with you: a table, or a folder a group."
CONNECT_HELP: Final = "Let a vision-language model or a language model do steps of the work."
CHECK_PAGE: Final = "Check"
CHECK_HELP: Final = "Answer for the images that tell most, and see how good the groups are."
BROWSE_HELP: Final = "Look through the groups and correct single images."


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 image", "1,200 images"."""
    return f"{digits(number)} {plural(one, many or one + 's', number)}"


def images(number: int) -> str:
    return count(number, "image")


def quoted(words: str) -> str:
    return _("“{words}”").format(words=words)


def run_name(dataset: str, criterion: str, k: int) -> str:
    """k: 0 where the number of groups is not part of it."""
    if not k:
        return _("{dataset} by {criterion}").format(dataset=dataset, criterion=criterion)
    return _("{dataset} by {criterion}, {count}").format(dataset=dataset, criterion=criterion, count=count(k, "group"))


def with_models(models: Sequence[str]) -> str:
    return _("with {models}").format(models=_(" and ").join(models))


def at_time(moment: dt.datetime, *, seconds: bool = False) -> str:
    """A moment (UTC without a zone) in the time of this computer: "27 Nov 14:05"."""
    local = moment.replace(tzinfo=dt.UTC).astimezone()
    return f"{local.day} {local:%b %H:%M:%S}" if seconds else f"{local.day} {local:%b %H:%M}"


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def duration(seconds: float) -> str:
    """Seconds as a person says them: "8 s", "3 min", "1 h 10 min"."""
    whole = round(seconds)
    if whole < 90:
        return _("{whole} s").format(whole=whole)
    minutes = round(seconds / 60)
    return (
        _("{minutes} min").format(minutes=minutes)
        if minutes < 60
        else _("{minutes} h {minutes2} min").format(minutes=minutes // 60, minutes2=minutes % 60)
    )


def ago(seconds: float) -> str:
    if seconds < 60:
        return _("just now")
    if seconds < 86_400:
        return _("{duration} ago").format(duration=duration(max(seconds, 90)))
    return _("{count} ago").format(count=count(round(seconds / 86_400), "day"))


def first_shown(number: int) -> str:
    return _("The first {number:,} are shown.").format(number=number)
