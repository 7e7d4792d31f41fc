"""Whether the labels that a run is compared with are about what it groups by: then scores say what is right, else only
how far the two agree."""

from __future__ import annotations

import re

from core.errors import BadInput
from core.evaluate.names import plain
from core.ingest.ground_truth import ALIKE, NAMES, split_address
from core.ingest.table import read_table

_WORD = re.compile(r"[^\W_]+")
_SAYS_NOTHING = frozenset(
    "label class category truth target group cluster gt ground y name tag id value result annotation record".split()
)
_SMALL = frozenset("of the a an in on by for and or is it to with image picture photo".split())


def says_nothing(column: str) -> bool:
    """Whether the name of a column of labels says nothing of what they are about ("label")."""
    return _words(column) <= _SAYS_NOTHING


def other_column(truth: str, criterion: str) -> str:
    """The name of the column of labels, where by its words it is of something else than the criterion; else "".

    A column whose name says nothing ("label"), and labels from names of files and folders, are taken for being about
    it. truth: as RunSettings has it.
    """
    address = truth.removeprefix(ALIKE)
    _, colon, column = address.rpartition(":")
    if address in NAMES or not colon or "/" in column or "\\" in column:
        return ""
    words, asked = _words(column), _words(criterion)
    if not words or words & asked or says_nothing(column) or plain(column) == plain(criterion):
        return ""
    return column


def truth_about(truth: str, criterion: str) -> str:
    """The same labels, or those of another column of their table, where its name is of the criterion and this one's is
    not. truth: as RunSettings has it."""
    if not other_column(truth, criterion):
        return truth
    path, _ = split_address(truth.removeprefix(ALIKE))
    try:
        columns = list(read_table(path))
    except (BadInput, OSError):
        return truth
    asked = _words(criterion)
    fitting = next((column for column in columns if _words(column) & asked), "")
    return f"{ALIKE if truth.startswith(ALIKE) else ''}{path}:{fitting}" if fitting else truth


def _words(text: str) -> set[str]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return {word for part in _WORD.findall(spaced) if (word := plain(part)) not in _SMALL and not word.isdigit()}
