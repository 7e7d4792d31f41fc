"""Result files from the browser, kept in the workspace under names by their content."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from core.config import Config
from core.errors import BadInput
from core.ingest.table import NAMED
from core.ingest.text import UTF_8, decoded, in_words
from core.typed_path import typed_path

SUFFIXES = NAMED
_OURS = re.compile(r"step[ _-]?(?P<step>1|2a|2b|3)[^0-9a-z]", re.IGNORECASE)
_STEPS = {"1": "step1_result.jsonl", "2a": "step2a_result.txt", "2b": "step2b_result.txt", "3": "step3_result.txt"}
ICTC = "IC|TC results"
"""What IC|TC's files are called together."""


def keep(config: Config, files: Sequence[tuple[str, bytes]]) -> tuple[Path, str]:
    """Write files (given name, content) where a run can read them again; returns the path and what they are called.

    One table, one JSONL file, or IC|TC's step files together, whatever a browser added to their names. The same files
    have the same place, so giving them again costs nothing. Raises BadInput.
    """
    named = [(PurePosixPath(name.replace("\\", "/")).name, content) for name, content in files]
    texts = [(name, content) for name, content in named if name.lower().endswith((".txt", ".jsonl"))]
    steps = [(match["step"].lower(), content) for name, content in texts if (match := _OURS.match(name))]
    if len(named) == 1 and (not steps or steps[0][0] != "3"):
        name, content = named[0]
        suffix = PurePosixPath(name).suffix.lower()
        if suffix not in SUFFIXES:
            raise BadInput(f"{name} is not one of {', '.join(SUFFIXES)}.")
        kept = {f"results{suffix}": content}
        return _write(config, kept) / f"results{suffix}", name
    if len(steps) < len(named):
        raise BadInput("Give one table or JSONL file, or IC|TC's result files (step1 to step3) together.")
    kept = {_STEPS[step]: content for step, content in steps}
    if len(kept) < len(steps):
        raise BadInput("The same step of IC|TC's results was given twice. Give each once.")
    return _write(config, kept), ICTC


def keep_read_as(config: Config, path: Path, encoding: str, called: str = "") -> tuple[Path, str]:
    """The same of a table that is read in this encoding, whatever would be found out; kept in UTF-8. Raises BadInput.

    called: the person's name for it, where `path` is one of ours.
    """
    called = called or path.name
    try:
        text, _ = decoded(typed_path(path).read_bytes(), encoding)
    except UnicodeDecodeError:
        raise BadInput(f"{called} cannot be read as {in_words(encoding)}. Say what else it is written in.") from None
    except OSError as error:
        raise BadInput(f"{called} could not be read ({error.strerror or 'unknown reason'}).") from None
    return keep(config, [(called, text.encode(UTF_8))])


def keep_descriptors(config: Config, files: Sequence[tuple[str, bytes]]) -> tuple[Path, Path | str]:
    """Write a file of descriptors, and the list of paths that came with it, where a run can read them again; returns
    both places, "" where there is no list. Of two files the one that is a CSV is the list. Raises BadInput."""
    named = {PurePosixPath(name.replace("\\", "/")).name: content for name, content in files}
    lists = [name for name in named if name.lower().endswith((".csv", ".tsv"))] if len(named) > 1 else []
    tables = [name for name in named if name not in lists]
    if len(tables) != 1 or len(lists) > 1:
        raise BadInput("Give one file of descriptors, and with it one CSV list of paths where it has no names.")
    folder = _write(config, named)
    return folder / tables[0], folder / lists[0] if lists else ""


def _write(config: Config, files: dict[str, bytes]) -> Path:
    mark = hashlib.sha256()
    for name, content in sorted(files.items()):
        mark.update(hashlib.sha256(name.encode()).digest() + hashlib.sha256(content).digest())
    folder = config.workspace / "brought" / mark.hexdigest()[:32]
    part = folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            place, part = folder / name, folder / f"{name}.part"
            if place.is_file() and place.stat().st_size == len(content):
                continue  # a page gives them again whenever it is drawn
            part.write_bytes(content)
            part.replace(place)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise BadInput(f"The results could not be saved ({error.strerror or 'unknown reason'}).") from None
    return folder


def is_kept(path: Path, config: Config) -> bool:
    """Whether results lie where `keep` puts them."""
    return config.workspace / "brought" in path.parents
