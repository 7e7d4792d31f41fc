"""What axe-core finds grave on a page: serious or critical, in the light and in the dark theme."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

axe = pytest.importorskip("axe_playwright_python.base")
_GRAVE = {"serious", "critical"}
_LIGHT_FROM = 80
"""Of 255: a background is dark whose red, green and blue are all below."""
_OPEN = "[role=dialog], [role=menu], [aria-expanded=true]"
Finding = tuple[str, str, str, str]


def grave(page: Page, *, only_open: bool = False) -> list[Finding]:
    """(theme, rule, element, what is wrong with it), in the theme that the page has and then in the other, which stays.

    only_open: nothing but the dialogs, menus and lists that are open, with the buttons that opened them.
    """
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(Path(axe.AXE_FILE_PATH).read_text(encoding="utf-8"))
    asked = f"axe.run({{include: [...document.querySelectorAll({_OPEN!r})]}})" if only_open else "axe.run()"
    found: list[Finding] = []
    for look in (_theme, _other_theme):
        theme = look(page)
        found += [
            (theme, one["id"], node["html"][:120], node["failureSummary"])
            for one in page.evaluate(asked)["violations"]
            for node in one["nodes"]
            if one["impact"] in _GRAVE
        ]
    return found


def _theme(page: Page) -> str:
    return "dark" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"


def _other_theme(page: Page) -> str:
    """Change to the other theme, as a computer does in the evening, and wait until the page has followed."""
    other = "light" if _theme(page) == "dark" else "dark"
    page.emulate_media(color_scheme=other)
    page.wait_for_function(
        """([dark, from]) => getComputedStyle(document.querySelector("[data-testid=stApp]")).backgroundColor
          .match(/\\d+/g).slice(0, 3).every(part => Number(part) < from) === dark""",
        arg=[other == "dark", _LIGHT_FROM],
    )
    return other
