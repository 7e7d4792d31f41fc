"""Images in object stores and other file systems: s3://bucket/prefix, gs://, az://, file://, memory:// (fsspec).

S3, and whatever speaks its protocol, needs nothing more than pyarrow: credentials are found as the AWS tools find them
(environment or profile), AWS_ENDPOINT_URL names another server. gs:// and az:// each need their own package.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from core.config import Config
from core.errors import BadInput, Paused
from core.ingest.sources.file_kind import HEAD, recognised
from core.ingest.sources.landing import landing
from core.ingest.sources.source_file import Found, check_allowed, natural

SCHEMES = ("s3", "gs", "az", "file", "memory")
_PACKAGES = {"gs": "gcsfs", "az": "adlfs"}
_CHUNK = 4 * 1024**2
_HEADS_AT_ONCE = 16
"""Files that are looked into at once, as their names do not tell what they are."""


def scan(address: str, config: Config) -> list[Found]:
    """All files below `address` in natural order. Raises BadInput when it cannot be listed or holds nothing."""
    system, root = _open(address, config)
    below = root.rstrip("/") + "/"
    scheme = address.partition("://")[0].lower()

    def one(info: dict[str, Any]) -> Found:
        path = str(info["name"])
        name = path.removeprefix(below)
        kind, refusal = recognised(name, lambda: _head(system, path))
        stamp = (int(info.get("size") or 0), _changed(info))
        return Found(name, Path(), stamp=stamp, refusal=refusal, url=f"{scheme}://{path}", kind=kind)

    try:
        files = [info for _, _, files in system.walk(root, detail=True, on_error="raise") for info in files.values()]
        with ThreadPoolExecutor(_HEADS_AT_ONCE) as pool:
            found = list(pool.map(one, files))
    except Exception as error:  # noqa: BLE001  # every file system has its own errors
        raise BadInput(_sentence(address, error)) from None
    if not found:
        raise BadInput(f"{address} holds no files. Check the spelling.")
    return sorted(found, key=lambda file: natural(file.name))


def _head(system: Any, path: str) -> bytes:
    """The first bytes of a file, as many as tell its kind. Raises OSError."""
    try:
        head: bytes = system.cat_file(path, start=0, end=HEAD)
    except Exception as error:  # every file system has its own errors
        raise OSError from error
    return head


def fetch(address: str, target: Path, config: Config) -> None:
    """Copy one file to `target`, piece by piece. Raises BadInput with one sentence when it cannot be had."""
    system, path = _open(address, config)
    ends = time.monotonic() + config.fetch_seconds
    left = config.fetch_bytes
    try:
        with system.open(path, "rb") as source, landing(target) as write:
            while piece := source.read(_CHUNK):
                left -= len(piece)
                if left < 0 or time.monotonic() > ends:
                    break
                write(piece)
            else:
                return
    except Paused:
        raise
    except Exception as error:  # noqa: BLE001  # every file system has its own errors
        raise BadInput(_sentence(address, error)) from None
    if left < 0:
        raise BadInput(f"It is larger than {config.fetch_bytes / 1024**2:.0f} MB, which is too large for an image.")
    raise BadInput(f"Fetching took longer than {config.fetch_seconds:.0f} s and was given up.")


def _open(address: str, config: Config) -> tuple[Any, str]:
    """The file system and the path in it. Raises BadInput for an address that is not read here."""
    import fsspec

    scheme, _, rest = address.partition("://")
    scheme = scheme.lower()
    if scheme not in SCHEMES:
        raise BadInput(f"Addresses that start with {scheme}:// are not read; {', '.join(SCHEMES)} are.")
    if scheme == "file":
        place = Path(unquote(urlsplit(address).path)).resolve()
        check_allowed(place, config)
        return fsspec.filesystem("file"), str(place)
    if scheme == "memory":
        return fsspec.filesystem("memory"), "/" + rest.strip("/")
    if not rest.strip("/"):
        raise BadInput(f"{address} names no bucket. Give {scheme}://BUCKET/FOLDER.")
    if scheme == "s3":
        return _s3(rest.partition("/")[0], config.s3_anonymous), rest.strip("/")
    try:
        return fsspec.filesystem(scheme), rest.strip("/")
    except ImportError:
        package = _PACKAGES[scheme]
        raise BadInput(f"{scheme}:// needs the package {package}: .venv/bin/pip install {package}") from None


@lru_cache(maxsize=8)
def _s3(bucket: str, anonymous: bool) -> Any:
    """S3 through pyarrow, which is there already, as an fsspec file system."""
    from fsspec.implementations.arrow import ArrowFSWrapper
    from pyarrow import fs

    server = urlsplit(os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or "")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not region and not server.netloc:
        region = fs.resolve_s3_region(bucket)
    system = fs.S3FileSystem(
        anonymous=anonymous,
        region=region,
        scheme=server.scheme or "https",
        endpoint_override=server.netloc or None,
        connect_timeout=10,
        request_timeout=30,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=3),
    )
    return ArrowFSWrapper(system)


def _changed(info: dict[str, Any]) -> int:
    """When a file was changed, as a number; 0 where the file system does not say."""
    when = info.get("mtime") or info.get("LastModified") or info.get("last_modified") or info.get("created") or 0
    return int(when.timestamp() if hasattr(when, "timestamp") else when)


def _sentence(address: str, error: Exception) -> str:
    """What went wrong, without the library's own words: they may carry a key."""
    if isinstance(error, BadInput):
        return str(error)
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return f"{address} does not exist. Check the spelling."
    words = str(error).upper()
    if isinstance(error, PermissionError) or any(word in words for word in ("ACCESS_DENIED", "FORBIDDEN", "403")):
        return (
            f"{address} may not be read. Sign in as for the AWS tools (AWS_ACCESS_KEY_ID, AWS_PROFILE), or set "
            "FACETRY_S3_ANONYMOUS=1 for a public bucket."
        )
    return f"{address} cannot be read. Check the address, the sign-in and the connection."
