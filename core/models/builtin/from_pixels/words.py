"""The words the built-in engine has for each aspect, and how much of each word an image's evidence supports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from core.domain import Vector
from core.models.builtin.criterion.routing import asked
from core.models.builtin.from_pixels import appearance, colours
from core.models.builtin.from_pixels.evidence import COLOURS, STATISTICS, TOP, class_shares
from core.models.builtin.from_pixels.imagenet import CLASSES, lexicon
from core.models.embedding.minilm import embed

ASPECTS = ("subject", "colour", "style", "light")

_SAME_FIELD = 0.66
_FIELD_ODDS = 30.0


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one aspect.

    names: narrow words first (a raw label is one of the first `narrow`), then broader ones.
    members: (names, narrow) float32, how much of a narrow word counts towards a name; identity in the first rows.
    meanings: a longer text for each name, for matching names that people give.
    """

    names: tuple[str, ...]
    narrow: int
    members: NDArray[np.float32]
    meanings: tuple[str, ...]


@cache
def vocabulary(aspect: str) -> Vocabulary:
    """The words of an aspect of ASPECTS."""
    if aspect == "subject":
        words = lexicon()
        meanings = [f"{n}: {d}" for n, d in zip(words.names[:CLASSES], words.definitions, strict=True)]
        return Vocabulary(words.names, CLASSES, words.members, (*meanings, *words.names[CLASSES:]))
    if aspect == "colour":
        members = np.eye(len(colours.TERMS), dtype=np.float32)
        for table, share in ((colours.SHADED, 0.5), (colours.FAMILIES, 1.0)):
            for name, parts in table.items():  # as the name of a group "red" covers "dark red" too
                members[colours.TERMS.index(name), [colours.TERMS.index(part) for part in parts]] = share
        return Vocabulary(colours.TERMS, len(colours.TERMS), members, colours.TERMS)
    names = appearance.STYLES if aspect == "style" else appearance.LIGHTS
    return Vocabulary(names, len(names), np.eye(len(names), dtype=np.float32), names)


def definition(aspect: str, name: str) -> str:
    """What a name means, in one line, or "" where the lexicon has no definition or one that is too narrow: as the name
    of a group, "cup" covers mugs, while the lexicon's cup is a punch."""
    words = vocabulary(aspect)
    place = words.names.index(name)
    meaning = words.meanings[place].partition(": ")[2] if words.members[place].sum() == 1 else ""
    return meaning[:1].upper() + meaning[1:]


@lru_cache(maxsize=64)
def domain(criterion: str) -> int | None:
    """The broader word that the criterion itself names ("garment": clothing), as a position in the subject's names.

    None for criteria that name no such field ("species", "what is it"): then every word is as likely as before.
    """
    words = vocabulary("subject")
    broad = words.names[words.narrow :]
    near = embed(broad) @ embed([asked(criterion)])[0]
    best = int(near.argmax())
    return words.narrow + best if near[best] >= _SAME_FIELD else None


def narrow_shares(aspect: str, evidence: Mapping[str, Vector], criterion: str = "") -> NDArray[np.float32]:
    """(n, narrow) how much of each narrow word each row of evidence shows; rows sum to 1.

    A criterion that names a field makes the words of that field likelier: asked for garments, a quilt is less likely.
    """
    if aspect == "subject":
        shares = class_shares(evidence[TOP])
        field = domain(criterion) if criterion else None
        if field is not None:
            shares = shares * (1.0 + _FIELD_ODDS * vocabulary("subject").members[field])
    elif aspect == "colour":
        shares = evidence[COLOURS]
    else:
        shares = _appearance_shares(aspect, evidence[STATISTICS])
    scaled: NDArray[np.float32] = shares / np.maximum(shares.sum(1, keepdims=True), 1e-9)
    return scaled


def _appearance_shares(aspect: str, statistics: Vector) -> NDArray[np.float32]:
    return appearance.style_shares(statistics) if aspect == "style" else appearance.light_shares(statistics)


def labels(aspect: str, shares: NDArray[np.float32]) -> list[str]:
    """The raw label of each row of narrow shares: its likeliest word.

    A colour is first decided among the basic terms, so that a pink in three shades does not lose to one green; then a
    vivid one that stands out goes before black, grey and white.
    """
    words = vocabulary(aspect)
    if aspect == "colour":
        family = _family_members()
        mains = (shares * family[(shares @ family.T).argmax(1)]).argmax(1)
        return [colours.standing_out(words.names[main], row) for main, row in zip(mains, shares, strict=True)]
    return [words.names[i] for i in shares.argmax(1)]


@cache
def _family_members() -> NDArray[np.float32]:
    rows = np.zeros((len(colours.FAMILIES), len(colours.TERMS)), dtype=np.float32)
    for row, parts in enumerate(colours.FAMILIES.values()):
        rows[row, [colours.TERMS.index(part) for part in parts]] = 1.0
    return rows
