"""What words stand for, as `core.evaluate.names` asks it: ImageNet's synsets with the broader words above them, and
colour terms with their families."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

import numpy as np

from core.evaluate.names import Lexicon, Word, plain
from core.models.builtin.from_pixels import colours, imagenet

_EVERYDAY: tuple[tuple[str, str], ...] = (
    ("poodle", "265-267"), ("terrier", "158 179-193 195 199-203"), ("spaniel", "152 156 215-221"), ("hound", "160-177"),
    ("retriever", "205-209"), ("setter", "212-214"), ("schnauzer", "196-198"), ("husky", "248 250"), ("bulldog", "245"),
    ("corgi", "263-264"), ("eagle", "22"), ("owl", "24"), ("stork", "127-128"), ("heron", "131"), ("swan", "100"),
    ("penguin", "145"), ("alligator", "50"), ("python", "62"), ("cobra", "63"), ("chameleon", "40 47"), ("gecko", "38"),
    ("ray", "5-6"), ("camel", "354"), ("panda", "388"), ("squirrel", "335"), ("mug", "504"), ("keyboard", "508 878"),
    ("scooter", "670"), ("helmet", "518 560"), ("bench", "703"), ("basket", "588 790"), ("apple", "948"),
    ("burger", "933"), ("hamburger", "933"), ("wine", "966"), ("coffee", "967"), ("squash", "940-942"),
    ("pepper", "945"), ("swimsuit", "638-639"), ("sunglasses", "836-837"),
)  # fmt: skip
"""Everyday words for some of the 1,000 classes which the engine itself does not name groups by."""

_SHOWN_WITH = {
    "trousers": "842", "underwear": "445", "jacket": "834 617 652", "coat": "501", "sweater": "911", "shirt": "841",
    "dress": "601 689 400", "baby clothes": "697", "shoe": "788", "hat": "796", "bag": "893", "lamp": "619",
    "car": "479 581", "airplane": "908", "train": "829", "tractor": "595 856", "toy": "865 611", "plant": "738 580",
    "drink": "440-441", "cup": "967", "bread": "961", "computer": "664 673 782", "drawing": "611 918 921",
    "piano": "687", "guitar": "420", "violin": "486", "drum": "642", "chair": "703", "person": "652",
    "spider": "70-71 78", "crocodile": "50", "rabbit": "331", "wolf": "272", "mountain": "979", "beach": "976",
}  # fmt: skip
"""What images of a broader word's kind show or look like, so the engine counts it to them, but is no such thing."""

_SHADES = ("light", "dark", "pale", "bright", "deep", "pastel")
_TONES = {
    "red": ("crimson", "scarlet", "maroon", "burgundy"), "blue": ("navy blue", "sky blue", "azure", "teal", "cyan"),
    "purple": ("lavender", "mauve"), "grey": ("charcoal",), "white": ("ivory", "off-white"),
    "green": ("emerald", "lime"), "pink": ("magenta", "hot pink"), "brown": ("tan",),
}  # fmt: skip
"""Narrower colour words that are no terms of the engine's, each in the family it is commonly counted to."""


@cache
def word_senses() -> Lexicon:
    """The fields colours and things; made once (some tenths of a second). Raises ModelUnavailable without timm."""
    return _colours(), _things()


def _things() -> dict[str, Word]:
    senses = _senses()
    words, leaves = imagenet.lexicon(), imagenet.synsets()
    named = [
        (plain(name), frozenset(np.flatnonzero(row).tolist()) - set(imagenet.indices(_SHOWN_WITH.get(name, ""))))
        for name, row in zip(words.names, words.members, strict=True)
    ]
    named += [(plain(name), frozenset(imagenet.indices(spec))) for name, spec in _EVERYDAY]
    # What is called by a broader word alone ("dog, domestic dog") is covered by all words that are broader still.
    own = [(classes, senses.get(word, frozenset()) - set(leaves)) for word, classes in named]
    covers = {word: set(found) for word, found in senses.items()}
    for word, classes in named:
        found = covers.setdefault(word, set())
        found.update(leaves[i] for i in classes)
        if len(classes) > 1:
            found.update(*(synsets for narrower, synsets in own if narrower <= classes))
    for word, classes in named:  # a class is also called by the engine's name for it
        if len(classes) == 1:
            senses[word] = senses.get(word, frozenset()) | {leaves[i] for i in classes}
    out = {}
    for word, found in covers.items():
        called = senses.get(word, frozenset())
        out[word] = Word(called, called if called == found else frozenset(found))  # most words are held once
    return out


def _senses() -> dict[str, frozenset[str]]:
    """Plain word -> the synsets that it is the usual word for; where there are none, those that it is any word for."""
    usual, other = defaultdict(set), defaultdict(set)
    for synset, (first, *others) in imagenet.synonyms().items():
        usual[plain(first)].add(synset)
        for word in others:
            other[plain(word)].add(synset)
    return {word: frozenset(found) for word, found in {**other, **usual}.items()}


def _colours() -> dict[str, Word]:
    narrower = {
        family: (*terms, *(f"{shade} {family}" for shade in _SHADES), *_TONES.get(family, ()))
        for family, terms in colours.FAMILIES.items()
    }
    alone = {*colours.TERMS, *(term for terms in narrower.values() for term in terms)} - set(narrower)
    found = {plain(term): Word(frozenset({plain(term)}), frozenset({plain(term)})) for term in alone}
    for family, terms in narrower.items():
        found[plain(family)] = Word(frozenset({plain(family)}), frozenset(map(plain, terms)))
    return found
