"""What a run need not ask, as it was answered before or came along: for the estimate (estimate.py).

Looked up step by step, as long as a step's answers are complete: they decide what the next step asks.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.domain import UNCLEAR, Cluster, Corpus, RunSettings
from core.engine.requests import Answer
from core.ingest.name_matching import Images
from core.models.chat.backend import CHARS_A_TOKEN
from core.models.model_spec import BUILTIN, OPENAI_BATCH, ModelSpec
from core.models.registry import NO_KEYS, How, Keys
from core.models.roles import Labelled, TextModel
from core.pipeline.labels import images_of
from core.pipeline.run_models import models_of
from core.steps import assign, merge, name
from core.steps.item_answers import FoundAnswers
from core.steps.plan import NAMED_FROM, Model, Plan, StepPlan
from core.store import Store

DESCRIPTION_TOKENS = 70.0
LABEL_TOKENS = 7.0
UNDECIDED, _UNDECIDED_LABELS = 0.02, 0.05
"""The share of images, and of labels, where the label alone does not tell, while nothing better is known. Of two
recorded sets (8,000 and 700 descriptions) it did not for 1.6 % and none."""
LOADED = (BUILTIN, "openai", OPENAI_BATCH)
"""Kinds whose id can be had without loading weights, so that what is known can be counted beforehand."""


@dataclass(frozen=True, slots=True)
class Known:
    """What need not be asked.

    Attributes:
        described, labelled, assigned: how many items.
        named: whether the groups have names.
        to_label: how many distinct descriptions must be asked about; None where that shows only later.
        labels, read: how many distinct labels must be placed, and how many descriptions be read where one does not
            tell; None where that shows only later.
        description, label: tokens of one on average, as far as there are any.
        distinct: the share of descriptions that none before says.
        pairs: where nobody counted the groups beforehand, of how many pairs it is known whether they belong together.
        formed: into how many groups they join, where that is known of all of them; else 0.
    """

    described: int = 0
    labelled: int = 0
    named: bool = False
    assigned: int = 0
    to_label: int | None = None
    labels: float | None = None
    read: float | None = None
    description: float = DESCRIPTION_TOKENS
    label: float = LABEL_TOKENS
    distinct: float = 1.0
    pairs: int = 0
    formed: int = 0


def known(store: Store, settings: RunSettings, items: Sequence[str], keys: Keys = NO_KEYS) -> Known:
    """Look up what need not be asked about these items (ids). Raises BadInput for settings that cannot work."""
    if not items or not (settings.records or kind_of(settings.vision) in LOADED):
        return Known()
    is_loaded = kind_of(settings.text) in LOADED
    text = settings.text if is_loaded else BUILTIN
    models = models_of(replace(settings, text=text, fallback=""), _images(store, settings, items), How(keys))
    answers = FoundAnswers(store.answers)
    plan = Plan(models, settings, answers, lambda _: Path())
    there = list(_find(answers, plan.describe(items)))
    described = _brought(answers, plan, items) if settings.records else there
    found = Known(len(there))
    if texts := {seen.text for seen in answers.descriptions(described).values()}:
        found = replace(found, description=mean_tokens(texts), distinct=len(texts) / len(described))
    labelled = _labelled(answers, plan, described, look_up=is_loaded)
    if len(described) == len(items):
        work = plan.label(described).requests(models.labels, None).work
        found = replace(found, to_label=len({one.key for one in work if one.item_id not in labelled}))
    found = replace(found, labelled=len(labelled))
    if len(labelled) < len(items):
        return found
    labels = Counter(answers.labels(list(labelled)).values())
    found = replace(found, labels=float(len(labels)), label=mean_tokens(labels), read=_unsure(labels))
    if not is_loaded:
        return found
    stage: StepPlan[TextModel] | None = plan.name(list(labelled))
    if not settings.k:
        found, stage = _formed(found, answers, plan, list(labelled))
    proposal = _find(answers, stage).get(name.ITEM) if stage else None
    return _assigned(found, answers, plan, list(labelled), name.read(proposal)) if proposal else found


class _NotKnown(Exception):
    """A question that was not asked before: what follows from its answer shows only later."""


def _formed(
    known: Known, answers: FoundAnswers, plan: Plan, items: Sequence[str]
) -> tuple[Known, StepPlan[TextModel] | None]:
    """What is known of the groups where nobody counted them beforehand, and the request for their names, if all else
    is."""
    pairs_known = 0

    def ask(pairs: Sequence[merge.Texts]) -> list[bool]:
        nonlocal pairs_known
        said = _find(answers, plan.alike(pairs))
        pairs_known += len(said)
        if len(said) < len(pairs):
            raise _NotKnown
        return [merge.is_yes(said[merge.pair_id(pair)]) for pair in pairs]

    labels = answers.labels(sorted(items)[:NAMED_FROM])
    try:
        formed = merge.formed(labels, plan.settings.names, ask)
    except _NotKnown:
        return replace(known, pairs=pairs_known), None
    return replace(known, pairs=pairs_known, formed=len(formed)), plan.name_formed(formed)


def kind_of(spec: str) -> str:
    """The kind of a model."""
    return ModelSpec.parse(spec).kind


def _images(store: Store, settings: RunSettings, items: Sequence[str]) -> Images:
    """To match records by. What was not looked at yet is called as it is known by."""
    if not settings.records:
        return Images({})
    there = images_of(store, settings.dataset_id)
    return Images({item: there.names.get(item, item) for item in items}, there.others)


def _assigned(
    known: Known, answers: FoundAnswers, plan: Plan, items: Sequence[str], clusters: Sequence[Cluster]
) -> Known:
    """What is known of the assignments, if all earlier steps are known."""
    stages = plan.assign(items, clusters)
    missing: list[float] = []  # requests of each stage
    number, unsure, todo = 0, 0.0, items
    for stage in stages:
        work = stage.requests(stage.first, todo).work
        found = {item: assign.read(value) for item, value in answers.find(stage.step, work).items()}
        missing.append(len({request.key for request in work if request.item_id not in found}) + unsure)
        unsure = UNDECIDED * (len(work) - len(found))  # of those, the next stage may be asked as well
        todo = [item for item, assignment in found.items() if assignment.undecided]
        number += len(found) - len(todo)
    labels = missing[0] if len(stages) > 1 else 0.0
    return replace(known, named=True, assigned=number, labels=labels, read=missing[-1])


def _brought(answers: FoundAnswers, plan: Plan, items: Sequence[str]) -> list[str]:
    """The items whose descriptions came along; they are known from now on."""
    requests = plan.describe(items).requests(plan.models.vision, None)
    given = zip(requests.work, requests.ask(requests.work) if requests.work else (), strict=True)
    found = {work.item_id: answer.value for work, answer in given if isinstance(answer, Answer)}
    answers.take("describe", requests.work, found)
    return list(found)


def _labelled(answers: FoundAnswers, plan: Plan, items: Sequence[str], *, look_up: bool) -> dict[str, str]:
    """Item id -> label (JSON): those that came along, and those answered before."""
    labels = plan.models.labels
    found: dict[str, str] = {}
    if isinstance(labels, Labelled) and items:
        seen = answers.descriptions(items)
        known = zip(items, labels.known(Corpus(items, [seen[item] for item in items])), strict=True)
        found = {item: json.dumps(label) for item, label in known if label is not None}
        answers.take("label", (), found)
    return (_find(answers, plan.label(items)) if look_up else {}) | found


def _unsure(labels: Counter[str]) -> float:
    """How many of these labels' items must be read besides: those labelled "unclear", and those of the rarest labels,
    since it is the frequent ones that groups are made of."""
    rarest = sorted(number for label, number in labels.items() if label != UNCLEAR)
    return float(labels[UNCLEAR] + sum(rarest[: int(_UNDECIDED_LABELS * len(rarest))]))


def mean_tokens(texts: Collection[str]) -> float:
    """About how many tokens one of these has on average."""
    return sum(map(tokens, texts)) / max(len(texts), 1)


def tokens(text: str) -> float:
    """About how many tokens a text has."""
    return len(text) / CHARS_A_TOKEN


def _find(answers: FoundAnswers, plan: StepPlan[Model]) -> dict[str, str]:
    """Item id -> value of what the first model of a step has answered before."""
    return answers.find(plan.step, plan.requests(plan.first, None).work)
