"""`python -m core import`: results made elsewhere become a run, and are scored."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from core.cli import common
from core.export import run_files
from core.ingest import result_files
from core.pipeline.import_results import bring_in


def act(options: argparse.Namespace) -> int:
    """Do it; returns the exit status. Raises FacetryError, OSError."""
    out = common.out_folder(options)
    place, path, called = common.place_of(options), Path(options.path), ""
    if encoding := common.table_encoding(options):
        path, called = result_files.keep_read_as(place, path, encoding)
    with common.opened(place) as workspace:
        brought = bring_in(
            workspace,
            path,
            called=called,
            images=options.images,
            encoding=common.encoding_of_images(options),
            truth=common.truth_of(options),
            name=options.name,
            on_progress=common.Line(),
        )
        written = run_files.write(workspace, brought.run_id, out, brought.without_image)
    common.say(brought.note)
    for name, reason in brought.left_out:
        print(f"Left out: {name}: {reason}", file=sys.stderr)
    return common.summary(written, out)
