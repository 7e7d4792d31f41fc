"""Sets of names that a person keeps for other runs: stored by title in the workspace, and as lines of a text file.

A line is "name: meaning" or "name". A name that holds ": " or begins with a quotation mark stands in double quotes, as
in JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from pydantic import TypeAdapter, ValidationError

from core.domain import folded, is_reserved
from core.errors import BadInput
from core.ingest.text import split_lines
from core.store import Store

Name = tuple[str, str]
"""A name and its meaning, which may be ""."""
PREFERENCE = "sets of names"
MOST = 200
_SETS: TypeAdapter[dict[str, tuple[Name, ...]]] = TypeAdapter(dict[str, tuple[Name, ...]])


def saved(store: Store) -> Mapping[str, tuple[Name, ...]]:
    """Title -> names, in the order of the titles; what another version wrote and this one cannot read is left out."""
    try:
        found = _SETS.validate_json(store.preferences.get(PREFERENCE, "{}"))
    except ValidationError:
        return {}
    return dict(sorted(found.items(), key=lambda of: folded(of[0])))


def save(store: Store, title: str, names: Sequence[Name]) -> None:
    """Keep a set under a title; one of the same title is replaced. Raises BadInput."""
    title = " ".join(title.split())
    if not title:
        raise BadInput("A set of names needs a title.")
    kept = {other: of for other, of in saved(store).items() if folded(other) != folded(title)}
    store.preferences.set(PREFERENCE, _SETS.dump_json(kept | {title: _checked(names)}).decode())


def remove(store: Store, title: str) -> None:
    """Forget a set."""
    kept = {other: of for other, of in saved(store).items() if other != title}
    store.preferences.set(PREFERENCE, _SETS.dump_json(kept).decode())


def written(names: Sequence[Name]) -> str:
    """A set as the text of a file."""
    return "".join(f"{_quoted(name)}{': ' if meaning else ''}{meaning}\n" for name, meaning in names)


def read(text: str) -> tuple[Name, ...]:
    """The names in the text of a file. Raises BadInput where there are none, or two that look the same."""
    return _checked([_line(line) for line in split_lines(text) if line.strip()])


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False) if ": " in name or name.endswith(":") or name.startswith('"') else name


def _line(line: str) -> Name:
    line = line.strip().removeprefix("\ufeff")
    if line.startswith('"'):
        try:
            name, end = json.JSONDecoder().raw_decode(line)
        except ValueError:
            raise BadInput(f"A quotation mark is missing in the line: {line[:80]}") from None
        return str(name), line[end:].removeprefix(":").strip()
    name, _, meaning = line.partition(": ")
    return name.strip().removesuffix(":").strip(), meaning.strip()


def _checked(names: Sequence[Name]) -> tuple[Name, ...]:
    clean = tuple((" ".join(name.split()), " ".join(meaning.split())) for name, meaning in names)
    if not clean:
        raise BadInput("There are no names in it. Write one in each line, as “name: what belongs there”.")
    if len(clean) > MOST:
        raise BadInput(f"There are {len(clean):,} names in it; at most {MOST} can be groups.")
    seen: set[str] = set()
    for name, _ in clean:
        if not name or is_reserved(name):
            raise BadInput(f"“{name}” cannot be the name of a group." if name else "A group needs a name.")
        if folded(name) in seen:
            raise BadInput(f"“{name}” stands in it twice.")
        seen.add(folded(name))
    return clean
