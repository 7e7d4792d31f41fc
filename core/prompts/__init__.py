"""Prompt files, one a step and version: `<step>.v<N>.txt`, filled in with string.Template.

A released file is never edited; a new version is added, and since the text is part of every call key, nothing that was
answered under the old one is mistaken for an answer to the new.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template

from core.domain import Step

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt's version ("label.v1") and its text with $placeholders."""

    version: str
    text: str

    def render(self, **values: object) -> str:
        """The text with every placeholder filled. Raises KeyError when one is missing."""
        return Template(self.text).substitute(values)


@cache
def newest(step: Step) -> Prompt:
    """The newest version of a step's prompt."""
    path = max(_HERE.glob(f"{step}.v*.txt"), key=lambda path: int(path.stem.rsplit(".v", 1)[1]))
    return Prompt(path.stem, path.read_text(encoding="utf-8"))
