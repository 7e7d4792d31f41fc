"""`python -m core get`: models of the catalogue on the command line, listed, fetched and tried, or removed."""

from __future__ import annotations

import argparse
import sys
import time

from core.cli import common
from core.errors import ModelUnavailable
from core.models import parts
from core.models.catalogue import getting
from core.models.catalogue.entries import entries, entry
from core.models.catalogue.getting import Getting
from core.models.catalogue.shelf import Place
from core.models.transformers.checkpoint_files import gigabytes

_POLL_SECONDS = 0.5


def act(options: argparse.Namespace) -> int:
    """Do it; returns the exit status. Raises FacetryError, OSError."""
    root = common.place_of(options).models
    if not options.name:
        for listed in entries().values():
            print("\t".join(_columns(Place(listed, root))))
        return 0
    place = Place(entry(options.name), root)
    if options.remove:
        place.remove()
        print(f"{place.entry.name} is not on this computer any more.")
        return 0
    getting.start(place, lambda done: None)
    try:
        now = _followed()
    except KeyboardInterrupt:
        getting.cancel()
        raise
    if now.error:
        raise ModelUnavailable(now.error)
    if record := place.record():
        print(f"It answered in {record.seconds:.1f} s: {' '.join(record.said.split())}", file=sys.stderr)
        if not record.right:
            common.say("that does not name what it was shown or asked. Use it only if its answers suit you.")
    for role in place.entry.roles:
        print(f"--{role} {place.spec}")
    return 0


def _columns(place: Place) -> tuple[str, ...]:
    """What a list says of a model; tabs in between."""
    entry = place.entry
    state = "here" if place.is_whole() else f"{gigabytes(place.here())} of it here" if place.here() else "not here"
    return (
        entry.id,
        entry.name,
        "+".join(entry.roles),
        gigabytes(entry.size),
        f"{entry.memory_gb:g} GB of {'a graphics card' if entry.graphics_card else 'memory'}",
        entry.licence,
        state,
        entry.good_at,
    )


def _followed() -> Getting:
    """Say what is done on stderr, on a terminal also how far it is, until it is over."""
    step = ""
    moves = sys.stderr.isatty()
    while True:
        now = getting.now()
        assert now
        if now.over:
            if moves:
                print(file=sys.stderr)
            return now
        if moves:
            print(f"\r\x1b[K{_said(now)}", end="", file=sys.stderr, flush=True)
        elif now.step != step:
            print(_said(now), file=sys.stderr)
        step = now.step
        time.sleep(_POLL_SECONDS)


def _said(now: Getting) -> str:
    if now.step == "part":
        adding = parts.adding()
        return f"Adding what it runs on: {adding.said or 'begins' if adding else 'begins'}"
    if now.step == "fetching":
        left = "" if now.seconds_left is None else f", {now.seconds_left / 60:.1f} min left"
        return f"Fetching {now.place.entry.name}: {gigabytes(now.here)} of {gigabytes(now.total)}{left}"
    return "Checking the files." if now.step == "checking" else "Loading and testing it."
