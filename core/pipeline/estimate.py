"""What a run will take: requests, tokens, money, minutes, and what is known already.

If the same model did the same step before, its averages are used, else rules of thumb; the estimate says which. Texts
and labels that came along are counted as they are; how long answers will be and how many distinct labels there are is
known only afterwards. What was answered before is looked up step by step, as long as a step's answers are complete:
they decide what the next step asks.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import TypeAdapter

from core import prompts
from core.domain import UNCLEAR, Cluster, Corpus, RunSettings, Step, StepStats
from core.engine.requests import Answer
from core.models import prices
from core.models.chat.backend import CHARS_A_TOKEN, IMAGE_TOKENS
from core.models.embedding.minilm import MAX_TOKENS
from core.models.model_spec import BUILTIN, OPENAI_BATCH, ModelSpec
from core.models.openai.batch import AT_ONCE, BATCH, FEW
from core.models.openai.batch_lines import PRICE as BATCH_PRICE
from core.models.prices import price_of
from core.models.registry import NO_KEYS, Keys
from core.models.roles import Labelled
from core.models.supplied import imported
from core.pipeline.run_models import models_of
from core.steps import assign, name
from core.steps.item_answers import FoundAnswers
from core.steps.plan import NAMED_FROM, Model, Plan, StepPlan
from core.store import Store

_DESCRIPTION_TOKENS = 70.0
_LABEL_TOKENS = 7.0
_CHOICE_TOKENS = 6.0
_QUOTED_CHOICE_TOKENS = 20.0
_MEANING_TOKENS = 8.0
_GROUP_TOKENS = 11.0
"""What a group takes in the answer that names it, beside its name, its meaning and the numbers of its labels."""
_UNDECIDED, _UNDECIDED_LABELS = 0.02, 0.05
"""The share of images, and of labels, where the label alone does not tell, while nothing better is known. Of two
recorded sets (8,000 and 700 descriptions) it did not for 1.6 % and none."""
_NUMBER_TOKENS, _LISTED_TOKENS = 3.0, 2.0
"""What a text's number takes in a request, and a label's number in the answer that lists it."""
_SECONDS = {"openai": 4.0, "llama_cpp": 20.0, "transformers": 30.0}
"""Seconds of one request."""
_IMAGE_SECONDS: Mapping[Step, float] = {"describe": 0.06, "label": 0.001, "name": 0.002, "assign": 0.001}
_TEXT_SECONDS: Mapping[Step, float] = {"describe": 0.0001, "label": 0.0005, "name": 0.0002, "assign": 0.0001}
"""Seconds that the built-in engine takes for an image, and for a description; what it reads the first time, and the
forming of groups of descriptions, come on top."""
_TOKEN_SECONDS = 0.00011
"""Seconds that the sentence embedder takes for a token of a description."""
_FORMING_SECONDS = 3.0
"""Seconds that forming groups of descriptions takes, which are a sample, however many there are."""
_AT_ONCE = {"openai": 8}
_ROUND_SECONDS = 3600.0
"""A round of batches that are worked on together. OpenAI promises a day; most are done much sooner."""
_LOADED = (BUILTIN, "openai", OPENAI_BATCH)
"""Kinds whose id can be had without loading weights, so that what is known can be counted beforehand."""
_RUNS = 50
_LEAST = 5
"""An earlier run must have asked about at least so many items for its averages to count."""


@dataclass(frozen=True, slots=True)
class StepEstimate:
    """One step.

    Attributes:
        items: what it is about.
        known: of those, answered before.
        cost: US dollars, None where no price is known.
        learnt: from earlier runs of the same model, not from rules of thumb.
    """

    items: int = 0
    known: int = 0
    requests: float = 0.0
    prompt_tokens: float = 0.0
    completion_tokens: float = 0.0
    seconds: float = 0.0
    cost: float | None = 0.0
    learnt: bool = False


@dataclass(frozen=True, slots=True)
class Estimate:
    """All steps of a run. images: how many of them models look at."""

    images: int
    steps: Mapping[Step, StepEstimate] = field(default_factory=dict)

    @property
    def requests(self) -> float:
        return sum(step.requests for step in self.steps.values())

    @property
    def tokens(self) -> float:
        return sum(step.prompt_tokens + step.completion_tokens for step in self.steps.values())

    @property
    def seconds(self) -> float:
        return sum(step.seconds for step in self.steps.values())

    @property
    def cost(self) -> float | None:
        """US dollars; None where the price of a model that is asked is not known."""
        costs = [step.cost for step in self.steps.values() if step.requests]
        return None if any(cost is None for cost in costs) else sum(cost or 0.0 for cost in costs)


ESTIMATE: TypeAdapter[Estimate] = TypeAdapter(Estimate)


def estimate(store: Store, settings: RunSettings, items: Sequence[str], keys: Keys = NO_KEYS) -> Estimate:
    """What a run of these settings over these items (ids) would take. Raises BadInput for settings that cannot work."""
    return _Estimating(store, settings, items, keys).whole()


def estimate_names(store: Store, settings: RunSettings, labels: Sequence[str]) -> Estimate:
    """What it takes to have names suggested for items with these labels. settings: as the run would have them."""
    known = _Known(labels=float(len(set(labels))), label=_mean_tokens(set(labels)) if labels else _LABEL_TOKENS)
    estimating = _Estimating(store, replace(settings, share=1.0), labels, NO_KEYS)
    return Estimate(len(labels), {"name": estimating._name(known)})


@dataclass(frozen=True, slots=True)
class _Known:
    """What need not be asked.

    Attributes:
        described, labelled, assigned: how many items.
        named: whether the groups have names.
        to_label: how many distinct descriptions must be asked about; None where that shows only later.
        labels, read: how many distinct labels must be placed, and how many descriptions be read where one does not
            tell; None where that shows only later.
        description, label: tokens of one on average, as far as there are any.
        distinct: the share of descriptions that none before says.
    """

    described: int = 0
    labelled: int = 0
    named: bool = False
    assigned: int = 0
    to_label: int | None = None
    labels: float | None = None
    read: float | None = None
    description: float = _DESCRIPTION_TOKENS
    label: float = _LABEL_TOKENS
    distinct: float = 1.0


class _Estimating:
    def __init__(self, store: Store, settings: RunSettings, items: Sequence[str], keys: Keys) -> None:
        self.store, self.settings = store, settings
        self.number = math.ceil(len(items) * settings.share)
        # Which items a sampled pass looks at shows only when they are measured.
        self.items = items if settings.share == 1 else ()
        self.keys = keys
        self.table = prices.read(store.preferences.get(prices.PREFERENCE, ""))
        self.runs = store.runs.recent(_RUNS)
        self.reading = 0.0
        """Seconds that the sentence embedder takes for a description, on average."""

    def whole(self) -> Estimate:
        if self.settings.text == imported.KIND:
            return Estimate(self.number)
        known = self._known()
        self.reading = _TOKEN_SECONDS * min(known.description, MAX_TOKENS) * known.distinct
        steps: dict[Step, StepEstimate] = {
            "describe": self._describe(known),
            "label": self._label(known),
            "name": self._name(known),
            "assign": self._assign(known),
        }
        return Estimate(self.number, steps)

    # -- what is known

    def _known(self) -> _Known:
        """Look up what need not be asked, step by step, as long as a step's answers are complete."""
        settings = self.settings
        if not self.items or not (settings.records or _kind(settings.vision) in _LOADED):
            return _Known()
        is_loaded = _kind(settings.text) in _LOADED
        text = settings.text if is_loaded else BUILTIN
        models = models_of(replace(settings, text=text, fallback=""), self._names(), self.keys)
        answers = FoundAnswers(self.store.answers)
        plan = Plan(models, settings, answers, lambda _: Path())
        found = list(_find(answers, plan.describe(self.items)))
        described = _brought(answers, plan, self.items) if settings.records else found
        known = _Known(len(found))
        if texts := {seen.text for seen in answers.descriptions(described).values()}:
            known = replace(known, description=_mean_tokens(texts), distinct=len(texts) / len(described))
        labelled = _labelled(answers, plan, described, look_up=is_loaded)
        if len(described) == self.number:
            missing = [
                work.key
                for work in plan.label(described).requests(models.labels, None).work
                if work.item_id not in labelled
            ]
            known = replace(known, to_label=len(set(missing)))
        known = replace(known, labelled=len(labelled))
        if len(labelled) < self.number:
            return known
        labels = Counter(answers.labels(list(labelled)).values())
        known = replace(known, labels=float(len(labels)), label=_mean_tokens(labels), read=_unsure(labels))
        if not is_loaded:
            return known
        proposal = _find(answers, plan.name(list(labelled))).get(name.ITEM)
        return self._assigned(known, answers, plan, list(labelled), name.read(proposal)) if proposal else known

    def _names(self) -> dict[str, str]:
        """Item id -> name, to match records by. What was not looked at yet is called as it is known by."""
        if not self.settings.records:
            return {}
        there = self.store.datasets.names(self.settings.dataset_id)
        return {item: there.get(item, item) for item in self.items}

    def _assigned(
        self, known: _Known, answers: FoundAnswers, plan: Plan, items: Sequence[str], clusters: Sequence[Cluster]
    ) -> _Known:
        """What is known of the assignments, if all earlier steps are known."""
        stages = plan.assign(items, clusters)
        missing: list[float] = []  # requests of each stage
        number, unsure, todo = 0, 0.0, items
        for stage in stages:
            work = stage.requests(stage.first, todo).work
            found = {item: assign.read(value) for item, value in answers.find(stage.step, work).items()}
            missing.append(len({request.key for request in work if request.item_id not in found}) + unsure)
            unsure = _UNDECIDED * (len(work) - len(found))  # of those, the next stage may be asked as well
            todo = [item for item, assignment in found.items() if assignment.undecided]
            number += len(found) - len(todo)
        labels = missing[0] if len(stages) > 1 else 0.0
        return replace(known, named=True, assigned=number, labels=labels, read=missing[-1])

    # -- steps

    def _describe(self, known: _Known) -> StepEstimate:
        spec = "records" if self.settings.records else self.settings.vision
        form: prompts.Form = "describe_label" if self.settings.asking.with_label else "describe"
        asked = _Request(_tokens(prompts.worded(form, self.settings.wording).key()) + IMAGE_TOKENS)
        criteria = 1 + len(self.settings.asking.also)
        return self._step("describe", spec, self.number, known.described, asked, _DESCRIPTION_TOKENS * criteria)

    def _label(self, known: _Known) -> StepEstimate:
        if self.settings.asking.with_label:
            return StepEstimate(self.number, self.number)
        size, each = self.settings.asking.items, known.description + _NUMBER_TOKENS
        asked = _Request(_tokens(prompts.worded("label", self.settings.wording).key()), size, each)
        missing = self.number - known.labelled if known.to_label is None else known.to_label
        found = self._step("label", self.settings.text, missing, 0, asked, _LABEL_TOKENS)
        return replace(found, items=self.number, known=known.labelled)

    def _name(self, known: _Known) -> StepEstimate:
        labels = min(300.0, _distinct(self.number) if known.labels is None or known.named else known.labels)
        listed = labels * (known.label + _NUMBER_TOKENS if known.labels else known.label)
        asked = _Request(_tokens(prompts.worded("name", self.settings.wording).key()) + listed)
        answered = self.settings.k * (_GROUP_TOKENS + _MEANING_TOKENS + known.label) + labels * _LISTED_TOKENS
        return self._step("name", self.settings.text, 1, int(known.named), asked, answered)

    def _assign(self, known: _Known) -> StepEstimate:
        """If labels are assigned first, an earlier run's averages are per label and include the descriptions read after
        them."""
        size, settings, number = self.settings.asking.items, self.settings, self.number
        by_label = not settings.asking.exact and _kind(settings.text) != BUILTIN
        labels = _distinct(number) if known.labels is None else known.labels
        read = float(number)
        if by_label or known.named:
            read = number * _UNDECIDED if known.read is None else known.read
        clusters = settings.k * (_NUMBER_TOKENS + known.label + _MEANING_TOKENS)
        each = known.description + known.label + _NUMBER_TOKENS
        asked = _Request(_tokens(prompts.worded("assign", settings.wording).key()) + clusters, size, each)
        found = self._step("assign", settings.text, math.ceil(read), 0, asked, _QUOTED_CHOICE_TOKENS)
        if by_label and labels:
            each = known.label + _NUMBER_TOKENS
            asked = _Request(_tokens(prompts.worded("assign_labels", settings.wording).key()) + clusters, size, each)
            bare = self._step("assign", settings.text, math.ceil(labels), 0, asked, _CHOICE_TOKENS)
            found = bare if bare.learnt else _sum(found, bare)
        found = replace(found, items=number, known=known.assigned)
        return found if found.learnt else _times(found, settings.asking.samples)

    def _step(
        self, step: Step, spec: str, items: int, known: int, request: _Request, completion: float
    ) -> StepEstimate:
        """What a step takes: from an earlier run of the same model, else from rules of thumb.

        completion: tokens answered for one item.
        """
        kind, missing = _kind(spec), max(items - known, 0)
        price = price_of(spec, self.table)
        if kind in (BUILTIN, "records"):
            return self._here(step, kind, items, known)
        if (past := self._past(step, spec)) is not None:
            asked = past.items - past.cache_hits
            each = [
                total / asked for total in (past.requests, past.prompt_tokens, past.completion_tokens, past.seconds)
            ]
            requests, prompt_tokens, completion_tokens, seconds = (per_item * missing for per_item in each)
            if kind == OPENAI_BATCH and _rounds(past.requests):  # a batch takes its time however full it is
                seconds = past.seconds / _rounds(past.requests) * _rounds(requests)
        else:
            requests = float(math.ceil(missing / request.size))
            prompt_tokens = requests * request.frame + missing * request.item
            completion_tokens = missing * completion
            seconds = requests * _SECONDS.get(kind, 4.0) / _AT_ONCE.get(kind, 1)
            if kind == OPENAI_BATCH and (rounds := _rounds(requests)):
                seconds = rounds * _ROUND_SECONDS
        share = BATCH_PRICE if kind == OPENAI_BATCH else 1.0
        cost = None if price is None else share * price.of(prompt_tokens, completion_tokens)
        return StepEstimate(
            items, known, requests, prompt_tokens, completion_tokens, seconds, cost, learnt=past is not None
        )

    def _here(self, step: Step, kind: str, items: int, known: int) -> StepEstimate:
        """A step that costs nothing but this computer's time: as in the run before that was nearest in size and worked
        on the like (images or texts), else by a rule of thumb."""
        missing, named = max(items - known, 0), min(self.number, NAMED_FROM)
        if step == "name":  # one request about all items
            missing *= named
        paces = [pace for run in self.runs if self._is_like(run.settings) and (pace := _pace(run.stats, step))]
        if paces and missing:
            number, seconds = min(paces, key=lambda pace: abs(math.log(pace[0] / missing)))
            return StepEstimate(items, known, seconds=seconds * missing / number, learnt=True)
        if _kind(self.settings.vision) == BUILTIN and not self.settings.records:
            return StepEstimate(items, known, seconds=missing * _IMAGE_SECONDS[step])
        seconds = missing * _TEXT_SECONDS[step]
        if step == "name" and missing:
            seconds += _FORMING_SECONDS
        # Naming reads the descriptions that it is given for the first time, sorting the others.
        read = {"name": missing, "assign": min(missing, self.number - named)}.get(step, 0)
        return StepEstimate(items, known, seconds=seconds + read * self.reading)

    def _is_like(self, other: RunSettings) -> bool:
        """Whether another run was over the like (images or texts), with the built-in engine where this one has it."""
        mine, others = (
            ("records" if run.records else _kind(run.vision), _kind(run.text) == BUILTIN)
            for run in (self.settings, other)
        )
        return mine == others and other.share == self.settings.share

    def _past(self, step: Step, spec: str) -> StepStats | None:
        """The statistics of the newest run in which the same model was asked about a few items at least. None if there
        is none. A run that was checked again counts its cache hits repeatedly, so that too few items seem to have been
        asked; it is passed over."""
        for run in self.runs:
            used = run.settings.vision if step == "describe" else run.settings.text
            stats = run.stats.get(step)
            alike = run.settings.asking == self.settings.asking
            if step == "assign" and run.settings.share < 1:  # its items are also those that only followed
                continue
            if used == spec and alike and stats and stats.items - stats.cache_hits >= (1 if step == "name" else _LEAST):
                return stats
        return None


@dataclass(frozen=True, slots=True)
class _Request:
    """Tokens of a request: frame for what is said once, item for each of at most `size` items."""

    frame: float
    size: int = 1
    item: float = 0.0


def _pace(stats: Mapping[str, StepStats], step: Step) -> tuple[int, float] | None:
    """How many items a step of an earlier run worked on, and the seconds it took; None where that tells nothing."""
    of_step = stats.get(step)
    if of_step is None or of_step.seconds <= 0:
        return None
    asked = of_step.items - of_step.cache_hits
    if step == "name":  # one request about all that was labelled
        asked = min(stats["label"].items, NAMED_FROM) if asked > 0 and "label" in stats else 0
    return (asked, of_step.seconds) if asked >= _LEAST else None


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


def _mean_tokens(texts: Collection[str]) -> float:
    return sum(map(_tokens, texts)) / max(len(texts), 1)


def _kind(spec: str) -> str:
    return ModelSpec.parse(spec).kind


def _rounds(requests: float) -> int:
    """How many times so many requests have to wait for batches; 0 when they are so few that they go without."""
    return 0 if requests < FEW else math.ceil(requests / (BATCH * AT_ONCE))


def _tokens(text: str) -> float:
    return len(text) / CHARS_A_TOKEN


def _distinct(items: int) -> float:
    """How many distinct labels to expect: 8,000 STL-10 descriptions have 238, 700 of PPMI 11; the higher of the two."""
    return min(float(items), 2.7 * math.sqrt(items))


def _sum(first: StepEstimate, other: StepEstimate) -> StepEstimate:
    cost = None if first.cost is None or other.cost is None else first.cost + other.cost
    return StepEstimate(
        first.items,
        first.known,
        first.requests + other.requests,
        first.prompt_tokens + other.prompt_tokens,
        first.completion_tokens + other.completion_tokens,
        first.seconds + other.seconds,
        cost,
    )


def _times(step: StepEstimate, samples: int) -> StepEstimate:
    """A step that asks each request so often."""
    return replace(
        step,
        requests=step.requests * samples,
        prompt_tokens=step.prompt_tokens * samples,
        completion_tokens=step.completion_tokens * samples,
        seconds=step.seconds * samples,
        cost=None if step.cost is None else step.cost * samples,
    )


def _find(answers: FoundAnswers, plan: StepPlan[Model]) -> dict[str, str]:
    """Item id -> value of what the first model of a step has answered before."""
    return answers.find(plan.step, plan.requests(plan.first, None).work)
