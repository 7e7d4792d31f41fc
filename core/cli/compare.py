"""`python -m core compare`: two runs on the same images, side by side or, by two criteria, crossed."""

from __future__ import annotations

import argparse

from core.cli import common
from core.errors import BadInput
from core.export import comparison
from core.results.compare import compare


def act(options: argparse.Namespace) -> int:
    """Do it; returns the exit status. Raises FacetryError, OSError."""
    out = common.out_folder(options) if options.out else None
    place = common.place_of(options)
    if not place.workspace.is_dir():
        raise BadInput(f"There is no workspace at {place.workspace}. Name it with --workspace DIR.")
    with common.opened(place) as workspace:
        found = compare(workspace.store, options.first, options.second)
        if out:
            comparison.write(found, out)
    changed = "" if found.crossed else f", {found.number(found.changed):,} changed"
    print(f"{found.images:,} images in both{changed}")
    here, there = found.names
    for one in found.rows:
        went = [(there[other], number) for other in found.columns if (number := found.flow.get((one, other), 0))]
        print(f"{here[one]}\t{', '.join(f'{name} {number:,}' for name, number in went)}")
    for key, value in found.agreement.items():
        if key != "images":
            print(f"{key.upper()} {value:.3f}")
    if out:
        print(f"Written to {out}")
    return 0
