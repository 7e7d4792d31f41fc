"""What means a class without a model: the same word in its many spellings, and what a lexicon may say."""

from __future__ import annotations

import pytest

from core.evaluate.names import Word, classes_meant, plain


def word(senses: str, covers: str = "") -> Word:
    return Word(frozenset(senses.split()), frozenset(senses.split()) | frozenset(covers.split()))


THINGS = {
    "car": word("auto"),
    "motor": word("auto"),
    "dog": word("dog", "poodle beagle"),
    "poodle": word("poodle"),
    "beagle": word("beagle"),
    "animal": word("animal", "dog poodle beagle cat"),
    "cat": word("cat"),
    "flower": word("flower", "daisy"),
    "daisy": word("daisy"),
    "pink": word("carnation"),
}
COLOURS = {"red": word("red", "crimson"), "crimson": word("crimson"), "pink": word("pink", "salmon")}
LEXICON = (COLOURS, THINGS)


def meant(classes: str, names: dict[str, str], images: dict[tuple[str, str], int] | None = None) -> dict[str, str]:
    found = classes_meant(classes.split(), names, LEXICON, images or {})
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("T-Shirts", "tshirt"),
        ("The T-shirts (men)", "t shirt"),
        ("Daisies", "daisy"),
        ("Hoodies", "hoodie"),
        ("Glasses", "glass"),
        ("dishes", "dish"),
        ("Buses", "bus"),
        ("roses", "Rose"),
        ("lenses", "lens"),
        ("Boxes", "box"),
        ("Moustaches", "mustache"),
        ("tomatoes", "Tomato"),
        ("oboes", "oboe"),
        ("policemen", "Policeman"),
        ("Women", "a woman"),
        ("children", "child"),
        ("leaves", "leaf"),
        ("gloves", "glove"),
        ("light grey", "Light-Gray"),
        ("multi_coloured", "multicolored"),
        ("lorry", "trucks"),
        ("Automobile", "motor cars"),
        ("Couches", "sofa"),
        ("grün", "green"),
        ("weiß", "white"),
        ("no hat", "without hats"),
        ("Not damaged", "non-damaged"),
        ("Pokémon", "Pokemon"),
        ("\uff32\uff45\uff44", "red"),
        ("women's shoes", "womens shoes"),
    ],
)
def test_the_same_word(one: str, other: str) -> None:
    assert plain(one) == plain(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("not red", "red"),
        ("no table", "notable"),
        ("undamaged", "damaged"),
        ("A+", "A"),
        ("A-", "A"),
        ("-5", "5"),
        ("1 2", "12"),
        ("C", "C#"),
        ("car", "cart"),
        ("lion", "lioness"),
        ("red and blue", "red"),
        ("\u0915\u093f", "\u0915\u0940"),
        ("\u304b", "\u304c"),
        ("", "a"),
    ],
)
def test_not_the_same_word(one: str, other: str) -> None:
    assert plain(one) != plain(other)


def test_a_synonym_a_narrower_and_a_broader_word_mean_a_class() -> None:
    assert meant("car dog", {"a": "motor", "b": "poodle"}) == {"a": "car", "b": "dog"}
    assert meant("poodle cat", {"a": "dog"}) == {"a": "poodle"}


def test_a_name_that_fits_two_classes_means_neither() -> None:
    assert meant("poodle beagle", {"a": "dog"}) == {}
    assert meant("dog animal", {"a": "poodle"}) == {}
    assert meant("dog animal", {"a": "dog"}) == {"a": "dog"}


def test_a_broader_word_needs_a_lexicon_that_knows_all_classes() -> None:
    assert meant("daisy dog", {"a": "flower"}) == {"a": "daisy"}
    assert meant("daisy rose", {"a": "flower"}) == {}


def test_groups_share_a_class_only_by_the_same_word() -> None:
    assert meant("car dog", {"a": "Cars", "b": "car", "c": "motor"}) == {"a": "car", "b": "car"}
    names = {"a": "poodle", "b": "beagle", "c": "cat"}
    assert meant("dog cat", names, {("dog", "a"): 3, ("dog", "b"): 5}) == {"b": "dog", "c": "cat"}
    assert meant("dog cat", names, {("dog", "a"): 5, ("dog", "b"): 3}) == {"a": "dog", "c": "cat"}
    assert meant("car dog", {"a": "motor", "b": "motors"}) == {"a": "car", "b": "car"}


def test_words_are_looked_up_in_the_field_of_the_classes() -> None:
    assert meant("red pink", {"a": "crimson", "b": "carnation"}) == {"a": "red"}
    assert meant("dog pink", {"a": "crimson", "b": "poodle"}) == {"b": "dog"}


def test_a_placeholder_means_nothing() -> None:
    names = {"a": "dog", "b": "cat"}
    assert classes_meant(["dog", "cat"], names, LEXICON, {}, hints={"a"}) == {"b": "cat"}


def test_classes_that_differ_by_an_ending_are_told_apart() -> None:
    names = {"a": "glass", "b": "Glasses"}
    assert classes_meant(["Glass", "Glasses"], names, LEXICON, {}) == {"a": "Glass", "b": "Glasses"}


def test_bare_numbers_have_no_names() -> None:
    assert classes_meant(["1", "-2.5"], {"a": "1"}, LEXICON, {}) is None
    assert classes_meant([], {"a": "dog"}, LEXICON, {}) is None


def test_without_a_lexicon_the_same_word_counts() -> None:
    assert classes_meant(["dog", "car"], {"a": "Dogs", "b": "motor"}, (), {}) == {"a": "dog"}
