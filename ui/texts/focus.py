"""Texts of *Look only at*: the part of each image that a run is about."""

from __future__ import annotations

from typing import Final

from core.ingest import focus
from ui.language import _

FOCUS: Final = "Look only at"
FOCUS_HELP: Final = (
    "The part of each image that is described, grouped and shown, such as the logo of an invoice. Images without it "
    "are listed apart; the whole image stays one click away."
)
FOCUS_KINDS: Final = {
    "": "The whole image",
    "subject": "The main subject",
    "line": "The line of text with …",
    "block": "The block of text with …",
    "box": "A part that I draw",
    "find": "A thing that a detector finds",
}
FOCUS_WORDS: Final = "Words in it"
FOCUS_WORDS_HINT: Final = "Total"
FOCUS_WORDS_HELP: Final = (
    "The text of all images is read for this, once. A letter or two may be read wrongly. A line goes from its first to "
    "its last word, over the whole width; a block takes the lines close above and below, too."
)
FOCUS_THING: Final = "What it is"
FOCUS_THING_HINT: Final = "logo"
FOCUS_DETECTOR: Final = "Detector"
FOCUS_DETECTOR_HINT: Final = "google/owlv2-base-patch16-ensemble"
FOCUS_DETECTOR_HELP: Final = (
    "A Hugging Face model that finds things by their names, such as OWLv2 or Grounding DINO: its folder on this "
    "computer, or its name on the hub. It needs the part “transformers”. Each place that it finds is an item by itself."
)
FOCUS_SAY_THING: Final = "Say what to look for and which detector finds it, then start."
FOCUS_DRAW: Final = "Draw a rectangle on this example. It is taken from the same place of each image."
FOCUS_ANOTHER: Final = "Another example"
FOCUS_SAY_WORDS: Final = "Say which words stand in it, then start."
FOCUS_DRAW_FIRST: Final = "Draw the part on the example, then start."
DRAWING: Final = {
    "label": "Example: drag to draw a part. Arrow keys move it, with Shift they change its size.",
    "alt": "Example image",
}
WHOLE_IMAGE: Final = "Show the whole image"
NOTHING_TO_LOOK_AT: Final = "Nothing found"


def focus_said(spec: str) -> str:
    """What is looked at, in words: “the line with “Total””."""
    asked = focus.read(spec)
    match asked.kind:
        case "subject":
            return _("the main subject")
        case "line":
            return _("the line with “{words}”").format(words=asked.words)
        case "block":
            return _("the block of text with “{words}”").format(words=asked.words)
        case "find":
            return _("“{words}”").format(words=asked.words)
    left, top, right, bottom = (round(100 * share) for share in asked.box)
    return _("a drawn part ({left}–{right} % across, {top}–{bottom} % down)").format(
        left=left, right=right, top=top, bottom=bottom
    )


def only_focus(spec: str) -> str:
    """Beside the name of a run."""
    if focus.read(spec).kind == "box":
        return _("only a drawn part")
    return _("only {part}").format(part=focus_said(spec))


def nothing_found_for(spec: str) -> str:
    """Why these images are in no group."""
    return _("In these images there is no such part ({part}), so they are in no group.").format(part=focus_said(spec))


def nothing_found_in(number: int) -> str:
    """The title of the list of images without the part."""
    return _("Nothing found: {number:,}").format(number=number)
