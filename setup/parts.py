"""The parts that Facetry is installed in: what belongs to each, how big it is, and whether it is here.

Standard library only, as all of setup/: it runs before anything is installed.
"""

from __future__ import annotations

import importlib.metadata
import platform
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
APP, DEV = "app", "dev"


@dataclass(frozen=True, slots=True)
class Part:
    """One part; see parts.toml.

    Attributes:
        lines: its pinned requirements; those of the app are all that belong to no other part.
        unhashed: those of them that may be another build of the same version.
        compiled: it is built from source on this computer.
        fetch_gb, disk_gb, minutes: about how much it takes, on this kind of computer.
    """

    name: str
    lines: tuple[str, ...]
    unhashed: tuple[str, ...]
    compiled: bool
    fetch_gb: float
    disk_gb: float
    minutes: int


def read_parts(root: Path = ROOT) -> dict[str, Part]:
    """All parts by name, the app first."""
    told = tomllib.loads((root / "setup/parts.toml").read_text(encoding="utf-8"))
    part_of = {package: name for name, entry in told.items() for package in entry.get("packages", ())}
    lines: dict[str, list[str]] = {name: [] for name in told}
    for line in requirement_lines(root / "requirements.txt"):
        lines[part_of.get(package_of(line), APP)].append(line)
    lines[DEV] = requirement_lines(root / "requirements-dev.txt")
    cuda = sys.platform == "linux" and platform.machine() == "x86_64"
    parts = {}
    for name, entry in told.items():
        size = entry | (entry.get("with_cuda", {}) if cuda else {})
        own, pair = tuple(lines[name]), entry.get("unhashed", ())
        parts[name] = Part(
            name, own, tuple(line for line in own if package_of(line) in pair), entry.get("compiled", False),
            size["fetch_gb"], size["disk_gb"], size["minutes"],
        )  # fmt: skip
    return parts


def requirement_lines(path: Path) -> list[str]:
    """The requirement lines of a file, without comments and blank lines."""
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]


def package_of(line: str) -> str:
    """`torch` of `torch==2.14.1`."""
    return line.split("==")[0]


def are_here(lines: Sequence[str], packages: Path | None = None) -> bool:
    """Whether these pinned packages are installed, in whatever build: 2.14.1+cpu is 2.14.1.

    packages: the folder to look in, by default where this Python finds its packages.
    """
    where = sys.path if packages is None else [str(packages)]
    for line in lines:
        requirement, _, marker = line.partition(";")
        if marker:  # for other systems
            continue
        name, _, pin = requirement.partition("==")
        found = next(iter(importlib.metadata.Distribution.discover(name=name.partition("[")[0], path=where)), None)
        if found is None or found.version.split("+")[0] != pin:
            return False
    return True
