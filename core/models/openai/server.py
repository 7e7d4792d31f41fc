"""Any server that speaks the OpenAI protocol, as a chat backend: OpenAI, Azure, OpenRouter, vLLM, SGLang, Ollama, LM
Studio, llama.cpp.

The client's own retries and redirects are off; the one policy is here: every request ends within its deadline, at the
pace that the server takes (rate_limit.py), an answer is checked before it counts, and no error text is passed on, as a
server may echo the key in it. Azure (https://NAME.openai.azure.com/openai/v1) gets its key in its own header too; that
could not be tried against Azure itself.
"""

from __future__ import annotations

import base64
import os
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import httpx2

from core.config import config
from core.domain import Failed
from core.errors import ModelUnavailable
from core.models.chat.backend import CHARS_A_TOKEN, IMAGE_TOKENS, Can, Reply, Request
from core.models.chat.image_encoding import as_jpeg, part_of_id
from core.models.model_spec import DEFAULT_URL, is_server_url, split_address
from core.models.openai import transport
from core.models.openai.protocol import NO_PROTOCOL, Dialect, Trouble, judge, read
from core.models.openai.rate_limit import TRIP_AFTER, Call, Pace, pace_of
from core.models.openai.token_budget import Limits, Room

if TYPE_CHECKING:
    import openai

_AZURE = (".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com")
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
        unreadable: how many answers could not be read.
        broken: how often the server failed at it (status 500), and how many answers it had given when it did first.
        earlier: the trouble before this one.
    """

    request: Request
    message: Mapping[str, Any]
    expected: int
    call: Call
    limits: Limits
    using: Mapping[str, int] = field(default_factory=dict)
    sent: float = 0.0
    ends: float = 0.0
    unreadable: int = 0
    broken: tuple[int, int] = (0, 0)
    earlier: str = ""


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
        self.can = Can(vision=True, probabilities=True, concurrency=settings.concurrency)
        self._deadline, self._first_wait = deadline or settings.request_seconds, first_wait
        self._key = ((keys or {}).get(self.url) or _key_of_environment(self.url)).strip()
        if not is_key(self._key):
            raise ModelUnavailable(
                "The key holds characters that no key has (spaces, line breaks, accents). Copy it again."
            )
        self._client = _client(self.url, self._key, settings.concurrency)
        weakref.finalize(self, self._client.close)  # nobody closes a model explicitly
        self._dialect = Dialect()
        self._pace = pace or pace_of(self.url)
        if pace is None:
            self._pace.set_limits(settings.concurrency, settings.requests_per_minute, settings.tokens_per_minute)
        self._typical = 300.0  # tokens of an answer, about
        self._room = Room()

    def models(self) -> list[str]:
        """The names of the models the server offers. Raises ModelUnavailable."""
        import openai

        try:
            with transport.Deadline(20):
                return sorted(str(model.id) for model in self._client.models.list())
        except openai.NotFoundError:  # this server has no such list, or the address is of something else
            raise ModelUnavailable(
                f"The server {self.url} lists no models. Check the address, or type a model's name."
            ) from None
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            trouble = trouble_of(error, image=False)
            if trouble.said in ("no connection", "no answer in time"):
                raise ModelUnavailable(
                    f"The server {self.url} cannot be reached. Check the address and that it runs."
                ) from None
            self._stop(trouble)
        except (ValueError, AttributeError, TypeError):  # some other kind of server answered, with a page for browsers
            self._stop(Trouble("address", ""))

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
                return final

    def _send_in_turn(self, exchange: _Exchange) -> Reply | Failed | Trouble:
        """Send once, in turn; what an answer teaches is kept."""
        call, limits, request = exchange.call, exchange.limits, exchange.request
        options, exchange.using = self._dialect.options(limits.request, limits.longest)
        with self._pace.turn(call, exchange.expected):
            exchange.ends = call.began + call.waited + self._deadline
            exchange.sent = self._pace.clock()
            seconds = max(exchange.ends - exchange.sent, 0.05)
            got = self._attempt(exchange.message, options, seconds, image=request.image is not None)
            if isinstance(got, Reply):
                got = self._keep(got, request, call, self._pace.clock() - exchange.sent, exchange.expected)
        return got

    def _answered(self, exchange: _Exchange, got: Reply | Failed) -> Reply | Failed | None:
        """What to hand over; None where it is to be asked for once more in better bounds."""
        self._pace.alive()
        return None if exchange.limits.again(got) else exchange.limits.billed(got)

    def _troubled(self, exchange: _Exchange, trouble: Trouble) -> Reply | Failed | None:
        """What to hand over; None where another attempt is to be made. Raises what ends the run."""
        failed, limits = trouble.failed, exchange.limits
        if trouble.kind not in ("again", "busy"):
            self._pace.alive()
        if trouble.kind == "other" and failed is not None and failed.kind == "too long":
            about_answer = "max_" in trouble.text or "completion" in trouble.text
            return None if about_answer and limits.shorten() else limits.billed(failed)
        # llama-cpp-python's server says 500 for an option that it does not take
        unclear = trouble.said == "status 500" or (failed is not None and failed.kind == "failed")
        if unclear and self._dialect.learn(exchange.using, trouble.text):
            self.can = replace(self.can, probabilities=self._dialect.probabilities)
            return None
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
        why = exchange.earlier if exchange.earlier and trouble.said == _LATE else trouble.said
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
        return self._attempt(message, self._dialect.options(Request("", max_tokens=16), 16)[0], seconds, image=False)

    def _given_up(self, exchange: _Exchange, trouble: Trouble) -> tuple[int, int]:
        """About the tokens of an answer that is waited for no longer: the server may have worked on it, and a spending
        cap is to hold."""
        if trouble.said != _LATE:
            return 0, 0
        said = int(self._typical)
        return exchange.expected - said, said

    def _attempt(
        self, message: Mapping[str, Any], options: Mapping[str, Any], seconds: float, *, image: bool
    ) -> Reply | Failed | Trouble:
        """Send once."""
        import openai

        create: Any = self._client.chat.completions.create
        try:
            with transport.Deadline(seconds):
                answer = create(model=self.model, messages=[message], stream=False, **options)
            return read(answer, self._key)
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            return trouble_of(error, image=image)
        except (ValueError, TypeError, AttributeError):
            return UNREADABLE_ANSWER

    def _keep(self, reply: Reply, request: Request, call: Call, seconds: float, expected: int) -> Reply:
        """Learn from an answer, and count its tokens where the server does not."""
        if not reply.prompt_tokens and not reply.completion_tokens:
            prompt = len(request.text) // CHARS_A_TOKEN + (IMAGE_TOKENS if request.image else 0)
            reply = replace(reply, prompt_tokens=prompt, completion_tokens=len(reply.text) // CHARS_A_TOKEN + 1)
        said, used = reply.completion_tokens, reply.prompt_tokens + reply.completion_tokens
        self._pace.answered(call, seconds, expected=expected, used=used, said=said)
        self._typical += 0.2 * (said - self._typical)
        if request.probabilities and not reply.tokens and self.can.probabilities:
            self._dialect.no_probabilities()  # the option was taken and ignored, so it is not sent again
            self.can = replace(self.can, probabilities=False)
        return reply

    def _again(self, got: Trouble, call: Call, sent: float, ends: float, *, last: bool) -> bool:
        """Wait for the next attempt; False when there is none. Raises Paused when the server seems to be away."""
        if got.kind == "busy" or got.said == _LATE:
            self._pace.too_much(sent)
        wait = self._pace.back_off(call.attempt, self._first_wait)
        if got.wait is not None:
            if got.wait > self._deadline:  # so it would be for every other request
                raise self._pace.trip(
                    f"The server {self.url} asks to wait {_duration(got.wait)} before it answers again. The run is "
                    "paused; nothing is lost. Continue then."
                )
            self._pace.hold(got.wait)
            wait = max(got.wait, wait)
        # An attempt just before the deadline would be paid for and then abandoned.
        spent = last or got.said == _LATE or self._pace.clock() + wait > ends - _USEFUL * self._deadline
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
        if doubts >= _DOUBTS or (isinstance(check, Trouble) and check.kind in ("again", "busy")):
            if not self._pace.known:
                raise self._pace.trip(
                    f"The server {self.url} does not answer ({got.said}). Check its address and that it runs, then "
                    "continue. The run is paused; nothing is lost."
                )
            raise self._pace.trip(
                f"The server {self.url} has not answered the last {TRIP_AFTER} requests ({got.said}). The run is "
                "paused; nothing is lost. Continue when it is back."
            )
        self._pace.alive()
        if isinstance(check, Trouble) and check.kind != "other":
            self._stop(check)

    def _stop(self, trouble: Trouble) -> NoReturn:
        """Raise what ends the run: no request would succeed."""
        raise ModelUnavailable(
            {
                "key": f"The server {self.url} does not accept the key. Check it, then continue.",
                "model": f"The server {self.url} has no model “{self.model}”. Choose another, then continue.",
                "credit": f"The account at {self.url} has no credit left. Add some, then continue.",
                "blind": f"The model “{self.model}” cannot see images. Choose another vision model.",
                "redirect": f"The server {self.url} sends requests on to another address, which is not followed. "
                "Give the address itself, then continue.",
            }.get(
                trouble.kind,
                f"The server {self.url} does not answer as an OpenAI-compatible server does. Check the address.",
            )
        )


_AT_FAULT = Failed(
    "The server fails at this request each time (status 500), but answers others.", "failed", again="later"
)
NO_IMAGE = Failed("The image's copy in the workspace cannot be read any more.")
_LATE = "no answer in time"
UNREADABLE_ANSWER = Trouble("again", "something that is no answer of the OpenAI protocol", NO_PROTOCOL)


def trouble_of(error: Exception, *, image: bool) -> Trouble:
    """What an exception of the client means."""
    import openai

    if isinstance(error, openai.APIStatusError):
        return judge(error.status_code, error.body, image=image, wait=_wait_of(error.response.headers))
    if isinstance(error, (openai.APITimeoutError, httpx2.TimeoutException)):
        return Trouble("again", _LATE)
    cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else error
    if isinstance(cause, transport.Oversized):
        return replace(UNREADABLE_ANSWER, said="an answer that is compressed or too large")
    if isinstance(error, openai.APIResponseValidationError):
        return UNREADABLE_ANSWER
    return Trouble("again", "no connection")


def _wait_of(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait, None when it does not say: retry-after-ms, or Retry-After as a number of
    seconds or as a date."""
    from email.utils import parsedate_to_datetime
    from time import time

    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return min(max(0.0, float(headers.get(name, "")) * unit), 10e6)
        except ValueError:
            continue
    try:
        return max(0.0, parsedate_to_datetime(headers.get("retry-after", "")).timestamp() - time())
    except (ValueError, TypeError, OverflowError):
        return None


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} s"


def message_of(request: Request, side: int) -> dict[str, Any]:
    """A request as a chat message. side: see OpenAIChat. Raises OSError for an image that cannot be read."""
    if request.image is None:
        return {"role": "user", "content": request.text}
    url = f"data:image/jpeg;base64,{base64.b64encode(as_jpeg(request.image, side)).decode()}"
    content = [{"type": "text", "text": request.text}, {"type": "image_url", "image_url": {"url": url}}]
    return {"role": "user", "content": content}


def is_key(key: str) -> bool:
    """Whether a server's key, or none, can look like this: it is sent as part of a header."""
    return key.isascii() and key.isprintable() and not any(character.isspace() for character in key)


def may_hold_secret(url: str) -> bool:
    """Whether an address holds what may be a secret: a user, a password, a query."""
    parts = urlsplit(url)
    return "@" in parts.netloc or "?" in url or "#" in url


def _key_of_environment(url: str) -> str:
    """OPENAI_API_KEY, but only for the server that it belongs to: no other one may learn it."""
    own = (os.environ.get("OPENAI_BASE_URL") or DEFAULT_URL).rstrip("/")
    return os.environ.get("OPENAI_API_KEY", "") if url == own else ""


def has_key_in_environment(url: str) -> bool:
    """Whether a server needs no key from the person, as OPENAI_API_KEY is set and belongs to it."""
    return bool(_key_of_environment(url.rstrip("/")))


def _client(url: str, key: str, connections: int) -> openai.OpenAI:
    import openai

    headers: dict[str, Any] = {"Accept-Encoding": "identity"}  # a small compressed body can unpack to gigabytes
    if (urlsplit(url).hostname or "").endswith(_AZURE):
        headers["api-key"] = key  # beside the Authorization header, which its v1 address takes as well
    return openai.OpenAI(
        base_url=url,
        api_key=key or "none",  # local servers need none, but the client does
        max_retries=0,
        timeout=600.0,
        default_headers=headers,
        http_client=transport.client(url, connections),
    )
