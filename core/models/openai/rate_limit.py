"""How fast a server is asked, shared by all threads and both roles that talk to it.

Parallel requests grow while all is well and halve when the server says that it is too much (additive increase,
multiplicative decrease, as TCP does); caps per minute are kept by spacing requests evenly; a wait that the server asks
for holds for every thread; and when nothing comes back any more, a breaker stops the run instead of failing every
image of it.

What it does not do: send anything, or know a protocol. Clock, sleep and chance can be given, so that no test is timed.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from core.engine.requests import stop_asked
from core.errors import Cancelled, Paused

MOST = 32
"""Requests at once, unless another number is set."""
_START = 4.0
_SLICE = 0.25
"""Seconds that a thread sleeps at a time, and so the longest delay until it notices a stop."""
_SLOWER = 2.0
"""Answers that take so many times as long as they did at best say that the server works at its limit."""
_FIXED = 40
"""What a request costs beside its answer's tokens, in tokens: makes short and long answers comparable."""
_LONGEST_WAIT = 30.0
_STRANGER = 10.0
"""A server that has never answered is given up after so many seconds."""
TRIP_AFTER = 5
"""So many requests in a row without an answer, and the server is taken to be away."""


@dataclass(eq=False, slots=True)
class Call:
    """One request with all its attempts. began: when it was made. waited: seconds it spent in the queue, in all.

    attempt: number of the attempt under way, from 0. crowded: about as many as may run were running when it was sent.
    """

    began: float
    waited: float = 0.0
    attempt: int = 0
    crowded: bool = False


@dataclass(slots=True)
class _Streak:
    """Requests without an answer since the last answer. since: when the first of them failed. spent: how many of them
    have used up their attempts."""

    since: float
    calls: set[Call] = field(default_factory=set)
    spent: int = 0


class Pace:
    """The pace of one server. Safe to use from any number of threads."""

    def __init__(
        self,
        most: int = MOST,
        *,
        requests_per_minute: int = 0,
        tokens_per_minute: int = 0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Start at a cautious pace; answers and refusals change it.

        Args:
            most: requests at once at most. The caps are 0 for none.
            clock: seconds
            chance: uniform in [0, 1).
        """
        self.clock, self._sleep, self._chance = clock, sleep, chance
        self._free = threading.Condition()
        self._running = 0
        self._parallel = _START
        self._slow_start_ends = float("inf")
        self._cut_at = float("-inf")
        self._recent: float | None = None
        self._best = float("inf")
        self._held_until = self._request_at = self._tokens_at = float("-inf")
        self._streak: _Streak | None = None
        self._doubts = 0
        self._known = False
        self._answers = 0
        self._tripped: tuple[float, str] = (float("-inf"), "")
        self.set_limits(most, requests_per_minute, tokens_per_minute)

    def set_limits(self, most: int, requests_per_minute: int = 0, tokens_per_minute: int = 0) -> None:
        """Change the limits, also while requests are under way. See __init__."""
        with self._free:
            self._most = max(1, most)
            self._parallel = min(self._parallel, float(self._most))
            self._every = 60 / requests_per_minute if requests_per_minute > 0 else 0.0
            self._a_token = 60 / tokens_per_minute if tokens_per_minute > 0 else 0.0

    @property
    def parallel(self) -> int:
        """Requests that may run at once now."""
        return int(self._parallel)

    @property
    def known(self) -> bool:
        """Whether the server has ever answered anything."""
        return self._known

    @property
    def answers(self) -> int:
        """How many requests it has answered."""
        return self._answers

    def call(self) -> Call:
        """Begin a request; it is handed back at each of its attempts."""
        return Call(self.clock())

    # -- whose turn it is

    @contextmanager
    def turn(self, call: Call, tokens: int = 0) -> Iterator[None]:
        """Wait until this request may be sent, and keep its place while the block runs.

        tokens: about how many it will take, prompt and answer together. The wait is added to `call.waited`: a request
        that stands in a queue is not one that the server fails to answer. Raises Paused when all are to stop.
        """
        began = self.clock()
        _stop_if_asked()
        while (wait := self._enter(call, tokens)) > 0:
            self._sleep(min(wait, _SLICE))
            _stop_if_asked()
        call.waited += self.clock() - began
        try:
            yield
        finally:
            with self._free:
                self._running -= 1
                self._free.notify()

    def _enter(self, call: Call, tokens: int) -> float:
        """Take a place and return 0, or return the seconds that nobody may send anything."""
        with self._free:
            while True:
                self._check(call)
                now = self.clock()
                wait = max(self._held_until, self._request_at, self._tokens_at) - now
                if wait > 0:
                    return wait
                if self._running < self.parallel:
                    break
                self._free.wait(_SLICE)
                _stop_if_asked()
            self._running += 1
            call.crowded = self._running >= self._parallel / 2
            self._request_at = now + self._every
            self._tokens_at = now + self._a_token * tokens
            return 0.0

    # -- what came of it

    def answered(self, call: Call, seconds: float, *, expected: int = 0, used: int = 0, said: int = 0) -> None:
        """A request was answered in so many seconds.

        Args:
            expected: the tokens it was let in with
            used: those it took.
            said: tokens of the answer alone.
        """
        slowness = seconds / (said + _FIXED)
        with self._free:
            self._streak, self._doubts, self._known = None, 0, True
            self._answers += 1
            if used:
                self._tokens_at += (used - expected) * self._a_token
            self._recent = slowness if self._recent is None else 0.8 * self._recent + 0.2 * slowness
            self._best = min(self._best * 1.01, self._recent)  # forgets slowly: a server may become slower for good
            if call.crowded and self._recent <= _SLOWER * self._best:
                step = 1.0 if self._parallel < self._slow_start_ends else 1 / self._parallel
                self._parallel = min(float(self._most), self._parallel + step)
                self._free.notify_all()

    def alive(self) -> None:
        """The server gave a proper answer, even if it refused the request."""
        with self._free:
            self._streak, self._known = None, True

    def too_much(self, sent: float) -> None:
        """A request sent at this moment was too much for the server. Those sent together count once."""
        with self._free:
            if sent > self._cut_at:
                self._parallel = max(1.0, self._parallel / 2)
                self._slow_start_ends = max(_START, self._parallel)
                self._cut_at = self.clock()

    def hold(self, seconds: float) -> None:
        """The server wants no request from anybody for so long."""
        with self._free:
            self._held_until = max(self._held_until, self.clock() + seconds)

    def back_off(self, attempt: int, first: float) -> float:
        """Seconds to wait after a failed attempt (from 0): exponential with full jitter, so that parallel requests do
        not all come back at the same moment. first: the longest wait after the first attempt."""
        return self._chance() * min(_LONGEST_WAIT, first * 2.0**attempt)

    def rest(self, call: Call, seconds: float) -> None:
        """Wait outside of the queue, in slices. Raises Paused when all are to stop."""
        ends = self.clock() + seconds
        while (left := ends - self.clock()) > 0:
            with self._free:
                self._check(call)
            _stop_if_asked()
            self._sleep(min(left, _SLICE))

    # -- the breaker

    def missed(self, call: Call, *, patience: float, spent: bool = False) -> int:
        """A request got no answer. spent: it will not be tried again.

        Returns 0, or, when the server seems to be away, the how manieth time in a row that is: TRIP_AFTER requests that
        are spent, or that many requests that fail for `patience` seconds, with not one answer in between; of a server
        that has never answered, any that fail for a few seconds. The caller makes sure of it, then trips the breaker
        or reports that it is alive; the count of requests begins anew.
        """
        with self._free:
            now = self.clock()
            streak = self._streak = self._streak or _Streak(now)
            streak.calls.add(call)
            streak.spent += spent
            lasting = len(streak.calls) >= TRIP_AFTER and now - streak.since >= patience
            # A server that has never answered is more likely absent, or at another address, than overloaded.
            lasting = lasting or (not self._known and min(patience, now - streak.since) >= _STRANGER)
            if streak.spent < TRIP_AFTER and not lasting:
                return 0
            self._streak = None
            self._doubts += 1
            return self._doubts

    def trip(self, sentence: str) -> Paused:
        """Stop every request that has begun; returns the error to raise. Later requests start afresh."""
        with self._free:
            self._tripped = (self.clock(), sentence)
            self._held_until = float("-inf")
            self._streak, self._doubts = None, 0
            self._parallel, self._slow_start_ends = min(_START, float(self._most)), float("inf")
            self._free.notify_all()
        return Paused(sentence)

    def _check(self, call: Call) -> None:
        moment, sentence = self._tripped
        if call.began <= moment:
            raise Paused(sentence)


def _stop_if_asked() -> None:
    if stop_asked():
        raise Cancelled


_paces: dict[str, Pace] = {}
_paces_lock = threading.Lock()


def pace_of(server: str) -> Pace:
    """The pace of a server, one per process, so that later runs use what was learnt."""
    with _paces_lock:
        return _paces.setdefault(server, Pace())
