"""Help on every page: the menu, the keys, and the tour of the demo."""

from __future__ import annotations

from typing import Final

from ui.language import _

HELP: Final = "Help"
HELP_TIP: Final = "Keys, a tour of the demo, and the language. The key ? shows the keys."
HELP_KEYS: Final = "Keys"
HELP_TOUR: Final = "Tour of the demo"
KEYS_TITLE: Final = "Keys"
KEYS: Final = (
    (
        "Everywhere",
        (
            ("?", "show these keys"),
            ("Tab, Shift + Tab", "go to the next, to the previous field, button or picture"),
            ("Enter, Space", "press a button, open a picture"),
            ("Escape", "close a dialog or a list"),
        ),
    ),
    (
        "Pictures of a group",
        (
            ("Arrows, Home, End", "go from picture to picture"),
            ("Shift + arrows", "select on the way; with a click, all from the last one on"),
            ("Space, Ctrl + click", "select a picture, or give it back"),
            ("Ctrl + A, Escape", "select all, select none"),
            ("1 to 9", "move what is selected to the group of that number"),
            ("Ctrl + Z", "take the move back"),
            ("Enter", "open a picture"),
        ),
    ),
    (
        "Map",
        (
            ("Arrows, +, -, 0", "move or turn the map, closer, further, the whole map"),
            ("Escape", "choose none"),
        ),
    ),
    (
        "One picture, large",
        (
            ("Left, Right", "show the previous, the next one"),
            ("1 to 9", "move it to the group of that number"),
            ("Escape", "go back to its group"),
        ),
    ),
    (
        "Check",
        (
            ("1 to 3", "say that it belongs to the group of that number"),
            ("0", "say that it belongs to none of them"),
            ("Right", "skip it"),
        ),
    ),
    (
        "Labels",
        (
            ("1, 2", "keep the label, take the one that the image looks like"),
            ("Right", "skip it"),
        ),
    ),
)
"""Where -> key and what it does. What a page hears is listed here and nowhere else."""

TOUR: Final = (
    (
        "browse",
        "These are the groups, named after what is in them. **See all** opens a group; a picture, clicked, says why it "
        "is there, and can be moved.",
    ),
    ("names", "The names are yours: click one to change it, merge groups that mean the same, add one that is missing."),
    ("evaluate", "The demo came with labels. **Scores** says how well the groups match them, and where they do not."),
    ("export", "Take the groups with you: a page to send, a table, or a folder for each group."),
    ("start", "Now your own images: drop them, or choose a folder. They stay on this computer."),
)
"""The steps: the page that one is about, and what is said of it (Markdown)."""
TOUR_NEXT: Final = "Next"
TOUR_BACK: Final = "Back"
TOUR_DONE: Final = "Done"
TOUR_END: Final = "End the tour"


def tour_step(number: int) -> str:
    return _("{number} of {steps}").format(number=number, steps=len(TOUR))
