"""How many tokens an answer may take, learnt from answers that were cut off at their limit.

A model that thinks first needs more room than its answer takes; a long answer in a form needs some more; one that
repeats itself needs none, but a form that ends.
"""

from __future__ import annotations

from dataclasses import replace

from core.domain import Failed
from core.models.chat.backend import Reply, Request
from core.models.chat.bounded_schema import brief, runs_on

_MORE, _MOST = 4, 16
"""So many times the room that was asked for is given next, and at most."""
_SHORTEST = 256
"""Tokens of an answer below which no shorter one is asked for, to fit into a model's context."""


class Room:
    """How many times the usual room the answers of one model take, as far as is known."""

    def __init__(self) -> None:
        self.times = 1


class Limits:
    """The bounds of one request. request: in the form to ask for now. longest: tokens of the answer."""

    def __init__(self, room: Room, request: Request) -> None:
        self.request = request
        self._room, self._times, self._brief = room, room.times, False
        self.longest = room.times * request.max_tokens
        self._lost = (0, 0)

    def again(self, got: Reply | Failed) -> bool:
        """Whether an answer is to be asked for once more, in other bounds."""
        if isinstance(got, Failed):
            if got.kind != "too long" or self._times >= _MOST:
                return False
            self._widen()
        elif not got.cut or self.request.schema is None:
            return False
        elif runs_on(got.text):
            if self._brief:
                return False
            # Half of the room, as servers put in more white space than is counted there.
            self.request = replace(self.request, schema=brief(self.request.schema, self.longest // 2))
            self._brief = True
        elif self._times >= _MORE:  # thoughts are long, answers are not
            return False
        else:
            self._widen()
        self.lose(got)
        return True

    def lose(self, got: Reply | Failed) -> None:
        """Count an answer that is not handed over."""
        self._lost = _tokens(self.billed(got))

    def shorten(self, room: int) -> bool:
        """Ask for a shorter answer, as prompt and answer together do not fit; False where it would be too short.

        room: tokens that would fit, 0 where that is not known.
        """
        if self.longest <= _SHORTEST or 0 < room < _SHORTEST:
            return False
        self.longest = min(room or self.longest // 2, self.longest - 1)
        return True

    def billed(self, got: Reply | Failed) -> Reply | Failed:
        """The answer with the tokens of those that were cut off before it: they are to be paid for."""
        prompt, said = (used + lost for used, lost in zip(_tokens(got), self._lost, strict=True))
        if isinstance(got, Failed):
            return replace(got, tokens=(prompt, said))
        return replace(got, prompt_tokens=prompt, completion_tokens=said)

    def _widen(self) -> None:
        self._times *= _MORE
        self._room.times = max(self._room.times, self._times)
        self.longest = self._times * self.request.max_tokens


def _tokens(got: Reply | Failed) -> tuple[int, int]:
    return got.tokens if isinstance(got, Failed) else (got.prompt_tokens, got.completion_tokens)
