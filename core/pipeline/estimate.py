"""What a run will take: requests, tokens, money, minutes, and what is known already.

If the same model did the same step before, its averages are used, else rules of thumb; the estimate says which. Texts
and labels that came along are counted as they are; how long answers will be and how many distinct labels there are is
known only afterwards. What was answered before is looked up step by step, as long as a step's answers are complete:
they decide what the next step asks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import TypeAdapter

from core import prompts
from core.domain import RunSettings, Step
from core.models import prices
from core.models.baseline.recipe import is_baseline
from core.models.chat.backend import IMAGE_TOKENS
from core.models.embedding.minilm import MAX_TOKENS
from core.models.model_spec import BUILTIN, OPENAI_BATCH
from core.models.openai.batch import AT_ONCE, BATCH, FEW
from core.models.openai.batch_lines import PRICE as BATCH_PRICE
from core.models.prices import price_of
from core.models.registry import NO_KEYS, Keys
from core.models.supplied import examples, imported
from core.pipeline import known_answers
from core.pipeline.earlier_runs import REHEARSED, EarlierRuns, rehearsed_in
from core.pipeline.known_answers import DESCRIPTION_TOKENS, LABEL_TOKENS, UNDECIDED, Known, kind_of, tokens
from core.pipeline.sight import is_about_text
from core.pipeline.step_estimate import Request, StepEstimate, repeated, summed
from core.steps import merge
from core.steps.plan import NAMED_FROM
from core.store import Store

_CHOICE_TOKENS = 6.0
_QUOTED_CHOICE_TOKENS = 20.0
_MEANING_TOKENS = 8.0
_GROUP_TOKENS = 11.0
"""What a group takes in the answer that names it, beside its name, its meaning and the numbers of its labels."""
_NUMBER_TOKENS, _LISTED_TOKENS = 3.0, 2.0
"""What a text's number takes in a request, and a label's number in the answer that lists it."""
_QUESTIONS = 3.6
"""Questions for each label where groups are merged: 855 for 238 labels of STL-10, 36 for 11 of PPMI."""
_LABELS_A_GROUP = 2.0
"""By how many labels a group is known in such a question, on average."""
_EXPECTED = 10
"""Groups that are reckoned with where nobody counted them."""
_SECONDS = {"openai": 4.0, "llama_cpp": 20.0, "transformers": 30.0}
"""Seconds of one request."""
_IMAGE_SECONDS: Mapping[Step, float] = {"describe": 0.06, "label": 0.001, "name": 0.002, "assign": 0.001}
_READ_SECONDS = 0.8
"""Seconds that reading an image takes, for criteria about text."""
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
_RUNS = 50


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
    each = known_answers.mean_tokens(set(labels)) if labels else LABEL_TOKENS
    estimating = _Estimating(store, replace(settings, share=1.0), labels, NO_KEYS)
    return Estimate(len(labels), {"name": estimating._name(Known(labels=float(len(set(labels))), label=each))})


class _Estimating:
    def __init__(self, store: Store, settings: RunSettings, items: Sequence[str], keys: Keys) -> None:
        self.store, self.settings = store, settings
        self.number = math.ceil(len(items) * settings.share)
        # Which items a sampled pass looks at shows only when they are measured.
        self.items = items if settings.share == 1 else ()
        self.keys = keys
        self.table = prices.read(store.preferences.get(prices.PREFERENCE, ""))
        self.earlier = EarlierRuns(store.runs.recent(_RUNS), settings)
        self.reading = 0.0
        """Seconds that the sentence embedder takes for a description, on average."""

    def whole(self) -> Estimate:
        if self.settings.text == imported.KIND or is_baseline(self.settings.text):
            return Estimate(self.number)
        if self.settings.text == examples.KIND:
            return Estimate(
                self.number, {"describe": StepEstimate(self.number, seconds=self.number * _IMAGE_SECONDS["describe"])}
            )
        known = known_answers.known(self.store, self.settings, self.items, self.keys)
        self.reading = _TOKEN_SECONDS * min(known.description, MAX_TOKENS) * known.distinct
        steps: dict[Step, StepEstimate] = {
            "describe": self._describe(known),
            "label": self._label(known),
            "name": self._name(known),
            "assign": self._assign(known),
        }
        first = rehearsed_in(self.settings, {step: one.items - one.known for step, one in steps.items()})
        if first is not None:
            steps[first] = summed(steps[first], self._rehearsal())
        return Estimate(self.number, steps)

    def _rehearsal(self) -> StepEstimate:
        """The short question before the first step (rehearsal.py)."""
        price = price_of(self.settings.text, self.table)
        cost = None if price is None else price.of(*REHEARSED)
        return StepEstimate(0, 0, 1, *REHEARSED, _SECONDS["openai"], cost)

    def _describe(self, known: Known) -> StepEstimate:
        spec = "records" if self.settings.records else self.settings.vision
        form: prompts.Form = "describe_label" if self.settings.asking.with_label else "describe"
        asked = Request(tokens(prompts.worded(form, self.settings.wording).key()) + IMAGE_TOKENS)
        criteria = 1 + len(self.settings.asking.also)
        return self._step("describe", spec, self.number, known.described, asked, DESCRIPTION_TOKENS * criteria)

    def _label(self, known: Known) -> StepEstimate:
        if self.settings.asking.with_label:
            return StepEstimate(self.number, self.number)
        size, each = self.settings.asking.items, known.description + _NUMBER_TOKENS
        asked = Request(tokens(prompts.worded("label", self.settings.wording).key()), size, each)
        missing = self.number - known.labelled if known.to_label is None else known.to_label
        found = self._step("label", self.settings.text, missing, 0, asked, LABEL_TOKENS)
        return replace(found, items=self.number, known=known.labelled)

    def _formed(self, known: Known) -> StepEstimate:
        """Which groups belong together, where nobody counted them beforehand, and their names."""
        wording, size = self.settings.wording, self.settings.asking.items
        labels = min(float(merge.MOST), _distinct(self.number) if known.labels is None else known.labels)
        trees = math.ceil(math.log2(max(labels, 2.0)))
        questions = 0 if known.formed else max(0, math.ceil(labels * min(_QUESTIONS, trees)) - known.pairs)
        each = 2 * _LABELS_A_GROUP * known.label + _NUMBER_TOKENS
        pairs = Request(tokens(prompts.worded("name_alike", wording).key()), size, each)
        asked = self._step("name", self.settings.text, questions, 0, pairs, _CHOICE_TOKENS, learns=False)
        if questions:  # the last request of a tree is not full
            half = Request(pairs.frame, 1, 0.0)
            asked = summed(asked, self._step("name", self.settings.text, trees, 0, half, 0.0, learns=False))
        groups = known.formed or _EXPECTED
        listed = Request(tokens(prompts.worded("name_formed", wording).key()) + groups * each)
        answered = groups * (_GROUP_TOKENS + _MEANING_TOKENS + known.label)
        names = self._step("name", self.settings.text, 1, int(known.named), listed, answered, learns=False)
        return replace(summed(names, asked), items=1, known=int(known.named))

    def _name(self, known: Known) -> StepEstimate:
        if not self.settings.k:
            return self._formed(known)
        labels = min(300.0, _distinct(self.number) if known.labels is None or known.named else known.labels)
        listed = labels * (known.label + _NUMBER_TOKENS if known.labels else known.label)
        asked = Request(tokens(prompts.worded("name", self.settings.wording).key()) + listed)
        answered = self.settings.k * (_GROUP_TOKENS + _MEANING_TOKENS + known.label) + labels * _LISTED_TOKENS
        return self._step("name", self.settings.text, 1, int(known.named), asked, answered)

    def _assign(self, known: Known) -> StepEstimate:
        """If labels are assigned first, an earlier run's averages are per label and include the descriptions read after
        them."""
        size, settings, number = self.settings.asking.items, self.settings, self.number
        by_label = not settings.asking.exact and kind_of(settings.text) != BUILTIN
        labels = _distinct(number) if known.labels is None else known.labels
        read = float(number)
        if by_label or known.named:
            read = number * UNDECIDED if known.read is None else known.read
        clusters = (settings.k or known.formed or _EXPECTED) * (_NUMBER_TOKENS + known.label + _MEANING_TOKENS)
        each = known.description + known.label + _NUMBER_TOKENS
        asked = Request(tokens(prompts.worded("assign", settings.wording).key()) + clusters, size, each)
        found = self._step("assign", settings.text, math.ceil(read), 0, asked, _QUOTED_CHOICE_TOKENS)
        if by_label and labels:
            each = known.label + _NUMBER_TOKENS
            asked = Request(tokens(prompts.worded("assign_labels", settings.wording).key()) + clusters, size, each)
            bare = self._step("assign", settings.text, math.ceil(labels), 0, asked, _CHOICE_TOKENS)
            found = bare if bare.learnt else summed(found, bare)
        found = replace(found, items=number, known=known.assigned)
        return found if found.learnt else repeated(found, settings.asking.samples)

    def _step(
        self, step: Step, spec: str, items: int, known: int, request: Request, completion: float, learns: bool = True
    ) -> StepEstimate:
        """What a step takes: from an earlier run of the same model, else from rules of thumb.

        completion: tokens answered for one item. learns: whether an earlier run tells more than rules of thumb do.
        """
        kind, missing = kind_of(spec), max(items - known, 0)
        price = price_of(spec, self.table)
        if kind in (BUILTIN, "records"):
            return self._here(step, kind, items, known)
        if (past := self.earlier.took(step, spec) if learns else None) is not None:
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
        if missing and (pace := self.earlier.pace(step, missing)):
            number, seconds = pace
            return StepEstimate(items, known, seconds=seconds * missing / number, learnt=True)
        if kind_of(self.settings.vision) == BUILTIN and not self.settings.records:
            is_read = step == "describe" and is_about_text(self.settings)
            return StepEstimate(items, known, seconds=missing * (_READ_SECONDS if is_read else _IMAGE_SECONDS[step]))
        seconds = missing * _TEXT_SECONDS[step]
        if step == "name" and missing:
            seconds += _FORMING_SECONDS
        # Naming reads the descriptions that it is given for the first time, sorting the others.
        read = {"name": missing, "assign": min(missing, self.number - named)}.get(step, 0)
        return StepEstimate(items, known, seconds=seconds + read * self.reading)


def _rounds(requests: float) -> int:
    """How many times so many requests have to wait for batches; 0 when they are so few that they go without."""
    return 0 if requests < FEW else math.ceil(requests / (BATCH * AT_ONCE))


def _distinct(items: int) -> float:
    """How many distinct labels to expect: 8,000 STL-10 descriptions have 238, 700 of PPMI 11; the higher of the two."""
    return min(float(items), 2.7 * math.sqrt(items))
