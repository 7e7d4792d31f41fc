"""The part of each image that a person wants looked at, in one line of text: where it is drawn, or how it is found.

subject               the main subject
line:WORDS            the line of text in which these words stand, from its first word to its last
block:WORDS           the same with the lines that belong to it, above and below
box:LEFT,TOP,RIGHT,BOTTOM   a part drawn on one image, in per cent of the width and height of each
find:THING@MODEL      what a detector finds by a word, each place for itself
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, get_args

from core.errors import BadInput

Kind = Literal["subject", "line", "block", "box", "find"]
Box = tuple[float, float, float, float]
"""Left, top, right and bottom as shares of an image's width and height."""
MOST = 32
"""Parts that are taken of one image."""
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
_LEAST = 1.0
"""Per cent of a side that a drawn part has at least."""
_FORMS = "subject, line:WORDS, block:WORDS, box:LEFT,TOP,RIGHT,BOTTOM in per cent, or find:THING@MODEL"


@dataclass(frozen=True, slots=True)
class Focus:
    """What is looked at of each image.

    Attributes:
        words: what stands in the line or block, or what is to be found.
        box: of a drawn part.
        model: the detector that finds it.
    """

    kind: Kind
    words: str = ""
    box: Box = WHOLE
    model: str = ""

    @property
    def spec(self) -> str:
        """The line of text that says so; what is the same has the same."""
        match self.kind:
            case "box":
                return "box:" + ",".join(f"{100 * share:.6g}" for share in self.box)
            case "find":
                return f"find:{self.words}@{self.model}"
            case "subject":
                return self.kind
        return f"{self.kind}:{self.words}"

    @property
    def said(self) -> str:
        """What is looked at, in words."""
        match self.kind:
            case "subject":
                return "the main subject"
            case "line":
                return f"the line with “{self.words}”"
            case "block":
                return f"the block of text with “{self.words}”"
            case "find":
                return f"“{self.words}”"
        left, top, right, bottom = (round(100 * share) for share in self.box)
        return f"a part drawn on one image ({left} to {right} % of the width, {top} to {bottom} % of the height)"

    @property
    def is_many(self) -> bool:
        """Whether an image may have several such parts, each of which is an item of its own."""
        return self.kind == "find"

    @property
    def missing(self) -> str:
        """Why an image has no such part, as a sentence."""
        found = "No text with" if self.kind in ("line", "block") else "Nothing was found for"
        return f"{found} “{self.words}” in it, so there is nothing to look at."


def read(spec: str) -> Focus:
    """What a line of text asks for. Raises BadInput."""
    kind, colon, rest = spec.strip().partition(":")
    kind, rest = kind.strip().lower(), " ".join(rest.split())
    if kind not in get_args(Kind) or bool(colon) == (kind == "subject"):
        raise BadInput(f"“{spec}” is no part of an image. It is one of: {_FORMS}.")
    if kind == "subject":
        return Focus("subject")
    if kind == "box":
        return Focus("box", box=_box(rest))
    words, _, model = rest.partition("@") if kind == "find" else (rest, "", "")
    words, model = words.strip(), model.strip()
    if not words:
        raise BadInput(f"Say which words after “{kind}:”.")
    if kind == "find":
        if not model:
            raise BadInput("Say which detector finds it: find:THING@MODEL.")
        return Focus("find", words, model=model)
    return Focus("line" if kind == "line" else "block", words)


def said(spec: str) -> tuple[str, ...]:
    """The sentence for a result of which each image is such a part; none for whole images."""
    return (f"Only a part of each image was looked at: {read(spec).said}.",) if spec else ()


def crop_id(image: str, box: Box) -> str:
    """The id of a part of an image: the same part of the same image is the same item in all datasets."""
    return hashlib.sha256(f"{image} {','.join(f'{share:.4f}' for share in box)}".encode()).hexdigest()


def _box(text: str) -> Box:
    try:
        numbers = [float(number) for number in text.replace("%", "").split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != 4 or not all(0 <= number <= 100 for number in numbers):
        raise BadInput("A drawn part needs four numbers from 0 to 100: box:LEFT,TOP,RIGHT,BOTTOM.")
    left, top, right, bottom = numbers
    if right - left < _LEAST or bottom - top < _LEAST:
        raise BadInput("A drawn part must be at least 1 % wide and high: box:LEFT,TOP,RIGHT,BOTTOM.")
    return (left / 100, top / 100, right / 100, bottom / 100)
