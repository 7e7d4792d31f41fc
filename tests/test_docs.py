"""What is said of the code holds: files say what they are, functions are short, and the docs name what exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from core.cli.options import parser
from core.config import config

ROOT = Path(__file__).parents[1]
DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PLACES = ("core", "ui", "pages", "setup", "benchmarks", "tools", "data/demo", "start.py", "streamlit_app.py")
LONGEST_FUNCTION = 60
LONGEST_README = 200
MADE_AT_RUN_TIME = (
    "data/workspace/",
    "backup/",
    "images/",
    "uploads/",
    "models/",
    ".venv/",
    ".streamlit/secrets.toml",
    "hub/",
    "models/",
    "batches.json",
    "brought/",
)


def sources() -> list[Path]:
    """The project's Python files without its tests."""
    return [
        path
        for place in PLACES
        for path in ([ROOT / place] if place.endswith(".py") else sorted((ROOT / place).rglob("*.py")))
    ]


def test_every_file_says_what_it_is() -> None:
    silent = [
        path.relative_to(ROOT).as_posix()
        for path in sources()
        if path.name != "__init__.py" and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not silent


def test_no_function_is_long() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno
        and node.end_lineno - node.lineno >= LONGEST_FUNCTION
    ]
    assert not long


def test_the_readme_is_read_in_one_go() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= LONGEST_README


def exists(name: str, beside: Path) -> bool:
    """Whether the docs may name this: a file or folder by its path, or a file of the project by its name alone."""
    if re.search(r"[<>*{]|NAME|NNNN", name):  # a pattern
        return True
    if name.startswith(MADE_AT_RUN_TIME):
        return True
    if "/" in name:
        return (ROOT / name).exists() or (beside / name).exists() or any((ROOT / "ui").glob(name))
    return (ROOT / name).exists() or any(path.name == name for place in PLACES for path in (ROOT / place).rglob(name))


@pytest.mark.parametrize("doc", DOCS, ids=lambda path: path.name)
def test_what_a_doc_names_is_there(doc: Path) -> None:
    text = doc.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#\s]+)\)", text) if "://" not in link]
    assert [link for link in links if not (doc.parent / link).exists()] == []
    named = re.findall(r"`([\w./-]+(?:\.(?:py|sql|json|toml|html|js|css)|/))`", text)
    written_by_a_run = {"run.json", "bundle.json", "comparison.json", "metrics.json", "batches.json", "report.html"}
    assert [name for name in named if name not in written_by_a_run and not exists(name, doc.parent)] == []


def test_the_contracts_name_every_option_and_setting() -> None:
    text = (ROOT / "docs" / "contracts.md").read_text(encoding="utf-8")
    commands = next(action.choices for action in parser()._actions if isinstance(action.choices, dict))
    options = {option for parser in commands.values() for option in parser._option_string_actions}
    assert {option for option in options - {"-h", "--help"} if f"`{option}" not in text} == set()
    settings = set(re.findall(r"FACETRY_[A-Z0-9_]+", config.__doc__ or "")) | {"FACETRY_IMAGE_SIDE"}
    assert {name for name in settings if f"`{name}" not in text} == set()


@pytest.mark.parametrize("doc", ["README.md", "docs/cli.md", "docs/models.md", "docs/contracts.md"])
def test_the_options_that_a_doc_names_are_there(doc: str) -> None:
    commands = next(action.choices for action in parser()._actions if isinstance(action.choices, dict))
    known = {option for parser in commands.values() for option in parser._option_string_actions}
    known |= set(re.findall(r'"(--[a-z-]+)"', (ROOT / "start.py").read_text(encoding="utf-8")))
    named = set(re.findall(r"(?<![\w-])--[a-z][\w-]*", (ROOT / doc).read_text(encoding="utf-8")))
    assert named
    assert named - known == set()


def test_what_the_map_finds_in_a_file_is_in_that_file() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    found = re.findall(r"`([\w.]+)`\s+(?:in\s+|\()`([\w./]+\.(?:py|html))`", text)
    wrong = []
    for name, file in found:
        places = [
            ROOT / file,
            *(path for top in PLACES for path in (ROOT / top).rglob(Path(file).name) if "/" not in file),
        ]
        word = re.compile(rf"\b{re.escape(name.rsplit('.', 1)[-1])}\b")
        if not any(path.is_file() and word.search(path.read_text(encoding="utf-8")) for path in places):
            wrong.append(f"{name} in {file}")
    assert len(found) > 10
    assert not wrong
