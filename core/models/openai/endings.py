"""What is said where a server ends a run, or has it paused: one sentence on what happened, one on what to do."""

from __future__ import annotations

import re

from core.models.openai.protocol import Trouble
from core.models.openai.rate_limit import TRIP_AFTER

_VERSION = re.compile(r"/v\d\w*(/openai)?$")
"""How addresses end that need nothing more."""


def has_version(url: str) -> bool:
    """Whether an address ends as those do behind which chats are."""
    return bool(_VERSION.search(url))


def why_it_ends(trouble: Trouble, url: str, model: str) -> str:
    """Why no request to this server would succeed."""
    return {
        "key": f"The server {url} does not accept the key. Check it, then continue.",
        "model": f"The server {url} has no model “{model}”. Choose another, then continue.",
        "unloaded": f"The server {url} has no model loaded. Load “{model}” there, then continue.",
        "credit": f"The account at {url} has no credit left. Add some, then continue.",
        "blind": f"The model “{model}” cannot see images. Choose another vision model.",
        "barred": f"Something before the server {url} lets no request through ({trouble.said}), such as a firewall or "
        "a proxy. Ask who runs it, then continue.",
        "redirect": f"The server {url} sends requests on to another address, which is not followed. Give the address "
        "itself, then continue.",
    }.get(
        trouble.kind,
        f"The server {url} does not answer as an OpenAI-compatible server does"
        f"{'' if has_version(url) else f', nor does {url}/v1'}. Check the address.",
    )


def why_it_pauses(trouble: Trouble, url: str, *, known: bool = True) -> str:
    """Why a server answers nothing now. known: whether it has ever answered."""
    if trouble.kind == "limit":
        return (
            f"The account at {url} has reached its limit of the day or the month. The run is paused; nothing is lost. "
            "Continue when it is renewed."
        )
    if trouble.kind == "busy":
        return (
            f"The server {url} is busy and takes no more requests now ({trouble.said}). The run is paused; nothing is "
            "lost. Continue later."
        )
    if not known:
        return (
            f"The server {url} does not answer ({trouble.said}). Check its address and that it runs, then continue. "
            "The run is paused; nothing is lost."
        )
    return (
        f"The server {url} has not answered the last {TRIP_AFTER} requests ({trouble.said}). The run is paused; "
        "nothing is lost. Continue when it is back."
    )


def why_it_waits(seconds: float, url: str) -> str:
    """What to say where a server asks to wait longer than any request may take."""
    wait = f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} s"
    return (
        f"The server {url} asks to wait {wait} before it answers again. The run is paused; nothing is lost. "
        "Continue then."
    )
