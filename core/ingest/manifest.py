"""A CSV that lists images on this computer -> those images, each row accounted for."""

from __future__ import annotations

from pathlib import Path

from core.config import Config
from core.errors import BadInput
from core.ingest.found import Found, check_allowed, is_allowed, refusal_by_name
from core.ingest.truth import image_column, read_table


def scan(path: Path, config: Config) -> list[Found]:
    """One entry a row, in order; paths are relative to the table's folder or absolute. Raises BadInput."""
    check_allowed(path.resolve(), config)
    columns, rows = read_table(path)
    if not rows:
        raise BadInput(f"{path.name} lists no images. Give a table with a column of image paths.")
    column = image_column(columns)
    return [_found(path.parent, row[column].strip(), place, config) for place, row in enumerate(rows, start=1)]


def _found(folder: Path, name: str, row: int, config: Config) -> Found:
    if not name:
        return Found(f"row {row}", folder, refusal="This row names no image.")
    place = folder / Path(name.replace("\\", "/")).expanduser()
    refusal = refusal_by_name(place.as_posix())
    if not refusal and not is_allowed(place.resolve(), config):
        refusal = "Lies in a place that images may not be read from."
    if not refusal and not place.is_file():
        refusal = "There is no such file. Check the path in the table."
    stat = None if refusal else place.stat()
    return Found(name, place, stamp=(stat.st_size, stat.st_mtime_ns) if stat else (0, 0), refusal=refusal)
