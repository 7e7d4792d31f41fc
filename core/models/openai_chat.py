"""Any server that speaks the OpenAI protocol, as a chat backend: OpenAI, vLLM, Ollama, llama.cpp, LM Studio.

The client's own retries and redirects are off; the one policy is here. Every call ends within its deadline (the
client's time-out counts single reads, so that a slow drip would last for minutes), an answer is checked before it
counts, and no error text is passed on, as a server may echo the key in it.
"""

from __future__ import annotations

import base64
import os
import random
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import httpx2

from core.domain import Failed
from core.errors import ModelUnavailable
from core.models.backend import Can, Reply, Request

if TYPE_CHECKING:
    import openai

DEFAULT_URL = "https://api.openai.com/v1"
MAX_BODY = 8 * 1024**2
_OPTIONAL = ("temperature", "max_tokens")
_FORMATS: tuple[Callable[[dict[str, Any]], dict[str, Any]], ...] = (
    lambda schema: {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}},
    lambda schema: {"type": "json_object", "schema": schema},  # llama.cpp's server
    lambda schema: {"type": "json_object"},
)
"""How servers want to be asked for JSON, the strictest first; each is left out once a server refuses it."""
_NO_CREDIT = ("insufficient_quota", "billing_hard_limit_reached")


def split_spec(spec: str) -> tuple[str, str]:
    """`MODEL[@URL]` -> model and base URL; without a URL, OPENAI_BASE_URL or OpenAI's own."""
    model, at, url = spec.partition("@http")
    return model, (f"http{url}" if at else os.environ.get("OPENAI_BASE_URL") or DEFAULT_URL).rstrip("/")


class OpenAIChat:
    """One model on one server. Safe to call from several threads."""

    can = Can(vision=True, concurrency=8)

    def __init__(
        self, spec: str, keys: Mapping[str, str] | None = None, *, deadline: float = 120.0, first_wait: float = 1.0
    ) -> None:
        """spec: `MODEL[@URL]`. keys: base URL -> key given for this session; otherwise OPENAI_API_KEY counts.

        deadline: seconds for one request with all its retries. first_wait: seconds before the first retry.
        """
        self.model, self.url = split_spec(spec)
        if not self.model:
            raise ModelUnavailable("Name the model: openai:MODEL, or openai:MODEL@http://localhost:11434/v1")
        self.id = f"openai:{self.model}@{self.url}"
        self._deadline, self._first_wait = deadline, first_wait
        self._client = _client(self.url, (keys or {}).get(self.url) or _key_of_environment(self.url))
        weakref.finalize(self, self._client.close)  # a run lets go of its models without ceremony
        self._dropped: set[str] = set()
        self._formats = list(_FORMATS)
        self._lock = threading.Lock()

    def models(self) -> list[str]:
        """The names of the models the server offers. Raises ModelUnavailable."""
        import openai

        try:
            with _Deadline(20):
                return sorted(str(one.id) for one in self._client.models.list())
        except openai.NotFoundError:  # this server has no such list, or the address is of something else
            raise ModelUnavailable(
                f"The server {self.url} lists no models. Check the address, or type a model's name."
            ) from None
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            raise ModelUnavailable(self._sentence(error)) from None
        except (ValueError, AttributeError, TypeError):  # some other kind of server answered, with a page for browsers
            raise ModelUnavailable(self._sentence(ValueError())) from None

    def reply(self, requests: Sequence[Request]) -> list[Reply | Failed]:
        """Answer each; see Backend."""
        return [self._one(request) for request in requests]

    def _one(self, request: Request) -> Reply | Failed:
        """Ask; transport faults and "try again later" are retried until the deadline.

        Failed: this request has no answer. Raises ModelUnavailable where no request would succeed (key, model, credit).
        """
        import openai

        ends = time.monotonic() + self._deadline
        wait = self._first_wait
        while True:
            try:
                with _Deadline(max(ends - time.monotonic(), 0.1)):
                    return _read(self._create(request))
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                if self._drop_option(error):
                    continue
                return Failed(f"The model refused the request ({_code(error)}).")
            except (openai.AuthenticationError, openai.PermissionDeniedError, openai.NotFoundError) as error:
                raise ModelUnavailable(self._sentence(error)) from None
            except openai.APIStatusError as error:
                if error.status_code == 500 and self._drop_option(error):  # llama-cpp-python's server says 500 for this
                    continue
                if error.status_code == 429 and _code(error) in _NO_CREDIT:
                    raise ModelUnavailable(self._sentence(error)) from None
                if error.status_code < 500 and error.status_code not in (408, 409, 429):
                    return Failed(f"The server refused the request (status {error.status_code}).")
                last, wait_now = f"status {error.status_code}", _retry_after(error) or _jitter(wait)
            except openai.APITimeoutError:
                last, wait_now = "no answer in time", 0.0
            except openai.APIConnectionError:
                last, wait_now = "no connection", _jitter(wait)
            except (openai.APIResponseValidationError, ValueError):
                return Failed("The server sent something that is not an answer of the OpenAI protocol.")
            if time.monotonic() + wait_now >= ends:
                return Failed(f"The model did not answer within {self._deadline:.0f} s ({last}).")
            time.sleep(wait_now)
            wait *= 2

    def _create(self, request: Request) -> object:
        content: list[dict[str, object]] = [{"type": "text", "text": request.text}]
        if request.image is not None:
            data = base64.b64encode(request.image.read_bytes()).decode()
            content.append({"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{data}"}})
        options: dict[str, Any] = {"temperature": 0, "max_tokens": 2048}
        options = {name: value for name, value in options.items() if name not in self._dropped}
        if request.schema is not None and self._formats:
            options["response_format"] = self._formats[0](dict(request.schema))
        message: Any = {"role": "user", "content": content if request.image is not None else request.text}
        return self._client.chat.completions.create(model=self.model, messages=[message], stream=False, **options)

    def _drop_option(self, error: openai.APIStatusError) -> bool:
        """Leave out, from now on, what this server says it does not take; False when it is about something else."""
        text = str(error).lower()
        with self._lock:
            if self._formats and any(
                word in text for word in ("response_format", "json_schema", "json_object", "schema")
            ):
                self._formats.pop(0)
                return True
            for name in _OPTIONAL:
                if name in text and name not in self._dropped:
                    self._dropped.add(name)
                    return True
        return False

    def _sentence(self, error: Exception) -> str:
        import openai

        if isinstance(error, (openai.AuthenticationError, openai.PermissionDeniedError)):
            return f"The server {self.url} does not accept the key. Check it, then continue."
        if isinstance(error, openai.NotFoundError):
            return f"The server {self.url} has no model “{self.model}”. Choose another, then continue."
        if isinstance(error, openai.RateLimitError):
            return f"The account at {self.url} has no credit left. Add some, then continue."
        if isinstance(error, openai.APIConnectionError):
            return f"The server {self.url} cannot be reached. Check the address and that it runs."
        return f"The server {self.url} does not answer as an OpenAI-compatible server does. Check the address."


def _read(answer: object) -> Reply | Failed:
    """A usable reply, or why it is none: empty, refused, filtered and cut-off answers all come with status 200."""
    choices = getattr(answer, "choices", None)
    if not choices:
        return Failed("The server sent something that is not an answer of the OpenAI protocol.")
    message, reason = choices[0].message, choices[0].finish_reason
    text = message.content or "" if message is not None else ""
    if getattr(message, "refusal", None):
        return Failed(f"The model refused: {message.refusal[:200]}")
    if reason == "content_filter":
        return Failed("The provider's content filter stopped the answer.")
    if reason == "length" and not text.strip():
        return Failed("The answer was cut off before it began (length limit).")
    usage = getattr(answer, "usage", None)
    return Reply(text, getattr(usage, "prompt_tokens", 0) or 0, getattr(usage, "completion_tokens", 0) or 0)


def _code(error: openai.APIStatusError) -> str:
    body = error.body if isinstance(error.body, dict) else {}
    code = body.get("code") or body.get("type")
    return code if isinstance(code, str) and code.replace("_", "").isalnum() and len(code) < 60 else "no reason given"


def _jitter(wait: float) -> float:
    """So that parallel calls do not all come back at the same moment."""
    return wait * (1 + random.random())  # noqa: S311  # no secret


def _retry_after(error: openai.APIStatusError) -> float:
    """Seconds that the server asks to wait, 0 when it does not say."""
    try:
        return max(0.0, float(error.response.headers.get("retry-after", "0")))
    except ValueError:
        return 0.0


def _key_of_environment(url: str) -> str:
    """OPENAI_API_KEY, but only for the server that it belongs to: no other one may learn it."""
    own = (os.environ.get("OPENAI_BASE_URL") or DEFAULT_URL).rstrip("/")
    return os.environ.get("OPENAI_API_KEY", "") if url == own else ""


def has_key_in_environment(url: str) -> bool:
    """Whether a server needs no key from the person, as OPENAI_API_KEY is set and belongs to it."""
    return bool(_key_of_environment(url.rstrip("/")))


def _client(url: str, key: str) -> openai.OpenAI:
    import openai

    # Local servers need no key, but the client does. No compressed bodies: a small one can unpack to gigabytes.
    return openai.OpenAI(
        base_url=url,
        api_key=key or "none",
        max_retries=0,
        timeout=60.0,
        default_headers={"Accept-Encoding": "identity"},
        http_client=httpx2.Client(transport=_Bounded(), follow_redirects=False, trust_env=True),
    )


class _Deadline:
    """Sets the moment by which the requests of this thread must have ended."""

    current = threading.local()

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def __enter__(self) -> None:
        self.current.ends = self._ends

    def __exit__(self, *_: object) -> None:
        self.current.ends = float("inf")


class _Bounded(httpx2.HTTPTransport):
    """A transport that ends a response at the deadline and at MAX_BODY bytes, and takes no compressed one."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        ends = getattr(_Deadline.current, "ends", float("inf"))
        left = max(min(60.0, ends - time.monotonic()), 0.1)
        request.extensions = {
            **request.extensions,
            "timeout": dict.fromkeys(("connect", "read", "write", "pool"), left),
        }
        response = super().handle_request(request)
        if response.headers.get("content-encoding", "identity") != "identity":
            response.close()
            raise httpx2.ReadError("a compressed answer was not asked for")
        assert isinstance(response.stream, httpx2.SyncByteStream)
        response.stream = _BoundedStream(response.stream, ends)
        return response


class _BoundedStream(httpx2.SyncByteStream):
    def __init__(self, stream: httpx2.SyncByteStream, ends: float) -> None:
        self._stream, self._ends = stream, ends

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for chunk in self._stream:
            size += len(chunk)
            if size > MAX_BODY:
                raise httpx2.ReadError("the answer is too large")
            if time.monotonic() > self._ends:
                raise httpx2.ReadTimeout("the answer took too long")
            yield chunk

    def close(self) -> None:
        self._stream.close()
