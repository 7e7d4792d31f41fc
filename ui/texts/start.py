"""Texts of the page Start."""

from __future__ import annotations

from typing import Final

from ui.language import _
from ui.texts.common import count

START_TITLE: Final = "Group your images"
MINE: Final = "My images"
MINE_NOTE: Final = "Drop images, a folder or a ZIP file into the browser."
FOLDER_CHOICE: Final = "A folder on this computer"
FOLDER_CHOICE_NOTE: Final = "For many images: nothing is uploaded, your files stay as they are."
DEMO: Final = "The demo"
DEMO_NOTE: Final = (
    "216 pictures, sorted by kind of thing and by colour with the built-in engine, and both crossed. One click, half a "
    "minute."
)
CHOOSE: Final = "Choose"
SHOW_DEMO: Final = "Show me"
DEMO_PICTURE: Final = "A picture of the demo"
DEMO_CRITERION: Final = "kind of thing"
DEMO_SECOND_CRITERION: Final = "colour"
DEMO_GONE: Final = "The demo images are missing (data/demo). Get Facetry again, or use images of your own."
RUN_MENU: Final = "More"
RUN_NAME: Final = "Name of this run"
RUN_NAME_NOTE: Final = "Leave it empty to have it named after its images and what they are grouped by."
RUN_DELETE: Final = "Delete this run"
RUN_DELETE_NOTE: Final = "Its groups and your corrections go. Your images, and what models said of them, stay."
RUN_BACK: Final = "Undo"
RUN_PICTURES: Final = "Some of its pictures"


def run_deleted(name: str) -> str:
    return _("“{name}” was deleted. It goes for good when Facetry is started again.").format(name=name)


def unreadable_runs(number: int) -> str:
    what = _("It was") if number == 1 else _("They were")
    return _("{count} cannot be shown. {what} made by another version of Facetry, or damaged.").format(
        count=count(number, "run"), what=what
    )
