"""How well the built-in engine groups by what is written: python benchmarks/reading.py [NUMBER [SEED]].

Draws made-up pictures (`written_pictures.py`), runs them through the pipeline with no model but the built-in one, once
for each question, and prints the Hungarian accuracy over the pictures that the question is about. Then the processor
time of reading, beside that of the library alone on the same files, and of a criterion about something else.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from written_pictures import Written, draw

from core.config import Config
from core.domain import RunSettings
from core.evaluate.metrics import hungarian_accuracy
from core.ingest import source
from core.models.reading import reader
from core.pipeline import runs
from core.results.run_view import rows
from core.workspace import Workspace

QUESTIONS = {
    "company": "company",
    "brand": "brand",
    "kind of document": "document",
    "language": "language",
    "text or no text": "text",
}
"""Criterion -> the part of the truth that it asks for."""


def main() -> None:
    """Print the table."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        made = draw(place / "all", number, seed)
        bare = _library_alone(place / "all", made)
        workspace = Workspace(Config(place / "workspace"))
        print(f"{number} pictures, seed {seed}\n")
        print("| criterion | pictures | K | ACC | not sure | CPU-s |\n|---|---|---|---|---|---|")
        for criterion, part in QUESTIONS.items():
            some = [one for one in made if getattr(one, part)]
            _ask(workspace, place, criterion, part, some)
        workspace.close()
        print(f"\nThe library alone: {bare:.1f} CPU-s for all {number}, {bare / number:.2f} a picture.")


def _library_alone(folder: Path, made: list[Written]) -> float:
    """CPU-seconds that the library takes for the pictures once it is loaded."""
    engine = reader._reader()
    pixels = [np.asarray(Image.open(folder / one.name).convert("RGB"))[:, :, ::-1] for one in made]
    engine(pixels[0])
    began = time.process_time()
    for image in pixels:
        engine(image)
    return time.process_time() - began


def _ask(workspace: Workspace, place: Path, criterion: str, part: str, some: list[Written]) -> None:
    """Run one question over the pictures that it is about, and print its line."""
    folder = place / part
    folder.mkdir()
    for one in some:
        (folder / one.name).hardlink_to(place / "all" / one.name)
    k = len({getattr(one, part) for one in some})
    origin = source.find(str(folder), "", workspace.config)
    run_id = runs.start(workspace, origin, RunSettings("", criterion, k))
    began = time.process_time()
    runs.run(workspace, run_id, "assign", origin=origin)
    took = time.process_time() - began
    found = {Path(row.name).name: row.cluster.id if row.cluster else None for row in rows(workspace.store, run_id)}
    placed = [found.get(one.name) for one in some]
    acc = hungarian_accuracy([getattr(one, part) for one in some], placed)
    print(f"| {criterion} | {len(some)} | {k} | {acc:.3f} | {placed.count(None)} | {took:.1f} |")


if __name__ == "__main__":
    main()
