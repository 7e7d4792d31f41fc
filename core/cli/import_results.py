"""`python -m core import`: results made elsewhere become a run, and are scored."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from core.cli import common
from core.export import run_files
from core.pipeline.import_results import bring_in


def add(commands: argparse._SubParsersAction[common.Parser]) -> None:
    bring = commands.add_parser("import", help="make a run from results made elsewhere, and score it")
    bring.add_argument(
        "path",
        metavar="PATH",
        help="CSV, JSONL or Parquet of image and cluster, or a folder with IC|TC's result files",
    )
    bring.add_argument("--images", default="", metavar="DIR|ZIP|CSV", help="the images that were grouped, to show them")
    common.truth_option(bring)
    bring.add_argument("--name", default="", metavar="TEXT", help="what was grouped by (default: the file's name)")
    common.out_option(bring)
    common.workspace_option(bring)
    bring.set_defaults(act=_act)


def _act(options: argparse.Namespace) -> int:
    out = common.out_folder(options)
    with common.opened(common.place_of(options)) as workspace:
        brought = bring_in(
            workspace,
            Path(options.path),
            images=options.images,
            truth=options.truth,
            name=options.name,
            on_progress=common.Line(),
        )
        written = run_files.write(workspace, brought.run_id, out, brought.without_image)
    for name, reason in brought.left_out:
        print(f"Left out: {name}: {reason}", file=sys.stderr)
    return common.summary(written, out)
