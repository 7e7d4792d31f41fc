"""Any chat model that can see, in the role of the vision model, through the prompt files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from core import prompts
from core.domain import Asking, Description, Failed, ImageInput, Seen, Sight, Step, Wording, folded, same_name
from core.models.chat.backend import Backend, Reply, Request
from core.models.chat.image_encoding import said_of_strips
from core.models.chat.refusals import refuses
from core.models.chat.replies import numbered, numbered_schema, plain, read_numbered
from core.models.chat.send import LABEL_CHARS, ask_all
from core.prompts import Prompt

MAX_TOKENS = 600
"""The longest description in tokens: a few sentences. Some models would write pages."""
_LABEL_LINE = re.compile(r"^[\W_]*label[\W_]*[:：][\W_]*(.+?)[\W_]*$", re.IGNORECASE)
_SENTENCES = re.compile(r".*(?:[.!?…][\"'”’»)]*(?=\s|\Z)|[。！？][」』”）]*)", re.DOTALL)
_REFUSED = Failed("The model refused to describe this image.", "refused")


class ChatVision:
    """Describes one image a request, with its label or for several criteria at once where the run asks for that."""

    evidence_id: str | None = None

    def __init__(self, backend: Backend, wording: Wording | None = None, asking: Asking | None = None) -> None:
        self._wording, asking = wording or Wording(), asking or Asking()
        self._backend = backend
        self.id = backend.id
        self.batch_size, self.max_concurrency = backend.can.batch, backend.can.concurrency
        self._with_label = asking.with_label
        self._also = () if asking.with_label else asking.also
        self._one = self._asked_alone(self._wording.question)
        self._several = prompts.worded("describe_several", self._wording)
        self.prompts: Mapping[Step, str] = {"describe": self._key(self._one)}

    def sight(self, criterion: str) -> Sight:
        """A vision-language model is assumed to see whatever can be put in words."""
        return Sight("text")

    def describe(self, images: Sequence[ImageInput], criterion: str) -> list[Seen | Failed]:
        others = {folded(other): other for other in self._also if not same_name(other, criterion)}
        if others:
            return self._describe_several(images, [criterion, *others.values()])
        text = self._one.render(criterion=criterion)
        requests = [Request(_with_strips(text, image), image.path, max_tokens=MAX_TOKENS) for image in images]
        replies = ask_all(self._backend, requests)
        return [reply if isinstance(reply, Failed) else self._seen(reply) for reply in replies]

    def _seen(self, reply: Reply) -> Seen | Failed:
        text = plain(reply.text)
        if reply.cut and (whole := _SENTENCES.match(text)):
            text = whole.group()
        description = _split_label(text) if self._with_label else Description(text)
        return _REFUSED if refuses(description.text) else Seen(description)

    def _asked_alone(self, question: str) -> Prompt:
        form: prompts.Form = "describe_label" if self._with_label else "describe"
        return prompts.worded(form, replace(self._wording, question=question))

    def _key(self, alone: Prompt) -> str:
        """Several criteria in one call are transport: each answer is kept under the key of a call of its own, unless
        the person has put the call for several in words of their own."""
        rewritten = self._also and "describe_several" in dict(self._wording.edited)
        return f"{alone.key()}\n{self._several.key()}" if rewritten else alone.key()

    def _describe_several(self, images: Sequence[ImageInput], criteria: Sequence[str]) -> list[Seen | Failed]:
        known = {folded(other): question for other, question in self._wording.questions}
        questions = [self._wording.question, *(known.get(folded(other), "") for other in criteria[1:])]
        asked = [
            f"{name}: {question}" if question else name for name, question in zip(criteria, questions, strict=True)
        ]
        alone = [(name, self._key(self._asked_alone(said))) for name, said in zip(criteria, questions, strict=True)]
        text = self._several.render(criteria=numbered(asked))
        schema: dict[str, Any] = numbered_schema(len(criteria), {"type": "string"})
        requests = [
            Request(_with_strips(text, image), image.path, schema, MAX_TOKENS * len(criteria)) for image in images
        ]
        replies = ask_all(self._backend, requests)
        return [reply if isinstance(reply, Failed) else _parts(reply, alone) for reply in replies]


def _with_strips(text: str, image: ImageInput) -> str:
    """A prompt with what is to be said of how the image is shown; how it is sent is no part of a call key."""
    said = said_of_strips(image.path)
    return f"{text}\n\n{said}" if said else text


def _parts(reply: Reply, criteria: Sequence[tuple[str, str]]) -> Seen | Failed:
    """What a reply says for each criterion. criteria: each with its prompt as in a call of its own."""
    said = read_numbered(reply.text, len(criteria), sentences=True)
    if refuses(said.get(1, plain(reply.text))):
        return _REFUSED
    if 1 not in said:
        return Failed("The model did not answer for this criterion.", "unusable", again="later")
    others = {
        criteria[number - 1]: Description(text) for number, text in said.items() if number > 1 and not refuses(text)
    }
    return Seen(Description(said[1]), others=others)


def _split_label(text: str) -> Description:
    """A description and the label in its last line; without such a line the label is drawn by the text model."""
    lines = text.rstrip().split("\n")
    found = _LABEL_LINE.match(lines[-1]) if lines else None
    rest = "\n".join(lines[:-1]).strip()
    return Description(rest, label=found.group(1)[:LABEL_CHARS]) if found and rest else Description(text)
