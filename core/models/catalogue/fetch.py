"""Fetches a model's files from the Hugging Face hub, in a process of its own: `python -m core.models.catalogue.fetch`.

What the hub lists at the pinned commit says how large each file is and what its checksum is. A file is fetched over
plain HTTP, so that one that was cut off goes on where it ended (Range), also days later and in another process; the
library's own `hf_hub_download` begins anew there. Nothing but weights in safetensors or GGUF and small text files is
ever taken.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.errors import FacetryError, ModelUnavailable, told
from core.models.catalogue.entries import Entry
from core.models.catalogue.shelf import PART, Expected, Place, Record
from core.models.transformers.checkpoint_files import SMALL_FILES

ENVIRONMENT = {
    "HF_HUB_DISABLE_XET": "1",  # its protocol cannot go on where a file was cut off
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
}
"""What the library reads when it is imported."""
WEIGHTS = (".safetensors", ".gguf")
_LARGEST_TEXT = 64_000_000
"""Bytes of the largest file beside the weights that is taken; tokenizers have up to 35 MB."""
_PIECE = 65_536
"""Bytes that are written at once: what a cut or a kill loses at most, and how finely the progress shows."""
_READ = 1_000_000

Say = Callable[[str], None]


class Refused(ModelUnavailable):
    """The hub asks for consent or a token first."""


def fetch(place: Place, say: Say = lambda step: None) -> None:
    """Fetch what is missing, check it, and note that all is here. say: told "fetching" and "checking".

    Raises Refused and ModelUnavailable with one sentence and a next step, and OSError. What has come is kept, but for
    a file with a wrong checksum.
    """
    with _alone(place), _sentences(place.entry):
        say("fetching")
        record = place.record() or _listed(place)
        for name, expected in record.files.items():
            _file(place, record.commit, name, expected)
        say("checking")
        for name, expected in record.files.items():
            _check(place, name, expected)
        place.write(replace(record, whole=True))


def _listed(place: Place) -> Record:
    """What the hub says of the files at the pinned commit, written down before the first of them comes."""
    from huggingface_hub import HfApi

    entry = place.entry
    api = HfApi(endpoint=os.environ.get("HF_ENDPOINT"))
    info = api.model_info(entry.repository, revision=entry.revision, files_metadata=True, timeout=30)
    listed = {sibling.rfilename: sibling for sibling in info.siblings or ()}
    wanted = [file.name for file in entry.files]
    if entry.kind == "transformers":
        wanted += [name for name, found in listed.items() if _is_small_text(name, found.size)]
    if info.sha != entry.revision or not {*wanted} <= {*listed}:
        raise ModelUnavailable(_gone(entry))
    files = {name: _expected(listed[name]) for name in wanted}
    for file in entry.files:
        if files[file.name] != Expected(file.size, f"sha256:{file.sha256}"):
            raise ModelUnavailable(
                f"The hub has another file “{file.name}” than the one that Facetry knows, so it was not fetched. Take "
                "another model, or update Facetry."
            )
    place.remove()  # what lay there was of another state
    place.write(record := Record(entry.revision, files))
    return record


def _is_small_text(name: str, size: int | None) -> bool:
    return "/" not in name and name.endswith(SMALL_FILES) and size is not None and size <= _LARGEST_TEXT


def _expected(found: Any) -> Expected:
    """found: a RepoSibling with its metadata."""
    if found.lfs:
        return Expected(found.lfs.size, f"sha256:{found.lfs.sha256}")
    return Expected(found.size, f"git:{found.blob_id}")


def _file(place: Place, commit: str, name: str, expected: Expected) -> None:
    """Bring a file up to its full size, beginning with what is there of it."""
    from huggingface_hub import constants, hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils._headers import build_hf_headers

    whole, part = place.folder / name, place.folder / f"{name}{PART}"
    if whole.exists() and whole.stat().st_size == expected.size:
        return
    if part.exists() and part.stat().st_size > expected.size:
        part.unlink()
    constants.DOWNLOAD_CHUNK_SIZE = _PIECE
    url = hf_hub_url(place.entry.repository, name, revision=commit, endpoint=os.environ.get("HF_ENDPOINT"))
    with part.open("ab") as file:
        if file.tell() < expected.size:  # the key goes to the hub alone: a redirect to another host drops it
            http_get(url, file, resume_size=file.tell(), headers=build_hf_headers(), expected_size=expected.size)
    part.replace(whole)


def _check(place: Place, name: str, expected: Expected) -> None:
    """Raise ModelUnavailable for a file that is not what the hub listed; it is deleted."""
    kind, _, wanted = expected.checksum.partition(":")
    digest = hashlib.sha256() if kind == "sha256" else hashlib.sha1(b"blob %d\0" % expected.size, usedforsecurity=False)
    with (place.folder / name).open("rb") as file:
        while piece := file.read(_READ):
            digest.update(piece)
    if digest.hexdigest() != wanted:
        (place.folder / name).unlink()
        raise ModelUnavailable(
            f"The file “{name}” of {place.entry.name} came with a wrong checksum and was deleted. Try again; if it "
            "happens again, something on the way changes files: take another network."
        )


@contextmanager
def _alone(place: Place) -> Iterator[None]:
    """Let no other program fetch the same model in the block. Raises ModelUnavailable where one does."""
    from huggingface_hub.utils._fixes import WeakFileLock

    place.root.mkdir(parents=True, exist_ok=True)
    try:
        with WeakFileLock(place.lock, timeout=0.5):
            yield
    except TimeoutError:
        raise ModelUnavailable(
            f"Another program is fetching {place.entry.name}. Wait for it, then try again."
        ) from None


@contextmanager
def _sentences(entry: Entry) -> Iterator[None]:
    """Turn what the library raises in the block into one sentence with a next step."""
    from httpx2 import HTTPError
    from huggingface_hub import errors

    try:
        yield
    except FacetryError:
        raise
    except errors.GatedRepoError:
        raise Refused(_consent(entry)) from None
    except (errors.RevisionNotFoundError, errors.RemoteEntryNotFoundError, errors.DisabledRepoError):
        raise ModelUnavailable(_gone(entry)) from None
    except errors.RepositoryNotFoundError as error:  # also said where a token is missing
        status = error.response.status_code
        raise (Refused(_consent(entry)) if status in (401, 403) else ModelUnavailable(_gone(entry))) from None
    except errors.HfHubHTTPError as error:
        status = error.response.status_code
        if status in (401, 403):
            raise Refused(_consent(entry)) from None
        if status == 404:
            raise ModelUnavailable(_gone(entry)) from None
        raise ModelUnavailable(
            f"The hub cannot give {entry.name} now (status {status}). What has come is kept; continue later."
        ) from None
    except errors.OfflineModeIsEnabled:
        raise ModelUnavailable(
            "HF_HUB_OFFLINE forbids to ask the hub. Start Facetry without it, then continue."
        ) from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ModelUnavailable("The disk is full. What has come is kept. Make room, then continue.") from None
        if error.errno is not None and not isinstance(error, ConnectionError):
            raise
        raise ModelUnavailable(_away(entry)) from None
    except HTTPError:
        raise ModelUnavailable(_away(entry)) from None


def _consent(entry: Entry) -> str:
    return (
        f"The hub gives {entry.name} only to those who have agreed to its terms: do so on {entry.page}, then give a "
        "token of yours (HF_TOKEN), and continue."
    )


def _gone(entry: Entry) -> str:
    return (
        f"The hub does not have {entry.name} any more as this version of Facetry knows it ({entry.repository}). Take "
        "another model, or update Facetry."
    )


def _away(entry: Entry) -> str:
    return (
        "The hub cannot be reached, or the connection broke off. Go online, then continue: what has come of "
        f"{entry.name} is kept."
    )


def _end_with_parent() -> None:
    """What is on the other end of stdin has ended: nobody would note what comes, and two might write one file."""
    sys.stdin.read()
    os._exit(1)


def main() -> int:
    """Fetch what the first line of stdin names; say on stdout how it goes, a line of JSON each time."""
    given = json.loads(sys.stdin.readline())
    place = Place(Entry.of(given["entry"]), Path(given["root"]))

    threading.Thread(target=_end_with_parent, daemon=True).start()

    def tell(**said: str) -> None:
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()

    try:
        fetch(place, lambda step: tell(step=step))
    except Exception as error:  # noqa: BLE001  # whatever it is, it becomes a sentence
        tell(error=told(error), kind="refused" if isinstance(error, Refused) else "failed")
        return 1
    tell(step="whole")
    return 0


if __name__ == "__main__":
    sys.exit(main())
