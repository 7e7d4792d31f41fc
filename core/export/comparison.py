"""A comparison of two runs as files: the matrix, each image with both its groups, and all of it as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.errors import BadInput
from core.export.tables import csv_pieces, write_pieces
from core.results.compare import Alone, Comparison, differing, spent
from core.results.run_view import View
from core.results.selection import REST

IMAGES = ("image", "first", "second", "changed")


def matrix(found: Comparison) -> Iterator[bytes]:
    """A row a group of the first run, a column a group of the second, in the fields how many images, as CSV."""
    return csv_pieces(_header(found), _matrix_rows(found))


def images(found: Comparison) -> Iterator[bytes]:
    """A row an image that both have, as CSV. changed: "yes" or "no"; empty for two criteria."""
    return csv_pieces(IMAGES, _image_rows(found))


def whole(found: Comparison) -> Iterator[bytes]:
    """`about` as JSON."""
    yield (json.dumps(about(found), indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")


FILES: dict[str, tuple[Callable[[Comparison], Iterator[bytes]], str]] = {
    "matrix.csv": (matrix, "text/csv; charset=utf-8"),
    "images.csv": (images, "text/csv; charset=utf-8"),
    "comparison.json": (whole, "application/json"),
}
"""File -> what makes it, and its media type."""


def write(found: Comparison, out: Path) -> None:
    """Write all of FILES into a folder. Raises BadInput where they cannot be written."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        for file, (make, _) in FILES.items():
            write_pieces(out / file, make(found))
    except OSError as error:
        raise BadInput(
            f"The comparison could not be written to {out} ({error.strerror or 'unknown reason'})."
        ) from None


def about(found: Comparison) -> dict[str, Any]:
    """What comparison.json holds."""
    here, there = found.names
    return {
        "first": _run(found.first),
        "second": _run(found.second),
        "crossed": found.crossed,
        "images": found.images,
        "only_in_first": found.alone[0],
        "only_in_second": found.alone[1],
        "agreement": found.agreement,
        "changed": None if found.crossed else found.number(found.changed),
        "flow": [
            {"first": here[one], "second": there[other], "images": found.flow[one, other]}
            for one in found.rows
            for other in found.columns
            if (one, other) in found.flow
        ],
        "corresponding": [
            {"first": here[one], "second": there[other], "images": found.flow.get((one, other), 0)}
            for one, other in found.matched.items()
        ],
        "gone": [_alone(group, there) for group in found.gone],
        "new": [_alone(group, here) for group in found.new],
        "settings": [
            {"setting": key, "first": one, "second": other}
            for key, one, other in differing(found.first.run.settings, found.second.run.settings)
        ],
    }


def _run(view: View) -> dict[str, Any]:
    sizes, states = view.sizes(), view.states()
    scores = view.metrics()
    return {
        "run": view.run.id,
        "name": view.run.name,
        "criterion": view.run.settings.criterion,
        "groups": [{"name": cluster.name, "images": sizes[cluster.id]} for cluster in view.edited.clusters],
        **{state: states[state] for state in REST},
        "took": asdict(spent(view.run.stats)),
        "scores": {key: scores[key] for key in ("n", "acc", "nmi", "ari", "name_acc")} if scores else None,
    }


def _alone(group: Alone, names: Mapping[str, str]) -> dict[str, Any]:
    elsewhere = {names[key]: number for key, number in group.elsewhere.items()}
    return {"name": group.cluster.name, "images": group.size, "elsewhere": elsewhere}


def _header(found: Comparison) -> tuple[str, ...]:
    return "", *(found.names[1][column] for column in found.columns)


def _matrix_rows(found: Comparison) -> Iterator[tuple[object, ...]]:
    for row in found.rows:
        yield found.names[0][row], *(found.flow.get((row, column), 0) for column in found.columns)


def _image_rows(found: Comparison) -> Iterator[tuple[object, ...]]:
    (here, there), changed = found.names, set(found.changed)
    for name, one, other in found.each():
        said = "" if found.crossed else "yes" if (one, other) in changed else "no"
        yield name, here[one], there[other], said
