"""What a run will take, said before it begins: requests, tokens, money, minutes, and what is known already.

Where the same model did the same step before, its own averages count; otherwise rules of thumb, and the estimate says
so.
It is an estimate: how long answers will be, and how many distinct labels there are, shows only when they have come.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import TypeAdapter

from core import prices, prompts
from core.domain import RunSettings, Step, StepStats
from core.models import registry
from core.models.given import imported
from core.models.openai.batch import AT_ONCE, BATCH, FEW
from core.models.openai.batch_lines import PRICE as BATCH_PRICE
from core.models.registry import NO_KEYS, How, Keys
from core.prices import price_of
from core.steps import describe, label
from core.store import Store
from core.work import Work

_CHARS_A_TOKEN = 4.0
_IMAGE_TOKENS = 800.0
"""A picture of 768 px on its longest side costs most models 300 to 1,200 tokens."""
_DESCRIPTION_TOKENS = 70.0
_LABEL_TOKENS = 7.0
_CHOICE_TOKENS = 6.0
_QUOTED_CHOICE_TOKENS = 20.0
_UNDECIDED = 0.1
"""The share of images whose label alone does not tell, where nothing better is known."""
_SECONDS = {"builtin": 0.06, "records": 0.001, "openai": 4.0, "llama_cpp": 20.0, "transformers": 30.0}
"""Seconds of one request."""
_AT_ONCE = {"openai": 8}
_ROUND_SECONDS = 3600.0
"""A round of batches that are worked on together. OpenAI promises a day; most are done much sooner."""
_LOADED = ("builtin", "openai", registry.BATCH)
"""Kinds whose id can be had without loading weights, so that what is known can be counted beforehand."""
_LOOKUP = 5_000
_RUNS = 50


@dataclass(frozen=True, slots=True)
class StepEstimate:
    """One step. items: what it is about. known: of those, answered before. cost: US dollars, None where no price is
    known.

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
        return sum(one.requests for one in self.steps.values())

    @property
    def tokens(self) -> float:
        return sum(one.prompt_tokens + one.completion_tokens for one in self.steps.values())

    @property
    def seconds(self) -> float:
        return sum(one.seconds for one in self.steps.values())

    @property
    def cost(self) -> float | None:
        """US dollars; None where the price of a model that is asked is not known."""
        costs = [one.cost for one in self.steps.values() if one.requests]
        return None if any(cost is None for cost in costs) else sum(cost or 0.0 for cost in costs)


ESTIMATE: TypeAdapter[Estimate] = TypeAdapter(Estimate)


def estimate(store: Store, settings: RunSettings, items: Sequence[str], keys: Keys = NO_KEYS) -> Estimate:
    """What a run of these settings over these items (ids) would take. Raises BadInput for settings that cannot work."""
    return _Estimating(store, settings, items, keys).whole()


class _Estimating:
    def __init__(self, store: Store, settings: RunSettings, items: Sequence[str], keys: Keys) -> None:
        self.store, self.settings = store, settings
        self.items = items[: math.ceil(len(items) * settings.share)]
        self.how = How(keys, settings.wording, settings.asking)
        self.table = prices.read(store.preferences.get(prices.PREFERENCE, ""))
        self.runs = store.runs.recent(_RUNS)

    def whole(self) -> Estimate:
        if self.settings.text == imported.KIND:
            return Estimate(len(self.items))
        described = self._described()
        contents = {} if described is None else self._texts(described)
        steps: dict[Step, StepEstimate] = {
            "describe": self._describe(0 if described is None else len(described)),
            "label": self._label(contents),
            "name": self._name(),
            "assign": self._assign(),
        }
        return Estimate(len(self.items), steps)

    # -- what is known

    def _described(self) -> dict[str, str] | None:
        """Item id -> stored description, of those that have one; None where that cannot be told beforehand."""
        if self.settings.records or _kind(self.settings.vision) not in _LOADED:
            return None
        model = registry.vision_model(self.settings.vision, self.how)
        return self._known(describe.work(model, self.settings.criterion, self.items))

    def _texts(self, described: Mapping[str, str]) -> dict[str, str]:
        return {item: describe.read(value).text for item, value in described.items()}

    def _known(self, works: Sequence[Work]) -> dict[str, str]:
        found: dict[str, str] = {}
        for part in _parts(works):
            values = self.store.answers.lookup([one.key for one in part])
            found |= {one.item_id: values[one.key] for one in part if one.key in values}
        return found

    # -- steps

    def _describe(self, known: int) -> StepEstimate:
        spec = "records" if self.settings.records else self.settings.vision
        form: prompts.Form = "describe_label" if self.settings.asking.with_label else "describe"
        asked = _tokens(prompts.worded(form, self.settings.wording).key()) + _IMAGE_TOKENS
        criteria = 1 + len(self.settings.asking.also)
        return self._step("describe", spec, len(self.items), known, 1, asked, _DESCRIPTION_TOKENS * criteria)

    def _label(self, contents: Mapping[str, str]) -> StepEstimate:
        if self.settings.asking.with_label:
            return StepEstimate(len(self.items), len(self.items))
        known = 0
        if contents and _kind(self.settings.text) in _LOADED and _kind(self.settings.vision) != registry.BUILTIN:
            model = registry.text_model(self.settings.text, self.how)
            known = len(self._known(label.work(model, self.settings.criterion, contents)))
        size = self.settings.asking.items
        asked = _tokens(prompts.worded("label", self.settings.wording).key()) + size * _DESCRIPTION_TOKENS
        return self._step("label", self.settings.text, len(self.items), known, size, asked, size * _LABEL_TOKENS)

    def _name(self) -> StepEstimate:
        labels = min(300.0, _distinct(len(self.items)))
        asked = _tokens(prompts.worded("name", self.settings.wording).key()) + labels * _LABEL_TOKENS
        answered = 30.0 * self.settings.k + labels * _LABEL_TOKENS
        return self._step("name", self.settings.text, 1, 0, 1, asked, answered)

    def _assign(self) -> StepEstimate:
        size, settings = self.settings.asking.items, self.settings
        clusters = _LABEL_TOKENS * 3 * settings.k
        asked = _tokens(prompts.worded("assign", settings.wording).key()) + clusters + size * _DESCRIPTION_TOKENS
        number = len(self.items)
        by_label = 0.0 if settings.asking.exact or _kind(settings.text) == registry.BUILTIN else _distinct(number)
        read = number * _UNDECIDED if by_label else float(number)
        full = self._step("assign", settings.text, round(read), 0, size, asked, size * _QUOTED_CHOICE_TOKENS)
        if not by_label:
            return _times(full, settings.asking.samples, number)
        asked = _tokens(prompts.worded("assign_labels", settings.wording).key()) + clusters + size * _LABEL_TOKENS
        bare = self._step("assign", settings.text, round(by_label), 0, size, asked, size * _CHOICE_TOKENS)
        return _times(full if full.learnt else _sum(full, bare), settings.asking.samples, number)

    def _step(
        self, step: Step, spec: str, items: int, known: int, size: int, prompt: float, completion: float
    ) -> StepEstimate:
        """size: items in a request. prompt, completion: tokens of one request."""
        kind, missing = _kind(spec), max(items - known, 0)
        price = price_of(spec, self.table)
        if kind in (registry.BUILTIN, "records"):
            return StepEstimate(items, known, 0.0, 0.0, 0.0, missing * _SECONDS[kind], 0.0)
        if (past := self._past(step, spec)) is not None:
            asked = past.items - past.cache_hits
            each = [one / asked for one in (past.requests, past.prompt_tokens, past.completion_tokens, past.seconds)]
            requests, prompt_tokens, completion_tokens, seconds = (one * missing for one in each)
            if kind == registry.BATCH and _rounds(past.requests):  # a batch takes its time however full it is
                seconds = past.seconds / _rounds(past.requests) * _rounds(requests)
        else:
            requests = float(math.ceil(missing / size))
            prompt_tokens, completion_tokens = requests * prompt, requests * completion
            seconds = requests * _SECONDS.get(kind, 4.0) / _AT_ONCE.get(kind, 1)
            if kind == registry.BATCH and (rounds := _rounds(requests)):
                seconds = rounds * _ROUND_SECONDS
        share = BATCH_PRICE if kind == registry.BATCH else 1.0
        cost = None if price is None else share * price.of(prompt_tokens, completion_tokens)
        return StepEstimate(
            items, known, requests, prompt_tokens, completion_tokens, seconds, cost, learnt=past is not None
        )

    def _past(self, step: Step, spec: str) -> StepStats | None:
        """What the newest run of the same model took for a step that it asked about a few items at least."""
        for run in self.runs:
            used = run.settings.vision if step == "describe" else run.settings.text
            stats = run.stats.get(step)
            alike = run.settings.asking == self.settings.asking
            if used == spec and alike and stats and stats.items - stats.cache_hits >= (1 if step == "name" else 5):
                return stats
        return None


def _kind(spec: str) -> str:
    return spec.partition(":")[0]


def _rounds(requests: float) -> int:
    """How many times so many requests have to wait for batches; 0 when they are so few that they go without."""
    return 0 if requests < FEW else math.ceil(requests / (BATCH * AT_ONCE))


def _tokens(text: str) -> float:
    return len(text) / _CHARS_A_TOKEN


def _distinct(items: int) -> float:
    """How many distinct labels to expect: 8,000 STL-10 descriptions have 238, 700 of PPMI 11; the higher of the two."""
    return min(float(items), 2.7 * math.sqrt(items))


def _sum(one: StepEstimate, other: StepEstimate) -> StepEstimate:
    cost = None if one.cost is None or other.cost is None else one.cost + other.cost
    return StepEstimate(
        one.items,
        one.known,
        one.requests + other.requests,
        one.prompt_tokens + other.prompt_tokens,
        one.completion_tokens + other.completion_tokens,
        one.seconds + other.seconds,
        cost,
    )


def _times(one: StepEstimate, samples: int, items: int) -> StepEstimate:
    """A step that asks each request so often, about so many items in all."""
    return StepEstimate(
        items,
        one.known,
        one.requests * samples,
        one.prompt_tokens * samples,
        one.completion_tokens * samples,
        one.seconds * samples,
        None if one.cost is None else one.cost * samples,
        one.learnt,
    )


def _parts(works: Sequence[Work]) -> Iterator[Sequence[Work]]:
    for start in range(0, len(works), _LOOKUP):
        yield works[start : start + _LOOKUP]
