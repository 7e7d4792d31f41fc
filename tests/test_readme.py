"""The README lists every source file with the sentence that the file says of itself."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    path.relative_to(ROOT).as_posix()
    for place in ("core", "ui", "pages", "benchmarks", "data/demo", "start.py", "streamlit_app.py")
    for path in ([ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*.py"))
)


@pytest.mark.parametrize("name", SOURCES)
def test_the_readme_says_what_a_file_is(name: str) -> None:
    said = ast.get_docstring(ast.parse((ROOT / name).read_text(encoding="utf-8")))
    if name.endswith("__init__.py") and not said:
        return  # an empty marker of a package
    assert said, f"{name} does not say what it is"
    sentence = said.splitlines()[0].rstrip(".").replace("|", "\\|")
    assert f"| `{name}` | {sentence} |" in (ROOT / "README.md").read_text(encoding="utf-8")
