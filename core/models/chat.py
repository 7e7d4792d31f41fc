"""Any chat model in both roles, through the prompt files.

A backend only turns a request into a reply; what to ask and how to read it is
here and in core/steps/replies.py, the same for all of them. An answer that is not in the list is asked once more, by
itself; then the image is Unassigned with the answer kept. Nothing is ever put into a random cluster.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from core import prompts
from core.domain import Assignment, Cluster, Corpus, Description, Failed, ImageInput, Seen, Sight, Step
from core.models.backend import Backend, Reply, Request
from core.steps.replies import numbered, numbered_schema, pick, plain, read_json, read_numbered
from core.work import report_usage

_LABELS_SHOWN = 300
"""Distinct labels shown to step 2b, the most frequent first: enough for any K, and within small context windows."""
_LABEL_CHARS = 80


def _ask(backend: Backend, request: Request) -> Reply | Failed:
    (reply,) = backend.reply([request])
    if isinstance(reply, Failed):
        report_usage(0, 0)
        return reply
    report_usage(reply.prompt_tokens, reply.completion_tokens)
    return reply if plain(reply.text) else Failed("The model gave an empty answer.", "empty")


class ChatVision:
    """A chat model that can see, as the vision model."""

    evidence_id: str | None = None
    batch_size = 1

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.id = backend.id
        self.max_concurrency = backend.can.concurrency
        prompt = prompts.newest("describe")
        self._prompt = prompt
        self.prompts: Mapping[Step, str] = {"describe": f"{prompt.version}\n{prompt.text}"}

    def sight(self, criterion: str) -> Sight:
        """A vision-language model is taken to see whatever can be put in words."""
        return Sight("text")

    def describe(self, images: Sequence[ImageInput], criterion: str) -> list[Seen | Failed]:
        return [self._one(image, criterion) for image in images]

    def _one(self, image: ImageInput, criterion: str) -> Seen | Failed:
        reply = _ask(self._backend, Request(self._prompt.render(criterion=criterion), image.path))
        return reply if isinstance(reply, Failed) else Seen(Description(plain(reply.text)))


class ChatText:
    """A chat model as the text model."""

    knows: frozenset[str] = frozenset()
    batch_size = 20

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.id = backend.id
        self.max_concurrency = backend.can.concurrency
        steps: tuple[Step, ...] = ("label", "name", "assign")
        self._prompts = {step: prompts.newest(step) for step in steps}
        self.prompts: Mapping[Step, str] = {step: f"{one.version}\n{one.text}" for step, one in self._prompts.items()}

    def label(self, corpus: Corpus, criterion: str) -> list[str | Failed]:
        """Labels in one request; those missing from the reply are asked once more, one by one."""

        def ask(texts: Sequence[str]) -> dict[int, str] | Failed:
            text = self._prompts["label"].render(criterion=criterion, items=numbered(texts))
            reply = _ask(self._backend, Request(text, schema=numbered_schema(len(texts), {"type": "string"})))
            return reply if isinstance(reply, Failed) else read_numbered(reply.text, len(texts))

        texts = [description.text for description in corpus.descriptions]
        return [
            answer if isinstance(answer, Failed) else answer[:_LABEL_CHARS]
            for answer in _with_second_try(ask, texts, lambda answer: True)
        ]

    def name(self, corpus: Corpus, criterion: str, k: int, given: Sequence[str] = ()) -> list[Cluster] | Failed:
        """K clusters from the labels with their counts; a reply that does not hold exactly k is asked once more."""
        counts = Counter(label.strip() for label in corpus.labels or ())
        listed = sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:_LABELS_SHOWN]
        request = self._prompts["name"].render(
            criterion=criterion,
            k=k,
            given=f"These groups must be among them, spelled just so: {', '.join(given)}.\n" if given else "",
            labels="\n".join(f"{label} ({count})" for label, count in listed),
        )
        problem = ""
        for hint in ("", "\n\nYour last answer could not be used: {}. Answer again."):
            reply = _ask(self._backend, Request(request + hint.format(problem), schema=_groups_schema(k)))
            if isinstance(reply, Failed):
                return reply
            clusters = _read_clusters(reply.text, k, given, counts)
            if not isinstance(clusters, str):
                return clusters
            problem = clusters
        return Failed(f"The model did not give {k} usable groups ({problem}). Try again, another K or another model.")

    def assign(self, corpus: Corpus, criterion: str, clusters: Sequence[Cluster]) -> list[Assignment | Failed]:
        """Choices in one request; what is missing or not in the list is asked once more, one by one."""
        names = [cluster.name for cluster in clusters]
        listed = numbered([f"{one.name}: {one.meaning}" if one.meaning else one.name for one in clusters])
        choice = {"type": "integer", "enum": list(range(len(clusters) + 1))}

        def ask(texts: Sequence[str]) -> dict[int, str] | Failed:
            text = self._prompts["assign"].render(criterion=criterion, clusters=listed, items=numbered(texts))
            reply = _ask(self._backend, Request(text, schema=numbered_schema(len(texts), choice)))
            return reply if isinstance(reply, Failed) else read_numbered(reply.text, len(texts))

        def judge(answer: str, label: str) -> Assignment:
            number = pick(answer, names)
            if number:
                return Assignment(clusters[number - 1].id)
            return Assignment(None, answer=(label or "none of these") if number == 0 else answer)

        labels = corpus.labels or [""] * len(corpus)
        texts = [
            f"{label}: {one.text}" if label else one.text
            for label, one in zip(labels, corpus.descriptions, strict=True)
        ]
        answers = _with_second_try(ask, texts, lambda answer: pick(answer, names) is not None)
        return [
            answer if isinstance(answer, Failed) else judge(answer, label)
            for answer, label in zip(answers, labels, strict=True)
        ]


_NO_ANSWER = "The model gave no usable answer for this image, also when asked once more."


def _with_second_try(
    ask: Callable[[Sequence[str]], dict[int, str] | Failed], texts: Sequence[str], usable: Callable[[str], bool]
) -> list[str | Failed]:
    """Ask for all texts at once, then singly for those without a usable answer.

    Returns for each the answer, which may be unusable still, or why there is none.
    """
    first = ask(texts)
    if isinstance(first, Failed):  # the call itself failed: that is retried by the backend, not here
        return [first] * len(texts)
    answers: list[str | Failed] = []
    for number, text in enumerate(texts, start=1):
        answer: str | Failed | None = first.get(number)
        if not isinstance(answer, str) or not usable(answer):
            again = ask([text])
            answer = again if isinstance(again, Failed) else again.get(1, answer)
        answers.append(Failed(_NO_ANSWER) if answer is None else answer)
    return answers


def _groups_schema(k: int) -> dict[str, Any]:
    """JSON Schema of k named groups; an object around the list, as some servers take nothing else."""
    fields = {"name": {"type": "string"}, "meaning": {"type": "string"}}
    labels = {"type": "array", "items": {"type": "string"}}
    group = {
        "type": "object",
        "properties": {**fields, "labels": labels},
        "required": ["name", "meaning", "labels"],
        "additionalProperties": False,
    }
    groups = {"type": "array", "items": group, "minItems": k, "maxItems": k}
    return {"type": "object", "properties": {"groups": groups}, "required": ["groups"], "additionalProperties": False}


def _read_clusters(text: str, k: int, given: Sequence[str], counts: Mapping[str, int]) -> list[Cluster] | str:
    """The clusters in a reply, the given ones first, or what is wrong with it."""
    value = read_json(text)
    if isinstance(value, dict):  # {"groups": [...]} or {"name": ...} for K = 1
        lists = [one for one in value.values() if isinstance(one, list) and one and isinstance(one[0], dict)]
        value = lists[0] if lists else [value]
    if not isinstance(value, list):
        return "it held no JSON list"
    groups = [one for one in value if isinstance(one, dict) and str(one.get("name", "")).strip()]
    names = [str(one["name"]).strip()[:_LABEL_CHARS] for one in groups]
    if len(names) != k:
        return f"it held {len(names)} groups instead of {k}"
    folded = [name.casefold() for name in names]
    if len(set(folded)) < k:
        return "two groups had the same name"
    missing = [name for name in given if name.casefold() not in folded]
    if missing:
        return f"these groups were missing: {', '.join(missing)}"
    spelled = {name.casefold(): name for name in given}
    known = {label.casefold(): label for label in counts}
    taken: set[str] = set()
    clusters = []
    for group, name in zip(groups, names, strict=True):
        offered = group.get("labels")
        said = [str(one).casefold().strip() for one in offered] if isinstance(offered, list) else []
        labels = tuple(dict.fromkeys(known[one] for one in said if one in known and one not in taken))
        taken.update(label.casefold() for label in labels)
        name = spelled.get(name.casefold(), name)
        clusters.append(Cluster("", name, str(group.get("meaning", "")).strip(), labels))
    clusters.sort(key=lambda cluster: list(given).index(cluster.name) if cluster.name in given else len(given))
    return [replace(cluster, id=f"c{number}") for number, cluster in enumerate(clusters, start=1)]
