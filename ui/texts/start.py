"""Texts of the page Start."""

from __future__ import annotations

from typing import Final

from ui.texts.common import count

START_TITLE: Final = "Group your images"
MINE: Final = "My images"
MINE_NOTE: Final = "Drop images, a folder or a ZIP file into the browser."
FOLDER_CHOICE: Final = "A folder on this computer"
FOLDER_CHOICE_NOTE: Final = "For many images: nothing is uploaded, your files stay as they are."
DEMO: Final = "The demo"
DEMO_NOTE: Final = "216 pictures, sorted by kind of thing with the built-in engine. One click, half a minute."
CHOOSE: Final = "Choose"
SHOW_DEMO: Final = "Show me"
DEMO_PICTURE: Final = "A picture of the demo"
DEMO_CRITERION: Final = "kind of thing"
DEMO_GONE: Final = "The demo images are missing (data/demo). Get Facetry again, or use images of your own."


def unreadable_runs(number: int) -> str:
    what = "It was" if number == 1 else "They were"
    return f"{count(number, 'run')} cannot be shown. {what} made by another version of Facetry, or damaged."
