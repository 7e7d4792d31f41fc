"""What became of a damaged database, as data; the words for it stand where people read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter

UNUSABLE = 3
"""Exit status of the rebuilding process when the machine, not the file, is the reason; the error is on stderr."""


@dataclass(frozen=True, slots=True)
class Restoration:
    """One restore.

    Attributes:
        at: when, UTC.
        until: when the newest thing that is here was saved, UTC; None where nothing is here.
        kept: the name of the damaged file in the workspace's folder; "" where the database was missing.
        whole: whether all that the damaged file and its log held could be read.
        bad_copies: the names of copies that could not be read.
    """

    at: datetime
    until: datetime | None
    kept: str
    whole: bool
    bad_copies: tuple[str, ...] = ()

    def sentence(self, folder: Path) -> str:
        """What a person is told. folder: the workspace's."""
        what = "was damaged" if self.kept.endswith(".duckdb") else "was missing"
        here = f"What was saved until {_local(self.until)} is here" if self.until else "Nothing of it could be read"
        lost = (
            "Nothing was lost."
            if self.whole
            else (
                "Some of it may be missing, and costs, names and settings may be older than they were. "
                "Look at your groups, and continue a run to fill its gaps."
            )
        )
        if not self.until:
            lost = ""
        told = f"The database of this workspace {what} and was restored on {_local(self.at)}. {here}. {lost}".strip()
        if self.bad_copies:
            told += f" {len(self.bad_copies)} of the safety copies could not be read."
        return f"{told} The damaged file is kept as {folder / self.kept}." if self.kept else told


def _local(moment: datetime | None) -> str:
    """A moment in UTC, as the clock of this computer shows it."""
    return f"{moment.replace(tzinfo=UTC).astimezone():%d %b %Y, %H:%M}" if moment else ""


REPORT: TypeAdapter[Restoration] = TypeAdapter(Restoration)
