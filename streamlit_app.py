"""The server: Streamlit's app over ui/shell.py plus HTTP routes for our own copies of images and for downloads.

Run with `streamlit run streamlit_app.py`, or better `python3 start.py`, which sets everything up first.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from core.errors import WorkspaceUnavailable
from ui.components import notices
from ui.routes import access, door, downloads, no_delay, uploads
from ui.session import state

_log = logging.getLogger("facetry")
_MEDIA_TYPES = {"thumb": "image/webp", "view": "image/jpeg"}
_HEADERS = {
    # The name is the hash of the content, so a copy never changes.
    "Cache-Control": "private, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def image(request: Request) -> Response:
    """Our own re-encoded copy of one image: /images/{thumb|view}/{id}; 404 for anything else.

    Not under /media/, which Streamlit keeps for itself.
    """
    kind = request.path_params["kind"]
    try:
        path = state.workspace().image(request.path_params["image_id"], kind) if kind in _MEDIA_TYPES else None
    except ValueError:
        path = None
    except WorkspaceUnavailable as error:
        return PlainTextResponse(str(error), 503)
    if path is None or not path.is_file():
        return PlainTextResponse("There is no such image.", 404, {"X-Content-Type-Options": "nosniff"})
    return FileResponse(path, media_type=_MEDIA_TYPES[kind], headers=_HEADERS)


def healthz(request: Request) -> Response:
    """Answers as soon as the server does."""
    return PlainTextResponse("ok")


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """Say where others come in, open the workspace (which marks runs that a dead process left) and warm the models;
    close it at the end."""
    print(access.login_line(sys.stdout), flush=True)  # noqa: T201 - for the terminal alone: a log would keep it
    try:
        state.workspace()
    except WorkspaceUnavailable as error:
        _log.warning("%s", error)  # the pages say so too, and work as soon as it is free
    state.warm_up()
    no_delay.set_for_all()
    yield
    try:
        state.jobs().shut_down()
        state.workspace().close()
    except WorkspaceUnavailable:
        pass


app = st.App(
    Path(__file__).parent / "ui" / "shell.py",
    lifespan=lifespan,
    routes=[
        Route("/healthz", healthz),
        Route("/images/{kind}/{image_id:path}", image),
        *downloads.ROUTES,
        *uploads.ROUTES,
    ],
    middleware=door.middleware(),
    on_script_error=notices.script_failed,
)
