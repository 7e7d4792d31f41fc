"""Resolves what a person typed to a kind of source, its path and its name."""

from __future__ import annotations

from pathlib import Path

from core.config import Config
from core.domain import SourceKind
from core.ingest.sources import folder, huggingface_hub, image_list, object_store, upload, upload_scan, zip_file
from core.ingest.sources.source_file import Found, check_allowed
from core.ingest.table import SUFFIXES as TABLES
from core.typed_path import kept_path, typed_path


def scan(images: str, config: Config) -> tuple[SourceKind, str, list[Found]]:
    """What kind of source it is, where it can be found again, and what is in it. Raises BadInput."""
    if images.startswith(huggingface_hub.PREFIX):
        return "hub", images, huggingface_hub.scan(images, config)
    if "://" in images:
        return "bucket", images, object_store.scan(images, config)
    path = typed_path(images)
    suffix = path.suffix.lower() if path.is_file() else ""
    place = kept_path(path)
    if path.resolve().parent == upload.home(config):
        return "upload", place, upload_scan.scan(path, config)
    if suffix == ".zip":
        return "zip", place, zip_file.scan(path, config)
    if suffix in TABLES:
        return "csv", place, image_list.scan(path, config)
    if suffix == ".pdf":
        check_allowed(path.resolve(), config)
        stat = path.stat()
        return "pdf", place, [Found(path.name, path, stamp=(stat.st_size, stat.st_mtime_ns))]
    return "folder", place, folder.scan(path, config)


def name_of(kind: SourceKind, place: Path, config: Config) -> str:
    """The name that the person gave the source, also if its file is kept under a name of ours."""
    home = upload.home(config)
    folder = place if kind == "upload" else place.parent
    if folder.parent == home and (folder / "plan.json").is_file():
        return upload.find(home, folder.name).name
    return place.name
