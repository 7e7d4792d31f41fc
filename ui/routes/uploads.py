"""HTTP routes that take files from the browser: announce them, send one in pieces straight to disk, remove them all."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.errors import BadInput
from core.ingest.sources import upload
from ui import text
from ui.session import state

_PIECE = 1024 * 1024
"""Bytes of a file that are held in memory before they are written."""
_LONGEST_LIST = 64 * 1024 * 1024
"""Bytes of an announcement; a path takes about 60 of them."""
_STATUS: dict[type[BadInput], int] = {
    upload.Unknown: 404,
    upload.OutOfStep: 409,
    upload.TooMuch: 413,
    upload.DiskFull: 507,
}


async def announce(request: Request) -> Response:
    """POST /upload with [[path, size, modified in ms], ...]: where to send which of these files.

    Answers {"upload": id, "files": [...]}, an entry a file in the order given: null when it is not wanted, else
    {"key": under which to send it, "here": how many bytes of it are here, "whole": whether that is all of it}.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_LIST:
            return _refuse(upload.TooMuch(text.BAD_REQUEST))
    try:
        return JSONResponse(await run_in_threadpool(_announce, bytes(body)))
    except BadInput as error:
        return _refuse(error)


async def receive(request: Request) -> Response:
    """PUT /upload/{id}/{key}?offset=N with a file's bytes from N on, as many as one likes to send at once.

    Answers {"here": where to go on, "whole": whether all of it is here}. A connection that breaks loses at most the
    last piece: what was written stays, and the file counts only once it is whole.
    """
    upload_id, key, piece = request.path_params["upload_id"], request.path_params["key"], bytearray()
    try:
        offset = int(request.query_params.get("offset", "0"))
        async for chunk in request.stream():
            piece += chunk
            if len(piece) >= _PIECE:
                await run_in_threadpool(_write, upload_id, key, offset, bytes(piece))
                offset += len(piece)
                piece.clear()
        whole = await run_in_threadpool(_write, upload_id, key, offset, bytes(piece))
        return JSONResponse({"here": offset + len(piece), "whole": whole})
    except ValueError:
        refusal = _refuse(BadInput(text.BAD_REQUEST))
    except BadInput as error:
        refusal = _refuse(error)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody is there to read it
    await _read_on(request)
    return refusal


def remove(request: Request) -> Response:
    """DELETE /upload/{id}: forget it and all that came."""
    try:
        upload.remove(_find(request.path_params["upload_id"]))
    except BadInput as error:
        return _refuse(error)
    return Response(status_code=204)


ROUTES = [
    Route("/upload", announce, methods=["POST"]),
    Route("/upload/{upload_id}", remove, methods=["DELETE"]),
    Route("/upload/{upload_id}/{key}", receive, methods=["PUT"]),
]


def _announce(body: bytes) -> dict[str, Any]:
    files = _read(body)
    found = upload.announce(_home(), files)
    arrived, begun = found.arrived(), found.begun()
    answers: list[dict[str, Any] | None] = []
    for file in files:
        whole = file.key in arrived
        answer = {"key": file.key, "here": file.size if whole else begun.get(file.key, 0), "whole": whole}
        answers.append(None if found.refusal(file.key) else answer)
    return {"upload": found.id, "files": answers}


def _read(body: bytes) -> list[upload.Announced]:
    try:
        rows = json.loads(body)
    except ValueError:
        raise BadInput(text.BAD_REQUEST) from None
    files = []
    for row in rows if isinstance(rows, list) else [None]:
        match row:
            case [str(path), int(size), int(modified)] if size >= 0:
                files.append(upload.announced(path, size, modified))
            case _:
                raise BadInput(text.BAD_REQUEST)
    return files


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
