"""The options that OpenAI-compatible servers take, and the meaning of their errors.

Servers differ: each takes some of the options and refuses others in its own words. A refused option is left out from
then on. Errors are sorted into a few kinds of trouble, each with its own consequence. Texts of a server are read here
and never passed on, as they may echo the key.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.domain import Failed
from core.models.chat.backend import Reply, Request, Token
from core.models.chat.replies import plain

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
    lambda schema: {"type": "json_object", "schema": schema},  # llama.cpp's server
    lambda schema: {"type": "json_object"},
)
"""How servers want to be asked for JSON, the strictest first."""
_LENGTHS = ("max_tokens", "max_completion_tokens")
"""What the longest answer is called: nearly all servers know the first, newer OpenAI models only the second."""
_CANDIDATES = (20, 5)
"""How many candidates of a token to ask for: OpenAI's most, and what some servers allow."""
_SAMPLE_TEMPERATURE = 0.7


class Dialect:
    """The options that one server takes, learnt from what it refuses. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: dict[str, int] = {"format": 0, "length": 0, "candidates": 0, "temperature": 0, "seed": 0}
        self._offered = {"format": len(_FORMATS), "length": len(_LENGTHS), "candidates": len(_CANDIDATES)}
        self._offered |= {"temperature": 1, "seed": 1}

    @property
    def probabilities(self) -> bool:
        """Whether the server tells the candidates of tokens, as far as is known."""
        return self._has("candidates")

    def no_probabilities(self) -> None:
        """The server took the option and gave none."""
        self._left["candidates"] = len(_CANDIDATES)

    def options(self, request: Request, longest: int) -> tuple[dict[str, Any], dict[str, int]]:
        """The options to send, and by what to know them in `learn`. longest: tokens of the answer."""
        with self._lock:
            using = {name: place for name, place in self._left.items() if self._has(name)}
        if request.schema is None:
            using.pop("format", None)
        if not request.probabilities:
            using.pop("candidates", None)
        if not request.sample:
            using.pop("seed", None)
        options: dict[str, Any] = {}
        if "temperature" in using:
            options["temperature"] = _SAMPLE_TEMPERATURE if request.sample else 0
        if "seed" in using:
            options["seed"] = request.sample
        if "length" in using:
            options[_LENGTHS[using["length"]]] = longest
        if "candidates" in using:
            options |= {"logprobs": True, "top_logprobs": _CANDIDATES[using["candidates"]]}
        if "format" in using and request.schema is not None:
            options["response_format"] = _FORMATS[using["format"]](dict(request.schema))
        return options, using

    def learn(self, using: Mapping[str, int], said: str) -> bool:
        """Leave out, from now on, what the server says it does not take; False when it is about something else.

        using: as returned by `options`: several requests refused at once for the same option are one lesson.
        said: the server's text in small letters.
        """
        for name, words in _ABOUT.items():
            if name in using and words.search(said):
                with self._lock:
                    if self._left[name] == using[name]:
                        wholly = name == "candidates" and "top_logprobs" not in said  # not only their number
                        self._left[name] = self._offered[name] if wholly else using[name] + 1
                return True
        return False

    def _has(self, name: str) -> bool:
        return self._left[name] < self._offered[name]


_ABOUT = {
    "length": re.compile(r"\bmax_(completion_)?tokens\b"),
    "candidates": re.compile("logprob"),
    "format": re.compile("response_format|json_schema|json_object|schema|grammar"),
    "temperature": re.compile("temperature"),
    "seed": re.compile(r"\bseed\b"),
}
"""How servers speak of each option."""

Kind = Literal["again", "busy", "key", "model", "credit", "redirect", "address", "blind", "other"]
"""again: it may work later. busy: that, and less at once is better. key, model, credit, redirect, address, blind (sees
no images): no request will succeed. other: this request will not."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a request got no answer.

    Attributes:
        said: in a few words for a person, none of them the server's.
        failed: what it means for the request, where that is clear.
        text: the server's own words in small letters, to look at only.
        wait: seconds the server asks to wait, None where it does not.
    """

    kind: Kind
    said: str
    failed: Failed | None = None
    text: str = ""
    wait: float | None = None


NO_PROTOCOL = Failed("The server sent something that is not an answer of the OpenAI protocol.", "unusable")
_TOO_LONG = re.compile(
    r"context.?(length|window|size)|exceed_context|maximum context|too many tokens"
    r"|(prompt|input|request) (is )?too (long|large)|string_above_max|reduce the length|input tokens exceed"
)
_FILTERED = re.compile(
    r"content.?filter|content.?policy|content management policy|responsible.?ai|moderation|flagged|safety system"
)
_NO_MODEL = re.compile(
    r"model_not_found|model\b.{0,80}(not found|not exist|not a valid)|(invalid|unknown|no such) model"
    r"|deploymentnotfound"
)
_NO_KEY = re.compile(r"invalid_api_key|api.?key not valid|(incorrect|invalid|missing) api.?key")
_NO_CREDIT = re.compile(r"insufficient.?(quota|credit|balance|funds)|billing_hard_limit|credit balance")
_BLIND = re.compile(
    r"image input|image_url is only|not a multimodal|not support (image|vision)|not capable of vision"
    r"|unknown variant .image_url"
)


def judge(status: int, body: object, *, image: bool, wait: float | None = None) -> Trouble:
    """The meaning of an error. status: HTTP's. body: the error as the client gives it. image: whether one was sent."""
    fields: Mapping[str, object] = body if isinstance(body, Mapping) else {}
    text = " ".join(str(fields.get(name) or "") for name in ("code", "type", "message")).casefold()
    why = code_of(fields)
    said = f"status {status}"

    def trouble(kind: Kind, failed: Failed | None = None) -> Trouble:
        return Trouble(kind, said, failed, text, wait)

    if 300 <= status < 400:
        return trouble("redirect")
    if _NO_CREDIT.search(text) or status == 402:
        return trouble("credit")
    if _TOO_LONG.search(text) or status == 413:
        return trouble("other", Failed(f"The request is too long for the model ({why or said}).", "too long"))
    if status in (400, 403, 422) and _FILTERED.search(text):
        return trouble(
            "other", Failed(f"The provider's content filter refused the request ({why or said}).", "filtered")
        )
    if status in (401, 403) or _NO_KEY.search(text):
        return trouble("key")
    if image and _BLIND.search(text):
        return trouble("blind")
    if status == 404 or (status in (400, 422) and _NO_MODEL.search(text)):
        return trouble("model" if text.strip() else "address")
    if status in (429, 503, 529):
        return trouble("busy")
    if status >= 500 or status in (408, 409, 425):
        return trouble("again")
    return trouble("other", Failed(f"The server does not take the request ({why or said})."))


def code_of(fields: Mapping[str, object]) -> str:
    """The server's word for an error, if it is only that: a word."""
    code = fields.get("code") or fields.get("type")
    return code if isinstance(code, str) and code.replace("_", "").isalnum() and len(code) < 60 else ""


def read(answer: object, secret: str = "") -> Reply | Failed | Trouble:
    """A usable reply, or why it is none: empty, refused, filtered and cut-off answers all come with status 200.

    secret: is masked wherever the answer repeats it. Raises ValueError, TypeError or AttributeError for what is no
    answer of the protocol.
    """
    choices = getattr(answer, "choices", None)
    if not choices:
        error = getattr(answer, "error", None)
        if isinstance(error, Mapping):  # OpenRouter says so with status 200
            code = error.get("code")
            return judge(code if isinstance(code, int) else 500, error, image=False)
        raise ValueError
    choice = choices[0]
    message, reason = choice.message, choice.finish_reason
    text = clean(_text(message.content), secret)
    usage = getattr(answer, "usage", None)
    tokens = _number(usage, "prompt_tokens"), _number(usage, "completion_tokens")
    if isinstance(refusal := getattr(message, "refusal", None), str) and refusal:
        return Failed(f"The model refused: {clean(refusal, secret)[:200]}", "refused", tokens)
    if reason == "content_filter":
        return Failed("The provider's content filter stopped the answer.", "filtered", tokens)
    if reason == "length" and (_thought(message, usage) or not plain(text)):
        return Failed("The answer was cut off before it began (length limit).", "too long", tokens)
    if not text.strip():
        return Failed("The model gave an empty answer.", "empty", tokens)
    return Reply(
        text,
        *tokens,
        _tokens(getattr(choice, "logprobs", None)),
        cut=reason == "length",
    )


def _thought(message: object, usage: object) -> bool:
    """Whether the model thought before it answered, by what servers say of that."""
    told = (getattr(message, "reasoning_content", ""), getattr(message, "reasoning", ""))  # vLLM, Ollama
    return any(told) or _number(getattr(usage, "completion_tokens_details", None), "reasoning_tokens") > 0


def _number(of: object, name: str) -> int:
    value = getattr(of, name, 0)
    return value if isinstance(value, int) else 0


def _text(content: object) -> str:
    """The text of a message, which some servers give in parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, Mapping))
    if content is None or isinstance(content, str):
        return content or ""
    raise TypeError


def _tokens(logprobs: object) -> tuple[Token, ...]:
    """The tokens with their candidates; none where the server gives none, or in another form."""
    try:
        return tuple(
            Token(
                clean(token.token),
                {clean(each.token): math.exp(each.logprob) for each in (*reversed(token.top_logprobs or ()), token)},
            )
            for token in getattr(logprobs, "content", None) or ()
        )
    except (AttributeError, TypeError, ValueError, OverflowError):
        return ()


def clean(text: str, secret: str = "") -> str:
    """Text that can be stored and shown: no lone surrogates, no NUL, and no key that a server repeats."""
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "")
    return text.replace(secret, "[key]") if len(secret) >= 8 else text
