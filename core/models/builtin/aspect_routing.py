"""Which of the offline engine's four senses answers a criterion typed in free words, or an honest "cannot see that".

Nearest labelled phrases in MiniLM's space: the criterion is compared with anchor phrases for each aspect and for what
the engine cannot see. To claim sight falsely is worse than to warn needlessly, so a near tie counts as blindness. It
understands English only, and it judges the criterion, never the images.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np
from numpy.typing import NDArray

from core.domain import Sight
from core.models.embedding.minilm import embed

_BLIND = "blind"

_ANCHORS: dict[str, tuple[str, ...]] = {
    "subject": (
        "subject", "object", "what is it", "what is shown", "main thing in the picture", "species", "animal species",
        "kind of animal", "breed of dog", "type of vehicle", "car model", "kind of flower", "plant", "fruit",
        "vegetable", "food", "dish", "kind of garment", "clothing", "shoes", "furniture", "musical instrument",
        "tool", "building type", "insect", "kind of bird", "product category", "toy", "kitchen utensil",
        "electronic device", "equipment", "tree", "category", "class", "item", "pet", "weapon", "drink", "cat or dog",
        "car or truck", "apple or orange", "bridge, tower or castle", "monument", "seafood", "accessory", "machine",
        "ship", "mammal", "kind of object", "what animal", "which product", "household goods", "train", "cake",
        "crop", "instrument type", "statue", "sea animal", "headwear", "necklace or ring", "clock", "candy",
        "ball game equipment", "phone or computer", "type of bag", "cup, plate or bowl",
    ),
    "colour": (
        "colour", "main colour", "hue", "dominant colour", "shade of red or blue", "what colour is it",
        "colour palette", "fur colour", "tint", "colour scheme", "warm or cool colours", "is it red, green or yellow",
        "black, white or brown",
    ),
    "style": (
        "art style", "photo or drawing", "painting style", "photograph, cartoon or sketch", "rendering style",
        "medium of the artwork", "illustration type", "drawing technique", "visual style", "kind of picture",
        "real photo or computer graphics", "line art, clip art or painting", "image style", "watercolour or oil",
        "real photo or drawn",
    ),
    "light": (
        "brightness", "day or night", "time of day", "lighting", "light or dark", "exposure", "morning or evening",
        "illumination", "how bright it is", "darkness", "low light or daylight", "contrast of light",
    ),
    _BLIND: (
        "mood", "emotion", "atmosphere", "feeling", "facial expression", "smiling or crying", "action", "activity",
        "what the person is doing", "what is happening", "sport being played", "pose", "standing or sitting",
        "gesture", "age of the person", "young or old", "gender", "man or woman", "ethnicity", "profession", "role",
        "beard", "hair length", "with or without something on", "who is wearing it", "the person wearing it",
        "who is in the picture", "identity of the person", "number of people", "how many objects", "how many cars",
        "count", "amount of items", "alone or in a group", "location", "place", "where it was taken", "where",
        "city or country", "indoor or outdoor", "scene", "room", "landscape setting", "brand", "logo", "manufacturer",
        "price", "value", "quality", "beauty", "attractive or ugly", "sharpness or blur", "text", "language",
        "written words", "what is written on it", "what does it say", "orientation", "direction it faces",
        "front or back view", "left or right", "camera angle", "zoom", "season", "summer or autumn", "weather",
        "sunny or rainy", "fog or clear sky", "event", "occasion", "holiday", "relationship between people", "year",
        "historical era", "ancient or modern", "photographer", "artist who made it", "author", "kind of damage",
        "crack or scratch", "condition", "healthy or sick", "disease", "diagnosis", "raw or cooked",
        "unripe or mature", "material", "texture", "pattern", "smooth or rough", "dotted or checked pattern", "size",
        "tall or short", "weight", "heavy or light weight", "shape", "round or square", "position in the image",
        "background", "composition", "visibility", "hidden or in full view", "safety", "poisonous or harmless",
        "meaning", "story", "topic of the text", "genre", "popularity", "owner", "origin", "taste", "smell", "sound",
        "purpose", "what it is used for", "fresh or spoiled", "edible or not", "nutrition", "amount of sugar",
        "state", "switched on or off", "shut or ajar", "neat or chaotic", "wet or dry", "used or unused",
        "distance from the camera", "movement", "speed", "temperature", "religion", "culture", "fashion trend",
        "elegant or sporty", "behaviour", "interaction", "friendly or aggressive", "rich or poor", "real or fake",
        "true or false", "good or bad", "risk", "quantity",
    ),
}  # fmt: skip

_NEIGHBOURS = 3
_MARGIN = 0.02
_KIND = re.compile(r"\b(kinds?|types?|sorts?|categor(y|ies)|class(es)?)\b(\s+of\b)?(\s+(the|a|an)\b)?", re.IGNORECASE)
_COUNTING = re.compile(r"\b(how (many|much)|numbers? of|counts?)\b", re.IGNORECASE)
_COLOUR_WORD = re.compile(r"\b(colou?r(s|ed|ing|ation)?|hues?)\b", re.IGNORECASE)


def route(criterion: str) -> Sight:
    """The aspect that answers the criterion: "subject", "colour", "style" or "light".

    For a criterion outside these the aspect is "subject" and the warning is one sentence for the person.
    """
    asked = _clean(criterion)
    if _COLOUR_WORD.search(asked):  # "colour of the flower" lies nearer to flowers than to colours in the embedding
        return Sight("colour")
    if _COUNTING.search(asked):
        return Sight("subject", _warning(asked))
    vectors, aspects = _anchors()
    similarity = (vectors @ embed(_forms(asked)).T).mean(axis=1)
    votes = {aspect: _vote(similarity[aspects == aspect]) for aspect in _ANCHORS}
    votes[_BLIND] += _MARGIN
    aspect = max(votes, key=lambda name: votes[name])
    if aspect == _BLIND:
        return Sight("subject", _warning(asked))
    return Sight(aspect)


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


def _warning(asked: str) -> str:
    return f"The built-in engine cannot see “{asked}”: connect a vision-language model, or group by appearance instead."


def _clean(criterion: str) -> str:
    return re.sub(r"\s+", " ", criterion).strip().strip("?.! ")


@cache
def _anchors() -> tuple[NDArray[np.float32], NDArray[np.str_]]:
    phrases = [(aspect, phrase) for aspect, group in _ANCHORS.items() for phrase in group]
    return embed([phrase for _, phrase in phrases]), np.array([aspect for aspect, _ in phrases])
