"""Brings the translations up to date with the texts: new ones are added without a translation, gone ones are left out.

python -m tools.translate            for all languages in ui/locales/
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po, write_po

from core.models.catalogue.entries import entries

ROOT = Path(__file__).parents[1]
TEXTS = ROOT / "ui" / "texts"
LOCALES = ROOT / "ui" / "locales"
_NOBODY = (b"#, fuzzy", b'"Project', b'"Report', b'"POT', b'"PO-', b'"Last', b'"Language-Team', b'"Generated')
"""Lines of the header that name people and times, which the repository knows."""


def messages() -> Iterator[tuple[str | tuple[str, str], str]]:
    """Every text of the pages, and the file that it stands in; a noun as (one, many)."""
    for path in sorted(TEXTS.glob("*.py")):
        module = import_module(f"ui.texts.{path.stem}")
        for name, value in vars(module).items():
            if name.strip("_").isupper():
                yield from ((text, path.name) for text in _in(value))
        with path.open("rb") as file:
            for _, function, found, _ in extract_python(file, ["_", "count"], [], {"encoding": "utf-8"}):
                if function == "count":
                    one, *many = [part for part in found if part] if isinstance(found, tuple) else [found]
                    yield (one, many[0] if many else f"{one}s"), path.name
                elif isinstance(found, str):
                    yield found, path.name
    for entry in entries().values():
        yield from ((said, "catalogue.toml") for said in (entry.good_at, entry.speed) if said)


def _in(value: Any) -> Iterator[str]:
    """The texts in a constant: those with letters, which are not the name of an icon or an address."""
    if isinstance(value, str):
        if any(letter.isalpha() for letter in value) and not value.startswith((":material/", "http")):
            yield value
    elif isinstance(value, dict):
        for own in value.values():
            yield from _in(own)
    elif isinstance(value, tuple | list | frozenset):
        for own in value:
            yield from _in(own)


def updated(language: str, path: Path) -> Catalog:
    """The catalogue of a language with all texts of today, those that are known translated."""
    catalogue = Catalog(locale=language, project="Facetry", version="", header_comment="# Facetry's texts.")
    known = Catalog(locale=language)
    if path.exists():
        with path.open("rb") as file:
            known = read_po(file, locale=language)
    for message, file_name in messages():
        old = known.get(message[0] if isinstance(message, tuple) else message)
        catalogue.add(message, old.string if old else None, locations=[(file_name, None)])
    return catalogue


def written(catalogue: Catalog) -> bytes:
    """As it stands in the file."""
    out = io.BytesIO()
    write_po(out, catalogue, width=100, omit_header=False, sort_output=False, include_lineno=False)
    head, _, rest = out.getvalue().partition(b"\n\n")
    kept = [line for line in head.split(b"\n") if not line.startswith(_NOBODY)]
    return b"\n".join(kept) + b"\n\n" + rest


def main() -> None:
    """Write all catalogues anew."""
    for path in sorted(LOCALES.glob("*.po")):
        path.write_bytes(written(updated(path.stem, path)))


if __name__ == "__main__":
    main()
