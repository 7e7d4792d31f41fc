"""The client for one server: whose key it gets, and what its exceptions mean."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx2

from core.models.model_spec import DEFAULT_URL, base_url
from core.models.openai import transport
from core.models.openai.protocol import NO_PROTOCOL, Trouble, judge

if TYPE_CHECKING:
    import openai

_AZURE = (".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com")
LATE, AWAY = "no answer in time", "no connection"
UNREADABLE_ANSWER = Trouble("again", "something that is no answer of the OpenAI protocol", NO_PROTOCOL)


def client_of(url: str, key: str, connections: int) -> openai.OpenAI:
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


def trouble_of(error: Exception, *, image: bool) -> Trouble:
    """What an exception of the client means."""
    import openai

    if isinstance(error, openai.APIStatusError):
        return judge(error.status_code, error.response.text, image=image, wait=_asked_to_wait(error.response.headers))
    if isinstance(error, (openai.APITimeoutError, httpx2.TimeoutException)):
        return Trouble("again", LATE)
    cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else error
    if isinstance(cause, transport.Oversized):
        return replace(UNREADABLE_ANSWER, said="an answer that is compressed or too large")
    if isinstance(error, openai.APIResponseValidationError):
        return UNREADABLE_ANSWER
    return Trouble("again", AWAY)


def _asked_to_wait(headers: Mapping[str, str]) -> float | None:
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


def is_key(key: str) -> bool:
    """Whether a server's key, or none, can look like this: it is sent as part of a header."""
    return key.isascii() and key.isprintable() and not any(character.isspace() for character in key)


def may_hold_secret(url: str) -> bool:
    """Whether an address holds what may be a secret: a user, a password, a query."""
    parts = urlsplit(url)
    return "@" in parts.netloc or "?" in url or "#" in url


def key_of_environment(url: str) -> str:
    """OPENAI_API_KEY, but only for the server that it belongs to: no other one may learn it."""
    own = base_url(os.environ.get("OPENAI_BASE_URL") or DEFAULT_URL)
    return os.environ.get("OPENAI_API_KEY", "") if url == own else ""


def has_key_in_environment(url: str) -> bool:
    """Whether a server needs no key from the person, as OPENAI_API_KEY is set and belongs to it."""
    return bool(key_of_environment(base_url(url)))
