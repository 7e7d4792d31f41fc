"""Texts of the cards of models on the page Connect."""

from __future__ import annotations

from math import ceil
from typing import Final

from ui.language import _
from ui.texts.common import duration

CATALOGUE_TITLE: Final = "Get a model"
CATALOGUE_NOTE: Final = (
    "One click fetches a model from the Hugging Face hub, tests it with a picture that Facetry draws, and chooses it. "
    "From then on it works without the internet, and nothing leaves this computer. Its files are pinned and checked. "
    "None of these models could be tried where Facetry was written: the test here is the first."
)
CATALOGUE_LARGE: Final = "Larger models, for a graphics card"
CATALOGUE_NO_CARD: Final = (
    "No graphics card was found that these models work on. On a processor they take up to twice the memory, and much "
    "more time."
)
CATALOGUE_GET: Final = "Get it"
CATALOGUE_CONTINUE: Final = "Continue"
CATALOGUE_TRY: Final = "Test it"
CATALOGUE_USE: Final = "Use it"
CATALOGUE_IN_USE: Final = "in use"
CATALOGUE_REMOVE: Final = "Remove"
CATALOGUE_REMOVED: Final = "Its files are deleted."
CATALOGUE_SOURCE: Final = "source"
CATALOGUE_UNTRIED: Final = "All of it is here, but it has not passed its test."
CATALOGUE_WRONG: Final = "That does not name it, so the model was not chosen. Use it only if its answers suit you."
CATALOGUE_TIGHT: Final = "Other programs leave less memory free than it takes. Close some before its test."
CATALOGUE_KEY: Final = "Token of the Hugging Face hub"
CATALOGUE_KEY_HELP: Final = (
    "Made on huggingface.co under Settings, Access Tokens; the right to read is enough. Kept in memory for this "
    "browser session only. To avoid typing it again, set HF_TOKEN before you start Facetry."
)
CATALOGUE_STEPS: Final = {
    "checking": "Checking the files",
    "testing": "Loading and testing it",
}


def translated(said: str) -> str:
    """What the catalogue says of a model, which is English."""
    return _(said)


def catalogue_takes(gb: float, memory_gb: float, licence: str, *, card: bool) -> str:
    memory = _("of a graphics card's memory") if card else _("of memory")
    minutes = ceil(gb * 8_000 / 100 / 60)
    said = _("{size} to download, about {minutes} min at 100 Mbit/s; {memory_gb:g} GB {memory}; licence {licence}.")
    return said.format(size=_gb(gb), minutes=minutes, memory_gb=memory_gb, memory=memory, licence=licence)


def catalogue_part(what: str, fetch_gb: float, minutes: int) -> str:
    return _("With it comes {what}: {gb:g} GB and about {minutes} minutes more.").format(
        what=what, gb=fetch_gb, minutes=minutes
    )


def catalogue_partly(here_gb: float, gb: float) -> str:
    return _("{here} of {all} are here.").format(here=_gb(here_gb), all=_gb(gb))


def catalogue_fetching(here_gb: float, gb: float, seconds_left: float | None) -> str:
    said = _("{here} of {all}").format(here=_gb(here_gb), all=_gb(gb))
    return said if seconds_left is None else _("{said}, {time} left").format(said=said, time=duration(seconds_left))


def catalogue_tested(asked: str, seconds: float, answer: str) -> str:
    return _("{asked}: “{answer}” ({seconds:.1f} s)").format(asked=asked, answer=answer, seconds=seconds)


def _gb(gb: float) -> str:
    if gb < 0.1:
        return _("{mb:.0f} MB").format(mb=gb * 1000)
    return _("{gb:.1f} GB").format(gb=gb)
