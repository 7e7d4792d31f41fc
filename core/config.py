"""Settings of the installation, read from the environment once at start.

Nothing secret lives here: API keys are read by the backend that needs them and kept in memory only.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.errors import BadInput
from core.typed_path import typed_path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Config:
    """Where things are kept, what may be read, and how hard models are asked.

    Attributes:
        workspace: where results, thumbnails and the database live.
        image_roots: folders a person may read images from (empty: any folder this user can read; the app listens on
            this computer only).
        max_pixels: largest image accepted.
        decode_seconds: how long one image may take to decode.
        decode_memory: bytes of address space for its process.
        fetch_seconds, fetch_bytes: how long an image may take to come from elsewhere, and how large it may be.
        allow_private_urls: whether addresses on this computer and in its network may be fetched.
        s3_anonymous: whether buckets are read without signing in, as public ones can be.
        concurrency: requests at once to a model's server, at most
        requests_per_minute, tokens_per_minute: what it may be asked in a minute, 0 for no limit.
        request_seconds: how long one request may take with all its retries, its turn in the queue not counted.
        image_side: longest side in pixels that images are sent to it with.
    """

    workspace: Path
    image_roots: tuple[Path, ...] = ()
    max_pixels: int = 40_000_000
    decode_seconds: float = 60.0
    decode_memory: int = 3 * 1024**3
    fetch_seconds: float = 60.0
    fetch_bytes: int = 256 * 1024**2
    allow_private_urls: bool = False
    s3_anonymous: bool = False
    concurrency: int = 32
    requests_per_minute: int = 0
    tokens_per_minute: int = 0
    request_seconds: int = 120
    image_side: int = 768

    @property
    def models(self) -> Path:
        """Where models of the catalogue lie."""
        return self.workspace / "models"


@cache
def config() -> Config:
    """The settings in force: FACETRY_WORKSPACE (a folder), FACETRY_IMAGE_ROOTS (folders joined by the path sign),
    FACETRY_ALLOW_PRIVATE_URLS=1, FACETRY_S3_ANONYMOUS=1; and whole numbers: FACETRY_CONCURRENCY,
    FACETRY_REQUESTS_PER_MINUTE, FACETRY_TOKENS_PER_MINUTE, FACETRY_REQUEST_SECONDS, FACETRY_IMAGE_SIDE. Raises BadInput
    for one that is none."""
    roots = os.environ.get("FACETRY_IMAGE_ROOTS", "")
    return Config(
        workspace=typed_path(os.environ.get("FACETRY_WORKSPACE") or ROOT / "data" / "workspace").resolve(),
        image_roots=tuple(typed_path(root).resolve() for root in roots.split(os.pathsep) if root),
        allow_private_urls=os.environ.get("FACETRY_ALLOW_PRIVATE_URLS") == "1",
        s3_anonymous=os.environ.get("FACETRY_S3_ANONYMOUS") == "1",
        concurrency=_number("FACETRY_CONCURRENCY", 32, least=1),
        requests_per_minute=_number("FACETRY_REQUESTS_PER_MINUTE", 0),
        tokens_per_minute=_number("FACETRY_TOKENS_PER_MINUTE", 0),
        request_seconds=_number("FACETRY_REQUEST_SECONDS", 120, least=1),
        image_side=_number("FACETRY_IMAGE_SIDE", 768, least=64),
    )


def _number(name: str, default: int, least: int = 0) -> int:
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdecimal() or int(text) < least:
        raise BadInput(f"{name} must be a whole number from {least} up, not “{text}”.")
    return int(text)
