"""Whether a group's name means a class: where they are the same word, or where a lexicon says so. Otherwise not.

Nearness in an embedding is no meaning: by it "green" and "not red" meant red, a cat a dog, and "intact" damaged.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Way = Literal["same word", "synonym", "narrower", "broader"]
_WAYS: tuple[Way, ...] = ("same word", "synonym", "narrower", "broader")


@dataclass(frozen=True, slots=True)
class Word:
    """What a lexicon knows of a word.

    Attributes:
        senses: ids of what it may be called by; words that share one are synonyms.
        covers: ids of the narrowest things that it stands for, its senses included: a poodle is covered by "dog".
    """

    senses: frozenset[str]
    covers: frozenset[str]


Lexicon = Sequence[Mapping[str, Word]]
"""One mapping for each field (colours, things), from `plain` words: orange is a colour in one and a fruit in the other.
What names mean is looked up in the field that knows most of the classes. Passed in: this module knows no model."""

_ACCENTS = re.compile(r"(?<=[a-z])[\u0300-\u036f]+")
_BRACKETS = re.compile(r"(?<=\S)\s*\([^()]*\)")
_MINUS = re.compile(r"(?<![^\W_])-(?=\d)|(?<=[^\W_])-(?=\s|$)")
"""A hyphen that is none: "-5", "A-"."""
_NEGATIONS = frozenset({"no", "non", "not", "without"})
_SPELLED = (("colour", "color"), ("grey", "gray"), ("jewellery", "jewelry"), ("armour", "armor"), ("mould", "mold"))
"""Parts of words that are spelled in two ways."""

_ONE_WORD: tuple[str, ...] = (
    "car, automobile, motorcar, motor car", "truck, lorry", "airplane, aeroplane, plane", "bicycle, bike, push bike",
    "motorcycle, motorbike", "trousers, pants", "sweater, jumper, pullover", "sneakers, trainers",
    "t-shirt, tee, tee-shirt", "diaper, nappy", "underpants, briefs", "pyjamas, pajamas", "sofa, couch, settee",
    "refrigerator, fridge", "flashlight, electric torch", "elevator, lift", "apartment, flat", "faucet, tap",
    "mobile phone, cell phone, cellular phone, smartphone", "phone, telephone", "television, tv, telly, television set",
    "photo, photograph", "dustbin, trash can, garbage can, rubbish bin", "garbage, rubbish, trash", "autumn, fall",
    "eggplant, aubergine", "zucchini, courgette", "corn, maize, sweetcorn, sweet corn", "doughnut, donut",
    "yoghurt, yogurt", "whisky, whiskey", "tyre, tire", "centre, center", "theatre, theater", "aluminium, aluminum",
    "fibre, fiber", "harbour, harbor", "moustache, mustache", "plough, plow", "catalogue, catalog", "mum, mom",
    "hippo, hippopotamus", "rhino, rhinoceros", "chimp, chimpanzee", "rabbit, bunny", "human, human being", "axe, ax",
    "postbox, mailbox, letter box", "railway, railroad", "petrol, gasoline",
    "black, schwarz, noir, nero", "gray, grau, gris, grigio, cinza", "white, weiß, blanc, blanco, bianco, branco",
    "red, rot, rouge, rojo, rosso, vermelho", "orange, arancione, naranja, laranja",
    "yellow, gelb, jaune, amarillo, giallo, amarelo", "green, grün, vert, verde", "blue, blau, bleu, azul, blu",
    "purple, violet, lila, morado, roxo",
    "brown, braun, marrón, marrone, marron, marrom", "pink, rosa",
)  # fmt: skip
"""Words for one thing on both sides of the Atlantic, in short and in full, and the basic colours in some languages."""

_IRREGULAR = {
    "people": "person", "children": "child", "mice": "mouse", "geese": "goose", "feet": "foot", "teeth": "tooth",
    "oxen": "ox", "cacti": "cactus", "fungi": "fungus", "leaves": "leaf", "wolves": "wolf", "knives": "knife",
    "shelves": "shelf", "loaves": "loaf", "scarves": "scarf", "hooves": "hoof", "calves": "calf", "wives": "wife",
    "halves": "half", "thieves": "thief", "lens": "lens", "women": "woman",
}  # fmt: skip
_NOT_MEN = frozenset({"specimen", "omen", "abdomen", "regimen", "stamen", "ramen"})
_OE = frozenset({"shoes", "toes", "oboes", "canoes", "aloes", "hoes", "does", "horseshoes", "snowshoes", "tiptoes"})


def plain(name: str) -> str:
    """A name as words are compared: one case, spelling and number; without an article, an explanation in brackets and
    what stands between the parts of a word ("The T-shirts (men)" and "tshirt" are the same)."""
    text = name.casefold()
    if not text.isascii():
        text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
        text = unicodedata.normalize("NFC", text).replace("’", "'")
    text = _BRACKETS.sub(" ", text).replace("'", "")
    words = _parts(text)
    if len(words) > 1 and words[0] in ("a", "an", "the"):
        words = words[1:]
    negated = len(words) > 1 and words[0] in _NEGATIONS
    word = _joined([_singular(_spelled(part)) for part in words[negated:]]) or text.strip()
    word = _SAME.get(word, word)
    return f"not {word}" if negated else word


def _parts(text: str) -> list[str]:
    """The words of a text. Signs that mean something stay with theirs: "+1", "-5", "A+", "C#"."""
    if text.isascii() and text.replace(" ", "").isalnum():
        return text.split()
    text = _MINUS.sub("\u2212", text)
    kept = (c if unicodedata.category(c)[0] in "LMNS" or c in "%#&" else " " for c in text)
    return "".join(" " if c in "_`^~|" else c for c in kept).split()


def _joined(words: Sequence[str]) -> str:
    """Words as one, but for numbers and signs: "1 2" is not 12."""
    out = ""
    for word in words:
        out += word if not out or (out[-1].isalpha() and word[0].isalpha()) else f" {word}"
    return out


def _spelled(word: str) -> str:
    for one, other in _SPELLED:
        word = word.replace(one, other)
    return word


def _singular(word: str) -> str:
    """One form for a word and its plural; no dictionary form where endings leave that open ("rose", "roses": "ros")."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("men") and len(word) > 3 and word not in _NOT_MEN:
        return word[:-2] + "an"
    if len(word) > 4 and word.endswith(("ies", "ie")):
        return word.removesuffix("s")[:-2] + "y"
    if word.endswith("oes") and len(word) > 4 and word not in _OE:
        return word[:-2]
    if len(word) > 4 and word.endswith(("ches", "shes", "ses", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith(("che", "she", "se", "xe")):
        return word[:-1]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


_SAME: dict[str, str] = {}
for _line in _ONE_WORD:
    _forms = [plain(_form) for _form in _line.split(",")]
    _SAME.update(dict.fromkeys(_forms, _forms[0]))


def classes_meant(
    classes: Sequence[str],
    names: Mapping[str, str],
    lexicon: Lexicon,
    images: Mapping[tuple[str, str], int],
    hints: Collection[str] = (),
) -> dict[str, str] | None:
    """Cluster id -> the class that its name means, for names that mean one; None when the classes are bare numbers.

    A name means one class or none. Groups that share a class have the same word for names; of different words that a
    lexicon allows, the nearer one counts, then that of most images.

    names: cluster id -> name. images: (class, cluster id) -> how many. hints: ids of clusters whose name is only a
    placeholder, which means nothing.
    """
    if not classes or all(re.fullmatch(r"[+-]?\d+(\.\d+)?", name.strip()) for name in classes):
        return None
    twice = {word for word, number in Counter(map(plain, classes)).items() if number > 1}

    def compared(name: str) -> str:  # two classes may differ by what is left out elsewhere: "Glass" and "Glasses"
        word = plain(name)
        return name.casefold().strip() if word in twice else word

    words = {cluster: compared(name) for cluster, name in names.items() if cluster not in hints}
    wanted = {name: compared(name) for name in classes}
    field = max(lexicon, key=lambda known: sum(word in known for word in wanted.values()), default={})
    claims: dict[str, list[tuple[int, int, str]]] = {}
    for word in sorted(set(words.values())):
        own = [cluster for cluster in words if words[cluster] == word]
        found = _class_of(word, wanted, field)
        if found:
            name, way = found
            held = sum(images.get((name, cluster), 0) for cluster in own)
            claims.setdefault(name, []).append((_WAYS.index(way), -held, word))
    chosen = {min(claim)[2]: name for name, claim in claims.items()}
    return {cluster: chosen[word] for cluster, word in words.items() if word in chosen}


def way_between(name: str, other: str, lexicon: Lexicon) -> Way | None:
    """In which way a name means the other, in any field of the lexicon; None where it does not, as far as it knows."""
    found = [way for field in lexicon or ({},) if (way := _way(plain(name), plain(other), field))]
    return min(found, key=_WAYS.index, default=None)


def _class_of(word: str, wanted: Mapping[str, str], field: Mapping[str, Word]) -> tuple[str, Way] | None:
    """The one class that a word means, and in which way; None where it means none, or several alike."""
    ways = {name: way for name, other in wanted.items() if (way := _way(word, other, field))}
    if "broader" in ways.values() and not all(other in field for other in wanted.values()):
        # "flower" covers daisies; a lexicon that knows no rose cannot tell whether it covers roses too
        ways = {name: way for name, way in ways.items() if way != "broader"}
    for way in _WAYS:
        alike = [name for name, found in ways.items() if found == way]
        if alike:
            return (alike[0], way) if len(alike) == 1 else None
    return None


def _way(word: str, other: str, field: Mapping[str, Word]) -> Way | None:
    """In which way a name's word means a class's word, both plain; None where it does not."""
    if word == other:
        return "same word" if word else None
    one, two = field.get(word), field.get(other)
    if one is None or two is None:
        return None
    if one.senses & two.senses:
        return "synonym"
    if one.covers <= two.covers:
        return "narrower"
    return "broader" if two.covers <= one.covers else None
