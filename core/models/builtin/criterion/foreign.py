"""Criteria in other languages than English: a small table of the words that people type (words.toml), and no grammar.

A criterion is understood when all its words stand there. Everything else in another language is said to be beyond the
engine: the embedder that judges English criteria knows no other language, and would guess.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.models.embedding.minilm import knows

BLIND = "blind"
_TABLE = Path(__file__).with_name("words.toml")
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "æ": "ae", "đ": "d", "ı": "i", "ð": "d", "œ": "oe"})
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Thai, kana, Chinese characters and Hangul: words stand without spaces between them, or with endings attached."""
_PARTICLES = re.compile(r"[のはがをにでと的之地和是의은는이가을를\s]|是什么|什么|何")
_NOT_UNSPACED = re.compile(r"不|非|没|無|ない|なし|아닌|없")
_LONGEST = 4
"""Words of the longest entry."""
# fmt: off
_SMALL = frozenset(
    "der die das den dem des ein eine einer la le les l un une du d de del el los las lo il gli i uno una dell "
    "della dei o os as a um uma do da dos het van en na w z ze por per par po di vom von im in aux au sur selon "
    "segun para nach art typ type och og ja haupt principal principale dominante dominant welche welches quelle "
    "quel que qual quale que's ist est es e on esta главный основной какой какого по на al the of".split()
)
_NOT = frozenset(
    "nicht kein keine ohne pas sans sin senza sem nao niet geen zonder inte utan ikke uden ei ilman nie bez ne "
    "nem fara degil не без нет χωρις".split()
)
# fmt: on


@dataclass(frozen=True, slots=True)
class Found:
    """What the table says of a criterion. sense: the one that answers, or "blind". known: False where words are not in
    the table; the sense is "blind" then, as they may change what is asked."""

    sense: str
    known: bool = True


_UNKNOWN = Found(BLIND, known=False)


def look_up(criterion: str) -> Found | None:
    """What a criterion in another language asks for; None for English, which is judged elsewhere."""
    text = plain(criterion)
    if _UNSPACED.search(text):
        return _unspaced(text)
    words = re.findall(r"[^\W\d_]+", text)
    senses, rest, is_foreign = _read(words)
    if not is_foreign and text not in _table():
        return _UNKNOWN if _looks_foreign(criterion, words) else None
    if rest or _NOT & set(words):
        return Found(BLIND) if senses == {BLIND} else _UNKNOWN
    return Found(_one(senses))


def plain(text: str) -> str:
    """Lower case, without accents: how criteria and the table's entries are compared."""
    apart = unicodedata.normalize("NFKD", text.casefold().strip().translate(_LETTERS))
    return unicodedata.normalize("NFC", "".join(mark for mark in apart if unicodedata.category(mark) != "Mn"))


def _read(words: list[str]) -> tuple[set[str], list[str], bool]:
    """The senses of the table's entries among the words; the words that are in none; whether an entry is no English."""
    senses: set[str] = set()
    rest, is_foreign, start = [], False, 0
    while start < len(words):
        length, sense = _entry(words[start:])
        if sense:
            senses.add(sense)
            is_foreign = is_foreign or length > 1 or not knows(words[start])
        elif words[start] not in _SMALL:
            rest.append(words[start])
        start += length
    return senses, rest, is_foreign


def _entry(words: list[str]) -> tuple[int, str]:
    """The longest entry that these words begin with: how many words it has, and its sense; (1, "") for none."""
    for length in range(min(_LONGEST, len(words)), 0, -1):
        if sense := _table().get(" ".join(words[:length])):
            return length, sense
    return 1, _compound(words[0])


def _compound(word: str) -> str:
    """The sense of "Hauptfarbe" or "Tierart", by the ending; "blind" for "Hautfarbe", which is of a part."""
    for sense, endings in _compounds().items():
        for ending in endings:
            if word.endswith(ending) and len(word) > len(ending) + 2:
                first = word.removesuffix(ending)
                parts = {_table().get(part) for part in (first, first.removesuffix("s"), first.removesuffix("n"))}
                return BLIND if BLIND in parts else sense
    return ""


def _unspaced(text: str) -> Found:
    table = _table()
    senses, left = set(), text
    for entry in _unspaced_entries():
        if entry in left:
            senses.add(table[entry])
            left = left.replace(entry, " ")
    left = _PARTICLES.sub("", left)
    if left in table:  # entries of one character only by themselves: they are parts of many other words
        senses.add(table[left])
        left = ""
    if _NOT_UNSPACED.search(text) or left or not senses:
        return Found(BLIND) if senses == {BLIND} else _UNKNOWN
    return Found(_one(senses))


def _looks_foreign(criterion: str, words: list[str]) -> bool:
    """Whether it is in another script, or has accents on words that English does not know."""
    if any(not word.isascii() and unicodedata.name(word[0], "").partition(" ")[0] != "LATIN" for word in words):
        return True
    has_accents = plain(criterion) != criterion.casefold().strip()
    return has_accents and not all(knows(word) for word in words)


def _one(senses: set[str]) -> str:
    """The sense of all words together: the colour of a car is a colour; that of the sky is beyond the engine, and so
    are two things at once."""
    special = senses - {"subject"}
    if not special:
        return "subject"
    return special.pop() if len(special) == 1 else BLIND


@cache
def _tables() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(_TABLE.read_text(encoding="utf-8"))


@cache
def _table() -> dict[str, str]:
    """Entry -> sense. Where two languages disagree it is "blind": better to ask than to be wrong."""
    table: dict[str, str] = {}
    for sense, languages in _tables().items():
        if sense != "compounds":
            for entry in (plain(word) for words in languages.values() for word in words):
                table[entry] = sense if table.get(entry, sense) == sense else BLIND
    return table


@cache
def _compounds() -> dict[str, list[str]]:
    return {sense: sorted(endings, key=len, reverse=True) for sense, endings in _tables()["compounds"].items()}


@cache
def _unspaced_entries() -> list[str]:
    entries = [entry for entry in _table() if _UNSPACED.search(entry) and len(entry) > 1]
    return sorted(entries, key=len, reverse=True)
