"""`python -m core read`: read what is written in all images, for the search and as a table."""

from __future__ import annotations

import argparse
import sys
import threading

from core.cli import common
from core.cli.suggest import looked_at
from core.errors import BadInput
from core.export.tables import write_csv
from core.ingest import source
from core.models.reading.reader import READER_ID
from core.pipeline.read_text import read_all, text_read
from core.typed_path import typed_path

_COLUMNS = ("image", "text")


def act(options: argparse.Namespace) -> int:
    """Do it; returns the exit status. Raises FacetryError, OSError."""
    out = typed_path(options.out) if options.out else None
    if out and out.is_dir():
        raise BadInput(f"{out} is a folder; --out needs the name of a table (FILE.csv).")
    place = common.place_of(options)
    origin = source.find(
        options.images, "", place, pdf_pages=options.pdf_pages, encoding=common.encoding_of_images(options)
    )
    common.say(origin.note)
    with common.opened(place) as workspace:
        given = looked_at(workspace, origin)
        failed = read_all(workspace, given.id, threading.Event(), common.Line())
        names = workspace.store.datasets.names(given.id)
        for item, reason in failed.items():
            print(f"Failed: {names[item]}: {reason}", file=sys.stderr)
        for row in workspace.store.datasets.skipped(given.id):
            print(f"Skipped: {row.name}: {row.reason}", file=sys.stderr)
        found = text_read(workspace, given.id)
        print(f"Text was found in {found.with_text:,} of {found.images:,} images.")
        if out:
            read = workspace.store.readings.find(READER_ID, list(names))
            rows = ((name, "\n".join(line.text for line in read.get(item, ()))) for item, name in names.items())
            try:
                write_csv(out, _COLUMNS, rows)
            except OSError as error:
                raise BadInput(f"{out} could not be written ({error.strerror or 'unknown reason'}).") from None
            print(f"Written to {out}")
    return 1 if failed else 0
