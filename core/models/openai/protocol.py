"""What a server's answer means: a reply, or why there is none, whatever the shape in which it is said.

An error may be a mapping with a message, a text, a list, nested, a proxy's page, nothing at all, and may come with
status 200. Its words (error_words.py), more than its status, say which of a few kinds of trouble it is, each with its
own consequence. Words of a server are read here and never passed on, as they may echo the key.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from core.domain import Failed
from core.models.chat.backend import Reply, Token
from core.models.chat.replies import plain
from core.models.openai.dialect import ABOUT
from core.models.openai.error_words import code_of, is_page, status_in, wait_in, words_of

Kind = Literal[
    "again", "busy", "key", "model", "unloaded", "credit", "limit", "redirect", "barred", "address", "blind", "other"
]  # fmt: skip
"""again: it may work later. busy: that, and less at once is better. other: this request will not succeed.

Of the rest no request will: key, model, unloaded (no model is loaded), credit, limit (of a day or a month), redirect,
barred (what stands before the server lets nothing through), address, blind (sees no images)."""


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

# -- its meaning

_TOO_LONG = re.compile(
    r"context[ _-]?(?:length|window|size|limit)|exceed_context|max(?:imum)?[ _]context|\bn_ctx\b"
    r"|max_(?:model|seq)_len"
    r"|(?:sequence|prompt|input|allowed) length|length exceeds|exceeds? (?:the )?max(?:imum)?.{0,20} length"
    r"|too many (?:input |prompt )?tokens|token (?:count|limit).{0,60}exceed|exceed.{0,30}token limit|\d tokens? > \d"
    r"|(?:prompt|inputs?|request|messages?|payload|entity|content|body|text|conversation)(?: is| are| was)? too"
    r" (?:long|large|big)|string_above_max|reduce the (?:length|size)|(?:input|prompt) tokens exceed"
    r"|kv (?:cache|size)"
    r"|exceeds? the (?:maximum|max|model|allowed|limit).{0,40}\btokens?\b|longer than the model"
    r"|max_new_tokens.{0,9} must be <=|too large for (?:the )?model"
    r"|(?:shorten|a shorter) (?:the |your )?(?:prompt|input|messages?|text)"
    r"|上下文|输入.{0,9}(?:长度|过长)|超长"
)
_TOO_LARGE = re.compile(r"too (?:long|large|big)|context[ _-]?(?:length|window|size)")
_RATE = re.compile(
    r"(?:rate|usage|request|daily|monthly|hourly|concurrency).?limit|too many (?:concurrent )?requests|\b[rt]pm\b"
    r"|\bbusy\b|\bper (?:minute|second|hour)\b|overloaded|(?:over|at|no|exceeded) capacity|queue is full"
    r"|throttl|slow down"
    r"|try again (?:later|in)|retry (?:later|in|after)|resource.?exhausted|temporarily unavailable"
    r"|(?:currently|still) (?:loading|starting)|loading model|warming up"
)
_FOR_LONG = re.compile(r"\bper (?:day|month)\b|per.?(?:day|month)|\bdaily\b|\bmonthly\b|\b[rt]pd\b")
_FILTERED = re.compile(
    r"content.?filter|content.?policy|content management policy|responsible.?ai|moderation|flagged|safety system"
    r"|data_?inspection|inappropriate content"
)
_UNLOADED = re.compile(
    r"no models? (?:is |are |has been |was )?(?:currently )?loaded|model (?:is |was )?(?:not|isn't) loaded"
    r"|model_not_loaded|load (?:a|the|one|any) model|load one first|without a loaded model|failed to load model"
)
_NO_MODEL = re.compile(
    r"model_?not_?found|\bmodels?\b.{0,80}(?:not found|n[o']t exist|not served|no longer available"
    r"|has been (?:deprecated|decommissioned|retired))|no model (?:named|called|with)|must provide a model"
    r"|(?:invalid|unknown|no such|unsupported|unrecognized) model\b(?! (?:param|arg|opt|set|conf))"
    r"|not a (?:valid|chat) model"
    r"|invalid model name|not (?:find|have|know|serve) (?:a |the |any )?model|no endpoints? found for"
    r"|not (?:in|among|one of) .{0,30}\bmodels\b|not have access to (?:the )?model|deploymentnotfound"
    r"|deployment.{0,60}not exist"
)
_NO_MODEL_NOW = re.compile(r"\bmodels?\b.{0,80}(?:not available|unavailable)")
"""Said of models that are not there, and with a status from 500 on of those that will be in a moment."""
_NO_KEY = re.compile(
    r"invalid_api_key|api_key_invalid|authentication_?error|invalid.?authentication|unauthori[sz]ed|unauthenticated"
    r"|api.?key.{0,30}(?:not valid|invalid|incorrect|expired|missing|required|not provided|revoked|disabled)"
    r"|(?:incorrect|invalid|missing|wrong|expired|no|bad|a valid) (?:(?:x-)?api.?key|(?:auth\w*|access|bearer) ?token)"
    r"|invalid credentials|provide an? (?:api.?)?key"
    r"|(?:token|key) (?:is |has )?(?:not valid|invalid|expired|incorrect)"
    r"|not authenticated|authentication (?:fail|require)|no auth credentials|could not validate credentials"
)
_NO_CREDIT = re.compile(
    r"insufficient.{0,20}(?:quota|credit|balance|funds)|billing_hard_limit|credit balance|out of credits?"
    r"|no credits?\b"
    r"|more credits|(?:not enough|exceeded your|used up.{0,20}|run out of) (?:credits?|balance|funds|budget)"
    r"|(?:credits?|balance) (?:is |are |has been |have been )?(?:insufficient|not enough|too low|exhausted|depleted"
    r"|used up)|payment.?required|budget.{0,20}exceeded|arrearage|overdue|billing.{0,20}not active"
    r"|spend(?:ing)?.?limit|余额不足|欠费"
)
_NO_QUOTA = re.compile(
    r"(?:exceeded|exceeds) (?:your|the) (?:current )?quota|quota.{0,20}(?:exceeded|exhausted|used up)"
)
"""Said of credit that is used up, and where requests come too fast as well: then there is a wait."""
_BLIND = re.compile(
    r"image input|image_url is only|not a multimodal|not capable of vision|unknown variant .image_url"
    r"|text.?only model"
    r"|not support.{0,30}(?:images?|vision|multimodal)\b(?! (?:larger|bigger|over|of|format|type|size|url|with))"
    r"|(?:images?|vision)(?: content| understanding)? (?:is |are )?not (?:supported|available|allowed|enabled)"
    r"|content must be a string|no mmproj|not (?:a )?vision|only supports? text\b|at most 0 image"
)
_NO_ADDRESS = re.compile(
    r"(?:unexpected|unknown|no such) (?:endpoint|route|path|request url)|(?:endpoint|route|page) not found"
    r"|invalid url \((?:post|get)|cannot (?:post|get) /|method not allowed|unsupported method"
    r"|plain http request was sent to https|requested (?:resource|url) .{0,30}not found|(?m:^not found\.?$)"
)
_PASSES = re.compile(r"internal|upstream|time.?out|timed out|unavailable|server error|bad gateway|connection|provider")
"""What may be gone in a moment, of an error that comes without a status."""
_CROWDED = (429, 503, 529)
_BARRED = (407, 451)
_STRANGE = (404, 405, 501)
"""What answers at an address where no model is asked."""


def judge(status: int, body: object, *, image: bool, wait: float | None = None) -> Trouble:
    """The meaning of an error.

    Args:
        status: HTTP's.
        body: the error, in whatever shape.
        image: whether one was sent.
        wait: seconds that the server asked to wait in a header.
    """
    text = words_of(body)
    status = (status_in(body) if status < 300 else 0) or status
    wait = wait_in(text) if wait is None else wait
    said = f"status {status}"
    why = code_of(body) or said

    def trouble(kind: Kind, reason: str = "", meant: Literal["failed", "too long", "filtered"] = "failed") -> Trouble:
        return Trouble(kind, said, Failed(reason.format(why), meant) if reason else None, text, wait)

    if 300 <= status < 400:
        return trouble("redirect")
    if kind := _without_hope(status, text, wait, image=image):
        return trouble(kind)
    if _is_too_long(status, text):
        return trouble("other", "The request is too long for the model ({}).", "too long")
    if _FILTERED.search(text) and status not in _CROWDED:
        return trouble("other", "The provider's content filter refused the request ({}).", "filtered")
    if status in _BARRED or (status == 403 and is_page(body) and not _NO_KEY.search(text)):
        return trouble("barred")
    if status == 403 or (_NO_KEY.search(text) and status not in _CROWDED):
        return trouble("key")
    if status in _CROWDED or (status < 500 and _RATE.search(text)):
        return trouble("busy")
    if status in _STRANGE and not _names_option(text):
        is_model = status == 404 and not is_page(body) and re.search(r"\bmodel\b|deployment", text)
        return trouble("model" if is_model else "address")
    if (
        (status >= 500 and status != 501)
        or status in (408, 409, 425, 499)
        or (status < 300 and _PASSES.search(text) and not _names_option(text))
    ):
        return trouble("again")
    return trouble("other", "The server does not take the request ({}).")


def _without_hope(status: int, text: str, wait: float | None, *, image: bool) -> Kind | None:
    """The kind of an error after which no request will succeed, by what is said of it; None where it is not sure."""
    rushed = status in _CROWDED or bool(_RATE.search(text))
    used_up = bool(_NO_QUOTA.search(text)) and wait is None
    if status == 402 or _NO_CREDIT.search(text):
        return "credit"
    if wait is None and _FOR_LONG.search(text) and (rushed or used_up):
        return "limit"
    if used_up and not _RATE.search(text):  # else it comes back in a moment
        return "credit"
    if status == 401:
        return "key"
    if image and _BLIND.search(text):
        return "blind"
    if _UNLOADED.search(text) and not _RATE.search(text):
        return "unloaded"
    if rushed:
        return None
    if _NO_MODEL.search(text) or (status < 500 and _NO_MODEL_NOW.search(text) and not _names_option(text)):
        return "model"
    return "address" if status < 500 and _NO_ADDRESS.search(text) else None


def _names_option(text: str) -> bool:
    return any(about.search(text) for about in ABOUT.values())


def _is_too_long(status: int, text: str) -> bool:
    """Whether prompt and answer together are more than the model takes; not where so many come too fast."""
    too_fast = (status == 429 or _RATE.search(text)) and not _TOO_LARGE.search(text)
    return status == 413 or (bool(_TOO_LONG.search(text)) and not too_fast)


_CONTEXT = re.compile(r"context (?:length|window|size)\D{0,20}(\d+)")
_PROMPT = re.compile(
    r"(\d+) (?:tokens )?(?:in (?:the|your) (?:messages|prompt|input)|(?:input|prompt|text) tokens)"
    r"|(?:has|have|contains?|resulted in)(?: at least)? (\d+)"
)
_ANSWER_TOO_LONG = re.compile(r"max_(?:new_|completion_)?tokens|in the completion|completion tokens|max_len")


def room_for_answer(trouble: Trouble) -> int | None:
    """Tokens that an answer may have where it is its length that does not fit beside the prompt: 0 where that is not
    said, None where the prompt is too long by itself."""
    if not _ANSWER_TOO_LONG.search(trouble.text):
        return None
    whole, prompt = _CONTEXT.search(trouble.text), _PROMPT.search(trouble.text)
    if not whole or not prompt:
        return 0
    left = int(whole[1]) - int(prompt[1] or prompt[2])
    return left if left > 0 else None


# -- answers

_SAYS_WHY = re.compile("error|detail|message|fail|invalid|exception|not found|unauthori[sz]ed|denied")
"""What a body has that gives a reason in place of an answer."""


def read(answer: object, secret: str = "", *, image: bool = False) -> Reply | Failed | Trouble:
    """A usable reply, or why it is none: empty, refused, filtered and cut-off answers all come with status 200, and
    errors too. answer: what came, as `answer_in` or `completion_of` (answer_shapes.py) gives it.

    secret: is masked wherever the answer repeats it. image: whether one was sent. Raises ValueError, TypeError or
    AttributeError for what is no answer of the protocol.
    """
    from openai.types.chat import ChatCompletion

    if not isinstance(answer, Mapping) or not answer.get("choices"):
        return error_in(answer, image=image)
    answer = ChatCompletion.construct(**answer)
    choices = answer.choices
    choice = choices[0]
    if error := getattr(choice, "error", None):  # OpenRouter, of a provider that failed midway
        return judge(200, error, image=image)
    message, reason = choice.message, choice.finish_reason
    text = clean(_text(message.content), secret)
    if reason == "stop" and not text.strip():
        text = clean(_thoughts(message), secret)  # a server that takes the whole answer for thoughts
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


def error_in(answer: object, *, image: bool) -> Trouble:
    """What a server says with status 200 in place of an answer. Raises ValueError where it says no reason."""
    from pydantic import BaseModel

    body = answer.model_dump(warnings=False) if isinstance(answer, BaseModel) else answer
    if isinstance(body, Mapping):
        body = {name: value for name, value in body.items() if value is not None}
    if is_page(body) or not _SAYS_WHY.search(str(body).casefold()):
        raise ValueError
    return judge(200, body, image=image)


def _thoughts(message: object) -> str:
    """What a model thought before it answered, as servers tell it: vLLM, Ollama."""
    told = (getattr(message, "reasoning_content", ""), getattr(message, "reasoning", ""))
    return next((text for text in told if isinstance(text, str) and text), "")


def _thought(message: object, usage: object) -> bool:
    """Whether the model thought before it answered, by what servers say of that."""
    return (
        bool(_thoughts(message)) or _number(getattr(usage, "completion_tokens_details", None), "reasoning_tokens") > 0
    )


def _number(of: object, name: str) -> int:
    value = getattr(of, name, 0)
    return max(0, int(value)) if isinstance(value, int | float) and math.isfinite(value) else 0


def _text(content: object) -> str:
    """The text of a message, which some servers give in parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if _is_said(part))
    if content is None or isinstance(content, str):
        return content or ""
    raise TypeError


def _is_said(part: object) -> bool:
    return isinstance(part, Mapping) and part.get("type") not in ("thinking", "reasoning")


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
