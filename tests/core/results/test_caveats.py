"""What is said of groups that would be others with another sample, look alike, or were guessed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.domain import Cluster, Vector
from core.evaluate.names import Word
from core.results.caveats import look_alike, said_of_groups, same_meaning, stability
from core.results.edited import apply
from core.results.edits import Rename


def groups(*tried: tuple[int | None, float | None]) -> list[Cluster]:
    return [Cluster(f"c{i}", f"group {i}", size=size, stability=share) for i, (size, share) in enumerate(tried)]


def test_each_image_counts_the_same() -> None:
    assert stability(groups((90, 1.0), (10, 0.0))) == 0.9


def test_groups_of_a_model_that_did_not_try_are_not_judged() -> None:
    assert stability(groups((10, None), (None, 0.2), (0, 0.1))) is None
    assert said_of_groups(groups((10, None))) == ()
    assert said_of_groups([]) == ()


def test_shaky_groups_say_how_many_images_change() -> None:
    assert said_of_groups(groups((50, 0.5), (50, 0.7))) == (
        "These groups are shaky: about 4 of 10 images change their group when the sample does.",
    )
    assert said_of_groups(groups((50, 0.9), (50, 0.7))) == ()


def test_groups_that_look_alike_are_counted_by_what_most_of_each_shows() -> None:
    red = [Cluster(f"c{i}", name, size=10, inside={"red": 6, "grey": 4}) for i, name in enumerate(("red", "red 2"))]
    mixed = Cluster("c8", "bright", size=10, inside={"red": 4, "white": 3, "blue": 3})
    assert said_of_groups([*red, mixed]) == ("2 of 3 groups are mostly “red”: merge them, or ask for fewer groups.",)
    assert said_of_groups([red[0], mixed]) == ()
    blue = [Cluster(f"b{i}", f"blue {i}", size=10, inside={"blue": 9, "navy": 1}) for i in range(3)]
    assert said_of_groups([*red, mixed, *blue]) == (
        "5 of 6 groups mostly show the same as another (“blue” in 3, “red” in 2): merge them, or ask for fewer groups.",
    )


def test_names_without_a_word_are_said_to_be_guesses_until_a_person_renames_them() -> None:
    guessed = Cluster("c1", "hyacinth", size=4, guessed=True)
    assert said_of_groups([guessed, Cluster("c2", "tulip", size=0, guessed=True)]) == (
        "The model has no word for “hyacinth”, and gave what no other name fits: check the pictures.",
    )
    assert said_of_groups(apply([guessed], [Rename("c1", "grape hyacinth")]).clusters) == ()


def near(names: Sequence[str]) -> Vector:
    """Equal sets of words lie at the same place, others far from each other."""
    words = sorted({" ".join(sorted(name.split())) for name in names})
    return np.eye(len(words), dtype=np.float32)[[words.index(" ".join(sorted(name.split()))) for name in names]]


LEXICON = [{"sofa": Word(frozenset("s"), frozenset("s")), "daybed": Word(frozenset("s"), frozenset("s")),
            "seat": Word(frozenset("t"), frozenset("st"))}]  # fmt: skip


def same(*names: str) -> list[str]:
    clusters = [Cluster(f"c{place}", name) for place, name in enumerate(names)]
    return [why for _, _, why in same_meaning(clusters, LEXICON, near)]


def test_names_that_may_mean_the_same_are_said_with_the_reason() -> None:
    assert same("sofas", "couch", "red") == ["“sofas” and “couch” mean the same"]
    assert same("sofa", "daybed") == ["“sofa” and “daybed” mean the same"]
    assert same("sofa", "seat", "hat") == ["“sofa” is a kind of “seat”"]
    assert same("seat", "sofa") == ["“sofa” is a kind of “seat”"]
    assert same("playing guitar", "guitar playing") == ["“playing guitar” and “guitar playing” may mean the same"]
    assert same("red", "blue", "not red") == []


def test_a_word_in_place_of_another_tells_names_apart_and_hints_mean_nothing() -> None:
    def alike(names: Sequence[str]) -> Vector:
        return np.ones((len(names), 1), np.float32)

    clusters = [Cluster("a", "long sleeve"), Cluster("b", "short sleeve"), Cluster("c", "Group 3", needs_name=True)]
    assert list(same_meaning(clusters, LEXICON, alike)) == []
    assert list(same_meaning(clusters[:1], LEXICON, alike)) == []


def test_groups_that_look_alike_come_with_the_largest_first() -> None:
    small, large = Cluster("a", "rose", size=4, inside={"red": 4}), Cluster("b", "red", size=9, inside={"red": 9})
    assert look_alike([small, Cluster("c", "blue", size=3, inside={"blue": 3}), large]) == [("red", [large, small])]
