"""Settings of the installation, read from the environment once at start.

Nothing secret lives here: API keys are read by the backend that needs them and kept in memory only.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Config:
    """workspace: where results, thumbnails and the database live. image_roots: folders a person may read images from
    (empty: any folder this user can read; the app listens on this computer only). max_pixels: largest image accepted.
    decode_seconds: how long one image may take to decode. decode_memory: bytes of address space for its process.
    fetch_seconds, fetch_bytes: how long an image may take to come from elsewhere, and how large it may be.
    allow_private_urls: whether addresses on this computer and in its network may be fetched.
    s3_anonymous: whether buckets are read without signing in, as public ones can be."""

    workspace: Path
    image_roots: tuple[Path, ...] = ()
    max_pixels: int = 40_000_000
    decode_seconds: float = 60.0
    decode_memory: int = 3 * 1024**3
    fetch_seconds: float = 60.0
    fetch_bytes: int = 256 * 1024**2
    allow_private_urls: bool = False
    s3_anonymous: bool = False


@cache
def config() -> Config:
    """The settings in force: FACETRY_WORKSPACE (a folder), FACETRY_IMAGE_ROOTS (folders joined by the path sign),
    FACETRY_ALLOW_PRIVATE_URLS=1, FACETRY_S3_ANONYMOUS=1."""
    roots = os.environ.get("FACETRY_IMAGE_ROOTS", "")
    return Config(
        workspace=Path(os.environ.get("FACETRY_WORKSPACE") or ROOT / "data" / "workspace").expanduser().resolve(),
        image_roots=tuple(Path(root).expanduser().resolve() for root in roots.split(os.pathsep) if root),
        allow_private_urls=os.environ.get("FACETRY_ALLOW_PRIVATE_URLS") == "1",
        s3_anonymous=os.environ.get("FACETRY_S3_ANONYMOUS") == "1",
    )
