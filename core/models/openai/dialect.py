"""The options that a server takes for a model, learnt from what it refuses, and shared by all that ask that model.

Servers differ: each takes some of the options and refuses others in its own words. A refused option is left out from
then on. What was never tried goes ahead by itself, so that one refusal teaches all that would follow.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from weakref import WeakValueDictionary

from core.models.chat.backend import Request

_NOT_STRICT = ("minLength", "maxLength")
"""Keywords that OpenAI's strict form of JSON Schema does not take. Elsewhere they keep small models from running on."""


def _strict(schema: Any) -> Any:
    """A schema without what the strict form refuses."""
    if isinstance(schema, Mapping):
        return {key: _strict(value) for key, value in schema.items() if key not in _NOT_STRICT}
    return [_strict(part) for part in schema] if isinstance(schema, list) else schema


_FORMATS: tuple[Callable[[dict[str, Any]], dict[str, Any]], ...] = (
    lambda schema: {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": _strict(schema)},
    },
    lambda schema: {"type": "json_object", "schema": schema},  # llama-cpp-python's server
    lambda _: {"type": "json_object"},
)
"""How servers want to be asked for JSON, the strictest first."""
_LENGTHS = ("max_tokens", "max_completion_tokens")
"""What the longest answer is called: nearly all servers know the first, newer OpenAI models only the second."""
_CANDIDATES = (20, 5)
"""How many candidates of a token to ask for: OpenAI's most, and what some servers allow."""
_SAMPLE_TEMPERATURE = 0.7
_AHEAD_SECONDS = 10.0
"""So long others wait for a request that goes ahead: refusals are quick."""
_LOOK_SECONDS = 0.05

ABOUT = {
    "length": re.compile(r"\bmax_?(?:completion_?|output_?)?tokens\b"),
    "candidates": re.compile(r"logprob|log[ _-]?probabilit"),
    "format": re.compile(
        r"response_?format|json.?(?:schema|object|mode)|schema|grammar|structured.?output|guided.?json"
    ),
    "temperature": re.compile("temperature"),
    "seed": re.compile(r"\bseed\b"),
}
"""How servers speak of each option."""
_PARTLY = {
    "length": re.compile("max_completion_tokens"),
    "candidates": re.compile(
        r"top_logprobs.*(?:at most|must|less|between|exceed|maxim|range|<=|up to|limit)", re.DOTALL
    ),
    "format": re.compile(r"json.?(?:schema|object|mode)|schema|grammar|structured|strict"),
}
"""What is said of an option that is refused in this form only; otherwise the server takes it in none."""
_MOST_TOKENS = re.compile(
    r"(?:at most|less than(?: or equal to)?|up to|not exceed|maximum(?: value)?(?: is| of)?|<=|\[\d+,|between \d+ and)"
    r"\W{0,4}(\d+)"
)
"""How servers say how many tokens an answer may have."""


class Dialect:
    """The options that one server takes for one model. Safe to use from several threads.

    path: what belongs behind the address that was given; "/v1" where it was left out. sure: nothing else is tried.
    """

    def __init__(self) -> None:
        self._lock, self._ahead = threading.Lock(), threading.Lock()
        self._left: dict[str, int] = dict.fromkeys(ABOUT, 0)
        self._offered = {"format": len(_FORMATS), "length": len(_LENGTHS), "candidates": len(_CANDIDATES)}
        self._offered |= {"temperature": 1, "seed": 1}
        self._tried: set[str] = set()
        self._most_tokens = 10**9
        self.path, self.sure = "", False

    @property
    def probabilities(self) -> bool:
        """Whether the server tells the candidates of tokens, as far as is known."""
        return self._has("candidates")

    def no_probabilities(self) -> None:
        """The server took the option and gave none."""
        self._left["candidates"] = len(_CANDIDATES)

    # -- what is sent

    def using(self, request: Request) -> dict[str, int]:
        """The options to send with a request, each in which of its forms: to know them by in `learn`."""
        unwanted = {
            "format": request.schema is None,
            "candidates": not request.probabilities,
            "seed": not request.sample,
        }
        with self._lock:
            return {name: form for name, form in self._left.items() if self._has(name) and not unwanted.get(name)}

    def options(self, request: Request, using: Mapping[str, int], longest: int) -> dict[str, Any]:
        """The options as they are sent. longest: tokens of the answer."""
        options: dict[str, Any] = {}
        if "temperature" in using:
            options["temperature"] = _SAMPLE_TEMPERATURE if request.sample else 0
        if "seed" in using:
            options["seed"] = request.sample
        if "length" in using:
            options[_LENGTHS[using["length"]]] = min(longest, self._most_tokens)
        if "candidates" in using:
            options |= {"logprobs": True, "top_logprobs": _CANDIDATES[using["candidates"]]}
        if "format" in using and request.schema is not None:
            options["response_format"] = _FORMATS[using["format"]](dict(request.schema))
        return options

    @contextmanager
    def ahead(self, request: Request, check: Callable[[], None]) -> Iterator[None]:
        """While the block runs, no other request goes out with what was never tried; those wait, for a while.

        check: raises where a request should wait no longer.
        """
        held, until = False, time.monotonic() + _AHEAD_SECONDS
        while not held and self.untried(self.using(request), request) and time.monotonic() < until:
            check()
            held = self._ahead.acquire(timeout=_LOOK_SECONDS)
        try:
            yield
        finally:
            if held:
                self._ahead.release()

    def untried(self, using: Collection[str], request: Request) -> set[str]:
        """What of a request the server was never seen to take: options, "image" or, of the first, "text"."""
        return {*using, "text", *(("image",) if request.image else ())} - self._tried

    def taken(self, using: Collection[str], request: Request) -> None:
        """A request with these options was answered, or they were not what it was refused for."""
        with self._lock:
            self._tried |= self.untried(using, request)

    # -- what is learnt

    def learn(self, using: Mapping[str, int], said: str, longest: int = 0) -> bool:
        """Leave out, from now on, the option that the server says it does not take; False when it is about something
        else. The first that is named is meant: those that the server would take may follow.

        using: as returned by `using`: several requests refused at once for the same option are one lesson.
        said: the server's words, as protocol.words_of gives them. longest: tokens that the answer was to have at most.
        """
        found = {name: match.start() for name in using if (match := ABOUT[name].search(said))}
        if not found:
            return False
        name = min(found, key=found.__getitem__)
        with self._lock:
            if name == "length" and (most := _MOST_TOKENS.search(said)) and 0 < int(most[1]) < longest:
                self._most_tokens = min(self._most_tokens, int(most[1]))
            elif self._left[name] == using[name]:
                partly = name in _PARTLY and _PARTLY[name].search(said)
                self._left[name] = using[name] + 1 if partly else self._offered[name]
        return True

    def leave(self, using: Collection[str]) -> None:
        """Leave out, from now on, all of these that were never taken: with them requests are refused, without not."""
        with self._lock:
            self._left |= {name: self._offered[name] for name in using if name not in self._tried}

    def _has(self, name: str) -> bool:
        return self._left[name] < self._offered[name]


_dialects: WeakValueDictionary[tuple[str, ...], Dialect] = WeakValueDictionary()
_dialects_lock = threading.Lock()


def dialect_of(*whom: str) -> Dialect:
    """What is known of one model of one server, the same for all that ask it while any of them lives: after that it may
    be another program that answers there."""
    with _dialects_lock:
        return _dialects.setdefault(whom, Dialect())
