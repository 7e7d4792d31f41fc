"""What lies on this computer of a model of the catalogue: its folder, and what its files are held to.

A file of JSON beside the folder (not in it: a model is known by all that its folder holds) keeps what the hub said when
the fetching began: the commit, and each file with its size and checksum. What comes later is held to that. A file on
its way ends with `.part`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from core.models.catalogue.entries import Entry

PART = ".part"


@dataclass(frozen=True, slots=True)
class Expected:
    """A file as the hub listed it. checksum: "sha256:..." of the content, or "git:..." as git names a small file."""

    size: int
    checksum: str


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a model's files.

    Attributes:
        commit: the state of the repository that they are of.
        files: name -> as the hub listed it.
        whole: all have come, and each was checked.
        said, seconds: what the model answered when it was tried, and how long that took without loading; "" and 0
            before. right: whether it named what it was shown or asked.
    """

    commit: str
    files: Mapping[str, Expected] = field(default_factory=dict)
    whole: bool = False
    said: str = ""
    seconds: float = 0.0
    right: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A model of the catalogue in the folder where all of them are kept."""

    entry: Entry
    root: Path

    @property
    def folder(self) -> Path:
        """Named as the repository, as a model's folder is its name on pages and in the keys of its answers."""
        return self.root / self.entry.repository.rpartition("/")[2]

    @property
    def spec(self) -> str:
        """How runs and commands name it."""
        if self.entry.kind == "transformers":
            return f"transformers:{self.folder}"
        model, *eyes = [file.name for file in self.entry.files]
        return f"{self.entry.kind}:{self.folder / model}" + "".join(f"+{name}" for name in eyes)

    @property
    def lock(self) -> Path:
        """Held by the one program that fetches it; it stays, empty, as another may be about to hold it."""
        return self.root / f"{self.entry.id}.lock"

    @property
    def _record(self) -> Path:
        return self.root / f"{self.entry.id}.json"

    def record(self) -> Record | None:
        """None where nothing was fetched, or of another state of the model than the catalogue names."""
        try:
            told = json.loads(self._record.read_text(encoding="utf-8"))
            files = {str(name): Expected(**file) for name, file in told.pop("files").items()}
            record = Record(files=files, **told)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return record if record.commit == self.entry.revision else None

    def write(self, record: Record) -> None:
        """Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        written = self._record.with_suffix(PART)
        written.write_text(json.dumps(asdict(record), indent=1), encoding="utf-8")
        written.replace(self._record)

    def note_trial(self, said: str, seconds: float, *, right: bool) -> None:
        """Keep what the model answered when it was tried. Raises OSError."""
        if record := self.record():
            self.write(replace(record, said=said, seconds=seconds, right=right))

    def is_whole(self) -> bool:
        """Whether all files came, were checked, and are still there in their size. Nothing is read but their sizes."""
        record = self.record()
        return bool(
            record and record.whole and all(_size(self.folder / name) == it.size for name, it in record.files.items())
        )

    def here(self) -> int:
        """Bytes that have come, of whole files and of the one on its way."""
        names = record.files if (record := self.record()) else {file.name: None for file in self.entry.files}
        return sum(_size(self.folder / name) or _size(self.folder / f"{name}{PART}") for name in names)

    def total(self) -> int:
        """Bytes of all files, as the hub listed them once it did."""
        record = self.record()
        return sum(file.size for file in record.files.values()) if record else self.entry.size

    def remove(self) -> None:
        """Delete what came. Raises OSError."""
        self._record.unlink(missing_ok=True)
        if self.folder.exists():
            shutil.rmtree(self.folder)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
