"""Files from the browser: announced, received in pieces, and kept in the workspace under names of ours.

An upload is a folder with a name that cannot be guessed. In it, `plan.json` lists what the browser announced, `files/`
holds what arrived whole and `parts/` what did not yet, each file under its key: a hash of its announced path, size and
time, never the given name. A file is here if and only if it lies in `files/`, so to go on after a lost connection is to
announce the same files again and to send what is missing.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath

from core.config import Config
from core.errors import BadInput
from core.ingest.sources import zip_file
from core.ingest.sources.source_file import refusal_by_name
from core.ingest.table import SUFFIXES as TABLES

_ID = re.compile(r"[0-9a-f]{32}")
_MB = 1024**2
_announcing = threading.Lock()


class TooMuch(BadInput):
    """More than an upload may hold."""


class DiskFull(BadInput):
    """The disk has no room for it."""


class Unknown(BadInput):
    """There is no such upload (any more), or no such file in it."""


class OutOfStep(BadInput):
    """The bytes sent do not continue those that are here, or exceed what was announced."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an upload may take.

    Attributes:
        files: how many an upload may hold.
        image, total: bytes of one image and of all files.
        free: bytes of the disk that must stay free.
        days: how long an upload that was broken off is kept.
    """

    files: int = 100_000
    image: int = zip_file.MAX_MEMBER
    total: int = 50 * 1024 * _MB
    free: int = 2 * 1024 * _MB
    days: int = 7


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Announced:
    """One file that the browser has: path relative to what was dropped, size in bytes, time of its last change (ms)."""

    path: str
    size: int
    modified: int

    @property
    def key(self) -> str:
        """The name under which its bytes are kept."""
        return hashlib.sha256(json.dumps([self.path, self.size, self.modified]).encode()).hexdigest()[:32]

    @property
    def is_zip(self) -> bool:
        return self.path.lower().endswith(".zip")

    @property
    def is_table(self) -> bool:
        return self.path.lower().endswith(TABLES)


@dataclass(frozen=True)
class Upload:
    """One upload: its folder, and what may come into it (key -> file), in the order announced."""

    folder: Path
    plan: dict[str, Announced]

    @property
    def id(self) -> str:
        return self.folder.name

    @cached_property
    def table(self) -> str | None:
        """The key of the one table among the files, which holds labels; None for none or several."""
        tables = [key for key, file in self.plan.items() if file.is_table]
        return tables[0] if len(tables) == 1 else None

    @cached_property
    def images(self) -> dict[str, Announced]:
        """What was given as images: everything but the table of labels."""
        return {key: file for key, file in self.plan.items() if key != self.table}

    @cached_property
    def top(self) -> str:
        """The folder that holds all images, as "garden/", when one folder was dropped; else ""."""
        tops = {PurePosixPath(file.path).parts[0] for file in self.images.values() if "/" in file.path}
        loose = any("/" not in file.path for file in self.images.values())
        return f"{tops.pop()}/" if len(tops) == 1 and not loose else ""

    @property
    def name(self) -> str:
        """What was dropped: the name of the one folder or file, or "" for several things."""
        images = list(self.images.values() or self.plan.values())
        return self.top.rstrip("/") or (images[0].path if len(images) == 1 else "")

    def refusal(self, key: str) -> str:
        """Why a file of the plan is not wanted, or ""."""
        file = self.plan[key]
        if file.is_zip:
            return ""
        if file.size > LIMITS.image:
            return f"Too large for an image ({size_text(file.size)}; {size_text(LIMITS.image)} are allowed)."
        if file.is_table and key != self.table:
            return "One of several tables. Give the one that holds the labels."
        return "" if key == self.table else refusal_by_name(file.path)

    @property
    def is_list(self) -> bool:
        """Whether it is one table alone: a list of images that lie elsewhere."""
        return self.table is not None and not self.images

    @cached_property
    def wanted(self) -> list[str]:
        """The keys of the files that are to be sent."""
        return [key for key in self.plan if not self.refusal(key)]

    def file(self, key: str) -> Path:
        """Where a file lies once it is here."""
        return self.folder / "files" / key

    def arrived(self) -> set[str]:
        """The keys of the wanted files that are here."""
        return {path.name for path in (self.folder / "files").glob("*")} & set(self.wanted)

    def begun(self) -> dict[str, int]:
        """How many bytes are here of files that did not arrive whole yet."""
        return {path.name: path.stat().st_size for path in (self.folder / "parts").glob("*")}

    def write(self, key: str, offset: int, content: bytes) -> bool:
        """Add a file's bytes from `offset` on; returns whether it is whole now. Raises BadInput.

        Two requests may send the same file at once (a connection that was given up may still be alive). Both write the
        same bytes to the same places, and neither may leave a gap, so that the file is right whoever is first.
        """
        file = self.plan.get(key)
        if file is None or self.refusal(key):
            raise Unknown("This file was not announced.")
        if offset < 0 or offset + len(content) > file.size:
            raise OutOfStep(f"{file.path} is larger than it was when it was chosen. Choose it again.")
        if self.file(key).exists():
            return True
        part = self.folder / "parts" / key
        try:
            _check_space(self.folder, len(content))
            part.touch()
            if offset > part.stat().st_size:
                raise OutOfStep(f"{file.path} has a gap: {part.stat().st_size} bytes of it are here.")
            with part.open("r+b") as target:
                target.seek(offset)
                target.write(content)
            if offset + len(content) == file.size:
                part.replace(self.file(key))
        except FileNotFoundError:
            if not self.file(key).exists():  # else another request was first
                raise Unknown("This upload was removed.") from None
        except OSError as error:
            raise BadInput(f"{file.path} could not be saved ({error.strerror or 'unknown reason'}).") from None
        return self.file(key).exists()

    def so_far(self) -> str:
        """What is here, in words: "812 of 1,500 files", of a single file "144 MB of 300 MB"."""
        if len(self.wanted) > 1:
            return f"{len(self.arrived()):,} of {len(self.wanted):,} files"
        size = self.plan[self.wanted[0]].size
        return f"{size_text(size if self.arrived() else sum(self.begun().values()))} of {size_text(size)}"

    def finish(self) -> None:
        """Finish the upload: it becomes a source, and files that are not part of it are removed."""
        (self.folder / "finished").touch()
        shutil.rmtree(self.folder / "parts", ignore_errors=True)
        for path in (self.folder / "files").glob("*"):
            if path.name not in self.plan:
                path.unlink()

    def labels(self) -> Path | None:
        """The table of labels that came along, if one did."""
        if self.table not in self.arrived():
            return None
        return save_table(
            self.folder, self.file(self.table).read_bytes(), PurePosixPath(self.plan[self.table].path).suffix
        )


def home(config: Config) -> Path:
    """The folder of all uploads."""
    return config.workspace / "uploads"


def announced(path: str, size: int, modified: int) -> Announced:
    """A file of which a browser says so. The path says nothing of where it came from (no "..", no root).

    It is only text, shown and kept, and never a place on this computer.
    """
    clean = path.encode("utf-8", "replace").decode().replace("\\", "/").replace("\0", "")
    parts = [part for part in clean.split("/") if part not in ("", ".", "..")]
    return Announced("/".join(parts) or "unnamed", size, modified)


def announce(uploads: Path, files: Iterable[Announced]) -> Upload:
    """The upload that these files are to be sent to. Raises BadInput when there is too much, or no image.

    That is an unfinished one if at least half of what was announced for it is among these files: the same folder was
    given again, and its files that are here need not be sent twice. It then expects these files, and no others.
    """
    plan = {file.key: file for file in files}
    with _announcing:
        found = max(_open_uploads(uploads), key=lambda known: len(plan.keys() & known.plan.keys()), default=None)
        if found is None or 2 * len(plan.keys() & found.plan.keys()) < len(found.plan):
            found = Upload(uploads / secrets.token_hex(16), {})
        upload = Upload(found.folder, plan)
        _check(upload)
        for folder in ("files", "parts"):
            (upload.folder / folder).mkdir(parents=True, exist_ok=True)
        fresh = upload.folder / "plan.new"
        fresh.write_text(
            json.dumps([[entry.path, entry.size, entry.modified] for entry in plan.values()]), encoding="utf-8"
        )
        fresh.replace(upload.folder / "plan.json")
        _forget_old(uploads)
    return upload


def find(uploads: Path, upload_id: str) -> Upload:
    """An upload by its id. Raises Unknown."""
    plan = uploads / upload_id / "plan.json"
    if not _ID.fullmatch(upload_id) or not plan.is_file():
        raise Unknown("There is no such upload (any more). Choose the files again.")
    stat = plan.stat()
    return _read(plan, (stat.st_mtime_ns, stat.st_ino))


def find_unfinished(uploads: Path, upload_id: str) -> Upload:
    """An upload that still takes files. Raises Unknown."""
    upload = find(uploads, upload_id)
    if (upload.folder / "finished").exists():
        raise Unknown("This upload is finished. Choose the files again.")
    return upload


def unfinished(uploads: Path) -> list[Upload]:
    """Uploads that were broken off with something here, the latest first."""
    return [upload for upload in _open_uploads(uploads) if upload.arrived() or upload.begun()]


def remove(upload: Upload) -> None:
    """Forget an upload and all that came."""
    gone = upload.folder.with_suffix(".gone")  # at once, so that a request still at work cannot bring it back
    upload.folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def save_table(folder: Path, content: bytes, suffix: str = ".csv") -> Path:
    """Keep a table of labels below a folder of ours, under a name of ours. Raises BadInput.

    suffix: the ending of its given name; it says how a table is to be read.
    """
    place = folder / f"labels{suffix.lower() if suffix.lower() in TABLES else '.csv'}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    except OSError as error:
        raise BadInput(f"The table could not be saved ({error.strerror or 'unknown reason'}).") from None
    return place


def _check(upload: Upload) -> None:
    """Raise BadInput for what will not do, before anything is sent."""
    instead = "Send fewer, or name their folder on this computer."
    if len(upload.plan) > LIMITS.files:
        raise TooMuch(f"These are {len(upload.plan):,} files; {LIMITS.files:,} can be sent at once. {instead}")
    if set(upload.wanted) <= {upload.table} and not upload.is_list:
        tables = sum(file.is_table for file in upload.plan.values())
        several = "Give one table that lists images, or images with one table of labels."
        raise BadInput(several if tables > 1 else "There is no image among these files.")
    total = sum(upload.plan[key].size for key in upload.wanted)
    if total > LIMITS.total:
        raise TooMuch(f"These files are {size_text(total)}; {size_text(LIMITS.total)} can be sent at once. {instead}")
    here = sum(upload.plan[key].size for key in upload.arrived()) + sum(upload.begun().values())
    upload.folder.parent.mkdir(parents=True, exist_ok=True)
    _check_space(upload.folder.parent, total - here)


def _check_space(place: Path, needed: int) -> None:
    free = shutil.disk_usage(place).free
    if needed > free - LIMITS.free:
        raise DiskFull(
            f"The disk is too full: {size_text(needed)} are needed and {size_text(free)} are free, "
            f"of which {size_text(LIMITS.free)} must stay free. Make room, then go on."
        )


def size_text(amount: int) -> str:
    """Bytes as a person says them: "3 MB", "1.2 GB"."""
    return f"{amount / _MB:,.0f} MB" if amount < 1024 * _MB else f"{amount / 1024 / _MB:,.1f} GB"


def _open_uploads(uploads: Path) -> list[Upload]:
    """All that are not finished, the latest first."""
    plans = [plan for plan in uploads.glob("*/plan.json") if not plan.with_name("finished").exists()]
    return [find(uploads, plan.parent.name) for plan in sorted(plans, key=_changed, reverse=True)]


def _forget_old(uploads: Path) -> None:
    """Remove uploads that were broken off long ago."""
    for upload in _open_uploads(uploads):
        if max(map(_changed, upload.folder.iterdir())) < time.time() - LIMITS.days * 86_400:
            remove(upload)


def _changed(path: Path) -> float:
    return path.stat().st_mtime


@lru_cache(maxsize=4)
def _read(plan: Path, changed: tuple[int, int]) -> Upload:
    """Kept in memory, since each file that comes asks for it."""
    files = [Announced(*entry) for entry in json.loads(plan.read_text(encoding="utf-8"))]
    return Upload(plan.parent, {file.key: file for file in files})
