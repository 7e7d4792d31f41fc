"""Any chat model as the text model, through the prompt files: label (2a), name (2b), assign (3) of IC|TC.

Many items go in one request, each with a number that must come back. What is missing, doubled or not in the list fails
so that the engine asks again, at the end of a pass: what is left of all requests together, one by one at last. An
answer that is not in the list then too leaves the image Unassigned, with the answer kept. Nothing is ever put into a
random cluster.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from core import prompts
from core.domain import UNCLEAR, Asking, Assignment, Cluster, Corpus, Failed, Step, Wording
from core.engine.requests import UNASKED, asked_before, part_of, report_usage
from core.errors import ModelUnavailable
from core.models.chat import formed_groups
from core.models.chat.backend import MAX_TOKENS, Backend, Reply, Request
from core.models.chat.batch_size import BatchSize
from core.models.chat.choices import UNDECIDED, Choices, means_none, token_at
from core.models.chat.cluster_reply import groups_schema, read_clusters
from core.models.chat.replies import Answered, fold, numbered, numbered_schema, read_answers, read_numbered, text_schema
from core.models.chat.send import LABEL_CHARS, ask_all
from core.models.embedding.minilm import embed

_LABELS_SHOWN = 300
"""Distinct labels shown to step 2b, the most frequent first: enough for any K, and within small context windows."""
_NUMBER_TOKENS = 6
"""What the number of a label takes at most: a token a digit, a comma and a blank."""
_GROUP_TOKENS = 60
"""What a group takes beside its labels: name, meaning, brackets."""
_QUOTE_CHARS, _QUOTE_TOKENS = 120, 50
REHEARSAL = 'Which letter comes first in the alphabet, A or B? Answer with one JSON object, such as {"1": "B"}.'
_NO_ANSWER = "The model gave no usable answer for this image, also when asked once more."
T = TypeVar("T")


class ChatText:
    """Labels, names and assigns by asking a chat model."""

    knows: frozenset[str] = frozenset()

    def __init__(self, backend: Backend, wording: Wording | None = None, asking: Asking | None = None) -> None:
        wording, self._asking = wording or Wording(), asking or Asking()
        self._backend, self._size = backend, BatchSize(self._asking.items)
        self.id = backend.id
        self.by_label = not self._asking.exact
        self.max_concurrency = backend.can.concurrency
        self.batch_size = self._asking.items * backend.can.batch
        self._label, self._name = prompts.worded("label", wording), prompts.worded("name", wording)
        self._alike, self._formed = prompts.worded("name_alike", wording), prompts.worded("name_formed", wording)
        self.merging: Mapping[str, str] = {"alike": self._alike.key(), "formed": self._formed.key()}
        self._assign = prompts.worded("assign", wording)
        self._assign_labels = prompts.worded("assign_labels", wording)
        samples = f"\n{self._asking.samples} samples" if self._asking.samples > 1 else ""
        self.prompts: Mapping[Step, str] = {
            "label": self._label.key(),
            "name": self._name.key(),
            "assign": f"{self._assign.key()}\n{self._assign_labels.key()}{samples}",
        }

    def rehearse(self) -> None:
        """See `Rehearsing`: in the form and with the options of the steps, as servers refuse them in their own ways."""
        if not self._backend.can.remote:
            return
        sample, form = min(1, self._asking.samples - 1), numbered_schema(1, {"type": "string", "enum": ["A", "B"]})
        wanted = self._backend.can.probabilities and not sample
        for is_last in (False, True):  # once may be chance
            (got,) = self._backend.reply([Request(REHEARSAL, None, form, MAX_TOKENS, wanted, sample)])
            report_usage(*(got.tokens if isinstance(got, Failed) else (got.prompt_tokens, got.completion_tokens)))
            if not isinstance(got, Failed) or got.kind != "failed":
                return
            if is_last:
                raise ModelUnavailable(f"The text model refuses even a short question. {got.reason} Choose another.")

    def label(self, corpus: Corpus, criterion: str) -> list[str | Failed]:
        """A label for each description."""

        def request(texts: Sequence[str]) -> Request:
            text = self._label.render(criterion=criterion, items=numbered(texts))
            return Request(text, schema=numbered_schema(len(texts), text_schema(LABEL_CHARS)))

        texts = [description.text for description in corpus.descriptions]
        answers = self._ask_parts(texts, request, lambda reply, count: read_numbered(reply.text, count), bool)
        return [answer if isinstance(answer, Failed) else answer[:LABEL_CHARS] for answer in answers]

    def name(self, corpus: Corpus, criterion: str, k: int, given: Sequence[str] = ()) -> list[Cluster] | Failed:
        """K clusters from the labels with their counts, of half as many where those are too many for the model."""
        counts = Counter(label.strip() for label in corpus.labels or ())
        if len(counts) > k:  # images that do not answer the criterion are no group of their own
            counts.pop(UNCLEAR, None)
        shown = sorted(counts, key=lambda label: (-counts[label], label))[:_LABELS_SHOWN]
        named = self._named(counts, shown, criterion, k, given)
        while isinstance(named, Failed) and named.kind == "too long" and len(shown) > k:
            shown = shown[: max(k, len(shown) // 2)]
            named = self._named(counts, shown, criterion, k, given)
        return named

    def _named(
        self, counts: Mapping[str, int], shown: Sequence[str], criterion: str, k: int, given: Sequence[str]
    ) -> list[Cluster] | Failed:
        """K clusters from the labels that are shown; a reply that does not hold exactly k is asked once more."""
        asked = self._name.render(
            criterion=criterion,
            k=k,
            given=f"These groups must be among them, spelled just so: {', '.join(given)}." if given else "",
            labels=numbered([f"{label} ({counts[label]})" for label in shown]),
        )
        problem, room = "", MAX_TOKENS + _NUMBER_TOKENS * len(shown) + _GROUP_TOKENS * k
        for hint in ("", "\n\nYour last answer could not be used: {}. Answer again."):
            (reply,) = ask_all(self._backend, [Request(asked + hint.format(problem), None, groups_schema(k), room)])
            if isinstance(reply, Failed):
                return _perhaps_by_chance(reply)
            clusters = read_clusters(reply.text, k, given, shown)
            if not isinstance(clusters, str):
                return clusters
            problem = "it was cut off, as it was too long" if reply.cut else clusters
        reason = f"The model did not give {k} usable groups ({problem}). Try again, another number or another model."
        return Failed(reason, "unusable")

    def alike(self, pairs: Sequence[tuple[str, str]], criterion: str) -> list[bool | Failed]:
        """Whether the two groups of each pair belong together."""

        def request(texts: Sequence[str]) -> Request:
            text = self._alike.render(criterion=criterion, items=numbered(texts))
            return Request(text, schema=numbered_schema(len(texts), formed_groups.YES_OR_NO))

        texts = [" | ".join(text.replace("|", "/") for text in pair) for pair in pairs]
        answers = self._ask_parts(
            texts, request, lambda reply, count: read_numbered(reply.text, count), formed_groups.is_answer
        )
        return [answer if isinstance(answer, Failed) else formed_groups.is_yes(answer) for answer in answers]

    def call(
        self, groups: Sequence[Sequence[str]], criterion: str, given: Sequence[str] = ()
    ) -> list[tuple[str, str]] | Failed:
        """A name and a meaning for each group that was formed."""
        named = formed_groups.called(self._backend, self._formed, groups, criterion, given)
        return _perhaps_by_chance(named) if isinstance(named, Failed) else named

    def assign(self, corpus: Corpus, criterion: str, clusters: Sequence[Cluster]) -> list[Assignment | Failed]:
        """A cluster for each item, or none. Items without a description are labels to be placed."""
        labels = corpus.labels or [""] * len(corpus)
        bare = not any(description.text for description in corpus.descriptions)
        ask = _Assigning(self, criterion, Choices(clusters, embed), undecided=bare)
        if bare:
            texts = list(labels)
        else:
            texts = [
                f"{label}: {description.text}" if label else description.text
                for label, description in zip(labels, corpus.descriptions, strict=True)
            ]
        rounds = [
            self._ask_parts(texts, lambda some, n=sample: ask.request(some, n), ask.read, ask.usable)  # type: ignore[misc]
            for sample in (range(1, self._asking.samples + 1) if self._asking.samples > 1 else (0,))
        ]
        return [
            _agreed([ask.judge(answer, text, label) for answer in answers])
            for *answers, text, label in zip(*rounds, texts, labels, strict=True)
        ]

    def _ask_parts(
        self,
        texts: Sequence[str],
        request: Callable[[Sequence[str]], Request],
        read: Callable[[Reply, int], Mapping[int, T]],
        usable: Callable[[T], bool],
    ) -> list[T | Failed]:
        """Ask about all texts, many in a request. Returns an answer for each text, or why there is none.

        What is missing fails so that it is asked again, and so does an answer that is not usable, the first time.
        """
        answers: list[T | Failed] = []
        while len(answers) < len(texts):
            size, start = min(self._size.now, part_of(self._asking.items)), len(answers)
            ends = range(start + size, start + size * self._backend.can.batch + 1, size)
            parts = [part for end in ends if (part := texts[end - size : end])]
            replies = ask_all(self._backend, [request(part) for part in parts])
            for part, reply in zip(parts, replies, strict=True):
                found = self._of_part(reply, len(part), read, usable)
                answers += found
        return answers

    def _of_part(
        self,
        reply: Reply | Failed,
        count: int,
        read: Callable[[Reply, int], Mapping[int, T]],
        usable: Callable[[T], bool],
    ) -> list[T | Failed]:
        """The answers to a request about so many texts."""
        if reply is UNASKED:
            return [UNASKED] * count
        if isinstance(reply, Failed):
            if reply.kind == "too long":
                self._size.too_long(count)
            else:
                self._size.failed(count)
            return [replace(reply, again="smaller") if count > 1 else _perhaps_by_chance(reply)] * count
        found = read(reply, count)
        answers = [found.get(number) for number in range(1, count + 1)]
        good = [answer is not None and usable(answer) for answer in answers]
        if 2 * sum(good) >= count:
            self._size.worked(count)
        else:
            self._size.failed(count)
        is_last = asked_before() > 0
        nothing = Failed(_NO_ANSWER, "unusable", again="smaller" if count > 1 else "later")
        return [
            answer if answer is not None and (fine or is_last) else nothing
            for answer, fine in zip(answers, good, strict=True)
        ]


def _perhaps_by_chance(failed: Failed) -> Failed:
    """A request that a server does not take, for no reason that it tells, may be one that it takes the next time."""
    return replace(failed, again="later") if failed.kind == "failed" else failed


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What a model answered for one item, and the probabilities of all clusters where it tells them."""

    said: Answered
    shares: Mapping[str, float] | None = None


class _Assigning:
    """One assignment request: how it is put and how its reply is read."""

    def __init__(self, model: ChatText, criterion: str, choices: Choices, *, undecided: bool) -> None:
        self._model, self._criterion, self._choices, self._undecided = model, criterion, choices, undecided

    def request(self, texts: Sequence[str], sample: int) -> Request:
        prompt = self._model._assign_labels if self._undecided else self._model._assign
        text = prompt.render(criterion=self._criterion, clusters=self._choices.listed(), items=numbered(texts))
        code: dict[str, Any] = {"type": "string", "enum": self._choices.allowed(undecided=self._undecided)}
        if not self._undecided:
            code = {
                "type": "object",
                "properties": {"group": code, "quote": text_schema(_QUOTE_CHARS, least=0)},
                "required": ["group", "quote"],
                "additionalProperties": False,
            }
        wanted = self._choices.one_token and sample == 0 and self._model._backend.can.probabilities
        room = max(MAX_TOKENS, _QUOTE_TOKENS * len(texts))
        return Request(text, None, numbered_schema(len(texts), code), room, wanted, sample)

    def read(self, reply: Reply, count: int) -> dict[int, _Chosen]:
        chosen = {}
        for number, said in read_answers(reply.text, count).items():
            token = token_at(reply.tokens, said.place) if said.place >= 0 else None
            chosen[number] = _Chosen(said, self._choices.distribution(token, said.text) if token else None)
        return chosen

    def usable(self, chosen: _Chosen) -> bool:
        said = chosen.said.text
        if said.strip() == UNDECIDED:
            return self._undecided
        return means_none(said) or self._choices.place(said) is not None

    def judge(self, chosen: _Chosen | Failed, text: str, label: str) -> Assignment | Failed:
        """The assignment that a (final) answer means."""
        if isinstance(chosen, Failed):
            return chosen
        said = chosen.said.text
        if self._undecided and said.strip() == UNDECIDED:
            return Assignment(None, undecided=True)
        quote = chosen.said.quote if chosen.said.quote and fold(chosen.said.quote) in fold(text) else ""
        if means_none(said):
            return Assignment(None, None, chosen.shares, label or "none of these", quote)
        place = self._choices.place(said)
        if place is None:
            place = self._choices.nearest(said)
        if place is None:
            return Assignment(None, answer=said[:_QUOTE_CHARS])
        cluster = self._choices.clusters[place].id
        return Assignment(cluster, chosen.shares.get(cluster) if chosen.shares else None, chosen.shares, "", quote)


def _agreed(answers: Sequence[Assignment | Failed]) -> Assignment | Failed:
    """One answer as it is; of several samples the most frequent (the first of equals), with the share that agrees as
    its confidence (self-consistency: Wang et al., ICLR 2023). More than half of the samples must have an answer."""
    if any(answer is UNASKED for answer in answers):
        return UNASKED
    if len(answers) == 1:
        return answers[0]
    given = [answer for answer in answers if isinstance(answer, Assignment)]
    if 2 * len(given) <= len(answers):
        return next(answer for answer in answers if isinstance(answer, Failed))
    votes = Counter((assignment.cluster_id, assignment.undecided) for assignment in given)
    (cluster, undecided), _ = votes.most_common(1)[0]
    first = next(
        assignment for assignment in given if (assignment.cluster_id, assignment.undecided) == (cluster, undecided)
    )
    shares = {key: number / len(given) for (key, _), number in votes.items() if key}
    return replace(first, confidence=shares.get(cluster) if cluster else None, probabilities=shares)
