"""All results of a dataset in one file, for a notebook: a row an image, a column a run, with scores and settings.

As Parquet, what belongs to no image (runs, leaderboard, agreement) is JSON in the file's metadata under "facetry".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.errors import BadInput
from core.export.tables import csv_pieces
from core.ingest import result_files
from core.results import together
from core.results.run_view import View
from core.results.selection import REST
from core.results.together import Consensus
from core.store import Store
from core.workspace import Workspace

_PART = 1 << 20


def parquet(store: Store, dataset_id: str) -> Iterator[bytes]:
    """The bundle as Parquet: "image", "truth: COLUMN" of each column of ground truth, and a column a run."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    views = _views(store, dataset_id)
    columns = _columns(store, dataset_id, views)
    about = {"facetry": json.dumps(_about(store, dataset_id, views), ensure_ascii=False)}
    table = pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()})
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata(about), sink)
    content = memoryview(sink.getvalue())
    for start in range(0, len(content), _PART):
        yield bytes(content[start : start + _PART])


def as_json(store: Store, dataset_id: str) -> Iterator[bytes]:
    """The bundle as JSON: {"images": {column: [...]}, "runs": [...], "leaderboards": {...}, "agreement": {...}}."""
    views = _views(store, dataset_id)
    whole = {"images": _columns(store, dataset_id, views), **_about(store, dataset_id, views)}
    yield (json.dumps(whole, ensure_ascii=False) + "\n").encode("utf-8", "replace")


FILES = {
    "bundle.parquet": (parquet, "application/vnd.apache.parquet"),
    "bundle.json": (as_json, "application/json"),
}
"""File -> what makes it, and its media type."""


def consensus_file(workspace: Workspace, found: Consensus, dataset_id: str) -> tuple[Path, str]:
    """What several runs say together as a table of results, kept in the workspace, and what it is called; it becomes a
    run as results from elsewhere do."""
    images = workspace.store.datasets.names(dataset_id)
    rows = ((images[item], group, round(share, 4)) for item, (group, share) in found.groups.items() if item in images)
    content = b"".join(csv_pieces(("image", "cluster", "confidence"), rows))
    return result_files.keep(workspace.config, [("consensus.csv", content)])


def _views(store: Store, dataset_id: str) -> list[View]:
    views = together.views_of(store, dataset_id)
    if not views:
        raise BadInput("No run over these images is sorted yet, so there is nothing to take away.")
    return views


def _names(views: list[View]) -> dict[str, str]:
    """Run -> its column: what it groups by and its id, which tells runs by the same words apart."""
    return {view.run.id: f"{view.run.name or view.run.settings.criterion} ({view.run.id})" for view in views}


def _columns(store: Store, dataset_id: str, views: list[View]) -> dict[str, list[str | None]]:
    """Column -> a cell for each image of the dataset, None where there is nothing: no group, no label."""
    images = store.datasets.names(dataset_id)
    columns: dict[str, list[str | None]] = {"image": list(images.values())}
    for facet in store.datasets.facets(dataset_id):
        truth = store.datasets.truth(dataset_id, facet)
        columns[f"truth: {facet}"] = [truth.get(item) for item in images]
    for view in views:
        names = {cluster.id: cluster.name for cluster in view.edited.clusters}
        groups = {
            item: names.get(group) for item, _, group in store.placements.groups(view.run.id) if group not in REST
        }
        columns[_names(views)[view.run.id]] = [groups.get(item) for item in images]
    return columns


def _about(store: Store, dataset_id: str, views: list[View]) -> dict[str, Any]:
    names, ids = _names(views), [view.run.id for view in views]
    agreed = together.agreements(store, ids)
    return {
        "runs": [
            {"run": view.run.id, "column": names[view.run.id], "settings": asdict(view.run.settings)} for view in views
        ],
        "leaderboards": {
            facet: [asdict(one) for one in together.leaderboard(store, views, facet)]
            for facet in store.datasets.facets(dataset_id)
        },
        "agreement": {names[one]: {names[other]: agreed[one, other] for other in ids} for one in ids},
    }
