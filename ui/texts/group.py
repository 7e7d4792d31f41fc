"""Texts of the page Group: the form."""

from __future__ import annotations

from typing import Final

from ui.language import _
from ui.texts.common import images

GROUP_TITLE: Final = "What should they be grouped by?"
NO_IMAGES_TITLE: Final = "No images yet"
NO_IMAGES: Final = "Choose images first; then say what to group them by."
TO_IMAGES: Final = "Choose images"
TO_THESE: Final = "See the images"
STILL_OPENING: Final = "The images are still being opened. Grouping can start when that is done."
CRITERION: Final = "Group by"
CRITERION_HINT: Final = "for example: colour"
CRITERION_HELP: Final = "Type anything that you could tell a person: what the images should be grouped by."
EXAMPLES: Final = ("Colour", "Kind of animal", "Kind of garment", "Species", "Art style", "Day or night")
EXAMPLES_LABEL: Final = "Examples"
K: Final = "How many groups?"
K_HELP: Final = "The number of groups, called K in the literature. You can merge, add and delete groups afterwards."
K_DECIDE: Final = "Let it decide"
K_DECIDE_HELP: Final = (
    "The text model is asked which neighbouring labels belong together, until none do: as many groups as are left. "
    "What that takes is in the estimate."
)
FURTHER: Final = "And by"
FURTHER_HINT: Final = "more criteria, each for itself"
FURTHER_HELP: Final = "Each makes a run of its own on these images. Two of them can be crossed: kind by colour."
MODELS: Final = "Who does the work"
OTHER_MODELS: Final = "Change the models"
START: Final = "Start"
START_WAITS: Final = "First choose above how to go on."
SIGHT_TITLE: Final = "This may be beyond the built-in engine"
READ_AS: Final = "Read as “{}”."
BY_EXAMPLES: Final = "Show examples instead"
BY_EXAMPLES_HELP: Final = (
    "Name the groups and pick a few pictures of each; the rest follows them. For what no model here sees."
)
BY_EXAMPLES_TITLE: Final = "Groups by examples"
BY_EXAMPLES_NOTE: Final = (
    "Name your groups. Then pick three to five pictures of each; the others are sorted by how alike they are, and you "
    "see first what would move."
)
BY_EXAMPLES_HINT: Final = "old logo\nnew logo"
BY_EXAMPLES_GO: Final = "Go on to the pictures"
SIGHT_APPEARANCE: Final = "Group by appearance instead"
SIGHT_CONNECT: Final = "Connect a vision-language model"
SIGHT_RECORDED: Final = "Use the demo's recorded descriptions"
RECORDED_NOTE: Final = (
    "Recorded descriptions were written by hand for the demo: they show what a vision-language model would add."
)
VERSIONS: Final = "Groupings of these images"
VERSIONS_NOTE: Final = "Another criterion or number of groups makes a new one; what was described already is reused."
TRY_HELP: Final = "All steps on a few images from all over, to see whether the groups make sense."
SAMPLE_DONE: Final = "This is a sample, spread over all images."
ALL_IMAGES: Final = "Group all images this way"


def try_some(number: int) -> str:
    return _("Try {images} first").format(images=images(number))


def groups_by(criterion: str) -> str:
    return _("Groups by {criterion}").format(criterion=criterion)


def further_costs(criterion: str, said: str) -> str:
    return _("And by {criterion}, at most: {said}").format(criterion=criterion, said=said)


def further_beyond(criterion: str, why: str) -> str:
    return _("By “{criterion}” as well: {why}. Leave it out here, or connect a vision-language model.").format(
        criterion=criterion, why=why
    )


def only(number: int) -> str:
    return _("sample of {images}").format(images=images(number))
