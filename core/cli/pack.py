"""`python -m core pack` and `unpack`: take a whole workspace to another machine."""

from __future__ import annotations

import argparse
from contextlib import suppress

from core.cli import common
from core.errors import BadInput
from core.export import workspace_zip
from core.typed_path import typed_path


def pack(options: argparse.Namespace) -> int:
    """Write the workspace into a ZIP file; returns the exit status. Raises FacetryError."""
    out = typed_path(options.out)
    if out.exists():
        raise BadInput(f"{out} exists already. Give another name (--out FILE.zip).")
    place = common.place_of(options)
    if not place.workspace.is_dir():
        raise BadInput(f"There is no workspace at {place.workspace}. Name it with --workspace DIR.")
    fresh = out.with_name(f"{out.name}.part")
    with common.opened(place) as workspace:
        try:
            with fresh.open("wb") as file:
                for piece in workspace_zip.pack(workspace):
                    file.write(piece)
            fresh.replace(out)
        except OSError as error:
            raise BadInput(f"{out} could not be written ({error.strerror or 'unknown reason'}).") from None
        finally:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
    print(f"Packed into {out}")
    return 0


def unpack(options: argparse.Namespace) -> int:
    """Make a workspace from a ZIP file; returns the exit status. Raises FacetryError, OSError."""
    place = common.place_of(options)
    workspace_zip.unpack(typed_path(options.file), place)
    print(f"Unpacked into {place.workspace}")
    return 0
