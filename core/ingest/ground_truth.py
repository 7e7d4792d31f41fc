"""Ground truth, from folder names, from file names, or from a table. Used for scores only, never to group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.config import config
from core.errors import BadInput
from core.ingest.external_results import read_results
from core.ingest.name_matching import from_filenames, from_folders, match_names
from core.ingest.sources import huggingface_hub
from core.ingest.table import Table, image_column, read_table
from core.typed_path import kept_path, typed_path

NAMES = ("folder", "filename")
"""Addresses of truth that lies in the images' own names."""
BROUGHT = "brought:"
"""Before the path of results made elsewhere: the truth that their rows carry, whatever form they have."""


def split_address(address: str) -> tuple[Path, str]:
    """`FILE[:COLUMN]` -> file, column ("" if none is named); split at the last colon only if the whole is no path."""
    whole = typed_path(address)
    if whole.exists() or ":" not in address:
        return whole, ""
    file, column = address.rsplit(":", 1)
    return typed_path(file), column


def from_table(address: str, names: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The facet's name and item id -> class, from `TABLE[:COLUMN]`. Raises BadInput with the columns there are.

    Rows are matched to images by core.ingest.name_matching.match_names.
    """
    path, column = split_address(address)
    table, called, facets = _open(path)
    if not column and len(facets) > 1:
        raise BadInput(
            f"{path.name} has several columns. Add the one to score, e.g. {path.name}:{facets[0]} "
            f"(there are: {', '.join(facets)})."
        )
    column = column or facets[0]
    if column not in facets:
        raise BadInput(f"{path.name} has no column “{column}”. It has: {', '.join(facets)}.")
    matched = _classes(table[column], match_names(table[called], names))
    if not matched:
        raise BadInput(f"No row of {path.name} names one of the images (column “{called}”). Check the names.")
    return column, matched


def every_facet(path: Path, names: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """All columns of a truth table at once, for images that were sorted by hand under several criteria:
    facet -> item id -> class. Raises BadInput as `from_table`."""
    table, called, facets = _open(path)
    places = match_names(table[called], names)
    return {facet: _classes(table[facet], places) for facet in facets}


def _open(path: Path) -> tuple[Table, str, list[str]]:
    """A truth table, its column of image names, and its columns of classes. Raises BadInput."""
    if not path.exists():
        raise BadInput(f"The truth table {path} does not exist. Give folder, filename, or a CSV or Parquet file.")
    table = read_table(path)
    called = image_column(list(table))
    facets = [column for column in table if column != called]
    if not facets:
        raise BadInput(f"{path.name} needs a column with image names and one with classes; it has: {', '.join(table)}.")
    return table, called, facets


def _classes(column: Sequence[str], places: Mapping[str, int]) -> dict[str, str]:
    classes = {item: column[place].strip() for item, place in places.items()}
    return {item: cls for item, cls in classes.items() if cls}


@dataclass(frozen=True, slots=True)
class Preview:
    """How ground truth fits the images: the facet, images of each class, and what has no partner, with a few examples.

    Attributes:
        unlabelled: images without truth.
        unmatched: names in the table that no image has.
    """

    facet: str
    images: int
    classes: Mapping[str, int]
    unlabelled: int
    unlabelled_examples: Sequence[str]
    unmatched: int = 0
    unmatched_examples: Sequence[str] = ()

    @property
    def labelled(self) -> int:
        return self.images - self.unlabelled


def preview_truth(address: str, names: Mapping[str, str], examples: int = 5) -> Preview:
    """How `folder`, `filename` or `TABLE[:COLUMN]` fits these images (item id -> name). Raises BadInput."""
    facet, found = read_truth(address, names)
    without = [name for item, name in names.items() if item not in found]
    counts = dict(Counter(found.values()).most_common())
    preview = Preview(facet, len(names), counts, len(without), without[:examples])
    if address in NAMES or address.startswith((huggingface_hub.PREFIX, BROUGHT)):
        return preview
    table, called, _ = _open(split_address(address)[0])
    used = set(match_names(table[called], names).values())
    extra = [name for place, name in enumerate(table[called]) if place not in used]
    return replace(preview, unmatched=len(extra), unmatched_examples=extra[:examples])


def _from_hub(address: str, names: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The facet's name and item id -> class, from `hf:NAME[:SPLIT]:COLUMN`. Raises BadInput."""
    dataset, _, column = address.rpartition(":")
    facets = huggingface_hub.classes(dataset, config())
    if column not in facets:
        raise BadInput(f"{dataset} has no column of classes “{column}”. It has: {', '.join(facets) or 'none'}.")
    return column, {item: facets[column][name] for item, name in names.items() if name in facets[column]}


def _from_results(address: str, names: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The address as facet, since results each have their own truth, and item id -> class. Raises BadInput."""
    path = Path(address.removeprefix(BROUGHT))
    found = read_results(path)
    classes = {item: found.rows[place].record.truth for item, place in found.places(names).items()}
    known = {item: cls for item, cls in classes.items() if cls}
    if not known:
        raise BadInput(f"{path.name} gives none of the images a ground truth.")
    return address, known


def truth_exists(address: str) -> bool:
    """Whether the truth can be read (again) at once: names are always there, a table may have gone."""
    if address.startswith(huggingface_hub.PREFIX):
        return huggingface_hub.is_open(address.rpartition(":")[0])
    if address.startswith(BROUGHT):
        return Path(address.removeprefix(BROUGHT)).exists()
    return address in NAMES or split_address(address)[0].exists()


def full_truth_address(address: str, facet: str) -> str:
    """The address as it is kept with a run: readable from any folder later, with its column spelled out."""
    if address in NAMES or address.startswith((huggingface_hub.PREFIX, BROUGHT)):
        return address
    return f"{kept_path(split_address(address)[0])}:{facet}"


def read_truth(address: str, names: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Facet and classes for `folder`, `filename`, `TABLE[:COLUMN]`, `brought:PATH` or `hf:NAME[:SPLIT]:COLUMN`.

    Raises BadInput when no image gets a class.
    """
    if address in NAMES:
        classes = from_folders(names) if address == "folder" else from_filenames(names)
        if not classes:
            where = "lies in a folder named after its class" if address == "folder" else "is named like 12_rose.jpg"
            raise BadInput(f"No ground truth found: no image {where}.")
        return address, classes
    if address.startswith(BROUGHT):
        return _from_results(address, names)
    return _from_hub(address, names) if address.startswith(huggingface_hub.PREFIX) else from_table(address, names)
