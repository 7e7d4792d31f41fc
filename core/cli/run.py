"""`python -m core run`: describe, label, name and assign, and write the results."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace

from core.cli import asking_options, baseline, common, estimate
from core.domain import RunSettings
from core.errors import BadInput
from core.export import run_files
from core.ingest import focus, source
from core.ingest.source import Source
from core.models.baseline.recipe import is_baseline
from core.pipeline import baselines, runs, validation
from core.pipeline.labels import images_of
from core.prompts import presets
from core.workspace import Workspace

AUTO = "auto"
"""What --k takes beside a number."""


def act(options: argparse.Namespace) -> int:
    """Do it; returns the exit status. Raises FacetryError, OSError."""
    settings = _settings(options)
    out = common.out_folder(options)
    validation.check_settings(settings, given=settings.k)  # before anything is searched, opened or loaded
    place = common.place_of(options)
    some = _some(options, settings.k)
    if some:  # of a few images models look at all
        settings = replace(settings, share=1.0)
    number = some or options.limit
    origin = source.find(
        options.images,
        options.records,
        place,
        number,
        spread=bool(some),
        pdf_pages=options.pdf_pages,
        encoding=common.encoding_of_images(options),
        focus=focus.read(options.only).spec if options.only else "",
    )
    common.say(origin.note)
    with common.opened(place) as workspace:
        kept = workspace.store.preferences.get(presets.PREFERENCE)
        settings = asking_options.with_presets(settings, options.preset, kept)
        if options.k == AUTO:
            settings = replace(settings, k=_stands_out(workspace, origin, settings))
        if options.estimate:
            estimate.show(estimate.of(workspace, origin, runs.check(workspace, origin, settings)))
            return 0
        run_id = runs.start(workspace, origin, settings, go_on=True)
        estimate.keep(workspace, run_id, origin)
        with common.ending(workspace, run_id) as end:
            runs.run(workspace, run_id, "assign", origin=origin, on_progress=common.Line())
        found = run_files.write(workspace, run_id, out)
        status = common.summary(found, out)
        if options.baseline:
            common.say(baselines.unmet(settings, images_of(workspace.store, origin.dataset_id)))
        estimate.against(workspace, run_id)
    return end.said() or status


def _settings(options: argparse.Namespace) -> RunSettings:
    """What the options say of the run; its images are found later. Raises BadInput."""
    if bool(options.baseline) == (options.criterion is not None):
        raise BadInput("Give either --criterion, or --baseline for groups without words.")
    if options.baseline and options.names:
        raise BadInput(
            "A baseline forms groups without words, so that it takes no --names. Rename its groups in the app."
        )
    if options.baseline:
        return baseline.settings(options, 2 if options.k == AUTO else _k(options.k, ()) if options.k else 0)
    names = tuple(name.strip() for name in options.names.split(",")) if options.names else ()
    settings = RunSettings(
        dataset_id="",
        criterion=options.criterion,
        k=_k(options.k, names),
        vision="records" if options.records else options.vision,
        text=options.text,
        records=options.records,
        names=names,
        truth=common.truth_of(options),
        limit=options.limit,
        wording=asking_options.wording(options),
        asking=asking_options.asking(options),
        fallback=options.fallback,
        cap=options.cap,
        share=options.share,
    )
    if options.only and not options.images:
        raise BadInput("--only needs --images: descriptions have no parts that could be looked at.")
    if options.limit < 0:
        raise BadInput(f"--limit must be 0 (all) or more, not {options.limit}.")
    if options.vision == "records" and not options.records:
        raise BadInput("--vision records needs the file of descriptions: --records FILE.jsonl")
    return settings


def _some(options: argparse.Namespace, k: int) -> int:
    """How many images to try, 0 for all."""
    if options.some is None:
        return 0
    if options.limit:
        raise BadInput("Give --try or --limit, not both.")
    if not options.images:
        raise BadInput("--try needs --images; of descriptions alone, --limit N takes the first N.")
    if options.some < 0:
        raise BadInput(f"--try must be 1 or more, not {options.some}.")
    return int(options.some) or validation.sample_size(k)


def _stands_out(workspace: Workspace, origin: Source, settings: RunSettings) -> int:
    """How many groups the criterion says, labels say, or stand out in a sample; else what most criteria on the
    images' features take. 0 where a chat model is to find out. Raises BadInput where nothing tells."""
    from core.cli import suggest  # not loaded where a number was given

    runs.check(workspace, origin, settings)
    if is_baseline(settings.text):
        return _counted(workspace, origin, settings)
    asks = validation.can_count(settings) and settings.share == 1
    number = suggest.number_of(workspace, origin, settings.criterion, settings.truth, looks=not asks)
    if not number.k and asks:
        print("As many groups as the text model keeps apart: it is asked about neighbours in doubt.", file=sys.stderr)
        return 0
    if not number.k:
        return max(_counted(workspace, origin, settings), len(settings.names))
    found = replace(settings, k=max(number.k, len(settings.names)))
    print(f"{found.k} groups: {suggest.reason(number)}.", file=sys.stderr)
    validation.check_settings(found, origin.given)
    return found.k


def _counted(workspace: Workspace, origin: Source, settings: RunSettings) -> int:
    """How many groups the images' features fall into, which is said. Raises FacetryError."""
    from core.cli import suggest  # not loaded where a number was given

    found = baseline.counted(workspace, suggest.looked_at(workspace, origin), settings)
    print(f"{found.recommended} groups: {baseline.reason(found)}.", file=sys.stderr)
    return found.recommended


def _k(text: str, names: Sequence[str]) -> int:
    if not text and names:
        return len(names)
    if text == AUTO:
        return max(1, len(names))  # until the images were looked at
    try:
        return int(text)
    except ValueError:
        raise BadInput(f"--k needs a whole number of groups, not “{text}”.") from None
