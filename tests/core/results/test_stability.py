"""What is said of groups that would be others with another sample."""

from __future__ import annotations

from core.domain import Cluster
from core.results.stability import said_of_stability, stability


def groups(*tried: tuple[int | None, float | None]) -> list[Cluster]:
    return [Cluster(f"c{i}", f"group {i}", size=size, stability=share) for i, (size, share) in enumerate(tried)]


def test_each_image_counts_the_same() -> None:
    assert stability(groups((90, 1.0), (10, 0.0))) == 0.9


def test_groups_of_a_model_that_did_not_try_are_not_judged() -> None:
    assert stability(groups((10, None), (None, 0.2), (0, 0.1))) is None
    assert said_of_stability(groups((10, None))) == ()
    assert said_of_stability([]) == ()


def test_shaky_groups_say_how_many_images_change() -> None:
    assert said_of_stability(groups((50, 0.5), (50, 0.7))) == (
        "These groups are shaky: about 4 of 10 images change their group when the sample does.",
    )
    assert said_of_stability(groups((50, 0.9), (50, 0.7))) == ()
