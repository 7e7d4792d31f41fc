"""Any server that speaks the OpenAI protocol, as a chat backend: OpenAI, Azure, OpenRouter, vLLM, SGLang, Ollama, LM
Studio, llama.cpp.

The client's own retries and redirects are off; the one policy is here: every request ends within its deadline, at the
pace that the server takes (rate_limit.py), an answer is checked before it counts, and no error text is passed on, as a
server may echo the key in it. Azure (https://NAME.openai.azure.com/openai/v1) gets its key in its own header too; that
could not be tried against Azure itself.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

import httpx2

from core.config import config
from core.domain import Failed
from core.engine.requests import asked_before
from core.errors import ModelUnavailable
from core.models.chat.backend import CHARS_A_TOKEN, IMAGE_TOKENS, Can, Reply, Request
from core.models.chat.image_encoding import part_of_id
from core.models.model_spec import is_server_url, split_address
from core.models.openai import transport
from core.models.openai.answer_shapes import answer_in
from core.models.openai.client import (
    AWAY,
    LATE,
    UNREADABLE_ANSWER,
    client_of,
    is_key,
    key_of_environment,
    may_hold_secret,
    trouble_of,
)
from core.models.openai.dialect import ABOUT, dialect_of
from core.models.openai.endings import has_version, why_it_ends, why_it_pauses, why_it_waits
from core.models.openai.message import NO_IMAGE, message_of
from core.models.openai.protocol import NO_PROTOCOL, Trouble, error_in, read, room_for_answer
from core.models.openai.rate_limit import Call, Pace, pace_of
from core.models.openai.token_budget import Limits, Room

_UNREADABLE = 3
"""So often a request is sent whose answers are none of the protocol: a proxy's error page may be gone in a moment."""
_BROKEN = 3
"""So often a request is sent at which the server fails while it answers others, as to a picture that it cannot take."""
_CHECK_SECONDS = 30.0
_DOUBTS = 3
_USEFUL = 0.1
"""The share of its deadline that an attempt needs."""


@dataclass(slots=True)
class _Exchange:
    """One request until there is an answer to hand over.

    Attributes:
        expected: tokens that it will take.
        using: the options sent last.
        sent, ends: when that was and when it is given up, in the pace's seconds.
        path: what was put behind the server's address then.
        unreadable: how many answers could not be read.
        broken: how often the server failed at it (status 500), and how many answers it had given when it did first.
        earlier: the trouble before this one.
        bare: it is sent without any option, to see whether those are what it was refused for.
        kept: the answer to that, while it is seen whether the options are refused once more.
    """

    request: Request
    message: Mapping[str, Any]
    expected: int
    call: Call
    limits: Limits
    using: Mapping[str, int] = field(default_factory=dict)
    sent: float = 0.0
    ends: float = 0.0
    path: str = ""
    unreadable: int = 0
    broken: tuple[int, int] = (0, 0)
    earlier: str = ""
    bare: bool = False
    kept: Reply | None = None


class OpenAIChat:
    """One model on one server. Safe to call from several threads.

    can: as it is known by now; that a server tells no probabilities is learnt from its answers.
    """

    kind = "openai"

    def __init__(
        self,
        spec: str,
        keys: Mapping[str, str] | None = None,
        *,
        deadline: float = 0.0,
        first_wait: float = 1.0,
        image_side: int = 0,
        pace: Pace | None = None,
    ) -> None:
        """Prepare a client; nothing is sent yet.

        Args:
            spec: `MODEL[@URL]`.
            keys: base URL -> key given for this session; otherwise OPENAI_API_KEY counts.
            deadline: seconds for one request with all its retries, not counting its turn in the queue.
            first_wait: the longest wait before the first retry, in seconds.
            image_side: longest side in pixels that images are sent with; both 0 for the installation's setting.
            pace: the server's own unless given.

        Raises ModelUnavailable.
        """
        self.model, self.url = split_address(spec)
        if not is_server_url(self.url):
            raise ModelUnavailable(
                f"“{self.url}” is no address of a server. Write {self.kind}:MODEL@http://localhost:11434/v1"
            )
        if may_hold_secret(self.url):  # it is part of the id, which is stored
            raise ModelUnavailable(
                "Give the server's address without a key, a password or a “?”, and the key by itself."
            )
        if not self.model:
            raise ModelUnavailable(f"Name the model: {self.kind}:MODEL, or {self.kind}:MODEL@http://localhost:11434/v1")
        settings = config()
        self._side = image_side or settings.image_side
        self.id = f"openai:{self.model}@{self.url}{part_of_id(self._side)}"
        self._dialect = dialect_of(self.kind, self.url, self.model)
        self.can = Can(
            vision=True, probabilities=self._dialect.probabilities, concurrency=settings.concurrency, remote=True
        )
        self._deadline, self._first_wait = deadline or settings.request_seconds, first_wait
        self._key = ((keys or {}).get(self.url) or key_of_environment(self.url)).strip()
        if not is_key(self._key):
            raise ModelUnavailable(
                "The key holds characters that no key has (spaces, line breaks, accents). Copy it again."
            )
        self._client = client_of(self.url, self._key, settings.concurrency)
        weakref.finalize(self, self._client.close)  # nobody closes a model explicitly
        self._pace = pace or pace_of(self.url)
        if pace is None:
            self._pace.set_limits(settings.concurrency, settings.requests_per_minute, settings.tokens_per_minute)
        self._typical = 300.0  # tokens of an answer, about
        self._room = Room()

    def models(self) -> list[str]:
        """The names of the models the server offers. Raises ModelUnavailable."""
        dialect, path = self._dialect, self._dialect.path
        listed = self._listed()
        if isinstance(listed, Trouble) and listed.kind in ("address", "model") and self._move_on(path):
            listed = self._listed()
        if isinstance(listed, Trouble):
            dialect.path, dialect.sure = path, False  # that there is no list says nothing of where chats are
            self._no_list(listed)
        return listed

    def _no_list(self, trouble: Trouble) -> NoReturn:
        """Raise why the server lists no models."""
        if trouble.said in (AWAY, LATE):
            raise ModelUnavailable(f"The server {self.url} cannot be reached. Check the address and that it runs.")
        if trouble.said == "status 404":  # this server has no such list, or the address is of something else
            raise ModelUnavailable(f"The server {self.url} lists no models. Check the address, or type a model's name.")
        self._stop(trouble)

    def _listed(self) -> list[str] | Trouble:
        import openai

        self._go_to(self._dialect.path)
        try:
            with transport.Deadline(20):
                page = self._client.models.list()
                if getattr(page, "data", None) is None:  # an error with status 200
                    return error_in(page, image=False)
                return sorted(str(model.id) for model in page)
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            return trouble_of(error, image=False)
        except (ValueError, AttributeError, TypeError):  # some other kind of server answered, with a page for browsers
            return Trouble("address", "")

    def reply(self, requests: Sequence[Request]) -> list[Reply | Failed]:
        """Answer each; see Backend. Raises Paused when the server seems to be away."""
        return [self._one(request) for request in requests]

    def _one(self, request: Request) -> Reply | Failed:
        """Ask; transport faults and "try again later" are retried until the deadline, answers that were cut off are
        asked for again in better bounds."""
        try:
            message = message_of(request, self._side)
        except OSError:
            return NO_IMAGE
        expected = len(request.text) // CHARS_A_TOKEN + int(self._typical) + (IMAGE_TOKENS if request.image else 0)
        exchange = _Exchange(request, message, expected, self._pace.call(), Limits(self._room, request))
        while True:
            got = self._send_in_turn(exchange)
            final = self._answered(exchange, got) if isinstance(got, (Reply, Failed)) else self._troubled(exchange, got)
            if final is not None:
                return exchange.kept if exchange.kept and isinstance(final, Failed) else final

    def _send_in_turn(self, exchange: _Exchange) -> Reply | Failed | Trouble:
        """Send once, in turn; what an answer teaches is kept. What was never tried goes ahead of all that would too."""
        call, limits, request, dialect = exchange.call, exchange.limits, exchange.request, self._dialect
        came = self._pace.clock()
        with dialect.ahead(request, lambda: self._pace.rest(call, 0.001)):
            call.waited += self._pace.clock() - came
            exchange.using = {} if exchange.bare else dialect.using(limits.request)
            options = dialect.options(limits.request, exchange.using, limits.longest)
            exchange.path = dialect.path
            with self._pace.turn(call, exchange.expected):
                exchange.ends = call.began + call.waited + self._deadline
                exchange.sent = self._pace.clock()
                seconds = max(exchange.ends - exchange.sent, 0.05)
                got = self._attempt(exchange.message, options, seconds, image=request.image is not None)
                if isinstance(got, Reply):
                    got = self._keep(exchange, got)
            if not isinstance(got, Trouble) and not exchange.bare:
                dialect.taken(exchange.using, request)
        return got

    def _answered(self, exchange: _Exchange, got: Reply | Failed) -> Reply | Failed | None:
        """What to hand over; None where it is to be asked for once more, in better bounds or to see if it was chance
        that it was refused with its options."""
        self._pace.alive()
        self._dialect.sure = True
        if exchange.bare and isinstance(got, Reply):
            exchange.bare, exchange.kept = False, got
            exchange.limits.lose(got)
            return None
        return None if exchange.limits.again(got) else exchange.limits.billed(got)

    def _troubled(self, exchange: _Exchange, trouble: Trouble) -> Reply | Failed | None:
        """What to hand over; None where another attempt is to be made. Raises what ends the run."""
        failed, limits = trouble.failed, exchange.limits
        if (trouble.kind == "address" or failed is NO_PROTOCOL) and self._move_on(exchange.path):
            return None
        if trouble.kind not in ("again", "busy"):
            self._pace.alive()
            self._dialect.sure |= trouble.kind != "address"
        if trouble.kind == "other" and failed is not None and failed.kind == "too long":
            room = room_for_answer(trouble)
            return None if room is not None and limits.shorten(room) else limits.billed(failed)
        # llama-cpp-python's server says 500 for an option that it does not take
        if (failed is not None and failed.kind == "failed") or trouble.said == "status 500":
            if self._dialect.learn(exchange.using, self._nameless(trouble.text), limits.longest):
                self.can = replace(self.can, probabilities=self._dialect.probabilities)
                return None
            if trouble.kind == "other" and self._tell_apart(exchange):
                return exchange.kept
        if trouble.kind == "other":
            return failed or NO_PROTOCOL
        if trouble.kind not in ("again", "busy"):
            self._stop(trouble)
        if self._is_at_fault(exchange, trouble):
            return limits.billed(_AT_FAULT)
        exchange.unreadable += failed is not None
        is_last = exchange.unreadable >= _UNREADABLE
        if self._again(trouble, exchange.call, exchange.sent, exchange.ends, last=is_last):
            exchange.earlier = trouble.said
            return None
        why = exchange.earlier if exchange.earlier and trouble.said == LATE else trouble.said
        late = f"The model did not answer within {self._deadline:g} s ({why})."
        return limits.billed(failed or Failed(late, "late", self._given_up(exchange, trouble)))

    def _is_at_fault(self, exchange: _Exchange, trouble: Trouble) -> bool:
        """Whether it is this request at which the server fails, again and again, and not the server that is away."""
        if trouble.said != "status 500":
            return False
        times, answers = exchange.broken
        exchange.broken = times + 1, answers if times else self._pace.answers
        if (times + 1) % _BROKEN:
            return False
        if self._pace.answers == exchange.broken[1] and not isinstance(self._shortest_question(), Reply):
            return False
        self._pace.alive()
        return True

    def _shortest_question(self) -> Reply | Failed | Trouble:
        """What the server answers to the shortest question."""
        message = {"role": "user", "content": "Answer with the word yes."}
        seconds = min(self._deadline, _CHECK_SECONDS)
        short = Request("", max_tokens=16)
        options = self._dialect.options(short, self._dialect.using(short), short.max_tokens)
        return self._attempt(message, options, seconds, image=False)

    def _tell_apart(self, exchange: _Exchange) -> bool:
        """Whether a request that was refused in words that name no option goes on: without any option, where one was
        never taken before or where it was refused before too, and then once more with them, so that nothing is learnt
        from chance."""
        dialect, request = self._dialect, exchange.request
        if exchange.kept is not None:
            dialect.leave(exchange.using)
            self.can = replace(self.can, probabilities=dialect.probabilities)
            return True
        if exchange.bare:  # so it was not for its options
            dialect.taken(dialect.using(request), request)
            return False
        doubtful = asked_before() > 0 or bool(dialect.untried(exchange.using, request) - {"text", "image"})
        exchange.bare = bool(exchange.using) and doubtful
        return exchange.bare

    def _nameless(self, text: str) -> str:
        """The words of a server without the model's name, where that could be taken for an option's."""
        name = self.model.casefold()
        return text.replace(name, "") if any(about.search(name) for about in ABOUT.values()) else text

    # -- where the server is

    def _move_on(self, path: str) -> bool:
        """Whether to ask once more, as the server may be at another path than the one that was asked: behind "/v1",
        which people leave out."""
        dialect = self._dialect
        if path != dialect.path:  # another request has found it meanwhile
            return True
        if dialect.sure or has_version(self.url):
            return False
        dialect.path, dialect.sure = ("", True) if path else ("/v1", False)
        return not path

    def _go_to(self, path: str) -> None:
        if str(self._client.base_url).rstrip("/") != self.url + path:
            self._client.base_url = self.url + path

    def _given_up(self, exchange: _Exchange, trouble: Trouble) -> tuple[int, int]:
        """About the tokens of an answer that is waited for no longer: the server may have worked on it, and a spending
        cap is to hold."""
        if trouble.said != LATE:
            return 0, 0
        said = int(self._typical)
        return exchange.expected - said, said

    def _attempt(
        self, message: Mapping[str, Any], options: Mapping[str, Any], seconds: float, *, image: bool
    ) -> Reply | Failed | Trouble:
        """Send once."""
        import openai

        self._go_to(self._dialect.path)
        create: Any = self._client.chat.completions.with_raw_response.create
        try:
            with transport.Deadline(seconds):
                answer = create(model=self.model, messages=[message], stream=False, **options)
            return read(answer_in(answer.content), self._key, image=image)
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            return trouble_of(error, image=image)
        except (ValueError, TypeError, AttributeError):
            return UNREADABLE_ANSWER

    def _keep(self, exchange: _Exchange, reply: Reply) -> Reply:
        """Learn from an answer, and count its tokens where the server does not."""
        request, seconds = exchange.request, self._pace.clock() - exchange.sent
        if not reply.prompt_tokens and not reply.completion_tokens:
            prompt = len(request.text) // CHARS_A_TOKEN + (IMAGE_TOKENS if request.image else 0)
            reply = replace(reply, prompt_tokens=prompt, completion_tokens=len(reply.text) // CHARS_A_TOKEN + 1)
        said, used = reply.completion_tokens, reply.prompt_tokens + reply.completion_tokens
        self._pace.answered(exchange.call, seconds, expected=exchange.expected, used=used, said=said)
        self._typical += 0.2 * (said - self._typical)
        if "candidates" in exchange.using and not reply.tokens:
            self._dialect.no_probabilities()  # the option was taken and ignored, so it is not sent again
            self.can = replace(self.can, probabilities=False)
        return reply

    def _again(self, got: Trouble, call: Call, sent: float, ends: float, *, last: bool) -> bool:
        """Wait for the next attempt; False when there is none. Raises Paused when the server seems to be away."""
        if got.kind == "busy" or got.said == LATE:
            self._pace.too_much(sent)
        wait = self._pace.back_off(call.attempt, self._first_wait)
        if got.wait is not None:
            if got.wait > self._deadline:  # so it would be for every other request
                raise self._pace.trip(why_it_waits(got.wait, self.url))
            self._pace.hold(got.wait)
            wait = max(got.wait, wait)
        # An attempt just before the deadline would be paid for and then abandoned.
        spent = last or got.said == LATE or self._pace.clock() + wait > ends - _USEFUL * self._deadline
        if doubts := self._pace.missed(call, patience=self._deadline / 2, spent=spent):
            self._make_sure(got, doubts)
        if not spent:
            call.attempt += 1
            self._pace.rest(call, wait)
        return not spent

    def _make_sure(self, got: Trouble, doubts: int) -> None:
        """Raise Paused if the server does not answer the shortest question either; otherwise those requests were at
        fault. doubts: how often this was checked without an answer in between; the third time the server counts as
        away."""
        check = self._shortest_question()
        if got.kind == "busy" and (doubts >= _DOUBTS or (isinstance(check, Trouble) and check.kind == "busy")):
            raise self._pace.trip(why_it_pauses(got, self.url, known=True))
        if doubts >= _DOUBTS or (isinstance(check, Trouble) and check.kind in ("again", "busy")):
            raise self._pace.trip(why_it_pauses(replace(got, kind="again"), self.url, known=self._pace.known))
        self._pace.alive()
        if isinstance(check, Trouble) and check.kind != "other":
            self._stop(check)

    def _stop(self, trouble: Trouble) -> NoReturn:
        """Raise what ends the run: no request would succeed."""
        if trouble.kind == "limit":
            raise self._pace.trip(why_it_pauses(trouble, self.url))
        raise ModelUnavailable(why_it_ends(trouble, self.url, self.model))


_AT_FAULT = Failed(
    "The server fails at this request each time (status 500), but answers others.", "failed", again="later"
)
