"""Which class a name means among others, by ImageNet's words and colour terms; by embedding most of it was wrong."""

from __future__ import annotations

import numpy as np
import pytest

from core.evaluate.names import classes_meant, plain
from core.models.builtin.from_pixels import imagenet, word_senses

FLOWERS = "lily, rose, daisy, hyacinth"
BASIC = "red, pink, white, yellow, purple"
ANIMALS = "dog, cat, horse, bird"
THINGS = "mug, sofa, teapot, mailbox"
STL = "airplane, bird, car, cat, deer, dog, horse, monkey, ship, truck"
GARMENTS = "Blazer, Dress, Hat, Hoodie, Longsleeve, Pants, Polo, Shirt, Shoes, Shorts, Skirt, T-Shirt, Undershirt"

MEANS = [
    ("Dogs", ANIMALS, "dog"),
    ("domestic dog", ANIMALS, "dog"),
    ("golden retriever", ANIMALS, "dog"),
    ("poodle", ANIMALS, "dog"),
    ("a Siamese cat", ANIMALS, "cat"),
    ("eagles", ANIMALS, "bird"),
    ("water bird", ANIMALS, "bird"),
    ("automobile", STL, "car"),
    ("Motorcars", STL, "car"),
    ("sports car", STL, "car"),
    ("lorry", STL, "truck"),
    ("pickup truck", STL, "truck"),
    ("aeroplanes", STL, "airplane"),
    ("warplane", STL, "airplane"),
    ("ocean liner", STL, "ship"),
    ("baboon", STL, "monkey"),
    ("daisies", FLOWERS, "daisy"),
    ("ROSE", FLOWERS, "rose"),
    ("lilies", FLOWERS, "lily"),
    ("dark red", BASIC, "red"),
    ("crimson", BASIC, "red"),
    ("rot", BASIC, "red"),
    ("salmon", BASIC, "pink"),
    ("cream", BASIC, "white"),
    ("violet", BASIC, "purple"),
    ("lilac", BASIC, "purple"),
    ("navy", "blue, green, grey", "blue"),
    ("light gray", "blue, green, grey", "grey"),
    ("olive", "blue, green, grey", "green"),
    ("red", "dark red, light blue", "dark red"),
    ("cup", THINGS, "mug"),
    ("coffee mug", THINGS, "mug"),
    ("couch", THINGS, "sofa"),
    ("letter box", THINGS, "mailbox"),
    ("furniture", THINGS, "sofa"),
    ("jeans", GARMENTS, "Pants"),
    ("trousers", GARMENTS, "Pants"),
    ("tee shirt", GARMENTS, "T-Shirt"),
    ("miniskirt", GARMENTS, "Skirt"),
    ("sandals", GARMENTS, "Shoes"),
    ("sombrero", GARMENTS, "Hat"),
    ("sax", "saxophone, flute", "saxophone"),
    ("fiddle", "violin, cello", "violin"),
    ("no damage", "damage, no damage", "no damage"),
    ("without damages", "damage, no damage", "no damage"),
    ("fridge", "refrigerator, stove", "refrigerator"),
]

MEANS_NONE = [
    ("blue", BASIC),
    ("green", BASIC),
    ("not red", BASIC),
    ("non-red", BASIC),
    ("reddish or pink", BASIC),
    ("red and white", BASIC),
    ("colourful", BASIC),
    ("blood", BASIC),
    ("cat", "dog, horse"),
    ("wolf", ANIMALS),
    ("animal", ANIMALS),
    ("dog food", ANIMALS),
    ("hot dog", ANIMALS),
    ("no dogs", ANIMALS),
    ("pet", ANIMALS),
    ("intact", "damaged, broken"),
    ("undamaged", "damaged, broken"),
    ("no damage", "damage, rust"),
    ("not damaged", "damaged, intact"),
    ("flower", FLOWERS),
    ("rose hip", FLOWERS),
    ("tulip", FLOWERS),
    ("petal", FLOWERS),
    ("vehicle", STL),
    ("car wheel", STL),
    ("machine", STL),
    ("boat", STL),
    ("elk antlers", STL),
    ("clothing", GARMENTS),
    ("swimming trunks", GARMENTS),
    ("Group 3", GARMENTS),
    ("crane", ANIMALS),
    ("cello", "violin, saxophone"),
    ("happy", "sad, angry"),
    ("indoor", "outdoor, street"),
    ("left", "right, front"),
    ("women", "men, children"),
    ("", BASIC),
]


def meant(name: str, classes: str) -> str | None:
    found = classes_meant(classes.split(", "), {"a": name}, word_senses.word_senses(), {})
    assert found is not None
    return found.get("a")


@pytest.mark.parametrize(("name", "classes", "wanted"), MEANS)
def test_a_name_means_a_class(name: str, classes: str, wanted: str) -> None:
    assert meant(name, classes) == wanted


@pytest.mark.parametrize(("name", "classes"), MEANS_NONE)
def test_a_name_means_no_class(name: str, classes: str) -> None:
    assert meant(name, classes) is None


def test_three_names_do_not_mean_one_class() -> None:
    names = {"a": "poodle", "b": "beagle", "c": "dog", "d": "Siamese cat"}
    found = classes_meant(ANIMALS.split(", "), names, word_senses.word_senses(), {("dog", "a"): 90, ("dog", "c"): 1})
    assert found == {"c": "dog", "d": "cat"}


def test_every_name_of_the_engine_is_known() -> None:
    colours, things = word_senses.word_senses()
    assert {plain(name) for name in imagenet.lexicon().names} <= set(things)
    assert {plain(name) for name in word_senses.colours.TERMS} <= set(colours)


def test_words_that_are_left_out_are_words_of_the_engine() -> None:
    """What only looks like a thing is taken from a broader word that holds it: a table out of step takes nothing."""
    words = imagenet.lexicon()
    for name, spec in word_senses._SHOWN_WITH.items():
        held = set(np.flatnonzero(words.members[words.names.index(name)]).tolist())
        assert set(imagenet.indices(spec)) <= held, name
