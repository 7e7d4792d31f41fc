"""Short labels drawn from descriptions without a language model: the word nearest to the criterion, early words first.

There is no parser here. A description is cut into chunks at function words, verb forms and punctuation; the last word
of a chunk is taken for its head. It knows English only, and a criterion that no single word or verb phrase answers gets
a poor label.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.models.embedding.kept import UNKEPT, KeptVectors
from core.models.embedding.minilm import embed

_FUNCTION = frozenset(
    """a an the this that these those some any each every no another other others such both all several many much more
    most few own one two three four five six seven eight nine ten first second
    of in on at by to from with without into onto over under above below behind beside near next around across along
    through between among against about as like for during after before while than upon off up down out outside inside
    within toward towards away amidst amid atop
    and or but nor so yet if because since though although when where which who whom whose what how why there here
    i you he she it we they me him her us them his hers its our their theirs my your himself herself itself themselves
    is are was were be been being am do does did done has have had having can could may might will would shall should
    must not only also very just too quite rather really still even well possibly likely probably perhaps maybe
    specifically particularly especially mainly mostly primarily together likely currently slightly
    s t""".split()
)
_FRAME = frozenset(
    """image images photo photos photograph photographs picture pictures scene scenes features feature featuring
    featured shows show showing shown depicts depict depicting depicted displays display displaying displayed
    captures capture capturing captured contains contain containing appears appear appearing seems seem includes
    include including presents object objects subject main focus view close-up closeup foreground background
    middle center centre side left right top bottom front back part piece type kind variety number group pair
    couple set series various different overall prominently visible presence sense viewer setting nearby life
    everyday time moment day way lit well-lit atmosphere surroundings wearing made used using adds adding creates
    creating conveys gives giving takes taking suggests suggesting indicates making""".split()
)
_ASPECTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "place": (
        ("location", "place", "where it is", "surroundings", "environment"),
        ("park", "kitchen", "street", "beach", "field", "office", "store", "forest", "stadium", "room", "city", "lake"),
    ),
    "person": (
        ("person", "who is in the picture", "gender", "age of the person"),
        ("man", "woman", "boy", "girl", "person", "people", "child", "couple"),
    ),
    "colour": (("colour", "main colour"), ("red", "blue", "green", "yellow", "white", "black", "brown", "orange")),
    "size": (("size",), ("large", "small", "big", "tall", "little", "huge")),
    "mood": (
        ("mood", "emotion", "atmosphere", "feeling", "facial expression"),
        ("joyful", "calm", "serious", "focused", "sad", "exciting", "peaceful", "happy", "tense", "romantic"),
    ),
    "doing": (
        ("action", "activity", "what is happening", "what the person is doing", "occupation", "sport", "behaviour"),
        ("playing a sport", "cooking", "reading", "fishing", "riding a bike", "dancing", "repairing", "working"),
    ),
    "posture": (
        ("pose", "posture"),
        ("standing", "sitting", "lying", "perched", "parked", "holding", "looking", "flying", "enjoying", "smiling"),
    ),
    "body": (("part of the body",), ("head", "body", "hand", "face", "tail", "legs", "wings", "fur")),
    "time": (("time of day", "season", "weather"), ("day", "night", "morning", "sunset", "winter", "sunny", "cloudy")),
}
"""What descriptions speak of beside the thing itself: how people ask for it, and words that answer. An aspect that the
criterion asks for counts for a word; all others count against it."""

_THIRD_PERSON = frozenset(
    """sits stands lies rests walks runs plays holds rides flies looks poses smiles works talks eats drinks reads sleeps
    swims jumps carries uses enjoys leans hangs rows climbs cooks drives watches waits wears performs travels""".split()
)
_NOT_VERBS = frozenset(["building", "buildings", "ceiling", "clothing", "wedding", "evening", "morning", "string"])
_WORD = re.compile(r"[a-z][a-z'\-]*|[.,;:!?()]")
_SHORT = 5
_ORDER_COST = 0.02
_MODIFIER_COST = 0.12
_VERB_COST = 0.15
_MAX_CANDIDATES = 40
_ASKED = 0.6
_CONTRAST = 0.5


@dataclass(frozen=True, slots=True)
class _Candidate:
    text: str
    cost: float


def label_descriptions(texts: Sequence[str], criterion: str, vectors: KeptVectors = UNKEPT) -> list[str]:
    """One short label for each description, in the criterion's terms where a word of the description answers it.

    Each text is judged by itself. Texts of at most five words are their own label; an empty text gets "".
    """
    asked = _asked(criterion)
    own = {_stem(word) for word in re.findall(r"[a-z]+", criterion.lower())}
    found = [_candidates(text, own, asked) for text in texts]
    words = sorted({candidate.text for row in found for candidate in row})
    if not words:
        return [_shorten(text) for text in texts]
    relevance = dict(zip(words, _relevance(vectors(words), criterion, asked).tolist(), strict=True))
    labels: list[str] = []
    for text, row in zip(texts, found, strict=True):
        if not row or len(text.split()) <= _SHORT:
            labels.append(_shorten(text))
        else:
            best = max(row, key=lambda candidate: relevance[candidate.text] - candidate.cost)
            labels.append(best.text.capitalize())
    return labels


def _asked(criterion: str) -> str:
    """The aspect that the criterion asks for, or "thing"."""
    asked = embed([criterion.lower()])[0]
    near = {aspect: float(np.max(embed(phrases) @ asked)) for aspect, (phrases, _) in _ASPECTS.items()}
    best = max(near, key=lambda aspect: near[aspect])
    return best if near[best] >= _ASKED else "thing"


def _relevance(vectors: NDArray[np.float32], criterion: str, asked: str) -> NDArray[np.float32]:
    """How well each word answers the criterion, (n,): near to it, and not rather something else. vectors: (n, d)."""
    answers = vectors @ embed([criterion.lower()])[0]
    against = np.zeros(len(vectors), dtype=np.float32)
    for aspect, (_, examples) in _ASPECTS.items():
        near = np.sort(vectors @ embed(examples).T, axis=1)[:, -3:].mean(axis=1)
        if aspect == asked:
            answers = np.maximum(answers, near)
        else:
            against = np.maximum(against, near)
    return np.asarray(answers - _CONTRAST * against, dtype=np.float32)


def _candidates(text: str, own: set[str], asked: str) -> list[_Candidate]:
    chunks = _chunks(text)
    seen: dict[str, float] = {}
    order = 0
    for i, (chunk, opens_with_verb) in enumerate(chunks):
        if opens_with_verb and chunk[0] not in _FRAME and asked == "doing":
            follow = chunk[1:] or (chunks[i + 1][0] if i + 1 < len(chunks) and not chunks[i + 1][1] else [])
            phrase = " ".join([chunk[0], *follow[-1:]])
            seen.setdefault(phrase, _ORDER_COST * order - 0.3)
        for position, word in enumerate(chunk):
            if _stem(word) in own or word in _FRAME:
                continue
            cost = _ORDER_COST * order
            if position < len(chunk) - 1:
                cost += _MODIFIER_COST
            if position == 0 and opens_with_verb and asked not in ("doing", "mood"):
                cost += _VERB_COST
            seen.setdefault(word, cost)
        order += 1
        if len(seen) >= _MAX_CANDIDATES:
            break
    return [_Candidate(text, cost) for text, cost in seen.items()]


def _chunks(text: str) -> list[tuple[list[str], bool]]:
    """Runs of content words, each with whether it opens with a verb form."""
    chunks: list[tuple[list[str], bool]] = []
    current: list[str] = []
    for word in [*_WORD.findall(text.lower()), "."]:
        cut = word in _FUNCTION or word in _FRAME or not word[0].isalpha()
        if (cut or _is_verb(word)) and current:
            chunks.append((current, _is_verb(current[0])))
            current = []
        if not cut and len(word) > 1:
            current.append(word.removesuffix("'s"))
    return chunks


def _is_verb(word: str) -> bool:
    """By its form: after a noun, "docked" and "flying" say what it does; before one they describe it."""
    return word in _THIRD_PERSON or (len(word) > 4 and word.endswith(("ing", "ed")) and word not in _NOT_VERBS)


def _shorten(text: str) -> str:
    return " ".join(text.strip().rstrip(".").split()[:_SHORT])


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
