"""Resolves what a person typed to a kind of source, its path and its name."""

from __future__ import annotations

from pathlib import Path

from core.config import Config
from core.domain import SourceAddress, SourceKind
from core.ingest.sources import folder, huggingface_hub, image_list, object_store, upload, upload_scan, zip_file
from core.ingest.sources.source_file import Found, check_allowed
from core.ingest.table import NAMED as TABLES
from core.ingest.text import UTF_8, in_words
from core.typed_path import kept_path, typed_path


def scan(images: str, config: Config, encoding: str) -> tuple[SourceAddress, list[Found], str]:
    """Where a source can be found again, what is in it, and what was assumed to read that. Raises BadInput.

    encoding: of file names that do not say theirs, or of a table; "" to find it out.
    """
    if images.startswith(huggingface_hub.PREFIX):
        return SourceAddress("hub", images), huggingface_hub.scan(images, config), ""
    if "://" in images:
        return SourceAddress("bucket", images), object_store.scan(images, config), ""
    path = typed_path(images)
    suffix = path.suffix.lower() if path.is_file() else ""
    place = kept_path(path)
    if path.resolve().parent == upload.home(config):
        found, encoding = upload_scan.scan(path, config, encoding)
        return SourceAddress("upload", place, encoding=encoding), found, said_of_names(encoding)
    if suffix == ".zip":
        members = zip_file.members_of(path, config)
        encoding = encoding or zip_file.names_encoding(members)
        found = zip_file.scan(path, members, encoding)
        return SourceAddress("zip", place, encoding=encoding), found, said_of_names(encoding)
    if suffix in TABLES:
        found, how, encoding = image_list.scan(path, config, encoding)
        return SourceAddress("csv", place, encoding=encoding), found, f"{path.name}: {how}." if how else ""
    if suffix == ".pdf":
        check_allowed(path.resolve(), config)
        stat = path.stat()
        return SourceAddress("pdf", place), [Found(path.name, path, stamp=(stat.st_size, stat.st_mtime_ns))], ""
    found, encoding = folder.scan(path, config, encoding)
    return SourceAddress("folder", place, encoding=encoding), found, said_of_names(encoding)


def said_of_names(encoding: str) -> str:
    """How file names were read that do not say what they are written in; "" where there was no doubt."""
    return f"File names were taken for {in_words(encoding)}." if encoding and encoding != UTF_8 else ""


def name_of(kind: SourceKind, place: Path, config: Config) -> str:
    """The name that the person gave the source, also if its file is kept under a name of ours."""
    home = upload.home(config)
    folder = place if kind == "upload" else place.parent
    if folder.parent == home and (folder / "plan.json").is_file():
        return upload.find(home, folder.name).name
    return place.name
