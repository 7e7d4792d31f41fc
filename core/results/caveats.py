"""What a person has to know of the groups of a run as a whole: whether they stay, look alike, or were guessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from core.domain import Cluster

SHAKY = 0.75
"""Below this share of images that stay, groups are called shaky: where labels were known, about as many were right."""
_MOSTLY = 0.5
_NAMED = 3


def stability(clusters: Sequence[Cluster]) -> float | None:
    """The share of images that stay in their group when the sample changes, 0 to 1, as the model found when it formed
    the groups; None where it did not try."""
    tried = [
        (cluster.size, cluster.stability) for cluster in clusters if cluster.size and cluster.stability is not None
    ]
    total = sum(size for size, _ in tried)
    return sum(size * share for size, share in tried) / total if total else None


def said_of_groups(clusters: Sequence[Cluster]) -> tuple[str, ...]:
    """A sentence for each reason to look at these groups twice, or none."""
    return (*_shaky(clusters), *_look_alike(clusters), *_guessed(clusters))


def _shaky(clusters: Sequence[Cluster]) -> Iterator[str]:
    share = stability(clusters)
    if share is not None and share < SHAKY:
        change = max(1, round(10 * (1 - share)))
        yield f"These groups are shaky: about {change} of 10 images change their group when the sample does."


def _look_alike(clusters: Sequence[Cluster]) -> Iterator[str]:
    """Groups that have the label of most of their images in common."""
    commonest = [(cluster.size, *Counter(cluster.inside).most_common(1)[0]) for cluster in clusters if cluster.inside]
    shown = Counter(label for size, label, number in commonest if size and number >= _MOSTLY * size)
    alike = [(label, count) for label, count in shown.most_common() if count > 1]
    if len(alike) == 1:
        label, number = alike[0]
        yield f"{number} of {len(clusters)} groups are mostly “{label}”: merge them, or ask for fewer groups."
    elif alike:
        number = sum(count for _, count in alike)
        most = ", ".join(f"“{label}” in {count}" for label, count in alike[:_NAMED])
        yield (
            f"{number} of {len(clusters)} groups mostly show the same as another ({most}):"
            " merge them, or ask for fewer groups."
        )


def _guessed(clusters: Sequence[Cluster]) -> Iterator[str]:
    names = [f"“{cluster.name}”" for cluster in clusters if cluster.guessed and cluster.size]
    if names:
        rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        yield (
            f"The model has no word for {', '.join(names[:_NAMED])}{rest}, and gave what no other name fits:"
            " check the pictures."
        )
