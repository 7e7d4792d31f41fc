"""Which of the offline engine's five senses answers a criterion typed in free words, or an honest "cannot see that".

What the words say by themselves comes first: another language (foreign.py), what is not wanted, two wishes at once, a
part of the picture (english.py). Then nearest labelled phrases in MiniLM's space: the criterion is compared with anchor
phrases for each aspect and for what the engine cannot see. To claim sight falsely is worse than to warn needlessly, so
a near tie counts as blindness. It judges the criterion, never the images.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.domain import Sight
from core.models.builtin.criterion import english, foreign
from core.models.embedding.minilm import embed, knows

WRITING = "writing"
"""The aspect of criteria about text in images."""
_BLIND = foreign.BLIND

_ANCHORS: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("anchors.toml").read_text(encoding="utf-8"))

_NEIGHBOURS = 3
_MARGIN = 0.03
_KIND = re.compile(r"\b(kinds?|types?|sorts?|categor(y|ies)|class(es)?)\b(\s+of\b)?(\s+(the|a|an)\b)?", re.IGNORECASE)
_COUNTING = re.compile(r"\b(how (many|much)|numbers? of|counts?)\b", re.IGNORECASE)
_ALONE = {
    "subject": "article, body type, content, kind, landscape, motif, people, stuff, theme, things, type",
    "style": "medium, style, styles",
    "colour": "tone",
    _BLIND: "make, makes",
}
_WHOLE = {phrase: aspect for aspect, phrases in _ALONE.items() for phrase in phrases.split(", ")}
"""What these words mean by themselves; as anchors they would draw near what people do, types of weather, hairstyles."""
_STRANGE, _STRANGE_WORD = 0.3, 0.4
"""A criterion that is less like every anchor than this is none that anybody could mean, also one with unknown words."""


@lru_cache(maxsize=1024)
def route(criterion: str) -> Sight:
    """The aspect that answers the criterion: "subject", "colour", "style", "light" or "writing".

    For a criterion outside these the aspect is "subject", and `why` says what is the matter.
    """
    typed = _clean(criterion)
    if found := foreign.look_up(typed):
        unknown = "" if found.known else f"the built-in engine knows few words beyond English ones, and not “{typed}”"
        return _sight(found.sense, typed, unknown)
    right = _corrected(typed)
    sense, why = _judge(english.wanted(right), typed)
    return replace(_sight(sense, typed, why), read_as=right if right != typed else "")


def asked(criterion: str) -> str:
    """The criterion without its typing errors and what it says it is not about."""
    typed = _clean(criterion)
    return english.wanted(_corrected(typed)) or typed


def _corrected(typed: str) -> str:
    return english.corrected(typed, _anchor_words(), knows)


def _judge(wanted: str, typed: str) -> tuple[str, str]:
    """The sense that answers an English criterion, or "blind" and, where it is not simply beyond the engine, why."""
    if not wanted:
        return _BLIND, f"“{typed}” does not say what the groups are to be about"
    if len(english.senses_named(wanted)) > 1:
        return _BLIND, f"“{typed}” asks for two things at once: group by one, then by the other"
    if english.WRITING.search(wanted) and not english.COLOUR.search(wanted):
        return WRITING, ""
    if english.is_beyond(wanted) or (_COUNTING.search(wanted) and not english.COLOUR_TERM.search(wanted)):
        return _BLIND, ""
    if english.COLOUR.search(wanted):  # "colour of the flower" lies nearer to flowers than to colours in the embedding
        return "colour", ""
    return _WHOLE.get(wanted.lower()) or _nearest(wanted), ""


def _nearest(asked: str) -> str:
    """The sense whose anchors an English criterion is nearest to, or "blind"."""
    vectors, aspects = _anchors()
    similarity = (vectors @ embed(_forms(asked)).T).mean(axis=1)
    unknown = not all(knows(word) or word in _anchor_words() for word in re.findall(r"\w+", asked.lower()))
    if similarity.max() < (_STRANGE_WORD if unknown else _STRANGE):
        return _BLIND
    votes = {aspect: _vote(similarity[aspects == aspect]) for aspect in _ANCHORS}
    votes[_BLIND] += _MARGIN
    best = max(votes, key=lambda name: votes[name])
    return _BLIND if unknown and best == WRITING else best  # a typing error may look like a name


def _sight(sense: str, typed: str, why: str = "") -> Sight:
    if sense != _BLIND:
        return Sight(sense)
    return Sight("subject", why or f"the built-in engine cannot see “{typed}”")


def _forms(asked: str) -> list[str]:
    """The criterion as typed and what it comes down to: "price category" is a price, "purpose of the tool" a purpose.

    Without this the noun that is asked about outweighs what is asked about it.
    """
    core = _KIND.sub(" ", asked).strip() or asked
    head = re.split(r"\s+of\s+", core)[0]
    return list(dict.fromkeys((asked, head.strip() or core)))


def _vote(similarity: NDArray[np.float32]) -> float:
    """Closeness to an aspect: mostly its nearest anchor, steadied by the few next to it."""
    best = np.sort(similarity)[::-1][:_NEIGHBOURS]
    return float(0.7 * best[0] + 0.3 * best.mean())


def _clean(criterion: str) -> str:
    return re.sub(r"\s+", " ", criterion).strip().strip("?.! ")


@cache
def _anchors() -> tuple[NDArray[np.float32], NDArray[np.str_]]:
    phrases = [(aspect, phrase) for aspect, group in _ANCHORS.items() for phrase in group]
    return embed([phrase for _, phrase in phrases]), np.array([aspect for aspect, _ in phrases])


@cache
def _anchor_words() -> tuple[str, ...]:
    """The words of the anchors and of the heads: what people type most, to which typing errors are put right."""
    phrases = [phrase for group in _ANCHORS.values() for phrase in group] + list(english.HEADS.values())
    words = {word for phrase in phrases for word in re.findall(r"[a-z]{4,}", phrase.lower())}
    return tuple(sorted(words))
