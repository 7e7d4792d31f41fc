"""A Hugging Face data set as images: `hf:NAME[:SPLIT]`, by its id on the hub or a folder that holds one.

Needs the package datasets. The column of images is found by its type; columns of named classes are ground truth.
Nothing of a data set is executed: scripts are not run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.config import Config
from core.errors import BadInput
from core.ingest.sources.landing import landing
from core.ingest.sources.source_file import Found, check_allowed, is_allowed
from core.typed_path import typed_path

PREFIX = "hf:"
_SAVED = ("dataset_info.json", "dataset_dict.json")
_opened: dict[str, Any] = {}
"""Data sets by address: they lie on disk, mapped into memory."""
_NAME = re.compile(r"^[\w.-]+(/[\w.-]+)?$")


def scan(address: str, config: Config) -> list[Found]:
    """One entry a row, named by its number. Raises BadInput when the data set or its images cannot be had."""
    dataset, _ = _images(address, config)
    if not len(dataset):
        raise BadInput(f"{address} is empty. Choose another data set or split.")
    stamp = (int(str(dataset._fingerprint)[:15], 16), len(dataset))
    return [Found(name, Path(), row, stamp, url=address) for row, name in enumerate(_names(len(dataset)))]


def classes(address: str, config: Config) -> dict[str, dict[str, str]]:
    """Ground truth that the data set carries in its columns of classes: column -> name of a row -> class."""
    import datasets

    dataset = _open(address, config)
    found = {}
    for column, feature in dataset.features.items():
        if isinstance(feature, datasets.ClassLabel):
            rows = zip(_names(len(dataset)), dataset[column], strict=True)
            found[column] = {name: feature.names[cls] for name, cls in rows if cls is not None and cls >= 0}
    return found


def _names(rows: int) -> list[str]:
    digits = len(str(rows - 1))
    return [f"{row:0{digits}d}" for row in range(rows)]


def is_open(address: str) -> bool:
    """Whether a data set was opened before, so that looking into it costs nothing."""
    return address in _opened


def fetch(file: Found, target: Path, config: Config) -> None:
    """Write a row's image to `target`. Raises BadInput with one sentence when it has none."""
    dataset, column = _images(file.url, config)
    cell: Mapping[str, Any] | None = dataset[file.member][column]
    content, path = (cell or {}).get("bytes"), (cell or {}).get("path")
    if not content and path and Path(path).is_file() and _is_ours(Path(path), config):
        content = Path(path).read_bytes()
    if not content:
        raise BadInput("This row holds no image.")
    with landing(target) as write:
        write(content)


def _is_ours(path: Path, config: Config) -> bool:
    """A data set may name any file of this computer as its image: only those that may be read anyway."""
    return is_allowed(path.resolve(), config) or path.resolve().is_relative_to(_cache(config))


def _cache(config: Config) -> Path:
    return config.workspace / "hub"


@lru_cache(maxsize=4)
def _images(address: str, config: Config) -> tuple[Any, str]:
    """The column of images alone, undecoded, and what it is called. Raises BadInput."""
    import datasets

    dataset = _open(address, config)
    for column, feature in dataset.features.items():
        if isinstance(feature, datasets.Image):
            plain = dataset.select_columns([column]).cast_column(column, datasets.Image(decode=False))
            return plain, column
    raise BadInput(f"{address} has no column of images. It has: {', '.join(dataset.features)}.")


def _open(address: str, config: Config) -> Any:
    """The rows of one split, opened once a process. Raises BadInput."""
    local = typed_path(split_address(address)[0])
    if local.exists():
        check_allowed(local.resolve(), config)
    if address not in _opened:
        _opened[address] = _load(address, config)
    return _opened[address]


def _load(address: str, config: Config) -> Any:
    try:
        import datasets
    except ImportError:
        raise BadInput(f"{address} needs the package datasets: .venv/bin/pip install datasets") from None
    name, split = split_address(address)
    local = typed_path(name)
    if not (name and local.exists()) and not _NAME.match(name):
        raise BadInput(f"{address} is neither a folder here nor the name of a data set (hf:NAME or hf:OWNER/NAME).")
    try:
        if any((local / marker).exists() for marker in _SAVED):
            found = datasets.load_from_disk(str(local))
        else:
            found = datasets.load_dataset(str(local) if local.exists() else name, cache_dir=str(_cache(config)))
    except Exception as error:  # noqa: BLE001  # the library and what it stands on raise nearly everything
        raise BadInput(_sentence(address, error)) from None
    if not isinstance(found, datasets.DatasetDict):
        if split:
            raise BadInput(f"{address} has no splits. Leave “:{split}” out.")
        return found
    split = split or ("train" if "train" in found else next(iter(found)))
    if split not in found:
        raise BadInput(f"{name} has no split “{split}”. It has: {', '.join(found)}.")
    return found[split]


def split_address(address: str) -> tuple[str, str]:
    """`hf:NAME[:SPLIT]` -> name and split ("" if none is named)."""
    rest = address.removeprefix(PREFIX).removeprefix("//")
    if typed_path(rest).exists() or ":" not in rest:
        return rest, ""
    name, split = rest.rsplit(":", 1)
    return name, split


def _sentence(address: str, error: Exception) -> str:
    if isinstance(error, ConnectionError) or "Offline" in type(error).__name__:
        return f"{address} could not be fetched: the hub cannot be reached. Try again later."
    if "NotFound" in type(error).__name__ or isinstance(error, FileNotFoundError):
        return f"{address} does not exist, or may not be read without signing in (HF_TOKEN). Check the name."
    return f"{address} cannot be read as a data set of images. Try it with the datasets library itself."
