"""A run as one HTML file to send to somebody: all of it inside, nothing to fetch, made while it is sent.

The file holds no script, and its own security policy forbids whatever the template does not use. Every value is
escaped by the template engine: names, descriptions and labels come from models, files and people.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.evaluate.internal import Internal
from core.evaluate.metrics import sentence


@dataclass(frozen=True, slots=True)
class Example:
    """One image of a group. alt: what it shows, in words. picture: WebP bytes; None shows the words instead."""

    alt: str
    caption: str
    picture: bytes | None

    @property
    def address(self) -> str:
        """The picture as a data URI."""
        return "data:image/webp;base64," + base64.b64encode(self.picture or b"").decode()


@dataclass(frozen=True, slots=True)
class Section:
    """One group, or what is in none.

    Attributes:
        said: frequent labels or odd answers with how many images have each.
        examples: read when the section is written, so that no more than one picture is held at a time.
    """

    title: str
    note: str
    count: int
    said: Sequence[tuple[str, int]]
    examples: Iterable[Example]


@dataclass(frozen=True, slots=True)
class Page:
    """All that the file says.

    Attributes:
        part: which part of the run it shows, in words, "" for all of it.
        sight: what is to be known of what the vision model saw, a sentence each.
        date: YYYY-MM-DD.
        facts: (name, value) of what was asked for and who did the work.
        counts: (name, images); they add up to `given`.
        labels: what the labels are about, where that is something else than the groups (`other_column`); "" for none.
        scores: as core.evaluate.metrics.score gives them, over the whole run; None without ground truth.
        internal: how the groups hold together, by what they were measured on.
        stability: whether they stay, a sentence each.
        skipped: (reason, one file as an example, how many files), the most frequent first.
    """

    title: str
    date: str
    part: str
    sight: Sequence[str]
    given: int
    facts: Sequence[tuple[str, str]]
    counts: Sequence[tuple[str, int]]
    sections: Sequence[Section]
    scores: Mapping[str, Any] | None
    skipped: Sequence[tuple[str, str, int]]
    labels: str = ""
    internal: Mapping[str, Internal] = field(default_factory=dict)
    stability: Sequence[str] = ()

    @property
    def match(self) -> str:
        """The accuracy in words, beside what chance gives; "" without scores."""
        return sentence(self.scores, self.labels) if self.scores else ""


def html_pieces(page: Page) -> Iterator[bytes]:
    """The file in pieces, in UTF-8."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for piece in templates.get_template("page.html").generate(page=page):
        yield piece.encode("utf-8", errors="replace")
