"""HTTP routes that take files from the browser: announce them, send one in pieces straight to disk, remove them all."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.errors import BadInput
from core.ingest.sources import upload
from core.ingest.sources.upload_plan import is_announcement
from ui import text
from ui.session import state

_PIECE = 1024 * 1024
"""Bytes of a file that are held in memory before they are written."""
_LONGEST_LIST = 64 * 1024 * 1024
"""Bytes of an announcement; a path takes about 60 of them."""
TAB = "x-facetry-tab"
"""The header with the id of the tab that announces, which `upload.announce` knows its uploads by."""
_TAB = re.compile(r"[0-9a-f]{0,64}")
_OFFSET = re.compile(r"-?[0-9]{1,15}")
_STATUS: dict[type[BadInput], int] = {
    upload.Unknown: 404,
    upload.OutOfStep: 409,
    upload.TooMuch: 413,
    upload.DiskFull: 507,
}


async def announce(request: Request) -> Response:
    """POST /upload with [[path, size, modified in ms], ...] and the tab's id: where to send which of these files. A
    file whose name does not say that it is an image comes with its first bytes in hexadecimal figures.

    Answers {"upload": id, "files": [...]}, an entry a file in the order given: null when it is not wanted, else
    {"key": under which to send it, "here": how many bytes of it are here, "whole": whether that is all of it}.
    """
    body, tab = bytearray(), request.headers.get(TAB, "")
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LONGEST_LIST:
                raise upload.TooMuch(text.BAD_REQUEST)
        if not _TAB.fullmatch(tab):
            raise BadInput(text.BAD_REQUEST)
        return JSONResponse(await run_in_threadpool(_announce, bytes(body), tab))
    except BadInput as error:
        refusal = _refuse(error)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody is there to read it
    await _read_on(request)
    return refusal


async def receive(request: Request) -> Response:
    """PUT /upload/{id}/{key}?offset=N with a file's bytes from N on, as many as one likes to send at once.

    Answers {"here": where to go on, "whole": whether all of it is here}. A connection that breaks loses at most the
    last piece: what was written stays, and the file counts only once it is whole.
    """
    upload_id, key, piece = request.path_params["upload_id"], request.path_params["key"], bytearray()
    try:
        offset = _offset(request.query_params.get("offset", "0"))
        async for chunk in request.stream():
            upload.heard(upload_id)
            piece += chunk
            if len(piece) >= _PIECE:
                await run_in_threadpool(_write, upload_id, key, offset, bytes(piece))
                offset += len(piece)
                piece.clear()
        whole = await run_in_threadpool(_write, upload_id, key, offset, bytes(piece))
        return JSONResponse({"here": offset + len(piece), "whole": whole})
    except BadInput as error:
        refusal = _refuse(error)
    except ClientDisconnect:
        upload.lost(upload_id)  # the tab was closed, most likely
        return Response(status_code=400)
    await _read_on(request)
    return refusal


def remove(request: Request) -> Response:
    """DELETE /upload/{id}: forget it and all that came."""
    try:
        upload.remove(_find(request.path_params["upload_id"]))
    except BadInput as error:
        return _refuse(error)
    return Response(status_code=204)


def left(request: Request) -> Response:
    """POST /upload/{id}/left: the tab that announced it is closed, and another one may go on with it at once."""
    upload.lost(request.path_params["upload_id"])
    return Response(status_code=204)


ROUTES = [
    Route("/upload", announce, methods=["POST"]),
    Route("/upload/{upload_id}/left", left, methods=["POST"]),
    Route("/upload/{upload_id}", remove, methods=["DELETE"]),
    Route("/upload/{upload_id}/{key}", receive, methods=["PUT"]),
]


def _announce(body: bytes, tab: str) -> dict[str, Any]:
    files = _read(body)
    found = upload.announce(_home(), files, tab)
    arrived, begun = found.arrived(), found.begun()
    answers: list[dict[str, Any] | None] = []
    for key, file in found.plan.items():  # each file is there once, in the order given
        whole = key in arrived
        answer = {"key": key, "here": file.size if whole else begun.get(key, 0), "whole": whole}
        answers.append(None if found.refusal(key) else answer)
    return {"upload": found.id, "files": answers}


def _read(body: bytes) -> list[upload.Announced]:
    try:
        rows = json.loads(body)
    except (ValueError, RecursionError):  # no JSON, a number of thousands of digits, lists in lists in lists
        raise BadInput(text.BAD_REQUEST) from None
    if not isinstance(rows, list) or not all(is_announcement(row) for row in rows):
        raise BadInput(text.BAD_REQUEST)
    return [upload.announced(*row) for row in rows]


def _offset(given: str) -> int:
    if not _OFFSET.fullmatch(given):
        raise BadInput(text.BAD_REQUEST)
    return int(given)


async def _read_on(request: Request) -> None:
    """Take in the rest: a browser that still sends would miss the answer when the connection closes."""
    with contextlib.suppress(ClientDisconnect, RuntimeError):  # RuntimeError: there is no rest
        async for _ in request.stream():
            pass


def _write(upload_id: str, key: str, offset: int, content: bytes) -> bool:
    return _find(upload_id).write(key, offset, content)


def _find(upload_id: str) -> upload.Upload:
    return upload.find_unfinished(_home(), upload_id)


def _home() -> Path:
    return upload.home(state.workspace().config)


def _refuse(error: BadInput) -> Response:
    return JSONResponse({"error": str(error)}, _STATUS.get(type(error), 400))
