"""Step 2b where nobody said how many groups there are: labels are small groups, merged until no two neighbours
belong together (core/evaluate/merging.py). The text model is asked about pairs, then for names of what was formed."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from core.domain import UNCLEAR, Cluster, Failed, folded
from core.engine.requests import Answer, Ask, Outcome, Work, call_key, key_of
from core.evaluate.merging import Group, large_enough, merged
from core.models.embedding.minilm import embed
from core.models.roles import Merging
from core.steps import name

MOST = 300
"""Labels that are merged, the most frequent ones, as many as a model is shown that names K groups; rarer ones are
sorted into what comes of these."""
_SHOWN = 6
"""Labels by which a group is known to the model in a question, the most frequent ones."""

Texts = tuple[str, str]
"""Two groups, each by its labels."""
AskPairs = Callable[[Sequence[Texts]], Sequence[bool]]
Formed = tuple[tuple[str, ...], ...]
"""Groups, each as its labels, the most frequent first."""


def formed(labels: Mapping[str, str], given: Sequence[str], ask: AskPairs) -> Formed:
    """The groups that labels form, the largest first.

    Args:
        labels: item id -> label; their order does not matter.
        given: names that groups must have: each is a label of its own group, whether an image has it or not.
        ask: whether the two groups of each pair are one.
    """
    counts = Counter(" ".join(label.split()) for label in labels.values())
    if len(counts) > 1:  # images that do not answer the criterion are no group of their own
        counts.pop(UNCLEAR, None)
    spelled: dict[str, list[str]] = {folded(one): [] for one in given}
    sizes: Counter[str] = Counter(dict.fromkeys(spelled, 0))
    for label, number in sorted(counts.items(), key=lambda counted: (-counted[1], counted[0])):
        spelled.setdefault(folded(label), []).append(label)
        sizes[folded(label)] += number
    own = set(map(folded, given))
    small = sorted(sizes, key=lambda one: (one not in own, -sizes[one], one))[: max(MOST, len(own))]
    numbers = [sizes[one] for one in small]
    always = range(len(own))

    def said(pairs: Sequence[tuple[Group, Group]]) -> Sequence[bool]:
        return ask([(_text(one, small), _text(other, small)) for one, other in pairs])

    found = merged(embed(small), numbers, said, always) if small else []
    kept = large_enough(found, numbers, always)
    names = {folded(one): one for one in given}
    return tuple(
        tuple(dict.fromkeys(label for place in group for label in _labels(small[place], spelled, names)))
        for group in kept
    )


def _labels(one: str, spelled: Mapping[str, Sequence[str]], names: Mapping[str, str]) -> list[str]:
    """What a small group's images are labelled; a given name that none has stands for itself."""
    return list(spelled[one]) or [names[one]]


def _text(group: Group, small: Sequence[str]) -> str:
    return ", ".join(small[place] for place in group[:_SHOWN])


# -- whether two groups are one


def pair_id(pair: Texts) -> str:
    """The id of a question; which of the two stands first counts."""
    return hashlib.sha256(json.dumps(pair).encode()).hexdigest()


def work(model: Merging, criterion: str, pairs: Sequence[Texts]) -> list[Work]:
    """A question for each pair."""
    key = key_of(model=model.id, prompt=f"{model.merging['alike']}\n{criterion}")
    return [Work(pair_id(pair), key(json.dumps(pair))) for pair in pairs]


def ask(model: Merging, criterion: str, pairs: Sequence[Texts]) -> Ask:
    """pairs: all that there is work about."""
    known = {pair_id(pair): pair for pair in pairs}

    def call(batch: Sequence[Work]) -> list[Answer | Failed]:
        answers = model.alike([known[item.item_id] for item in batch], criterion)
        return [
            answer if isinstance(answer, Failed) else Answer(json.dumps(answer), text=" | ".join(known[item.item_id]))
            for item, answer in zip(batch, answers, strict=True)
        ]

    return call


def is_yes(value: str | None) -> bool:
    """Whether an answer (JSON) says that two groups are one; what was not answered keeps them apart."""
    return value is not None and json.loads(value) is True


# -- what groups are called


def name_work(model: Merging, criterion: str, groups: Formed, given: Sequence[str]) -> list[Work]:
    prompt = f"{model.merging['formed']}\n{criterion}"
    return [Work(name.ITEM, call_key(model=model.id, prompt=prompt, content=json.dumps(groups), choices=given))]


def name_ask(model: Merging, criterion: str, groups: Formed, given: Sequence[str]) -> Ask:
    def call(batch: Sequence[Work]) -> list[Answer | Failed]:
        nameless = [group for group in groups if _given_to(group, given) is None]
        names = model.call(nameless, criterion, given) if nameless else []
        if isinstance(names, Failed):
            return [names]
        clusters = _clusters(groups, given, names)
        return [Answer(name.write(clusters), text=", ".join(cluster.name for cluster in clusters))]

    return call


def from_commonest(groups: Formed, given: Sequence[str], model: str) -> Outcome:
    """Clusters called after their most frequent label, for when a model gave no usable names: hints that ask for better
    ones."""
    nameless = [group for group in groups if _given_to(group, given) is None]
    clusters = _clusters(groups, given, [(group[0], "") for group in nameless], needs_name=True)
    key = call_key(model=f"most frequent labels/1+{model}", prompt="", content=json.dumps(groups), choices=given)
    return Outcome(Work(name.ITEM, key), Answer(name.write(clusters), asked=False))


def _given_to(group: Sequence[str], given: Sequence[str]) -> str | None:
    labels = set(map(folded, group))
    return next((one for one in given if folded(one) in labels), None)


def _clusters(
    groups: Formed, given: Sequence[str], names: Sequence[tuple[str, str]], *, needs_name: bool = False
) -> list[Cluster]:
    """names: (name, meaning) of each group without a given name, in order. Given ones come first, in theirs."""
    rest = iter(names)
    own = [(group, _given_to(group, given)) for group in groups]
    called = [(group, (one, "") if one is not None else next(rest), one is None and needs_name) for group, one in own]
    called.sort(key=lambda each: list(given).index(each[1][0]) if each[1][0] in given else len(given))
    return [
        Cluster(f"c{place}", title, meaning, group, needs_name=is_hint)
        for place, (group, (title, meaning), is_hint) in enumerate(called, start=1)
    ]
