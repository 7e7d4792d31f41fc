"""The README lists every source file with the sentence that the file says of itself.

`python tests/test_readme.py` writes that list anew.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
START, END = "<!-- files -->\n", "<!-- end of files -->"
SECTIONS = {
    "The app": ("pages", "ui", "start.py", "streamlit_app.py"),
    "The engine": ("core",),
    "Demo and benchmarks": ("benchmarks", "data/demo"),
}


def sources(place: str) -> list[Path]:
    """The Python files at a place, a folder or a file."""
    return [ROOT / place] if place.endswith(".py") else sorted((ROOT / place).rglob("*.py"))


def said(path: Path) -> str:
    """The first line of a file's docstring, to the end of its sentence; "" for an empty marker of a package."""
    paragraph = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n\n")[0]
    line, *more = paragraph.split("\n")
    if more and not line.endswith((".", "?")):
        line += " " + re.split(r"(?<=[.?])\s", " ".join(more))[0]
    return line.rstrip(".")


def listing() -> str:
    """The list of files as it should stand in the README."""
    parts = []
    for title, places in SECTIONS.items():
        rows = [
            f"| `{path.relative_to(ROOT).as_posix()}` | {said(path).replace('|', chr(92) + '|')} |"
            for place in places
            for path in sources(place)
            if said(path)
        ]
        parts.append("\n".join([f"**{title}**", "", "| file | what it is |", "|---|---|", *rows]))
    return "\n" + "\n\n".join(parts) + "\n\n"


def test_every_file_says_what_it_is() -> None:
    silent = [
        path.relative_to(ROOT).as_posix()
        for places in SECTIONS.values()
        for place in places
        for path in sources(place)
        if not said(path) and path.name != "__init__.py"
    ]
    assert not silent


def test_the_readme_lists_them() -> None:
    listed = README.read_text(encoding="utf-8").split(START)[1].split(END)[0]
    assert listed == listing(), "run: python tests/test_readme.py"


if __name__ == "__main__":
    pattern = re.compile(f"(?<={START}).*(?={END})", re.DOTALL)
    README.write_text(pattern.sub(lambda _: listing(), README.read_text(encoding="utf-8")), encoding="utf-8")
