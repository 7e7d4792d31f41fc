"""Sending requests of the chat roles: what it cost and what came back is noted, answers that are none are told
apart."""

from __future__ import annotations

from collections.abc import Sequence

from core.domain import Failed
from core.models.chat.backend import Backend, Reply, Request
from core.steps.replies import plain
from core.work import report_usage

LABEL_CHARS = 80
"""The longest label or name that is kept."""


def ask_all(backend: Backend, requests: Sequence[Request]) -> list[Reply | Failed]:
    """A usable reply or a failure for each request, in order."""
    step = backend.can.batch
    answers: list[Reply | Failed] = []
    for start in range(0, len(requests), step):
        answers += backend.reply(requests[start : start + step])
    return [_checked(answer) for answer in answers]


def _checked(answer: Reply | Failed) -> Reply | Failed:
    if isinstance(answer, Failed):
        report_usage(*answer.tokens)
        return answer
    report_usage(answer.prompt_tokens, answer.completion_tokens, answer.text, answer.price)
    if plain(answer.text):
        return answer
    if answer.cut:
        return Failed("The answer was cut off before it said anything (length limit).", "too long")
    return Failed("The model gave an empty answer.", "empty")
