"""Who may use our HTTP routes: only pages of this app. A secret of the workspace shows it, in a cookie or a header.

Opening any page in a browser gives it the cookie, which is enough to fetch pictures and downloads. What changes
something must carry the secret in a header: another site can make a browser send cookies, but no such header.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import WorkspaceBusy
from ui import text
from ui.session import state

HEADER = "x-facetry-token"


def cookie() -> str:
    """The cookie's name. All ports of a computer share their cookies, so each workspace has a name of its own."""
    return f"facetry-{hashlib.sha256(state.workspace().token.encode()).hexdigest()[:12]}"


class GiveCookie:
    """ASGI middleware that gives the cookie to a browser that opens a page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                value = f"{cookie()}={state.workspace().token}; Path=/; HttpOnly; SameSite=Lax"
                MutableHeaders(scope=message).append("set-cookie", value)
            await send(message)

        is_page = scope["type"] == "http" and "text/html" in Headers(scope=scope).get("accept", "")
        await self._app(scope, receive, send_with_cookie if is_page and _is_open() else send)


class NeedToken:
    """ASGI middleware of one route that lets only requests with the secret through."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            token = state.workspace().token
        except WorkspaceBusy as error:
            await JSONResponse({"error": str(error)}, 503)(scope, receive, send)
            return
        request = Request(scope)
        given = request.headers.get(HEADER, "")
        if request.method in ("GET", "HEAD"):
            given = given or request.cookies.get(cookie(), "")
        if secrets.compare_digest(given.encode(), token.encode()):
            await self._app(scope, receive, send)
        else:
            await JSONResponse({"error": text.NO_ACCESS}, 403)(scope, receive, send)


def route(path: str, endpoint: Callable[..., Any], methods: Sequence[str] = ("GET",)) -> Route:
    """A route that asks for the secret, as all of ours do."""
    return Route(path, endpoint, methods=list(methods), middleware=[Middleware(NeedToken)])


def middleware() -> list[Middleware]:
    """For the whole app: it answers under its own names only (Streamlit checks this for its web socket), and its pages
    give the cookie. Without the first, a foreign name that leads to this computer could fetch both."""
    hosts = st.get_option("server.allowedHosts") or ["*"]
    return [Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False), Middleware(GiveCookie)]


def _is_open() -> bool:
    try:
        state.workspace()
    except WorkspaceBusy:
        return False
    return True
