"""`python -m core import`: results made elsewhere become a run, and are scored."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from core.cli import common
from core.export import run_files
from core.pipeline.import_results import bring_in


def act(options: argparse.Namespace) -> int:
    """Do it; returns the exit status. Raises FacetryError, OSError."""
    out = common.out_folder(options)
    with common.opened(common.place_of(options)) as workspace:
        brought = bring_in(
            workspace,
            Path(options.path),
            images=options.images,
            encoding=common.zip_names(options),
            truth=options.truth,
            name=options.name,
            on_progress=common.Line(),
        )
        written = run_files.write(workspace, brought.run_id, out, brought.without_image)
    common.say(brought.note)
    for name, reason in brought.left_out:
        print(f"Left out: {name}: {reason}", file=sys.stderr)
    return common.summary(written, out)
