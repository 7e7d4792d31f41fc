"""A finished upload -> what is in it, each file that was announced accounted for, under its given path."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

from core.config import Config
from core.errors import BadInput
from core.ingest.sources import zip_file
from core.ingest.sources.source_file import Found, natural
from core.ingest.sources.upload import find, home


def scan(folder: Path, config: Config) -> list[Found]:
    """What an upload holds, in natural order. A ZIP file among other files counts as a folder of its name.

    Raises BadInput when its only file is a ZIP file that cannot be opened.
    """
    upload = find(home(config), folder.name)
    here = upload.arrived()
    found: list[Found] = []
    for key, file in upload.images.items():
        name, path = file.path.removeprefix(upload.top), upload.file(key)
        refusal = upload.refusal(key)
        if not refusal and key not in here:
            refusal = "It did not arrive. Choose it again to send it."
        if refusal or not file.is_zip:
            stamp = (file.size, file.modified)
            found.append(Found(name, path, stamp=stamp, refusal=refusal, kind=file.recognised[0]))
        elif len(upload.images) == 1:
            found += _members(path, name, config)
        else:
            try:
                found += [replace(member, name=f"{name}/{member.name}") for member in _members(path, name, config)]
            except BadInput as error:
                found.append(Found(name, path, refusal=str(error)))
    return sorted(found, key=lambda file: natural(file.name))


def _members(path: Path, name: str, config: Config) -> list[Found]:
    try:
        return zip_file.scan(path, config)
    except BadInput as error:  # it knows the file by our name only
        raise BadInput(str(error).replace(path.name, PurePosixPath(name).name)) from None
