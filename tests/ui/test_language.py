"""Every text has a German translation that fits, and pages are in the language that was chosen."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Callable
from pathlib import Path

import pytest
from app import fresh_server, images, make, models, open_app, shown  # noqa: F401
from babel.messages.pofile import read_po

from tools import translate
from ui import language, text
from ui.session import state

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

CATALOGUES = sorted(translate.LOCALES.glob("*.po"))


def fields(message: str) -> set[str]:
    """The places that values are put into, with how they are written."""
    found = set()
    for _, name, spec, _ in string.Formatter().parse(message):
        if name is not None:
            found.add(f"{name}:{spec}")
    return found


def markup(message: str) -> list[str]:
    return sorted(re.findall(r"\*\*|`|\n", message))


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_all_texts_are_translated_and_none_is_left_over(path: Path) -> None:
    assert path.stem in language.LANGUAGES
    assert path.read_bytes() == translate.written(translate.updated(path.stem, path)), "python -m tools.translate"
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.stem)
    empty = [message.id for message in catalogue if message.id and not all(_strings(message.string))]
    assert not empty
    assert not [message.id for message in catalogue if message.fuzzy]


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_translations_take_the_same_values_and_marks(path: Path) -> None:
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.stem)
    for message in catalogue:
        for key, said in zip(_strings(message.id), _strings(message.string), strict=False):
            if not key:
                continue  # the header
            try:
                known, used = fields(key), fields(said)
            except ValueError:  # an example in braces, which nothing is put into
                assert key == said
                continue
            # A form of a verb may be needless in another language; nothing else may be left out, and nothing added.
            assert used <= known, key
            assert {field.partition(":")[0] for field in known - used} <= VERBS, key
            assert markup(key) == markup(said), key


VERBS = {"verb", "was", "has", "belongs", "looks", "stays", "goes", "theirs"}


def _strings(value: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def test_outside_a_session_texts_are_english() -> None:
    assert text.UNDO == "Undo"
    assert text.images(2) == "2 images"
    with pytest.raises(AttributeError, match="NO_SUCH"):
        text.NO_SUCH  # noqa: B018


@pytest.fixture
def german() -> None:
    """As somebody chose it before in this workspace."""
    state.workspace().store.preferences.set(language.PREFERENCE, "de")


PAGES = [name for name in state.PAGES if name not in ("start", "bring")]


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_german_once_it_was_chosen(page: str, make: Callable[..., str], german: None) -> None:
    at = open_app(page, run=make())
    said = shown(at)
    assert at.session_state["language"] == "de"
    english = {text.BROWSE, text.NAMES, text.EVALUATE, text.CHECK_TITLE, text.NAMES_TITLE, text.EXPORT_REPORT}
    assert not english & set(said.splitlines())
    assert re.search(r"Bild|Gruppe|Bericht|Label|Modell", said)


def test_the_choice_stays_and_can_be_taken_back(make: Callable[..., str]) -> None:
    run = make()
    at = open_app("browse", run=run)
    assert "Not sure" in shown(at)
    state.workspace().store.preferences.set(language.PREFERENCE, "de")
    assert "Not sure" in shown(at.run())  # a session keeps its language
    assert "Unsicher" in shown(open_app("browse", run=run))


def test_names_with_braces_stay_as_they_are(make: Callable[..., str], german: None) -> None:
    at = open_app("group", run=make(criterion="{colour} %s {0}"))
    assert not at.exception
    assert "{colour} %s {0}" in shown(at)


def used_at_import(source: str) -> list[str]:
    """The texts that a module looks up while it is imported: they would stay in the language of whoever came first."""
    found = []

    def look(node: ast.AST) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for part in (*node.decorator_list, *node.args.defaults, *node.args.kw_defaults):
                if part is not None:
                    look(part)
            return
        if isinstance(node, ast.Lambda):
            return
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "text":
            found.append(node.attr)
        for child in ast.iter_child_nodes(node):
            look(child)

    look(ast.parse(source))
    return found


def test_no_text_is_looked_up_while_a_module_is_imported() -> None:
    assert used_at_import("from ui import text\nA = text.UNDO\ndef f(a=text.REDO): return text.ADD") == ["UNDO", "REDO"]
    places = {path: used_at_import(path.read_text(encoding="utf-8")) for path in (state.ROOT / "ui").rglob("*.py")}
    assert not {str(path): found for path, found in places.items() if found}


def test_numbers_are_written_as_in_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    assert text.images(1200) == "1,200 images"
    assert language.digits(0.5, ".3f") == "0.500"
    monkeypatch.setattr(language, "current", lambda: "de")
    assert text.images(1200) == "1.200 Bilder"
    assert language.digits(0.5, ".3f") == "0,500"
    assert text.moved(1200, "a, b.c") == "1.200 Bilder nach a, b.c verschoben."
    assert text.money(1234.5) == "$1.234,50"
