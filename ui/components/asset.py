"""The HTML, CSS and JavaScript of our components, which lie beside this file."""

from __future__ import annotations

from pathlib import Path


def asset(*names: str) -> str:
    """What these files hold, one after the other."""
    return "\n".join(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in names)
