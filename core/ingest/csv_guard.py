"""The mark that keeps spreadsheets from running a text as a formula: an apostrophe before it. Exactly reversible.

Marked is a text that begins with a sign that may begin a formula or a call of another program (= + - @ | %, in full
width too), whatever blanks, unseen characters and apostrophes come first, and one that begins with a tab, a line break
or another control character. Numbers are texts here too: -1 becomes '-1. The same holds for what follows a character
inside a text at which some readers begin a new cell or row even between quotes: a tab, a semicolon, and every line
break but the usual ones (LF, CR LF).
"""

from __future__ import annotations

import re

_SIGNS = r"=+\-@|%\uff1d\uff0b\uff0d\uff20\uff5c\uff05\ufe66\ufe62\ufe63\ufe6b\ufe6a"
_UNSEEN = r"\s\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202f"
_UNSEEN += r"\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
_RISKY = re.compile(rf"'*(?:[\x00-\x1f]|[{_UNSEEN}]*[{_SIGNS}])")
_BREAK = re.compile(r"(\r(?!\n)|[;\t\v\f\x1c-\x1e\x85\u2028\u2029])")


def guarded(text: str) -> str:
    """A text as a cell that no spreadsheet runs."""
    parts = _BREAK.split(text)
    parts[2::2] = map(_marked, parts[2::2])  # what stands between them are the breaks
    return _marked("".join(parts))


def unguarded(cell: str) -> str:
    """The text of a cell that `guarded` made; any other cell as it is, unless it looks like one."""
    parts = _BREAK.split(_unmarked(cell))
    parts[2::2] = map(_unmarked, parts[2::2])
    return "".join(parts)


def _marked(text: str) -> str:
    return f"'{text}" if _RISKY.match(text) else text


def _unmarked(text: str) -> str:
    return text[1:] if text[:1] == "'" and _RISKY.match(text, 1) else text
