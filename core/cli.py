"""The command line: `python -m core run ...` does what the app does, unattended, and writes files.

Exit status: 0 done, 1 done with failures listed, 2 unusable input with one clear sentence on stderr.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from core import pipeline, report
from core.config import config
from core.domain import Progress, RunSettings
from core.errors import BadInput, FacetryError
from core.ingest import source
from core.results import Row
from core.workspace import Workspace


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without a page of usage."""

    def error(self, message: str) -> NoReturn:
        raise BadInput(f"{message[0].upper()}{message[1:]}. See: python -m core run --help")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    try:
        options = _parser().parse_args(arguments)
        return _run(options)
    except FacetryError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped. What was finished is kept; the same command continues.", file=sys.stderr)
        return 130


def _parser() -> _Parser:
    parser = _Parser(prog="python -m core", description="Group images by any criterion you can put in words.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    run = commands.add_parser("run", help="describe, label, name and assign; write the results to --out")
    run.add_argument(
        "--images", default="", metavar="DIR|ZIP|CSV", help="folder of images, ZIP file, or CSV that lists images"
    )
    run.add_argument("--criterion", required=True, metavar="TEXT", help="what to group by, e.g. colour")
    run.add_argument("--k", default="", metavar="N", help="how many groups")
    run.add_argument("--out", required=True, metavar="DIR", help="where the results go")
    run.add_argument("--vision", default="builtin", metavar="KIND[:MODEL]", help="who describes (default: builtin)")
    run.add_argument(
        "--text", default="builtin", metavar="KIND[:MODEL]", help="who labels and assigns (default: builtin)"
    )
    run.add_argument("--records", default="", metavar="FILE.jsonl", help="descriptions made elsewhere, one JSON a line")
    run.add_argument("--names", default="", metavar="A,B,C", help="group names fixed beforehand")
    run.add_argument("--truth", default="", metavar="WHERE", help="ground truth: folder, filename or CSV[:COLUMN]")
    run.add_argument("--limit", type=int, default=0, metavar="N", help="use the first N images only")
    run.add_argument("--workspace", default="", metavar="DIR", help="where answers are kept (default: data/workspace)")
    return parser


def _run(options: argparse.Namespace) -> int:
    names = tuple(one.strip() for one in options.names.split(",")) if options.names else ()
    settings = RunSettings(
        "",
        options.criterion,
        _k(options.k, names),
        options.vision,
        options.text,
        options.records,
        names,
        options.truth,
        options.limit,
    )
    if options.limit < 0:
        raise BadInput(f"--limit must be 0 (all) or more, not {options.limit}.")
    if options.records:
        settings = replace(settings, vision="records")
    elif options.vision == "records":
        raise BadInput("--vision records needs the file of descriptions: --records FILE.jsonl")
    out = Path(options.out)
    if out.exists() and not out.is_dir():
        raise BadInput(f"{out} is a file; --out needs a folder.")
    pipeline.check_settings(settings, given=settings.k)  # before anything is searched, opened or loaded
    place = config()
    if options.workspace:
        place = replace(place, workspace=Path(options.workspace).expanduser().resolve())
    origin = source.find(options.images, options.records, place, options.limit)
    workspace = Workspace(place)
    try:
        run_id = pipeline.start(workspace, origin, settings)
        pipeline.run(workspace, run_id, "assign", origin=origin, on_progress=_Line())
        found = report.write(workspace, run_id, out)
    finally:
        workspace.close()
    return _summary(found, out)


def _k(text: str, names: Sequence[str]) -> int:
    if not text and names:
        return len(names)
    if text == "auto":
        raise BadInput("--k auto is not built yet; give a number of groups.")
    try:
        return int(text)
    except ValueError:
        raise BadInput(f"--k needs a whole number of groups, not “{text}”.") from None


class _Line:
    """One line a finished step on stderr, and a moving one while it works on a terminal."""

    def __call__(self, progress: Progress) -> None:
        line = f"{progress.step}: {progress.done} of {progress.total}"
        if progress.failures:
            line += f", {progress.failures} failed"
        if progress.seconds_left and progress.done < progress.total:
            line += f", {progress.seconds_left:.0f} s left"
        if progress.done == progress.total:
            print(line, file=sys.stderr)
        elif sys.stderr.isatty():
            print(f"{line}   ", end="\r", file=sys.stderr)


def _summary(written: report.Written, out: Path) -> int:
    """Say what came out, and list every failure; return the exit status."""
    for warning in written.warnings:
        print(f"Warning: {warning}", file=sys.stderr)
    for name, reason in written.skipped:
        print(f"Skipped: {name}: {reason}", file=sys.stderr)
    failed: list[Row] = [row for row in written.rows if row.state == "failed"]
    for row in failed:
        print(f"Failed: {row.name}: {row.reason}", file=sys.stderr)
    for cluster, size in written.sizes:
        print(f"{size:6d}  {cluster}")
    if written.scores:
        shown = ("acc", "nmi", "ari", "name_acc")
        print("  ".join(f"{key} {written.scores[key]:.3f}" for key in shown if written.scores[key] is not None))
    print(f"Written to {out}")
    return 1 if failed else 0
