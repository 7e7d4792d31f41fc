"""What a chat model is asked where nobody counted the groups beforehand: which belong together, and what the groups
that were formed are called."""

from __future__ import annotations

from collections.abc import Sequence

from core.domain import Failed
from core.models.chat.backend import MAX_TOKENS, Backend, Request
from core.models.chat.cluster_reply import names_schema, read_names
from core.models.chat.replies import fold, numbered
from core.models.chat.send import ask_all
from core.prompts import Prompt

YES_OR_NO = {"type": "string", "enum": ["yes", "no"]}
_SHOWN = (12, 4, 1)
"""Labels by which each group is shown; fewer of them where that is too long for the model."""
_GROUP_TOKENS = 60


def is_answer(said: str) -> bool:
    """Whether a model said yes or no."""
    return fold(said).split(" ")[0] in ("yes", "no", "true", "false")


def is_yes(said: str) -> bool:
    return fold(said).split(" ")[0] in ("yes", "true")


def called(
    backend: Backend, prompt: Prompt, groups: Sequence[Sequence[str]], criterion: str, taken: Sequence[str]
) -> list[tuple[str, str]] | Failed:
    """(name, meaning) of each group; a reply that cannot be used is asked for again. taken: names of other groups."""
    found: list[tuple[str, str]] | Failed = Failed("The model was not asked.")
    for shown in _SHOWN:
        texts = [", ".join(group[:shown]) for group in groups]
        told = f"These names belong to other groups: {', '.join(taken)}." if taken else ""
        asked = prompt.render(criterion=criterion, k=len(groups), given=told, items=numbered(texts))
        found = _asked(backend, asked, len(groups), taken)
        if not isinstance(found, Failed) or found.kind != "too long":
            break
    return found


def _asked(backend: Backend, asked: str, k: int, taken: Sequence[str]) -> list[tuple[str, str]] | Failed:
    problem = ""
    for hint in ("", "\n\nYour last answer could not be used: {}. Answer again."):
        request = Request(asked + hint.format(problem), None, names_schema(k), MAX_TOKENS + _GROUP_TOKENS * k)
        (reply,) = ask_all(backend, [request])
        if isinstance(reply, Failed):
            return reply
        names = read_names(reply.text, k, taken)
        if not isinstance(names, str):
            return names
        problem = "it was cut off, as it was too long" if reply.cut else names
    return Failed(f"The model gave no usable names for {k} groups ({problem}). Try again or another model.", "unusable")
