"""Text from models, files and people, made safe to show: Streamlit reads captions, labels and options as Markdown."""

from __future__ import annotations

import re

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_SPACE = re.compile(r"\s+")
_INVISIBLE = re.compile(r"[\u0000-\u001f\u007f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_JOINER = "\u2060"  # word joiner: nothing is seen of it
_AUTOMATIC = re.compile(r"(?<=[:@])(?=\S)|(?<=\bwww)(?=\.)|(?<=\$)(?=\S)", re.IGNORECASE)


def safe_md(text: str, limit: int = 0) -> str:
    """`text` on one line, shown letter for letter wherever Streamlit renders Markdown.

    Every ASCII punctuation mark is escaped (images, links, directives, HTML). What is found in
    plain text after parsing ("https://...", ":tada:", ":material/home:") is broken up by an invisible joiner.
    Control and direction-changing characters are dropped. limit: cut longer texts to so many characters (0: never).
    """
    return _PUNCTUATION.sub(r"\\\1", _AUTOMATIC.sub(_JOINER, plain(text, limit)))


def unseen(text: str) -> str:
    """`text` for the label of a widget that shows none: read aloud as it is, so without the backslashes of `safe_md`.

    Streamlit renders it all the same, where nobody sees it: images and links are broken up by the invisible joiner.
    """
    return _AUTOMATIC.sub(_JOINER, plain(text)).replace("](", f"]{_JOINER}(").replace("<", f"<{_JOINER}")


def plain(text: str, limit: int = 0) -> str:
    """`text` on one line without characters that are not seen, for places that show text as it is (charts, tables)."""
    line = _SPACE.sub(" ", _INVISIBLE.sub(" ", text)).strip()
    return line[: limit - 1].rstrip() + "…" if limit and len(line) > limit else line
