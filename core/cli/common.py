"""What the commands share: the workspace, progress on stderr, the summary that gives the exit status."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from core.config import Config, config
from core.domain import Progress
from core.errors import BadInput, FacetryError, Paused, TooFewAnswers
from core.evaluate.metrics import sentence
from core.export import run_files
from core.ingest.ground_truth import ALIKE, ALONG, ENCODED, NAMES
from core.ingest.sources import huggingface_hub
from core.ingest.table import NAMED as TABLES
from core.ingest.text import NAME_PAGES, TABLE_PAGES, UTF_8
from core.pipeline.labels import Fit
from core.pipeline.met_records import RecordsFit
from core.typed_path import typed_path
from core.workspace import Workspace

_NAMED = 5
"""Files of one note that are named."""
_REASONS = 3
"""So many reasons of failures are said together, the commonest first."""


def place_of(options: argparse.Namespace) -> Config:
    """The settings in force, with the workspace that the command names."""
    place = config()
    if options.workspace:
        place = replace(place, workspace=typed_path(options.workspace).resolve())
    return place


@contextmanager
def opened(place: Config) -> Iterator[Workspace]:
    """The workspace, closed at the end; says so where its database had to be restored. Raises WorkspaceUnavailable."""
    workspace = Workspace(place)
    try:
        for restoration in workspace.store.restorations.unread():
            print(restoration.sentence(workspace.folder), file=sys.stderr)
        workspace.store.restorations.mark_read()
        yield workspace
    finally:
        workspace.close()


def zip_names(options: argparse.Namespace) -> str:
    """The encoding that --zip-names gives, as Python calls it; "" for none. Raises BadInput."""
    if not options.zip_names:
        return ""
    if options.zip_names.lower() in (UTF_8, *NAME_PAGES):
        return str(options.zip_names.lower())
    known = ", ".join((UTF_8, *NAME_PAGES))
    raise BadInput(f"--zip-names must be one of {known}, not “{options.zip_names}”.")


def table_encoding(options: argparse.Namespace) -> str:
    """The same that --table-encoding gives. Raises BadInput."""
    if not options.table_encoding or options.table_encoding.lower() in TABLE_PAGES:
        return str(options.table_encoding.lower())
    raise BadInput(f"--table-encoding must be one of {', '.join(TABLE_PAGES)}, not “{options.table_encoding}”.")


def encoding_of_images(options: argparse.Namespace) -> str:
    """What the names of the images are written in: the table that lists them, or a ZIP file or folder. Raises
    BadInput."""
    names, table = zip_names(options), table_encoding(options)
    return table if Path(options.images).suffix.lower() in TABLES else names


def truth_of(options: argparse.Namespace) -> str:
    """The address of the labels, with what their table is written in where that was said. Raises BadInput."""
    encoding = table_encoding(options)
    spelled = ALIKE if options.truth.startswith(ALIKE) else ""
    address = options.truth.removeprefix(ALIKE)
    is_table = address and address not in NAMES and not address.startswith((ENCODED, *ALONG, huggingface_hub.PREFIX))
    return f"{spelled}{ENCODED}{encoding}:{address}" if encoding and is_table else options.truth


def say(note: str) -> None:
    """A note on stderr, if there is one."""
    if note:
        print(f"Note: {note}", file=sys.stderr)


def out_folder(options: argparse.Namespace) -> Path:
    """Where the results go. Raises BadInput for a file; said before hours of work."""
    out = typed_path(options.out)
    if out.exists() and not out.is_dir():
        raise BadInput(f"{out} is a file; --out needs a folder.")
    return out


@dataclass
class End:
    """How a run ended before all was done. sentence: why, or "" where it did not. status: what it exits with."""

    sentence: str = ""
    status: int = 0

    def said(self) -> int:
        """Say why on stderr; return the exit status that this means."""
        if self.sentence:
            print(self.sentence, file=sys.stderr)
        return self.status


@contextmanager
def ending(workspace: Workspace, run_id: str) -> Iterator[End]:
    """Let a run end early in the block (a cap, credit, a key, a server): what was answered is to be written all the
    same, and the same command goes on. Where all failed, the reasons are. Raises what ended it where
    nothing was answered otherwise, or was given wrongly."""
    end = End()
    try:
        yield end
    except BadInput:
        raise
    except FacetryError as error:
        held = workspace.store.answers.step_counts(run_id).values()
        answered = isinstance(error, Paused) or any(number > failed for number, failed in held)
        if not answered and not isinstance(error, TooFewAnswers):
            raise
        end.sentence, end.status = str(error), 1 if answered else 2


class Line:
    """One line a finished step on stderr, and a moving one while it works on a terminal."""

    def __call__(self, progress: Progress) -> None:
        if progress.step == "load":
            print(progress.latest[1], file=sys.stderr)
            return
        line = f"{progress.step}: {progress.done} of {progress.total}"
        if progress.failures:
            line += f", {progress.failures} failed"
        if progress.seconds_left and progress.done < progress.total:
            line += f", {progress.seconds_left:.0f} s left"
        if progress.done == progress.total:
            print(line, file=sys.stderr)
        elif sys.stderr.isatty():
            print(f"{line}   ", end="\r", file=sys.stderr)


def _say_labels(found: Fit) -> None:
    """How labels met images where that is not plain, which rows met none, and which images have two labels."""
    seen = found.preview
    if seen.column:
        facet = seen.facet.removeprefix(ALIKE)
        say(f"Labels are those of the column “{facet}”; the column “{seen.column}” names the images.")
    if seen.how:
        say(f"The table of labels: {seen.how}.")
    for way in seen.ways:
        say(way.said("Labels"))
    if seen.unmatched:
        first = ", ".join(seen.unmatched_examples) + (", …" if seen.unmatched > len(seen.unmatched_examples) else "")
        say(f"Rows of the table that name no image here: {seen.unmatched} ({first}).")
    for words, listed in (("Two labels", found.twice), ("Nearly the same, other label", found.near)):
        for two in listed:
            print(f"{words}: {'; '.join(f'{name}: {label}' for _, name, label in two.said)}", file=sys.stderr)
    for labels in seen.alike:
        say(f"Labels that may mean one: {', '.join(labels)}. They count as one with --truth alike:WHERE.")


def _say_records(found: RecordsFit) -> None:
    """How descriptions or results were read and met images where that is not plain, and what met none."""
    say(found.note)
    for way in found.ways:
        say(way.said("Rows"))
    if found.unmatched:
        first = ", ".join(found.unmatched[:_NAMED]) + (", …" if len(found.unmatched) > _NAMED else "")
        say(f"Rows that name no image here: {len(found.unmatched)} ({first}).")


def say_notes(noted: Sequence[tuple[str, str]]) -> None:
    """Say how images were read, where that is not as they are: a line a note, as there may be a folder of animations.
    noted: (file, note)."""
    of: dict[str, list[str]] = {}
    for name, note in noted:
        of.setdefault(note, []).append(name)
    for note, names in of.items():
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        say(f"{note}: {', '.join(names[:_NAMED])}{more}")


def summary(written: run_files.Written, out: Path) -> int:
    """Say what came out, and list every failure; return the exit status."""
    for warning in written.warnings:
        print(f"Warning: {warning}", file=sys.stderr)
    say_notes(written.noted)
    for name, reason in written.skipped:
        print(f"Skipped: {name}: {reason}", file=sys.stderr)
    for name, reason in written.failed:
        print(f"Failed: {name}: {reason}", file=sys.stderr)
    if len(written.failed) > _REASONS:
        for reason, number in Counter(reason for _, reason in written.failed).most_common(_REASONS):
            print(f"{number:,} of {len(written.failed):,} failed: {reason}", file=sys.stderr)
    if written.records:
        _say_records(written.records)
    if written.labels:
        _say_labels(written.labels)
    for cluster, size in written.sizes:
        print(f"{size:6d}  {cluster}")
    if written.scores:
        shown = ("acc", "nmi", "ari", "name_acc")
        print("  ".join(f"{key} {written.scores[key]:.3f}" for key in shown if written.scores[key] is not None))
        print(sentence(written.scores, written.column))
    print(f"Written to {out}")
    return 1 if written.failed else 0
