"""How far the groups of a run can be trusted as a whole: how many images stay when the sample changes."""

from __future__ import annotations

from collections.abc import Sequence

from core.domain import Cluster

SHAKY = 0.75
"""Below this share of images that stay, groups are called shaky: where labels were known, about as many were right."""


def stability(clusters: Sequence[Cluster]) -> float | None:
    """The share of images that stay in their group when the sample changes, 0 to 1, as the model found when it formed
    the groups; None where it did not try."""
    tried = [
        (cluster.size, cluster.stability) for cluster in clusters if cluster.size and cluster.stability is not None
    ]
    total = sum(size for size, _ in tried)
    return sum(size * share for size, share in tried) / total if total else None


def said_of_stability(clusters: Sequence[Cluster]) -> tuple[str, ...]:
    """A sentence where the groups are shaky, else none."""
    share = stability(clusters)
    if share is None or share >= SHAKY:
        return ()
    change = max(1, round(10 * (1 - share)))
    return (f"These groups are shaky: about {change} of 10 images change their group when the sample does.",)
