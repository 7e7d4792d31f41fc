"""The lock files agree with what is asked for: every pin, its hash, and everything that a package brings along."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name as plain
from packaging.version import Version

from setup import renew
from setup.parts import APP, ROOT, read_parts

PARTS = read_parts()
UNUSED = set(renew.UNUSED)
UNHASHED = {plain(Requirement(line).name) for part in PARTS.values() for line in part.unhashed}


@dataclass(frozen=True)
class Locked:
    """One package of a lock file."""

    version: str
    marker: str
    hashes: tuple[str, ...]


def locked(part: str) -> dict[str, Locked]:
    """Package -> how a lock file has it. Fails on a line that is neither a pin nor a hash."""
    found = {}
    text = (ROOT / f"setup/{part}.txt").read_text(encoding="utf-8")
    for block in re.findall(r"^[^#\s].*\n(?: .*\n)*", text, re.MULTILINE):
        match = re.fullmatch(
            r"([\w.-]+)==([\w.]+)(?: ; ([^\\]+))? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", block
        )
        assert match, block
        found[plain(match[1])] = Locked(
            match[2], (match[3] or "").strip(), tuple(re.findall(r"sha256:(\w+)", match[4]))
        )
    others = re.sub(r"^(#.*|[^#\s].*\n(?: .*\n)*)", "", text, flags=re.MULTILINE)
    assert not others.strip(), others
    return found


LOCKED = {part: locked(part) for part in PARTS}


@pytest.mark.parametrize("part", PARTS)
def test_every_pin_that_is_asked_for_is_locked_as_it_is(part: str) -> None:
    known = {**LOCKED[APP], **LOCKED[part]}
    for line in PARTS[part].lines:
        wanted = Requirement(line)
        if line in PARTS[part].unhashed:
            assert plain(wanted.name) not in known
            continue
        assert str(wanted.specifier) == f"=={known[plain(wanted.name)].version}", f"{line}: python -m setup.renew"


def test_no_part_brings_another_version_of_a_package() -> None:
    pins = {(name, package.version) for part in LOCKED.values() for name, package in part.items()}
    assert len(pins) == len({name for name, _ in pins})
    for part in PARTS.keys() - {APP}:
        assert not LOCKED[part].keys() & (LOCKED[APP].keys() | UNUSED | UNHASHED)


def brings(name: str, extras: set[str]) -> Iterator[Requirement]:
    """What an installed package asks for on this computer."""
    for text in requires(name) or ():
        wanted = Requirement(text)
        if wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield wanted


@pytest.mark.parametrize("part", PARTS)
def test_what_a_package_brings_along_is_locked_too(part: str) -> None:
    """Lock files are installed without looking for dependencies, so that one that is missing would stay so."""
    known = {**LOCKED[APP], **LOCKED[part]}
    later = {
        plain(Requirement(line).name) for other in PARTS if other not in {APP, "dev"} for line in PARTS[other].lines
    }
    asked = {plain(wanted.name): wanted.extras for wanted in map(Requirement, PARTS[part].lines)}
    checked = 0
    for name in LOCKED[part]:
        try:
            needs = list(brings(name, asked.get(name, set())))
        except PackageNotFoundError:  # for another system
            continue
        for wanted in needs:
            needed = plain(wanted.name)
            if needed in UNUSED | UNHASHED or (part == APP and needed in later):
                continue
            assert needed in known, f"{name} needs {wanted}: python -m setup.renew"
            assert wanted.specifier.contains(Version(known[needed].version), prereleases=True), (name, str(wanted))
            checked += 1
    assert checked or part == "llama_cpp"


def test_no_lock_file_names_a_place() -> None:
    """pip is to ask where its settings say, and nowhere else."""
    for part in PARTS:
        text = (ROOT / f"setup/{part}.txt").read_text(encoding="utf-8")
        assert not re.search(r"://|^\s*-", re.sub(r"^    --hash=sha256:", "", text, flags=re.MULTILINE), re.MULTILINE)


def test_the_app_is_light() -> None:
    """Neither PyTorch nor anything that only it needs comes with the first start."""
    assert not {"torch", "torchvision", "transformers", "sympy", "networkx", "llama-cpp-python"} & set(LOCKED[APP])
