"""Files from the browser: announced, received in pieces, and kept in the workspace under names of ours.

An upload is a folder with a name that cannot be guessed. In it, `plan.json` lists what the browser announced, `files/`
holds what arrived whole and `parts/` what did not yet, each file under its key: a hash of its announced path, size and
time (and a number, where several are alike in these), never the given name. A file is here if and only if it lies in
`files/` in its size, so to go on after a lost connection is to announce the same files again and to send what is
missing.

An upload belongs to the tab that announced it as long as that tab is heard of: it announces, or bytes come. Another tab
that announces the same files meanwhile gets an upload of its own, in which what is here already is linked and need not
be sent. One that is not heard of any more is taken over. Who was heard of is known to this process alone: after a
restart every unfinished upload can be taken over, and the tab that still sends finds its own again.

What lies in the folder of uploads and is no upload (a killed removal or announcement, a plan that cannot be read, a
file of another kind) is passed over. `_tidy` says what of it is removed.
"""

from __future__ import annotations

import contextlib
import os
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
from core.ingest.sources import upload_folders, upload_plan
from core.ingest.sources.upload_folders import FINISHED, GONE, ID, There
from core.ingest.sources.upload_limits import (
    LIMITS,
    DiskFull,
    Limits,
    OutOfStep,
    TooMuch,
    Unknown,
    check_space,
    not_saved,
    size_text,
)
from core.ingest.sources.upload_plan import Announced, Stamp, announced
from core.ingest.table import JSON
from core.ingest.table import NAMED as TABLES

__all__ = [
    "LIMITS",
    "Announced",
    "DiskFull",
    "Limits",
    "OutOfStep",
    "TooMuch",
    "Unknown",
    "Upload",
    "announce",
    "announced",
    "find",
    "find_unfinished",
    "heard",
    "home",
    "is_alive",
    "lost",
    "remove",
    "save_table",
    "size_text",
    "unfinished",
]

_announcing = threading.Lock()
"""Held while the folder of an upload is made or what is left over is removed, so that neither disturbs the other."""
_heard: dict[str, float] = {}
"""When an upload was last heard of, by the clock that nobody sets."""


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
        """The key of the one table among the files, which holds labels; None for none or several. JSON Lines beside
        another table hold something else, most likely."""
        tables = [key for key, file in self.plan.items() if file.is_table]
        if len(tables) > 1:
            tables = [key for key in tables if not self.plan[key].path.lower().endswith(JSON)]
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
        return "" if key == self.table else file.recognised[1]

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
        """The keys of the wanted files that are here. One of another size was cut off with the computer's power."""
        here = upload_folders.sizes(self.folder / "files")
        return {key for key in self.wanted if here.get(key) == self.plan[key].size}

    def begun(self) -> dict[str, int]:
        """How many bytes are here of wanted files that did not arrive whole yet."""
        here, wanted = upload_folders.sizes(self.folder / "parts"), set(self.wanted)
        return {key: size for key, size in here.items() if key in wanted}

    def _is_here(self, key: str) -> bool:
        return upload_folders.size(self.file(key)) == self.plan[key].size

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
        _heard[self.id] = time.monotonic()
        if self._is_here(key):
            return True
        part = self.folder / "parts" / key
        try:
            check_space(self.folder, len(content), LIMITS.free)
            if part.is_symlink():  # what it leads to is not ours to write to
                part.unlink()
            part.touch()
            if offset > part.stat().st_size:
                raise OutOfStep(f"{file.path} has a gap: {part.stat().st_size} bytes of it are here.")
            with part.open("r+b") as target:
                target.seek(offset)
                target.write(content)
            if offset + len(content) == file.size:
                part.replace(self.file(key))
        except FileNotFoundError:
            if not self._is_here(key):  # else another request was first
                raise Unknown("This upload was removed.") from None
        except OSError as error:
            raise not_saved(file.path, error) from None
        return self._is_here(key)

    def so_far(self) -> str:
        """What is here, in words: "812 of 1,500 files", of a single file "144 MB of 300 MB"."""
        if len(self.wanted) > 1:
            return f"{len(self.arrived()):,} of {len(self.wanted):,} files"
        size = self.plan[self.wanted[0]].size
        return f"{size_text(size if self.arrived() else sum(self.begun().values()))} of {size_text(size)}"

    def finish(self) -> None:
        """Finish the upload: it becomes a source, and files that are not part of it are removed. Raises BadInput."""
        try:
            with _announcing:  # else it could get another list at the same moment
                (self.folder / FINISHED).touch()
            shutil.rmtree(self.folder / "parts", ignore_errors=True)
            (self.folder / upload_plan.FRESH).unlink(missing_ok=True)
            for path in (self.folder / "files").glob("*"):
                if path.name not in self.plan and ID.fullmatch(path.name):  # and not what somebody put there
                    path.unlink()
        except OSError as error:
            raise not_saved("What was sent", error) from None
        _heard.pop(self.id, None)

    def labels(self) -> Path | None:
        """The table of labels that came along, if one did. Raises BadInput."""
        if self.table not in self.arrived():
            return None
        try:
            content = self.file(self.table).read_bytes()
        except OSError as error:
            raise not_saved("The table", error) from None
        return save_table(self.folder, content, PurePosixPath(self.plan[self.table].path).suffix)


def home(config: Config) -> Path:
    """The folder of all uploads."""
    return config.workspace / "uploads"


def announce(uploads: Path, files: Iterable[Announced], tab: str = "") -> Upload:
    """The upload that these files are to be sent to. Raises BadInput when there is too much, or no image.

    That is an unfinished one of which about half of what was announced for it is among these files, if this tab
    announced it too or nobody is heard of any more: the same folder was given again, and its files that are here need
    not be sent twice. It then expects these files, and no others. Otherwise it is a new one, with links to what is
    here of the same files in uploads of other tabs.

    tab: a random id of the tab that announces, "" for an unknown one (all unknown ones are the same).
    """
    plan = upload_plan.plan_of(files)
    with _announcing:
        there = upload_folders.scan(uploads)
        _tidy(uploads, there)
        alike = _alike(uploads, there, plan)
        own = [folder for folder, owner in alike if owner == tab]
        free = [folder for folder, _ in alike if not is_alive(folder.name)]
        known = next(iter(own + free), None)
        upload = Upload(known or uploads / secrets.token_hex(16), plan)
        lent = {} if known else _lent(upload, [folder for folder, _ in alike])
        _check(upload, lent)
        try:
            for folder in ("files", "parts"):
                (upload.folder / folder).mkdir(parents=True, exist_ok=True)
            upload_plan.write(upload.folder, plan, tab)
            for key, place in lent.items():
                _link(place, upload.file(key))
        except OSError as error:
            if known is None:
                shutil.rmtree(upload.folder, ignore_errors=True)
            raise not_saved("The list of these files", error) from None
        _heard[upload.id] = time.monotonic()
    return upload


def is_alive(upload_id: str) -> bool:
    """Whether the tab that announced an upload was heard of just now."""
    return time.monotonic() - _heard.get(upload_id, float("-inf")) < LIMITS.seconds


def heard(upload_id: str) -> None:
    """Bytes of an upload came, even if not enough yet to write them."""
    if upload_id in _heard:
        _heard[upload_id] = time.monotonic()


def lost(upload_id: str) -> None:
    """Its tab broke the connection off: if it is not heard of again, another one may go on with it at once."""
    _heard.pop(upload_id, None)


def find(uploads: Path, upload_id: str) -> Upload:
    """An upload by its id. Raises Unknown."""
    folder = uploads / upload_id
    stamp = upload_plan.changed(folder) if ID.fullmatch(upload_id) else None
    try:
        found = _read(folder, stamp) if stamp else None
    except OSError:
        found = None
    if found is None:
        raise Unknown("There is no such upload (any more). Choose the files again.")
    return found


def find_unfinished(uploads: Path, upload_id: str) -> Upload:
    """An upload that still takes files. Raises Unknown."""
    upload = find(uploads, upload_id)
    if (upload.folder / FINISHED).exists():
        raise Unknown("This upload is finished. Choose the files again.")
    return upload


def unfinished(uploads: Path, most: int | None = None) -> list[Upload]:
    """Uploads that were broken off with something here, the latest first; `most`: so many of them."""
    found: list[Upload] = []
    for name, _ in upload_folders.latest(upload_folders.scan(uploads)):
        if most is not None and len(found) == most:
            break
        if not upload_folders.is_empty(uploads / name):
            with contextlib.suppress(Unknown):
                upload = find(uploads, name)
                found += [upload] if upload.arrived() or upload.begun() else []
    return found


def remove(upload: Upload) -> None:
    """Forget an upload and all that came. Raises BadInput."""
    gone = upload.folder.with_suffix(GONE)  # at once, so that a request still at work cannot bring it back
    try:
        upload.folder.rename(gone)
    except FileNotFoundError:
        raise Unknown("This upload was removed.") from None
    except OSError as error:
        raise BadInput(f"The upload could not be removed ({error.strerror or 'unknown reason'}).") from None
    _heard.pop(upload.id, None)
    shutil.rmtree(gone, ignore_errors=True)


def save_table(folder: Path, content: bytes, suffix: str = ".csv") -> Path:
    """Keep a table of labels below a folder of ours, under a name of ours. Raises BadInput.

    suffix: the ending of its given name; it says how a table is to be read.
    """
    place = folder / f"labels{suffix.lower() if suffix.lower() in TABLES else '.csv'}"
    fresh = place.with_suffix(".part")
    with _announcing:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(content)
            fresh.replace(place)
        except OSError as error:
            with contextlib.suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise not_saved("The table", error) from None
    return place


def _check(upload: Upload, lent: Iterable[str] = ()) -> None:
    """Raise BadInput for what will not do, before anything is sent. lent: keys of files that are linked."""
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
    here = sum(upload.plan[key].size for key in upload.arrived() | set(lent)) + sum(upload.begun().values())
    try:
        upload.folder.parent.mkdir(parents=True, exist_ok=True)
        check_space(upload.folder.parent, total - here, LIMITS.free)
    except OSError as error:
        raise not_saved("What is sent", error) from None


def _alike(uploads: Path, there: There, plan: dict[str, Announced]) -> list[tuple[Path, str]]:
    """Unfinished uploads of about the same files, with the tab of each, the most alike first, then the latest.

    Judged by a sample of each one's files, so that it does not matter how many they are.
    """
    found = []
    for name, stamp in upload_folders.latest(there):
        try:
            head = upload_plan.head(f"{uploads}/{name}", stamp)
        except OSError:
            continue
        if head and not plan.keys().isdisjoint(head.marks):
            share = sum(mark in plan for mark in head.marks) / len(head.marks)
            found += [(share, uploads / name, head.tab)] if share >= 0.5 else []
    return [(folder, tab) for _, folder, tab in sorted(found, key=lambda match: -match[0])]


def _lent(upload: Upload, folders: Iterable[Path]) -> dict[str, Path]:
    """Key -> where a wanted file is whole in another upload."""
    lent: dict[str, Path] = {}
    for folder in folders:
        here = upload_folders.sizes(folder / "files")
        lent |= {key: folder / "files" / key for key in upload.wanted if here.get(key) == upload.plan[key].size}
    return lent


def _link(there: Path, here: Path) -> None:
    """The same bytes under a second name; what cannot be linked is sent. A file that is here is never written to."""
    with contextlib.suppress(OSError):
        os.link(there, here)


def _tidy(uploads: Path, there: There) -> None:
    """Remove what is certainly ours and dead; anything else stays where it is.

    That is: what `remove` began to remove (`.gone`); the folder of an announcement that was killed before it had a
    plan, with nothing in it (`_announcing` is held, so none is being made now); and uploads that were broken off long
    ago, also with a plan that cannot be read. Never anything that is finished: runs were made of it.
    """
    for gone in upload_folders.half_removed(uploads):
        shutil.rmtree(gone, ignore_errors=True)
    long_ago = time.time() - LIMITS.days * 86_400
    for name, plan in list(there.items()):
        folder = uploads / name
        if plan is None:
            dead = upload_folders.is_half_made(folder)
        else:
            dead = plan[0] < long_ago * 1e9 and upload_folders.last_change(folder) < long_ago
        if dead:
            del there[name]
            with contextlib.suppress(BadInput):  # then it stays, and is passed over
                remove(Upload(folder, {}))


@lru_cache(maxsize=16)
def _read(folder: Path, stamp: Stamp) -> Upload | None:
    """Kept in memory, since each file that comes asks for it; None where there is no plan. Raises OSError."""
    plan = upload_plan.read(folder)
    return None if plan is None else Upload(folder, plan)
