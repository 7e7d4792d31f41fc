"""`python -m core run`: describe, label, name and assign, and write the results."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace

from core import pipeline, report
from core.commands import asking, shared
from core.domain import RunSettings
from core.errors import BadInput, Paused
from core.estimate import estimate
from core.ingest import source
from core.ingest.source import Source
from core.prompts import presets
from core.workspace import Workspace


def add(commands: argparse._SubParsersAction[shared.Parser]) -> None:
    run = commands.add_parser("run", help="describe, label, name and assign; write the results to --out")
    run.add_argument(
        "--images",
        default="",
        metavar="WHERE",
        help="folder, ZIP file, PDF file, CSV or Parquet table that lists images, s3://BUCKET/FOLDER, hf:NAME[:SPLIT]",
    )
    run.add_argument("--pdf-pages", action="store_true", help="take PDF files as their pages, not the images in them")
    run.add_argument("--criterion", required=True, metavar="TEXT", help="what to group by, e.g. colour")
    run.add_argument("--k", default="", metavar="N", help="how many groups")
    shared.out_option(run)
    run.add_argument("--vision", default="builtin", metavar="KIND[:MODEL]", help="who describes (default: builtin)")
    run.add_argument(
        "--text", default="builtin", metavar="KIND[:MODEL]", help="who labels and assigns (default: builtin)"
    )
    run.add_argument("--records", default="", metavar="FILE.jsonl", help="descriptions made elsewhere, one JSON a line")
    run.add_argument("--names", default="", metavar="A,B,C", help="group names fixed beforehand")
    shared.truth_option(run)
    run.add_argument("--limit", type=int, default=0, metavar="N", help="use the first N images only")
    shared.workspace_option(run)
    asking.add(run)
    run.set_defaults(act=_act)


def _act(options: argparse.Namespace) -> int:
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
        asking.wording(options),
        asking.asking(options),
        options.fallback,
        options.cap,
        options.share,
    )
    if options.limit < 0:
        raise BadInput(f"--limit must be 0 (all) or more, not {options.limit}.")
    if options.records:
        settings = replace(settings, vision="records")
    elif options.vision == "records":
        raise BadInput("--vision records needs the file of descriptions: --records FILE.jsonl")
    out = shared.out_folder(options)
    pipeline.check_settings(settings, given=settings.k)  # before anything is searched, opened or loaded
    place = shared.place_of(options)
    origin = source.find(options.images, options.records, place, options.limit, pdf_pages=options.pdf_pages)
    with shared.opened(place) as workspace:
        kept = workspace.store.preferences.get(presets.PREFERENCE)
        settings = asking.with_presets(settings, options.preset, kept)
        if options.estimate:
            return _estimate(workspace, origin, settings)
        run_id = pipeline.start(workspace, origin, settings)
        paused = ""
        try:
            pipeline.run(workspace, run_id, "assign", origin=origin, on_progress=shared.Line())
        except Paused as pause:  # what there is is written, and the same command goes on
            paused = str(pause)
        found = report.write(workspace, run_id, out)
    status = shared.summary(found, out)
    if paused:
        print(paused, file=sys.stderr)
    return 1 if paused else status


def _estimate(workspace: Workspace, origin: Source, settings: RunSettings) -> int:
    """Say what the run would take. What was answered before is known only of images that were looked at before."""
    looked_at = [item.item_id for item in workspace.store.datasets.items(origin.dataset_id)]
    found = estimate(workspace.store, settings, looked_at or source.names(origin))
    print(f"{'':10}{'items':>9}{'known':>9}{'requests':>10}{'tokens':>12}{'minutes':>9}{'dollars':>9}")
    for step, one in found.steps.items():
        tokens = one.prompt_tokens + one.completion_tokens
        cost = "unknown" if one.cost is None else f"{one.cost:.2f}"
        print(
            f"{step:10}{one.items:9,}{one.known:9,}{one.requests:10,.0f}{tokens:12,.0f}{one.seconds / 60:9.1f}{cost:>9}"
        )
    total = "unknown" if found.cost is None else f"{found.cost:.2f}"
    print(f"{'in all':10}{'':18}{found.requests:10,.0f}{found.tokens:12,.0f}{found.seconds / 60:9.1f}{total:>9}")
    return 0


def _k(text: str, names: Sequence[str]) -> int:
    if not text and names:
        return len(names)
    if text == "auto":
        raise BadInput("--k auto is not built yet; give a number of groups.")
    try:
        return int(text)
    except ValueError:
        raise BadInput(f"--k needs a whole number of groups, not “{text}”.") from None
