"""A finished upload -> what is in it, each file that was announced accounted for, under its given path."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

from core.config import Config
from core.errors import BadInput
from core.ingest.sources import zip_file
from core.ingest.sources.source_file import Found, natural
from core.ingest.sources.upload import find, home
from core.ingest.sources.zip_file import Members


def scan(folder: Path, config: Config, encoding: str) -> tuple[list[Found], str]:
    """What an upload holds, in natural order, and the encoding. A ZIP file among others counts as a folder of its name.

    encoding: of names in ZIP files that do not say theirs; "" to find it out, for all of them together. Raises BadInput
    when the only file is a ZIP file that cannot be opened.
    """
    upload = find(home(config), folder.name)
    here = upload.arrived()
    archives: dict[str, Members] = {}
    found: list[Found] = []
    for key, file in upload.images.items():
        name, path = file.path.removeprefix(upload.top), upload.file(key)
        refusal = upload.refusal(key)
        if not refusal and key not in here:
            refusal = "It did not arrive. Choose it again to send it."
        if refusal or not file.is_zip:
            stamp = (file.size, file.modified)
            found.append(Found(name, path, stamp=stamp, refusal=refusal, kind=file.recognised[0]))
            continue
        try:
            archives[key] = _members(path, name, config)
        except BadInput as error:
            if len(upload.images) == 1:
                raise
            found.append(Found(name, path, refusal=str(error)))
    encoding = encoding or zip_file.names_encoding([member for members in archives.values() for member in members])
    for key, members in archives.items():
        above = "" if len(upload.images) == 1 else upload.images[key].path.removeprefix(upload.top) + "/"
        inside = zip_file.scan(upload.file(key), members, encoding)
        found += [replace(member, name=above + member.name) for member in inside]
    return sorted(found, key=lambda file: natural(file.name)), encoding


def _members(path: Path, name: str, config: Config) -> Members:
    try:
        return zip_file.members_of(path, config)
    except BadInput as error:  # it knows the file by our name only
        raise BadInput(str(error).replace(path.name, PurePosixPath(name).name)) from None
