"""Calls of the Batch API, retried for up to an hour: a batch takes a day and runs unattended.

The ordinary way has a policy of its own (server.py, rate_limit.py), made for many short requests at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import httpx2

from core.engine.requests import stop_asked
from core.errors import Cancelled, FacetryError, Paused
from core.models.openai import transport
from core.models.openai.batch_lines import is_queue_full
from core.models.openai.client import UNREADABLE_ANSWER, trouble_of
from core.models.openai.protocol import Trouble

NOT_HERE = ("status 404", "status 405", "status 501")
"""What servers say that know no batches, or not this one."""
_SLICE = 0.5
"""Seconds that a thread sleeps at a time, and so the longest delay until it notices a stop."""
T = TypeVar("T")


class Patience:
    """Waits for one server. ended: what ended the step in one of its threads, for the others to say too."""

    def __init__(
        self, url: str, interval: float, longest: float, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        """Wait between questions, and give up on a server that stays away.

        Args:
            interval: seconds between two questions.
            longest: seconds that the server may be away.
            clock, sleep: seconds.
        """
        self._url, self._interval, self._longest = url, interval, longest
        self._clock, self._sleep = clock, sleep
        self.ended: FacetryError | None = None

    def insist(self, ask: Callable[[], T], seconds: float, most: int = transport.MAX_BODY) -> T | Trouble:
        """Ask until there is an answer, or trouble that will not pass. seconds, most: see transport.Deadline.

        Raises Paused when the server has been away for long, Cancelled when told to stop.
        """
        import openai

        since: float | None = None
        while True:
            try:
                with transport.Deadline(seconds, most):
                    return ask()
            except (openai.OpenAIError, httpx2.HTTPError) as error:
                trouble = trouble_of(error, image=False)
            except (ValueError, TypeError, AttributeError):
                trouble = UNREADABLE_ANSWER
            if trouble.kind not in ("again", "busy") or trouble.said in NOT_HERE or is_queue_full(trouble):
                return trouble
            since = self._clock() if since is None else since
            if self._clock() - since >= self._longest:
                raise Paused(
                    f"The server {self._url} has not answered for {self._longest / 60:.0f} minutes ({trouble.said}). "
                    "The run is paused; nothing is lost. Continue when it is back."
                )
            self.wait(min(max(self._interval, trouble.wait or 0.0), self._longest))

    def wait(self, seconds: float | None = None) -> None:
        """Wait so long, or for the usual interval. Raises as `check`."""
        ends = self._clock() + (self._interval if seconds is None else seconds)
        while True:
            self.check()
            left = ends - self._clock()
            if left <= 0:
                return
            self._sleep(min(left, _SLICE))

    def check(self) -> None:
        """Raise when told to stop, with what ended the step in another thread where that is why."""
        if stop_asked():
            raise type(self.ended)(str(self.ended)) if self.ended else Cancelled()
