"""Sends requests of the chat roles, notes their cost and replies, and turns empty or refused answers into failures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.domain import Failed
from core.engine.requests import UNASKED, has_ended, report_ended, report_usage, stop_asked
from core.errors import FacetryError
from core.models.chat.backend import Backend, Reply, Request
from core.models.chat.replies import plain

_PASSING = ("empty", "late", "unusable")
"""Failures that may be gone the next time."""
LABEL_CHARS = 80
"""The longest label or name that is kept."""


def ask_all(backend: Backend, requests: Sequence[Request]) -> list[Reply | Failed]:
    """A usable reply or a failure for each request, in order; UNASKED for those that a stop or an error kept from being
    sent."""
    step = backend.can.batch
    answers: list[Reply | Failed] = []
    for start in range(0, len(requests), step):
        if stop_asked() or has_ended():
            break
        try:
            replies = backend.reply(requests[start : start + step])
        except FacetryError as error:
            if not report_ended(error):
                raise
            break
        answers += [_checked(reply) for reply in replies]
    return answers + [UNASKED] * (len(requests) - len(answers))


def _checked(answer: Reply | Failed) -> Reply | Failed:
    if answer is UNASKED:
        return answer
    if isinstance(answer, Failed):
        report_usage(*answer.tokens)
        return replace(answer, again="later") if answer.kind in _PASSING else answer
    report_usage(answer.prompt_tokens, answer.completion_tokens, answer.text, answer.price)
    if plain(answer.text):
        return answer
    if answer.cut:
        return Failed("The answer was cut off before it said anything (length limit).", "too long")
    return Failed("The model gave an empty answer.", "empty", again="later")
