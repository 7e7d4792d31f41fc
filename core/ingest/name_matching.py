"""Meets names in tables and records with images, and reads the class in a folder's or a file's name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, unquote

from core.domain import folded
from core.ingest.sources.file_kind import SUFFIXES

_NUMBERED = re.compile(r"^\d+_(?P<cls>.+)$")
_ADDRESS = re.compile(r"^[a-z][a-z0-9+.-]*://[^/]*", re.IGNORECASE)
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_HASH = f"{_UUID}|[0-9a-f]{{64}}|[0-9a-f]{{40}}|[0-9a-f]{{32}}|[0-9a-f]{{8}}"
_PREFIX = re.compile(rf"^(?:{_HASH})[-_](?=.)", re.IGNORECASE)
_ROBOFLOW = re.compile(r"^(?P<stem>.+)[_-][a-z]{3,4}\.rf\.[0-9a-z]{6,}$", re.IGNORECASE)
_FLOAT = re.compile(r"^(\d+)\.0+$")

_SAMPLE = 2_000
"""Names of a column that are tried, to tell which one names images."""
Other = tuple[str, str]
"""An item's id and a further name of it, that of a duplicate."""


def from_folders(names: Mapping[str, str]) -> dict[str, str]:
    """Class = the name of the folder an image lies in. names: item id -> relative path."""
    found = {item: PurePosixPath(name).parent.name for item, name in names.items()}
    return {item: cls for item, cls in found.items() if cls}


def from_filenames(names: Mapping[str, str]) -> dict[str, str]:
    """Class = what follows the first underscore of `{n}_{class}.{ext}` (IC|TC); it may hold underscores."""
    matches = {item: _NUMBERED.match(PurePosixPath(name).stem) for item, name in names.items()}
    return {item: match["cls"] for item, match in matches.items() if match}


# -- ways in which names are spelled otherwise


def _as_path(name: str) -> str:
    return name.strip().replace("\\", "/")


def _decoded(name: str) -> str:
    """What an address leads to: without scheme and server, percent-decoded, without what follows a "?" or "#"; where
    that is all that names a file, the path that it holds (Label Studio's `/data/local-files/?d=`)."""
    path, mark, rest = _ADDRESS.sub("", name).partition("?")
    before = path.partition("#")[0]
    path = before if _ending(before) and not _ending(path) else path
    if mark and path.endswith("/"):
        path = next((value for _, value in parse_qsl(rest.partition("#")[0]) if _ending(value)), path)
    return unquote(path if _ending(unquote(path)) or not mark else f"{path}?{rest}")


def _exported(name: str) -> str:
    """Without the hash that Label Studio puts before a name, and without what Roboflow puts behind it."""
    above, slash, base = name.rpartition("/")
    made = _ROBOFLOW.match(base)
    return f"{above}{slash}{_PREFIX.sub('', made['stem'] if made else base)}"


def _stem(name: str) -> str:
    ending = _ending(name)
    return name[: -len(ending)] if ending else name


def _number(name: str) -> str:
    """A number without the zeros that tables lose or add: 0012, 12 and 12.0."""
    above, slash, base = name.rpartition("/")
    whole = _FLOAT.sub(r"\1", base)
    return f"{above}{slash}{whole.lstrip('0') or '0'}" if whole.isdecimal() else name


def _ending(name: str) -> str:
    """The ending of a picture's name; "" for any other."""
    dot = name.rfind(".", name.rfind("/") + 1)
    return name[dot:] if dot > 0 and name[dot:].lower() in SUFFIXES else ""


_WAYS: Mapping[str, Callable[[str], str]] = {
    "": _as_path,
    "as addresses": _decoded,
    "with accents written otherwise": lambda name: unicodedata.normalize("NFC", name),
    "whatever their case": folded,
    "without their endings": _stem,
    "with numbers written otherwise": _number,
    "without what an exporter added": _exported,  # last, as most is lost with it
}
"""How names are made alike, in words -> what does it to a name that went through those before."""


@dataclass(frozen=True, slots=True)
class Way:
    """How some names met images: in words, how many, and the first as (name in the table, name of the image)."""

    words: str
    number: int
    example: tuple[str, str]

    def said(self, what: str) -> str:
        """As a sentence, of "Labels" or "Rows"."""
        return (
            f"{what} that met their images {self.words}: {self.number}, e.g. “{self.example[0]}” → {self.example[1]}."
        )


@dataclass(frozen=True, slots=True)
class Matches:
    """Which names met which images.

    Attributes:
        places: item id -> index of its name among those called.
        others: index among the further names -> the same.
        ways: all but the same path and the same file name, which need no word.
    """

    places: Mapping[str, int]
    others: Mapping[int, int]
    ways: Sequence[Way] = ()


@dataclass(frozen=True)
class Images:
    """The images of a source by their names, to be met by one column or another.

    names: item id -> path relative to what was given. others: further names of the same items.
    """

    names: Mapping[str, str]
    others: Sequence[Other] = ()
    _spelled: dict[int, list[str]] = field(default_factory=dict, init=False)

    @cached_property
    def _items(self) -> list[str]:
        return [*self.names, *(item for item, _ in self.others)]

    def _names(self, level: int) -> list[str]:
        """The names as the first `level` + 1 ways make them."""
        if level not in self._spelled:
            before = self._names(level - 1) if level else [*self.names.values(), *(name for _, name in self.others)]
            self._spelled[level] = list(map(list(_WAYS.values())[level], before))
        return self._spelled[level]

    @cached_property
    def _alike(self) -> frozenset[str]:
        return frozenset(map(_base, self._names(len(_WAYS) - 1)))

    def hits(self, called: Sequence[str]) -> int:
        """About how many images these names can mean, by a sample of them: to choose the column that names images."""
        distinct = list(dict.fromkeys(called))
        some: Iterable[str] = distinct[:: max(1, len(distinct) // _SAMPLE)]
        for alike in _WAYS.values():
            some = map(alike, some)
        return len(self._alike.intersection(map(_base, some)))

    def meet(self, called: Sequence[str]) -> Matches:
        """Each image with the name that means it: by the same path, else by a path of which one is the end of the
        other, else by the same file name; first as they are spelled, then made more and more alike (`_WAYS`).

        All but the same path counts only where one name and one image can be meant. A name called twice counts with
        its first place. What an exporter added may stand on one side only: names that each have their own (dates, say)
        are of two images. A path is also that with blanks around it or with backslashes, unless a file is called so.
        """
        given = [*self.names.values(), *(name for _, name in self.others)]
        rows = {name: row for row, name in reversed(list(enumerate(called)))}
        found = {place: rows[name] for place, name in enumerate(given) if name in rows}
        spelled = {row: name for name, row in rows.items()}
        ways = []
        for level, (words, alike) in enumerate(_WAYS.items()):
            if len(found) == len(given) or len({*found.values()}) == len(rows):
                break  # nothing is left on one side
            before, spelled = spelled, {row: alike(name) for row, name in spelled.items()}
            fresh = self._met(spelled, level, found)
            if alike is _exported:  # on one side: two names that each have their own addition are two images
                theirs, made = self._names(level - 1), self._names(level)
                fresh = {
                    place: row
                    for place, row in fresh.items()
                    if before[row] == spelled[row] or theirs[place] == made[place]
                }
            if fresh and words:
                first = min(fresh)
                ways.append(Way(words, len(fresh), (called[fresh[first]], given[first])))
            found |= fresh
        own = list(self.names)
        return Matches(
            {own[place]: row for place, row in found.items() if place < len(own)},
            {place - len(own): row for place, row in found.items() if place >= len(own)},
            ways,
        )

    def rows(self, called: Sequence[str], met: Matches) -> Iterator[tuple[str, int]]:
        """Item id and index of every row that means it, as a name may have several: those of an image's own name
        before those of its copies."""
        places: dict[str, list[int]] = {}
        for row, name in enumerate(called):
            places.setdefault(name, []).append(row)
        copies = ((self.others[place][0], row) for place, row in met.others.items())
        for item, first in (*met.places.items(), *copies):
            yield from ((item, row) for row in places[called[first]])

    def _met(self, spelled: Mapping[int, str], level: int, found: Mapping[int, int]) -> dict[int, int]:
        """Index of a name here -> the row that alone means it and no other image, of those that nothing met yet.

        spelled: row -> its name as this level makes it. found: what was met before, index -> row.
        """
        names, used = self._names(level), {*found.values()}
        fresh: dict[int, int] = {}
        for key in (str, _tail(spelled.values(), names), _base):
            alone: dict[str, int | None] = {}
            for row, name in zip(spelled, map(key, spelled.values()), strict=True):
                alone[name] = None if name in alone else row
            keys, meant = list(map(key, names)), dict[str, str | None]()
            for name, item in zip(keys, self._items, strict=True):
                meant[name] = item if meant.get(name, item) == item else None
            for place, name in enumerate(keys):
                met = alone.get(name)
                if met is not None and met not in used and meant[name] and place not in found:
                    fresh.setdefault(place, met)
            used.update(fresh.values())
        return fresh


def _tail(called: Iterable[str], names: Iterable[str]) -> Callable[[str], str]:
    """Of a path, the end of it that is a whole path on the other side; the path where no end is.

    Folders above may be others here and where the table was made.
    """
    whole = {*called}, {*names}

    def tail(path: str) -> str:
        ends = path
        while "/" in ends:
            ends = ends.partition("/")[2]
            if "/" in ends and any(ends in side for side in whole):
                return ends
        return path

    return tail


def _base(name: str) -> str:
    """The file's own name. Plain text handling: path objects would take most of the time for 100,000 names."""
    return name.rstrip("/").rpartition("/")[2]


def match_names(called: Sequence[str], names: Mapping[str, str]) -> dict[str, int]:
    """Item id -> index in `called`, see `Images.meet`. names: item id -> path relative to what was given."""
    return dict(Images(names).meet(called).places)
