"""HTTP routes that send a run's results as files: tables, folders, a page to send, and a whole workspace."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Mapping
from functools import partial
from itertools import chain
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from core.errors import BadInput, WorkspaceUnavailable
from core.export import bundle, comparison, downloads, workspace_zip
from core.export.figures import FIGURES
from core.results import decisions
from core.results.compare import compare
from core.results.selection import ALL, PARAMETERS, Only
from core.workspace import Workspace
from ui import text
from ui.session import run_data, state

_RUN_ID = re.compile(r"[0-9a-f]{1,64}")
Make = Callable[[Workspace, str, Only], Iterator[bytes]]
_FILES: dict[str, tuple[Make, str]] = {
    "table.csv": (downloads.table, "text/csv; charset=utf-8"),
    "table.jsonl": (downloads.lines, "application/jsonl"),
    "table.parquet": (downloads.columns, "application/vnd.apache.parquet"),
    "folders.zip": (downloads.folders, "application/zip"),
    "report.html": (downloads.page, "text/html; charset=utf-8"),
    **{f"{name}.svg": (partial(downloads.figure, name, "svg"), "image/svg+xml") for name in FIGURES},
    **{f"{name}.png": (partial(downloads.figure, name, "png"), "image/png") for name in FIGURES},
}
_HEADERS = {
    "Cache-Control": "private, no-store",  # names and moves change, and the table is the person's own
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


class _Sent(StreamingResponse):
    """Pieces as they are made. Whoever makes them is told when nobody reads on, so that nothing is left of it."""

    def __init__(self, pieces: Iterator[bytes], kind: str, headers: Mapping[str, str]) -> None:
        """Makes the first piece, so that what goes wrong at once can still be said: raises what `pieces` does."""
        self._pieces = pieces
        super().__init__(chain([next(pieces, b"")], pieces), media_type=kind, headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            if isinstance(self._pieces, Generator):  # no thread is at it any more: a cancelled one is waited for
                self._pieces.close()


def address(run_id: str, file: str, only: Only = ALL) -> str:
    """Where a page links to. file: a key of _FILES. only: the part of the run that is wanted."""
    wanted = urlencode(only.parameters, doseq=True)
    return f"/download/{run_id}/{file}" + (f"?{wanted}" if wanted else "")


def download_file(request: Request) -> Response:
    """One file of one run: /download/{run id}/{table.csv|...}, of all of it or of ?group=c1&group=c2&text=... and what
    else `Only.read` knows; 404 for anything else.

    A plain function, so that the server runs it, and then each piece of the answer, beside the pages in a thread.
    """
    run_id, file = request.path_params["run_id"], request.path_params["file"]
    if file not in _FILES or not _RUN_ID.fullmatch(run_id):
        return _nothing()
    make, kind = _FILES[file]
    only = Only.read({key: request.query_params.getlist(key) for key in PARAMETERS})
    try:
        run = state.workspace().store.runs.get(run_id)
        if run is None:
            return _nothing()
        name = run_data.run_name(run)
        if only:  # the name says so, as a table has no other place for it
            name += ", " + only.said(decisions.clusters(state.workspace().store, run_id).clusters)
        stem, _, suffix = file.rpartition(".")
        name += f", {stem}" if stem in FIGURES else ""
        headers = {**_HEADERS, "Content-Disposition": _attachment(name, suffix)}
        if request.method == "HEAD":
            return Response(headers=headers, media_type=kind)
        return _Sent(make(state.workspace(), run_id, only), kind, headers)
    except WorkspaceUnavailable as error:
        return PlainTextResponse(str(error), 503, _HEADERS)
    except BadInput as error:
        return PlainTextResponse(str(error), 404, _HEADERS)


def comparison_address(first: str, second: str, file: str) -> str:
    """Where a page links to for two runs. file: a key of core.export.comparison.FILES."""
    return f"/download/{first}/with/{second}/{file}"


def download_comparison(request: Request) -> Response:
    """One file on two runs: /download/{run id}/with/{run id}/{matrix.csv|images.csv|comparison.json}; 404 for
    anything else."""
    runs, file = (request.path_params["first"], request.path_params["second"]), request.path_params["file"]
    if file not in comparison.FILES or not all(map(_RUN_ID.fullmatch, runs)):
        return _nothing()
    make, kind = comparison.FILES[file]
    try:
        found = compare(state.workspace().store, *runs)
        names = [run_data.run_name(view.run) for view in (found.first, found.second)]
        stem, _, suffix = file.rpartition(".")
        headers = {**_HEADERS, "Content-Disposition": _attachment(f"{' and '.join(names)}, {stem}", suffix)}
        return (
            Response(headers=headers, media_type=kind)
            if request.method == "HEAD"
            else _Sent(make(found), kind, headers)
        )
    except WorkspaceUnavailable as error:
        return PlainTextResponse(str(error), 503, _HEADERS)
    except BadInput as error:
        return PlainTextResponse(str(error), 404, _HEADERS)


def bundle_address(dataset_id: str, file: str) -> str:
    """Where a page links to for all runs over a dataset. file: a key of core.export.bundle.FILES."""
    return f"/download/dataset/{dataset_id}/{file}"


def download_bundle(request: Request) -> Response:
    """All runs over a dataset: /download/dataset/{dataset id}/{bundle.parquet|bundle.json}; 404 for anything else."""
    dataset_id, file = request.path_params["dataset_id"], request.path_params["file"]
    if file not in bundle.FILES or not _RUN_ID.fullmatch(dataset_id):
        return _nothing()
    make, kind = bundle.FILES[file]
    try:
        store = state.workspace().store
        given = store.datasets.get(dataset_id)
        if given is None:
            return _nothing()
        headers = {**_HEADERS, "Content-Disposition": _attachment(given.name, file.rpartition(".")[2])}
        if request.method == "HEAD":
            return Response(headers=headers, media_type=kind)
        return _Sent(make(store, dataset_id), kind, headers)
    except WorkspaceUnavailable as error:
        return PlainTextResponse(str(error), 503, _HEADERS)
    except BadInput as error:
        return PlainTextResponse(str(error), 404, _HEADERS)


def download_workspace(request: Request) -> Response:
    """Everything in the workspace as one file: /download/workspace.zip."""
    kind = "application/zip"
    headers = {**_HEADERS, "Content-Disposition": _attachment(text.PACK_FILE, "zip")}
    if request.method == "HEAD":
        return Response(headers=headers, media_type=kind)
    try:
        return _Sent(workspace_zip.pack(state.workspace()), kind, headers)
    except WorkspaceUnavailable as error:
        return PlainTextResponse(str(error), 503, _HEADERS)
    except (BadInput, OSError) as error:
        said = str(error) if isinstance(error, BadInput) else text.NOT_PACKED.format(reason=error.strerror)
        return PlainTextResponse(said, 507, _HEADERS)


WORKSPACE = "/download/workspace.zip"
ROUTES = [
    Route(WORKSPACE, download_workspace),
    Route("/download/{run_id}/{file}", download_file),
    Route("/download/dataset/{dataset_id}/{file}", download_bundle),
    Route("/download/{first}/with/{second}/{file}", download_comparison),
]


def _nothing() -> Response:
    return PlainTextResponse("There is nothing to download here.", 404, _HEADERS)


def _attachment(name: str, suffix: str) -> str:
    """The header that makes a browser save the file under a readable name (RFC 6266), whatever is in it."""
    clean = re.sub(r"[^\w,()-]+", " ", name).strip()[:150].strip() or "facetry"
    ascii_ = " ".join(clean.encode("ascii", "ignore").decode().split()) or "facetry"
    return f"attachment; filename=\"{ascii_}.{suffix}\"; filename*=UTF-8''{quote(clean, safe='')}.{suffix}"
