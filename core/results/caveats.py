"""What a person has to know of the groups of a run as a whole: whether they stay, look alike, or were guessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

from core.domain import Cluster, Vector
from core.evaluate.names import Lexicon, way_between

SHAKY = 0.75
"""Below this share of images that stay, groups are called shaky: where labels were known, about as many were right."""
_MOSTLY = 0.5
_NEAR = 0.85
"""Of 61 pairs of names that were tried, the 4 that lie nearer than this in the sentence embedding, and of which neither
is the other with one word replaced, meant the same. Below it, or with one word replaced, many did not."""
Near = Callable[[Sequence[str]], Vector]
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


def look_alike(clusters: Sequence[Cluster]) -> list[tuple[str, list[Cluster]]]:
    """Groups that have the label of most of their images in common: (label, two or more clusters), most clusters first;
    of each the largest cluster first."""
    by_label: dict[str, list[Cluster]] = {}
    for cluster in sorted(clusters, key=lambda cluster: -(cluster.size or 0)):
        if cluster.inside and cluster.size:
            label, number = Counter(cluster.inside).most_common(1)[0]
            if number >= _MOSTLY * cluster.size:
                by_label.setdefault(label, []).append(cluster)
    alike = [(label, own) for label, own in by_label.items() if len(own) > 1]
    return sorted(alike, key=lambda found: -len(found[1]))


def _look_alike(clusters: Sequence[Cluster]) -> Iterator[str]:
    if sentence := alike_sentence(clusters):
        yield sentence


def alike_sentence(clusters: Sequence[Cluster]) -> str:
    """What a person is to know of groups that look alike, or ""."""
    alike = [(label, len(own)) for label, own in look_alike(clusters)]
    if not alike:
        return ""
    if len(alike) == 1:
        label, number = alike[0]
        return f"{number} of {len(clusters)} groups are mostly “{label}”: merge them, or ask for fewer groups."
    number = sum(count for _, count in alike)
    most = ", ".join(f"“{label}” in {count}" for label, count in alike[:_NAMED])
    return (
        f"{number} of {len(clusters)} groups mostly show the same as another ({most}):"
        " merge them, or ask for fewer groups."
    )


def same_meaning(clusters: Sequence[Cluster], lexicon: Lexicon, near: Near) -> Iterator[tuple[Cluster, Cluster, str]]:
    """(cluster, another, why it may mean the same), by what is known of words, and by how near names that are not words
    lie to each other. Names that only hint at something mean nothing.

    near: names -> (n, d) vectors of length one.
    """
    named = [cluster for cluster in clusters if not cluster.needs_name]
    vectors = near([cluster.name.lower() for cluster in named]) if len(named) > 1 else None
    for i, j in combinations(range(len(named)), 2):
        one, other = named[i], named[j]
        match way_between(one.name, other.name, lexicon):
            case "same word" | "synonym":
                yield one, other, f"“{one.name}” and “{other.name}” mean the same"
            case "narrower":
                yield one, other, f"“{one.name}” is a kind of “{other.name}”"
            case "broader":
                yield one, other, f"“{other.name}” is a kind of “{one.name}”"
            case None:
                is_near = vectors is not None and float(vectors[i] @ vectors[j]) >= _NEAR
                if is_near and not _differ_in_a_word(one.name, other.name):
                    yield one, other, f"“{one.name}” and “{other.name}” may mean the same"


def _differ_in_a_word(name: str, other: str) -> bool:
    """Whether one word stands for another, as in "long sleeve" and "short sleeve": that is what tells them apart."""
    words, others = name.lower().split(), other.lower().split()
    return len(words) == len(others) and sum(word != one for word, one in zip(words, others, strict=True)) == 1


def _guessed(clusters: Sequence[Cluster]) -> Iterator[str]:
    names = [f"“{cluster.name}”" for cluster in clusters if cluster.guessed and cluster.size]
    if names:
        rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        yield (
            f"The model has no word for {', '.join(names[:_NAMED])}{rest}, and gave what no other name fits:"
            " check the pictures."
        )
