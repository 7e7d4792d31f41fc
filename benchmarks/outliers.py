"""How many planted odd images are found, and how many others: python benchmarks/outliers.py [DRAWS].

Into the photographs of flowers (and of clothing) it plants blurred, washed-out, dark and empty copies, and pictures of
the other set, each one of a hundred, and prints for each kind the recall, and the precision of the whole list with and
without the subject (plant, clothing). Needs the evaluation data beside the repository; some minutes a draw.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

sys.path.insert(0, str(Path(__file__).parents[1]))

from core.config import Config
from core.ingest import source
from core.pipeline import intake, outliers
from core.workspace import Workspace

DATA = Path(__file__).parents[1].parent / "shared" / "datasets"
SETS = {"flowers": ("clothing", "plant"), "clothing": ("flowers", "clothing")}
"""The images -> where off-topic ones are from, and the word for what each image shows."""
MOST = 400
KINDS = ("blurred", "pale", "dark", "empty", "off topic")


def spoilt(path: Path, kind: str, random: np.random.Generator) -> Image.Image:
    """A copy of a photograph with a fault."""
    with Image.open(path) as file:
        image = file.convert("RGB")
    image.thumbnail((1024, 1024))
    if kind == "blurred":
        return image.filter(ImageFilter.GaussianBlur(random.uniform(0.01, 0.03) * max(image.size)))
    pixels = np.asarray(image).astype(np.float64)
    changed = {
        "pale": pixels + random.uniform(130, 180),
        "dark": pixels * random.uniform(0.02, 0.08),
        "empty": np.full_like(pixels, random.integers(10, 245)) + random.normal(0, 3, pixels.shape),
    }[kind]
    return Image.fromarray(np.clip(changed, 0, 255).astype(np.uint8))


def planted(folder: Path, name: str, random: np.random.Generator) -> None:
    """A folder of the images of a set, and beside them the planted ones, which are called after their kind."""
    folder.mkdir()
    own = random.permutation(sorted((DATA / name / "images").iterdir()))[:MOST]
    others = random.permutation(sorted((DATA / SETS[name][0] / "images").iterdir()))
    each = max(2, len(own) // 100)
    for path in own:
        (folder / f"usual_{path.name}").symlink_to(path)
    for place, kind in enumerate(KINDS):
        for number in range(each):
            target = folder / f"{kind}_{number}.jpg"
            if kind == "off topic":
                target.symlink_to(others[number])
            else:
                spoilt(own[place * each + number], kind, random).save(target, quality=90)


def one_draw(seed: int, name: str, folder: Path, workspace: Workspace) -> None:
    """Plant, look, print a line without and one with the subject."""
    planted(folder, name, np.random.default_rng(seed))
    origin = source.find(str(folder), "", workspace.config)
    intake.look(workspace.store, workspace.copies, workspace.config, origin, threading.Event(), lambda _: None)
    names = workspace.store.datasets.names(origin.dataset_id)
    there = Counter(Path(path).name.split("_")[0] for path in names.values())
    for subject in ("", SETS[name][1]):
        outliers.find(workspace, threading.Event(), lambda _: None, dataset_id=origin.dataset_id, subject=subject)
        found = outliers.kept(workspace, origin.dataset_id, subject) or {}
        listed = Counter(Path(names[item]).name.split("_")[0] for item in found)
        right = sum(listed[kind] for kind in KINDS)
        recalls = "  ".join(f"{listed[kind] / there[kind]:9.2f}" for kind in KINDS)
        print(
            f"{seed:4d}  {name:9s} {subject:9s} {recalls}  {right / max(listed.total(), 1):9.2f}  {listed.total():6d}"
        )


if __name__ == "__main__":
    print(" draw  images    subject   " + "  ".join(f"{kind:>9s}" for kind in KINDS) + "  precision  listed")
    for draw in range(int(sys.argv[1]) if len(sys.argv) > 1 else 2):
        for images in SETS:
            with tempfile.TemporaryDirectory() as place:
                space = Workspace(Config(Path(place) / "workspace"))
                one_draw(draw, images, Path(place) / "images", space)
                space.close()
