"""What an English criterion comes down to: what is not wanted is taken out, two wishes at once are told, typing errors
are put right. Text only; which sense answers is judged in routing.py.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence


def _pattern(text: str) -> re.Pattern[str]:
    """A pattern that ignores case and may be written over several lines."""
    return re.compile(re.sub(r"\s*\n\s*", "", text), re.IGNORECASE)


_REQUEST = _pattern(
    r"""^.*\b(?:sort|group|split|order|cluster|arrange|divide|separate|organi[sz]e)\b(?! of\b)
    .*?\b(?:by|according to)\b\s*(?=\S)"""
)
_NOT = _pattern(
    r"""\b(?:(?:but |and |,\s*|(?<!or ))not|(?:but |(?<!or ))no|never|no matter|whatever|ignor(?:e|ing)
    |don'?t (?:look at|mind|use|consider|want)|do not \w+|disregard(?:ing)?|exclud(?:e|ing)|without regard (?:to|for)
    |(?:regardless|irrespective|independent(?:ly)?) of|(?:apart|aside) from|except(?:ing)?(?: for)?
    |(?:rather|other) than|instead of|(?:everything|anything|all) but)\b[^,;.]*"""
)
_DOES_NOT_MATTER = _pattern(
    r"""[^,;.]*\b(?:(?:does|do)(?:n'?t| not) (?:matter|count)|(?:is|are) (?:irrelevant|not important))"""
)
_FILLERS = _pattern(
    r"""\b(?:anything|everything|something|all|any|but|and|or|the|a|an|please|just|only|it|them|this|group|sort|by)\b"""
)
_JOINTS = re.compile(
    r"\s*(?:[,;+&/]|\b(?:and|or|vs|versus|then|plus|by|per|as well as|along with|together with|combined with)\b)\s*"
)
HEADS = {
    "subject": "type types kind kinds sort species specie breed breeds category class model object subject animal",
    "colour": "colour colours color colors hue hues tint tints shade shades colouring coloring",
    "style": "style styles technique medium rendering",
    "light": "brightness lighting exposure illumination",
    "writing": "text language brand brands logo logos manufacturer company sender",
    "blind": "mood emotion feeling make material texture pattern shape size age gender sex "
    "place location price quality condition damage season weather pose activity action year country "
    "number count position orientation background weight",
}
"""The words that say what is asked for, unlike values: "cats and dogs" is one wish, "colour and type" are two."""
_HEADS = {word: sense for sense, words in HEADS.items() for word in words.split()}

COLOUR = _pattern(r"\b(?:colou?r(?:s|ed|ing|ation|ful|fulness)?|hues?|tints?)\b")
COLOUR_TERM = _pattern(r"\b(?:red|orange|yellow|green|blue|purple|pink|brown|black|white|gr[ae]y)\b")
_HUE = r"(?:colou?rs?|hues?|tints?|tones?|shades?)"
WRITING = _pattern(
    r"""\b(?:texts?|written|lettering|wording|inscription|watermark|words? (?:on|in)|licen[cs]e plates?|number plates?
    |(?:with|without|has|have|contains?) (?:any )?(?:text|words|writing))\b"""
)
"""Words for what is written, whatever else is said: "is there any text", "with or without text"."""
_PART = r"""(?:background|backdrop|foreground|surroundings|sky|skin|hair|eyes?|lips?|nails?|teeth|tongue|walls?|floor
    |ceiling|ground|roof|wheels?|rims?|collar|buttons?|text|letters?|lettering|font|caption|label|logo|border|frame
    |handle|strap|sole|laces?)"""
_BEYOND = (
    # the colour of a part: "sky colour", "colour of the man's hair", "what colour are his eyes"
    _pattern(rf"\b{_PART}(?:'s)? (?:\w+ )?{_HUE}\b"),
    _pattern(rf"\b{_HUE} (?:of|in) (?:\w+'s |(?:the|a|an|its|his|her|their|each) )?(?:\w+ )?{_PART}\b"),
    _pattern(rf"\b{_HUE} (?:is|are|has|have|does) (?:the |its |his |her )?{_PART}\b"),
    # a place in the picture
    _pattern(r"\bin the (?:background|foreground|corner|distance)\b|\bon (?:the |its )?(?:left|right|top)\b"),
    _pattern(r"\b(?:next to|beside|behind|in front of|nearest to)\b"),
    # whether something is there
    _pattern(r"\bwithout\b|\bwith (?:or|vs\.?|versus)\b|\bor no(?:t|ne|thing)?\b|\b(?:is|are) there\b"),
    _pattern(r"\b(?:has|have|contains?) an?\b|\b(?:wears?|wearing|holds?|holding|carr(?:y|ies|ying))\b"),
    # other styles than those of pictures
    _pattern(
        r"""\b(?:hair|life|writing|fashion|clothing|dress|music|cooking|architectural|interior|building|design|sleeve)
        [ -]?styles?\b"""
    ),
    _pattern(r"\bstyles? of (?:the )?(?:clothes|clothing|dress|music|writing|building|house|hair|architecture)\b"),
    _pattern(r"\bcolou?r.?blind"),
    re.compile(r"(\w)\1*"),  # no word at all, where it is the whole criterion
)
_SHORTEST = 4
"""Letters of a word that is corrected; shorter ones are nearly too many others."""
_ALIKE = 0.83
"""So alike are a typing error and the word (difflib's ratio)."""


def wanted(criterion: str) -> str:
    """The criterion without "please sort by" and without what it says it is not about; "" where nothing is left."""
    criterion = _REQUEST.sub("", criterion)
    rest = _NOT.sub(" ", _DOES_NOT_MATTER.sub(" ", criterion))
    rest = re.sub(r"\s+", " ", rest).strip(" ,;.-")
    return rest if re.search(r"\w", _FILLERS.sub("", rest)) else ""


def senses_named(criterion: str) -> set[str]:
    """The senses of the wishes that stand beside each other: {"colour", "subject"} for "colour and type"."""
    found = set()
    for part in _JOINTS.split(criterion.lower()):
        heads = [_HEADS[word] for word in re.findall(r"\w+", part) if word in _HEADS]
        if heads:
            special = [head for head in heads if head != "subject"]  # "type of weather" is a weather
            found.add((special or heads)[0])
    return found


def is_beyond(criterion: str) -> bool:
    """Whether it is of a form that the engine cannot answer, whatever the words: the colour of the sky, what stands in
    the background, pictures with and without something, styles of other things than pictures, a single letter."""
    *anywhere, whole = _BEYOND
    return bool(whole.fullmatch(criterion) or any(form.search(criterion) for form in anywhere))


def corrected(criterion: str, known: Sequence[str], is_word: Callable[[str], bool]) -> str:
    """The criterion with typing errors put right: words that are none (`is_word`) and nearly one of `known`."""

    def right(found: re.Match[str]) -> str:
        word = found[0].lower()
        if len(word) < _SHORTEST or word in known or is_word(word):
            return found[0]
        near = [other for other in known if other[0] == word[0] and abs(len(other) - len(word)) <= 2]
        same_letters = [other for other in near if sorted(other) == sorted(word)]
        return next(iter(same_letters or difflib.get_close_matches(word, near, 1, _ALIKE)), found[0])

    return re.sub(r"[A-Za-z]+", right, criterion)
