"""What is said of groups that would be others with another sample, look alike, or were guessed."""

from __future__ import annotations

from core.domain import Cluster
from core.results.caveats import said_of_groups, stability
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
