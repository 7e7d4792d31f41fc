"""A local chat model as a backend that answers from a process of its own.

Native code may end its process at any request (a segmentation fault, an abort, memory that runs out, an error of the
graphics card). That costs a request, never the server: the request is asked once more in a fresh process.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from core.domain import Failed
from core.engine.requests import UNASKED, report_ended
from core.errors import FacetryError, ModelUnavailable, Paused
from core.models.chat.backend import Can, Reply, Request
from core.models.worker import messages
from core.models.worker.process import Ended, Worker, turn

_IN_A_ROW = 5
"""So many ends without an answer in between pause the run. To find the one text in a request of many that ends the
process, the request is halved, which takes four ends in a row: twice the whole and twice a half."""
_GRACE_SECONDS = 1.0
"""An answer that is about to come is waited for when a run is stopped; shorter than the engine's own grace."""

_AT_LOADING = (
    "“{}” cannot be loaded: its process ended ({}). The file may be damaged, or too large for this computer. Choose a "
    "smaller model or another quantisation, or download it again."
)
_AT_FIRST = (
    "“{}” was loaded, but its process ended at a first short answer ({}). It does not work on this computer. Choose "
    "another model or another quantisation, or build its library for this computer: python3 start.py install llama_cpp"
)

Say = Callable[[str], None]


class WorkerChat:
    """One local model. Its process works on one call at a time."""

    def __init__(self, factory: str, spec: str, say: Say) -> None:
        """factory, spec: see `core.models.worker.child.serve`. say: told, in a sentence, what goes on while it loads.

        Raises what the real backend raises when it cannot be had, ModelUnavailable when its process ends, and Cancelled
        when the run is stopped meanwhile.
        """
        self._factory, self._spec = factory, spec
        self._name = Path(spec.partition(".gguf+")[0]).name
        self._lock = threading.Lock()
        self._ends_in_a_row = 0
        self.id, self.can = "", Can()
        self.outdated = False
        """Whether the model's files have changed, so that what is loaded now has another id."""
        self._worker: Worker | None = self._first(say)

    def wake(self, say: Say) -> None:
        """Have the model loaded again if its process was ended. Raises as the constructor."""
        if self._worker is None or not self._worker.alive:
            with turn(self._lock):
                if self._worker is None or not self._worker.alive:
                    self._worker = self._first(say)

    def reply(self, requests: Sequence[Request]) -> list[Reply | Failed]:
        """Answer each; see Backend.

        When the process ends, each request is asked once more by itself, since nobody knows which of them ended it. One
        that ends its process again fails. Raises Paused when processes end again and again, and Cancelled soon after
        the run was stopped; the process is then killed.
        """
        with turn(self._lock):
            try:
                return self._ask(requests)
            except Ended:
                pass
            answers: list[Reply | Failed] = []
            for request in requests:
                try:
                    answers += self._ask([request])
                except Ended as ended:
                    why = f"{self._ended(ended.how)} at this request, twice. Ask another model."
                    answers.append(Failed(why, "crashed"))
                except FacetryError as error:
                    if not answers or not report_ended(error):
                        raise
                    break
            return answers + [UNASKED] * (len(requests) - len(answers))

    def _ask(self, requests: Sequence[Request]) -> list[Reply | Failed]:
        """Raises Ended, and leaves no process behind that has something to say still."""
        worker = self._awake()
        try:
            worker.send({"ask": [messages.from_request(request) for request in requests]})
            answers = None
            while answers is None:
                answers = worker.receive(_GRACE_SECONDS, lambda message: messages.to_answers(message, len(requests)))
        except BaseException as error:
            worker.end()
            if isinstance(error, Ended):
                self._note(error)
            raise
        self._ends_in_a_row = 0
        if isinstance(answers, FacetryError):
            raise answers
        return answers

    def _awake(self) -> Worker:
        """The process, started again where it has ended. Raises ModelUnavailable, and Paused after some tries."""
        while self._worker is None or not self._worker.alive:
            try:
                self._worker = self._start(lambda _: None)
            except Ended as ended:
                self._note(ended)
        return self._worker

    def _note(self, ended: Ended) -> None:
        """Count an end. Raises Paused when there were too many in a row; then the count begins anew."""
        self._ends_in_a_row += 1
        if self._ends_in_a_row >= _IN_A_ROW:
            self._ends_in_a_row = 0
            raise Paused(
                f"{self._ended(ended.how)} {_IN_A_ROW} times in a row. What was answered is kept. Close other programs "
                "and continue, or choose a smaller model or another quantisation."
            )

    def _ended(self, how: str) -> str:
        return f"The model “{self._name}” ended unexpectedly ({how})"

    def _first(self, say: Say) -> Worker:
        """Start it for somebody who chose this model, and who is to hear at once what is wrong with it."""
        try:
            return self._start(say)
        except Ended as ended:
            said = _AT_FIRST if ended.loaded else _AT_LOADING
            raise ModelUnavailable(said.format(self._name, ended.how)) from None

    def _start(self, say: Say) -> Worker:
        """A process that has loaded the model and has answered once. Raises Ended, and what the model raises."""
        try:
            worker = Worker(self._factory, self._spec)
        except OSError as error:
            raise ModelUnavailable(
                f"No process can be started for “{self._name}” ({error.strerror}). Close other programs, then try "
                "again."
            ) from None
        loaded = False
        try:
            while (told := worker.receive(0.0, messages.to_step)) is not None:
                if isinstance(told, str):
                    say(told)
                else:
                    self._take(*told)
                    loaded = True
        except BaseException as error:
            worker.end()
            if isinstance(error, Ended):
                error.loaded = loaded
            raise
        return worker

    def _take(self, loaded: str, can: Can) -> None:
        """Note what was loaded. Raises Paused where it is not what it was before, as answers are kept by its id."""
        if self.id and (loaded, can) != (self.id, self.can):
            self.outdated = True
            raise Paused(f"The files of “{self._name}” have changed. Continue to use the model as it is now.")
        self.id, self.can = loaded, can
