"""The door of the whole app, Streamlit's own routes and web socket included: who may come in; others are told where to.

It looks first where a request comes from (`origin.py`), then whether it shows a key (`access.py`), last whose it is
(`owner.py`), which takes longest.
"""

from __future__ import annotations

import html
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from core.errors import WorkspaceUnavailable
from ui import text
from ui.routes import access, origin, owner

OPEN = frozenset({"/healthz", "/_stcore/health"})
"""What says nothing but "ok": it tells everybody, under our own names, whether the server is up."""
_STREAMLITS_OWN = "/_stcore/"
"""Its pages cannot send our header when they change something; it has a token of its own against other sites."""
_TOKEN = "token"  # noqa: S105 - the name of a query parameter
_POLICY_VIOLATION = 1008
_QUIET = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
_SAFE = {
    **_QUIET,
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">{again}
<title>{title}</title>
<style>:root {{ color-scheme: light dark }} body {{ font: 1.1rem/1.5 sans-serif; max-width: 40rem; margin: 15vh auto;
padding: 0 1rem }}</style></head>
<body><h1>{title}</h1><p>{sentence}</p></body></html>
"""
_AGAIN = '<meta http-equiv="refresh" content="0">'
"""A browser keeps cookies back (SameSite=Strict) when another site leads here; from this page it shows them."""


class Door:
    """ASGI middleware around the whole app."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        try:
            visit = await _let_in(connection)
        except _Answer as answer:
            turned_away = WebSocketClose(_POLICY_VIOLATION) if scope["type"] == "websocket" else answer.response
            await turned_away(scope, receive, send)
            return
        is_page = scope["type"] == "http" and origin.path(connection) in origin.PAGES
        await self._app(_marked(scope, visit), receive, _dressed(send, visit.cookie) if is_page else send)


class _Visit(NamedTuple):
    """Who may come in: with the cookie for the answer ("" for none), and whether it is known to be the owner."""

    cookie: str = ""
    by_owner: bool = False


class _Answer(Exception):
    """What a request gets in place of what it asked for."""

    def __init__(self, response: Response) -> None:
        self.response = response


def middleware() -> list[Middleware]:
    """For st.App."""
    return [Middleware(Door)]


async def _let_in(connection: HTTPConnection) -> _Visit:
    """Return if a request may go on. Raises _Answer."""
    here = origin.asked_place(connection)
    if here is None or not origin.is_from(connection, here):
        raise _refusal(connection, text.REFUSED)
    path, reads = origin.path(connection), origin.method(connection) in ("", *origin.READING)
    if path in OPEN and reads:
        return _Visit()
    token = connection.query_params.getlist(_TOKEN) if reads and path in origin.PAGES else []
    try:
        keys = access.keys()
    except WorkspaceUnavailable as error:  # its pages say so themselves, and strangers learn nothing
        if not await _is_owner(connection, here):
            if access.is_same(token, access.LOGIN):  # in a container nobody is the owner
                raise _refusal(connection, str(error), 503) from None
            raise _refusal(connection, text.REFUSED) from None
        if not reads:
            raise _refusal(connection, str(error), 503) from None
        return _Visit(by_owner=True)
    if not reads and not path.startswith(_STREAMLITS_OWN) and not keys.open_changing(connection.headers):
        raise _refusal(connection, text.NO_ACCESS)
    if keys.open_reading(connection.headers, path):
        visit = _Visit()
    elif await _is_owner(connection, here):  # also with the token in hand: the visitor's cookie opens more than needed
        visit = _Visit(_cookie(here, keys.cookie, keys.pictures), by_owner=True)
    elif access.is_same(token, access.LOGIN):
        visit = _Visit(_cookie(here, keys.cookie, keys.visitor))
    else:
        raise _refusal(connection, text.REFUSED, again=_AGAIN if _kept_cookies_back(connection) else "")
    if token:
        raise _without_token(connection, visit.cookie)
    return visit


def _marked(scope: Scope, visit: _Visit) -> Scope:
    """The request with the word whether it is the owner's, in place of any such word that it brought along."""
    mark = owner.MARK.encode()
    headers = [(name, value) for name, value in scope["headers"] if name.lower() != mark]
    return {**scope, "headers": [*headers, (mark, b"1")] if visit.by_owner else headers}


async def _is_owner(connection: HTTPConnection, here: origin.Place) -> bool:
    """Also asks for a name of this computer itself, which no other site can have, whatever allowedHosts says."""
    return owner.is_loopback(here.name) and await run_in_threadpool(owner.is_owner, connection)


def _kept_cookies_back(connection: HTTPConnection) -> bool:
    return connection.headers.get("sec-fetch-site") == "cross-site"


def _cookie(here: origin.Place, name: str, value: str) -> str:
    secure = "; Secure" if here.scheme == "https" else ""
    return f"{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}"


def _without_token(connection: HTTPConnection, cookie: str) -> _Answer:
    """Send a browser to the same page, without the token in its address."""
    kept = [pair for pair in connection.query_params.multi_items() if pair[0] != _TOKEN]
    place = connection.scope["path"] + (f"?{urlencode(kept)}" if kept else "")
    headers = {"Location": place, **_QUIET} | ({"Set-Cookie": cookie} if cookie else {})
    return _Answer(Response(status_code=303, headers=headers))


def _refusal(connection: HTTPConnection, sentence: str, status: int = 403, again: str = "") -> _Answer:
    """A page for a person, JSON for a program; neither says anything of whose Facetry it is."""
    if "text/html" not in connection.headers.get("accept", ""):
        return _Answer(JSONResponse({"error": sentence}, status, _SAFE))
    page = _PAGE.format(title=text.REFUSED_TITLE, sentence=html.escape(sentence), again=again)
    return _Answer(HTMLResponse(page, status, _SAFE))


def _dressed(send: Send, cookie: str) -> Send:
    """Send a page's answer with the cookie, and with the word that no other site may show it in a frame."""

    async def send_dressed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("Content-Security-Policy", "frame-ancestors 'self'")
            if cookie:
                headers.append("Set-Cookie", cookie)
        await send(message)

    return send_dressed
