"""The language that a person reads: texts are written in English (`ui/texts/`) and translated by gettext when read.

English is the key of every translation (`ui/locales/*.po`, kept by `python -m tools.translate`). Outside a session, as
in tests and in threads, texts are in English. What `core` says (errors, notes on files and models) is English always.
"""

from __future__ import annotations

import gettext
import io
import string
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

LANGUAGES = {"en": "English", "de": "Deutsch"}
"""Code -> what the language calls itself."""
PREFERENCE = "language"
"""Under which the choice is kept with the workspace."""
_KEY = "language"
_FOLDER = Path(__file__).parent / "locales"
_T = TypeVar("_T")


def begin(kept: Callable[[], str]) -> None:
    """Set the language of this session, once: the one that was kept, else the browser's."""
    if _KEY not in st.session_state:
        asked = kept() or (st.context.locale or "").partition("-")[0].lower()
        choose(asked if asked in LANGUAGES else "en")


def choose(code: str) -> None:
    """Read on in this language, one of LANGUAGES."""
    st.session_state[_KEY] = code


def current() -> str:
    """The code of the language of this session."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return "en"
    return str(st.session_state.get(_KEY, "en"))


class _Text(str):
    """A translated text: `format` writes the numbers in it as its language does."""

    def format(self, *values: object, **named: object) -> str:
        return _Numbers().vformat(self, values, named)


class _Numbers(string.Formatter):
    """Puts values into a text, numbers with the signs of the language of this session."""

    def format_field(self, value: Any, format_spec: str) -> str:
        said = str(super().format_field(value, format_spec))
        return said.translate(_signs(current())) if isinstance(value, int | float) else said


def digits(value: float, form: str = ",") -> str:
    """A number in digits, as the language of this session writes it. form: as in `format`."""
    return _Numbers().format_field(value, form)


@lru_cache(maxsize=len(LANGUAGES))
def _signs(code: str) -> dict[int, str]:
    """What Python's signs between digits become in a language."""
    if code == "en":
        return {}
    from babel import Locale

    signs = Locale.parse(code).number_symbols["latn"]
    return str.maketrans({",": signs["group"], ".": signs["decimal"]})


def _(text: str) -> str:
    """The text in the language of this session."""
    return _Text(_catalogue(code).gettext(text)) if (code := current()) != "en" and text else text


def plural(one: str, many: str, number: int) -> str:
    """The noun that stands beside a number."""
    return _catalogue(current()).ngettext(one, many, number)


def tr(value: _T) -> _T:
    """A text, or all texts in a mapping or a sequence (not the keys of a mapping)."""
    return value if current() == "en" else _all(value)


def _all(value: Any) -> Any:
    if isinstance(value, str):
        return _(value)
    if isinstance(value, dict):
        return {key: _all(own) for key, own in value.items()}
    return type(value)(_all(own) for own in value) if isinstance(value, tuple | list | frozenset) else value


@lru_cache(maxsize=len(LANGUAGES))
def _catalogue(code: str) -> gettext.NullTranslations:
    """The translations of a language, compiled when it is first read."""
    path = _FOLDER / f"{code}.po"
    if code == "en" or not path.exists():
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=code))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
