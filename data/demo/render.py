"""Renders the demo: `python data/demo/render.py` writes images/, truth.csv and descriptions.jsonl beside this script.

Every picture is planned and drawn from fixed seeds, so the same script gives the same demo. Nothing is downloaded: no
art, no fonts, no models. With `--out DIR` the demo goes elsewhere, with `--only N` just its first N pictures.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from paint import Shot, paint
from phrases import describe
from raymarch import Camera
from scenes import MOODS, SETTINGS
from shapes import THINGS

COLOURS = {
    "red": "c22a28",
    "yellow": "eeb50c",
    "green": "2c8238",
    "blue": "1f55b8",
    "white": "e9e6df",
    "pink": "ea86ab",
}
SIDES = ("front", "side", "above")
EACH = 6
"""Pictures of every kind in every colour."""
_SEED = 2024
_QUALITY = 88


@dataclass(frozen=True, slots=True)
class Picture:
    """One planned picture: what is true of it, and how it is shot."""

    image: str
    kind: str
    colour: str
    setting: str
    side: str
    mood: str
    shot: Shot


def plan() -> list[Picture]:
    """All pictures in order. Colours and sides are in balance for each kind; settings and moods nearly so."""
    rng = np.random.default_rng(_SEED)
    rows: list[tuple[str, str, str, str, str]] = []
    for kind in THINGS:
        count = EACH * len(COLOURS)
        moods = _spread(tuple(MOODS), count, rng)
        settings = _spread(SETTINGS, count, rng)
        for colour in COLOURS:
            for side in _spread(SIDES, EACH, rng):
                setting = settings.pop()
                if (colour, setting) in (("white", "snow"), ("green", "meadow")):
                    setting = "table"  # a thing in the colour of its floor would be a riddle, not a demo
                rows.append((kind, colour, setting, side, moods.pop()))
    order = rng.permutation(len(rows))
    return [_picture(number, *rows[i], rng) for number, i in enumerate(order, start=1)]


def _spread(values: Sequence[str], count: int, rng: np.random.Generator) -> list[str]:
    """`count` of these values, each as often as the others (or once more), shuffled."""
    return [values[int(i) % len(values)] for i in rng.permutation(count)]


def _picture(
    number: int, kind: str, colour: str, setting: str, side: str, mood: str, rng: np.random.Generator
) -> Picture:
    hand = float(rng.choice([-1.0, 1.0]))
    low, high = {"front": (4, 20), "side": (72, 92), "above": (12, 40)}[side]
    elevation = rng.uniform(40, 47) if side == "above" else rng.uniform(6, 12)
    thing = THINGS[kind]
    camera = Camera(
        elevation=float(elevation),
        turn=hand * float(rng.uniform(low, high)),
        distance=thing.radius * float(rng.uniform(4.7, 5.5)),
        aim=(float(rng.uniform(-0.09, 0.09)) * thing.radius, float(rng.uniform(-0.02, 0.12)) * thing.radius),
    )
    shot = Shot(
        kind, _varied(COLOURS[colour], rng), setting, mood, camera,
        float(rng.choice([-1.0, 1.0]) * rng.uniform(25, 60)), _SEED + number,
    )  # fmt: skip
    return Picture(f"demo-{number:03d}.jpg", kind, colour, setting, side, mood, shot)


def _varied(code: str, rng: np.random.Generator) -> str:
    """A shade of the colour, a little lighter or darker, a little warmer or colder."""
    value = np.array(list(bytes.fromhex(code)), dtype=np.float64) * rng.uniform(0.92, 1.06) + rng.normal(0, 4, 3)
    return bytes(np.clip(np.round(value), 0, 255).astype(np.uint8)).hex()


def write_picture(picture: Picture, folder: Path) -> None:
    """Render one picture into a folder."""
    paint(picture.shot).save(folder / picture.image, quality=_QUALITY, optimize=True, subsampling=0)


def write_tables(pictures: Sequence[Picture], folder: Path) -> None:
    """Write truth.csv and descriptions.jsonl."""
    columns = ("image", "kind", "colour", "setting", "side", "mood")
    with (folder / "truth.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([getattr(picture, column) for column in columns] for picture in pictures)
    rng = np.random.default_rng(_SEED)
    lines = []
    for one in pictures:
        text = describe(one.kind, one.colour, one.setting, one.side, one.mood, one.shot.camera.turn, rng)
        lines.append(json.dumps({"image": one.image, "description": text, "recorded": True}, ensure_ascii=False) + "\n")
    (folder / "descriptions.jsonl").write_text("".join(lines), encoding="utf-8")


def main() -> None:
    """Render everything."""
    parser = argparse.ArgumentParser(description="Render the demo images with their truth and descriptions.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--only", type=int, default=0)
    parser.add_argument("--tables-only", action="store_true", help="write truth.csv and descriptions.jsonl alone")
    options = parser.parse_args()
    pictures = plan()[: options.only or None]
    folder = options.out / "images"
    folder.mkdir(parents=True, exist_ok=True)
    write_tables(pictures, options.out)
    if options.tables_only:
        return
    with ProcessPoolExecutor(max_workers=max(1, (os.cpu_count() or 2) // 2 + 1)) as pool:
        list(pool.map(write_picture, pictures, [folder] * len(pictures), chunksize=4))


if __name__ == "__main__":
    main()
