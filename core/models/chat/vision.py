"""Any chat model that can see, in the role of the vision model, through the prompt files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from core import prompts
from core.domain import Asking, Description, Failed, ImageInput, Seen, Sight, Step, Wording
from core.models.chat.backend import Backend, Reply, Request
from core.models.chat.calls import LABEL_CHARS, ask_all
from core.steps.replies import numbered, numbered_schema, plain, read_numbered

MAX_TOKENS = 600
"""A description is a few sentences; some models would go on for pages."""
_LABEL_LINE = re.compile(r"^[\W_]*label[\W_]*:[\W_]*(.+?)[\W_]*$", re.IGNORECASE)


class ChatVision:
    """Describes one image a request, with its label or for several criteria at once where the run asks for that."""

    evidence_id: str | None = None

    def __init__(self, backend: Backend, wording: Wording | None = None, asking: Asking | None = None) -> None:
        wording, asking = wording or Wording(), asking or Asking()
        self._backend = backend
        self.id = backend.id
        self.batch_size, self.max_concurrency = backend.can.batch, backend.can.concurrency
        self._with_label, self._also = asking.with_label, asking.also
        self._one = prompts.worded("describe_label" if asking.with_label else "describe", wording)
        self._several = prompts.worded("describe_several", wording)
        # Several criteria in one call are transport: each answer is kept under the key of a call of its own.
        self.prompts: Mapping[Step, str] = {"describe": self._one.key()}

    def sight(self, criterion: str) -> Sight:
        """A vision-language model is taken to see whatever can be put in words."""
        return Sight("text")

    def describe(self, images: Sequence[ImageInput], criterion: str) -> list[Seen | Failed]:
        also = [one for one in self._also if one.casefold() != criterion.casefold()]
        if also and not self._with_label:
            return self._describe_several(images, [criterion, *also])
        text = self._one.render(criterion=criterion)
        replies = ask_all(self._backend, [Request(text, image.path, max_tokens=MAX_TOKENS) for image in images])
        return [reply if isinstance(reply, Failed) else self._seen(reply) for reply in replies]

    def _seen(self, reply: Reply) -> Seen:
        text = plain(reply.text)
        return Seen(_split_label(text) if self._with_label else Description(text))

    def _describe_several(self, images: Sequence[ImageInput], criteria: Sequence[str]) -> list[Seen | Failed]:
        text = self._several.render(criteria=numbered(criteria))
        schema: dict[str, Any] = numbered_schema(len(criteria), {"type": "string"})
        seen: list[Seen | Failed] = []
        for reply in ask_all(
            self._backend, [Request(text, image.path, schema, MAX_TOKENS * len(criteria)) for image in images]
        ):
            if isinstance(reply, Failed):
                seen.append(reply)
                continue
            said = read_numbered(reply.text, len(criteria), sentences=True)
            others = {criteria[number - 1]: Description(one) for number, one in said.items() if number > 1}
            first = said.get(1)
            seen.append(
                Seen(Description(first), others=others)
                if first
                else Failed("The model did not answer for this criterion.", "unusable")
            )
        return seen


def _split_label(text: str) -> Description:
    """A description and the label in its last line; without such a line the label is drawn by the text model."""
    lines = text.splitlines()
    found = _LABEL_LINE.match(lines[-1]) if lines else None
    rest = "\n".join(lines[:-1]).strip()
    return Description(rest, label=found.group(1)[:LABEL_CHARS]) if found and rest else Description(text)
