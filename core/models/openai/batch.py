"""OpenAI's Batch API as a chat backend: many requests as one file, answered within a day, at half the price.

The requests are those of the ordinary way (server.py) and so is the id: an answer that came one way is not asked again
the other. A few requests are sent the ordinary way, so that nobody waits hours for the names of the groups.

Stop does not cancel a batch: its answers so far must be paid for, and the rest will be there when the run goes on. A
journal in the workspace says which request lies in which batch (batch_journal.py), so that the same request, asked
again after a stop, a crash or a restart, waits for its batch instead of paying for another. The server keeps the files
for a time of its own (OpenAI: 30 days).

Tried against a test server only, not against OpenAI itself.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

from core.domain import Failed
from core.errors import ModelUnavailable, Paused
from core.models.chat.backend import Can, Reply, Request
from core.models.openai.batch_journal import Entry, Journal
from core.models.openai.batch_lines import (
    ENDPOINT,
    UNANSWERED,
    answer_lines,
    is_queue_full,
    read_line,
    request_line,
    why_failed,
)
from core.models.openai.batch_retry import NOT_HERE, Patience
from core.models.openai.message import NO_IMAGE, message_of
from core.models.openai.protocol import Trouble
from core.models.openai.server import OpenAIChat

if TYPE_CHECKING:
    from openai.types import Batch

BATCH = 500
"""Requests in one batch: a run saves its answers batch by batch, and with images it is a file of some 50 MB."""
AT_ONCE = 4
FEW = 10
"""Fewer requests than this go the ordinary way."""
MOST_LINES = 50_000
MOST_BYTES = 190 * 1000**2
"""What one batch may hold: OpenAI takes 50,000 requests and 200 MB."""
_MOST_ANSWERED = 1024**3
"""Bytes of a file of answers, which is read line by line."""
_CALL_SECONDS = 60.0
_FILE_SECONDS = 1800.0
"""Seconds in which a file must have gone up or come down."""
_DOUBTS = 3
"""A server may report a new batch as unknown at most so many times."""
_ENDED = ("completed", "failed", "expired", "cancelled")
_FATAL = ("key", "model", "unloaded", "credit", "limit", "redirect", "blind")
_ALWAYS = ("key", "credit", "limit", "redirect")
"""What ends a run whatever is asked; the others may mean that there are no batches."""
_Asked = Mapping[str, Request]
"""Hash of a request -> the request."""
_Answers = dict[str, Reply | Failed]
_Lines = dict[str, Reply | Failed | Trouble]


class OpenAIBatch(OpenAIChat):
    """One model on one server, asked in batches. Safe to call from several threads.

    A call of `reply` may take a day. While it waits, it ends within two seconds of `stop_asked`; the batch goes on.
    """

    kind = "openai-batch"

    def __init__(
        self,
        spec: str,
        keys: Mapping[str, str] | None = None,
        folder: Path | None = None,
        *,
        interval: float = 30.0,
        patience: float = 3600.0,
        few: int = FEW,
        most_lines: int = MOST_LINES,
        most_bytes: int = MOST_BYTES,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        **ordinary: Any,
    ) -> None:
        """spec, keys, ordinary: as OpenAIChat takes them.

        Args:
            folder: the workspace, for the journal and, while it is sent, the file of requests; None for a journal
                of this object only.
            interval: seconds between two questions whether a batch is done.
            patience: seconds that a server may be away before the run is paused.
            few, most_lines, most_bytes: see above.
            clock, sleep: seconds.
        """
        super().__init__(spec, keys, **ordinary)
        self._dialect.no_probabilities()
        self.can = Can(vision=True, batch=BATCH, concurrency=AT_ONCE, remote=True)
        self._folder, self._journal = folder, Journal(folder)
        self._patience = Patience(self.url, interval, patience, clock, sleep)
        self._few, self._most_lines, self._most_bytes = few, most_lines, most_bytes
        self._learning = threading.Lock()
        self._learnt: set[tuple[bool, ...]] = set()
        self._under_way: set[str] = set()

    def reply(self, requests: Sequence[Request]) -> list[Reply | Failed]:
        """Answer each; see Backend. Raises Cancelled when told to stop, and Paused when the server is away for long."""
        marks = [self._mark(request) for request in requests]
        try:
            found = self._answers({mark: request for mark, request in zip(marks, requests, strict=True) if mark})
        except (ModelUnavailable, Paused) as error:
            self._patience.ended = error
            raise
        except OSError:
            raise Paused("The workspace cannot be written to. Make room on the disk, then continue.") from None
        return [found.get(mark, NO_IMAGE) for mark in marks]

    def _mark(self, request: Request) -> str:
        """The hash by which a request is known, here and on the server; "" for an image that cannot be read."""
        try:
            image = hashlib.sha256(request.image.read_bytes()).hexdigest() if request.image else ""
        except OSError:
            return ""
        schema = json.dumps(request.schema, sort_keys=True, default=dict)
        visible = json.dumps([self.id, request.text, image, schema, request.max_tokens, request.sample])
        return hashlib.sha256(visible.encode()).hexdigest()[:40]

    def _answers(self, asked: _Asked) -> _Answers:
        batches = [(entry, False) for entry in self._journal.holding(asked)]
        known = {mark for entry, _ in batches for mark in entry.requests}
        left = {mark: request for mark, request in asked.items() if mark not in known}
        answers: _Answers = {}
        while left or batches:
            if len(left) >= self._few:
                batches += [(entry, True) for entry in self._submit(self._learn(left, answers), answers)]
            else:
                answers |= {mark: self._one(request) for mark, request in left.items()}
            left = {}
            for entry, fresh in batches:
                got = self._collect(entry, asked, fresh=fresh)
                if got is None:
                    left |= {mark: asked[mark] for mark in entry.requests}
                else:
                    answers |= got
            batches = []
        return answers

    def _learn(self, asked: _Asked, answers: _Answers) -> dict[str, Request]:
        """Ask the first of each sort the ordinary way, and return the rest: five hundred lines would all be refused for
        one option that the server does not take, and a wrong key or model shows at once."""
        with self._learning:
            for mark, request in asked.items():
                sort = (request.schema is None, request.image is None, request.sample > 0)
                if sort not in self._learnt:
                    answers[mark] = self._one(request)
                    self._learnt.add(sort)
        return {mark: request for mark, request in asked.items() if mark not in answers}

    # -- making batches

    def _submit(self, asked: _Asked, answers: _Answers) -> list[Entry]:
        """Send requests as files and have batches made of them. answers: gets what could not be sent."""
        made = []
        for file, marks in self._files(asked, answers):
            with file:
                sent = self._patience.insist(lambda file=file: self._send(file), _FILE_SECONDS)  # type: ignore[misc]
            if isinstance(sent, Trouble):
                self._refused(sent)
            self._patience.check()  # nothing was paid for yet
            entry = self._make(self._journal.add(sent, marks), sure=True)
            if isinstance(entry, Trouble):
                self._journal.forget(sent)
                self._refused(entry)
            made.append(entry)
        return made

    def _files(self, asked: _Asked, answers: _Answers) -> Iterator[tuple[IO[bytes], list[str]]]:
        """Files of requests, one a line, each no larger than a batch may be, with the requests' hashes.

        They have no name in the folder, so that none is left there whatever happens. Who gets one closes it.
        """
        file: IO[bytes] | None = None
        marks: list[str] = []
        for mark, request in asked.items():
            try:
                message = message_of(request, self._side)
            except OSError:
                answers[mark] = NO_IMAGE
                continue
            using = self._dialect.using(request)
            options = self._dialect.options(request, using, self._room.times * request.max_tokens)
            line = request_line(mark, {"model": self.model, "messages": [message], **options})
            if file and (len(marks) >= self._most_lines or file.tell() + len(line) > self._most_bytes):
                yield file, marks
                file, marks = None, []
            file = file or tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115  # see above
            file.write(line)
            marks.append(mark)
        if file:
            yield file, marks

    def _send(self, file: IO[bytes]) -> str:
        file.seek(0)
        sent = self._client.files.create(file=("requests.jsonl", file, "application/jsonl"), purpose="batch")
        return _id_of(sent)

    def _make(self, entry: Entry, *, sure: bool) -> Entry | Trouble:
        """Have a batch made of a file. sure: that none was made of it yet.

        The answer may get lost on its way here; so before asking again, the batch is looked for.
        """
        unsure = not sure

        def make() -> str:
            nonlocal unsure
            if unsure and (known := self._made_of(entry.file)):
                return known
            unsure = True
            made = self._client.batches.create(input_file_id=entry.file, endpoint=ENDPOINT, completion_window="24h")
            return _id_of(made)

        made = self._patience.insist(make, _CALL_SECONDS)
        if isinstance(made, Trouble):
            return made
        self._journal.made(entry.file, made)
        return replace(entry, batch=made)

    def _made_of(self, file: str) -> str:
        """The id of the batch of a file among the newest ones; "" if there is none that could still give answers."""
        import openai

        try:
            newest = self._client.batches.list(limit=100).data or ()
        except openai.APIStatusError:  # not every server lists them
            return ""
        found = (batch for batch in newest if batch.input_file_id == file and batch.status not in _ENDED[1:])
        return next((_id_of(batch) for batch in found), "")

    def _refused(self, trouble: Trouble) -> NoReturn:
        """Raise what ends the run: the server makes no batch."""
        if trouble.kind in _ALWAYS:
            self._stop(trouble)
        if is_queue_full(trouble):
            raise self._full()
        raise ModelUnavailable(
            f"The server {self.url} takes no batches, or none for the model “{self.model}”. "
            f"Choose {OpenAIChat.kind}:{self.model}@{self.url} instead, which asks one by one."
        )

    def _full(self) -> Paused:
        return Paused(
            f"The server {self.url} has no room for more batches of the model “{self.model}” (a limit of the account). "
            "The run is paused; nothing is lost. Continue when those under way are done."
        )

    # -- waiting for them

    def _collect(self, entry: Entry, asked: _Asked, *, fresh: bool) -> _Answers | None:
        """Wait for a batch; the answers to its requests, or None when it is of no use and they are to be asked anew.

        fresh: this call made it; then None is never returned, so that nothing is asked for ever.
        """
        if not entry.batch:  # it is not known whether the server made it
            made = self._make(entry, sure=False)
            if isinstance(made, Trouble):
                if made.kind in _ALWAYS:
                    self._stop(made)
                return self._gone(entry, fresh=fresh)
            entry = made
        while True:
            batch = self._done(entry, doubts=_DOUBTS if fresh else 1)
            if batch is None:
                return self._gone(entry, fresh=fresh)
            refused = why_failed(batch)
            if not is_queue_full(refused):
                break
            if not fresh:  # nothing of it was worked on
                return self._gone(entry, fresh=False)
            if not self._under_way:
                return self._halved(entry, asked)
            self._patience.wait()  # others are being worked on, then there will be room
            again = self._make(entry, sure=True)
            if isinstance(again, Trouble):
                self._journal.forget(entry.file)
                self._refused(again)
            entry = again
        lines: _Lines = {}
        for file in (batch.error_file_id, batch.output_file_id):  # an answer counts more than an error
            if file:
                got = self._patience.insist(lambda file=file: self._fetch(file, asked), _FILE_SECONDS, _MOST_ANSWERED)  # type: ignore[misc]
                if isinstance(got, Trouble):
                    if got.said not in NOT_HERE:
                        self._stop(got)
                    return self._gone(entry, fresh=fresh)
                lines |= got
        return self._judged(entry, lines, batch.status, refused)

    def _done(self, entry: Entry, *, doubts: int) -> Batch | None:
        """Wait until a batch has ended, however it did; None when the server does not know it.

        doubts: the how manieth time that it says so is believed.
        """
        try:
            while True:
                got = self._patience.insist(lambda: _checked(self._client.batches.retrieve(entry.batch)), _CALL_SECONDS)
                if isinstance(got, Trouble):
                    if got.said != "status 404":
                        self._stop(got)
                    doubts -= 1
                    if not doubts:
                        return None
                elif got.status in _ENDED:
                    return got
                elif got.status != "validating":
                    self._under_way.add(entry.batch)
                self._patience.wait()
        finally:
            self._under_way.discard(entry.batch)

    def _gone(self, entry: Entry, *, fresh: bool) -> _Answers | None:
        self._journal.forget(entry.file)
        lost = Failed("The server does not know the batch any more that held this request.")
        return dict.fromkeys(entry.requests, lost) if fresh else None

    def _halved(self, entry: Entry, asked: _Asked) -> _Answers:
        """One batch alone is more than the account may have waiting: send it in two parts, one after the other."""
        self._journal.forget(entry.file)
        middle = len(entry.requests) // 2
        if middle < self._few:
            raise self._full()
        answers: _Answers = {}
        for part in (entry.requests[:middle], entry.requests[middle:]):
            for made in self._submit({mark: asked[mark] for mark in part}, answers):
                answers |= self._collect(made, asked, fresh=True) or {}
        return answers

    def _judged(self, entry: Entry, lines: _Lines, status: str, refused: Trouble | None) -> _Answers:
        """What became of each request. refused: why the whole batch was.

        Raises ModelUnavailable when nothing was answered, for a reason that holds for every request.
        """
        missing = refused or Failed(UNANSWERED.get(status, UNANSWERED["completed"]))
        found: _Lines = {mark: lines.get(mark, missing) for mark in entry.requests}
        answers: _Answers = {
            mark: (line.failed or Failed(f"The model did not answer ({line.said})."))
            if isinstance(line, Trouble)
            else line
            for mark, line in found.items()
        }
        failed = [mark for mark, answer in answers.items() if isinstance(answer, Failed)]
        self._journal.handed_over(entry.file, failed)
        if len(failed) == len(answers):
            for answer in found.values():
                if isinstance(answer, Trouble) and answer.kind in _FATAL:
                    self._stop(answer)
        return answers

    def _fetch(self, file: str, asked: _Asked) -> _Lines:
        """The lines of a file of answers, by the requests' hashes; those of other requests are passed over."""
        with self._client.files.with_streaming_response.content(file) as answer:
            return {
                mark: read_line(line, image=asked[mark].image is not None, secret=self._key)
                for mark, line in answer_lines(answer.iter_bytes())
                if mark in asked
            }


def _id_of(made: object) -> str:
    """The id that a server gave. Raises ValueError when it gave none."""
    found = getattr(made, "id", None)
    if not isinstance(found, str) or not 0 < len(found) <= 500:
        raise ValueError
    return found


def _checked(batch: Batch) -> Batch:
    """A batch with a status. Raises ValueError for another kind of answer."""
    if not isinstance(batch.status, str):  # the client checks no types
        raise ValueError  # noqa: TRY004  # as for every other answer that is none
    return batch
